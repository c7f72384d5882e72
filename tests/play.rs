//! The trainee's console: what is typed, what is seen, and that the truth stays hidden.

mod common;
mod folder;

use common::play;
use folder::Folder;
use poolsim::base::time::{Span, Time};
use poolsim::engine::Options;
use poolsim::play::{Next, Player, Seat, drawn};
use poolsim::report::text::Style;
use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::desk::{Deed, Desk, Seen};
use std::process::Command;

const WORLDS: &str = "scenarios/forget/three-worlds.yaml";

/// The careful way of the manual, typed by hand: look, switch off, forget, release, start.
#[test]
fn a_recovery_is_typed_by_hand() {
    let lines = "wait until host beta dead\nxe vm-start vm=db on=gamma\ncheck-off beta\npower-off beta\ncheck-off beta\nxe host-forget uuid=$beta\nyes\n\
                 xe vm-start vm=db on=gamma\nwhy\n/opt/xensource/sm/resetvdis.py $beta $nfs1\nxe vm-start vm=db on=gamma\nstatus\nfinish\n";
    let (text, err, status) = play(&[WORLDS, "--world", "isolated"], lines);
    assert_eq!((status, err.as_str()), (0, ""), "{text}");
    let after = |line: &str| text.split(&format!("# {line}\n")).nth(1).unwrap_or_else(|| panic!("{line}: {text}")).to_owned();
    // Its database holds db for running, so a start is refused before anything else.
    assert!(after("xe vm-start vm=db on=gamma").contains("expected: halted\nactual: running\n"), "{text}");
    assert!(!after("check-off beta").starts_with("beta is off"), "it runs, cut off");
    assert!(after("power-off beta").contains("check-off beta\nbeta is off\n"), "{text}");
    assert!(after("xe host-forget uuid=$beta").contains("Type 'yes' to continue\nyes\n"), "{text}");
    assert!(after("why").starts_with("SR_BACKEND_FAILURE_46: "), "{text}");
    assert!(after("status").contains("db       running on gamma"), "{text}");
    assert!(after("finish").starts_with("The world was isolated.\n"), "{text}");
    assert!(!after("finish").contains("CORRUPTION") && after("finish").contains("runs on gamma"), "{text}");
    // Nobody said which it was before.
    assert!(!text.split("# finish").next().unwrap().contains("isolated"), "{text}");
}

/// A question without an answer is one that standard input could not answer.
#[test]
fn a_question_at_the_end_of_the_lines_is_a_closed_input() {
    let (text, _, status) = play(&[WORLDS, "--seed", "1"], "wait 20m\nxe host-forget uuid=$beta\n");
    assert_eq!(status, 0);
    assert!(text.ends_with("Type 'yes' to continue\nLost connection to the server.\n"), "{text}");
    let (text, _, _) = play(&[WORLDS, "--seed", "1"], "wait 20m\nxe host-forget uuid=$beta\nno\nstatus\n");
    assert!(text.contains("Aborted (you typed: 'no')\n") && text.contains("beta     dead, enabled"), "{text}");
}

#[test]
fn what_is_mistyped_costs_nothing() {
    let (text, _, status) = play(
        &[WORLDS, "--seed", "1"],
        "wait 5\nwait until host bta dead\nxe host-param-get uuid=$bta\nssh bta\npower-off bta\nxe 'x\ngoto\nundo\n# a remark\n\nquit\n",
    );
    assert_eq!(status, 0);
    for says in ["did you mean beta?", "nothing has the name `$bta`", "there is nothing to take back", "`goto` wants an instant"] {
        assert!(text.contains(says), "{says}: {text}");
    }
    assert!(text.ends_with("[0s alpha] # quit\n"), "no time went by: {text}");
    let (_, err, status) = play(&["-"], "");
    assert!(status == 2 && err.contains("standard input is where lines are typed"), "{err}");
    let (_, err, status) = play(&[WORLDS, "--world", "ded"], "");
    assert!(status == 2 && err.contains("`dead`"), "{err}");
}

