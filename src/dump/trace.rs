//! From the logs of an incident to its instants, and to a scenario that plays it again: what `xensource.log` and `SMlog` tell of what
//! the pool believed and what was typed. What was so is in no log, and is marked.
//!
//! Read are lines whose words stand in the code of xapi 6.1 and 6.2 and of today (message_forwarding.ml, db_gc.ml, xapi_ha_vm_failover.ml,
//! xapi_cli.ml) and of the storage manager (resetvdis.py, blktap2.py), with the stamps of syslog and of xapi's own file (debug.ml).

use crate::base::inert::clean_line;
use crate::base::time::Span;
use crate::scenario::model::Scenario;
use crate::scenario::write as scenario_text;
use crate::scenario::write::quoted;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// As many instants are kept: more than any incident has.
const MOST: usize = 20_000;
/// As much of a line is read.
const LINE: usize = 8 << 10;
/// A start that is refused for a lock is refused within this: an activation is tried again for 120 s (storage managers from G2 on).
const REFUSED_WITHIN: i64 = 135 * SECOND;
/// How long before HA holds a host for dead it was lost, at least and at most, with the timeout of 60 s.
const HA_TAKES: (i64, i64) = (55 * SECOND, 100 * SECOND);
const SECOND: i64 = 1_000_000;

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
    /// A VDI is refused, since a lock of another host is on it.
    Refused(String),
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
    /// Whether some stamps say a year and others none.
    years: BTreeSet<bool>,
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Begins another file; `name` is what is said of it.
    pub fn file(&mut self, name: &str) {
        self.files.push(clean_line(name));
        (self.line, self.before) = (0, None);
    }

    /// Takes the next line of the file.
    pub fn line(&mut self, bytes: &[u8]) {
        self.line += 1;
        self.lines += 1;
        let bytes = &bytes[..bytes.len().min(LINE)];
        let text = String::from_utf8_lossy(bytes);
        let Some(what) = told(&text) else { return };
        let Some(stamp) = stamp(&text) else { return };
        let at = self.instant(stamp);
        if self.found.len() < MOST {
            self.found.push(Instant { at, file: self.files.len().saturating_sub(1), line: self.line, what });
        } else {
            self.over += 1;
        }
    }

    /// A stamp without a year is of the same year as the one before, or of the next where the months begin anew.
    fn instant(&mut self, stamp: Stamp) -> i64 {
        self.years.insert(stamp.year.is_some());
        let year = stamp.year.unwrap_or_else(|| match self.before {
            Some((month, year)) if stamp.month + 6 < month => year + 1,
            Some((_, year)) => year,
            // A leap year, so that every day there is can be said.
            None => 2000,
        });
        self.before = Some((stamp.month, year));
        days(year, stamp.month, stamp.day) * 86_400 * SECOND + stamp.of_day
    }

    /// What was found, in the order of time.
    pub fn finish(mut self) -> Traced {
        self.found.sort_by_key(|one| (one.at, one.file, one.line));
        Traced {
            files: self.files,
            lines: self.lines,
            instants: self.found,
            over: self.over,
            mixed: self.years.len() > 1,
            yearless: self.years.contains(&false),
        }
    }
}

/// Days since 1970 of a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins with March, so that the day that leaps is its last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// A day of the Gregorian calendar from the days since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

/// When a line was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    year: Option<i64>,
    month: i64,
    day: i64,
    /// Microseconds since midnight.
    of_day: i64,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The stamp that a line begins with, in any of the forms that these logs have had.
fn stamp(line: &str) -> Option<Stamp> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    if let Some((month, rest)) = line.split_at_checked(3)
        && let Some(month) = MONTHS.iter().position(|one| *one == month)
    {
        // Syslog: `Nov  6 14:21:17 host xapi: …`.
        let (day, rest) = rest.trim_start().split_once(' ')?;
        return stamp_of(None, month as i64 + 1, number(day)?, rest.trim_start());
    }
    // xapi's own file: `[20121106T14:21:17.123Z|debug|…`; the storage manager's: `[4168] 2012-11-06 14:21:17.145457`.
    let line = match line.strip_prefix('[') {
        Some(rest) if rest.as_bytes().get(8) == Some(&b'T') => rest,
        Some(rest) => rest.split_once("] ")?.1.trim_start(),
        None => line,
    };
    let (date, rest) = line.split_once(['T', ' '])?;
    let digits: String = date.chars().filter(|c| *c != '-').collect();
    if digits.len() != 8 || !matches!(date.len(), 8 | 10) {
        return None;
    }
    stamp_of(Some(number(digits.get(..4)?)?), number(digits.get(4..6)?)?, number(digits.get(6..)?)?, rest)
}

