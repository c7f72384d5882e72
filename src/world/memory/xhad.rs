//! What the membership daemon of one machine (xhad) remembers while it runs. How it moves stands with the daemons.

use crate::base::time::{Span, Time};
use crate::world::memory::HaConfig;
use crate::world::memory::survival::Rule;
use crate::world::release::HaTimes;
use crate::world::truth::{Saying, Slots};
use std::sync::Arc;

/// What a daemon is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It looks for a liveset to join or to form.
    Starting,
    /// It is in a liveset, and nothing is wrong.
    Settled,
    /// It handles a fault: it waits until all that it hears have begun too.
    Gathering,
    /// It waits until nobody is between alive and silent.
    Settling {
        /// Whoever was heard and seen since then is alive.
        since: Time,
    },
    /// It waits until all that it hears or sees on the disk have come so far.
    Meeting(Haste),
    /// It waits until all have the same view, at most until then.
    Comparing {
        /// When it decides by what it has.
        until: Time,
    },
    /// It knows who lives, and acts by it as soon as all that it hears have come so far.
    Concluding {
        /// Who lives.
        alive: Slots,
        /// By which rule.
        rule: Rule,
        /// Whether the views agreed.
        agreed: bool,
    },
    /// It lives, and waits until all that it hears and that live too have decided.
    Parting {
        /// Until when the losers' watchdogs may strike; nobody loses where it is past.
        until: Time,
    },
    /// It has won, and waits until the losers' watchdogs have certainly struck.
    Shrinking,
    /// Its liveset is what it decided on; it waits until all that it hears have come so far. Nobody is let in before.
    Closing,
}

/// Who waits for others on the disk says so first, then asks all to go round it many times a second, and calls that off when
/// it is through (xha, sm.c, rendezvous_wait).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Haste {
    /// It has not asked yet.
    Before,
    /// It has asked, and waits.
    Asked,
    /// It has called it off.
    Over,
}

/// One running daemon.
#[derive(Clone, PartialEq, Debug)]
pub struct Xhad {
    /// Which start of the daemon this is: dues of an earlier one count no more.
    pub run: u32,
    /// The configuration that it was started with.
    pub config: Arc<HaConfig>,
    /// What follows from its timeout.
    pub times: HaTimes,
    /// Its own slot.
    pub me: usize,
    /// When it was started.
    pub started: Time,
    /// What it is at.
    pub phase: Phase,
    /// When the fault handling under way began.
    pub fault_since: Time,
    /// The next step of the handler is not taken before: what the last one has to say takes that long.
    pub busy_until: Time,
    /// What it says of itself.
    pub says: Saying,
    /// Whether everybody has heard what it says now.
    pub said: bool,
    /// When each peer was last heard, by slot, where that had to be noted.
    pub heard: Vec<Option<Time>>,
    /// What each peer last said, by slot.
    pub views: Vec<Saying>,
    /// When its heartbeat thread last ran.
    pub beaten: Time,
    /// When it last went round the statefile, and read it all.
    pub read: Time,
    /// By slot: how many writes had been counted there when it last read.
    pub versions: Vec<u64>,
    /// By slot: at which of its reads it last found that the slot had moved. What was written since is not known to it yet.
    pub moved: Vec<Time>,
    /// By slot: what stood there when it was last found to have moved.
    pub slots: Vec<Saying>,
    /// Its last round could read. After one that could not it reads first, and writes only in the round after.
    pub reads: bool,
    /// It has access to the statefile: its last round read it, and it has not given up its own slot since (SF_access).
    pub access: bool,
    /// It goes round the statefile many times a second: it wants to, or a peer has asked for it.
    pub hurried: bool,
    /// When it last went round in a hurry.
    pub hurried_at: Time,
    /// When its last round began that could not read.
    pub failed: Option<Time>,
    /// Since when its statefile thread is stuck in a request.
    pub stalled: Option<Time>,
    /// It lives by rule 2: nobody has the statefile, and its loss counts no more.
    pub no_statefile: bool,
    /// A watchdog timer is under way.
    pub watched: bool,
    /// Its timer under way; older ones count no more.
    pub timer: u32,
    /// Hosts that it has taken out of the liveset though it saw their slots move; it has yet to notice that they are gone.
    pub lingering: Slots,
    /// Whose slots have stopped, its own among them where it lost the statefile, without its noticing.
    pub blind: Slots,
    /// When it last started xapi again.
    pub xapi_restarted: Option<Time>,
    /// xapi is down a second time: at its next look it gives the host up.
    pub given_up: bool,
}

impl Xhad {
    /// Whether it is in a liveset.
    pub fn joined(&self) -> bool {
        self.phase != Phase::Starting
    }
    /// Whether it handles a fault.
    pub fn handling(&self) -> bool {
        !matches!(self.phase, Phase::Starting | Phase::Settled)
    }
    /// The longer of the two timeouts.
    pub fn patience(&self) -> Span {
        self.times.silence.max(self.times.standstill)
    }
}

/// Known faults of the real daemon. The simulated one has those that a scenario asks for (`known-faults`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KnownFaults {
    /// After hosts were taken out of the liveset whose slots still moved, one later loss of the statefile goes unnoticed by
    /// all whose slots come before theirs (sm.c, start_fh: what is found of the last slot replaces what was found before).
    pub late_loss_unseen: bool,
    /// Whoever is heard once the handler has ended, and counts itself in the liveset, is in it again, though others or this
    /// host have just taken it out (sm.c, process_join_request).
    pub fenced_taken_back: bool,
    /// Where views never agree, a host whose last beat said that it had no statefile counts as one without, though it is not
    /// heard any more and its slot moves again (sm.c, wait_until_all_hosts_have_consistent_view): by rule 2 all say so, and
    /// when the network goes as the statefile comes back each side takes the other for lost, and lives.
    pub last_beat_counts: bool,
}

/// One of [`KnownFaults`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the fields of KnownFaults say what each is")]
pub enum KnownFault {
    LateLossUnseen,
    FencedTakenBack,
    LastBeatCounts,
}

impl KnownFault {
    /// The faults as scenarios write them.
    pub const ALL: [(&'static str, KnownFault); 3] = [
        ("late-loss-unseen", KnownFault::LateLossUnseen),
        ("fenced-taken-back", KnownFault::FencedTakenBack),
        ("last-beat-counts", KnownFault::LastBeatCounts),
    ];
}

impl KnownFaults {
    /// The same with one more.
    #[must_use]
    pub fn with(self, fault: KnownFault) -> KnownFaults {
        match fault {
            KnownFault::LateLossUnseen => KnownFaults { late_loss_unseen: true, ..self },
            KnownFault::FencedTakenBack => KnownFaults { fenced_taken_back: true, ..self },
            KnownFault::LastBeatCounts => KnownFaults { last_beat_counts: true, ..self },
        }
    }
}

/// Why a daemon ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Exit {
    /// It was told to: HA is switched off on this host, or the host goes down in order.
    Ordered,
    /// The statefile says that HA is switched off.
    Invalid,
    /// The statefile belongs to a later enable.
    Generation,
    /// It found no liveset to join or to form in time.
    NoLiveset,
}

/// Why HA reset a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FenceCause {
    /// The survival rules say that others live.
    Lost,
    /// A winner asked for it.
    Asked,
    /// The heartbeat thread stood still: domain 0 hangs.
    HeartbeatWatchdog,
    /// The statefile thread stood still: its request hangs.
    StatefileWatchdog,
    /// xapi did not come back.
    Xapi,
    /// Nobody fed the watchdogs: the daemon had died without disarming them.
    Unfed,
}
