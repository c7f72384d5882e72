//! Every key of a scenario file, with what its value looks like and what it means. Readers, the JSON Schema and `explain`
//! use these same tables, so that they can't part.

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number, from and to.
    Whole(u64, u64),
    /// A duration.
    Span,
    /// A duration, or one with a minus sign before it.
    Jump,
    /// A duration or a range of them.
    SpanRange,
    /// `4GiB`.
    Size,
    /// A UUID.
    Uuid,
    /// `0.5%`.
    Chance,
    /// A name or a range of names.
    Name,
    /// A name, or a list of them.
    Names,
    /// A list of names.
    NameList,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A map with known keys.
    Map(&'static Table),
    /// A map from names to values of one shape.
    MapOf(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// One of several shapes.
    Any(&'static [Shape]),
    /// Nothing.
    Null,
    /// The name of a hazard.
    Hazard,
    /// The name of a release.
    Release,
    /// The name of a generation of the storage manager.
    StorageManager,
    /// The settings, which have a table of their own.
    Settings,
    /// The settings, each with a list of values.
    SettingsLists,
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// What it means.
    pub doc: &'static str,
}

/// The keys of one kind of map.
#[derive(Debug)]
pub struct Table {
    /// What the map is, with its article.
    pub what: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Those that must stand.
    pub required: &'static [&'static str],
}

/// The tables beside that of the whole file, each with the name that the schema has for it.
pub static TABLES: &[(&str, &Table)] = &[
    ("matrix", &MATRIX),
    ("shows", &SHOWS),
    ("pool", &POOL),
    ("ha", &HA),
    ("host", &HOST),
    ("spare-host", &SPARE),
    ("sr", &SR),
    ("vm", &VM),
    ("disk", &DISK),
    ("step", &STEP),
    ("outcome", &OUTCOME),
    ("condition", &CONDITION),
    ("fault", &FAULT),
    ("one-way", &ONE_WAY),
    ("storage-loss", &PATH_LOSS),
    ("storage-return", &PATH),
    ("sr-outage", &OUTAGE),
    ("degrade-network", &DEGRADE),
    ("chaos", &CHAOS),
    ("chaos-hosts", &CHAOS_HOSTS),
    ("chaos-vm-hang", &CHAOS_VMS),
    ("chaos-partition", &CHAOS_PARTITION),
    ("chaos-one-way", &CHAOS_ONE_WAY),
    ("chaos-storage-loss", &CHAOS_PATH),
    ("chaos-sr-outage", &CHAOS_SR),
    ("chaos-degrade-network", &CHAOS_DEGRADE),
    ("act", &ACT),
    ("recovery", &RECOVERY),
    ("expect", &EXPECT),
    ("events", &EVENTS),
    ("hazard", &HAZARD),
    ("state", &STATE),
    ("goal", &GOAL),
    ("drill", &DRILL),
    ("score", &SCORE),
];

const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, doc }
}

use Shape::*;

const SEVERITIES: Shape = Words(&["none", "notice", "outage", "danger", "corruption"]);