fn stamp_of(year: Option<i64>, month: i64, day: i64, rest: &str) -> Option<Stamp> {
    let time = rest.get(..8)?;
    let (hours, rest_of) = (time.get(..2)?, time.get(2..)?);
    let (minutes, seconds) = rest_of.strip_prefix(':')?.split_once(':')?;
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let fraction: String = rest[8..].strip_prefix('.').unwrap_or("").chars().take_while(char::is_ascii_digit).take(6).collect();
    let micros = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}").parse().ok()? };
    Some(Stamp { year, month, day, of_day: ((hours * 60 + minutes) * 60 + seconds) * SECOND + micros })
}

fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// What a line tells, if it is one that counts.
fn told(line: &str) -> Option<What> {
    for (words, deed) in Deed::HOST {
        if let Some(rest) = after(line, words) {
            let host = if deed == Deed::Eject { after(rest, "host = '")? } else { rest };
            return Some(What::Host(deed, named(host)));
        }
    }
    for (words, deed) in Deed::VM {
        if let Some(rest) = after(line, words) {
            return Some(What::Vm(deed, named(rest)));
        }
    }
    if let Some(rest) = after(line, "Pool.designate_new_master: pool = '") {
        return Some(What::NewMaster(named(after(rest, "host = '")?)));
    }
    // The thread's name stands in the line's head.
    let by_ha = line.contains("ha_monitor");
    if let Some(rest) = after(line, "VM.start_on: VM = '") {
        return Some(What::Start(named(rest), after(rest, "host '").map(named), by_ha));
    }
    if let Some(rest) = after(line, "VM.start: VM = '") {
        return Some(What::Start(named(rest), None, by_ha));
    }
    if let Some(rest) = after(line, "Assuming host ") {
        let host = rest.strip_prefix('\'').and_then(|rest| Some(rest.split_once("' (")?.1.split_once(')')?.0.to_string()));
        rest.contains("setting live to false").then_some(())?;
        return Some(What::HeldForDead(host, after(rest, "updated for ").and_then(silence)));
    }
    if let Some(rest) = after(line, "Setting host ") {
        return Some(What::DeadByHa(rest.split_once(" to dead")?.0.to_string()));
    }
    for words in ["xe pool-emergency-", "xe pool-recover-slaves", "xe host-emergency-ha-disable"] {
        if let Some(at) = line.find(words) {
            // Keys and values as they were sent; passwords are left out by xapi, and here.
            let typed: Vec<&str> =
                line[at..].split_whitespace().filter(|word| !word.starts_with("password=") && !word.starts_with("username=")).collect();
            return Some(What::Typed(typed.join(" ")));
        }
    }
    if let Some(rest) = after(line, "RESET for SR ") {
        let (sr, master) = rest.split_once(" (master: ")?;
        return Some(What::Reset(sr.to_string(), master.starts_with("True")));
    }
    // xapi tells the same error several times: the storage manager's own line is enough, and where there is none the error's.
    if let Some(at) = line.find(" already attached RW") {
        let vdi = line[..at].rsplit(' ').next()?;
        return (vdi.len() == 36).then(|| What::Refused(vdi.to_string()));
    }
    None
}

fn after<'l>(line: &'l str, words: &str) -> Option<&'l str> {
    line.find(words).map(|at| &line[at + words.len()..])
}

/// What stands before the next quote: `UUID (name)`, or a reference.
fn named(rest: &str) -> String {
    rest.split('\'').next().unwrap_or_default().trim().to_string()
}

