//! Drills: each that is shipped is solved in a recorded session in every world of it, and fails in two tempting ways; hints,
//! followed to the end, reach the goal safely and tell nothing that can't be known; the debriefing says what was done.

mod common;
mod folder;

use folder::Folder;
use poolsim::base::time::{Span, Time};
use poolsim::engine::Options;
use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::desk::{Deed, Desk};
use poolsim::search::hint::{Hint, hint};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Plays lines from a pipe: what was printed, and the exit status. A drill whose time is up ends before all lines are read.
fn play(args: &[&str], lines: &str) -> (String, i32) {
    let (text, errors, status) = common::play(args, lines);
    assert_eq!(errors, "", "{args:?}");
    (text, status)
}

/// The shipped drills.
fn drills() -> Vec<(PathBuf, Scenario)> {
    let all = common::shipped().into_iter().filter(|path| path.parent().is_some_and(|folder| folder.ends_with("drills")));
    all.map(|path| (path.clone(), common::load_file(&path))).collect()
}

/// A session of a drill's file: what it is, in which world alone if in one, and what is typed.
struct Session {
    tempting: bool,
    world: Option<String>,
    lines: String,
}

/// The sessions of a drill: `== solved`, `== solved in WORLD`, `== tempting: WHY`, and lines below.
fn sessions(scenario: &Scenario) -> Vec<Session> {
    let path = common::root().join("tests/drills").join(format!("{}.txt", scenario.name));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut all: Vec<Session> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("== ") {
            let world = head.strip_prefix("solved in ").map(str::to_owned);
            let tempting = head.starts_with("tempting: ");
            assert!(tempting || head.starts_with("solved"), "{}: {line}", path.display());
            all.push(Session { tempting, world, lines: String::new() });
        } else if let Some(session) = all.last_mut() {
            session.lines.push_str(line);
            session.lines.push('\n');
        }
    }
    all
}

fn points(text: &str) -> i64 {
    let line = text.lines().find(|line| line.ends_with("points; never less than 0")).unwrap_or_else(|| panic!("{text}"));
    line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn there_are_twelve_in_three_grades_each_with_worlds() {
    let all = drills();
    assert!(all.len() >= 12, "{}", all.len());
    for grade in 1..=3 {
        let count = all.iter().filter(|(_, scenario)| scenario.drill.as_ref().and_then(|drill| drill.grade) == Some(grade)).count();
        assert!(count >= 3, "{count} of grade {grade}");
    }
    for (path, scenario) in &all {
        assert!(scenario.worlds.len() >= 2 && scenario.goal.is_some(), "{}", path.display());
        assert!(!scenario.title.is_empty() && !scenario.drill.as_ref().unwrap().briefing.is_empty(), "{}", path.display());
    }
}

/// A recorded session solves each drill in every world, and without harm, a gamble or anything needless.
#[test]
fn each_is_solved_in_every_world() {
    for (_, scenario) in drills() {
        let sessions = sessions(&scenario);
        for world in &scenario.worlds {
            let solved = |session: &&Session| !session.tempting && session.world.as_ref().is_none_or(|of| *of == world.name);
            // One that is meant for this world goes before one that is meant for all.
            let own = sessions.iter().filter(solved).max_by_key(|session| session.world.is_some());
            let own = own.unwrap_or_else(|| panic!("{} in {}", scenario.name, world.name));
            let (text, status) = play(&[&scenario.name, "--world", &world.name], &format!("{}finish\n", own.lines));
            assert_eq!(status, 0, "{} in {}: {text}", scenario.name, world.name);
            assert!(text.contains("\n  goal      reached\n  data      whole\n"), "{}: {text}", scenario.name);
            for bad in ["did harm", "was a gamble"] {
                assert!(!text.contains(bad), "{} in {}: {bad}: {text}", scenario.name, world.name);
            }
            assert!(points(&text) >= 60, "{} in {}: {text}", scenario.name, world.name);
        }
    }
}

/// Two ways that tempt fail in some world of it, and never earn more than the safe one.
#[test]
fn each_is_failed_in_two_tempting_ways() {
    for (_, scenario) in drills() {
        let tempting: Vec<Session> = sessions(&scenario).into_iter().filter(|session| session.tempting).collect();
        assert!(tempting.len() >= 2, "{}", scenario.name);
        for session in tempting {
            let ends: Vec<(String, i32)> = scenario
                .worlds
                .iter()
                .map(|world| play(&[&scenario.name, "--world", &world.name], &format!("{}finish\n", session.lines)))
                .collect();
            assert!(ends.iter().any(|(_, status)| *status == 1), "{}: {}\n{}", scenario.name, session.lines, ends[0].0);
        }
    }
}

/// What a line of a hint does to a desk.
fn typed(desk: &mut Desk, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["wait", "until", "host", host, held] => {
            desk.wait_for(&format!("{{host: {host}, live: {}}}", held == "alive")).unwrap();
        }
        ["wait", "until", "xe", answers] => {
            desk.wait_for(&format!("{{xe: {answers}}}")).unwrap();
        }
        ["wait", span] => {
            let until = desk.now() + Span::parse(span).unwrap();
            desk.wait(until);
        }
        ["goto", at] => {
            desk.wait(Time::ZERO + Span::parse(at).unwrap());
        }
        ["step"] => {
            desk.step();
        }
        ["ssh", host] => desk.go_to(host),
        ["exit"] => {
            let first = desk.first_console().to_owned();
            desk.go_to(&first);
        }
        [act @ ("power-off" | "power-on" | "check-off"), host] => {
            desk.take(Deed::Act(act.into(), host.into()), None).unwrap();
        }
        _ => {
            desk.take(Deed::Run(line.into()), None).unwrap();
        }
    }
}