/// The whole file.
pub static FILE: Table = Table {
    what: "a scenario",
    keys: &[
        key("name", Text, "The scenario's name; else the file's stem."),
        key("title", Text, "One line for people."),
        key("about", Text, "The story, as a trainer would tell it."),
        key("source", Text, "Where it comes from."),
        key("shows", Map(&SHOWS), "The rules that it shows kept and broken."),
        key("tags", List(&Text), "Words to find it by."),
        key("release", Release, "The release that the pool runs; without it the first of them."),
        key("seed", Whole(0, u64::MAX), "The seed of all draws; default 0."),
        key("seeds", Text, "The seeds that `in:` of expected hazards is judged over, at most 10,000: `1..200`."),
        key("skip", Text, "Why `poolsim test` leaves this scenario out; `run` runs it all the same."),
        key("until", Span, "When the run ends; default: 30m after the last step ended. At most 3650d."),
        key(
            "includes",
            List(&Text),
            "Files ending in `.part.yaml` whose keys count where this file does not say them: `[../shared/pool.part.yaml]`.",
        ),
        key("settings", Settings, "Durations and switches."),
        key("matrix", Map(&MATRIX), "Releases and settings to be tried: every case runs once with each of their combinations."),
        key("pool", Map(&POOL), "The pool at the start."),
        key("timeline", Any(&[List(&Map(&STEP)), Null]), "What happens to it."),
        key(
            "worlds",
            MapOf(&Any(&[List(&Map(&STEP)), Null])),
            "What the operator cannot tell apart: pieces of timeline, each true in its world alone.",
        ),
        key("recovery", Map(&RECOVERY), "What the operator then does."),
        key("recoveries", MapOf(&Map(&RECOVERY)), "Several recoveries side by side."),
        key(
            "operators",
            MapOf(&Any(&[List(&Map(&STEP)), Null])),
            "Other people who type at the same time, each with steps of his own: `{anna: [{at: 16m, run: xe host-list}]}`.",
        ),
        key(
            "goal",
            List(&Map(&GOAL)),
            "What a recovery is for: these states hold at the end; without it every VM that ran at 0 runs, on exactly one host.",
        ),
        key(
            "drill",
            Any(&[Map(&DRILL), Null]),
            "Makes it a task for whoever plays it: `poolsim play` tells the briefing, and at `finish` how it was done.",
        ),
        key("expect", Map(&EXPECT), "What must come of it."),
        key(
            "chaos",
            Map(&CHAOS),
            "What breaks at random and comes back, for each fault with an undoing: `{crash: {hosts: [beta, gamma], every: 30d, back-after: 5m..20m}}`. Needs `until`.",
        ),
    ],
    required: &["pool"],
};

/// `matrix`.
pub static MATRIX: Table = Table {
    what: "`matrix`",
    keys: &[
        key("release", List(&Release), "The releases to be tried."),
        key("settings", SettingsLists, "By setting, the values to be tried: `{host-dead-after: [60s, 600s]}`."),
    ],
    required: &[],
};

/// `shows`.
pub static SHOWS: Table = Table {
    what: "`shows`",
    keys: &[
        key("kept", List(&Text), "Rules that are kept, such as `M2`."),
        key("broken", List(&Text), "Rules that are broken, such as `M5`."),
    ],
    required: &[],
};

/// `pool`.
pub static POOL: Table = Table {
    what: "`pool`",
    keys: &[
        key("name", Text, "The pool's name-label."),
        key(
            "hosts",
            Any(&[NameList, MapOf(&Any(&[Map(&HOST), Null]))]),
            "The members: a list of names, or a map from names to details. `xs01..xs16` stands for sixteen.",
        ),
        key("master", Name, "The master of the start; default: the first host."),
        key("storage", Any(&[NameList, MapOf(&Any(&[Map(&SR), Null])), Null]), "Storage repositories."),
        key("default-sr", Any(&[Name, Null]), "The pool's default SR; default: the first shared SR. Empty: none."),
        key("vms", Any(&[NameList, MapOf(&Any(&[Map(&VM), Null])), Null]), "Virtual machines."),
        key("spare-hosts", Any(&[NameList, MapOf(&Any(&[Map(&SPARE), Null])), Null]), "Machines that are installed and in no pool."),
        key("dumps", MapOf(&Words(&["start"])), "Dumps of the database that exist at 0: `{nightly: start}`."),
        key("ha", Any(&[Map(&HA), Null]), "High availability; absent: off."),
    ],
    required: &["hosts"],
};

/// A known fault of HA's daemon.
const KNOWN_FAULTS: Shape = Words(&["late-loss-unseen", "fenced-taken-back", "last-beat-counts"]);

