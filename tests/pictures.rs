//! The story of a case for other readers: a diagram for Mermaid, a trace for Perfetto, Markdown for a wiki. What stands in them is
//! held against the report for programs, and each is read by a reader of its own.

mod common;
mod folder;

use folder::Folder;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What a file's worst case is told as.
struct Told {
    /// The worst case, as the report for programs has it.
    case: Value,
    /// How many cases there are.
    cases: usize,
    mermaid: String,
    perfetto: Value,
    wiki: String,
}

fn told(folder: &Folder, path: &str) -> Told {
    let names = [("mermaid", "story.mmd"), ("perfetto", "story.json"), ("md", "story.wiki")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
    command.args(["run", path, "--format", "json"]).current_dir(common::root());
    for (kind, name) in names {
        command.args(["--report", &format!("{kind}={}", folder.path(name))]);
    }
    let output = command.output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let perfetto: Value = serde_json::from_str(&folder.read("story.json")).unwrap_or_else(|error| panic!("{path}: {error}"));
    let of = &perfetto["otherData"];
    let all = all.as_array().unwrap();
    let case = all.iter().find(|case| case["replay"] == of["replay"]).unwrap_or_else(|| panic!("{path}: {of}")).clone();
    Told { case, cases: all.len(), mermaid: folder.read("story.mmd"), perfetto, wiki: folder.read("story.wiki") }
}

/// A part of the shipped stories, of every chapter.
fn some() -> Vec<String> {
    let some: Vec<String> = common::shipped().iter().step_by(5).map(|path| path.display().to_string()).collect();
    assert!(some.len() > 20, "{}", some.len());
    some
}

fn us(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no whole number of microseconds: {value}"))
}

/// Every step that began and every finding is a slice, from when to when the report says; what overlaps stands in two tracks; each
/// track has a name; each arrow begins in a step and ends in a finding.
#[test]
fn a_trace_has_every_step_and_finding_in_its_place() {
    let folder = Folder::new("perfetto");
    let (mut arrows, mut overlapping) = (0, 0);
    for path in some() {
        let told = told(&folder, &path);
        let events = told.perfetto["traceEvents"].as_array().unwrap();
        let of = |ph: &str| events.iter().filter(|event| event["ph"] == ph).collect::<Vec<_>>();
        assert!(events.iter().all(|event| ["M", "X", "s", "f", "i"].contains(&event["ph"].as_str().unwrap())), "{path}");
        let place = |event: &Value| (us(&event["pid"]), us(&event["tid"]));
        let named: BTreeSet<(u64, u64)> = of("M").iter().filter(|m| m["name"] == "thread_name").map(|m| place(m)).collect();
        let mut tracks: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
        for slice in of("X") {
            assert!(named.contains(&place(slice)), "{path}: {slice}");
            tracks.entry(place(slice)).or_default().push((us(&slice["ts"]), us(&slice["ts"]) + us(&slice["dur"])));
        }
        for (track, slices) in &mut tracks {
            slices.sort_unstable();
            assert!(slices.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{path} {track:?}: {slices:?}");
        }
        let end = us(&told.case["end_us"]);
        let slices = |kinds: &[&str]| {
            let of_kind = of("X").into_iter().filter(|slice| kinds.contains(&slice["cat"].as_str().unwrap()));
            let mut all: Vec<(u64, u64)> = of_kind.map(|slice| (us(&slice["ts"]), us(&slice["ts"]) + us(&slice["dur"]))).collect();
            all.sort_unstable();
            all
        };
        let steps = told.case["steps"].as_array().unwrap().iter().filter(|step| !step["at_us"].is_null());
        let mut steps: Vec<(u64, u64)> = steps.map(|step| (us(&step["at_us"]), step["end_us"].as_u64().unwrap_or(end))).collect();
        steps.sort_unstable();
        assert_eq!(slices(&["fault", "run", "act", "note"]), steps, "{path}");
        let hazards = told.case["hazards"].as_array().unwrap();
        let mut found: Vec<(u64, u64)> = hazards.iter().map(|f| (us(&f["since_us"]), f["until_us"].as_u64().unwrap_or(end))).collect();
        found.sort_unstable();
        assert_eq!(slices(&["notice", "outage", "danger", "corruption"]), found, "{path}");
        overlapping += found.windows(2).filter(|pair| pair[0].1 > pair[1].0).count();
        let inside = |event: &Value| tracks[&place(event)].iter().any(|(from, to)| (*from..=*to).contains(&us(&event["ts"])));
        // What begins an arrow stands behind its own slice: at an instant at which several steps begin, only that tells which it is.
        for (at, begins) in events.iter().enumerate().filter(|(_, event)| event["ph"] == "s") {
            let slice = events[..at].iter().rev().find(|event| event["ph"] == "X").unwrap();
            assert_eq!((place(slice), us(&slice["ts"])), (place(begins), us(&begins["ts"])), "{path}: {begins}");
            let finding = of("f").into_iter().find(|end| end["id"] == begins["id"]).unwrap();
            let because = of("X").into_iter().find(|of| place(of) == place(finding) && of["ts"] == finding["ts"]).unwrap();
            let line = format!("(line {})", slice["args"]["line"]);
            let causes = told.case["hazards"].as_array().unwrap().iter().filter(|of| of["since_us"] == because["ts"]);
            let lines = causes.flat_map(|of| of["because"].as_array().unwrap()).map(|cause| format!("(line {})", cause["line"]));
            assert!(lines.into_iter().any(|own| own == line), "{path}: {begins} comes from {slice}");
        }
        let by_id = |mut ends: Vec<&Value>| {
            ends.sort_by_key(|end| us(&end["id"]));
            ends.into_iter().cloned().collect::<Vec<Value>>()
        };
        let (from, to) = (by_id(of("s")), by_id(of("f")));
        assert_eq!(from.len(), to.len(), "{path}");
        for (from, to) in from.iter().zip(&to) {
            assert!(from["id"] == to["id"] && inside(from) && inside(to) && us(&from["ts"]) <= us(&to["ts"]), "{path}: {from} {to}");
        }
        let causes = hazards.iter().flat_map(|finding| finding["because"].as_array().unwrap()).filter(|cause| !cause["line"].is_null());
        assert_eq!(from.len(), causes.count(), "{path}: an arrow for each step that is a cause");
        arrows += from.len();
    }
    assert!(arrows > 50 && overlapping > 20, "{arrows} arrows, {overlapping} overlap: nothing was tried");
}

/// The lines of a diagram: who takes part, and what is told.
fn read_diagram<'a>(path: &str, text: &'a str) -> (BTreeSet<&'a str>, Vec<&'a str>) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("sequenceDiagram"), "{path}");
    let (mut cast, mut told, mut open) = (BTreeSet::new(), Vec::new(), 0);
    for line in lines.map(str::trim_start) {
        if let Some(rest) = line.strip_prefix("participant ").or(line.strip_prefix("actor ")) {
            assert!(cast.insert(rest.split_once(" as ").unwrap().0), "{path}: {line}");
        } else if line.starts_with("rect rgba(") {
            open += 1;
        } else if line == "end" {
            open -= 1;
        } else {
            let (lead, words) = line.split_once(": ").unwrap_or_else(|| panic!("{path}: {line}"));
            let ids: Vec<&str> = match lead.strip_prefix("Note over ") {
                Some(over) => over.split(',').collect(),
                None => ["-->>", "--x", "->>"].iter().find_map(|arrow| lead.split_once(arrow)).map(|(a, b)| vec![a, b]).unwrap(),
            };
            assert!(ids.iter().all(|id| cast.contains(id)), "{path}: {line}");
            // What Mermaid reads as the end of a statement, a comment, a directive, markup, or a formula stands there by its number.
            let bare = words.replace("<br/>", " ");
            let numbered = bare.split('#').skip(1).all(|part| {
                part.split_once(';').is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
            });
            assert!(numbered && bare.matches(';').count() == bare.matches('#').count(), "{path}: {line}");
            assert!(!bare.contains(['`', '<', '>', '{', '%', '&', '\\']) && !bare.contains("$$"), "{path}: {line}");
            told.push(line);
        }
        assert!(open >= 0, "{path}");
    }
    assert_eq!(open, 0, "{path}");
    (cast, told)
}

