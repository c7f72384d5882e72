//! Random scenarios as YAML text: pools of one to six hosts, faults of any kind, commands harmless and dangerous. Every
//! draw is a function of the number of the scenario, so a failure is replayed by its number.

use poolsim::base::draw::Stream;
use std::fmt::Write;

/// What may be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taste {
    /// Everything, the dangerous commands in plenty.
    Wild,
    /// Faults of any kind in a pool that starts healthy, and no command that sets the pool's own guards aside: no forget,
    /// reset-powerstate, resetvdis, emergency-transition, emergency-reset-master, recover-slaves, restore, reinstall.
    Guarded,
}

const HOSTS: [&str; 6] = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
const VMS: [&str; 5] = ["db", "web", "mail", "ci", "wiki"];

/// Draws one number after the other from a stream.
struct Dice {
    stream: Stream,
    k: u64,
}

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.k += 1;
        self.stream.below(self.k, bound as u64) as usize
    }
    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
    /// One time in `n`.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    fn span(&mut self, least: usize, most: usize) -> String {
        format!("{}s", least + self.below(most - least + 1))
    }
}

/// The pool of a scenario under way.
struct Pool {
    hosts: usize,
    vms: usize,
    spare: bool,
}

impl Pool {
    /// The host with the local SR: the last, so that in most pools it is not the master.
    fn last(&self) -> &'static str {
        HOSTS[self.hosts - 1]
    }
    fn host(&self, dice: &mut Dice) -> &'static str {
        HOSTS[dice.below(self.hosts)]
    }
    fn vm(&self, dice: &mut Dice) -> &'static str {
        VMS[dice.below(self.vms.max(1))]
    }
    fn sr(&self, dice: &mut Dice) -> &'static str {
        dice.of(&["nfs1", "nfs1", "san1", "disk1"])
    }
}