/// Hints, followed to the end in every world, reach the goal safely. Two worlds that nothing has told apart get the same hints.
#[test]
fn hints_lead_to_the_goal_and_tell_nothing_that_is_not_known() {
    let mut compared = 0;
    for (_, scenario) in drills() {
        for (world, named) in scenario.worlds.iter().enumerate() {
            let case = |world: usize| Case { world: Some(world), ..Case::default() };
            let desk = |world: usize| Desk::new(&scenario, case(world), Options { seed: scenario.seed, ..Options::default() }).unwrap();
            let mut own = desk(world);
            let mut lines: Vec<String> = Vec::new();
            loop {
                let told = hint(&own, &scenario, case(world), &|| false);
                for other in own.fits(&scenario, case(world)).now.into_iter().filter(|other| *other > world) {
                    let mut twin = desk(other);
                    lines.iter().for_each(|line| typed(&mut twin, line));
                    assert_eq!(told, hint(&twin, &scenario, case(other), &|| false), "{} after {lines:?}", scenario.name);
                    compared += 1;
                }
                let next = match told {
                    Hint::Done => break,
                    Hint::Wait { line } => vec![line],
                    Hint::Step(next) => next.lines,
                    Hint::None { depth, ended } => {
                        panic!("{} in {}: no way of {depth} steps ({ended:?}) after {lines:?}", scenario.name, named.name)
                    }
                };
                next.iter().for_each(|line| typed(&mut own, line));
                lines.extend(next);
                assert!(lines.len() < 40, "{} in {}: {lines:?}", scenario.name, named.name);
            }
            let seed = scenario.seed.to_string();
            let (text, status) =
                play(&[&scenario.name, "--world", &named.name, "--seed", &seed], &format!("{}\nfinish\n", lines.join("\n")));
            assert_eq!(status, 0, "{} in {}: {text}", scenario.name, named.name);
            for bad in ["did harm", "was a gamble"] {
                assert!(!text.contains(bad), "{} in {}: {bad}: {text}", scenario.name, named.name);
            }
        }
    }
    assert!(compared > 20, "{compared}");
}

const FIRST: &str = "first-dead-member";

