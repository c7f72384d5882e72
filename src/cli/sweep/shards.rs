//! Sweeps that were written run by run, read back: the parts of one that are put together, and one that was interrupted and
//! goes on. Whatever does not fit is refused, and said which.

use super::super::exit::Status;
use super::super::files;
use super::super::out::Out;
use crate::report::sweep::lines::{self, Line};
use crate::report::sweep::{CaseHead, Head};
use crate::search::sweep::Sample;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// No line of a sweep is longer: what is, is none.
const LINE_MOST: u64 = 64 << 20;

/// Why parts or a journal are refused: what, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// A file that cannot be read or written.
    Unreadable(String),
    /// What does not fit.
    Wrong(String, String),
}

impl Refused {
    /// Tells it.
    pub fn tell(self, out: Out) -> Status {
        match self {
            Refused::Unreadable(what) => out.refuse("unreadable", &what, &[], Status::Unreadable),
            Refused::Wrong(what, help) => out.refuse("usage", &what, &[help], Status::Wrong),
        }
    }
}

fn wrong<T>(what: String, help: &str) -> Result<T, Refused> {
    Err(Refused::Wrong(what, help.to_owned()))
}

/// Reads lines, and knows where each ends.
struct Lines<R> {
    name: String,
    reader: R,
    number: u64,
    /// How many bytes were read.
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    /// The next line, with its end if it has one; `None` behind the last.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Refused> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(LINE_MOST).read_until(b'\n', &mut line);
        let count = read.map_err(|error| Refused::Unreadable(format!("{} cannot be read: {error}", self.name)))?;
        self.number += 1;
        self.bytes += count as u64;
        Ok((count > 0).then_some(line))
    }

    /// A line, understood; `None` where it is not whole.
    fn understood(&self, line: &[u8], head: Option<&Head>) -> Result<Option<Line>, Refused> {
        let Some((b'\n', text)) = line.split_last() else { return Ok(None) };
        let read = std::str::from_utf8(text).map_err(|_| "is no text".to_owned()).and_then(|text| lines::read(text, head));
        read.map(Some).or_else(|what| wrong(format!("{}: line {} {what}", self.name, self.number), HELP))
    }
}

const HELP: &str = "give files that `poolsim sweep --partition`, `--resume` or `--format ndjson` wrote";

/// In which way two heads do not fit, if they don't; the share of each aside.
fn misfit(one: &Head, other: &Head) -> Option<String> {
    let differ = |what: &str, a: String, b: String| (a != b).then(|| format!("{what} {a}, the other {b}"));
    let case = |case: &CaseHead| format!("({})", case.name());
    let cases = |head: &Head| head.cases.iter().map(case).collect::<Vec<_>>().join(" ");
    let seeds = |head: &Head| format!("{}..{}", head.seeds.0, head.seeds.1);
    let precision = |head: &Head| head.precision.map_or("none".into(), |width| width.to_string());
    differ("the version of poolsim", one.poolsim.clone(), other.poolsim.clone())
        .or_else(|| differ("the scenario", one.scenario.clone(), other.scenario.clone()))
        .or_else(|| differ("a scenario whose hash is", one.sha256.clone(), other.sha256.clone()))
        .or_else(|| differ("the release", one.release.clone(), other.release.clone()))
        .or_else(|| differ("the seeds", seeds(one), seeds(other)))
        .or_else(|| differ("the cases", cases(one), cases(other)))
        .or_else(|| differ("the bound of events", one.max_events.to_string(), other.max_events.to_string()))
        .or_else(|| differ("the bound of work", one.max_work.to_string(), other.max_work.to_string()))
        .or_else(|| differ("the precision", precision(one), precision(other)))
        .or_else(|| differ("a scenario that was read with the digest", one.read.clone(), other.read.clone()))
        .or_else(|| {
            let bare = |head: &Head| Head { partition: None, ..head.clone() };
            (bare(one) != bare(other)).then(|| "another command line than the other".to_owned())
        })
}

// ---- parts, put together

/// A part that is being read.
struct Shard {
    lines: Lines<BufReader<File>>,
    head: Head,
    /// Its next run, if it has one.
    next: Option<(usize, Sample)>,
    runs: u64,
}

impl Shard {
    fn open(path: &Path) -> Result<Shard, Refused> {
        let name = files::shown(path);
        let file = File::open(path).map_err(|error| Refused::Unreadable(format!("{name} cannot be read: {error}")))?;
        let mut lines = Lines { name, reader: BufReader::new(file), number: 0, bytes: 0 };
        let first = lines.next()?.unwrap_or_default();
        match lines.understood(&first, None)? {
            Some(Line::Head(head)) => {
                let mut shard = Shard { lines, head: *head, next: None, runs: 0 };
                shard.advance()?;
                Ok(shard)
            }
            _ => wrong(format!("{} does not begin as a sweep does", lines.name), HELP),
        }
    }

