//! The share of a scenario's seeds in which a hazard occurs: every seed is run, and each is counted.

use super::each;
use crate::engine;
use crate::judge::{self, Expectation};
use crate::run::{self, Run};
use crate::scenario::model::{Case, Scenario};

/// Judges the items of a case that say `in:`, over the scenario's seeds. `options` bound each run; `run` is any run of the
/// case. Nothing is run where no item asks for it, or where the scenario has no `seeds` (who runs a case for many seeds
/// takes them out, so that the shares are judged once).
pub fn judge(scenario: &Scenario, case: Case, options: &engine::Options, run: &Run) -> Vec<Expectation> {
    let items = judge::share(scenario, case);
    let Some((first, last)) = scenario.seeds.filter(|_| !items.is_empty()) else { return Vec::new() };
    let seeds = last - first + 1;
    let max_work = options.max_work / seeds;
    if max_work < run.engine.begun_with() {
        let got = format!("not judged: {seeds} seeds of each case are more work than --max-work allows");
        return items.iter().map(|item| judge::unjudged_share(&run.engine.world, item, (first, last), &got)).collect();
    }
    // In the order of the seeds, however many threads there are.
    let occurred: Vec<(u64, Vec<bool>)> = each::map((last - first) as usize + 1, |at| {
        let seed = first + at as u64;
        let of_seed = run::run(scenario, case, engine::Options { seed, silent: true, max_work, ..options.clone() }, &[]);
        let world = &of_seed.engine.world;
        (seed, items.iter().map(|item| judge::occurs(world, item, &of_seed.found)).collect())
    });
    let world = &run.engine.world;
    let each = items.iter().enumerate().map(|(at, item)| {
        let hits: Vec<u64> = occurred.iter().filter(|(_, all)| all[at]).map(|(seed, _)| *seed).collect();
        judge::judge_share(world, item, (first, last), &hits)
    });
    each.collect()
}
