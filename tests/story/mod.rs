//! One door for stories: a scenario in which a comment at a line's end says what must come out of that line, no more and
//! no less.
//!
//! - `# refused CODE`: the command of that line is refused with that code
//! - `# fails`, `# hangs`: the command of that line ends with an error that is none of the pool's, or hangs
//! - `# hazard NAME [PLACE]`: a finding whose last cause is the step of that line
//! - `# hazard NAME [PLACE]` on the `pool:` line: a finding that no step caused
//!
//! Several stand apart by commas. Hazards of a severity below `danger` need not be told.

use crate::common;
use poolsim::hazard::Severity;
use poolsim::world::event::Status;
use std::collections::BTreeSet;

/// What the comments say: pairs of a line and what comes out of it.
fn told(text: &str) -> BTreeSet<(u32, String)> {
    let mut told = BTreeSet::new();
    for (line, text) in (1..).zip(text.lines()) {
        let Some((_, comment)) = text.split_once(" # ") else { continue };
        for part in comment.split(',').map(str::trim) {
            let known = ["refused ", "hazard "].iter().any(|word| part.starts_with(word)) || ["fails", "hangs"].contains(&part);
            assert!(known, "line {line}: what does `{part}` mean? see tests/story");
            told.insert((line, part.to_owned()));
        }
    }
    told
}

/// Runs the story and compares.
pub fn check(text: &str) {
    let scenario = common::load("story.yaml", text);
    let pool_line = (1..).zip(text.lines()).find(|(_, line)| line.starts_with("pool:")).map_or(1, |(line, _)| line);
    let mut got = BTreeSet::new();
    for report in common::run(&scenario, true) {
        for step in &report.steps {
            let what = match (&step.code, step.status) {
                (Some(code), Status::Error) => format!("refused {code}"),
                (None, Status::Error) => "fails".to_owned(),
                (_, Status::Hung) => "hangs".to_owned(),
                _ => continue,
            };
            got.insert((step.line, what));
        }
        for finding in report.hazards.iter().filter(|finding| finding.severity >= Severity::Danger) {
            let line = finding.because.iter().rev().find_map(|because| because.line).unwrap_or(pool_line);
            let host = finding.hosts.first();
            let place = finding.vdi.as_ref().or(finding.vm.as_ref()).or(finding.sr.as_ref()).or(host.filter(|_| finding.hosts.len() == 1));
            got.insert((
                line,
                place.map_or_else(|| format!("hazard {}", finding.hazard), |place| format!("hazard {} {place}", finding.hazard)),
            ));
        }
    }
    let told = told(text);
    // A place that the comment leaves out matches any.
    let fits =
        |told: &(u32, String), got: &(u32, String)| told.0 == got.0 && (got.1 == told.1 || got.1.starts_with(&format!("{} ", told.1)));
    let missing: Vec<_> = told.iter().filter(|told| !got.iter().any(|got| fits(told, got))).collect();
    let surprising: Vec<_> = got.iter().filter(|got| !told.iter().any(|told| fits(told, got))).collect();
    assert!(
        missing.is_empty() && surprising.is_empty(),
        "{text}\nwas said and did not come: {missing:#?}\ncame and was not said: {surprising:#?}"
    );
}
