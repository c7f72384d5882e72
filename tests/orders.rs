//! Which orders of a recovery are safe, told in two ways: by branching runs, and by starting over with each order written down as
//! a scenario of its own. And by hand, where that can be done.

mod common;
mod generate;

use generate::Taste;
use poolsim::engine;
use poolsim::hazard::Severity;
use poolsim::judge;
use poolsim::run;
use poolsim::scenario::diagnostic::Gravity;
use poolsim::scenario::model::{Case, Deed, NamedSteps, Scenario, Step, When};
use poolsim::scenario::write;
use poolsim::search::orders::{self, Answer, Choice, Class, Extent, Hooks, Kind, Options};
use std::collections::BTreeMap;

const MAX_EVENTS: u64 = 200_000;
/// An operator who waits for a step that an order leaves out waits for ever: such a run is ended by its work.
const MAX_WORK: u64 = 20 * MAX_EVENTS;

fn answer(scenario: &Scenario, recovery: usize, subsets: bool) -> Option<Answer> {
    answered(scenario, recovery, subsets, false)
}

fn answered(scenario: &Scenario, recovery: usize, subsets: bool, brute: bool) -> Option<Answer> {
    let choice = Choice::new(scenario, recovery).ok()?;
    let options = Options { subsets, seed: None, max_events: MAX_EVENTS, max_work: MAX_WORK, brute };
    Some(orders::orders(scenario, choice, &options, &Hooks { done: &|_| (), stopped: &|| false }))
}

/// The scenario with the steps of one recovery, and these alone, in another order, as somebody would write it who types it anew.
fn reordered(scenario: &Scenario, recovery: usize, order: &[usize]) -> Scenario {
    let mut other = scenario.clone();
    other.variants.clear();
    // What is expected of the file's own order is not expected of another.
    other.expect = None;
    other.seeds = None;
    let own = &scenario.recoveries[recovery];
    let steps = order.iter().map(|at| {
        let mut step = own.steps[*at].clone();
        if let When::At(_) = step.when {
            step.when = When::Next;
        }
        step
    });
    other.recoveries = vec![poolsim::scenario::model::Recovery { steps: steps.collect(), expect: None, ..own.clone() }];
    other
}

/// The class of an order by its worst run, with the world and the hazard that show it; `None` where the loader finds that its
/// steps wait for each other in a circle.
fn by_starting_over(scenario: &Scenario, recovery: usize, order: &[usize]) -> Option<(Class, Option<String>, Option<&'static str>)> {
    let other = reordered(scenario, recovery, order);
    let text = write::yaml(&other);
    let written = match poolsim::scenario::load("order.yaml", &text) {
        Ok(loaded) => loaded.scenario,
        Err(told) => {
            let wrong: Vec<_> = told.into_iter().filter(|told| told.gravity == Gravity::Error).collect();
            assert!(wrong.iter().all(|wrong| matches!(wrong.code, "circle" | "unknown-step")), "{wrong:#?}\n{text}");
            // A step that is left out can't be waited for by one of the recovery. Somebody else, or a condition, may still
            // speak of it, which no file can say.
            let there = |id: &String| other.recoveries[0].steps.iter().any(|step| step.id.as_ref() == Some(id));
            let own = |id: &String| scenario.recoveries[recovery].steps.iter().any(|step| step.id.as_ref() == Some(id));
            let waits = |step: &Step| matches!(&step.when, When::AfterStep { id, .. } if own(id) && !there(id));
            if wrong.iter().any(|wrong| wrong.code == "circle") || other.recoveries[0].steps.iter().any(waits) {
                return None;
            }
            other
        }
    };
    let mut worst: Option<(Class, Option<String>, Option<&'static str>)> = None;
    for case in written.cases() {
        let options = engine::Options { seed: scenario.seed, max_events: MAX_EVENTS, max_work: MAX_WORK, ..engine::Options::default() };
        let run = run::run(&written, case, options, &[]);
        let after = |severity: Severity| {
            let began = run.engine.recovery_began?;
            run.found.iter().find(|found| found.since > began && found.hazard.doc().severity == severity)
        };
        let (class, hazard) = match (after(Severity::Corruption), after(Severity::Danger)) {
            (Some(found), _) => (Class::Corrupting, Some(found.hazard.doc().name)),
            (None, Some(found)) => (Class::Dangerous, Some(found.hazard.doc().name)),
            (None, None) if judge::goal(&written, case, &run.engine.world).is_empty() => (Class::Safe, None),
            (None, None) => (Class::Futile, None),
        };
        if worst.as_ref().is_none_or(|(known, ..)| class > *known) {
            worst = Some((class, written.world_name(case).map(str::to_owned), hazard));
        }
    }
    worst
}

/// All orders of some things, the shorter ones too where `subsets`.
fn permutations(of: &[usize], subsets: bool) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    let mut ends: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in of {
        ends = ends.iter().flat_map(|end| of.iter().filter(|at| !end.contains(at)).map(|at| [&end[..], &[*at]].concat())).collect();
        if !subsets {
            all.clear();
        }
        all.extend(ends.iter().cloned());
    }
    all
}

