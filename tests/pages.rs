//! The pages of other commands than `run`: well-formed, closed, and true to what the command prints.

mod common;
mod folder;
mod sheet;

use folder::Folder;
use serde_json::Value;
use sheet::{closed, of, parsed, text};
use std::process::Command;

/// What a command prints, whatever came of it but wrong usage.
fn poolsim(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).current_dir(common::root()).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command with a page: what it prints as JSON, and the page.
fn with_page(folder: &Folder, args: &[&str]) -> (Value, String) {
    let page = format!("html={}", folder.path("page.html"));
    let json = poolsim(&[args, &["--format", "json", "--report", &page]].concat());
    let html = folder.read("page.html");
    closed(&html, &args.join(" "));
    (serde_json::from_str(&json).unwrap(), html)
}

/// How many pictures stand in a part of a page.
fn pictures(part: roxmltree::Node<'_, '_>) -> usize {
    part.descendants().filter(|node| node.attribute("class") == Some("picture")).count()
}

/// Each rule opens to the order that breaks it, and what is told there is what a run of that order shows.
#[test]
fn each_rule_of_orders_opens_to_its_counterexample() {
    let folder = Folder::new("orders");
    let (mut told, mut findings) = (0, 0);
    for path in ["scenarios/forget/any-order.yaml", "scenarios/forget/three-worlds.yaml"] {
        let saved = folder.path("saved");
        let mut args = vec!["orders", path, "--save", &saved, "--all"];
        if path.contains("three-worlds") {
            args.extend(["--recovery", "careful", "--subsets"]);
        }
        let (json, html) = with_page(&folder, &args);
        let document = parsed(&html);
        let rules = json["rules"].as_array().unwrap();
        let folds = of(&document, "details", "");
        assert_eq!(folds.len(), rules.iter().filter(|rule| !rule["counterexample"].is_null()).count(), "{path}");
        let mut files: Vec<_> = std::fs::read_dir(&saved).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        // Their names begin with the number of the rule.
        assert_eq!(files.len(), folds.len(), "{path}");
        for (fold, (rule, file)) in folds.iter().zip(rules.iter().zip(&files)) {
            let example = &rule["counterexample"];
            let words: Vec<&str> = example["order"].as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
            let shown = text(*fold);
            assert!(
                shown.contains(&format!("By this order: {}.", if words.is_empty() { "nothing at all".into() } else { words.join(", ") })),
                "{path}: {shown}"
            );
            let run: Value = serde_json::from_str(&poolsim(&["run", &file.display().to_string(), "--format", "json"])).unwrap();
            let here = |tag: &str| fold.descendants().filter(|node| node.tag_name().name() == tag).count();
            assert_eq!(here("article"), run[0]["hazards"].as_array().unwrap().len(), "{path}: {}", file.display());
            assert_eq!(pictures(*fold), 1);
            for finding in run[0]["hazards"].as_array().unwrap() {
                assert!(shown.contains(finding["hazard"].as_str().unwrap()), "{path}: {finding}");
                findings += 1;
            }
            told += 1;
        }
        for (class, n) in json["classes"].as_object().unwrap() {
            let row = of(&document, "tr", "").into_iter().find(|row| row.first_element_child().is_some_and(|first| text(first) == *class));
            assert_eq!(text(row.unwrap().children().filter(|node| node.is_element()).nth(1).unwrap()), n.to_string(), "{path}: {class}");
        }
        std::fs::remove_dir_all(&saved).unwrap();
    }
    assert!(told > 5 && findings > 10, "{told} {findings}");
}