/// `612.34 seconds`, `10min`, `612s` as microseconds.
fn silence(text: &str) -> Option<i64> {
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let unit = text[digits.len()..].trim_start();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let whole: i64 = (whole.len() <= 9).then(|| whole.parse().ok())??;
    let fraction: i64 = format!("{:0<6}", fraction.get(..fraction.len().min(6))?).parse().ok()?;
    let micros = whole * SECOND + fraction;
    match () {
        () if unit.starts_with("second") || unit.starts_with('s') && !unit.starts_with("setting") => Some(micros),
        () if unit.starts_with("min") => Some(micros * 60),
        () if unit.starts_with('h') => Some(micros * 3600),
        () => None,
    }
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
    mixed: bool,
    yearless: bool,
}

impl Traced {
    /// An instant as people read it.
    fn clock(&self, at: i64) -> String {
        let (day, of_day) = (at.div_euclid(86_400 * SECOND), at.rem_euclid(86_400 * SECOND) / SECOND);
        let (year, month, day) = date(day);
        let year = if self.yearless && !self.mixed { String::new() } else { format!("{year:04}-") };
        format!("{year}{month:02}-{day:02} {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
    }

    fn place(&self, one: &Instant) -> String {
        format!("{}:{}", self.files.get(one.file).map_or("", String::as_str), one.line)
    }

    /// The instants in lines, for people.
    pub fn text(&self) -> String {
        let mut out = format!("{} of {} lines tell of the pool\n", self.instants.len(), self.lines);
        for one in &self.instants {
            let _ = writeln!(out, "{}  {}  ({})", self.clock(one.at), clean_line(&words(&one.what)), self.place(one));
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
        if self.mixed {
            remarks.push("some stamps say the year and some do not: those without are of another scale, and do not fit in".into());
        }
        if self.files.len() > 1 {
            remarks.push("the clocks of all files are taken for one: xapi's own stamps are UTC, those of syslog the machine's".into());
        }
        remarks
    }

    /// The scenario that plays it again, in the pool of another.
    ///
    /// # Errors
    /// Why there is none.
    pub fn scenario(&self, pool: &Scenario) -> Result<String, String> {
        Story::new(self, pool).text()
    }
}

fn words(what: &What) -> String {
    match what {
        What::HeldForDead(host, silence) => {
            let since = silence.map_or_else(String::new, |silence| format!(", nothing was heard of it for {}", span(silence)));
            match host {
                Some(host) => format!("host {host} is held for dead{since}"),
                None => format!("a host is held for dead, which one the line does not say{since}"),
            }
        }
        What::DeadByHa(host) => format!("HA holds host {host} for dead"),
        What::Host(deed, host) => format!("host {host} {}", deed.words()),
        What::NewMaster(host) => format!("host {host} is to be master"),
        What::Start(vm, on, by_ha) => {
            let on = on.as_ref().map_or_else(String::new, |on| format!(" on {on}"));
            format!("VM {vm} is started{on}{}", if *by_ha { " by HA" } else { "" })
        }
        What::Vm(deed, vm) => format!("VM {vm} {}", deed.words()),
        What::Typed(line) => format!("typed: {line}"),
        What::Reset(sr, master) => {
            format!("locks on SR {sr} are released by resetvdis.py{}", if *master { ", with the word master" } else { "" })
        }
        What::Refused(vdi) => format!("VDI {vdi} is refused: a lock of another host is on it"),
    }
}

fn span(micros: i64) -> Span {
    Span(u64::try_from(micros.max(0)).unwrap_or(0) / 1_000_000 * 1_000_000)
}

/// A scenario under way.
struct Story<'t> {
    traced: &'t Traced,
    pool: &'t Scenario,
    /// When it is 0.
    zero: i64,
    /// Hosts that were lost, with when they are taken to have been, and what is said of that.
    lost: BTreeMap<String, (i64, String)>,
    steps: Vec<(i64, String, String)>,
    states: Vec<(String, String)>,
    remarks: Vec<String>,
}

impl<'t> Story<'t> {
    fn new(traced: &'t Traced, pool: &'t Scenario) -> Story<'t> {
        let (lost, steps, states) = (BTreeMap::new(), Vec::new(), Vec::new());
        Story { traced, pool, zero: 0, lost, steps, states, remarks: traced.remarks() }
    }

