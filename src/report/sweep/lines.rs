//! A sweep run by run: a head, one line a run, a foot. That is what `--format ndjson` prints, what a part of a sweep writes,
//! and what an interrupted sweep leaves behind; all three are read back here. A line that is not whole is told apart from
//! one that is wrong, since the last line of a program that was killed may be half a line.

use super::{CaseHead, Head};
use crate::base::time::{Span, Time};
use crate::hazard::{HazardId, Severity};
use crate::report::json::{FORMAT, compact, set};
use crate::search::sweep::Sample;
use serde_json::{Map, Value, json};

/// What a line says.
#[derive(Clone, PartialEq, Debug)]
pub enum Line {
    /// What is swept.
    Head(Box<Head>),
    /// A run of the case at a place.
    Run(usize, Sample),
    /// The end, with the number of runs; whether all that were wanted are there.
    Foot {
        /// How many runs stand above.
        runs: u64,
        /// Whether those are all that were wanted.
        complete: bool,
    },
}

fn line(value: &Value) -> String {
    compact(value) + "\n"
}

/// The first line.
pub fn head(head: &Head) -> String {
    let case = |case: &CaseHead| json!({"world": case.world, "recovery": case.recovery, "set": set(&case.set), "judged": case.judged, "replay": case.replay});
    line(&json!({
        "kind": "head",
        "format": FORMAT,
        "poolsim": head.poolsim,
        "scenario": head.scenario,
        "title": head.title,
        "release": head.release,
        "sha256": head.sha256,
        "read": head.read,
        "max_events": head.max_events,
        "max_work": head.max_work,
        "seeds": [head.seeds.0, head.seeds.1],
        "precision": head.precision,
        "partition": head.partition,
        "axes": head.axes,
        "compare": head.compare.as_ref().map(|(left, right)| [left, right]),
        "cases": head.cases.iter().map(case).collect::<Vec<_>>(),
        "vms": head.vms,
    }))
}

/// The line of a run of the case at a place.
pub fn run(head: &Head, case: usize, sample: &Sample) -> String {
    let hazards = sample.hazards.iter().map(|(hazard, since)| (hazard.doc().name.to_owned(), json!(since.0)));
    let downtime = head.vms.iter().zip(&sample.downtime).map(|(vm, span)| (vm.clone(), json!(span.0)));
    line(&json!({
        "kind": "run",
        "case": case,
        "seed": sample.seed,
        "worst": sample.worst.map_or("none", Severity::name),
        "expected": sample.expected,
        "hazards": hazards.collect::<Map<_, _>>(),
        "downtime_us": downtime.collect::<Map<_, _>>(),
        "events": sample.events,
        "digest": sample.digest,
        "cut_short": sample.cut_short,
    }))
}

/// The last line.
pub fn foot(runs: u64, complete: bool) -> String {
    line(&json!({"kind": "foot", "runs": runs, "complete": complete}))
}

