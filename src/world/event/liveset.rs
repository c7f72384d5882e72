//! The membership daemon: the liveset, its faults, fencing, the master lock. What a daemon decides it only believes. Told with
//! the seconds that each phase took, as a trainer would explain them. How an entry is read stands in `table.rs`.

macro_rules! liveset {
    ($($before:tt)*) => { gather! { $($before)*
        HaDaemonStarted { machine: MachineId } => {
            number: 57, name: "ha-daemon-started", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: false,
            what: ("starts the HA daemon, which looks for a liveset"),
            parts: {},
        }
        HaDaemonStopped { machine: MachineId, why: Exit } => {
            number: 58, name: "ha-daemon-stopped", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: {
                match *why {
                    Exit::Ordered => "its HA daemon is stopped, and its fencing is disarmed",
                    Exit::Invalid => "its HA daemon reads in the statefile that HA is off, and ends",
                    Exit::Generation => "its HA daemon ends: the statefile belongs to a later enable of HA",
                    Exit::NoLiveset => "its HA daemon ends: no liveset to join or to form in time",
                }
                .to_owned()
            },
            parts: { "why": why },
        }
        HaDaemonCrashed { machine: MachineId, reset_in: Span } => {
            number: 89, name: "ha-daemon-crashed", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("its HA daemon aborts and disarms nothing: the watchdog resets the machine in {}", seconds(*reset_in)),
            parts: { "reset-in": reset_in },
        }
        HaJoined { machine: MachineId, liveset: Vec<HostId>, took: Span } => {
            number: 59, name: "ha-joined", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("is in the liveset ({liveset}) after {}", seconds(*took)),
            parts: { "liveset": liveset, "took": took },
        }

        HaFaultBegan { machine: MachineId, unheard: Vec<HostId>, stopped: Vec<HostId>, own_statefile: bool, silent: Span } => {
            number: 60, name: "ha-fault-began", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: {
                let mut found = Vec::new();
                if !unheard.is_empty() {
                    found.push(format!("has not heard {unheard}"));
                }
                if !*own_statefile {
                    found.push("has not reached the statefile".to_owned());
                } else if !stopped.is_empty() {
                    found.push(format!("has not seen the statefile slot of {stopped} move"));
                }
                if found.is_empty() {
                    "begins to handle a fault, since another host does".to_owned()
                } else {
                    format!("{} for {}: begins to handle a fault", found.join(" and "), seconds(*silent))
                }
            },
            parts: { "unheard": unheard, "stopped": stopped, "statefile": own_statefile, "silent": silent },
        }
        HaFaultEnded { machine: MachineId, survives: bool, rule: Rule, agreed: bool, took: Span, wait: Span } => {
            number: 61, name: "ha-fault-ended", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: {
                let why = match (*survives, *rule) {
                    (true, Rule::Statefile) => "it has the statefile and is in the partition that lives",
                    (true, Rule::NoStatefile) => "nobody has the statefile, but all hear each other and nobody else can be alive",
                    (false, Rule::Statefile) => "others with the statefile live, and it is not among them",
                    (false, Rule::NoStatefile) => "no statefile, and it can't be sure that nobody else lives",
                };
                let views = if *agreed { "all agreed" } else { "the views never agreed" };
                let end = match (*survives, *wait == Span::ZERO) {
                    (true, true) => "lives on".to_owned(),
                    (true, false) => format!("lives on, and waits {} until the losers must have been reset", seconds(*wait)),
                    (false, _) => "must fence itself".to_owned(),
                };
                format!("decides after {} ({views}): {why}; {end}", seconds(*took))
            },
            parts: { "survives": survives, "agreed": agreed, "took": took, "wait": wait },
        }
        Fenced { machine: MachineId, why: FenceCause } => {
            number: 62, name: "fenced", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: {
                match *why {
                    FenceCause::Lost => "fences itself: the machine is reset, its guests die",
                    FenceCause::Asked => "is told that others live without it, and fences itself; its guests die",
                    FenceCause::HeartbeatWatchdog => "the watchdog resets the machine: domain 0 stood still; its guests die",
                    FenceCause::StatefileWatchdog => "the watchdog resets the machine: the statefile stood still; its guests die",
                    FenceCause::Unfed => "the watchdog resets the machine: no HA daemon was left to feed it; its guests die",
                    FenceCause::Xapi => "xapi did not come back: HA fences the host; its guests die",
                }
                .to_owned()
            },
            parts: { "why": why },
        }
        HaShrunk { machine: MachineId, gone: Vec<HostId>, took: Span } => {
            number: 63, name: "ha-shrunk", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("takes {gone} out of the liveset, {} after it began to handle the fault", seconds(*took)),
            parts: { "gone": gone, "took": took },
        }
        HaExcluded { machine: MachineId, gone: Vec<HostId> } => {
            number: 64, name: "ha-excluded", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: false,
            what: ("lets {gone} go out of the liveset: shut down in order"),
            parts: { "gone": gone },
        }
        HaStatefileBack { machine: MachineId } => {
            number: 65, name: "ha-statefile-back", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("has the statefile again, and so have all others"),
            parts: {},
        }
        HaLossUnseen { machine: MachineId, stopped: Vec<HostId>, own_statefile: bool } => {
            number: 66, name: "ha-loss-unseen", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: {
                let what = if *own_statefile {
                    "that it has lost the statefile".to_owned()
                } else {
                    format!("that the statefile slot of {stopped} stands still")
                };
                format!("does not notice {what} (a known fault of the daemon): it neither fences itself nor asks who lives")
            },
            parts: { "stopped": stopped },
        }
        HaTakenBack { machine: MachineId, back: Vec<HostId> } => {
            number: 67, name: "ha-taken-back", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: (
                "takes {back} into the liveset again, which it heard a moment ago (a known fault of the daemon): nothing of it is \
                 restarted until it is silent for long enough once more"
            ),
            parts: { "back": back },
        }

        HaMasterElected { machine: MachineId, over: Option<HostId>, unheard: Option<Span> } => {
            number: 68, name: "ha-master-elected", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: {
                let held = over.map_or_else(String::new, |_| format!(", which {over} held"));
                let silent = unheard.filter(|_| over.is_some());
                let silent = silent.map_or_else(String::new, |silent| format!("; it has not heard {over} for {}", seconds(silent)));
                format!("takes the master lock in the statefile{held}{silent}")
            },
            parts: { "over": over, "unheard": unheard },
        }
        HaFollows { machine: MachineId, master: MachineId } => {
            number: 69, name: "ha-follows", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("follows {master}, which holds the master lock"),
            parts: { "master": master },
        }
        HaMasterReady { machine: MachineId, waited: Span } => {
            number: 70, name: "ha-master-ready", half: Belief, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("as master has waited {} for the hosts of the liveset, and looks after those that are gone", seconds(*waited)),
            parts: { "waited": waited },
        }
        HaDisarmed { machine: MachineId } => {
            number: 71, name: "ha-disarmed", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("is armed for HA no more"),
            parts: {},
        }
        HaSwitchedOff { by: MachineId } => {
            number: 72, name: "ha-switched-off", half: Belief, of: Machine(*by), changes: ALL, about: Nothing, matters: true,
            what: ("is not armed and finds HA on in its database: HA is off for the whole pool now, and nobody is told"),
            parts: {},
        }
        HaXapiRestarted { machine: MachineId } => {
            number: 73, name: "ha-xapi-restarted", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("its HA daemon finds xapi stopped and starts it again"),
            parts: {},
        }
        RedoLogRead { machine: MachineId } => {
            number: 74, name: "redo-log-read", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("reads the database from the redo log: nothing is lost"),
            parts: {},
        }
    } };
}