/// Lines by a generator of one number: looks, waits, and what does harm.
fn lines(seed: u64, scenario: &Scenario) -> Vec<String> {
    let draw = poolsim::base::draw::Stream::new(seed, "test", "play");
    let names = &scenario.pool.names;
    let hosts: Vec<&str> = names.machine_ids().map(|machine| names.machine(machine)).collect();
    let vms: Vec<&str> = names.vm_ids().map(|vm| names.vm(vm)).collect();
    let mut k = 0;
    let mut below = |n: usize| {
        k += 1;
        draw.below(k, n as u64) as usize
    };
    (0..12)
        .map(|_| {
            let host = hosts[below(hosts.len())].to_owned();
            let vm = if vms.is_empty() { String::new() } else { vms[below(vms.len())].to_owned() };
            match below(14) {
                0 => format!("ssh {host}"),
                1 => "exit".into(),
                2 => "step".into(),
                3 => format!("wait {}s", below(900) + 1),
                4 => format!("check-off {host}"),
                5 => format!("power-off {host}"),
                6 => format!("power-on {host}"),
                7 => format!("xe host-forget uuid=${{{host}}} --force"),
                8 => format!("xe vm-start vm={vm} on={host}"),
                9 => format!("xe vm-reset-powerstate vm={vm} --force"),
                10 => "undo".into(),
                11 => "xe host-list params=all".into(),
                12 => format!("goto {}m", below(30)),
                _ => "xe pool-emergency-transition-to-master".into(),
            }
        })
        .collect()
}

/// What was played is what was saved: to the digest.
#[test]
fn a_saved_session_runs_as_it_was_played() {
    let folder = Folder::new("saved");
    let digest = |text: &str| {
        let at = text.find("digest").unwrap_or_else(|| panic!("{text}"));
        text[at..].split_whitespace().find(|word| word.len() >= 32).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let mut played_through = 0;
    for seed in 0..24u64 {
        let all = common::shipped();
        let path = &all[(seed as usize * 7) % all.len()];
        let scenario = common::load_file(path);
        let saved = folder.path(&format!("{seed}.yaml"));
        let typed = format!("{}\nsave {saved}\nfinish\n", lines(seed, &scenario).join("\n"));
        let (played, err, status) = play(&[&path.display().to_string(), "-v", "--seed", &seed.to_string()], &typed);
        assert!((0..=2).contains(&status), "{status}: {err}\n{typed}");
        if status == 2 {
            // Its timeline hangs on a recovery of its own.
            assert!(err.contains("can't be played"), "{}: {err}", path.display());
            continue;
        }
        if scenario.drill.is_some() && !std::path::Path::new(&saved).exists() {
            // Its time was over before that was typed.
            assert!(played.contains("DEBRIEFING"), "{}: {typed}\n{played}", path.display());
            continue;
        }
        played_through += 1;
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(["run", "-v", &saved]).output().unwrap();
        let run = String::from_utf8(output.stdout).unwrap();
        assert!(!run.is_empty(), "{}: {typed}\n{}", path.display(), String::from_utf8_lossy(&output.stderr));
        assert_eq!(digest(&played), digest(&run), "{}: {typed}\n{}", path.display(), String::from_utf8_lossy(&output.stderr));
    }
    assert!(played_through > 15, "{played_through}");
}

fn desk(scenario: &Scenario, world: usize) -> Desk {
    let variant = scenario.cases()[0].variant;
    Desk::new(scenario, Case { world: Some(world), recovery: None, variant }, Options::default()).unwrap()
}

/// The looks that `status` stands for.
const LOOKS: [&str; 4] = [
    "xe host-list params=uuid,enabled,host-metrics-live",
    "xe vm-list params=uuid,power-state,resident-on",
    "xe vdi-list params=uuid,sm-config",
    "xe pool-list params=master",
];

/// What is shown unasked, and what `status` shows, differs between two worlds only where a command at that console and instant
/// would tell them apart.
#[test]
fn the_truth_does_not_leak() {
    let (mut same, mut apart) = (0, 0);
    for path in common::shipped() {
        let scenario = common::load_file(&path);
        if scenario.worlds.len() < 2 {
            continue;
        }
        let hosts: Vec<String> = scenario.pool.names.machine_ids().map(|machine| scenario.pool.names.machine(machine).to_owned()).collect();
        let end = scenario.until.map_or(Time::ZERO + Span::mins(40), |until| until);
        for minute in (3..40).step_by(4) {
            let at = Time::ZERO + Span::mins(minute) + Span::millis(777);
            if at >= end {
                continue;
            }
            for host in &hosts {
                let worlds: Vec<Desk> = (0..scenario.worlds.len())
                    .map(|world| {
                        let mut desk = desk(&scenario, world);
                        desk.wait(at);
                        desk.go_to(host);
                        desk
                    })
                    .collect();
                let (first, others) = worlds.split_first().unwrap();
                for other in others {
                    let (one, two) = (first.seen(), other.seen());
                    if one == two {
                        same += 1;
                        continue;
                    }
                    apart += 1;
                    let told = LOOKS.iter().any(|look| {
                        // How long it took is seen as well.
                        let output = |desk: &Desk| {
                            let mut desk = desk.clone();
                            let came = desk.take(Deed::Run((*look).into()), None).map(|came| (came.output, came.status));
                            (came, desk.now())
                        };
                        output(first) != output(other)
                    });
                    assert!(told, "{} at {at} on {host}: {one:?}, {two:?}", path.display());
                }
            }
        }
    }
    assert!(same > 100 && apart > 100, "{same} alike, {apart} apart");
}

/// All else is the same, whatever the world is: greeting, help, what time does.
#[test]
fn nothing_else_tells_worlds_apart() {
    let mut alike = 0;
    for path in common::shipped() {
        let scenario = common::load_file(&path);
        if scenario.worlds.len() < 2 {
            continue;
        }
        let told: Vec<String> = scenario
            .worlds
            .iter()
            .map(|world| {
                let (text, ..) = play(
                    &[&path.display().to_string(), "--world", &world.name, "--seed", "3"],
                    "help\nhint\nhint\nhint\nwait 10m\nwhy\nundo\ngoto 3m\nbla\nwhy\n",
                );
                text.lines().filter(|line| !line.starts_with("  ~ ")).collect::<Vec<_>>().join("\n")
            })
            .collect();
        // A console may be dark, and a shell is not the database's.
        if told.iter().all(|text| text.contains("bla: command not found")) {
            assert!(told.windows(2).all(|two| two[0] == two[1]), "{}: {}\n{}", path.display(), told[0], told[1]);
            alike += 1;
        }
    }
    assert!(alike > 10, "{alike}");
}

/// Which world it is is drawn by the seed, and all of them come.
#[test]
fn the_seed_draws_the_world() {
    let mut drawn = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let (text, ..) = play(&[WORLDS, "--seed", &seed.to_string()], "finish\n");
        drawn.insert(text.split("The world was ").nth(1).unwrap().split('.').next().unwrap().to_owned());
        let (again, ..) = play(&[WORLDS, "--seed", &seed.to_string()], "finish\n");
        assert_eq!(text, again);
    }
    assert_eq!(drawn.into_iter().collect::<Vec<_>>(), ["dead", "hung", "isolated"]);
}