/// The n-th scenario of a taste.
pub fn scenario(n: u64, taste: Taste) -> String {
    let mut dice = Dice { stream: Stream::new(n, "generate", if taste == Taste::Wild { "wild" } else { "guarded" }), k: 0 };
    let pool = Pool { hosts: 1 + dice.below(6), vms: 1 + dice.below(5), spare: dice.one_in(3) };
    let mut out = String::new();
    let _ = writeln!(out, "seed: {n}\nuntil: {}m\npool:\n  hosts:", 40 + dice.below(60));
    for host in &HOSTS[..pool.hosts] {
        match dice.below(if taste == Taste::Wild { 12 } else { 1000 }) {
            0 => {
                let _ = writeln!(out, "    {host}: {{memory: 2GiB}}");
            }
            1 => {
                let _ = writeln!(out, "    {host}: {{live: false}}");
            }
            2 if *host != "alpha" => {
                let _ = writeln!(out, "    {host}: {{enabled: false}}");
            }
            _ => {
                let _ = writeln!(out, "    {host}:");
            }
        }
    }
    out.push_str("  storage:\n    nfs1: {type: nfs}\n    san1: {type: lvmoiscsi}\n    disk1: {type: ext, host: ");
    let _ = writeln!(out, "{}}}", pool.last());
    if taste == Taste::Wild && dice.one_in(6) {
        out.push_str("  default-sr: disk1\n");
    }
    if pool.spare {
        out.push_str("  spare-hosts: [spare]\n");
    }
    // Draws about HA are a stream of their own, so that the other scenarios stay as they were.
    let mut ha = Dice { stream: Stream::new(n, "generate", "ha"), k: 0 };
    let protects = taste == Taste::Wild && n % 4 == 3;
    if protects {
        let off = if ha.one_in(5) { "# off: " } else { "" };
        let _ = writeln!(
            out,
            "  {off}ha: {{heartbeat-sr: nfs1, timeout: {}, failures-to-tolerate: {}}}",
            ha.of(&["60s", "60s", "30s"]),
            ha.below(3)
        );
    }
    out.push_str("  dumps: {nightly: start}\n  vms:\n");
    for (at, vm) in VMS[..pool.vms].iter().enumerate() {
        let host = pool.host(&mut dice);
        let writes = dice.of(&["5s", "1s", "17s", "never"]);
        let running = if dice.one_in(4) { String::new() } else { format!("running-on: {host}, ") };
        let disks = match dice.below(8) {
            0 if host == pool.last() || running.is_empty() => "{root: {sr: disk1}}".to_owned(),
            1 => "{root: {sr: nfs1}, data: {sr: san1}}".to_owned(),
            2 if at > 0 && taste == Taste::Wild => "{root: {sr: nfs1}, peek: {vdi: db-root, mode: ro}}".to_owned(),
            3 if at > 0 && taste == Taste::Wild && running.is_empty() => "{root: {sr: nfs1}, both: {vdi: db-root, mode: rw}}".to_owned(),
            4 if taste == Taste::Wild && running.is_empty() => "{root: {sr: nfs1, paused: true}}".to_owned(),
            5 if taste == Taste::Wild => "{}".to_owned(),
            _ => "{root: {sr: nfs1}}".to_owned(),
        };
        // `db-root` must exist for those that attach it.
        let disks = if at == 0 { "{root: {sr: nfs1}}".to_owned() } else { disks };
        let priority =
            if protects { ha.of(&["ha: restart, ", "ha: restart, ", "ha: restart, order: 1, ", "ha: best-effort, ", ""]) } else { "" };
        let mut boots = Dice { stream: Stream::new(n, "generate", vm), k: 0 };
        let running = if boots.one_in(4) { format!("{running}autostart: true, ") } else { running };
        let _ = writeln!(out, "    {vm}: {{{priority}{running}writes: {writes}, grace: {}, disks: {disks}}}", dice.span(30, 900));
    }
    // Storage that gives up is a stream of its own as well.
    let mut patience = Dice { stream: Stream::new(n, "generate", "patience"), k: 0 };
    if patience.one_in(4) {
        let _ = writeln!(out, "settings: {{guest-gives-up-after: {}}}", patience.span(0, 300));
    }
    out.push_str("timeline:\n");
    for _ in 0..1 + dice.below(5) {
        let fault = fault(&mut dice, &pool, taste);
        let _ = writeln!(out, "  - {{after: {}, {fault}}}", dice.span(0, 400));
    }
    // And those about guests.
    let mut guests = Dice { stream: Stream::new(n, "generate", "guests"), k: 0 };
    if guests.one_in(3) {
        let vm = pool.vm(&mut guests);
        let deed = guests.of(&["fault: {vm-crash: ", "fault: {vm-hang: ", "act: {guest-shutdown: ", "act: {guest-reboot: "]);
        let lasts = if deed.contains("vm-hang") && guests.one_in(2) { ", for: 300s" } else { "" };
        let _ = writeln!(out, "  - {{after: {}, {deed}{vm}}}{lasts}}}", guests.span(0, 400));
    }
    // And those about clocks.
    let mut clocks = Dice { stream: Stream::new(n, "generate", "clocks"), k: 0 };
    if clocks.one_in(8) {
        let (host, back) = (pool.host(&mut clocks), clocks.of(&["", "-"]));
        let _ = writeln!(
            out,
            "  - {{after: {}, fault: {{clock-jump: {{host: {host}, by: {back}{}}}}}}}",
            clocks.span(0, 400),
            clocks.span(60, 1200)
        );
    }
    if protects {
        // So are those about the daemon.
        let mut xhad = Dice { stream: Stream::new(n, "generate", "xhad"), k: 0 };
        if xhad.one_in(3) {
            let host = pool.host(&mut xhad);
            let _ = writeln!(out, "  - {{after: {}, fault: {{xhad-crash: {host}}}}}", xhad.span(0, 400));
        }
    }
    out.push_str("recovery:\n");
    let _ = writeln!(out, "  at: {}\n  pace: {}\n  host: {}\n  steps:", dice.span(5, 900), dice.span(0, 120), pool.host(&mut dice));
    if taste == Taste::Wild && dice.one_in(2) {
        plot(&mut out, &mut dice, &pool);
    }
    if guests.one_in(12) {
        let _ = writeln!(out, "    - {{fault: {{vm-hang: {}}}}}", pool.vm(&mut guests));
        let _ = writeln!(out, "    - {{run: 'xe vm-shutdown --multiple', host: alpha}}");
    }
    if protects {
        plot_under_ha(&mut out, &mut ha, &pool);
    }
    for _ in 0..1 + dice.below(9) {
        let step = match dice.below(8) {
            0 if taste == Taste::Wild => act(&mut dice, &pool),
            0 => format!("act: {{power-on: {}}}", pool.host(&mut dice)),
            1 => fault(&mut dice, &pool, taste),
            _ => {
                let line = command(&mut dice, &pool, taste);
                let host = if dice.one_in(4) { format!(", host: {}", pool.host(&mut dice)) } else { String::new() };
                format!("run: '{line}'{host}")
            }
        };
        let _ = writeln!(out, "    - {{{step}}}");
    }
    out
}