    /// The host that a log's words mean: its name and UUID here.
    fn host(&self, said: &str) -> Option<(String, String)> {
        let names = &self.pool.pool.names;
        let word = said.split(" (").next().unwrap_or(said).trim();
        let machine = names.machine_ids().find(|machine| {
            let uuid = names.hosts.iter().find(|host| host.machine == *machine).map(|host| host.uuid.as_str());
            uuid.is_some_and(|uuid| uuid.eq_ignore_ascii_case(word))
                || names.machine(*machine) == word
                || said.ends_with(&format!("({})", names.machine(*machine)))
        })?;
        let uuid = names.hosts.iter().find(|host| host.machine == machine).map(|host| host.uuid.clone())?;
        Some((names.machine(machine).to_string(), uuid))
    }

    fn vm(&self, said: &str) -> Option<(String, String)> {
        let names = &self.pool.pool.names;
        let word = said.split(" (").next().unwrap_or(said).trim();
        let vm = names.vm_ids().find(|vm| {
            let uuid = &names.vms[vm.at()].uuid;
            uuid.eq_ignore_ascii_case(word) || names.vm(*vm) == word || said.ends_with(&format!("({})", names.vm(*vm)))
        })?;
        Some((names.vm(vm).to_string(), names.vms[vm.at()].uuid.clone()))
    }

    /// The host that somebody who releases locks must mean: the last that was forgotten or held for dead.
    fn meant(&self, at: i64) -> Option<(String, String)> {
        let mut before = self.traced.instants.iter().rev().filter(|one| one.at <= at);
        before.find_map(|one| match &one.what {
            What::Host(Deed::Forget | Deed::DeclareDead, host) | What::HeldForDead(Some(host), _) | What::DeadByHa(host) => self.host(host),
            _ => None,
        })
    }

    fn text(mut self) -> Result<String, String> {
        if self.traced.instants.is_empty() {
            return Err(format!("none of {} lines tells anything of the pool", self.traced.lines));
        }
        self.losses();
        let first = self.traced.instants.iter().map(|one| one.at).chain(self.lost.values().map(|(at, _)| *at)).min().unwrap_or(0);
        self.zero = first - 60 * SECOND;
        for one in &self.traced.instants {
            self.instant(one);
        }
        Ok(self.written())
    }

    /// Which hosts were lost, and when.
    fn losses(&mut self) {
        let members: Vec<&str> = {
            let names = &self.pool.pool.names;
            names.machine_ids().filter(|machine| !names.machines[machine.at()].spare).map(|machine| names.machine(machine)).collect()
        };
        let forgotten: Vec<String> = self
            .traced
            .instants
            .iter()
            .filter_map(|one| match &one.what {
                What::Host(Deed::Forget | Deed::DeclareDead, host) => self.host(host).map(|(name, _)| name),
                _ => None,
            })
            .collect();
        for one in &self.traced.instants {
            let (name, at, said) = match &one.what {
                What::HeldForDead(host, silence) => {
                    let name = match host {
                        Some(host) => self.host(host).map(|(name, _)| name),
                        // In a pool of two it is the other; else it is the one that was then forgotten, where that was one.
                        None if members.len() == 2 => {
                            let master = self.pool.pool.names.machine(self.pool.pool.master);
                            members.iter().find(|name| **name != master).map(|name| (*name).to_string())
                        }
                        None => {
                            let distinct: BTreeSet<&String> = forgotten.iter().collect();
                            if let (1, Some(name)) = (distinct.len(), distinct.first()) { Some((*name).clone()) } else { None }
                        }
                    };
                    let Some(name) = name else {
                        self.remarks.push(format!("{}: a host is held for dead, and which one is not in the log", self.traced.place(one)));
                        continue;
                    };
                    let silence = silence.unwrap_or(600 * SECOND);
                    (name, one.at - silence, format!("it was last heard of {} before", span(silence)))
                }
                What::DeadByHa(host) => {
                    let Some((name, _)) = self.host(host) else { continue };
                    (name, one.at - HA_TAKES.1, format!("HA takes {} to {}", span(HA_TAKES.0), span(HA_TAKES.1)))
                }
                _ => continue,
            };
            let place = self.traced.place(one);
            let said = format!("{name} was held for dead at {} ({place}); {said}", self.traced.clock(one.at));
            self.lost.entry(name).or_insert((at, said));
        }
        for one in &self.traced.instants {
            if let What::Host(Deed::Forget | Deed::DeclareDead, host) = &one.what
                && let Some((name, _)) = self.host(host)
            {
                let said = format!(
                    "when {name} was lost is not in the log: it was before {} ({})",
                    self.traced.clock(one.at),
                    self.traced.place(one)
                );
                self.lost.entry(name).or_insert((one.at - 660 * SECOND, said));
            }
        }
    }

