//! From the logs of an incident to its instants, and to a scenario that plays it again: what `xensource.log`, `SMlog` and `xha.log` tell
//! of what the pool believed and what was typed. What was so is in no log, and is marked.
//!
//! Read are lines whose words stand in the code of xapi 6.1 and 6.2 and of today (message_forwarding.ml, db_gc.ml, xapi_ha.ml,
//! xapi_ha_vm_failover.ml, xha_interface.ml, xapi_cli.ml), of the storage manager (resetvdis.py, blktap2.py) and of the membership daemon
//! (sm.c, heartbeat.c, statefile.c, watchdog.c), with the stamps of syslog, of xapi's own file (debug.ml) and of the daemon's (log.c).

mod audit;
mod daemon;
mod lines;
mod stamp;
mod story;
#[cfg(test)]
mod tests;
mod words;

use crate::base::inert::clean_line;
use crate::scenario::model::Scenario;
use lines::told;
use stamp::{Stamp, date, days, stamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use story::Story;
use words::words;

/// As many instants are kept: more than any incident has.
const MOST: usize = 20_000;
/// What is further behind the first instant is another incident, or a damaged stamp.
const LONGEST: i64 = 30 * DAY;
/// As much of a line is read.
const LINE: usize = 8 << 10;
/// A start that is refused for a lock is refused within this: an activation is tried again for 120 s (storage managers from G2 on).
const REFUSED_WITHIN: i64 = 135 * SECOND;
/// How long before HA holds a host for dead it was lost, at least and at most, with the timeout of 60 s.
const HA_TAKES: (i64, i64) = (55 * SECOND, 100 * SECOND);
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// The year that stamps without one are reckoned in: a leap year, so that every day there is can be said.
const UNDATED: i64 = 2000;

/// What a line tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A host is held for dead; whom xapi 6.x does not say. Since when nothing was heard of it, in microseconds before.
    HeldForDead(Option<String>, Option<i64>),
    /// HA holds a host for dead.
    DeadByHa(String),
    /// A host is forgotten, declared dead, ejected, disabled, enabled.
    Host(Deed, String),
    /// Another master is designated.
    NewMaster(String),
    /// A VM is started, by HA or by somebody; where, if that was said.
    Start(String, Option<String>, bool),
    /// A VM's power state is reset; it is shut down.
    Vm(Deed, String),
    /// A line of `xe` that leaves no other mark: of an emergency.
    Typed(String),
    /// `resetvdis.py` clears the locks of a host, which it does not name, on this SR; whether with `master`.
    Reset(String, bool),
    /// A call was refused, or failed: which, of what, with which error.
    Failed(String),
    /// A VDI is refused, since a lock of another host is on it.
    Refused(String),
    /// What a membership daemon says of a host: of itself, or of one that is named by its UUID or its place (`#0`, by UUID).
    Ha(Ha, String),
    /// What xapi could not start again after a loss, and why, as it wrote it down.
    NotStarted(String),
}

/// What a membership daemon, or xapi for it, says of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ha {
    /// It is no longer in the liveset: from then on its VMs are started elsewhere.
    Out,
    /// It is in the liveset again.
    In,
    /// Its heartbeats are no longer heard; they are again.
    Unheard,
    /// They are heard again.
    Heard,
    /// Nothing new is seen of it on the statefile.
    Unseen,
    /// Something new is.
    Seen,
    /// It resets itself: it can't show that it may live.
    Fences,
    /// What watches it is about to reset it: a thread of its daemon is stuck.
    Watchdog,
    /// It becomes master.
    Master,
    /// It is reset on its way down, as somebody asked for.
    GoesDown,
}

impl Ha {
    fn words(self) -> &'static str {
        match self {
            Ha::Out => "is out of HA's liveset",
            Ha::In => "is in HA's liveset again",
            Ha::Unheard => "is no longer heard by HA's heartbeat",
            Ha::Heard => "is heard again by HA's heartbeat",
            Ha::Unseen => "writes nothing more to HA's statefile, as far as is seen here",
            Ha::Seen => "writes to HA's statefile again",
            Ha::Fences => "resets itself, as HA's rules want it",
            Ha::Watchdog => "is about to be reset by its watchdog: HA's daemon is stuck",
            Ha::Master => "becomes master",
            Ha::GoesDown => "resets itself at the end of its shutdown",
        }
    }
}

