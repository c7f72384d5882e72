//! Orders in parts: a share of them is run and written line by line, and all shares of a file's orders are put together to what one
//! run would have told. What does not fit is refused, and said which.

use super::args::Common;
use super::exit::Status;
use super::load::File;
use super::out::Out;
use super::progress::Bar;
use super::shared::with_jobs;
use super::sweep::parts::Partition;
use super::{files, interrupt};
use crate::report::orders::lines::{self, Head, Line};
use crate::report::orders::step_names;
use crate::search::orders::{self, Choice, Hooks, Options, Order, STEPS_ALL, STEPS_ALL_SUBSETS, Verdict};
use std::path::{Path, PathBuf};

/// So many bytes of a part are read: no part is longer.
const BYTES_MOST: u64 = 256 << 20;
/// So many parts that are missing are named.
const NAMED: usize = 10;

fn usage<T>(out: Out, what: &str, help: &str) -> Result<T, Status> {
    Err(out.refuse("usage", what, &[help.to_owned()], Status::Wrong))
}

/// All orders, where each of them can be said before any is run.
fn every(out: Out, choice: &Choice, options: &Options) -> Result<Vec<Order>, Status> {
    let all = orders::every(choice, options);
    all.map_or_else(
        || {
            let what = format!("the recovery has {} steps: which of its orders are run hangs on what the others come to", choice.len());
            let most = if options.subsets { STEPS_ALL_SUBSETS } else { STEPS_ALL };
            usage(out, &what, &format!("orders of at most {most} steps can be run in parts; leave `--partition` and `--merge` out"))
        },
        Ok,
    )
}

/// Whether the order at a place of so many belongs to a part: orders that begin alike stay together, unless a hash was asked for.
fn takes(partition: Partition, at: usize, all: usize) -> bool {
    match partition.place() {
        (true, ..) => partition.takes(at as u64, at as u64),
        (false, part, of) => at as u128 * u128::from(of) / all.max(1) as u128 == u128::from(part - 1),
    }
}

/// Runs a part, and prints it.
pub fn part(out: Out, common: &Common, text: &str, file: &File, choice: &Choice, options: &Options) -> Result<Status, Status> {
    if !common.reports.is_empty() {
        return usage(out, "a part of the orders has no report of its own", "give `--report` to `--merge`");
    }
    let told = |name: &str| std::env::var(name).ok();
    let partition = Partition::read(text, &told).or_else(|what| usage(out, &what, "`--partition 3/8` runs the third of eight parts"))?;
    let all = every(out, choice, options)?;
    let own: Vec<usize> = (0..all.len()).filter(|at| takes(partition, *at, all.len())).collect();
    let some: Vec<Order> = own.iter().map(|at| all[*at].clone()).collect();
    let bar = Bar::runs((own.len() * choice.cases.len()) as u64);
    let hooks = Hooks { done: &|runs| bar.forward(runs), stopped: &interrupt::wanted };
    let verdicts = with_jobs(common, || orders::verdicts(&file.scenario, choice, options, &some, &hooks));
    bar.end();
    let names = step_names(&file.scenario, choice);
    let head = Head::new(&file.scenario, choice, options, all.len(), Some(partition.to_string()));
    let mut text = lines::head(&head);
    for (at, verdict) in own.iter().zip(&verdicts) {
        let steps: Vec<&str> = all[*at].iter().map(|step| names[usize::from(*step)].as_str()).collect();
        text.extend(verdict.iter().map(|verdict| lines::order(*at, &steps, verdict)));
    }
    let complete = verdicts.iter().all(Option::is_some);
    text += &lines::foot(complete);
    let status = out.result(&text);
    if complete {
        return Ok(status);
    }
    let run = verdicts.iter().flatten().count();
    let (why, end) =
        if interrupt::wanted() { ("interrupted", Status::Interrupted) } else { ("more would have been too much work", Status::Fine) };
    out.say(&format!("{why}: {run} of {} orders had been run\n", own.len()));
    Ok(status.and(end))
}