fn act(dice: &mut Dice, pool: &Pool) -> String {
    let host = pool.host(dice);
    match dice.below(5) {
        0 | 1 => format!("act: {{power-off: {host}}}"),
        2 => format!("act: {{power-on: {host}}}"),
        3 => format!("act: {{check-off: {host}}}"),
        _ => format!("act: {{reinstall: {host}}}"),
    }
}

fn fault(dice: &mut Dice, pool: &Pool, _taste: Taste) -> String {
    let host = pool.host(dice);
    let lasts = if dice.one_in(2) { format!(", for: {}", dice.span(5, 900)) } else { String::new() };
    let io = dice.of(&["error", "hang"]);
    match dice.below(16) {
        0 | 1 => format!("fault: {{crash: {host}}}{lasts}"),
        2 => format!("fault: {{boot: {host}}}"),
        3 | 4 => format!("fault: {{isolate: {host}}}{lasts}"),
        5 => format!("fault: {{hang: {host}}}{lasts}"),
        6 => format!("fault: {{unhang: {host}}}"),
        7 => "fault: heal-network".to_owned(),
        8 => format!("fault: {{partition: [[{host}]]}}{lasts}"),
        9 => format!("fault: {{storage-loss: {{host: {host}, sr: {}, io: {io}}}}}{lasts}", pool.sr(dice)),
        10 => format!("fault: {{storage-return: {{host: {host}, sr: {}}}}}", pool.sr(dice)),
        11 => format!("fault: {{sr-outage: {}, io: {io}}}{lasts}", pool.sr(dice)),
        12 => format!("fault: {{sr-return: {}}}", pool.sr(dice)),
        13 => format!("fault: {{toolstack-stop: {host}}}{lasts}"),
        14 => format!("fault: {{toolstack-start: {host}}}"),
        _ => format!("fault: {{degrade-network: {{hosts: [{host}], latency: 50ms..500ms, loss: {}%}}}}{lasts}", dice.below(90)),
    }
}