/// Both ways agree on every order, on which there are, and on why.
fn both_ways_agree(what: &str, scenario: &Scenario, recovery: usize, subsets: bool, every: usize) -> usize {
    let answer = answer(scenario, recovery, subsets).expect("steps");
    assert_eq!(answer.extent, Extent::All, "{what}");
    let places = answer.choice.places.clone();
    let branched: BTreeMap<Vec<usize>, _> =
        answer.judged.iter().map(|(order, verdict)| (order.iter().map(|at| places[usize::from(*at)]).collect(), *verdict)).collect();
    assert!(answer.judged.is_sorted_by(|(a, _), (b, _)| a < b), "{what}: in the order of the file's steps, each once");
    let mut seen = 0;
    for order in permutations(&places, subsets).iter().step_by(every) {
        let over = by_starting_over(scenario, recovery, order);
        let told = branched.get(order).map(|verdict| {
            let case = answer.choice.cases[verdict.world];
            let world = scenario.world_name(Case { variant: None, ..case }).map(str::to_owned);
            (verdict.class, world, verdict.hazard.map(|hazard| hazard.doc().name))
        });
        // In which world a safe order is as safe as everywhere says nothing.
        assert_eq!(told, over, "{what}: {order:?}");
        seen += usize::from(over.is_some());
    }
    seen
}

fn places(scenario: &Scenario, recovery: usize) -> usize {
    scenario.recoveries[recovery].steps.iter().filter(|step| !matches!(step.deed, Deed::Note(_))).count()
}

/// Every shipped recovery of three to seven steps. Where there are many orders, starting over is done for some of them.
#[test]
fn on_shipped_scenarios_branching_is_starting_over() {
    let (mut recoveries, mut orders) = (0, 0);
    for path in common::shipped() {
        let name = common::relative(&path);
        if std::fs::read_to_string(&path).expect("text").contains("\nincludes:") {
            continue;
        }
        let scenario = common::load_file(&path);
        for recovery in 0..scenario.recoveries.len() {
            let steps = places(&scenario, recovery);
            if !(3..=7).contains(&steps) {
                continue;
            }
            let every = match steps {
                3 => 1,
                4 => 2,
                5 => 13,
                6 => 97,
                _ => 1031,
            };
            recoveries += 1;
            orders += both_ways_agree(&name, &scenario, recovery, false, every);
            if steps == 3 {
                orders += both_ways_agree(&name, &scenario, recovery, true, 1);
            }
        }
    }
    assert!(recoveries > 40 && orders > 500, "{recoveries} recoveries, {orders} orders");
}