    /// An instant of the scenario, in whole seconds.
    fn at(&self, at: i64) -> Span {
        span(at - self.zero)
    }

    fn step(&mut self, one: &Instant, line: String, note: &str) {
        let place = self.traced.place(one);
        let note = if note.is_empty() { place } else { format!("{place}: {note}") };
        self.steps.push((one.at, line, note));
    }

    fn unknown(&mut self, one: &Instant) {
        let (what, place) = (words(&one.what), self.traced.place(one));
        self.remarks.push(format!("{place}: the pool does not have what it names: {what}"));
    }

    fn instant(&mut self, one: &Instant) {
        match &one.what {
            What::HeldForDead(host, _) => {
                let named = host.as_ref().and_then(|host| self.host(host)).map(|(name, _)| name);
                // Where the line names none it was worked out above.
                let name = named.or_else(|| {
                    self.lost.iter().find(|(_, (_, said))| said.contains(&self.traced.place(one))).map(|(name, _)| name.clone())
                });
                if let Some(name) = name {
                    self.held(one, &name);
                }
            }
            What::DeadByHa(host) => match self.host(host) {
                Some((name, _)) => self.held(one, &name),
                None => self.unknown(one),
            },
            What::Host(deed, host) => match self.host(host) {
                Some((name, uuid)) => {
                    let line = match deed {
                        Deed::Forget => format!("xe host-forget uuid={uuid} --force"),
                        Deed::DeclareDead => format!("xe host-declare-dead uuid={uuid} --force"),
                        Deed::Eject => format!("xe pool-eject host-uuid={uuid} --force"),
                        Deed::Disable => format!("xe host-disable uuid={uuid}"),
                        _ => format!("xe host-enable uuid={uuid}"),
                    };
                    self.step(one, line, &name);
                }
                None => self.unknown(one),
            },
            What::NewMaster(host) => match self.host(host) {
                Some((name, uuid)) => self.step(one, format!("xe pool-designate-new-master host-uuid={uuid}"), &name),
                None => self.unknown(one),
            },
            What::Start(vm, on, by_ha) => self.start(one, vm, on.as_deref(), *by_ha),
            What::Vm(deed, vm) => match self.vm(vm) {
                Some((name, uuid)) => {
                    let line = match deed {
                        Deed::ResetPower => format!("xe vm-reset-powerstate uuid={uuid} --force"),
                        Deed::HardShutdown => format!("xe vm-shutdown uuid={uuid} --force"),
                        _ => format!("xe vm-shutdown uuid={uuid}"),
                    };
                    self.step(one, line, &name);
                }
                None => self.unknown(one),
            },
            What::Typed(line) => {
                // Keys of xe's own that a console does not type.
                let words: Vec<&str> = line.split(' ').filter(|word| !word.ends_with('=')).collect();
                let force = words.contains(&"force=true");
                let words: Vec<&str> = words.into_iter().filter(|word| *word != "force=true").collect();
                self.step(one, format!("{}{}", words.join(" "), if force { " --force" } else { "" }), "as xapi wrote it down");
            }
            What::Reset(sr, master) => {
                let names = &self.pool.pool.names;
                let known = names.srs.iter().any(|one| one.uuid.eq_ignore_ascii_case(sr));
                match self.meant(one.at).filter(|_| known) {
                    Some((name, uuid)) => {
                        let line = format!("/opt/xensource/sm/resetvdis.py {uuid} {sr}{}", if *master { " master" } else { "" });
                        self.step(one, line, &format!("the line does not name the host; {name} is the last that was given up"));
                    }
                    None => self.unknown(one),
                }
            }
            What::Refused(vdi) => self.refused(one, vdi),
        }
    }

    fn held(&mut self, one: &Instant, name: &str) {
        // The simulator looks every 30 s, as xapi does, and its own heartbeats come at their own times.
        let by = self.at(one.at + 90 * SECOND);
        self.states.push((format!("{{by: {by}, host: {}, live: false}}", quoted(name)), self.traced.place(one)));
    }

