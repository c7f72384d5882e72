//! How releases differ, and nowhere else: a release is a row of [`rows`], a difference a question of [`differences`].
//!
//! Rooms above ask by name, `world.release.hosts.forget_halts_vms`, and know no release. Keys, `matrix`, command line,
//! coverage and `explain` read the rows.

pub mod differences;
mod rows;
#[cfg(test)]
mod toy;
#[cfg(test)]
pub mod trial;

pub use differences::{Answers, DIFFERENCES, Difference, SUBJECTS};

use crate::base::time::Span;
use crate::world::settings::Settings;
use differences::{HaBeat, MemoryOverhead};
use std::fmt;

/// A release of the code, in the order of time: XenServer's, whose count XCP-ng goes on with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version(pub u8, pub u8);

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.0, self.1)
    }
}

/// All that there is to say of a release.
#[derive(Debug)]
pub struct Row {
    /// The name in a scenario file.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// Whose code speaks where nothing else is said: it decides which commands there are.
    pub code: Version,
    /// What holds where a scenario sets nothing, its storage manager among it.
    pub settings: Settings,
    /// What it answers.
    pub answers: Answers,
}

/// The releases that are built; the first is the default. One line a row.
static ROWS: &[Row] = &[
    rows::MANUAL_6,
    rows::XENSERVER_6_0,
    rows::XENSERVER_6_2,
    rows::XCP_NG_8_3,
    #[cfg(test)]
    toy::TOY,
];

/// A release of XenServer, as a scenario names it: a place in the table of rows. Its answers are its fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Release(u8);

impl Release {
    /// Every release that is there, the default first.
    pub fn all() -> impl Iterator<Item = Release> {
        let rows = (0..ROWS.len() as u8).map(Release);
        #[cfg(test)]
        let rows = rows.chain(trial::made());
        rows
    }

    /// The release of this name.
    pub fn named(name: &str) -> Option<Release> {
        Release::all().find(|release| release.name() == name)
    }

    /// Its row.
    pub fn row(self) -> &'static Row {
        #[cfg(test)]
        if self == trial::RELEASE {
            return trial::row();
        }
        &ROWS[usize::from(self.0)]
    }

    /// The name in a scenario file.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What the domain of a VM takes beside the memory of the VM, in bytes.
    pub fn memory_overhead(self, memory: u64) -> u64 {
        const MIB: u64 = 1 << 20;
        let shadow = memory.div_ceil(MIB).saturating_mul(2).saturating_add(256).div_ceil(256);
        match self.vms.memory_overhead {
            MemoryOverhead::ShadowPages => shadow.saturating_add(2).saturating_mul(MIB),
            MemoryOverhead::ShadowPagesAndMore => shadow.saturating_add(3).saturating_mul(MIB),
        }
    }

    /// What follows from HA's base timeout.
    pub fn ha_times(self, timeout: Span) -> HaTimes {
        let tenth = Span((timeout + Span::secs(10)).0 / 10);
        let (beat, round) = match self.ha.ha_beat {
            HaBeat::TenthOfTimeout => (tenth, tenth),
            HaBeat::ThreeSeconds => (tenth.min(Span::secs(3)), Span(timeout.0 / 20).max(Span::secs(2))),
        };
        HaTimes {
            beat,
            round,
            silence: timeout,
            standstill: timeout,
            beat_watchdog: timeout,
            disk_watchdog: timeout + Span::secs(15),
            join: timeout + Span::secs(60),
        }
    }
}

impl Settings {
    /// What holds in a release where a scenario sets nothing.
    pub fn of(release: Release) -> Settings {
        release.row().settings.clone()
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings::of(Release::default())
    }
}

impl std::ops::Deref for Release {
    type Target = Answers;
    fn deref(&self) -> &Answers {
        &self.row().answers
    }
}

impl fmt::Debug for Release {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What follows from HA's base timeout T (xapi_ha.ml, Timeouts.derive).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HaTimes {
    /// The pause between two heartbeats on the network (t1).
    pub beat: Span,
    /// The pause between two rounds on the statefile (t2).
    pub round: Span,
    /// The silence after which a peer is no longer heard (T1).
    pub silence: Span,
    /// The standstill after which a peer's slot, or the own statefile, counts as lost (T2).
    pub standstill: Span,
    /// How long the heartbeat thread may stall before the watchdog resets the machine (Wh).
    pub beat_watchdog: Span,
    /// The same for the statefile thread (Ws).
    pub disk_watchdog: Span,
    /// How long a starting daemon waits for a liveset.
    pub join: Span,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/model: a VM of 4 GiB takes 4131 MiB in 6.1, one of 120 GiB 963 MiB beside its memory. 1 GiB: (256 + 2048) / 256 = 9
    /// MiB of shadow and 2.
    #[test]
    fn what_a_vm_takes_beside_its_memory() {
        let mib = |memory: u64| Release::default().memory_overhead(memory) >> 20;
        assert_eq!((mib(1 << 30), mib(4 << 30), mib(120 << 30)), (11, 35, 963));
        // A byte more than a MiB is two: (256 + 4) / 256, rounded up, and 2.
        assert_eq!((mib(1 << 20), mib((1 << 20) + 1), mib(0)), (4, 4, 3));
        assert!(Release::default().memory_overhead(u64::MAX) > 0);
        let today = Release::named("xcp-ng-8.3").expect("the row");
        assert_eq!(today.memory_overhead(120 << 30) >> 20, 964);
    }

    /// xapi_ha.ml, Timeouts.derive, with T = 60: 7 s and 7 s in the times of 6, 3 s and 3 s today; with T = 30 and 120 the bounds bite.
    #[test]
    fn how_often_daemons_beat() {
        let of = |name: &str, timeout: u64| {
            let times = Release::named(name).expect("the row").ha_times(Span::secs(timeout));
            (times.beat.0 / 1_000_000, times.round.0 / 1_000_000)
        };
        for name in ["manual-6", "xenserver-6.0", "xenserver-6.2"] {
            assert_eq!([of(name, 60), of(name, 30), of(name, 120)], [(7, 7), (4, 4), (13, 13)], "{name}");
        }
        assert_eq!([of("xcp-ng-8.3", 60), of("xcp-ng-8.3", 30), of("xcp-ng-8.3", 120)], [(3, 3), (3, 2), (3, 6)]);
        assert_eq!(of("xcp-ng-8.3", 10), (2, 2));
    }
}