/// `pool.ha`.
pub static HA: Table = Table {
    what: "`ha`",
    keys: &[
        key("heartbeat-sr", Name, "The shared SR that the statefile and the redo log lie on; default: the first shared SR."),
        key("timeout", Span, "The base timeout of the heartbeats, in whole seconds; default 60s, from 10s to 1h."),
        key(
            "failures-to-tolerate",
            Whole(0, 64),
            "How many hosts may fail with a place left for every protected VM: what the failover plan is made for; default 0.",
        ),
        key("allow-overcommit", Bool, "Whether operations may break the failover plan; default: false."),
        key(
            "known-faults",
            Any(&[KNOWN_FAULTS, List(&KNOWN_FAULTS)]),
            "Faults of the real daemon that the simulated one is to have; default: none. `late-loss-unseen`: after a split that both sides saw on the statefile, one later loss of the statefile goes unnoticed by all whose UUIDs come before that of a host which was taken out. `fenced-taken-back`: whoever is still heard when the others have taken it out, and counts itself in, is in the liveset again, though it has been reset; its VMs stay down until it falls silent a second time. `last-beat-counts`: when the network goes as the statefile comes back, each side takes the other for one without a statefile, since that is what its last beat said, and both live.",
        ),
    ],
    required: &[],
};

/// A host.
pub static HOST: Table = Table {
    what: "a host",
    keys: &[
        key("memory", Size, "Its memory; default: no limit."),
        key("uuid", Uuid, "Its UUID."),
        key("powered", Bool, "Whether it has power; default: true."),
        key("known", Bool, "Whether the pool's database has it; false: forgotten. Default: true."),
        key("live", Bool, "Whether the master holds it for alive; default: if it is known and powered."),
        key("enabled", Bool, "Whether VMs may be placed there; default: true."),
        key("role", Words(&["master", "member", "emergency"]), "What it holds itself for."),
        key("copy-age", Span, "How old its copy of the database is; default 0s."),
    ],
    required: &[],
};

/// A spare host.
pub static SPARE: Table = Table {
    what: "a spare host",
    keys: &[
        key("memory", Size, "Its memory; default: no limit."),
        key("uuid", Uuid, "Its UUID."),
        key("powered", Bool, "Whether it has power; default: true."),
    ],
    required: &[],
};

/// An SR.
pub static SR: Table = Table {
    what: "an SR",
    keys: &[
        key(
            "type",
            Words(&["nfs", "lvmoiscsi", "lvmohba", "lvm", "ext"]),
            "nfs (default), lvmoiscsi, lvmohba: shared by all hosts; lvm, ext: in one host.",
        ),
        key("host", Name, "The host that a local SR (lvm, ext) is in."),
        key("uuid", Uuid, "Its UUID."),
    ],
    required: &[],
};

/// A VM.
pub static VM: Table = Table {
    what: "a VM",
    keys: &[
        key(
            "running-on",
            Any(&[Names, Null]),
            "A host: the record, and the domain if it has power. A list: the domains alone. Absent: halted.",
        ),
        key("memory", Size, "Its memory; default 1GiB."),
        key("writes", Any(&[Span, Words(&["never"])]), "How often it writes each RW disk; default 5s, at least 100ms."),
        key("autostart", Bool, "Whether a host that has booted starts it, if it is halted; default false."),
        key("grace", Span, "How long it may be down before `vm-down` is found; default: the setting `vm-grace`."),
        key(
            "disks",
            Any(&[NameList, MapOf(&Any(&[Map(&DISK), Null])), Null]),
            "Its disks by local name; default: one, `root`. `{}`: none.",
        ),
        key("uuid", Uuid, "Its UUID."),
        key("power-state", Words(&["running", "halted", "paused", "suspended"]), "What the database says."),
        key("resident-on", Any(&[Name, Null]), "Where the database has it."),
        key(
            "ha",
            Words(&["restart", "best-effort"]),
            "Its restart priority: `restart` is started whenever it is down, `best-effort` tried once when its host was lost. Absent: unprotected.",
        ),
        key("order", Whole(0, u32::MAX as u64), "Protected VMs are started in ascending order; absent: last."),
        key("start-delay", Span, "How long the next VM waits after this one's start; default 0s."),
    ],
    required: &[],
};

/// A disk.
pub static DISK: Table = Table {
    what: "a disk",
    keys: &[
        key("sr", Name, "The SR that it lies on; default: the pool's default SR."),
        key("mode", Words(&["rw", "ro"]), "How the VM attaches it; default rw."),
        key("uuid", Uuid, "The VDI's UUID."),
        key("vdi", Name, "An existing VDI, such as `db-root`, that this VM attaches too."),
        key("locks", MapOf(&Words(&["rw", "ro"])), "The locks in the database, the newest last: `{beta: rw}`."),
        key("open-on", MapOf(&Words(&["rw", "ro"])), "Who has it open in truth: `{beta: rw}`."),
        key("paused", Bool, "Whether the database has it marked as paused."),
        key("activating", Bool, "Whether the database has it marked as being opened, by a storage manager from g4 on."),
        key("relinking", Bool, "Whether the database has its chain marked as being changed, by a storage manager from g4 on."),
    ],
    required: &[],
};

