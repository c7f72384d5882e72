//! The pool and its state at 0.

use super::good;
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::Span;
use crate::scenario::model::Role;
use crate::world::belief::PowerState;
use crate::world::inventory::Mode;
use std::collections::BTreeMap;

#[test]
fn the_smallest_pool_has_its_defaults() {
    let scenario = good("pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\n");
    assert_eq!(scenario.name, "test");
    assert_eq!((scenario.seed, scenario.until, scenario.release.name()), (0, None, "manual-6"));
    let pool = &scenario.pool;
    // The first host is the master, the first shared SR the default, one RW disk `root` stands on it.
    assert_eq!((pool.master, pool.default_sr), (MachineId(0), Some(SrId(0))));
    assert_eq!(pool.hosts.iter().map(|host| host.role).collect::<Vec<_>>(), [Role::Master, Role::Member, Role::Member]);
    assert!(pool.hosts.iter().all(|host| host.powered && host.known && host.live && host.enabled && host.copy_age == Span::ZERO));
    assert_eq!(pool.names.machines[2].address, "10.0.0.3");
    let vm = &pool.names.vms[0];
    assert_eq!((vm.memory, vm.writes, vm.grace), (1 << 30, Some(Span::secs(5)), Span::mins(10)));
    assert_eq!(
        (pool.names.vdis[0].name.as_str(), pool.names.vbds[0].disk.as_str(), pool.names.vbds[0].mode),
        ("db-root", "root", Mode::Rw)
    );
    // It runs on beta: the record, the domain, the open disk, the lock.
    let start = &pool.vms[0];
    assert_eq!((start.power_state, start.resident_on, &start.running_on[..]), (PowerState::Running, Some(HostId(1)), &[MachineId(1)][..]));
    assert_eq!(pool.vdis[0].open_on, [(MachineId(1), Mode::Rw, Some(VmId(0)))]);
    assert_eq!(pool.vdis[0].locks, [(HostId(1), Mode::Rw)]);
    // Every host has a PBD of the shared SR.
    assert_eq!(pool.names.pbds.len(), 3);
}

#[test]
fn what_is_said_of_the_start_is_not_derived_again() {
    let scenario = good(
        "
pool:
  hosts:
    alpha:
    beta: {powered: false}
    gamma: {live: false, enabled: false, copy-age: 10m}
    delta: {known: false, role: master}
  storage: [nfs1]
  vms:
    ghost: {running-on: beta}
    unseen: {running-on: [gamma]}
    twice: {running-on: [gamma, delta], power-state: running, resident-on: gamma}
    recorded: {resident-on: gamma}
    hidden: {running-on: gamma, power-state: halted}
    stale: {disks: {root: {locks: {beta: rw, gamma: ro}, paused: true}}}
    held: {disks: {root: {open-on: {gamma: ro}}}}
",
    );
    let pool = &scenario.pool;
    let vm = |name: &str| {
        let at = pool.names.vms.iter().position(|vm| vm.name == name).unwrap();
        let start = &pool.vms[at];
        (start.power_state, start.resident_on.map(|host| host.0), start.running_on.iter().map(|m| m.0).collect::<Vec<_>>())
    };
    use PowerState::{Halted, Running};
    // A host without power: known, not live; the record stands, no domain does.
    assert!(!pool.hosts[1].live && pool.hosts[1].known);
    assert_eq!(vm("ghost"), (Running, Some(1), vec![]));
    // A list is the truth alone.
    assert_eq!(vm("unseen"), (Halted, None, vec![2]));
    assert_eq!(vm("twice"), (Running, Some(2), vec![2, 3]));
    // The record that is said puts the domain there.
    assert_eq!(vm("recorded"), (Running, Some(2), vec![2]));
    assert_eq!(vm("hidden"), (Halted, None, vec![2]));
    assert_eq!((pool.hosts[2].live, pool.hosts[2].enabled, pool.hosts[2].copy_age), (false, false, Span::mins(10)));
    assert_eq!((pool.hosts[3].known, pool.hosts[3].live, pool.hosts[3].role), (false, false, Role::Master));
    let vdi = |name: &str| &pool.vdis[pool.names.vdis.iter().position(|vdi| vdi.name == name).unwrap()];
    // The record says running, so the lock is there though no domain is.
    assert_eq!((vdi("ghost-root").locks.as_slice(), vdi("ghost-root").open_on.len()), (&[(HostId(1), Mode::Rw)][..], 0));
    // The domains have the disk open, and no record no lock.
    assert_eq!((vdi("unseen-root").locks.len(), vdi("unseen-root").open_on.len()), (0, 1));
    assert_eq!(vdi("stale-root").locks, [(HostId(1), Mode::Rw), (HostId(2), Mode::Ro)]);
    assert!(vdi("stale-root").paused);
    assert_eq!(vdi("held-root").open_on, [(MachineId(2), Mode::Ro, None)]);
}