fn command(dice: &mut Dice, pool: &Pool, taste: Taste) -> String {
    let host = pool.host(dice);
    let other = pool.host(dice);
    let vm = pool.vm(dice);
    let sr = pool.sr(dice);
    let dangerous = if taste == Taste::Wild { 40 } else { 23 };
    match dice.below(dangerous) {
        0 | 1 => format!("xe vm-start vm={vm} on={host}"),
        2 => format!("xe vm-start vm={vm}"),
        3 => format!("xe vm-shutdown vm={vm}"),
        4 => format!("xe vm-shutdown vm={vm} --force"),
        5 => format!("xe vm-migrate vm={vm} host={host} --live"),
        6 => format!("xe host-disable host={host}"),
        7 => format!("xe host-enable host={host}"),
        8 => format!("xe host-shutdown host={host}"),
        9 => format!("xe host-reboot host={host}"),
        10 => dice
            .of(&[
                "xe host-list params=all",
                "xe pool-list",
                "xe vm-list",
                "xe vdi-list",
                "xe sr-list",
                "xe pbd-list",
                "xe host-is-in-emergency-mode",
                "list_domains",
                "tap-ctl list",
                "cat /etc/xensource/pool.conf",
            ])
            .to_owned(),
        11 => format!("xe pool-param-set uuid=$pool default-SR=${sr}"),
        12 => format!("xe pbd-unplug uuid=${{{host}/nfs1}}"),
        13 => format!("xe pbd-plug uuid=${{{host}/san1}}"),
        14 => "xe pool-sync-database".to_owned(),
        15 => format!("xe pool-dump-database file-name={}", dice.of(&["nightly", "now", "other"])),
        16 => "xe-toolstack-restart".to_owned(),
        17 => format!("service xapi {}", dice.of(&["stop", "start", "restart", "status"])),
        18 | 19 => format!("xe pool-designate-new-master host-uuid=${host}"),
        20 => format!("xe host-param-get uuid=${host} param-name=enabled"),
        21 if pool.spare => "xe pool-join master-address=alpha master-username=root master-password=x".to_owned(),
        21 | 22 => format!("xe vm-start vm={vm} on={other}"),
        23 | 24 => format!("xe host-forget uuid=${host} --force"),
        25 => format!("echo yes | xe host-forget uuid=${other}"),
        26 | 27 => format!("xe vm-reset-powerstate vm={vm} --force"),
        28 => format!("/opt/xensource/sm/resetvdis.py ${host} ${sr} master"),
        29 | 30 => format!("/opt/xensource/sm/resetvdis.py ${host} ${sr}"),
        31 | 32 => "xe pool-emergency-transition-to-master".to_owned(),
        33 => "xe pool-recover-slaves".to_owned(),
        36 if pool.spare => "xe pool-join master-address=spare master-username=root master-password=x".to_owned(),
        37 => "xe vm-reset-powerstate vm=00000001-d000-4000-8000-00706f6f6c00 --force".to_owned(),
        38 => format!("xe pbd-unplug uuid=${{{host}/san1}}"),
        39 => format!("xe pbd-plug uuid=${{{host}/nfs1}}"),
        34 => format!("xe pool-emergency-reset-master master-address={other}"),
        _ => format!("xe pool-restore-database file-name={} --force", dice.of(&["nightly", "now", "missing"])),
    }
}

