//! Runbooks, tried in every world: found, followed, and told by their lines.

mod common;
mod folder;
mod generate;

use folder::Folder;
use generate::Taste;
use poolsim::base::time::Span;
use poolsim::engine::Options;
use poolsim::fault::Act;
use poolsim::run;
use poolsim::scenario::model::{Case, Deed, Recovery, Scenario, Sequence, When};
use poolsim::search::rehearse::{rehearse, sheet};
use std::collections::BTreeMap;
use std::process::Command;

const WORLDS: &str = "scenarios/forget/three-worlds.yaml";

/// Rehearses a text: the object, and the exit status.
fn told(name: &str, text: &str, args: &[&str]) -> (serde_json::Value, i32) {
    let folder = Folder::new(&name.replace('.', "-"));
    let path = folder.file(name, text);
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim"))
        .args(["rehearse", &path, "--pool", WORLDS, "--format", "json"])
        .args(args)
        .current_dir(common::root())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let object = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (object, output.status.code().unwrap())
}

/// The remarks: line, kind, and the worlds.
fn items(object: &serde_json::Value) -> Vec<(u64, String, String)> {
    let items = object["items"].as_array().unwrap();
    let worlds = |item: &serde_json::Value| {
        item["worlds"].as_array().unwrap().iter().map(|world| world.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    items.iter().map(|item| (item["line"].as_u64().unwrap(), item["kind"].as_str().unwrap().to_owned(), worlds(item))).collect()
}

const HASTY: &str = "# When beta is gone

Forget it and start its guests elsewhere:

```sh
HOST=$(xe host-list name-label=beta --minimal)
[ -n \"$HOST\" ] || exit 1
xe host-forget uuid=$HOST --force
sleep 30
/opt/xensource/sm/resetvdis.py $HOST $nfs1
for v in $(xe vm-list power-state=halted is-control-domain=false --minimal | tr , ' '); do
  xe vm-start uuid=$v on=gamma
done
```
";

/// The manual's order without its one sentence, as a wiki has it: right where beta is dead; where it lives its guest is started
/// a second time, and the line that begins that is the one that forgets it.
#[test]
fn a_hasty_page_does_harm_in_two_worlds() {
    let (object, status) = told("hasty.markdown", HASTY, &[]);
    assert_eq!(status, 1);
    assert_eq!(object["matrix"], serde_json::json!({"dead": "outage", "isolated": "corruption", "hung": "corruption"}), "{object:#}");
    let items = items(&object);
    assert!(items.contains(&(8, "missing-before".into(), "isolated hung".into())), "{items:?}");
    assert!(
        items.iter().any(|(line, kind, worlds)| (*line, kind.as_str(), worlds.as_str()) == (12, "harms", "isolated hung")),
        "{items:?}"
    );
    assert!(!items.iter().any(|(_, _, worlds)| worlds.contains("dead")), "{items:?}");
    assert_eq!((&object["first"], &object["not_followed"]), (&8.into(), &serde_json::json!([])));
}

/// The same with a look that ends it unless beta is off: safe in every world, and the world that it can't help is left as it was.
#[test]
fn a_look_makes_it_safe() {
    let look = "ipmitool -H beta-ilo -U admin -P x chassis power off\nipmitool -H beta-ilo chassis power status | grep -q off || exit 1\n";
    let careful = HASTY.replace("xe host-forget", &format!("{look}xe host-forget"));
    let (object, status) = told("careful.markdown", &careful, &[]);
    assert_eq!(status, 0, "{object:#}");
    for world in ["dead", "isolated", "hung"] {
        assert!(["none", "outage", "danger"].contains(&object["matrix"][world].as_str().unwrap()), "{object:#}");
    }
    assert!(items(&object).iter().all(|(_, kind, _)| kind != "harms" && kind != "fails"), "{object:#}");
    assert_eq!(object["missed"], serde_json::json!({}), "db runs on gamma at the end");
}

#[test]
fn slips_of_a_page_are_told_in_one_go() {
    let text = "[root@alpha ~]# xe vm-reset-powersate vm=db --force\n[root@alpha ~]# xe host-forget UUID=$beta --force\n\
                [root@gamma ~]# xe vm-start vm=db on=gamma \u{2013}force\n[root@alpha ~]# XE host-list\n[root@alpha ~]# xe pool-emergency-transition-to-master uuid=$gamma\n";
    let (object, status) = told("slips.txt", text, &["--world", "dead"]);
    let items = items(&object);
    for line in 1..=4 {
        assert!(items.iter().any(|(at, kind, _)| *at == line && kind == "typo"), "{line}: {object:#}");
    }
    assert!(items.contains(&(5, "ignored-key".into(), "dead".into())), "{object:#}");
    assert_eq!(status, 1);
}

/// A placeholder gives no verdict until it is filled in.
#[test]
fn placeholders_are_filled_in() {
    let text = "<html><pre>xe host-forget uuid=&lt;host uuid&gt; --force\nxe vm-start vm=db on=<target></pre></html>";
    let (object, status) = told("wiki.html", text, &[]);
    assert_eq!((status, &object["matrix"]), (1, &serde_json::json!({})));
    let kinds: Vec<(u64, String)> = items(&object).into_iter().map(|(line, kind, _)| (line, kind)).collect();
    assert!(kinds.contains(&(1, "placeholder".into())) && kinds.contains(&(2, "placeholder".into())), "{object:#}");
    let (object, _) = told("wiki.html", text, &["--set", "host_uuid=$beta", "--set", "target=gamma"]);
    assert_eq!(object["matrix"].as_object().unwrap().len(), 3, "{object:#}");
}

#[test]
fn what_cannot_be_followed_is_named_and_gives_no_verdict() {
    let text = "#!/bin/bash\nxe host-list\nwhile true; do\n  xe vm-lst\n  sleep 5\ndone\nxe host-forget uuid=$beta --force\n. ./settings\n";
    let (object, status) = told("loop.sh", text, &[]);
    assert_eq!(object["matrix"], serde_json::json!({}));
    assert!(object["not_followed"].as_array().unwrap().iter().any(|at| at["line"] == 3 && at["what"] == "while"), "{object:#}");
    // What stands in it is looked at all the same.
    assert!(items(&object).iter().any(|(line, kind, _)| *line == 4 && kind == "typo"), "{object:#}");
    assert_eq!(status, 1);
    for (name, text) in [
        ("a.sh", "xe host-list &\n"),
        ("b.sh", "cat list | while read h; do xe host-forget uuid=$h; done\n"),
        ("c.sh", "frobnicate now\n"),
        // A pattern that looks back at itself.
        ("d.sh", "if xe host-list | grep '\\(a\\)\\1'; then xe vm-list; fi\n"),
    ] {
        let (object, _) = told(name, text, &[]);
        assert!(!object["not_followed"].as_array().unwrap().is_empty() && object["matrix"] == serde_json::json!({}), "{name}: {object:#}");
    }
}

/// A question is answered by what was pasted below it, by a pipe, or by nobody.
#[test]
fn questions_are_answered() {
    for (name, text, failed) in [
        ("typed.txt", "[root@alpha ~]# xe host-forget uuid=$beta\nType 'yes' to continue\nyes\n", false),
        ("piped.sh", "echo yes | xe host-forget uuid=$beta\n", false),
        ("here.sh", "xe host-forget uuid=$beta <<< yes\n", false),
        ("nobody.sh", "xe host-forget uuid=$beta\n", true),
    ] {
        let (object, _) = told(name, text, &["--world", "dead"]);
        assert_eq!(items(&object).iter().any(|(_, kind, _)| kind == "fails"), failed, "{name}: {object:#}");
    }
}

/// The shell is the shell's: functions, conditions, `set -e`, other hosts.
#[test]
fn the_shell_is_followed() {
    let text = "set -e\nforget() { xe host-forget uuid=$1 --force; }\nif [[ $(xe host-list name-label=beta --minimal) == \"\" ]]; then exit 0; else forget $beta; fi\n\
                for n in 1 2; do [ $n -eq 2 ] && ssh root@gamma 'xe vm-list --minimal'; done\nA=${NOBODY:-x}\ncase $A in x) xe host-list --minimal;; *) xe vm-list;; esac\nfalse\nxe vm-start vm=db\n";
    let path = "shell.sh";
    let folder = Folder::new("shell-saved");
    let saved = folder.path("saved.yaml");
    let (object, _) = told(path, text, &["--world", "dead", "--save", &saved]);
    assert_eq!(object["commands"], 4, "{object:#}");
    let saved = std::fs::read_to_string(&saved).unwrap();
    for step in ["run: \"xe host-forget uuid=$beta --force\"", "host: gamma, run: xe vm-list --minimal", "run: xe host-list --minimal"] {
        assert!(saved.contains(step) || saved.replace('"', "").contains(&step.replace('"', "")), "{step}: {saved}");
    }
    assert!(!saved.contains("vm-start"), "set -e ends it before: {saved}");
}

/// What is saved begins as the recovery that was named, and `run` shows the same in every world.
#[test]
fn what_is_saved_begins_as_it_was_rehearsed() {
    let folder = Folder::new("begin");
    let pool = "pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\nworlds:\n  dead: [{at: 5m, fault: {crash: beta}}]\n  cut: [{at: 5m, fault: {isolate: beta}}]\nrecoveries:\n  soon: {at: 6m, steps: [{run: xe host-list}]}\n  late: {at: 40m, host: gamma, pace: 7s, steps: [{run: xe host-list}]}\n";
    let (pool, saved) = (folder.file("pool.yaml", pool), folder.path("saved.yaml"));
    let book = folder.file("book.sh", "xe host-list\nxe host-forget uuid=$beta --force\n");
    let args = ["rehearse", &book, "--pool", &pool, "--recovery", "late", "--save", &saved];
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let scenario = common::load_file(std::path::Path::new(&saved));
    assert_eq!((scenario.worlds.len(), scenario.recoveries.len()), (2, 1));
    for case in scenario.cases() {
        let run = run::run(&scenario, case, Options::default(), &[]);
        let began: Vec<String> = run.engine.records[1..].iter().map(|record| record.began.unwrap().to_string()).collect();
        // The second is typed 7 s after the first has ended, which takes a second.
        assert_eq!(began, ["40m", "40m8s"], "{case:?}");
    }
}

/// A recovery as somebody would have pasted it: a prompt of each console, and what hands do as comments. `None` where a step asks
/// for more than a runbook says.
fn pasted(scenario: &Scenario, recovery: &Recovery) -> Option<String> {
    let names = &scenario.pool.names;
    let mut text = String::new();
    for step in &recovery.steps {
        let must = step.expect.as_ref().is_some_and(|expect| expect.must);
        if !matches!(step.when, When::Next) || step.guard.is_some() || step.stdin.is_some() || must || step.timeout != Span::mins(2) {
            return None;
        }
        match &step.deed {
            Deed::Run(script) if script.single().is_some() => {
                text.push_str(&format!("[root@{} ~]# {}\n", names.machine(step.host), script.text.trim()));
            }
            Deed::Act(act) => {
                let (words, of) = match act {
                    Act::PowerOff(of) => ("power off", of),
                    Act::PowerOn(of) => ("power on", of),
                    Act::Reinstall(of) => ("reinstall", of),
                    _ => return None,
                };
                let [only] = of[..] else { return None };
                text.push_str(&format!("# by hand: {words} {}\n", names.machine(only)));
            }
            _ => return None,
        }
    }
    Some(text)
}

/// Rehearses a case's own recovery, and holds it against the case; whether it could.
fn gives_its_own_findings(scenario: &Scenario, case: Case, what: &str) -> bool {
    let Some(recovery) = case.recovery.map(|at| &scenario.recoveries[at]) else { return false };
    let named = scenario.timeline.iter().any(|step| matches!(step.when, When::AfterStep { .. }));
    if named || case.variant.is_some() || !scenario.operators.is_empty() {
        return false;
    }
    let Some(text) = pasted(scenario, recovery) else { return false };
    let sheet = sheet::read("x.txt", &text);
    let options = Options { seed: scenario.seed, ..Options::default() };
    let gone = rehearse(scenario, &[case], &sheet, &BTreeMap::new(), &options).unwrap();
    if gone[0].lost {
        return false;
    }
    let played = gone[0].typist.scenario().unwrap();
    let mine = run::run(&played, played.cases()[0], options.clone(), &[]);
    let own = run::run(scenario, case, options, &[]);
    assert_eq!((mine.end, &mine.found), (own.end, &own.found), "{what} {case:?}\n{text}\n{:#?}", gone[0].typist.typed);
    let shown = |run: &run::Run| {
        let order = run.program.order(Sequence::Recovery).to_vec();
        order
            .iter()
            .map(|step| run.engine.records[usize::from(step.0)].clone())
            .map(|of| (of.began, of.ended, of.status, of.output))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&mine), shown(&own), "{what} {case:?}\n{text}");
    true
}

/// A scenario written as a runbook and rehearsed is the scenario: what is found, when, and what each command shows.
#[test]
fn a_scenario_as_a_runbook_gives_its_own_findings() {
    let mut tried = 0;
    for path in common::shipped() {
        let scenario = common::load_file(&path);
        for case in scenario.cases() {
            tried += u32::from(gives_its_own_findings(&scenario, case, &path.display().to_string()));
        }
    }
    assert!(tried > 30, "{tried} recoveries");
}

/// The same of random scenarios.
#[test]
fn a_random_scenario_as_a_runbook_gives_its_own_findings() {
    let mut tried = 0;
    for n in 0..250 {
        let scenario = common::load("generated.yaml", &generate::scenario(n, if n % 3 == 0 { Taste::Wild } else { Taste::Guarded }));
        tried += u32::from(gives_its_own_findings(&scenario, scenario.cases()[0], &format!("scenario {n}")));
    }
    assert!(tried > 25, "{tried} recoveries");
}

/// The missing line is put in, all else stays to the byte, and what is then said is what a rehearsal of the fixed file says.
#[test]
fn the_missing_lines_are_put_in() {
    let folder = Folder::new("fix");
    let text = HASTY.replace("sleep 30\n", "sleep 30   # as the manual has it\n");
    let (book, fixed) = (folder.file("hasty.markdown", &text), folder.path("fixed.markdown"));
    let rehearsed = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim"))
            .arg("rehearse")
            .args(args)
            .args(["--pool", WORLDS])
            .current_dir(common::root())
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
    };
    let (told, _, status) = rehearsed(&[&book, "--fix", &fixed, "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let written = std::fs::read_to_string(&fixed).unwrap();
    let put: Vec<u64> = told["fixed"]["lines"].as_array().unwrap().iter().map(|put| put["line"].as_u64().unwrap()).collect();
    assert!(!put.is_empty() && told["fixed"]["text"] == written, "{told:#}");
    let rest: String =
        written.split_inclusive('\n').enumerate().filter(|(at, _)| !put.contains(&(*at as u64 + 1))).map(|(_, line)| line).collect();
    assert_eq!(rest, text);
    // M5, M14: beta is off before it is forgotten.
    assert!(written.contains("# by hand: power off beta\nxe host-forget"), "{written}");
    assert_eq!((&told["fixed"]["safe"], status), (&serde_json::json!(["dead", "isolated", "hung"]), 0), "{told:#}");
    let (again, _, status) = rehearsed(&[&fixed, "--format", "json"]);
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again["matrix"], status), (&told["fixed"]["matrix"], 0));
    assert!(again["items"].as_array().unwrap().iter().all(|item| item["kind"] != "harms" && item["kind"] != "fails"), "{again:#}");
    // To standard output goes the runbook alone.
    let (out, err, status) = rehearsed(&[&book, "--fix"]);
    assert_eq!((out, status), (written, 0));
    assert!(err.contains("power off beta") && err.contains("safe in every world"), "{err}");
}