    fn start(&mut self, one: &Instant, vm: &str, on: Option<&str>, by_ha: bool) {
        let (Some((name, uuid)), host) = (self.vm(vm), on.and_then(|on| self.host(on))) else { return self.unknown(one) };
        if by_ha {
            if let Some((host, _)) = host {
                let by = self.at(one.at + 180 * SECOND);
                self.states.push((format!("{{by: {by}, vm: {}, resident-on: {}}}", quoted(&name), quoted(&host)), self.traced.place(one)));
            }
            return;
        }
        let on = host.map_or_else(String::new, |(host, _)| format!(" on='{}'", host.replace('\'', r"'\''")));
        // xapi writes one line for the start and one for where it forwards it to.
        let line = format!("xe vm-start uuid={uuid}{on}");
        let again = self
            .steps
            .last()
            .is_some_and(|(at, last, _)| one.at - at < 5 * SECOND && last.starts_with(&format!("xe vm-start uuid={uuid}")));
        if !again {
            self.step(one, line, &name);
        }
    }

    /// The start that was refused, if there is one that it can be; more than one can't be told apart.
    fn refused(&mut self, one: &Instant, vdi: &str) {
        let names = &self.pool.pool.names;
        let owner = names.vdis.iter().position(|one| one.uuid.eq_ignore_ascii_case(vdi));
        let vms: Vec<&str> = owner.map_or_else(Vec::new, |vdi| {
            names.vbds.iter().filter(|vbd| vbd.vdi.at() == vdi).map(|vbd| names.vms[vbd.vm.at()].uuid.as_str()).collect()
        });
        let (at, place) = (one.at, self.traced.place(one));
        let of = |line: &str| vms.iter().any(|uuid| line.starts_with(&format!("xe vm-start uuid={uuid}")));
        match self.steps.iter_mut().rev().find(|(begun, line, _)| at - *begun <= REFUSED_WITHIN && of(line)) {
            Some((_, _, note)) if !note.contains("refused") => note.push_str(&format!("; refused ({place})")),
            Some(_) => {}
            None => self.unknown(one),
        }
    }