/// Both runs stand beside each other, and the first difference is marked in the pictures and in the rows.
#[test]
fn two_runs_stand_side_by_side() {
    let folder = Folder::new("diff");
    let path = "scenarios/forget/three-worlds.yaml";
    let sides = ["diff", path, "--world", "isolated", "--left", "recovery=careful", "--right", "recovery=hasty"];
    let (json, html) = with_page(&folder, &sides);
    let (document, parting) = (parsed(&html), &json[0]["parting"]);
    let marks: Vec<&str> = of(&document, "g", "parting").iter().filter_map(|mark| mark.attribute("data-us")).collect();
    assert_eq!(marks, [parting["left"]["us"].to_string(), parting["right"]["us"].to_string()]);
    let rows = of(&document, "tr", "parting");
    assert_eq!(rows.len(), 2, "on top, and among the events");
    for side in ["left", "right"] {
        assert!(text(rows[0]).contains(parting[side]["what"].as_str().unwrap()), "{}", text(rows[0]));
    }
    // What stands on one side alone is what only that run has, in its order; what stands on both is what both have.
    let only = json[0]["only"].as_array().unwrap();
    let mut lacking = 0;
    for (at, side) in ["left", "right"].into_iter().enumerate() {
        let all: Vec<&str> = only.iter().filter(|one| one["side"] == side).map(|one| one["event"]["what"].as_str().unwrap()).collect();
        let mut rest = all.iter();
        for row in of(&document, "tr", "apart") {
            let cells: Vec<_> = row.children().filter(|node| node.tag_name().name() == "td").collect();
            if cells[at].attribute("class") == Some("lacks") {
                continue;
            }
            assert_eq!(cells[1 - at].attribute("class"), Some("lacks"));
            assert!(rest.any(|what| text(cells[at]).ends_with(what)), "{side}: {}", text(cells[at]));
            lacking += 1;
        }
    }
    assert!(lacking > 5, "{lacking}");
    let found = json[0]["findings"].as_array().unwrap();
    assert!(!found.is_empty() && found.iter().all(|finding| text(document.root()).contains(finding["what"].as_str().unwrap())));
    // A run beside itself.
    let (json, html) = with_page(&folder, &["diff", path, "--world", "dead", "--left", "recovery=careful", "--right", "recovery=careful"]);
    assert_eq!(json[0]["agree"], true);
    assert!(html.contains("The two runs agree in every event") && !html.contains("class=\"parting"), "{html}");
    // Many pairs: a list, and those that part in full.
    let (json, html) = with_page(&folder, &["diff", path, "--release-matrix"]);
    let document = parsed(&html);
    let apart = json.as_array().unwrap().iter().filter(|pair| pair["agree"] == false).count();
    assert_eq!(of(&document, "section", "").iter().filter(|part| part.attribute("id").is_some()).count(), apart.min(6));
    assert_eq!(of(&document, "svg", "picture").len(), 2 * apart.min(6));
}