/// What is taken back never was.
#[test]
fn undo_and_goto_leave_no_trace() {
    let scenario = common::load_file(&common::root().join(WORLDS));
    let mut desk = desk(&scenario, 1);
    desk.wait(Time::ZERO + Span::mins(16));
    let before = (desk.saved(), desk.seen());
    desk.take(Deed::Run("xe host-forget uuid=$beta --force".into()), None).unwrap();
    desk.go_to("gamma");
    assert_ne!(desk.seen(), before.1);
    let played = desk.saved();
    assert_eq!(desk.back_to(Time::ZERO + Span::mins(15)), 1);
    assert!(desk.undo(), "the way back itself is taken back");
    assert_eq!(desk.saved(), played);
    assert!(desk.undo() && desk.undo());
    assert_eq!((desk.saved(), desk.seen()), before);
    assert!(matches!(desk.seen(), Seen::Pool(_)));
}

/// A desk is opened in the middle of a run: what the recovery has done by then is done, the rest is the player's.
#[test]
fn a_run_is_taken_over_at_an_instant() {
    let run = |when: &str, lines: &str| {
        common::program(&["run", "--play-from", when, WORLDS, "--world", "isolated", "--recovery", "careful"], lines)
    };
    // beta is found dead at 15m; a minute later it is looked at, another later switched off, another later looked at again.
    let (text, err, status) = run("18m30s", "check-off beta\nxe host-list params=name-label --minimal\nfinish\n");
    assert_eq!((status, err.as_str()), (0, ""), "{text}");
    assert!(text.contains("[18m30s alpha] # check-off beta\nbeta is off\n"), "{text}");
    assert!(text.contains("# xe host-list params=name-label --minimal\nalpha,beta,gamma\n"), "nothing is forgotten yet: {text}");
    let end = text.split("# finish").nth(1).unwrap();
    assert!(end.contains("power-off: beta") && !end.contains("host-forget uuid"), "{end}");
    // The cut itself is the first hazard: beta has no master any more.
    let (text, ..) = run("hazard", "quit\n");
    assert!(text.contains("m alpha] # quit") || text.contains("s alpha] # quit"), "{text}");
    assert!(run("2h", "quit\n").2 == 0 && run("noon", "").2 == 2);
    let several = Command::new(env!("CARGO_BIN_EXE_poolsim"))
        .args(["run", "--play-from", "5m", WORLDS])
        .current_dir(common::root())
        .output()
        .unwrap();
    assert!(several.status.code() == Some(2) && String::from_utf8_lossy(&several.stderr).contains("has several recoveries"));
}