const HOSTS: Shape = Names;

/// What a step does: exactly one of these.
pub const DEEDS: &[&str] = &["fault", "run", "act", "note"];
/// When a step begins: at most one of these.
pub const TIMES: &[&str] = &["at", "after", "wait-for"];
/// When a recovery begins: at most one of these.
pub const BEGINS: &[&str] = &["at", "wait-for"];
/// What a condition asks about: exactly one of these.
pub const SUBJECTS: &[&str] = &["host", "vm", "xe", "step"];
/// Keys of one map of which only one may stand, and whether one must.
pub static EXCLUSIVE: &[(&Table, &[&str], bool)] = &[
    (&FILE, &["recovery", "recoveries"], false),
    (&STEP, DEEDS, true),
    (&STEP, TIMES, false),
    (&STEP, &["expect", "must"], false),
    (&RECOVERY, BEGINS, false),
    (&CONDITION, SUBJECTS, true),
];

/// A step.
pub static STEP: Table = Table {
    what: "a step",
    keys: &[
        key("id", Text, "Its id, unique within a case, without dots."),
        key("at", SpanRange, "When: an instant, or a range that it is drawn from."),
        key(
            "after",
            Text,
            "When: a duration since the step before ended; `STEP`, `STEP+20s` since that step ended; `STEP.STAGE`, `STEP.STAGE+20s` since its command came to that stage (`poolsim explain vm-migrate` lists the stages of a command).",
        ),
        key("wait-for", Map(&CONDITION), "When: as soon as `xe` shows this."),
        key("within", Span, "How long `wait-for` waits before the step is given up; default 1h."),
        key("if", Map(&CONDITION), "Does it only if `xe` shows this; else it is skipped."),
        key("host", Name, "Whose console; default: the recovery's, else the master's of the start."),
        key("fault", Any(&[Map(&FAULT), Words(&["heal-network"])]), "What breaks or is mended."),
        key("for", SpanRange, "The fault is undone after this time."),
        key("every", SpanRange, "The fault is repeated after this time, at least 100ms."),
        key("times", Whole(1, 1_000_000), "How often, with `every`."),
        key("run", Text, "What is typed at the console, word for word."),
        key("stdin", Text, "Standard input of the commands; else it is closed."),
        key("timeout", Span, "When a command that hangs is given up; default 2m."),
        key("capture", Text, "What the `run` prints is kept as `$NAME`, for later steps."),
        key("act", Map(&ACT), "What hands do."),
        key("note", Text, "Words for the reader."),
        key("expect", Any(&[Words(&["ok", "error", "hung"]), Map(&OUTCOME)]), "What a `run` or `act` must come to."),
        key("must", Any(&[Words(&["ok", "error", "hung"]), Map(&OUTCOME)]), "The same; ends its sequence when it fails."),
    ],
    required: &[],
};

/// What a step must come to.
pub static OUTCOME: Table = Table {
    what: "what a step must come to",
    keys: &[
        key("status", Words(&["ok", "error", "hung"]), "Its status."),
        key("code", Text, "The API's error code, such as `HOST_IS_LIVE`."),
        key("prints", Text, "A part of what the console shows."),
        key("exit", Whole(0, 255), "The exit status."),
    ],
    required: &[],
};