    fn written(&self) -> String {
        let pool = self.pool;
        let mut out = format!("# Made by `poolsim trace` from {}.\n", self.traced.files.join(", "));
        let _ = writeln!(
            out,
            "# 0 is {} of the log; {} of {} lines tell of the pool.",
            self.traced.clock(self.zero),
            self.traced.instants.len(),
            self.traced.lines
        );
        out.push_str("# The pool is that of the file that was named, as it stood there.\n");
        for remark in &self.remarks {
            let _ = writeln!(out, "#   {}", clean_line(remark));
        }
        let title = format!("What the logs of {} tell", self.traced.clock(self.traced.instants[0].at));
        out.push_str(&scenario_text::beginning(&title, Some(pool.release), &pool.pool, &pool.settings, &[]));
        if !self.lost.is_empty() {
            out.push_str("worlds:\n");
            for said in self.lost.values().map(|(_, said)| said) {
                let _ = writeln!(out, "  # {}.", clean_line(said));
            }
            out.push_str("  # What was so is not in the log: dead, cut off or hung?\n");
            for (world, fault) in [("dead", "crash"), ("isolated", "isolate"), ("hung", "hang")] {
                let _ = writeln!(out, "  {world}:");
                let mut lost: Vec<(&String, i64)> = self.lost.iter().map(|(name, (at, _))| (name, *at)).collect();
                lost.sort_by_key(|(name, at)| (*at, (*name).clone()));
                for (name, at) in lost {
                    let _ = writeln!(out, "    - {{at: {}, fault: {{{fault}: {}}}}}", self.at(at), quoted(name));
                }
            }
        }
        if !self.steps.is_empty() {
            let names = &pool.pool.names;
            let master = names.machine(pool.pool.master);
            let console = names.machine_ids().map(|machine| names.machine(machine)).find(|name| !self.lost.contains_key(*name));
            let console = if self.lost.contains_key(master) { console.unwrap_or(master) } else { master };
            let _ = writeln!(out, "recovery:\n  # On whose console it was typed is not in the log.\n  host: {}\n  steps:", quoted(console));
            for (at, line, note) in &self.steps {
                let expect = if note.contains("; refused (") { ", expect: {status: error}" } else { "" };
                let _ = writeln!(out, "    - {{at: {}, run: {}{expect}}}   # {}", self.at(*at), quoted(line), clean_line(note));
            }
        }
        if !self.states.is_empty() {
            out.push_str("expect:\n  states:\n");
            for (state, place) in &self.states {
                let _ = writeln!(out, "    - {state}   # {}", clean_line(place));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stamps of these logs, with microseconds since 1970 worked out by `date -u +%s`.
    #[test]
    fn stamps_are_read_in_every_form() {
        let read = |line: &str| {
            let stamp = stamp(line)?;
            Some(days(stamp.year.unwrap_or(2012), stamp.month, stamp.day) * 86_400 * SECOND + stamp.of_day)
        };
        let at = 1_352_211_677 * SECOND;
        for (line, wanted) in [
            ("[20121106T14:21:17.123Z|debug|xs1|0|x|y] Host", Some(at + 123_000)),
            ("Nov  6 14:21:17 xs1 xapi: [ info|xs1|1|t|audit] Host", Some(at)),
            ("Nov 16 14:21:17 xs1 SM: [12] x", Some(at + 10 * 86_400 * SECOND)),
            ("[4168] 2012-11-06 14:21:17.145457\tRESET", Some(at + 145_457)),
            ("2012-11-06T14:21:17.5+00:00 xs1 xapi: x", Some(at + 500_000)),
            ("2012-11-06 14:21:17 x", Some(at)),
            ("Nov 6", None),
            ("[20121306T14:21:17Z|x", None),
            ("[20121106T24:21:17Z|x", None),
            ("", None),
            ("[", None),
            ("ü", None),
            ("Nüv  6 14:21:17", None),
        ] {
            assert_eq!(read(line), wanted, "{line}");
        }
        for (year, month, day, wanted) in
            [(1970, 1, 1, 0), (1970, 3, 1, 59), (2000, 2, 29, 11_016), (2012, 11, 6, 15_650), (1969, 12, 31, -1)]
        {
            assert_eq!(days(year, month, day), wanted);
            assert_eq!(date(wanted), (year, month, day));
        }
    }

    /// Lines with the words of xapi's and the storage manager's own code.
    #[test]
    fn lines_tell_what_they_tell() {
        let host = || "5491fe8d (beta)".to_string();
        for (line, wanted) in [
            ("Host.destroy: host = '5491fe8d (beta)'", Some(What::Host(Deed::Forget, host()))),
            ("Host.declare_dead: host = '5491fe8d (beta)'", Some(What::Host(Deed::DeclareDead, host()))),
            ("Pool.eject: pool = 'p (x)'; host = '5491fe8d (beta)'", Some(What::Host(Deed::Eject, host()))),
            ("VM.start_on: VM = 'v (db)'; host '5491fe8d (beta)'", Some(What::Start("v (db)".into(), Some(host()), false))),
            ("[debug|xs1|7 ha_monitor|HA|audit] VM.start: VM = 'v'", Some(What::Start("v".into(), None, true))),
            ("VM.power_state_reset: VM = 'v (db)'", Some(What::Vm(Deed::ResetPower, "v (db)".into()))),
            ("Setting host beta to dead", Some(What::DeadByHa("beta".into()))),
            (
                "Assuming host is offline since the heartbeat/metrics haven't been updated for 612.34 seconds; setting live to false",
                Some(What::HeldForDead(None, Some(612_340_000))),
            ),
            (
                "Assuming host 'beta' (5491fe8d) is offline since the heartbeat hasn't been updated for 10min; setting live to false",
                Some(What::HeldForDead(Some("5491fe8d".into()), Some(600 * SECOND))),
            ),
            ("RESET for SR abc (master: True)", Some(What::Reset("abc".into(), true))),
            (
                "opterr=VDI 9142c31d-f30f-45f5-a296-c0b700329e85 already attached RW]",
                Some(What::Refused("9142c31d-f30f-45f5-a296-c0b700329e85".into())),
            ),
            (
                "xe pool-emergency-transition-to-master username=root password=(omitted)",
                Some(What::Typed("xe pool-emergency-transition-to-master".into())),
            ),
            ("Host.destroy", None),
            ("VM.start: ", None),
            ("already attached RW", None),
        ] {
            assert_eq!(told(line), wanted, "{line}");
        }
    }
}