/// Somebody at the console of a member that is cut off, where `xe` hangs.
fn at_the_member(asks: bool) -> Player {
    let scenario = common::load_file(&common::root().join(WORLDS));
    let options = Options { seed: 1, ..Options::default() };
    let isolated = scenario.worlds.iter().position(|world| world.name == "isolated");
    let case = Case { world: isolated, ..drawn(&scenario, options.seed) };
    let seat = Seat { file: "x.yaml".into(), scenario, case, options, open: false, asks, style: Style::default() };
    let mut player = Player::new(seat).unwrap();
    assert!(["goto 20m", "ssh beta"].into_iter().all(|line| player.typed(line) == Next::Line));
    player.said();
    player
}

/// Whoever waits is asked after 10, 30 and 60 seconds, and has then waited as long as one who was never asked; Ctrl-C gives it up
/// at once.
#[test]
fn who_types_is_asked_how_long_to_wait() {
    let mut waits = at_the_member(true);
    assert_eq!(waits.typed("xe host-list"), Next::Answer);
    assert_eq!((waits.said().as_str(), waits.prompt().as_str()), ("  no answer for 10s: Enter waits on, Ctrl-C gives it up\n", ""));
    assert_eq!(waits.answered(Some("")), Next::Answer);
    assert_eq!(waits.answered(Some("")), Next::Answer);
    assert_eq!(waits.said().lines().filter(|line| line.starts_with("  no answer for ")).count(), 2);
    assert_eq!(waits.answered(Some("")), Next::Line);
    // 120 s, and one to type the next line.
    assert_eq!(waits.prompt(), "[22m1s beta] # ");
    let mut never_asked = at_the_member(false);
    assert_eq!(never_asked.typed("xe host-list"), Next::Line);
    assert_eq!(never_asked.prompt(), waits.prompt());
    let mut gives_up = at_the_member(true);
    assert_eq!(gives_up.typed("xe host-list"), Next::Answer);
    assert_eq!(gives_up.answered(None), Next::Line);
    assert_eq!(gives_up.prompt(), "[20m11s beta] # ");
    assert!(gives_up.saved().contains("timeout: 10s"), "{}", gives_up.saved());
    // It is all one line, and taken back as one.
    gives_up.typed("undo");
    assert_eq!(gives_up.prompt(), "[20m beta] # ");
}

/// A command that hangs is given up when whoever typed it says so, and a session that is saved says when.
#[test]
fn a_hanging_command_is_interrupted() {
    let scenario = common::load_file(&common::root().join(WORLDS));
    let mut desk = desk(&scenario, 1);
    desk.wait(Time::ZERO + Span::mins(20));
    desk.go_to("beta");
    let line = || Deed::Run("xe host-list".into());
    let whole = desk.clone().take(line(), None).unwrap();
    assert_eq!(whole.status, poolsim::world::event::Status::Hung);
    let came = desk.take_within(line(), None, Some(Span::secs(10))).unwrap();
    assert_eq!(came.status, poolsim::world::event::Status::Hung);
    assert_eq!(desk.now(), Time::ZERO + Span::mins(20) + Span::secs(11), "ten seconds, and one to type the next line");
    assert!(desk.saved().contains("timeout: 10s"), "{}", desk.saved());
}