/// A condition.
pub static CONDITION: Table = Table {
    what: "a condition",
    keys: &[
        key("host", HOSTS, "A host, or several: all of them."),
        key("live", Bool, "`xe` shows that the master holds them for alive."),
        key("enabled", Bool, "`xe` shows them enabled."),
        key("known", Bool, "`xe` lists them."),
        key("vm", Names, "A VM, or several: all of them."),
        key("power-state", Words(&["running", "halted", "paused", "suspended"]), "`xe` shows this power state."),
        key("resident-on", Any(&[Name, Null]), "`xe` shows them on this host; empty: nowhere."),
        key("xe", Words(&["answers", "hangs"]), "Whether `xe` answers on that console."),
        key("step", Text, "The id of a step that has ended."),
        key("status", Words(&["ok", "error", "hung"]), "How it ended."),
        key("code", Text, "The error code that it ended with."),
        key("prints", Text, "A part of what its console showed."),
        key("prints-not", Text, "What its console did not show, where it ran."),
    ],
    required: &[],
};

/// The faults.
pub static FAULT: Table = Table {
    what: "a fault",
    keys: &[
        key("crash", HOSTS, "Power is gone."),
        key("boot", HOSTS, "Power returns and the machine boots: undoes `crash`, and `hang` by a power cycle."),
        key("hang", HOSTS, "Domain 0 answers nothing and beats no more; guests and their disks go on."),
        key("unhang", HOSTS, "Domain 0 answers again."),
        key("isolate", HOSTS, "The management links to all others are cut; storage stays."),
        key("heal-network", Any(&[HOSTS, Null]), "All links work again, or only those of the hosts named."),
        key("partition", List(&Names), "Management splits into groups; hosts not named form one more. Replaces the last partition."),
        key("one-way", Map(&ONE_WAY), "Every packet of one direction is lost; calls need both directions."),
        key("storage-loss", Map(&PATH_LOSS), "Hosts lose the path to an SR; a guest's writes are held back and written when it returns."),
        key("storage-return", Map(&PATH), "The path is back."),
        key("sr-outage", Any(&[Names, Map(&OUTAGE)]), "All paths to an SR are lost."),
        key("sr-return", Names, "The SR is back."),
        key("toolstack-stop", HOSTS, "xapi stops; domains run on."),
        key("toolstack-start", HOSTS, "xapi starts."),
        key("vm-crash", Names, "Guests crash: their domains are gone, and their hosts go on."),
        key("vm-hang", Names, "Guests stand still and write nothing; their hosts go on."),
        key("vm-unhang", Names, "They go on."),
        key("xhad-crash", HOSTS, "HA's membership daemon dies: its watchdogs reset the host within a minute."),
        key("degrade-network", Map(&DEGRADE), "Heartbeats get lost, calls are late."),
        key("clock-jump", Map(&CLOCK_JUMP), "Wall clocks jump, and what is kept in wall time goes wrong."),
        key(
            "io",
            Words(&["error", "hang"]),
            "Beside `sr-outage` and `storage-loss`: whether requests fail at once (default) or wait for ever.",
        ),
    ],
    required: &[],
};

/// `one-way`.
pub static ONE_WAY: Table = Table {
    what: "`one-way`",
    keys: &[key("from", HOSTS, "Whose packets are lost."), key("to", HOSTS, "Who does not hear them.")],
    required: &["from", "to"],
};

/// `clock-jump`.
pub static CLOCK_JUMP: Table = Table {
    what: "`clock-jump`",
    keys: &[key("host", HOSTS, "Whose clock."), key("by", Jump, "How far it jumps; with a minus sign, back.")],
    required: &["host", "by"],
};

/// `storage-loss`.
pub static PATH_LOSS: Table = Table {
    what: "`storage-loss`",
    keys: &[
        key("host", HOSTS, "The hosts that lose it."),
        key("sr", Names, "The SRs that they lose."),
        key("io", Words(&["error", "hang"]), "Whether requests fail at once (default) or wait for ever."),
    ],
    required: &["host", "sr"],
};

/// `storage-return`.
pub static PATH: Table =
    Table { what: "`storage-return`", keys: &[key("host", HOSTS, "The hosts."), key("sr", Names, "The SRs.")], required: &["host", "sr"] };

/// `sr-outage` as a map.
pub static OUTAGE: Table = Table {
    what: "`sr-outage`",
    keys: &[
        key("sr", Names, "The SRs."),
        key("io", Words(&["error", "hang"]), "Whether requests fail at once (default) or wait for ever."),
    ],
    required: &["sr"],
};