    /// Reads the next run, or the foot.
    fn advance(&mut self) -> Result<(), Refused> {
        let name = self.lines.name.clone();
        let unfinished = |runs: u64| {
            let what = format!("{name} is not finished: it ends after {runs} runs");
            wrong(what, "run that part again, or let it go on with `--resume`")
        };
        let Some(line) = self.lines.next()? else { return unfinished(self.runs) };
        match self.lines.understood(&line, Some(&self.head))? {
            None => unfinished(self.runs),
            Some(Line::Head(_)) => wrong(format!("{name}: line {} begins another sweep", self.lines.number), HELP),
            Some(Line::Foot { complete: false, runs }) => unfinished(runs),
            Some(Line::Foot { runs, .. }) if runs != self.runs => {
                wrong(format!("{name} says at its end that it has {runs} runs, and has {}", self.runs), HELP)
            }
            Some(Line::Foot { .. }) => {
                let more = self.lines.next()?;
                if more.is_some() {
                    return wrong(format!("{name}: something stands behind its end"), HELP);
                }
                self.next = None;
                Ok(())
            }
            Some(Line::Run(case, sample)) => {
                if self.next.as_ref().is_some_and(|(before, run)| (*before, run.seed) >= (case, sample.seed)) {
                    return wrong(format!("{name}: line {} is not in order", self.lines.number), HELP);
                }
                self.next = Some((case, sample));
                self.runs += 1;
                Ok(())
            }
        }
    }

    fn key(&self) -> Option<(usize, u64)> {
        self.next.as_ref().map(|(case, sample)| (*case, sample.seed))
    }
}

/// The parts of a sweep, opened and found to fit.
pub struct Parts {
    shards: Vec<Shard>,
    /// What all of them together are.
    pub head: Head,
}