/// The hasty way of the manual: where beta lives two write to one disk, and where it is dead it was luck.
#[test]
fn the_debriefing_tells_harm_from_luck() {
    let hasty = "wait until host beta dead\nxe host-forget uuid=$beta --force\n/opt/xensource/sm/resetvdis.py $beta $nfs1\nxe vm-start vm=db on=gamma\nfinish\n";
    let (text, status) = play(&[FIRST, "--world", "isolated"], hasty);
    assert_eq!(status, 1, "{text}");
    let told = text.split("DEBRIEFING").nth(1).unwrap();
    assert!(told.contains("missed: db: running-on: [gamma]") && told.contains("damaged"), "{told}");
    // Forgetting takes nobody's disk away, but a living host is forgotten; the release lets the second writer in.
    let forget = told.split("xe host-forget").nth(1).unwrap();
    assert!(forget.split_whitespace().collect::<Vec<_>>().join(" ").contains("did harm: without it there would be no"), "{told}");
    assert!(told.contains("forgotten-host-alive") && told.contains("double-writer"), "{told}");
    let (text, status) = play(&[FIRST, "--world", "dead"], hasty);
    assert_eq!(status, 0, "{text}");
    let told = text.split("DEBRIEFING").nth(1).unwrap();
    assert!(told.contains("was a gamble: all that had been seen fitted world"), "{told}");
    assert!(told.contains("whole") && !told.contains("did harm"), "{told}");
}

/// The sum is the sum of what stands above it.
#[test]
fn the_score_adds_up() {
    let lines = "hint\nhint\nwait until host beta dead\nxe host-forget uuid=$beta --force\nwait 5m\n/opt/xensource/sm/resetvdis.py $beta $nfs1\nxe vm-start vm=db on=gamma\nfinish\n";
    for world in ["dead", "isolated"] {
        let (text, _) = play(&[FIRST, "--world", world], lines);
        let score = text.split("\nSCORE\n").nth(1).unwrap();
        let mut sum = 0;
        for line in score.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["-", n, ..] => sum -= n.parse::<i64>().unwrap(),
                ["=", ..] => break,
                [n, ..] => {
                    if let Some(taken) = n.strip_prefix('-') {
                        sum -= taken.parse::<i64>().unwrap();
                    } else if let Ok(given) = n.parse::<i64>() {
                        sum += given;
                    }
                }
                [] => {}
            }
        }
        assert_eq!(points(&text), sum.max(0), "{text}");
        // Two hints, of three points each.
        assert!(score.contains("2 hints"), "{text}");
    }
}

/// The same word again is more exact: what kind of step, about what, the line.
#[test]
fn a_hint_says_more_each_time() {
    let (text, _) = play(&[FIRST, "--world", "hung"], "wait until host beta dead\nhint\nhint\nhint\nquit\n");
    let told: Vec<&str> = text.split("# hint\n").skip(1).collect();
    assert_eq!(told.len(), 3, "{text}");
    assert!(!told[0].split('[').next().unwrap().contains("beta"), "{text}");
    assert!(told[1].contains("beta") && !told[1].contains("type:"), "{text}");
    assert!(told[2].contains("type: power-off beta") || told[2].contains("type: check-off beta"), "{text}");
}

/// The time of a drill is virtual, and when it is up the drill is debriefed.
#[test]
fn the_time_ends_it() {
    let (text, status) = play(&[FIRST, "--world", "dead"], "wait 2h\nxe vm-list\n");
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("the time is up") && text.contains("DEBRIEFING") && !text.contains("# xe vm-list"), "{text}");
}

/// What is not allowed is refused in words, takes no time, and looking is never forbidden.
#[test]
fn what_is_not_allowed_is_refused_in_words() {
    let (text, status) =
        play(&["no-room-on-gamma", "--seed", "1"], "reinstall beta\nxe -s alpha pool-eject host-uuid=$beta\nxe host-list\nquit\n");
    assert_eq!(status, 1);
    assert!(
        text.contains("this drill does not allow reinstall: it allows power-off") && text.contains("does not allow pool-eject"),
        "{text}"
    );
    assert!(text.contains("[0s alpha] # xe host-list\nuuid"), "{text}");
}