/// A chain of deeds of a pool with HA, that had it, or that is to get it.
fn plot_under_ha(out: &mut String, dice: &mut Dice, pool: &Pool) {
    let (host, other, vm) = (pool.host(dice), pool.host(dice), pool.vm(dice));
    let mut say = |step: String| {
        let _ = writeln!(out, "    - {{{step}}}");
    };
    match dice.below(11) {
        9 => {
            // Protection comes and goes, and HA then meets a loss.
            let priority = dice.of(&["restart", "best-effort", "", "1"]);
            say(format!(
                "run: 'xe vm-param-set uuid=${vm} ha-restart-priority={priority} order={} start-delay=20', host: alpha",
                dice.below(4)
            ));
            say(format!("fault: {{crash: {host}}}"));
            say(format!("after: 6m, run: 'xe vm-param-set uuid=${vm} ha-always-run=true', host: {other}"));
        }
        10 => {
            say(format!("run: 'xe host-disable host={host}', host: alpha"));
            say(format!("run: 'xe pbd-unplug uuid=${{{host}/san1}}', host: alpha"));
            say(format!("run: 'xe host-enable host={host}', host: alpha"));
            say(format!("run: 'xe pool-eject host-uuid=${host} --force', host: alpha"));
        }
        0 | 1 => {
            // One leaves, the others go on.
            say(format!("run: 'xe host-emergency-ha-disable --force', host: {host}"));
            say("after: 5m, run: 'xe pool-ha-prevent-restarts-for seconds=0'".to_owned());
        }
        2 => {
            // A host is missing when the statefile goes.
            say(format!("fault: {{crash: {other}}}"));
            say("after: 4m, fault: {sr-outage: nfs1}".to_owned());
            say("after: 6m, run: 'xe host-list'".to_owned());
            say("run: 'xe host-emergency-ha-disable --force'".to_owned());
        }
        3 => {
            say("run: 'xe host-emergency-ha-disable --force', host: alpha".to_owned());
            say("run: xe-toolstack-restart, host: alpha".to_owned());
        }
        4 => {
            say("run: 'xe pool-ha-disable', host: alpha".to_owned());
            say("run: 'xe pool-ha-disable', host: alpha".to_owned());
            say("run: 'xe pool-ha-enable heartbeat-sr-uuids=$disk1', host: alpha".to_owned());
            say("run: 'xe pool-ha-enable heartbeat-sr-uuids=$nfs1', host: alpha, timeout: 5m".to_owned());
            say("run: 'xe pool-ha-compute-max-host-failures-to-tolerate', host: alpha".to_owned());
        }
        5 => {
            say("run: 'xe pool-ha-disable', host: alpha".to_owned());
            let fault = match (dice.one_in(2), host != other) {
                (true, true) => format!("fault: {{one-way: {{from: {host}, to: {other}}}}}"),
                _ => format!("fault: {{storage-loss: {{host: {}, sr: nfs1}}}}", pool.last()),
            };
            say(fault);
            say("run: 'xe pool-ha-enable heartbeat-sr-uuids=$nfs1', host: alpha, timeout: 5m".to_owned());
        }
        6 => {
            say(format!("run: 'xe host-disable host={host}', host: alpha"));
            say(format!("fault: {{storage-loss: {{host: {host}, sr: nfs1}}}}"));
            say(format!("after: 0s, run: 'xe host-shutdown host={host}', host: alpha"));
        }
        7 => {
            say(format!("run: 'xe pool-param-set uuid=$pool ha-host-failures-to-tolerate={}', host: alpha", dice.of(&["6", "7", "-1"])));
            say(format!(
                "run: 'xe pool-ha-compute-hypothetical-max-host-failures-to-tolerate vm-uuid=${vm} restart-priority=restart', host: alpha"
            ));
        }
        _ => {
            say("run: 'xe pool-ha-prevent-restarts-for seconds=1200', host: alpha".to_owned());
            say(format!("fault: {{crash: {host}}}"));
            say(format!("after: 10m, run: 'xe host-forget uuid=${host} --force', host: alpha"));
        }
    }
}