/// Random pools, faults and commands, with steps that wait for each other, also by way of somebody else.
#[test]
fn on_random_scenarios_branching_is_starting_over() {
    let (mut seen, mut scenarios, mut classes) = (0, 0, BTreeMap::new());
    for n in 0..260 {
        let mut scenario = common::load("generated.yaml", &generate::scenario(n, if n % 4 == 1 { Taste::Guarded } else { Taste::Wild }));
        if scenario.recoveries.is_empty() {
            continue;
        }
        scenario.operators.clear();
        let steps = &mut scenario.recoveries[0].steps;
        steps.retain(|step| !matches!(step.deed, Deed::Note(_)));
        steps.truncate(if n % 5 == 0 { 4 } else { 3 });
        if steps.len() < 3 {
            continue;
        }
        // Ids are the recovery's own; conditions that name steps are not drawn.
        for (at, step) in steps.iter_mut().enumerate() {
            step.id = Some(format!("own{at}"));
            step.key = format!("own{at}");
        }
        let after = |id: &str| When::AfterStep { id: id.into(), stage: None, plus: Default::default() };
        match n % 7 {
            1 => steps[2].when = after("own0"),
            2 => {
                steps[1].when = after("op");
                let typed = Step { id: Some("op".into()), key: "op".into(), when: after("own2"), expect: None, ..steps[0].clone() };
                scenario.operators = vec![NamedSteps { name: "anna".into(), line: 0, steps: vec![typed] }];
            }
            3 => steps[0].when = When::Next,
            _ => {}
        }
        // Somebody who waits for a step that is left out is in no file; `words_of_steps_rule_orders_out` has it.
        let subsets = n % 3 == 0 && n % 7 != 2;
        scenarios += 1;
        seen += both_ways_agree(&format!("generated {n}"), &scenario, 0, subsets, 1);
        let answer = answer(&scenario, 0, subsets).expect("steps");
        answer.judged.iter().for_each(|(_, verdict)| *classes.entry(verdict.class).or_insert(0) += 1);
    }
    assert!(scenarios > 150 && seen > 1_000, "{scenarios} scenarios, {seen} orders");
    assert!(Class::ALL.iter().all(|class| classes.get(class).is_some_and(|n| *n > 20)), "{classes:?}: every class is drawn");
}

/// A recovery of looks and of what can be done in any order, in a random story: runs that go on alike are many, and each of them is
/// made all the same.
#[test]
fn runs_that_go_on_alike_come_to_the_same() {
    let (mut scenarios, mut orders, mut merged, mut with_harm) = (0, 0, 0, 0);
    for n in 0..300 {
        let mut scenario = common::load("generated.yaml", &generate::scenario(n, if n % 4 == 1 { Taste::Guarded } else { Taste::Wild }));
        if scenario.recoveries.is_empty() {
            continue;
        }
        scenario.operators.clear();
        let steps = &mut scenario.recoveries[0].steps;
        steps.retain(|step| !matches!(step.deed, Deed::Note(_)));
        let Some(first) = steps.first().cloned() else { continue };
        // Looks that anybody may type at any time, one of which others ask for.
        let typed = |nth: usize, line: &str| Step {
            id: Some(format!("look{nth}")),
            key: format!("look{nth}"),
            when: When::Next,
            guard: None,
            capture: None,
            expect: None,
            deed: common::load("look.yaml", &format!("pool: {{hosts: [a]}}\ntimeline: [{{at: 1m, run: {line}}}]\n")).timeline[0]
                .deed
                .clone(),
            ..first.clone()
        };
        steps.truncate(if n % 5 == 0 { 3 } else { 2 });
        steps.push(typed(0, "xe host-list"));
        steps.push(typed(1, "xe vm-list"));
        if n % 6 == 5 {
            steps[0].when = When::AfterStep { id: "look0".into(), stage: None, plus: Default::default() };
        }
        let subsets = n % 7 == 0;
        let (one, every) = (answered(&scenario, 0, subsets, false).expect("steps"), answered(&scenario, 0, subsets, true).expect("steps"));
        assert_eq!(one.judged, every.judged, "generated {n}");
        assert_eq!((every.merged, &one.extent), (0, &every.extent));
        scenarios += 1;
        orders += one.judged.len();
        merged += one.merged;
        with_harm += one.count(Class::Dangerous) + one.count(Class::Corrupting);
    }
    // Of the twelve ways to begin, one is the two looks the other way round.
    assert!(scenarios > 170 && orders > 5_000 && with_harm > 300, "{scenarios} scenarios, {orders} orders, {with_harm} with harm");
    assert!(merged > orders as u64 / 20, "{merged} of {orders} runs were spared");
}

/// Three steps and two worlds, counted by hand. Beta has been cut off, or is dead; the master takes it for dead. `off` makes
/// sure, `reset` has the database say that db is halted, `start` starts it on alpha.
///
/// - off, reset, start: in both worlds nothing runs when db is reset, and it starts. Safe.
/// - off, start, reset and start, off, reset: the database says that db runs, so the start is refused. Futile.
/// - reset before off, in the world in which beta is cut off: db runs, and the database has it halted. Dangerous.
const TOY: &str = "
pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta, disks: {}}}}
worlds:
  dead: [{at: 1m, fault: {crash: beta}}]
  cut-off: [{at: 1m, fault: {isolate: beta}}]