/// Each case is a row, and each that is not as expected opens to what failed, and to its picture.
#[test]
fn a_suite_has_a_row_a_case() {
    let folder = Folder::new("suite");
    let (json, html) = with_page(&folder, &["test", "tests/must-fail", "scenarios/forget"]);
    let document = parsed(&html);
    let listing = of(&document, "section", "listing")[0];
    let rows: Vec<_> = listing.descendants().filter(|node| node.tag_name().name() == "tr").skip(1).collect();
    let cases = json.as_array().unwrap();
    assert_eq!(rows.len(), cases.len());
    let folds = of(&document, "details", "");
    let mut failed = 0;
    for (row, case) in rows.iter().zip(cases) {
        let (shown, result) = (text(*row), case["test"]["result"].as_str().unwrap());
        assert!(shown.starts_with(result), "{shown}");
        assert!(shown.contains(case["test"]["file"].as_str().unwrap()), "{shown}");
        if let Some(worst) = case["worst"].as_str() {
            assert!(shown.contains(worst), "{shown}");
        }
        assert_eq!(row.attribute("class"), (result == "failed").then_some("ill"), "{shown}");
        if result == "failed" {
            let fold = text(folds[failed]);
            for failure in case["test"]["failures"].as_array().unwrap() {
                assert!(fold.contains(&format!(":{}", failure["line"])) && fold.contains("Expected: "), "{fold}");
            }
            assert_eq!(pictures(folds[failed]), usize::from(failed < 20), "{fold}");
            failed += 1;
        }
    }
    assert_eq!(folds.len(), failed);
    assert!(failed > 20, "{failed}");
    // Files that are no scenarios are told as well, and names are text.
    let hostile = folder.file("w/wrong <b> & \u{202e}.yaml", "pool: {hosts: [a, a], \"<script>\": 1}\n");
    let page = folder.path("page.html");
    let output =
        Command::new(env!("CARGO_BIN_EXE_poolsim")).args(["test", &hostile, "--report", &format!("html={page}")]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let html = folder.read("page.html");
    closed(&html, "wrong");
    let document = parsed(&html);
    assert_eq!(of(&document, "script", "").len(), 1);
    assert_eq!(of(&document, "details", "").len(), 1);
    assert!(text(document.root()).contains("wrong <b> & \\u{202e}.yaml"), "{html}");
}

/// A share stands as the report for programs has it, its bar where the share is, and a command for each seed that is named.
#[test]
fn a_sweep_has_its_shares_as_bars() {
    let folder = Folder::new("sweep");
    let path = "scenarios/forget/three-worlds.yaml";
    let (json, html) = with_page(&folder, &["sweep", path, "--seeds", "0..8"]);
    let document = parsed(&html);
    let folds = of(&document, "details", "");
    let cases = json.as_array().unwrap();
    assert_eq!(folds.len(), cases.len());
    let mut told = 0;
    for (fold, case) in folds.iter().zip(cases) {
        let bars: Vec<_> =
            fold.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("interval "))).collect();
        let hazards = case["hazards"].as_array().unwrap();
        assert_eq!(bars.len(), hazards.len());
        for (bar, hazard) in bars.iter().zip(hazards) {
            let row = bar.ancestors().find(|node| node.tag_name().name() == "tr").unwrap();
            let shown = text(row);
            assert!(shown.contains(hazard["hazard"].as_str().unwrap()), "{shown}");
            for seed in hazard["first_seeds"].as_array().unwrap() {
                assert!(shown.contains(&format!("poolsim run three-worlds.yaml --world {}", case["world"].as_str().unwrap())), "{shown}");
                assert!(shown.contains(&format!("--seed {seed}")), "{shown}");
            }
            // From 4 to 164 is from none to all; the bar goes from the lower end to the upper, the dot is at the share itself.
            let number = |tag: &str, name: &str| -> f64 {
                let part = bar.children().find(|node| node.tag_name().name() == tag).unwrap();
                part.attribute(name).unwrap().parse().unwrap()
            };
            let share: Vec<f64> = hazard["share"]
                .as_array()
                .unwrap()
                .iter()
                .map(|end| end.as_str().map_or_else(|| end.as_f64().unwrap(), |end| end.parse().unwrap()))
                .collect();
            let at = |share: f64| 4.0 + 160.0 * share;
            assert!((number("circle", "cx") - at(share[1])).abs() <= 1.0, "{hazard}");
            assert!((number("rect", "x") - at(share[0])).abs() <= 1.0, "{hazard}");
            assert!((number("rect", "x") + number("rect", "width") - at(share[2])).abs() <= 2.0, "{hazard}");
            told += 1;
        }
    }
    assert!(told > 10, "{told}");
    // Where settings are varied, the heat map; where sides are compared, both.
    let vary = ["--vary", "host-dead-after=60s..8m/2", "--vary", "command=1s..5s/2"];
    let (json, html) =
        with_page(&folder, &[&["sweep", path, "--world", "dead", "--recovery", "hasty", "--seeds", "0..3"][..], &vary].concat());
    let document = parsed(&html);
    assert_eq!((of(&document, "svg", "heat").len(), json.as_array().unwrap().len()), (1, 4));
    let sides = ["--compare", "recovery=careful", "recovery=hasty"];
    let (json, html) = with_page(&folder, &[&["sweep", path, "--world", "isolated", "--seeds", "0..3"][..], &sides].concat());
    let document = parsed(&html);
    let shown = text(document.root());
    assert!(shown.contains("recovery=careful") && shown.contains("recovery=hasty"));
    for hazard in json[0]["hazards"].as_array().unwrap() {
        assert!(shown.contains(hazard["hazard"].as_str().unwrap()), "{hazard}");
    }
}