/// Reads a line back. A run is read by the head that stands above it.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that began with its place.
pub fn read(text: &str, above: Option<&Head>) -> Result<Line, String> {
    let value: Value = serde_json::from_str(text).map_err(|_| "is no line of a sweep".to_string())?;
    let line = match (value["kind"].as_str(), above) {
        (Some("head"), _) if value["format"] != json!(FORMAT) => return Err(format!("has the format {}, not {FORMAT}", value["format"])),
        (Some("head"), _) => read_head(&value).map(|head| Line::Head(Box::new(head))),
        (Some("run"), Some(head)) => read_run(&value, head),
        (Some("foot"), _) => value["runs"].as_u64().zip(value["complete"].as_bool()).map(|(runs, complete)| Line::Foot { runs, complete }),
        (Some("run"), None) => return Err("is a run, and no head stands above it".into()),
        _ => None,
    };
    line.ok_or_else(|| "is no line of a sweep".to_string())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A text or nothing.
fn maybe(value: &Value) -> Option<Option<String>> {
    if value.is_null() { Some(None) } else { text(value).map(Some) }
}

fn list<T>(value: &Value, of: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(of).collect()
}

fn read_head(value: &Value) -> Option<Head> {
    let case = |value: &Value| {
        let set = value["set"].as_object()?.iter().map(|(key, value)| Some((key.clone(), text(value)?)));
        Some(CaseHead {
            world: maybe(&value["world"])?,
            recovery: maybe(&value["recovery"])?,
            set: set.collect::<Option<_>>()?,
            judged: value["judged"].as_bool()?,
            replay: text(&value["replay"])?,
        })
    };
    let [first, last] = list(&value["seeds"], Value::as_u64)?[..] else { return None };
    let precision = if value["precision"].is_null() { None } else { Some(u32::try_from(value["precision"].as_u64()?).ok()?) };
    let compare = match &value["compare"] {
        Value::Null => None,
        sides => match &list(sides, text)?[..] {
            [left, right] => Some((left.clone(), right.clone())),
            _ => return None,
        },
    };
    Some(Head {
        poolsim: text(&value["poolsim"])?,
        scenario: text(&value["scenario"])?,
        title: text(&value["title"])?,
        release: text(&value["release"])?,
        sha256: text(&value["sha256"])?,
        read: text(&value["read"])?,
        max_events: value["max_events"].as_u64()?,
        max_work: value["max_work"].as_u64()?,
        seeds: Some((first, last)).filter(|(first, last)| first <= last)?,
        precision,
        partition: maybe(&value["partition"])?,
        axes: list(&value["axes"], text).filter(|axes| axes.len() <= 2)?,
        compare,
        cases: list(&value["cases"], case)?,
        vms: list(&value["vms"], text)?,
    })
}

fn read_run(value: &Value, head: &Head) -> Option<Line> {
    let worst = match value["worst"].as_str()? {
        "none" => None,
        name => Some(*Severity::ALL.iter().find(|severity| severity.name() == name)?),
    };
    let mut hazards = Vec::new();
    for (name, since) in value["hazards"].as_object()? {
        hazards.push((HazardId::find(name)?, Time(since.as_u64()?)));
    }
    hazards.sort_unstable();
    let downtime = value["downtime_us"].as_object().filter(|map| map.len() == head.vms.len())?;
    let sample = Sample {
        seed: value["seed"].as_u64().filter(|seed| (head.seeds.0..=head.seeds.1).contains(seed))?,
        worst,
        expected: value["expected"].as_bool()?,
        hazards,
        downtime: head.vms.iter().map(|vm| downtime.get(vm)?.as_u64().map(Span)).collect::<Option<_>>()?,
        events: value["events"].as_u64()?,
        digest: text(&value["digest"])?,
        cut_short: value["cut_short"].as_bool()?,
    };
    let case = usize::try_from(value["case"].as_u64()?).ok().filter(|case| *case < head.cases.len())?;
    Some(Line::Run(case, sample))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample_head() -> Head {
        let case = CaseHead {
            world: Some("dead".into()),
            recovery: None,
            set: vec![("command".into(), "1s".into())],
            judged: true,
            replay: "poolsim run a.yaml --world dead --seed".into(),
        };
        Head {
            poolsim: "1.2.3".into(),
            scenario: "##[error] a".into(),
            title: "".into(),
            release: "some-release".into(),
            sha256: "00".into(),
            read: "ff".into(),
            max_events: 7,
            max_work: 11,
            seeds: (0, u64::MAX),
            precision: Some(10_000),
            partition: Some("1/2".into()),
            axes: vec!["command".into()],
            compare: Some(("world=dead".into(), "world=a".into())),
            cases: vec![case.clone(), CaseHead { world: None, recovery: Some("b".into()), set: vec![], ..case }],
            vms: vec!["zeta".into(), "alpha".into()],
        }
    }

    /// What is written is read back, whatever stands in it.
    #[test]
    fn lines_are_read_as_they_were_written() {
        let head = sample_head();
        let run_of = |hazards: Vec<(HazardId, Time)>| Sample {
            seed: u64::MAX,
            worst: hazards.iter().map(|(hazard, _)| hazard.severity()).max(),
            expected: false,
            hazards,
            downtime: vec![Span(5), Span(0)],
            events: 12,
            digest: "abc".into(),
            cut_short: true,
        };
        let all: Vec<(HazardId, Time)> = HazardId::all().zip((0..).map(Time)).collect();
        let above = Some(&head);
        assert_eq!(read(super::head(&head).trim_end(), None), Ok(Line::Head(Box::new(head.clone()))));
        for sample in [run_of(all), run_of(vec![])] {
            assert_eq!(read(run(&head, 1, &sample).trim_end(), above), Ok(Line::Run(1, sample)));
        }
        assert_eq!(read(foot(3, false).trim_end(), above), Ok(Line::Foot { runs: 3, complete: false }));
        assert!(!super::head(&head).contains("##["), "no line of CI is obeyed");
    }

    /// Each line with one part taken away, or cut off anywhere, is refused, and nothing of it panics.
    #[test]
    fn damaged_lines_are_refused() {
        let head = sample_head();
        let sample = Sample {
            seed: 3,
            worst: None,
            expected: true,
            hazards: vec![],
            downtime: vec![Span(0); 2],
            events: 1,
            digest: "d".into(),
            cut_short: false,
        };
        for whole in [super::head(&head), run(&head, 0, &sample), foot(1, true)] {
            let value: Value = serde_json::from_str(&whole).unwrap();
            for key in value.as_object().unwrap().keys() {
                let mut less = value.clone();
                less.as_object_mut().unwrap().remove(key);
                let optional = ["precision", "partition", "compare"].contains(&key.as_str());
                assert_eq!(read(&less.to_string(), Some(&head)).is_err(), !optional, "{key} of {whole}");
            }
            for end in 0..whole.len() - 2 {
                assert!(whole.is_char_boundary(end) && read(&whole[..end], Some(&head)).is_err());
            }
        }
        assert!(read(&run(&head, 2, &sample), Some(&head)).is_err(), "there is no third case");
        assert!(read(&run(&head, 0, &sample), None).unwrap_err().contains("no head"));
    }
}