impl Parts {
    /// Opens the parts of one sweep.
    ///
    /// # Errors
    /// What does not fit, and of which file.
    pub fn open(paths: &[impl AsRef<Path>]) -> Result<Parts, Refused> {
        let shards = paths.iter().map(|path| Shard::open(path.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = shards.first() else { return wrong("no part is named".into(), HELP) };
        let head = Head { partition: None, ..first.head.clone() };
        for shard in &shards[1..] {
            if let Some(how) = misfit(&first.head, &shard.head) {
                let what = format!("{} and {} are no parts of one sweep: the one has {how}", first.lines.name, shard.lines.name);
                return wrong(what, "put parts together that one command line made, each with its own `--partition`");
            }
        }
        if head.poolsim != env!("CARGO_PKG_VERSION") {
            let what = format!("{} was written by poolsim {}, and this is {}", first.lines.name, head.poolsim, env!("CARGO_PKG_VERSION"));
            return wrong(what, "put parts together with the version that ran them");
        }
        whole(&shards)?;
        Ok(Parts { shards, head })
    }

    /// Gives every run, in the order of cases and seeds.
    ///
    /// # Errors
    /// A run that is there twice, or not at all; a line that is wrong.
    pub fn each(mut self, take: &mut dyn FnMut(usize, &Sample)) -> Result<(), Refused> {
        let Head { seeds: (first, last), precision, .. } = self.head;
        let mut expected = (0, first);
        loop {
            let next = (0..self.shards.len()).filter_map(|at| Some((self.shards[at].key()?, at))).min();
            let Some((key, at)) = next else { break };
            // With a precision a case may end before its last seed.
            if precision.is_some() && key == (expected.0 + 1, first) {
                expected = key;
            }
            if key < expected {
                let what = format!("{} has seed {} of {} once more", self.shards[at].lines.name, key.1, self.case(key.0));
                return wrong(what, "name each part once");
            }
            if key > expected {
                return self.missing(expected);
            }
            if let Some((case, sample)) = self.shards[at].next.clone() {
                take(case, &sample);
            }
            self.shards[at].advance()?;
            expected = if key.1 == last { (key.0 + 1, first) } else { (key.0, key.1 + 1) };
        }
        let all = if precision.is_some() { expected.0 + 1 >= self.head.cases.len() } else { expected.0 == self.head.cases.len() };
        if all { Ok(()) } else { self.missing(expected) }
    }

    fn case(&self, at: usize) -> String {
        self.head.cases.get(at).map(CaseHead::name).filter(|name| !name.is_empty()).unwrap_or_else(|| "the case".into())
    }

    fn missing(&self, (case, seed): (usize, u64)) -> Result<(), Refused> {
        wrong(format!("no part has seed {seed} of {}", self.case(case)), "a part is missing: name all of them")
    }
}

/// Whether the parts are all there are, each once, as far as their heads tell.
fn whole(shards: &[Shard]) -> Result<(), Refused> {
    let place = |shard: &Shard| shard.head.partition.as_deref().and_then(|text| super::parts::Partition::read(text, &|_| None).ok());
    let mut seen: Vec<(u64, &str)> = Vec::new();
    let Some((hash, _, of)) = shards.first().and_then(place).map(super::parts::Partition::place) else { return Ok(()) };
    for shard in shards {
        let Some((other, part, all)) = place(shard).map(super::parts::Partition::place) else { return Ok(()) };
        if (other, all) != (hash, of) {
            let what = format!("{} and {} are parted in two ways", shards[0].lines.name, shard.lines.name);
            return wrong(what, "put parts together that are all `N/8`, or all `hash:N/8`");
        }
        if let Some((_, before)) = seen.iter().find(|(known, _)| *known == part) {
            return wrong(format!("{before} and {} are both part {part} of {of}", shard.lines.name), "name each part once");
        }
        seen.push((part, &shard.lines.name));
    }
    let missing: Vec<String> =
        (1..=of).filter(|part| seen.iter().all(|(known, _)| known != part)).take(10).map(|part| format!("{part}/{of}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let more = of as usize - seen.len() - missing.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    wrong(format!("a part is missing: {}{more}", missing.join(", ")), "name all of them")
}

// ---- a sweep that goes on

/// A file that keeps every run of a sweep as it ends.
#[derive(Debug)]
pub struct Journal {
    name: String,
    file: File,
}

impl Journal {
    /// Opens a file that an interrupted sweep left, and gives every run in it, in order; or begins one. What stands behind the
    /// last whole run is taken away. Whether the file had a run or not, it then stands ready for the next.
    ///
    /// # Errors
    /// What does not fit: another sweep, a run out of order, a file that somebody else is writing to.
    pub fn open(path: &Path, head: &Head, take: &mut dyn FnMut(usize, Sample) -> Result<(), String>) -> Result<Journal, Refused> {
        let name = files::shown(path);
        let unreadable = |error: std::io::Error| Refused::Unreadable(format!("{name} cannot be read and written: {error}"));
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(unreadable)?;
        if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            return wrong(format!("another sweep is writing to {name}"), "wait for it, or give another file");
        }
        let mut lines = Lines { name: name.clone(), reader: BufReader::new(&file), number: 0, bytes: 0 };
        let mut kept = 0;
        match lines.next()? {
            None => {}
            Some(line) => match lines.understood(&line, None)? {
                Some(Line::Head(there)) => {
                    if let Some(how) = misfit(&there, head).or_else(|| {
                        let part = |head: &Head| head.partition.clone().unwrap_or_else(|| "none".into());
                        (there.partition != head.partition).then(|| format!("the part {}, the other {}", part(&there), part(head)))
                    }) {
                        let what = format!("{name} is of another sweep: it has {how}");
                        return wrong(what, "give the words that it was begun with, or another file");
                    }
                    kept = lines.bytes;
                    while let Some(line) = lines.next()? {
                        match lines.understood(&line, Some(head))? {
                            Some(Line::Run(case, sample)) => {
                                take(case, sample).or_else(|what| wrong(format!("{name}: line {} {what}", lines.number), HELP))?;
                                kept = lines.bytes;
                            }
                            Some(Line::Head(_)) => return wrong(format!("{name}: line {} begins another sweep", lines.number), HELP),
                            // The end as far as it had come: what is run now stands in its place.
                            Some(Line::Foot { .. }) if lines.next()?.is_none() => break,
                            Some(Line::Foot { .. }) => return wrong(format!("{name}: something stands behind its end"), HELP),
                            None => break,
                        }
                    }
                }
                // Half a head of this sweep: nothing was run. What begins in another way is no file of ours.
                None if lines::head(head).as_bytes().starts_with(&line) => {}
                None | Some(_) => return wrong(format!("{name} does not begin as a sweep does"), HELP),
            },
        }
        drop(lines);
        let mut file = file;
        let ready = file.set_len(kept).and_then(|()| file.seek(SeekFrom::Start(kept)));
        ready.map_err(|error| Refused::Unreadable(format!("{name} cannot be read and written: {error}")))?;
        let mut journal = Journal { name, file };
        if kept == 0 {
            journal.write(&lines::head(head))?;
        }
        Ok(journal)
    }

    /// Writes a line, whole.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, line: &str) -> Result<(), Refused> {
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|error| Refused::Unreadable(format!("{} cannot be written: {error}", self.name)))
    }
}