/// What a player types, and what is written at the end.
fn played(folder: &Folder, args: &[&str], typed: &str) -> (i32, String) {
    use std::io::Write as _;
    use std::process::Stdio;
    let page = format!("html={}", folder.path("play.html"));
    let mut child = (Command::new(env!("CARGO_BIN_EXE_poolsim")).args([&["play"], args, &["--report", &page]].concat()))
        .current_dir(common::root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// A session is written as a page when it ends, with its debriefing and what was typed; a drill that is left gives nothing away.
#[test]
fn a_session_has_a_page() {
    let folder = Folder::new("play");
    let path = "scenarios/forget/three-worlds.yaml";
    let typed = "wait 16m\nxe host-forget uuid=$beta --force\nfinish\n";
    let (status, _) = played(&folder, &[path, "--world", "isolated"], typed);
    assert_eq!(status, 0);
    let html = folder.read("play.html");
    closed(&html, "play");
    let document = parsed(&html);
    let shown = text(document.root());
    assert!(
        shown.contains("The world was isolated.") && shown.contains("forgotten-host-alive") && shown.contains("host-forget"),
        "{shown}"
    );
    assert_eq!(of(&document, "svg", "picture").len(), 1);
    // The end of what is typed is the end of the session as well.
    std::fs::remove_file(folder.path("play.html")).unwrap();
    let (status, _) = played(&folder, &[path, "--world", "isolated"], "wait 16m\n");
    assert_eq!((status, folder.names()), (0, vec!["play.html".to_owned()]));
    std::fs::remove_file(folder.path("play.html")).unwrap();
    let (status, out) = played(&folder, &["first-dead-member"], "wait 1m\nquit\n");
    assert_eq!((status, folder.names().len()), (1, 0), "{out}");
    // A drill's debriefing is that which is printed.
    let (status, out) = played(&folder, &["first-dead-member", "--seed", "1"], "wait 1m\nfinish\n");
    let html = folder.read("play.html");
    closed(&html, "drill");
    let document = parsed(&html);
    let aside = text(of(&document, "section", "aside")[0]);
    let printed = out.split("DEBRIEFING\n").nth(1).unwrap();
    assert!(status == 1 && aside.ends_with(printed.trim_end()), "{aside}\n{printed}");
}

/// What `plan` and `risk` write beside standard output is what they print when it is asked for there; and a page tells what the rest tells.
#[test]
fn plan_and_risk_are_written_beside_standard_output_as_well() {
    let folder = Folder::new("beside");
    let pool =
        folder.file("pool.yaml", "pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}\n");
    let risk = ["risk", &pool, "--pairs", "0", "--tries", "2000"];
    for asked in [&["plan", "scenarios/forget/any-order.yaml"][..], &risk[..]] {
        let kinds = ["text", "json", "md", "html"];
        let reports: Vec<String> = kinds.iter().flat_map(|kind| ["--report".to_owned(), format!("{kind}={}", folder.path(kind))]).collect();
        let args: Vec<&str> = asked.iter().copied().chain(["--format", "json"]).chain(reports.iter().map(String::as_str)).collect();
        let json = poolsim(&args);
        assert_eq!(folder.read("json"), json, "{asked:?}");
        for kind in ["text", "md", "html"] {
            assert_eq!(folder.read(kind), poolsim(&[asked, &["--format", kind]].concat()), "{asked:?}: {kind}");
        }
        let html = folder.read("html");
        closed(&html, asked[0]);
        let told = text(parsed(&html).root_element());
        let json: Value = serde_json::from_str(&json).unwrap();
        let named: Vec<&Value> = match asked[0] {
            "plan" => {
                json["plan"].as_array().unwrap().iter().flat_map(|step| ["run", "act", "look", "wait"].map(|kind| &step[kind])).collect()
            }
            _ => json["hosts"].as_array().unwrap().iter().map(|loss| &loss["label"]).collect(),
        };
        let words: Vec<&str> = named.into_iter().filter_map(Value::as_str).collect();
        assert!(words.len() >= 3, "{words:?}");
        for word in words {
            assert!(told.contains(word), "{}: {word} is not on the page", asked[0]);
        }
    }
    // What `-o` names stands for standard output, and no report may take its place.
    let (instead, beside) = (folder.path("instead"), format!("md={}", folder.path("md")));
    assert_eq!(poolsim(&[&risk[..], &["-o", &instead, "--report", &beside]].concat()), "");
    assert!(folder.read("instead").starts_with("a single host") && folder.read("md").starts_with("## a single host"));
    let twice =
        Command::new(env!("CARGO_BIN_EXE_poolsim")).args(risk).args(["-o", &instead, "--report", &format!("md={instead}")]).output();
    assert_eq!(twice.unwrap().status.code(), Some(2));
}
