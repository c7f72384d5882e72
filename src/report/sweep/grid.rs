//! How often things came where settings are varied: one table for each case and hazard, its cells in the order of the values.
//! Plain data, for whoever lays it out.

use super::{CaseHead, CaseSwept, Swept};
use crate::base::interval::Interval;
use crate::hazard::Severity;

/// One table: a case and what came of it, over the values of one or two settings.
#[derive(Clone, PartialEq, Debug)]
pub struct Grid {
    /// The case, without the settings that are varied; empty where the file has but one.
    pub case: String,
    /// The hazard.
    pub hazard: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The values of the setting down the side; one empty text where only one setting is varied.
    pub rows: Vec<String>,
    /// The values of the setting across the top.
    pub columns: Vec<String>,
    /// By row and column; `None` where no run was done.
    pub cells: Vec<Vec<Option<Interval>>>,
}

/// The tables of a sweep: by case, then hazards from grave to mild. Empty where nothing is varied, or nothing came.
pub fn grids(swept: &Swept) -> Vec<Grid> {
    let axes = &swept.head.axes;
    let (down, across) = match &axes[..] {
        [across] => (None, across),
        [down, across] => (Some(down), across),
        _ => return Vec::new(),
    };
    let value =
        |case: &CaseHead, key: &str| case.set.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone()).unwrap_or_default();
    let row = |case: &CaseHead| down.map_or_else(String::new, |key| value(case, key));
    let mut names: Vec<String> = Vec::new();
    for case in &swept.cases {
        remember(&mut names, bare(&case.case, axes));
    }
    let mut grids = Vec::new();
    for name in names {
        let cases: Vec<&CaseSwept> = swept.cases.iter().filter(|case| bare(&case.case, axes) == name).collect();
        let (mut rows, mut columns, mut hazards) = (Vec::new(), Vec::new(), Vec::new());
        for case in &cases {
            remember(&mut rows, row(&case.case));
            remember(&mut columns, value(&case.case, across));
            for found in &case.hazards {
                remember(&mut hazards, (found.severity, found.hazard));
            }
        }
        hazards.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        for (severity, hazard) in hazards {
            let cell = |down: &String, over: &String| {
                let case = cases.iter().find(|case| row(&case.case) == *down && value(&case.case, across) == *over && case.runs > 0)?;
                let found = case.hazards.iter().find(|found| found.hazard == hazard);
                Some(found.map_or_else(|| crate::base::interval::share(0, case.runs), |found| found.share))
            };
            let cells = rows.iter().map(|down| columns.iter().map(|over| cell(down, over)).collect()).collect();
            grids.push(Grid { case: name.clone(), hazard, severity, rows: rows.clone(), columns: columns.clone(), cells });
        }
    }
    grids
}

/// Which case it is, the settings that are varied aside.
fn bare(case: &CaseHead, axes: &[String]) -> String {
    let set = case.set.iter().filter(|(key, _)| !axes.contains(key)).cloned().collect();
    CaseHead { set, ..case.clone() }.name()
}

fn remember<T: PartialEq>(list: &mut Vec<T>, what: T) {
    if !list.contains(&what) {
        list.push(what);
    }
}