/// `degrade-network`.
pub static DEGRADE: Table = Table {
    what: "`degrade-network`",
    keys: &[
        key("hosts", HOSTS, "The hosts whose links are poor."),
        key("latency", SpanRange, "How long a packet takes."),
        key("loss", Chance, "The chance that a heartbeat is lost."),
    ],
    required: &["hosts"],
};

/// What breaks at random, by the name of the fault.
pub static CHAOS: Table = Table {
    what: "`chaos`",
    keys: &[
        key("crash", Map(&CHAOS_HOSTS), "Hosts lose power, each by itself."),
        key("hang", Map(&CHAOS_HOSTS), "Hosts hang, each by itself."),
        key("isolate", Map(&CHAOS_HOSTS), "Hosts lose their management links, each by itself."),
        key("partition", Map(&CHAOS_PARTITION), "Management splits."),
        key("one-way", Map(&CHAOS_ONE_WAY), "Packets of one direction are lost, of each host by itself."),
        key("storage-loss", Map(&CHAOS_PATH), "Hosts lose the path to SRs, each by itself."),
        key("sr-outage", Map(&CHAOS_SR), "SRs are lost to all, each by itself."),
        key("toolstack-stop", Map(&CHAOS_HOSTS), "xapi stops, on each host by itself."),
        key("vm-hang", Map(&CHAOS_VMS), "Guests hang, each by itself."),
        key("degrade-network", Map(&CHAOS_DEGRADE), "The links of hosts get poor, of each by itself."),
    ],
    required: &[],
};

/// The faults of `chaos`, each with its keys.
pub static CHAOS_KINDS: [(&str, &Table); 10] = [
    ("crash", &CHAOS_HOSTS),
    ("hang", &CHAOS_HOSTS),
    ("isolate", &CHAOS_HOSTS),
    ("partition", &CHAOS_PARTITION),
    ("one-way", &CHAOS_ONE_WAY),
    ("storage-loss", &CHAOS_PATH),
    ("sr-outage", &CHAOS_SR),
    ("toolstack-stop", &CHAOS_HOSTS),
    ("vm-hang", &CHAOS_VMS),
    ("degrade-network", &CHAOS_DEGRADE),
];

const EVERY: Key = key(
    "every",
    Span,
    "The mean of the time from one fault to the next, which is drawn anew each time, exponentially; for each host or SR by itself. At least 100ms.",
);
const BACK_AFTER: Key = key("back-after", SpanRange, "How long a fault lasts before it is undone.");

/// A fault of hosts in `chaos`.
pub static CHAOS_HOSTS: Table = Table {
    what: "a random fault",
    keys: &[key("hosts", HOSTS, "The hosts that it may hit."), EVERY, BACK_AFTER],
    required: &["hosts", "every", "back-after"],
};

/// `vm-hang` in `chaos`.
pub static CHAOS_VMS: Table = Table {
    what: "a random fault of guests",
    keys: &[key("vms", Names, "The VMs that it may hit."), EVERY, BACK_AFTER],
    required: &["vms", "every", "back-after"],
};

/// `partition` in `chaos`.
pub static CHAOS_PARTITION: Table = Table {
    what: "a random partition",
    keys: &[key("groups", List(&Names), "The groups that management splits into; hosts not named form one more."), EVERY, BACK_AFTER],
    required: &["groups", "every", "back-after"],
};

/// `one-way` in `chaos`.
pub static CHAOS_ONE_WAY: Table = Table {
    what: "a random loss of one direction",
    keys: &[key("from", HOSTS, "Whose packets are lost."), key("to", HOSTS, "Who does not hear them."), EVERY, BACK_AFTER],
    required: &["from", "to", "every", "back-after"],
};

/// `storage-loss` in `chaos`.
pub static CHAOS_PATH: Table = Table {
    what: "a random loss of paths",
    keys: &[
        key("hosts", HOSTS, "The hosts that lose them."),
        key("sr", Names, "The SRs that they lose, all at once."),
        key("io", Words(&["error", "hang"]), "Whether requests fail at once (default) or wait for ever."),
        EVERY,
        BACK_AFTER,
    ],
    required: &["hosts", "sr", "every", "back-after"],
};