/// In a page of a wiki what is put in stands as that part of it is written: a line of its own in what is kept as it was typed, one that a
/// browser breaks elsewhere.
#[test]
fn what_is_put_into_a_page_stands_as_the_page_is_written() {
    let steps = "xe host-forget uuid=$beta --force\n/opt/xensource/sm/resetvdis.py $beta $nfs1\nxe vm-start vm=db on=gamma";
    let off = "# by hand: power off beta";
    for (name, before, after, put) in [
        ("raw", "<ac:plain-text-body><![CDATA[", "]]></ac:plain-text-body>", format!("<![CDATA[{off}\nxe host-forget")),
        ("pre", "<pre>", "</pre>", format!("<pre>{off}\nxe host-forget")),
        ("text", "<p>", "</p>", format!("<p>{off}<br>\nxe host-forget")),
    ] {
        let steps = if name == "text" { steps.replace('\n', "<br>\n") } else { steps.to_owned() };
        let (object, status) = told(&format!("{name}.html"), &format!("<html><body>{before}{steps}{after}</body></html>\n"), &["--fix"]);
        let text = object["fixed"]["text"].as_str().unwrap();
        assert!(text.contains(&put), "{name}: {text}");
        assert_eq!((&object["fixed"]["safe"], status), (&serde_json::json!(["dead", "isolated", "hung"]), 0), "{name}: {object:#}");
    }
}