/// What is done to a host or a VM.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the names are those of the commands")]
pub enum Deed {
    Forget,
    DeclareDead,
    Eject,
    Disable,
    Enable,
    ResetPower,
    HardShutdown,
    CleanShutdown,
}

impl Deed {
    const HOST: [(&'static str, Deed); 5] = [
        ("Host.destroy: host = '", Deed::Forget),
        ("Host.declare_dead: host = '", Deed::DeclareDead),
        ("Host.disable: host = '", Deed::Disable),
        ("Host.enable: host = '", Deed::Enable),
        ("Pool.eject: pool = '", Deed::Eject),
    ];
    const VM: [(&'static str, Deed); 3] = [
        ("VM.power_state_reset: VM = '", Deed::ResetPower),
        ("VM.hard_shutdown: VM = '", Deed::HardShutdown),
        ("VM.clean_shutdown: VM = '", Deed::CleanShutdown),
    ];

    fn words(self) -> &'static str {
        match self {
            Deed::Forget => "is forgotten",
            Deed::DeclareDead => "is declared dead",
            Deed::Eject => "is ejected",
            Deed::Disable => "is disabled",
            Deed::Enable => "is enabled",
            Deed::ResetPower => "has its power state reset",
            Deed::HardShutdown => "is shut down by force",
            Deed::CleanShutdown => "is shut down",
        }
    }
}

/// An instant that counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instant {
    /// Microseconds since 1970 of the log's own clock, or since the beginning of a year that it does not say.
    pub at: i64,
    /// Which of the files, and the line, from 1.
    pub file: usize,
    /// The line.
    pub line: u64,
    /// What it tells.
    pub what: What,
    /// The host that wrote the line, where it says so.
    pub by: String,
    /// The line was written when what it tells of had ended.
    ended: bool,
}

/// Reads logs line by line, and keeps what counts.
#[derive(Debug, Default)]
pub struct Reader {
    files: Vec<String>,
    line: u64,
    lines: u64,
    /// The month and the year of the line before, where stamps have no year.
    before: Option<(i64, i64)>,
    found: Vec<Instant>,
    /// Instants that were too many.
    over: u64,
    /// The earliest instant whose stamp says its year.
    dated: Option<i64>,
    /// Instants whose stamps say no year, by their place among those that were found.
    yearless: BTreeSet<usize>,
    /// Instants whose stamps say no zone, by their place.
    local: BTreeSet<usize>,
    /// How far the machines' clocks are before UTC, once a line said both.
    zone: Option<i64>,
    /// The daemon whose file this is, by its place, once it said so.
    own: Option<String>,
    /// Who was in the liveset when the file last told of it.
    liveset: BTreeMap<String, bool>,
    /// By file: its lines, and how many of them tell of the pool.
    counted: Vec<(u64, u64)>,
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Begins another file; `name` is what is said of it.
    pub fn file(&mut self, name: &str) {
        self.files.push(clean_line(name));
        self.counted.push((0, 0));
        self.liveset.clear();
        (self.line, self.before, self.own) = (0, None, None);
    }

    /// Takes the next line of the file.
    pub fn line(&mut self, bytes: &[u8]) {
        self.line += 1;
        self.lines += 1;
        let bytes = &bytes[..bytes.len().min(LINE)];
        let text = String::from_utf8_lossy(bytes);
        if let Some((lines, _)) = self.counted.last_mut() {
            *lines += 1;
        }
        if self.zone.is_none() {
            self.zone = zone_of(&text);
        }
        let audited = audit::told(&text);
        let ended = audited.is_some();
        let mut all: Vec<What> = audited.or_else(|| told(&text)).into_iter().collect();
        if all.is_empty() {
            all = daemon::told(&text, &mut self.own, &mut self.liveset);
        }
        if all.is_empty() {
            return;
        }
        let Some(stamp) = inner(&text).or_else(|| stamp(&text)) else { return };
        let at = self.instant(stamp);
        if let Some((_, tell)) = self.counted.last_mut() {
            *tell += 1;
        }
        let by = lines::writer(&text).unwrap_or_default();
        for what in all {
            if self.found.len() >= MOST {
                self.over += 1;
                continue;
            }
            if stamp.year.is_none() {
                self.yearless.insert(self.found.len());
            }
            if stamp.zone.is_none() {
                self.local.insert(self.found.len());
            }
            let (file, line) = (self.files.len().saturating_sub(1), self.line);
            self.found.push(Instant { at, file, line, what, by: by.clone(), ended });
        }
    }