/// `sr-outage` in `chaos`.
pub static CHAOS_SR: Table = Table {
    what: "a random outage of SRs",
    keys: &[
        key("sr", Names, "The SRs that it may hit."),
        key("io", Words(&["error", "hang"]), "Whether requests fail at once (default) or wait for ever."),
        EVERY,
        BACK_AFTER,
    ],
    required: &["sr", "every", "back-after"],
};

/// `degrade-network` in `chaos`.
pub static CHAOS_DEGRADE: Table = Table {
    what: "a network that is poor at random",
    keys: &[
        key("hosts", HOSTS, "The hosts whose links are poor."),
        key("latency", SpanRange, "How long a packet takes."),
        key("loss", Chance, "The chance that a heartbeat is lost."),
        EVERY,
        BACK_AFTER,
    ],
    required: &["hosts", "every", "back-after"],
};

/// What hands do.
pub static ACT: Table = Table {
    what: "an act",
    keys: &[
        key("power-off", HOSTS, "Switches machines off."),
        key("power-on", HOSTS, "Switches machines on; they boot."),
        key("reinstall", HOSTS, "Installs them afresh: new UUIDs, in no pool."),
        key("check-off", HOSTS, "Goes and looks that they are off; fails if one is on."),
        key("re-address", HOSTS, "Gives machines another management address; whoever has the old one reaches nobody there."),
        key("guest-shutdown", Names, "Shuts VMs down from inside."),
        key("guest-reboot", Names, "Reboots VMs from inside."),
    ],
    required: &[],
};

/// A recovery.
pub static RECOVERY: Table = Table {
    what: "a recovery",
    keys: &[
        key("wait-for", Map(&CONDITION), "Begins as soon as `xe` shows this."),
        key("within", Span, "How long it waits before it is given up; default 1h."),
        key("at", SpanRange, "Begins at this instant."),
        key("pace", Span, "The pause between steps that say no time; default 0s."),
        key("host", Name, "Whose console its steps are typed on."),
        key("steps", Any(&[List(&Map(&STEP)), Null]), "What the operator does, in order."),
        key("expect", Map(&EXPECT), "What must come of this recovery."),
    ],
    required: &[],
};

/// Expectations.
pub static EXPECT: Table = Table {
    what: "`expect`",
    keys: &[
        key(
            "worst",
            Any(&[SEVERITIES, MapOf(&SEVERITIES)]),
            "Nothing worse ever: none < notice < outage < danger < corruption; or by world.",
        ),
        key("left", SEVERITIES, "Nothing worse still holds at the end."),
        key("hazards", List(&Map(&HAZARD)), "Each of these occurs."),
        key("never", List(&Hazard), "None of these occurs."),
        key("states", List(&Map(&STATE)), "These states hold."),
        key("downtime", MapOf(&Span), "Each of these VMs is down no longer than this, all in all: `{db: 10m}`."),
        key("events", Map(&EVENTS), "How many events there may be."),
        key(
            "effects",
            NameList,
            "The steps with these ids change something: a fault or act does, a `run` ends well and changes what is so or believed.",
        ),
    ],
    required: &[],
};

/// How many events there may be.
pub static EVENTS: Table = Table {
    what: "`events`",
    keys: &[key("at-most", Whole(0, u64::MAX), "No more than this; the number is the report's `events`.")],
    required: &["at-most"],
};

/// A hazard that must occur.
pub static HAZARD: Table = Table {
    what: "a hazard expected",
    keys: &[
        key("hazard", Hazard, "Which."),
        key("vdi", Name, "On this VDI."),
        key("vm", Name, "Of this VM."),
        key("sr", Name, "On this SR."),
        key("hosts", Names, "With exactly these hosts."),
        key("host", Name, "With this host among them."),
        key("by", Any(&[Name, Span]), "A host: whose belief or deed it is. A duration: it begins no later than this."),
        key("during", SpanRange, "It begins within this time, both ends included: `5m..14m`."),
        key("in", Text, "The share of `seeds:` in which it occurs, both ends included: `1%..30%`, or `5%`."),
        key("world", Name, "Only in this world."),
        key("recovery", Name, "Only with this recovery."),
    ],
    required: &["hazard"],
};

