//! A pool as its database has it, in lines that can be compared: nothing of what is so, and no order of things but of locks.

use poolsim::scenario::model::Scenario;

/// All that a database holds of the pool at 0, by names, and every lock in its order.
pub fn shown(scenario: &Scenario) -> Vec<String> {
    let pool = &scenario.pool;
    let names = &pool.names;
    let default_sr = pool.default_sr.map(|sr| names.sr(sr));
    let mut lines = vec![format!("pool {} master {} default {default_sr:?}", names.pool_name, names.machine(pool.master))];
    if let Some(ha) = &pool.ha {
        lines.push(format!("ha {} {} {} {}", names.sr(ha.heartbeat_sr), ha.timeout, ha.failures_to_tolerate, ha.allow_overcommit));
    }
    for machine in names.machine_ids().filter(|machine| pool.hosts[machine.at()].known) {
        let (name, start) = (&names.machines[machine.at()], &pool.hosts[machine.at()]);
        let uuid = &names.hosts[machine.at()].uuid;
        lines.push(format!("host {} {uuid} {:?} live {} enabled {}", name.name, name.memory, start.live, start.enabled));
    }
    for sr in names.sr_ids() {
        let sr = &names.srs[sr.at()];
        lines.push(format!("sr {} {} {} {:?}", sr.name, sr.uuid, sr.kind.name(), sr.machine.map(|machine| names.machine(machine))));
    }
    for vm in names.vm_ids() {
        let (name, start) = (&names.vms[vm.at()], &pool.vms[vm.at()]);
        let resident = start.resident_on.map(|host| names.host(host));
        // 0 and none are one thing where HA does not start it.
        let order = name.order.filter(|n| *n > 0);
        lines.push(format!(
            "vm {} {} {} on {resident:?} {:?} {order:?} {}",
            name.name, name.uuid, name.memory, name.protection, name.start_delay
        ));
        for vbd in names.vbds.iter().filter(|vbd| vbd.vm == vm) {
            lines.push(format!("vbd {} {} {:?}", name.name, names.vdis[vbd.vdi.at()].uuid, vbd.mode));
        }
    }
    for (vdi, start) in names.vdis.iter().zip(&pool.vdis) {
        let known = start.locks.iter().filter(|(host, _)| pool.hosts[usize::from(host.0)].known);
        let locks: Vec<_> = known.map(|(host, mode)| (names.host(*host), *mode)).collect();
        lines.push(format!("vdi {} {} {locks:?} {}", vdi.uuid, names.sr(vdi.sr), start.paused));
    }
    lines.sort();
    lines
}