/// What a refusal asks for is put in too: the reset and the release before the start (M9, M11, M12).
#[test]
fn what_a_refusal_asks_for_is_put_in() {
    let text = "[root@alpha ~]# xe vm-start vm=db on=gamma\n";
    let (object, status) = told("start.txt", text, &["--world", "dead", "--fix"]);
    let lines: Vec<&str> = object["fixed"]["lines"].as_array().unwrap().iter().map(|put| put["text"].as_str().unwrap()).collect();
    assert!(lines.iter().any(|line| line.starts_with("[root@alpha ~]# xe vm-reset-powerstate uuid=")), "{object:#}");
    assert!(lines.iter().any(|line| line.starts_with("[root@alpha ~]# /opt/xensource/sm/resetvdis.py ")), "{object:#}");
    assert_eq!((&object["fixed"]["safe"], status), (&serde_json::json!(["dead"]), 0), "{object:#}");
}

/// Remarks as code scanning and a workflow's log read them: by line, and no word of the runbook is a command of theirs.
#[test]
fn other_formats_tell_the_same() {
    let folder = Folder::new("formats");
    let book = folder.file("a,b.txt", "[root@alpha ~]# xe host-forget uuid=$beta --force\n[root@alpha ~]# xe vm-lst\n[root@alpha ~]# xe vm-start 'vm=x\u{1b}[2J%0A::error::y'\n");
    let rendered = |format: &str| {
        let args = ["rehearse", &book, "--pool", WORLDS, "--format", format];
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).current_dir(common::root()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let sarif: serde_json::Value = serde_json::from_str(&rendered("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let at = |line: u64, rule: &str| {
        results.iter().any(|of| of["ruleId"] == rule && of["locations"][0]["physicalLocation"]["region"]["startLine"] == line)
    };
    assert!(at(1, "harms") && at(2, "typo"), "{sarif:#}");
    let github = rendered("github");
    assert!(github.lines().all(|line| line.starts_with("::error file=") || line.starts_with("::warning file=")), "{github}");
    assert!(github.lines().any(|line| line.contains(",line=2,col=1,title=typo::") && line.contains("a%2Cb.txt")), "{github}");
    assert!(!github.contains('\u{1b}'));
}

/// Nothing that somebody may paste makes it panic or hang.
#[test]
fn any_text_is_read() {
    let scenario = common::load_file(&common::root().join(WORLDS));
    let case = scenario.cases()[0];
    let pieces = [
        "xe vm-list",
        "$(",
        ")",
        "`",
        "<host>",
        "<",
        "for x in a; do",
        "done",
        "\n",
        "'",
        "\"",
        "${",
        "}",
        "|",
        "while",
        "[root@alpha ~]# ",
        "```",
        "<pre>",
        "</pre>",
        "\u{2013}",
        "ssh beta ",
        "f() { f; }; f",
        "&",
        ";",
        "\\",
        "# ",
        "[[",
        "]]",
        "\u{e000}",
        "\u{e800}",
        "cat <<EOF\nx\nEOF",
        "&#8211;",
        "\r\n",
        "case x in",
    ];
    let draw = poolsim::base::draw::Stream::new(1, "test", "paste");
    for round in 0..400u64 {
        let text: String = (0..12)
            .map(|k| pieces[draw.below(round * 12 + k, pieces.len() as u64) as usize])
            .collect::<Vec<_>>()
            .join(if round % 2 == 0 { " " } else { "\n" });
        for name in ["a.sh", "a.markdown", "a.html", "a.txt"] {
            let sheet = sheet::read(name, &text);
            rehearse(&scenario, &[case], &sheet, &BTreeMap::new(), &Options::default()).unwrap();
        }
    }
}