    /// A stamp without a year is of the same year as the one before, or of the next where the months begin anew.
    fn instant(&mut self, stamp: Stamp) -> i64 {
        let year = stamp.year.unwrap_or_else(|| match self.before {
            Some((month, year)) if stamp.month + 6 < month => year + 1,
            Some((_, year)) => year,
            None => UNDATED,
        });
        if stamp.year.is_none() {
            self.before = Some((stamp.month, year));
        }
        let at = days(year, stamp.month, stamp.day) * DAY + stamp.of_day - stamp.zone.unwrap_or(0);
        if stamp.year.is_some() {
            self.dated = Some(self.dated.map_or(at, |before| before.min(at)));
        }
        at
    }

    /// Stamps without a year beside some with one are of the year in which they are nearest to those.
    fn dated(&mut self) -> Option<i64> {
        let (dated, first) = (self.dated?, *self.yearless.first()?);
        let (year, ..) = date(dated.div_euclid(DAY));
        let moved = |at: i64, to: i64| {
            let (year, month, day) = date(at.div_euclid(DAY));
            days(year - UNDATED + to, month, day) * DAY + at.rem_euclid(DAY)
        };
        let first = self.found[first].at;
        let to = (year - 1..=year + 1).min_by_key(|to| (moved(first, *to) - dated).abs())?;
        for at in &self.yearless {
            self.found[*at].at = moved(self.found[*at].at, to);
        }
        Some(to)
    }

    /// What was found, in the order of time.
    pub fn finish(mut self) -> Traced {
        let yearless = !self.yearless.is_empty() && self.dated.is_none();
        let year = self.dated();
        // Whoever says no zone has the machine's, where a line has told it.
        let zone = self.zone.filter(|_| !self.local.is_empty());
        for at in &self.local {
            self.found[*at].at -= zone.unwrap_or(0);
        }
        let zoned = self.local.len() < self.found.len();
        self.found = once(self.found);
        self.found.sort_by_key(|one| (one.at, one.file, one.line));
        Traced {
            files: self.files,
            lines: self.lines,
            instants: self.found,
            over: self.over,
            far: 0,
            year,
            yearless,
            counted: self.counted,
            zone,
            mixed: zoned && zone.is_none() && !self.local.is_empty(),
        }
    }
}

/// The stamp that xapi puts into a line of syslog, which says year and zone: `Nov  6 15:21:17 alpha xapi: [20121106T14:21:17.123Z|…`.
fn inner(line: &str) -> Option<Stamp> {
    let at = line.match_indices("[20").map(|(at, _)| at).find(|at| line.as_bytes().get(at + 9) == Some(&b'T'))?;
    stamp(&line[at..]).filter(|stamp| stamp.zone.is_some())
}

/// How far a machine's clock is before UTC, where a line says both: a multiple of a quarter of an hour.
fn zone_of(line: &str) -> Option<i64> {
    const QUARTER: i64 = 900 * SECOND;
    let (outer, inner) = (stamp(line).filter(|stamp| stamp.zone.is_none())?, inner(line)?);
    let at = |stamp: Stamp, year| days(year, stamp.month, stamp.day) * DAY + stamp.of_day;
    let year = inner.year?;
    // Around the turn of the year the two may be of different ones.
    let ahead = (year - 1..=year + 1).map(|of| at(outer, of) - at(inner, year)).min_by_key(|ahead| ahead.abs())?;
    let zone = (ahead + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    (zone.abs() <= 14 * 3600 * SECOND && (ahead - zone).abs() < 60 * SECOND).then_some(zone)
}

/// What an audit tells again when it has ended is left out where another log has told of its beginning.
fn once(found: Vec<Instant>) -> Vec<Instant> {
    const LONG: i64 = 2 * 3600 * SECOND;
    let same = |a: &What, b: &What| match (a, b) {
        (What::Start(a, ..), What::Start(b, ..)) => a == b,
        (What::Typed(a), What::Typed(b)) => a.split(' ').nth(1) == b.split(' ').nth(1),
        (a, b) => a == b,
    };
    let begun: Vec<Instant> = found.iter().filter(|one| !one.ended).cloned().collect();
    let again =
        |one: &Instant| begun.iter().any(|other| (-5 * SECOND..=LONG).contains(&(one.at - other.at)) && same(&one.what, &other.what));
    found.into_iter().filter(|one| !one.ended || !again(one)).collect()
}

/// What logs tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Traced {
    /// The files.
    pub files: Vec<String>,
    /// How many lines were read.
    pub lines: u64,
    /// The instants, in the order of time.
    pub instants: Vec<Instant>,
    over: u64,
    /// Instants that are too far behind the first for one incident.
    far: usize,
    /// The year that stamps without one are taken for, where others say theirs.
    year: Option<i64>,
    yearless: bool,
    counted: Vec<(u64, u64)>,
    /// How far stamps without a zone were before UTC, where a line said both.
    zone: Option<i64>,
    /// Some stamps say their zone, and what that of the others is, nothing says.
    mixed: bool,
}