/// Every command is a message to a console and one back, and every hazard a note, or the diagram says how much is left out.
#[test]
fn a_diagram_tells_each_command_and_hazard() {
    let folder = Folder::new("mermaid");
    let mut whole = 0;
    for path in some() {
        let told = told(&folder, &path);
        let (_, lines) = read_diagram(&path, &told.mermaid);
        assert!(told.mermaid.len() < 50_000, "{path}: GitHub draws no more");
        if lines.last().unwrap().replace("<br/>", " ").contains("left out of this diagram") {
            continue;
        }
        whole += 1;
        let steps = || told.case["steps"].as_array().unwrap().iter().filter(|step| !step["at_us"].is_null());
        let runs = |only: &[&str]| steps().filter(|step| only.contains(&step["kind"].as_str().unwrap())).count();
        let ended = steps().filter(|step| step["kind"] == "run" && !step["end_us"].is_null()).count();
        let ended_ill = steps().filter(|step| step["kind"] != "run" && step["status"] != "ok" && !step["end_us"].is_null()).count();
        let of = |arrow: &str| lines.iter().filter(|line| line.split(": ").next().unwrap().contains(arrow)).count();
        assert_eq!(of("->>") - of("-->>"), runs(&["run", "act"]), "{path}\n{}", told.mermaid);
        assert_eq!(of("-->>") + of("--x"), ended + ended_ill, "{path}\n{}", told.mermaid);
        let hazards = told.case["hazards"].as_array().unwrap();
        let grave = hazards.iter().filter(|finding| finding["severity"] == "danger" || finding["severity"] == "corruption").count();
        let grown = lines.iter().filter(|line| line.replace("<br/>", " ").contains(": now ")).count();
        assert_eq!(told.mermaid.matches("  rect rgba(").count(), grave + grown, "{path}\n{}", told.mermaid);
    }
    assert!(whole > 10, "{whole}");
}