/// What may be said of a state, its time first.
const OF_STATES: &[Key] = &[
    key("at", Any(&[Span, Words(&["end"])]), "At this instant, or at the `end`."),
    key("by", Span, "No later than this."),
    key("during", SpanRange, "At every instant from the first to the second: `5m..14m`."),
    key("seen-by", Name, "In this host's copy of the database; else in the ruling one."),
    key("world", Name, "Only in this world."),
    key("recovery", Name, "Only with this recovery."),
    key("host", HOSTS, "A host, or several."),
    key("powered", Bool, "In truth: it has power."),
    key("live", Bool, "Believed: the master holds it for alive."),
    key("enabled", Bool, "Believed: it is enabled."),
    key("known", Bool, "Believed: the database has it."),
    key("role", Words(&["master", "member", "emergency"]), "What it holds itself for."),
    key("running", NameList, "In truth: the VMs that run there, as a set."),
    key("fenced", Bool, "In truth: HA has reset it and it has not been in a liveset since."),
    key("vm", Names, "A VM, or several."),
    key("power-state", Words(&["running", "halted", "paused", "suspended"]), "Believed."),
    key("resident-on", Any(&[Name, Null]), "Believed; empty: nowhere."),
    key("running-on", Names, "In truth: the hosts with a domain of it, as a set."),
    key("vdi", Names, "A VDI, or several."),
    key("locks", Names, "Believed: the hosts with a lock, as a set."),
    key("open-on", Names, "In truth: the hosts that have it open, as a set."),
    key("damaged", Bool, "In truth: a write went over what another had written."),
    key("paused", Bool, "Believed: it is marked as paused."),
    key("activating", Bool, "Believed: it is marked as being opened (storage manager g4)."),
    key("relinking", Bool, "Believed: its chain is marked as being changed (storage manager g4)."),
    key("masters", Names, "In truth: the running hosts that hold themselves for master, as a set."),
    key("default-sr", Any(&[Name, Null]), "Believed: the pool's default SR; empty: none."),
];

/// How many of them say when.
const OF_TIMES: usize = 3;

/// A state that must hold.
pub static STATE: Table = Table { what: "a state expected", keys: OF_STATES, required: &[] };

/// A state that a recovery is to bring about: it is judged when the run is over, and so has no time.
pub static GOAL: Table = Table { what: "a state of the goal", keys: OF_STATES.split_at(OF_TIMES).1, required: &[] };

/// What makes a scenario a task for whoever plays it.
pub static DRILL: Table = Table {
    what: "`drill`",
    keys: &[
        key("briefing", Text, "What the player is told first."),
        key("grade", Whole(1, 3), "How hard it is: 1, 2 or 3."),
        key(
            "goal",
            List(&Map(&GOAL)),
            "What is to be reached; else the file's `goal`, else every VM that ran at 0 runs, on exactly one host.",
        ),
        key("within", Span, "How long the player has, on the virtual clock; the story goes on to `until`, or ends then."),
        key(
            "allow",
            List(&Text),
            "What may be typed and done, by the names of commands and acts: `[vm-start, resetvdis.py, check-off]`. Absent: everything.",
        ),
        key("score", Any(&[Map(&SCORE), Null]), "What counts how many points."),
    ],
    required: &[],
};

/// The most points that one thing counts.
const POINTS: Shape = Whole(0, 1_000);

/// How a drill is counted.
pub static SCORE: Table = Table {
    what: "`score`",
    keys: &[
        key("goal", POINTS, "What reaching the goal brings; default 100."),
        key("corruption", POINTS, "What each finding of corruption takes away; default 100."),
        key("danger", POINTS, "What each finding of danger takes away; default 25."),
        key(
            "gamble",
            POINTS,
            "What each step takes away that would have been dangerous in a world that still fitted what had been seen; default 20.",
        ),
        key("downtime", POINTS, "What each whole minute takes away that VMs were down for longer than they need have been; default 1."),
        key("needless", POINTS, "What each needless step takes away; default 2."),
        key("hint", POINTS, "What each hint takes away; default 3."),
    ],
    required: &[],
};