/// What the parts of a file's orders have come to, put together.
pub fn merged(out: Out, parts: &[PathBuf], file: &File, choice: &Choice, options: &Options) -> Result<Vec<(Order, Verdict)>, Status> {
    const TOGETHER: &str = "put parts together with the file and the words that they were run with, each part once";
    let all = every(out, choice, options)?;
    let own = Head::new(&file.scenario, choice, options, all.len(), None);
    let mut verdicts: Vec<Option<Verdict>> = vec![None; all.len()];
    let mut seen: Vec<(Partition, String)> = Vec::new();
    for path in parts {
        let name = files::shown(path);
        let (head, orders) = read(out, path, choice.cases.len())?;
        if let Some(how) = head.misfit(&own) {
            return usage(out, &format!("{name} is no part of these orders: it has {how}"), TOGETHER);
        }
        let partition = head.partition.as_deref().and_then(|text| Partition::read(text, &|_| None).ok());
        let Some(partition) = partition else { return usage(out, &format!("{name} does not say which part it is"), TOGETHER) };
        let (hash, part, of) = partition.place();
        if let Some((first, other)) = seen.first().filter(|(first, _)| (first.place().0, first.place().2) != (hash, of)) {
            let what = format!("{other} and {name} are parted in two ways: {first} and {partition}");
            return usage(out, &what, "put parts together that are all `N/8`, or all `hash:N/8`");
        }
        if let Some((_, other)) = seen.iter().find(|(known, _)| known.place().1 == part) {
            return usage(out, &format!("{other} and {name} are both part {part} of {of}"), "name each part once");
        }
        let wanted: Vec<usize> = (0..all.len()).filter(|at| takes(partition, *at, all.len())).collect();
        if orders.iter().map(|(at, _)| *at).ne(wanted.iter().copied()) {
            return usage(out, &format!("{name} has not the orders of part {partition}"), "run this part again");
        }
        orders.into_iter().for_each(|(at, verdict)| verdicts[at] = Some(verdict));
        seen.push((partition, name));
    }
    let (_, _, of) = seen.first().map_or((false, 0, 0), |(first, _)| first.place());
    let missing = (1..=of).filter(|part| seen.iter().all(|(known, _)| known.place().1 != *part));
    let named: Vec<String> = missing.clone().take(NAMED).map(|part| format!("{part}/{of}")).collect();
    if !named.is_empty() {
        let more = missing.count() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return usage(out, &format!("a part is missing: {}{more}", named.join(", ")), "name all of them");
    }
    let judged: Option<Vec<(Order, Verdict)>> = all.into_iter().zip(verdicts).map(|(order, verdict)| Some((order, verdict?))).collect();
    judged.map_or_else(|| usage(out, "no part has all orders", TOGETHER), Ok)
}

/// A part as it was written: its head, and what its orders came to.
fn read(out: Out, path: &Path, worlds: usize) -> Result<(Head, Vec<(usize, Verdict)>), Status> {
    let name = files::shown(path);
    let bytes = files::read_most(path, BYTES_MOST).map_err(|(what, help)| out.refuse("unreadable", &what, &help, Status::Unreadable))?;
    let wrong = |what: String| usage(out, &format!("{name}{what}"), "give files that `poolsim orders --partition` wrote");
    let Ok(text) = std::str::from_utf8(&bytes) else { return wrong(" is no text".into()) };
    let mut head = None;
    let mut orders = Vec::new();
    let mut ended = false;
    for (at, line) in text.lines().enumerate() {
        if ended {
            return wrong(": something stands behind its end".into());
        }
        match (lines::read(line, worlds), &head) {
            (Some(Line::Head(read)), None) => head = Some(read),
            (Some(Line::Order(place, verdict)), Some(_)) => orders.push((place, verdict)),
            (Some(Line::Foot(true)), Some(_)) => ended = true,
            (Some(Line::Foot(false)), Some(_)) => return wrong(" was ended before all its orders had been run".into()),
            _ => return wrong(format!(": line {} is no line of a part of orders", at + 1)),
        }
    }
    match head {
        Some(head) if ended => Ok((head, orders)),
        Some(_) => wrong(" is not finished".into()),
        None => wrong(" is empty".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every order belongs to one part, and parts are of about the same size.
    #[test]
    fn parts_make_the_whole() {
        for how in ["", "hash:"] {
            for (all, of) in [(24, 5), (720, 7), (3, 5)] {
                let part = |part: usize| Partition::read(&format!("{how}{part}/{of}"), &|_| None).expect("a part");
                let sizes: Vec<usize> = (1..=of).map(|n| (0..all).filter(|at| takes(part(n), *at, all)).count()).collect();
                assert_eq!(sizes.iter().sum::<usize>(), all, "{how} {sizes:?}");
                assert!((0..all).all(|at| (1..=of).filter(|n| takes(part(*n), at, all)).count() == 1));
                if how.is_empty() {
                    assert!(sizes.iter().all(|size| (all / of..=all / of + 1).contains(size)), "{sizes:?}");
                }
            }
        }
    }
}