/// What a reader of Markdown sees of a page: its headings, and what is code or markup in it.
struct Seen {
    headings: Vec<String>,
    fences: Vec<(String, String)>,
    html: BTreeSet<String>,
    links: usize,
    text: String,
}

fn read_page(md: &str) -> Seen {
    let mut seen = Seen { headings: Vec::new(), fences: Vec::new(), html: BTreeSet::new(), links: 0, text: String::new() };
    let (mut heading, mut fence) = (false, false);
    for event in
        Parser::new_ext(md, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH | Options::ENABLE_FOOTNOTES)
    {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                heading = true;
                seen.headings.push(String::new());
            }
            Event::End(TagEnd::Heading(_)) => heading = false,
            Event::Start(Tag::CodeBlock(kind)) => {
                fence = true;
                let kind = if let CodeBlockKind::Fenced(kind) = kind { kind.to_string() } else { "indented".into() };
                seen.fences.push((kind, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => fence = false,
            Event::Text(text) if fence => seen.fences.last_mut().unwrap().1.push_str(&text),
            Event::Text(text) => {
                if heading {
                    seen.headings.last_mut().unwrap().push_str(&text);
                }
                seen.text.push_str(&text);
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                seen.html.insert(html.to_string());
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough | Tag::BlockQuote(_)) => seen.links += 1,
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::Code(_) => seen.links += 1,
            _ => {}
        }
    }
    seen
}

/// A page has its chapters, one diagram, a heading a finding, and nothing that is not its own.
#[test]
fn a_page_for_a_wiki_has_its_chapters() {
    let folder = Folder::new("md");
    let mut findings = 0;
    for path in some() {
        let told = told(&folder, &path);
        let seen = read_page(&told.wiki);
        assert!(seen.html.iter().all(|html| html == "<code>" || html == "</code>") && seen.links == 0, "{path}: {:?}", seen.html);
        assert_eq!(seen.fences, [("mermaid".to_owned(), told.mermaid.clone())], "{path}");
        let has = |heading: &str| seen.headings.iter().any(|other| other == heading);
        assert!(has("What happened") && has("What was believed, and what was so") && has("What was found"), "{path}: {:?}", seen.headings);
        assert_eq!(has("The cases"), told.cases > 1, "{path}");
        let hazards = told.case["hazards"].as_array().unwrap();
        let numbered = |heading: &&String| heading.split_once(". ").is_some_and(|(n, _)| n.parse::<usize>().is_ok());
        assert_eq!(seen.headings.iter().filter(numbered).count(), hazards.len().min(40), "{path}");
        assert_eq!(has("What to do next time"), hazards.iter().any(|finding| finding["advice"] != ""), "{path}");
        findings += hazards.len();
        for finding in hazards.iter().take(40) {
            let until = finding["until_us"].is_null().then_some("to the end");
            let name = finding["hazard"].as_str().unwrap();
            let here = seen.headings.iter().any(|heading| heading.contains(name) && until.is_none_or(|until| heading.ends_with(until)));
            assert!(here, "{path}: {finding}");
        }
    }
    assert!(findings > 50, "{findings}");
}

/// Up to when it could have been kept off stands in all of them.
#[test]
fn the_point_of_no_return_is_told() {
    let folder = Folder::new("late");
    let told = told(&folder, "scenarios/forget/three-worlds.yaml");
    // Corruption comes with the second writer, so until just before it beta can be switched off.
    let at = told.case["hazards"].as_array().unwrap().iter().find(|finding| finding["hazard"] == "double-writer").unwrap();
    let us = us(&at["point_of_no_return"]["us"]);
    assert!(us < self::us(&at["since_us"]));
    let events = told.perfetto["traceEvents"].as_array().unwrap();
    let marks: Vec<u64> = events.iter().filter(|event| event["cat"] == "too-late").map(|event| self::us(&event["ts"])).collect();
    assert_eq!(marks, [us]);
    let mermaid = told.mermaid.replace("<br/>", " ");
    assert_eq!(mermaid.matches("TOO LATE: until then").count(), 1, "{mermaid}");
    let (late, harm) = (mermaid.find("TOO LATE").unwrap(), mermaid.find("CORRUPTION double-writer").unwrap());
    assert!(late < harm, "before what it is too late for");
    assert!(read_page(&told.wiki).text.contains("until then `power-off: beta` kept off double-writer"), "{}", told.wiki);
}

/// Names are what people give, and are text in all of them.
#[test]
fn names_are_text() {
    let folder = Folder::new("names");
    let path = folder.file(
        "hostile.yaml",
        r##"title: "end --> ; # %% `x` | <b>&quot; $$x$$ ```\n# h [a](javascript:x) *y* _z_ ~~q~~ ![i](http://e) <script>alert(1)</script>"
pool:
  hosts: ["end", "x;y#z", "a--b", "Note", "as"]
  storage: {"n|m": {type: nfs}}
  vms: {"v<i>": {running-on: "x;y#z"}}
timeline:
  - {at: 1m, fault: {isolate: "x;y#z"}}
  - {at: 2m, note: "``` end\n```\n# heading <script>alert(1)</script> <br/> $$a$$ | b"}
recovery:
  wait-for: {host: "x;y#z", live: false}
  steps:
    - {run: "xe host-forget uuid=$end --force", expect: error}
    - {run: "xe host-list name-label='x;y#z'"}
    - {act: {power-off: "x;y#z"}}
"##,
    );
    let told = told(&folder, &path);
    let (cast, lines) = read_diagram(&path, &told.mermaid);
    assert!(cast.len() > 2 && lines.len() > 10, "{}", told.mermaid);
    assert!(told.mermaid.contains("participant h1 as x#59;y#35;z"), "{}", told.mermaid);
    let seen = read_page(&told.wiki);
    assert!(seen.html.iter().all(|html| html == "<code>" || html == "</code>") && seen.links == 0, "{:?} {}", seen.html, told.wiki);
    assert_eq!(seen.fences, [("mermaid".to_owned(), told.mermaid.clone())]);
    assert!(
        seen.headings[0].starts_with("end --> ; # %% `x` | <b>&quot; $$x$$ ```\\n# h [a](javascript:x) *y* _z_ ~~q~~"),
        "{:?}",
        seen.headings
    );
    assert!(!seen.headings.iter().any(|heading| heading == "heading"), "{:?}", seen.headings);
}

/// A file that is no scenario takes nobody's picture away.
#[test]
fn a_wrong_file_leaves_what_stood_there() {
    let folder = Folder::new("wrong");
    let path = folder.file("wrong.yaml", "pool: {hosts: [a, a]}\n");
    for kind in ["html", "svg", "mermaid", "perfetto", "md"] {
        let there = folder.file(kind, "of yesterday");
        let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
        let output = command.args(["run", &path, "--report", &format!("{kind}={there}")]).output().unwrap();
        assert_eq!((output.status.code(), folder.read(kind).as_str()), (Some(2), "of yesterday"), "{kind}");
    }
    assert_eq!(folder.names(), ["html", "md", "mermaid", "perfetto", "svg", "wrong.yaml"]);
}

/// The same run, the same bytes.
#[test]
fn each_is_the_same_each_time() {
    let folder = Folder::new("same");
    let path = "scenarios/forget/three-worlds.yaml";
    let (one, other) = (told(&folder, path), told(&folder, path));
    assert_eq!((one.mermaid, one.perfetto, one.wiki), (other.mermaid, other.perfetto, other.wiki));
}