/// A trainer's own scenario becomes a drill by three lines, and its goal is the drill's.
#[test]
fn three_lines_make_a_drill() {
    let folder = Folder::new("drill");
    let path = folder.path("own.yaml");
    let base = "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{at: 5m, fault: {crash: beta}}]\n";
    std::fs::write(&path, format!("{base}drill:\n  briefing: \"db <b>is\\e[31m gone\"\n  within: 40m\n")).unwrap();
    let (text, status) = play(&[&path], "finish\n");
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("Time:     40m on the virtual clock") && text.contains("missed: db runs nowhere"), "{text}");
    assert!(!text.contains('\u{1b}'), "no word of a file acts on a terminal");
    std::fs::write(&path, format!("{base}drill: {{goal: [{{vm: db, power-state: halted, running-on: []}}]}}\n")).unwrap();
    let (text, status) = play(&[&path], "wait until host beta dead\nxe vm-reset-powerstate vm=db --force\nfinish\n");
    assert_eq!(status, 0, "{text}");
}

/// What is wrong with a drill is told with its place.
#[test]
fn a_wrong_drill_is_told() {
    let base = "until: 1h\npool: {hosts: [alpha, beta]}\n";
    for (drill, code) in [
        ("{within: 2h}", "after-end"),
        ("{within: 0s}", "wrong-value"),
        ("{grade: 4}", "wrong-value"),
        ("{allow: []}", "wrong-value"),
        ("{allow: [vm-strat]}", "unknown-name"),
        ("{goal: []}", "wrong-value"),
        ("{goal: [{vm: x, power-state: running}]}", "unknown-name"),
        ("{score: {danger: -1}}", "wrong-value"),
        ("{breifing: x}", "unknown-key"),
        ("now", "wrong-type"),
    ] {
        let told = poolsim::scenario::load("x.yaml", &format!("{base}drill: {drill}\n")).expect_err(drill);
        assert!(told.iter().any(|told| told.code == code), "{drill}: {told:?}");
    }
    let loaded = poolsim::scenario::load("x.yaml", &format!("{base}drill:\n")).unwrap().scenario;
    assert_eq!(loaded.drill.unwrap().score.goal, 100);
}

/// The list has every drill, and what was learned only where that is asked for.
#[test]
fn what_was_learned_is_kept_where_that_is_asked_for() {
    let folder = Folder::new("learned");
    let state = folder.path("state");
    let run = |args: &[&str], lines: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_poolsim"))
            .arg("play")
            .args(args)
            .env("XDG_STATE_HOME", &state)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    };
    let (list, status) = run(&[], "");
    assert_eq!(status, 0);
    for (_, scenario) in drills() {
        assert!(list.contains(&format!("  {}", scenario.name)), "{}: {list}", scenario.name);
    }
    let solved = "wait until host beta dead\npower-off beta\nxe host-forget uuid=$beta --force\n/opt/xensource/sm/resetvdis.py $beta $nfs1\nxe vm-start vm=db on=gamma\nfinish\n";
    assert_eq!(run(&[FIRST, "--world", "dead"], solved).1, 0);
    assert!(!std::path::Path::new(&state).exists(), "nothing is written unasked");
    assert_eq!(run(&["--progress", FIRST, "--world", "dead"], solved).1, 0);
    assert!(run(&["--progress"], "").0.contains("done in 1 of 3 worlds"));
    assert!(!run(&[], "").0.contains("done in"));
    // With help it is not learned yet.
    assert_eq!(run(&["--progress", FIRST, "--world", "hung"], &format!("hint\n{solved}")).1, 0);
    assert!(run(&["--progress"], "").0.contains("done in 1 of 3 worlds"));
    for world in ["isolated", "hung"] {
        assert_eq!(run(&["--progress", FIRST, "--world", world], solved).1, 0);
    }
    assert!(run(&["--progress"], "").0.contains("learned: done in every world"));
    std::fs::write(format!("{state}/poolsim/drills.json"), "{").unwrap();
    assert_eq!(run(&["--progress"], "").1, 3);
}