recovery:
  at: 20m
  pace: 1m
  steps:
    - {id: off_, act: {power-off: beta}}
    - {id: reset, run: 'xe vm-reset-powerstate vm=db --force'}
    - {id: start, run: 'xe vm-start vm=db on=alpha'}
";

#[test]
fn a_toy_is_as_it_was_counted_by_hand() {
    let scenario = common::load("toy.yaml", TOY);
    let answer = answer(&scenario, 0, false).expect("steps");
    let told: Vec<(&[u8], Class, usize, Option<&str>)> = (answer.judged.iter())
        .map(|(order, verdict)| (&order[..], verdict.class, verdict.world, verdict.hazard.map(|hazard| hazard.doc().name)))
        .collect();
    let unseen = Some("vm-runs-unseen");
    let expected: [(&[u8], Class, usize, Option<&str>); 6] = [
        (&[0, 1, 2], Class::Safe, 0, None),
        (&[0, 2, 1], Class::Futile, 0, None),
        (&[1, 0, 2], Class::Dangerous, 1, unseen),
        (&[1, 2, 0], Class::Dangerous, 1, unseen),
        (&[2, 0, 1], Class::Futile, 0, None),
        (&[2, 1, 0], Class::Dangerous, 1, unseen),
    ];
    assert_eq!(told, expected);
    // Two rules; that `off` comes before `start` follows. Each with the order that breaks it alone.
    let rules: Vec<(Kind, Option<usize>)> = answer.rules.rules.iter().map(|rule| (rule.kind, rule.counterexample)).collect();
    assert_eq!(rules, [(Kind::Before { step: 0, than: 1 }, Some(2)), (Kind::Before { step: 1, than: 2 }, Some(1))]);
    assert!(answer.rules.separate && answer.rules.exceptions.is_empty());
    assert_eq!(answer.shortest_safe(), Some(&vec![0, 1, 2]));
}

/// With steps left out there are 16 orders. By hand: those with all three are as above. Without `start` nothing starts db, and
/// without `reset` nothing lets it be started: futile, and dangerous where `reset` comes without `off` or before it. Without
/// `off`, `reset` and `start` start db beside itself where beta is cut off.
#[test]
fn steps_that_are_left_out_are_counted_by_hand_too() {
    let scenario = common::load("toy.yaml", TOY);
    let answer = answer(&scenario, 0, true).expect("steps");
    let classes: Vec<(Vec<u8>, Class)> = answer.judged.iter().map(|(order, verdict)| (order.clone(), verdict.class)).collect();
    use Class::{Dangerous, Futile, Safe};
    let expected: [(&[u8], Class); 16] = [
        (&[], Futile),
        (&[0], Futile),
        (&[0, 1], Futile),
        (&[0, 1, 2], Safe),
        (&[0, 2], Futile),
        (&[0, 2, 1], Futile),
        (&[1], Dangerous),
        (&[1, 0], Dangerous),
        (&[1, 0, 2], Dangerous),
        (&[1, 2], Dangerous),
        (&[1, 2, 0], Dangerous),
        (&[2], Futile),
        (&[2, 0], Futile),
        (&[2, 0, 1], Futile),
        (&[2, 1], Dangerous),
        (&[2, 1, 0], Dangerous),
    ];
    assert_eq!(classes, expected.map(|(order, class)| (order.to_vec(), class)));
    let kinds: Vec<Kind> = answer.rules.rules.iter().map(|rule| rule.kind).collect();
    let needed = |step| Kind::Needed { step };
    assert_eq!(kinds, [Kind::Before { step: 0, than: 1 }, Kind::Before { step: 1, than: 2 }, needed(0), needed(1), needed(2)]);
    assert!(answer.rules.separate);
}