#[test]
fn ranges_of_names_are_dealt_out_in_turn() {
    let scenario = good(
        "
pool:
  hosts: [xs01..xs04]
  storage: {nfs1: , 'loc1..loc4': {type: lvm, host: xs01..xs04}}
  vms: {erp001..erp010: {running-on: xs01..xs04, disks: {root: , data: {sr: loc1..loc4}}}}
",
    );
    let pool = &scenario.pool;
    assert_eq!(pool.names.vms.len(), 10);
    assert_eq!(pool.vms[5].resident_on, Some(HostId(1)));
    assert_eq!(pool.names.vms[9].name, "erp010");
    assert_eq!(pool.names.srs[3].machine, Some(MachineId(2)));
    assert_eq!(pool.names.sr(pool.names.vdis[11].sr), "loc2");
}

/// Where two ranges are dealt, each of the one comes to stand beside each of the other, as often as any.
#[test]
fn two_ranges_are_dealt_apart() {
    for (hosts, srs, vms) in [(12, 4, 60), (12, 4, 48), (3, 4, 24), (4, 12, 48), (6, 4, 48), (5, 3, 15), (16, 8, 256)] {
        let text = format!(
            "
pool:
  hosts: [xs01..xs{hosts:02}]
  storage: {{'sr1..sr{srs}': {{type: nfs}}}}
  vms: {{vm001..vm{vms:03}: {{running-on: xs01..xs{hosts:02}, disks: {{root: {{sr: sr1..sr{srs}}}, data: {{sr: sr1..sr{srs}}}}}}}}}
"
        );
        let scenario = good(&text);
        let pool = &scenario.pool;
        let mut pairs: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for (at, vm) in pool.vms.iter().enumerate() {
            assert_eq!(vm.resident_on, Some(HostId((at % hosts) as u16)), "the first range is dealt as ever");
            let srs: Vec<&str> =
                pool.names.vms[at].vbds.iter().map(|vbd| pool.names.sr(pool.names.vdis[pool.names.vbds[vbd.at()].vdi.at()].sr)).collect();
            assert_eq!(srs[0], srs[1], "ranges of one length go in step");
            *pairs.entry((at % hosts, srs[0])).or_default() += 1;
        }
        let all = hosts * srs;
        assert_eq!(pairs.len(), all.min(vms), "{hosts} hosts, {srs} SRs, {vms} VMs: {pairs:?}");
        assert!(pairs.values().all(|n| *n <= vms.div_ceil(all)), "{pairs:?}");
    }
}

/// What belongs together stays together: local SRs, two a host, and VMs on the hosts of their disks.
#[test]
fn ranges_that_belong_together_are_dealt_in_step() {
    let scenario = good(
        "
pool:
  hosts: [xs1..xs3]
  storage: {'loc1..loc6': {type: lvm, host: xs1..xs3}}
  vms: {vm01..vm24: {running-on: xs1..xs3, disks: {root: {sr: loc1..loc6}}}}
",
    );
    let names = &scenario.pool.names;
    for (at, vdi) in names.vdis.iter().enumerate() {
        assert_eq!(names.srs[vdi.sr.at()].machine, Some(MachineId((at % 3) as u16)));
    }
}

#[test]
fn a_vdi_is_attached_to_a_second_vm_and_rw_disks_come_first() {
    let scenario = good(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {}}
  vms:
    reader: {running-on: beta, disks: {shared: {vdi: db-root, mode: ro}, own: }}
    db: {running-on: alpha}
    bare: {disks: {}}
",
    );
    let names = &scenario.pool.names;
    let disks: Vec<&str> = names.vms[0].vbds.iter().map(|vbd| names.vbds[vbd.at()].disk.as_str()).collect();
    assert_eq!(disks, ["own", "shared"]);
    assert!(names.vms[2].vbds.is_empty());
    let db = &scenario.pool.vdis[1];
    assert_eq!(names.vdi(VdiId(1)), "db-root");
    assert_eq!(db.open_on, [(MachineId(1), Mode::Ro, Some(VmId(0))), (MachineId(0), Mode::Rw, Some(VmId(1)))]);
}

#[test]
fn spare_hosts_dumps_and_uuids() {
    let scenario = good(
        "
pool:
  name: prod
  hosts: {alpha: {memory: 16GiB}, beta: {uuid: 00000000-0000-4000-8000-00000000000A}}
  master: beta
  spare-hosts: [fresh]
  dumps: {nightly: start}
",
    );
    let pool = &scenario.pool;
    assert_eq!((pool.names.pool_name.as_str(), pool.master, &pool.dumps[..]), ("prod", MachineId(1), &["nightly".to_string()][..]));
    assert_eq!(pool.names.machines[0].memory, Some(16 << 30));
    assert_eq!(pool.names.hosts[1].uuid, "00000000-0000-4000-8000-00000000000a");
    assert!(pool.names.machines[2].spare && !pool.hosts[2].known && !pool.hosts[2].live);
    assert_eq!(pool.hosts[0].role, Role::Member);
    assert_eq!(pool.default_sr, None);
}
