//! `poolsim plan`: known answers, worked out by hand from the manual's rules; every plan against every row of moves that is as short,
//! each written down and run by itself; the search against one that leaves nothing out; and what is saved is run again.

mod common;

use common::{load, load_file, root, shipped};
use poolsim::base::draw::Stream;
use poolsim::engine;
use poolsim::judge;
use poolsim::run;
use poolsim::scenario::model::{Recovery, Scenario, Step};
use poolsim::scenario::write;
use poolsim::search::plan::{Answer, Kind, Line, Options, all, plan};

fn options(depth: usize) -> Options {
    let engine::Options { max_events, max_work, .. } = engine::Options::default();
    Options {
        seed: None,
        max_events,
        max_work,
        depth,
        tries: 400_000,
        recovery: 0,
        without: Vec::new(),
        brute: false,
        wide: false,
        anew: true,
        despite: false,
    }
}

fn answer(scenario: &Scenario, options: &Options) -> Answer {
    plan(scenario, options, &|| false)
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

/// A pool of two hosts with worlds of beta, and perhaps a goal.
fn two_hosts(vms: &str, worlds: &[&str], goal: &str) -> Scenario {
    let worlds: String = worlds.iter().enumerate().map(|(at, fault)| format!("  w{at}: [{{at: 5m, fault: {{{fault}}}}}]\n")).collect();
    let text = format!(
        "pool:\n  hosts: [alpha, beta]\n  storage: {{nfs1: {{type: nfs}}}}\n  vms: {{{vms}}}\nworlds:\n{worlds}\
         recovery: {{wait-for: {{host: beta, live: false}}, within: 30m, steps: [{{note: nothing}}]}}\n{goal}"
    );
    load("two.yaml", &text)
}

const DB: &str = "db: {running-on: beta}";
const TO_ALPHA: &str = "goal: [{vm: db, running-on: alpha}]\n";

/// What ends well in every world: the goal is reached and nothing of danger begins, as runs of the whole scenario show.
fn good(scenario: &Scenario) -> bool {
    scenario.cases().into_iter().all(|case| {
        let run = run::run(scenario, case, engine::Options { seed: scenario.seed, ..engine::Options::default() }, &[]);
        run.recovery_safe() == Some(true) && judge::goal(scenario, case, &run.engine.world).is_empty()
    })
}

/// The scenario with other steps as its recovery.
fn with(scenario: &Scenario, steps: Vec<Step>) -> Scenario {
    let own = Recovery { steps, ..scenario.recoveries[0].clone() };
    Scenario { recoveries: vec![own], ..scenario.clone() }
}

/// The fewest moves in a row, without a branch, that do.
fn shortest_row(scenario: &Scenario, moves: &[Step], most: usize) -> Option<usize> {
    let mut rows: Vec<Vec<Step>> = vec![Vec::new()];
    for length in 0..=most {
        if rows.iter().any(|row| good(&with(scenario, row.clone()))) {
            return Some(length);
        }
        let longer = rows.iter().flat_map(|row| {
            moves.iter().map(move |step| {
                let id = format!("{}-{}", step.key, row.len());
                [&row[..], &[Step { id: Some(id), ..step.clone() }]].concat()
            })
        });
        rows = longer.collect();
    }
    None
}

/// Worlds, guests and goals of the pools that are tried.
fn toys() -> Vec<Scenario> {
    let two = "db: {running-on: beta}, web: {running-on: beta}";
    let beside = "db: {running-on: beta}, web: {running-on: alpha}";
    vec![
        two_hosts(DB, &["crash: beta"], ""),
        two_hosts(DB, &["crash: beta"], TO_ALPHA),
        two_hosts(DB, &["crash: beta", "isolate: beta"], ""),
        two_hosts(DB, &["hang: beta", "isolate: beta"], ""),
        two_hosts(beside, &["crash: beta", "hang: beta"], ""),
        two_hosts(two, &["crash: beta"], "goal: [{vm: db, running-on: alpha}]\n"),
        two_hosts(DB, &["isolate: beta"], "goal: [{host: beta, powered: false}]\n"),
        two_hosts(DB, &["isolate: beta", "crash: beta"], "goal: [{host: beta, known: false}]\n"),
        two_hosts(DB, &["isolate: beta", "hang: beta"], "goal: [{vm: db, power-state: halted}]\n"),
    ]
}

/// The manual's order, without which in some world two write or the start is refused: power off, forget, release, start.
#[test]
fn a_member_that_may_live_is_switched_off_first() {
    let scenario = load_file(&root().join("scenarios/forget/any-order.yaml"));
    let found = answer(&scenario, &options(8)).plan.expect("a plan");
    let wanted =
        ["power-off beta", "xe host-forget uuid=$beta --force", "/opt/xensource/sm/resetvdis.py $beta $nfs1", "xe vm-start vm=db on=gamma"];
    assert_eq!(texts(&found.lines), wanted);
    assert!(found.lines.iter().all(|line| line.ways.is_empty() && found.why.contains_key(&line.id)));
    let off = &found.why["power-off-beta"];
    assert!(off.world > 0 && off.hazard.is_some_and(|hazard| hazard.doc().name == "double-writer"), "{off:?}");
    let three = answer(&scenario, &options(3));
    assert!(three.plan.is_none() && three.depth == 3 && three.ended.is_none() && three.against.len() == 3);
}

/// Where beta may be dead, or live behind a stopped toolstack with its guest well, what is done hangs on a look: it is started
/// elsewhere where it is off, and left alone where it is on. Without the look two would write.
#[test]
fn what_can_not_be_seen_is_looked_at_first() {
    let scenario = two_hosts(DB, &["crash: beta", "toolstack-stop: beta"], "");
    let found = answer(&scenario, &Options { without: ["list_domains", "tap-ctl", "host-list"].map(String::from).to_vec(), ..options(5) });
    let found = found.plan.expect("a plan");
    assert_eq!((texts(&found.lines), found.lines[0].kind), (vec!["check-off beta"], Kind::Look));
    let ways = &found.lines[0].ways;
    assert_eq!(ways.len(), 2);
    for way in ways {
        let wanted: &[&str] = match way.worlds[..] {
            [0] => &["xe host-forget uuid=$beta --force", "/opt/xensource/sm/resetvdis.py $beta $nfs1", "xe vm-start vm=db on=alpha"],
            _ => &[],
        };
        assert_eq!(texts(&way.lines), wanted);
    }
    let why = &found.why["check-off-beta"];
    assert_eq!((why.world, why.taken_for.is_some()), (1, true));
}

/// Beta is cut off, and its guest runs on, and is to be left alone, or has crashed, and is to be started elsewhere: both end
/// `list_domains` well, and what it prints tells one from the other. Cut off beta can't clear away what the crash left open, so it is
/// switched off before it is forgotten. The saved plan asks for the line by `prints`.
#[test]
fn what_a_console_prints_parts_worlds() {
    let text = "pool:\n  hosts: [alpha, beta]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\n\
        timeline: [{at: 5m, fault: {isolate: beta}}]\n\
        worlds:\n  runs: [{note: all is well}]\n  crashed: [{at: 6m, fault: {vm-crash: db}}]\n\
        recovery: {wait-for: {host: beta, live: false}, steps: [{note: nothing}]}\n\
        goal: [{world: runs, vm: db, running-on: beta}, {world: crashed, vm: db, running-on: alpha}]\n";
    let scenario = load("prints.yaml", text);
    let found = answer(&scenario, &options(5)).plan.expect("a plan");
    assert_eq!(texts(&found.lines), ["list_domains"]);
    let ways = &found.lines[0].ways;
    assert_eq!(ways.iter().map(|way| &way.worlds[..]).collect::<Vec<_>>(), [[0], [1]]);
    let wanted =
        ["power-off beta", "xe host-forget uuid=$beta --force", "/opt/xensource/sm/resetvdis.py $beta $nfs1", "xe vm-start vm=db on=alpha"];
    assert_eq!((ways[0].lines.len(), texts(&ways[1].lines)), (0, wanted.to_vec()));
    let saved = write::yaml(&found.scenario);
    assert!(saved.contains("prints: "), "{saved}");
    let again = load("saved.yaml", &saved);
    assert!(again.same_as(&found.scenario) && good(&again), "{saved}");
}

/// The guest must run on alpha, beta may live, and nobody may switch it off: to start it there makes two writers, or its lock is in
/// the way. If it were known to be dead, three steps would do.
#[test]
fn where_there_is_no_plan_it_says_why() {
    let scenario = two_hosts(DB, &["crash: beta", "hang: beta"], TO_ALPHA);
    let told = answer(&scenario, &Options { without: vec!["power-off".into()], ..options(4) });
    assert!(told.plan.is_none() && told.ended.is_none());
    assert_eq!(told.against[0].alone.as_ref().map(Vec::len), Some(3));
    assert!(told.against[1].alone.is_none() && !told.against[1].harms.is_empty());
    let bad = &told.against[0].outcomes[1].1;
    assert!(bad.harm.as_ref().is_some_and(|(hazard, _)| hazard.doc().name == "double-writer"), "{bad:?}");
}

#[test]
fn a_bound_that_is_met_is_told() {
    let scenario = two_hosts(DB, &["crash: beta", "hang: beta"], TO_ALPHA);
    let told = answer(&scenario, &Options { tries: 10, ..options(8) });
    assert!(told.plan.is_none() && told.ended.is_some() && told.depth < 4, "{:?}", told.ended);
}

/// Who is made master has heard nobody yet, and holds gamma for dead, which lives and runs db, until `pool-recover-slaves` has it speak
/// to him: that takes longer than a minute here, since the dead master is waited for. No plan of five steps does without it, and nobody need
/// switch gamma off for it: it is told with the plan.
#[test]
fn the_doubt_of_a_new_master_is_told_and_no_host_is_switched_off_for_it() {
    let scenario = load_file(&root().join("scenarios/master-failure/promotion.yaml"));
    let without = ["check-off", "list_domains", "tap-ctl", "host-list", "reinstall"].map(String::from).to_vec();
    let asked = Options { without, despite: true, ..options(5) };
    let told = answer(&scenario, &asked);
    assert!(told.plan.is_none() && told.depth == 5 && told.ended.is_none());
    let despite = told.despite.as_ref().expect("what the manual says");
    let mut steps = texts(&despite.lines);
    // It is over as soon as can be: the others are told before anything is cleared away. Within five minutes it would be at the end, too.
    assert_eq!(steps[..2], ["xe pool-emergency-transition-to-master", "xe pool-recover-slaves"]);
    assert_eq!((steps[4], steps.len()), ("xe vm-start vm=web on=beta", 5));
    steps.sort_unstable();
    assert!(!steps.iter().any(|step| step.contains("gamma")), "{steps:?}");
    assert!(matches!(&despite.what[..], [(0, what)] if what.contains("gamma")), "{:?}", despite.what);
    let report = poolsim::report::plan::build(&scenario, &told, &asked);
    let text = poolsim::report::plan::text::render(&report, poolsim::report::text::Style::default());
    assert!(
        text.contains("With a danger that passes, this would do:") && text.contains("no plan of up to 5 steps does without it"),
        "{text}"
    );
    // Where it is not asked for, and where a plan is there, nothing is told.
    assert!(answer(&scenario, &Options { despite: false, ..asked.clone() }).despite.is_none());
    let member = load_file(&root().join("scenarios/forget/any-order.yaml"));
    assert!(answer(&member, &Options { despite: true, ..options(4) }).despite.is_none());
}

/// No row of moves that is shorter than the plan does; one that is as long does where the plan has no branches.
#[test]
fn no_shorter_row_of_moves_does() {
    let mut seen = (0, 0);
    for scenario in toys() {
        let told = answer(&scenario, &options(3));
        let moves: Vec<Step> = told.moves.iter().map(|what| what.step.clone()).collect();
        let row = shortest_row(&scenario, &moves, told.plan.as_ref().map_or(2, |plan| plan.cost.depth.min(3)));
        match &told.plan {
            Some(plan) if all(&plan.lines).iter().all(|line| line.ways.is_empty()) => {
                assert_eq!(row, Some(plan.cost.depth), "{}", write::yaml(&scenario));
                seen.0 += 1;
            }
            Some(plan) => assert!(row.is_none_or(|row| row >= plan.cost.depth)),
            None => {
                assert_eq!(row, None, "{}", write::yaml(&scenario));
                seen.1 += 1;
            }
        }
    }
    assert!(seen.0 >= 4 && seen.1 >= 1, "{seen:?}");
}

/// States that are looked at once, and steps that are left out, change no plan: what is found costs the same.
#[test]
fn nothing_is_lost_by_what_is_left_out() {
    for scenario in toys() {
        let told = answer(&scenario, &options(3));
        let brute = answer(&scenario, &Options { brute: true, tries: 4_000_000, ..options(3) });
        assert!(brute.ended.is_none(), "{:?}", brute.ended);
        let cost = |answer: &Answer| answer.plan.as_ref().map(|plan| (plan.cost.depth, plan.cost.downtime, plan.cost.hands));
        assert_eq!(cost(&told), cost(&brute), "{}", write::yaml(&scenario));
        assert!(told.explored <= brute.explored);
    }
}

/// A pool of two hosts, what goes wrong in one or two worlds, and a goal, all of them drawn.
fn random_two_hosts(n: u64) -> Scenario {
    let stream = Stream::new(n, "plan", "two hosts");
    let faults = [
        "crash: beta",
        "hang: beta",
        "isolate: beta",
        "toolstack-stop: beta",
        "vm-crash: db",
        "storage-loss: {host: beta, sr: nfs1}",
        "crash: alpha",
    ];
    let vms =
        ["db: {running-on: beta}", "db: {running-on: beta}, web: {running-on: beta}", "db: {running-on: beta}, web: {running-on: alpha}"];
    let goals = [
        "",
        "",
        TO_ALPHA,
        "goal: [{host: beta, powered: false}]\n",
        "goal: [{host: beta, known: false}]\n",
        "goal: [{vm: db, power-state: halted}]\n",
    ];
    let of = |k: u64, all: &[&'static str]| all[stream.below(k, all.len() as u64) as usize];
    let mut worlds = vec![of(0, &faults)];
    // The console stands on alpha: of what happens to it there is one story in seven, and never beside another.
    let second = of(1, &faults[..6]);
    if stream.below(2, 2) == 0 && worlds[0] != second && worlds[0] != faults[6] {
        worlds.push(second);
    }
    let worlds: String = worlds.iter().enumerate().map(|(at, fault)| format!("  w{at}: [{{at: 5m, fault: {{{fault}}}}}]\n")).collect();
    let (vms, goal, host) = (of(3, &vms), of(4, &goals), if worlds.contains("alpha") { "beta" } else { "alpha" });
    load(
        "random.yaml",
        &format!(
            "pool:\n  hosts: [alpha, beta]\n  storage: {{nfs1: {{type: nfs}}}}\n  vms: {{{vms}}}\nworlds:\n{worlds}\
             recovery: {{at: 20m, host: {host}, steps: [{{note: nothing}}]}}\n{goal}"
        ),
    )
}

/// As few words as must go so that no more than so many moves are left, in an order that is drawn.
fn words_left_out(scenario: &Scenario, n: u64, most: usize) -> Vec<String> {
    let stream = Stream::new(n, "plan", "without");
    let mut moves: Vec<String> = answer(scenario, &options(0)).moves.iter().map(|what| what.text.clone()).collect();
    let mut without = Vec::new();
    for k in 0..500 {
        if moves.len() <= most {
            break;
        }
        // What a command is called by: `power-off`, `host-forget`, `resetvdis.py`.
        let text = &moves[stream.below(k, moves.len() as u64) as usize];
        let named = |word: &&str| word.contains(['-', '.', '_']) && !word.contains(['=', '$']);
        let Some(word) = text.split([' ', '/']).rfind(named).map(str::to_owned) else { continue };
        moves.retain(|text| !text.split([' ', '/']).any(|part| part == word));
        without.push(word);
    }
    without
}

/// On pools of chance, with some of the moves: what the search finds costs as little as what one finds that looks at every state and tries every
/// step; and, where it has no branches, it is as short as the shortest of all rows of these moves, each run by itself. To three steps, and with
/// few moves to four.
#[test]
fn on_random_pools_of_two_hosts_nothing_better_is_lost() {
    let (mut pools, mut plans, mut none, mut parted, mut explored, mut rows) = (0, 0, 0, 0, 0, 0);
    for n in 0..36 {
        let scenario = random_two_hosts(n);
        let (depth, most) = if n % 8 == 7 { (4, 4) } else { (3, 6) };
        let chosen = Options { without: words_left_out(&scenario, n, most), tries: 4_000_000, ..options(depth) };
        let told = answer(&scenario, &chosen);
        let brute = answer(&scenario, &Options { brute: true, ..chosen });
        let what = || format!("pool {n}, without {:?}\n{}", words_left_out(&scenario, n, most), write::yaml(&scenario));
        assert!(told.ended.is_none() && brute.ended.is_none() && !told.lost && !brute.lost, "{}", what());
        let cost = |answer: &Answer| answer.plan.as_ref().map(|plan| (plan.cost.depth, plan.cost.downtime, plan.cost.hands));
        assert_eq!(cost(&told), cost(&brute), "{}", what());
        assert!(told.explored <= brute.explored, "{}", what());
        explored += brute.explored;
        pools += 1;
        let moves: Vec<Step> = told.moves.iter().map(|what| what.step.clone()).collect();
        assert!(moves.len() <= most, "{}", what());
        match &told.plan {
            Some(plan) if all(&plan.lines).iter().all(|line| line.ways.is_empty()) => {
                assert_eq!(shortest_row(&scenario, &moves, plan.cost.depth), Some(plan.cost.depth), "{}", what());
                plans += 1;
            }
            Some(_) => parted += 1,
            // A row of four is tried by the search alone.
            None => {
                assert_eq!(shortest_row(&scenario, &moves, depth.min(3)), None, "{}", what());
                rows += (0..=depth.min(3)).map(|length| moves.len().pow(length as u32)).sum::<usize>();
                none += 1;
            }
        }
    }
    assert!(pools == 36 && plans >= 8 && none >= 5, "{plans} plans, {parted} with branches, {none} pools without one");
    assert!(explored > 2_000 && rows > 400, "{explored} steps by brute force, {rows} rows");
}

/// With every move on every host no plan is shorter.
#[test]
fn no_shorter_plan_is_lost_by_narrowing() {
    for scenario in toys() {
        let told = answer(&scenario, &options(3));
        let wide = answer(&scenario, &Options { wide: true, tries: 4_000_000, ..options(3) });
        assert!(wide.ended.is_none() && wide.moves.len() > told.moves.len());
        let depth = |answer: &Answer| answer.plan.as_ref().map(|plan| plan.cost.depth);
        assert_eq!(depth(&told), depth(&wide), "{}", write::yaml(&scenario));
    }
}

/// Plans of shipped scenarios, written down, load and are safe when they are run; and their own expectations hold.
#[test]
fn what_is_saved_is_safe_when_it_is_run() {
    let mut branches = 0;
    let mut steps = 0;
    for path in shipped() {
        let scenario = load_file(&path);
        let told = answer(&scenario, &Options { tries: 1_500, ..options(4) });
        assert!(!told.lost, "{}", path.display());
        let Some(plan) = told.plan else { continue };
        let text = write::yaml(&plan.scenario);
        let Ok(again) = poolsim::scenario::load("saved.yaml", &text) else { continue };
        let began = told.begins.is_some();
        for case in again.scenario.cases() {
            let run = run::run(&again.scenario, case, engine::Options { seed: again.scenario.seed, ..engine::Options::default() }, &[]);
            assert!(run.recovery_safe() == Some(true) || !began || run.engine.recovery_began.is_none(), "{}\n{text}", path.display());
            assert!(judge::goal(&again.scenario, case, &run.engine.world).is_empty(), "{}\n{text}", path.display());
        }
        for report in common::run(&again.scenario, false) {
            assert!(report.expectations.iter().all(|item| item.passed), "{}\n{text}\n{:#?}", path.display(), report.expectations);
        }
        branches += all(&plan.lines).iter().filter(|line| !line.ways.is_empty()).count();
        steps += all(&plan.lines).len();
    }
    assert!(branches >= 2 && steps >= 20, "{branches} branches, {steps} steps");
}