/// What the manual says of a member that has failed, found anew: the power goes off before the host is forgotten and before its
/// locks are released, and the VM starts when both are done.
#[test]
fn the_manuals_recovery_has_the_manuals_rules() {
    let scenario = common::load_file(&common::root().join("scenarios/forget/any-order.yaml"));
    let answer = answer(&scenario, 0, false).expect("steps");
    let ids: Vec<&str> = scenario.recoveries[0].steps.iter().filter_map(|step| step.id.as_deref()).collect();
    let rules: Vec<(&str, &str, &str)> = (answer.rules.rules.iter())
        .map(|rule| match (rule.kind, rule.counterexample) {
            (Kind::Before { step, than }, Some(example)) => {
                (ids[usize::from(step)], ids[usize::from(than)], answer.judged[example].1.class.name())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("power-off", "forget", "dangerous"),
        ("power-off", "release", "dangerous"),
        ("forget", "start", "futile"),
        ("release", "start", "futile"),
    ];
    assert_eq!(rules, expected);
    assert!(answer.rules.separate);
}

/// What `orders` says of shipped recoveries, each read and found right by the rules:
///
/// - a host that may live is off before it is forgotten (else its guests run unknown to the master: `forgotten-host-alive`), before its locks go
///   (`unprotected-disk`), and before a VM of it is reset (`vm-runs-unseen`): dangerous;
/// - a VM starts only when the database has it halted, which a forget or a reset does, and no lock names another host, which the release does: futile;
/// - a new master is made first, since without one no record can be changed: futile; before that the old one is off, or there are two: worse;
/// - what is done `if:` a look showed it is not done before that look, and does no harm then: futile.
#[test]
fn what_is_said_of_shipped_recoveries_is_right_by_the_rules() {
    use Class::{Corrupting, Dangerous, Futile};
    type Ruled = (&'static str, Option<&'static str>, usize, &'static [(u8, u8, Class)]);
    // Off, forget, release, start.
    const MEMBER: &[(u8, u8, Class)] = &[(0, 1, Dangerous), (0, 2, Dangerous), (1, 3, Futile), (2, 3, Futile)];
    // Off, forget, release, and a start of each of two guests.
    const TWO_GUESTS: &[(u8, u8, Class)] =
        &[(0, 1, Dangerous), (0, 2, Dangerous), (1, 3, Futile), (1, 4, Futile), (2, 3, Futile), (2, 4, Futile)];
    let all: [Ruled; 15] = [
        ("drills/first-dead-member", None, 2, MEMBER),
        ("drills/the-hung-host-comes-back", None, 2, MEMBER),
        ("drills/writes-held-back", None, 2, MEMBER),
        // The same with `vm-reset-powerstate` for `host-forget`.
        ("incidents/straight-to-the-force", Some("as-it-should"), 2, MEMBER),
        // Two starts, in either order, behind two that are: 2 x 2.
        ("drills/no-room-on-gamma", None, 4, TWO_GUESTS),
        ("drills/the-split-pool", None, 4, TWO_GUESTS),
        // Off, forget, and a release on each of two SRs: those three in any order behind the first, 3! of them.
        (
            "drills/an-sr-left-out",
            None,
            6,
            &[(0, 1, Dangerous), (0, 2, Dangerous), (0, 3, Dangerous), (1, 4, Futile), (2, 4, Futile), (3, 4, Futile)],
        ),
        // Off, release, start; the wrong host has been forgotten already, and is forgotten again whenever somebody likes: 4 places for that.
        // A VM that the forget made halted is started where it runs as soon as its lock is gone.
        ("drills/the-wrong-host-forgotten", None, 4, &[(0, 1, Corrupting), (1, 2, Futile)]),
        // Off, promote, recover, reset, release, start: two orders of reset and release, and six places for `pool-recover-slaves`, since the guest is
        // that of the old master and the other member has none that could be harmed.
        ("drills/a-master-gone", None, 12, &[(0, 1, Corrupting), (1, 3, Futile), (1, 4, Futile), (3, 5, Futile), (4, 5, Futile)]),
        // Off, on, start: a local disk is only where it is, and a hung host is not switched on while it is on.
        ("drills/the-disk-in-the-machine", None, 1, &[(0, 1, Futile), (1, 2, Futile)]),
        // All else only if the look showed it: restore, release, start in a row behind it, and the second look anywhere.
        ("drills/restored-beside", None, 5, &[(0, 2, Futile), (2, 3, Futile), (3, 4, Futile)]),
        // Forget, release and start only if the look showed it, which only whoever lives does not; and a toolstack that may be started anywhere.
        ("drills/silent-and-well", None, 10, &[(0, 1, Futile), (0, 2, Futile), (1, 3, Futile), (2, 3, Futile)]),
        // Looks at what is off already, then reset and release before the start: a third of all.
        ("incidents/an-article-for-another-release", Some("as-it-should"), 240, &[(3, 5, Futile), (4, 5, Futile)]),
        // All only if it is known to be fenced; itself anywhere; 40 s are waited for before the recover, which the new master needs to be up: 2 x 7.
        (
            "incidents/promoted-without-fencing",
            Some("as-it-should"),
            14,
            &[(0, 2, Futile), (2, 3, Futile), (3, 4, Futile), (3, 5, Futile), (4, 6, Futile), (5, 6, Futile)],
        ),
        // The host is dead and stays so: nothing is left to be harmed.
        ("locks/master-word-needless", Some("needless"), 2, &[(0, 2, Futile), (1, 2, Futile)]),
    ];
    for (name, recovery, safe, rules) in all {
        let scenario = common::load_file(&common::root().join(format!("scenarios/{name}.yaml")));
        let recovery = recovery.map_or(Some(0), |wanted| scenario.recoveries.iter().position(|own| own.name.as_deref() == Some(wanted)));
        let answer = answer(&scenario, recovery.expect(name), false).expect("steps");
        let told: Vec<(u8, u8, Class)> = (answer.rules.rules.iter())
            .map(|rule| match (rule.kind, rule.counterexample) {
                (Kind::Before { step, than }, Some(example)) => (step, than, answer.judged[example].1.class),
                other => panic!("{name}: {other:?}"),
            })
            .collect();
        assert_eq!((told.as_slice(), answer.count(Class::Safe)), (rules, safe), "{name}");
        assert!(answer.rules.separate && answer.rules.exceptions.is_empty(), "{name}: every order that keeps them is safe");
    }
}

/// A step's own words rule orders out, and they are not counted; what is dropped is said.
#[test]
fn words_of_steps_rule_orders_out() {
    let steps = |steps: &str| {
        let text = format!("pool: {{hosts: [alpha, beta], storage: [nfs1]}}\nrecovery:\n  at: 5m\n  steps:\n{steps}");
        let scenario = common::load("words.yaml", &text);
        let answer = answer(&scenario, 0, false).expect("steps");
        (answer.judged.iter().map(|(order, _)| order.clone()).collect::<Vec<_>>(), answer.choice)
    };
    let (all, choice) = steps(
        "    - {id: a, run: xe host-list}\n    - {note: look}\n    - {id: b, after: a, run: xe host-list}\n    - {id: c, at: 20m, run: xe vm-list}\n",
    );
    assert_eq!(all, [vec![0, 1, 2], vec![0, 2, 1], vec![2, 0, 1]]);
    assert_eq!((choice.places, choice.without_at), (vec![0, 2, 3], vec![3]));
    let (all, choice) = steps("    - {id: a, note: look}\n    - {id: b, after: a, run: xe host-list}\n    - {id: c, run: xe vm-list}\n");
    assert_eq!(all.len(), 2, "a note is left out, and what waited for it waits no more");
    assert_eq!(choice.without_after, [1]);
    // Anna types after `c`, and `b` comes after that: `b` never comes before `c`, nor without it.
    let in_turn = "operators: {anna: [{id: anna, after: c, run: xe vm-list}]}\nrecovery:\n  at: 5m\n  steps:\n    - {id: a, run: xe vm-list}\n    - {id: c, run: xe vm-list}\n    - {id: b, after: anna, run: xe vm-list}\n";
    let scenario = common::load("by-way.yaml", &format!("pool: {{hosts: [alpha], storage: [nfs1]}}\n{in_turn}"));
    let all: Vec<Vec<u8>> = answer(&scenario, 0, true).expect("steps").judged.into_iter().map(|(order, _)| order).collect();
    let expected: [&[u8]; 9] = [&[], &[0], &[0, 1], &[0, 1, 2], &[1], &[1, 0], &[1, 0, 2], &[1, 2], &[1, 2, 0]];
    assert_eq!(all, expected.map(<[u8]>::to_vec));
}

/// More than eight steps: the same sample for the same seed, no rule that a safe order of the sample breaks, and said so.
#[test]
fn of_many_steps_some_orders_are_run() {
    let looks: String = (0..6).map(|n| format!("    - {{id: look{n}, run: xe host-list}}\n")).collect();
    let scenario = common::load("many.yaml", &format!("{TOY}{looks}"));
    let first = answer(&scenario, 0, false).expect("steps");
    let Extent::Sample(sample) = &first.extent else { panic!("{:?}", first.extent) };
    assert!(sample.settled && sample.ended.is_none() && sample.drawn > 900, "{sample:?}");
    // Looking changes nothing, so what holds of three steps holds of nine.
    let kinds: Vec<Kind> = first.rules.rules.iter().map(|rule| rule.kind).collect();
    assert_eq!(kinds, [Kind::Before { step: 0, than: 1 }, Kind::Before { step: 1, than: 2 }]);
    assert!(first.rules.separate);
    assert_eq!(answer(&scenario, 0, false).expect("steps").judged, first.judged);
}

/// A wish to stop is heard, and what had been run by then stands.
#[test]
fn what_is_stopped_keeps_what_it_has() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let scenario = common::load_file(&common::root().join("scenarios/forget/any-order.yaml"));
    let whole = answer(&scenario, 0, false).expect("steps");
    let stopped_after = |runs: u64| {
        let done = AtomicU64::new(0);
        let options = Options { subsets: false, seed: None, max_events: MAX_EVENTS, max_work: MAX_WORK, brute: false };
        let count = |n| {
            done.fetch_add(n, Ordering::SeqCst);
        };
        let hooks = Hooks { done: &count, stopped: &|| done.load(Ordering::SeqCst) >= runs };
        orders::orders(&scenario, Choice::new(&scenario, 0).expect("steps"), &options, &hooks)
    };
    let some = stopped_after(20);
    assert_eq!(some.extent, Extent::Stopped(24));
    assert!(some.judged.len() < 24 && some.judged.iter().all(|judged| whole.judged.contains(judged)), "{:?}", some.judged);
    assert_eq!(stopped_after(0).judged, []);
}

/// Who comes back between the look that said it was off and the one that makes sure stops the careful recovery: in the world in which it
/// is dead from the first look at 16m on, in the others from the power-off at 17m on, and till just before the second look at 18m. Where
/// several things are due at one instant, the recovery's comes first. And at the ends of each stretch, a file in which it does so then.
#[test]
fn a_host_that_comes_back_is_timed_to_the_second() {
    let of = |file: &str, recovery: usize| {
        let scenario = common::load_file(&common::root().join("scenarios/forget").join(file));
        let answer = answer(&scenario, recovery, false).expect("steps");
        let order = answer.shortest_safe().expect("a safe order").clone();
        let hooks = Hooks { done: &|_| (), stopped: &|| false };
        let options = engine::Options { seed: scenario.seed, max_events: MAX_EVENTS, max_work: MAX_WORK, ..engine::Options::default() };
        let timing = orders::timing(&scenario, &answer.choice, &order, &options, &hooks);
        let order: Vec<usize> = order.iter().map(|step| answer.choice.places[usize::from(*step)]).collect();
        for back in &timing.returns {
            assert_eq!(back.every, 1);
            for stretch in &back.stretches {
                for at in [stretch.from, stretch.until] {
                    let mut whole = orders::with_return(&scenario, back.host, at);
                    whole.worlds = vec![scenario.worlds[back.world].clone()];
                    let (class, _, hazard) = by_starting_over(&whole, recovery, &order).expect("no circle");
                    assert_eq!((class, hazard), (stretch.came.class, stretch.came.hazard.map(|hazard| hazard.doc().name)), "{at}");
                }
            }
        }
        (scenario, timing)
    };
    let (scenario, timing) = of("three-worlds.yaml", 0);
    assert_eq!(timing.returns.len(), 3);
    for back in &timing.returns {
        let world = scenario.worlds[back.world].name.as_str();
        assert_eq!(scenario.pool.names.machine(back.host), "beta");
        let [before, between, after] = &back.stretches[..] else { panic!("{world}: {:?}", back.stretches) };
        assert_eq!([before, between, after].map(|stretch| stretch.came.class), [Class::Safe, Class::Futile, Class::Safe], "{world}");
        let from = if world == "dead" { "16m" } else { "17m" };
        assert_eq!((between.from.to_string().as_str(), between.until.to_string().as_str()), (from, "17m59s"), "{world}");
    }
    let (_, timing) = of("any-order.yaml", 0);
    assert_eq!(timing.returns.len(), 3);
}