impl Traced {
    /// An instant as people read it.
    fn clock(&self, at: i64) -> String {
        let (day, of_day) = (at.div_euclid(DAY), at.rem_euclid(DAY) / SECOND);
        let (year, month, day) = date(day);
        let year = if self.yearless { String::new() } else { format!("{year:04}-") };
        format!("{year}{month:02}-{day:02} {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
    }

    fn place(&self, one: &Instant) -> String {
        format!("{}:{}", self.files.get(one.file).map_or("", String::as_str), one.line)
    }

    /// The instants in lines, for people; whose line it is, where several hosts have written.
    pub fn text(&self) -> String {
        let mut out = format!("{} of {} lines tell of the pool\n", self.instants.len(), self.lines);
        let writers: BTreeSet<&str> = self.instants.iter().map(|one| one.by.as_str()).filter(|by| !by.is_empty()).collect();
        for one in &self.instants {
            let by = if writers.len() > 1 && !one.by.is_empty() { format!(", by {}", clean_line(&one.by)) } else { String::new() };
            let _ = writeln!(out, "{}  {}  ({}{by})", self.clock(one.at), clean_line(&words(&one.what)), self.place(one));
        }
        for remark in self.remarks() {
            let _ = writeln!(out, "note: {remark}");
        }
        out
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.over > 0 {
            remarks.push(format!("{} further instants are left out: more than {MOST} are no incident", self.over));
        }
        if self.far > 0 {
            remarks.push(format!("{} instants are left out: they are more than 30 days behind the first", self.far));
        }
        if let Some(year) = self.year {
            remarks.push(format!("stamps that say no year are taken for {year}, as those beside them say"));
        }
        for (file, (lines, _)) in self.files.iter().zip(&self.counted).filter(|(_, (_, tell))| *tell == 0) {
            remarks.push(format!("none of the {lines} lines of {file} tells of the pool"));
        }
        if let Some(zone) = self.zone {
            let (sign, minutes) = (if zone < 0 { '-' } else { '+' }, zone.abs() / SECOND / 60);
            let zone = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
            remarks.push(format!("all times here are UTC; stamps that say no zone are taken for {zone}, as a line says that has both"));
        }
        if self.files.len() > 1 || self.mixed {
            let of = match (self.mixed, self.zone) {
                (true, _) => ", and no line says how they lie to each other",
                (false, Some(_)) => ", but for that",
                (false, None) => "",
            };
            remarks.push(format!(
                "the clocks of all files are taken for one{of}: xapi's own stamps are UTC, those of syslog and of xha.log the machine's"
            ));
        }
        remarks
    }

    /// The scenario that plays it again, in the pool of another.
    ///
    /// # Errors
    /// Why there is none.
    pub fn scenario(&self, pool: &Scenario) -> Result<String, String> {
        let first = self.instants.first().map_or(0, |one| one.at);
        let near = self.instants.iter().take_while(|one| one.at - first <= LONGEST).count();
        if near == self.instants.len() {
            return Story::new(self, pool).text();
        }
        let kept = Traced { instants: self.instants[..near].to_vec(), far: self.instants.len() - near, ..self.clone() };
        Story::new(&kept, pool).text()
    }
}