/// A chain of deeds that does real harm if the world is as it should not be.
fn plot(out: &mut String, dice: &mut Dice, pool: &Pool) {
    let (host, other, vm) = (pool.host(dice), pool.host(dice), pool.vm(dice));
    let sr = dice.of(&["nfs1", "san1"]);
    let user = dice.of(&["root", "root", "root", "admin"]);
    let mut say = |step: String| {
        let _ = writeln!(out, "    - {{{step}}}");
    };
    match dice.below(13) {
        11 | 12 => {
            // Out of the pool and in again, whatever else is under way.
            say(format!("run: 'xe vm-shutdown resident-on=${host} --multiple --force', host: alpha"));
            say(format!("run: 'xe pool-eject host-uuid=${host} --force', host: alpha"));
            say(format!(
                "after: {}, run: 'xe pool-join master-address=alpha master-username=root master-password=x', host: {host}",
                dice.span(1, 400)
            ));
            say(format!("after: 120s, run: 'xe vm-start vm={vm} on={host}', host: alpha"));
            say(format!("run: '/opt/xensource/sm/resetvdis.py ${host} $nfs1', host: alpha"));
        }
        7 | 9 | 10 => {
            let host = pool.last();
            // The record says halted while the disk is open: what the storage itself refuses.
            say(format!("fault: {{hang: {host}}}"));
            say(format!("run: 'xe vm-reset-powerstate resident-on=${host} --force --multiple'"));
            say(format!("fault: {{unhang: {host}}}"));
            say(format!("run: 'xe pbd-unplug uuid=${{{host}/nfs1}}'"));
            say(format!("run: 'xe pbd-unplug uuid=${{{host}/san1}}'"));
            say(format!("run: 'xe pbd-unplug uuid=${{{host}/disk1}}'"));
        }
        8 => {
            // Two candidates in the ten seconds in which both are still promised.
            say(format!("run: 'xe pool-designate-new-master host-uuid=${host}'"));
            say(format!("after: 0s, run: 'xe pool-designate-new-master host-uuid=${other}'"));
        }
        6 => {
            say(format!("run: 'xe pbd-unplug uuid=${{{host}/{sr}}}'"));
            say(format!("fault: {{storage-loss: {{host: {host}, sr: {sr}}}}}"));
            say(format!("run: 'xe pbd-plug uuid=${{{host}/{sr}}}'"));
        }
        5 => {
            say(format!("fault: {{storage-loss: {{host: {host}, sr: nfs1}}}}"));
            say(format!("fault: {{isolate: {host}}}"));
            say(format!("after: 60s, run: 'xe vm-reset-powerstate vm=db --force', host: {other}"));
            say(format!("run: '/opt/xensource/sm/resetvdis.py ${host} $nfs1', host: {other}"));
            say(format!("run: 'xe vm-start vm=db on={other}', host: {other}"));
            say(format!("after: 60s, fault: {{storage-return: {{host: {host}, sr: nfs1}}}}"));
        }
        0 => {
            say(format!("fault: {{isolate: {host}}}"));
            say(format!("run: 'xe host-forget uuid=${host} --force', host: {other}"));
            say(format!("run: '/opt/xensource/sm/resetvdis.py ${host} $nfs1', host: {other}"));
            say(format!("run: 'xe vm-start vm={vm} on={other}', host: {other}"));
        }
        1 => {
            say(format!("fault: {{hang: {host}}}"));
            say(format!("run: 'xe vm-reset-powerstate vm={vm} --force', host: {other}"));
            say(format!("run: '/opt/xensource/sm/resetvdis.py ${host} $nfs1 master', host: {other}"));
            say(format!("run: 'xe vm-start vm={vm} on={other}', host: {other}"));
            say(format!("fault: {{unhang: {host}}}"));
        }
        2 => {
            say("fault: {isolate: alpha}".to_owned());
            say(format!("run: 'xe pool-emergency-transition-to-master', host: {other}"));
            say(format!("after: 60s, run: 'xe pool-recover-slaves', host: {other}"));
            say(format!("after: 60s, run: 'xe vm-reset-powerstate vm={vm} --force', host: {other}"));
            say(format!("run: '/opt/xensource/sm/resetvdis.py $alpha $nfs1 master', host: {other}"));
            say(format!("run: 'xe vm-start vm={vm}', host: {other}"));
            say("fault: heal-network".to_owned());
        }
        3 => {
            say(format!("act: {{reinstall: {host}}}"));
            say(format!("run: 'xe pool-join master-address=alpha master-username={user} master-password=x', host: {host}"));
            say(format!("after: 120s, run: 'xe vm-start vm={vm} on={host}'"));
        }
        _ => {
            say(format!("act: {{reinstall: {host}}}"));
            say(format!("run: 'xe pool-restore-database file-name=nightly --force', host: {host}"));
            // A restored database has the shared SRs of the pool that it was dumped from.
            say(format!("after: 6m, run: 'xe pool-join master-address=alpha master-username=root master-password=x', host: {host}"));
            say(format!("run: 'xe vm-reset-powerstate vm={vm} --force', host: {host}"));
            say(format!("run: 'xe vm-start vm={vm}', host: {host}"));
        }
    }
}
