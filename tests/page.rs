//! The page of a run: well-formed, closed to the outside, and true to what `run` says of each instant.

mod common;
mod folder;
mod sheet;

use folder::Folder;
use poolsim::report::page::MOST_BYTES;
use sheet::parsed;
use std::process::Command;

fn poolsim(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).current_dir(common::root()).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The page and the picture of a file.
fn drawn(folder: &Folder, path: &str) -> (String, String) {
    let (html, svg) = (folder.path("page.html"), folder.path("picture.svg"));
    poolsim(&["run", path, "-q", "--report", &format!("html={html}"), "--report", &format!("svg={svg}")]);
    (std::fs::read_to_string(html).unwrap(), std::fs::read_to_string(svg).unwrap())
}

fn data(document: &roxmltree::Document<'_>) -> Vec<serde_json::Value> {
    let scripts = document.descendants().filter(|node| node.has_tag_name("script") || node.tag_name().name() == "script");
    scripts
        .filter(|node| node.attribute("type") == Some("application/json"))
        .map(|node| serde_json::from_str(node.text().unwrap()).unwrap())
        .collect()
}

/// Every shipped story has a page that a strict reader reads, that asks for nothing and runs nothing but its own script.
#[test]
fn every_page_is_well_formed_and_closed() {
    let folder = Folder::new("all");
    for path in common::shipped() {
        let (html, svg) = drawn(&folder, &path.display().to_string());
        let document = parsed(&html);
        sheet::closed(&html, &path.display().to_string());
        assert!(!data(&document).is_empty(), "{}", path.display());
        roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!svg.contains("<script"), "{}", path.display());
    }
}

/// What the page says of an instant is what `run --at` says of it.
#[test]
fn the_pool_at_an_instant_is_that_of_the_run() {
    let folder = Folder::new("instants");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut told = 0;
    for path in
        ["scenarios/forget/forgotten-while-it-runs.yaml", "scenarios/master-failure/promotion.yaml", "scenarios/toolstack/hung-start.yaml"]
    {
        let (html, _) = drawn(&folder, path);
        let document = parsed(&html);
        let rows: Vec<String> = document
            .descendants()
            .filter(|node| node.attribute("data-row").is_some())
            .map(|node| {
                node.descendants()
                    .filter(|inner| inner.tag_name().name() == "th")
                    .flat_map(|th| th.descendants())
                    .filter(|n| n.is_text())
                    .filter_map(|n| n.text())
                    .collect::<String>()
            })
            .collect();
        // Of several cases the first that is drawn is the first of the file.
        let data = &data(&document)[0];
        let frames = data["frames"].as_array().unwrap();
        let json: serde_json::Value = serde_json::from_str(&poolsim(&["run", path, "--format", "json"])).unwrap();
        let case = &json[0];
        let mut narrowed = vec!["run".to_owned(), path.to_owned()];
        for (key, option) in [("world", "--world"), ("recovery", "--recovery")] {
            if let Some(name) = case[key].as_str() {
                narrowed.extend([option.to_owned(), name.to_owned()]);
            }
        }
        let mut values = vec![None; rows.len()];
        for (number, frame) in frames.iter().enumerate() {
            for change in frame[4].as_array().unwrap() {
                let row = change[0].as_u64().unwrap() as usize;
                if row < values.len() {
                    values[row] = Some(change[1].as_u64().unwrap() as usize);
                }
            }
            if number % 5 != 0 {
                continue;
            }
            let mut args = narrowed.clone();
            args.extend(["--at".to_owned(), frame[1].as_str().unwrap().to_owned()]);
            let text = poolsim(&args.iter().map(String::as_str).collect::<Vec<_>>());
            let at = text.find(&format!("AT {}", frame[1].as_str().unwrap())).unwrap_or_else(|| panic!("{path} at {}: {text}", frame[1]));
            let shown = words(&text[at..]);
            for value in values.iter().flatten() {
                let value = &data["values"][*value];
                // Columns are cut into lines, so that a long cell stands in pieces: its first word does not.
                for cell in [&value[0], &value[1]] {
                    let first = cell.as_str().unwrap().split_whitespace().next().unwrap_or_default();
                    assert!(shown.contains(first), "{path} at {}: {cell}\n{shown}", frame[1]);
                    told += 1;
                }
            }
        }
    }
    assert!(told > 80, "{told}");
}

/// Names are what people give, and act on nothing.
#[test]
fn names_are_escaped() {
    let folder = Folder::new("names");
    let evil = "</script><script>alert(1)</script>&amp;\u{2028}\"'";
    let path = folder.file(
        "evil.yaml",
        &format!(
            "title: {0}\npool:\n  hosts: [a, b]\n  storage: {{n: {{type: nfs}}}}\n  vms: {{v: {{running-on: a}}}}\ntimeline:\n  - {{at: 1m, fault: {{crash: a}}}}\n  - {{at: 2m, note: {0}}}\nrecovery:\n  at: 3m\n  steps: [{{host: b, run: \"xe vm-start vm='<b>&'\", expect: error}}]\n",
            serde_json::Value::from(evil)
        ),
    );
    let (html, svg) = drawn(&folder, &path);
    assert!(!html.contains("<script>alert") && !svg.contains("<script>"), "{html}");
    let document = parsed(&html);
    let scripts = document.descendants().filter(|node| node.tag_name().name() == "script").count();
    assert_eq!(scripts, 2, "its data and its own");
    roxmltree::Document::parse(&svg).unwrap();
}

/// A large pool and a long run still make a page, that says what it leaves out.
#[test]
fn a_long_run_is_thinned() {
    let folder = Folder::new("long");
    let path = folder.file(
        "long.yaml",
        "until: 3d\npool:\n  hosts: [h01..h64]\n  storage: {n: {type: nfs}}\n  vms: {v001..v200: {running-on: h01}}\nchaos:\n  crash: {hosts: h02..h64, every: 2h, back-after: 10m}\n",
    );
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(["check", &path]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (html, _) = drawn(&folder, &path);
    assert!(html.len() <= MOST_BYTES, "{}", html.len());
    assert!(html.contains("left out"), "it says so");
    parsed(&html);
}

/// The same run, the same bytes.
#[test]
fn a_page_is_the_same_each_time() {
    let folder = Folder::new("same");
    let path = "scenarios/forget/three-worlds.yaml";
    assert_eq!(drawn(&folder, path), drawn(&folder, path));
}

/// The point of no return is a line, at the instant that the report for programs has, before the bar of what it is too late for.
#[test]
fn the_point_of_no_return_is_a_line() {
    let folder = Folder::new("late");
    let path = "scenarios/forget/three-worlds.yaml";
    let (html, svg) = drawn(&folder, path);
    let json: serde_json::Value = serde_json::from_str(&poolsim(&["run", path, "--format", "json"])).unwrap();
    let findings = json.as_array().unwrap().iter().flat_map(|case| case["hazards"].as_array().unwrap());
    // Only of the case that is told it is sought.
    let sought = findings.filter(|finding| !finding["point_of_no_return"]["us"].is_null() && finding["severity"] == "corruption");
    let sought: Vec<_> = sought.collect();
    let [finding] = sought[..] else { panic!("{sought:?}") };
    for text in [&html, &svg] {
        let document = parsed(text);
        let of = |class: &str| document.descendants().filter(|node| node.attribute("class") == Some(class)).collect::<Vec<_>>();
        let lines = of("late truth");
        let [late] = lines[..] else { panic!("{} lines", lines.len()) };
        assert_eq!(late.attribute("data-us").unwrap(), finding["point_of_no_return"]["us"].to_string());
        let x = |node: roxmltree::Node<'_, '_>, tag: &str, name: &str| -> u32 {
            let part = node.children().find(|child| child.tag_name().name() == tag).unwrap();
            part.attribute(name).unwrap().parse().unwrap()
        };
        let bar = of("hazard corruption").into_iter().find(|bar| bar.attribute("data-us") == Some(&finding["since_us"].to_string()));
        assert!(x(late, "line", "x1") <= x(bar.unwrap(), "rect", "x"), "it is too late before it begins");
        assert!(late.attribute("aria-label").unwrap().contains("until then `power-off: beta` kept off double-writer"));
        // The risk over time stands below, a piece an instant: as high as harm is likely, in pixels of 32.
        let pieces: Vec<(u64, u64, u64)> = (of("risk-at").into_iter())
            .map(|piece| {
                let high = |class: &str| {
                    let rect = piece.children().find(|child| child.attribute("class") == Some(class)).unwrap();
                    rect.attribute("height").unwrap().parse().unwrap()
                };
                (piece.attribute("data-us").unwrap().parse().unwrap(), high("nothing"), high("best"))
            })
            .collect();
        let risk = &finding["risk_over_time"];
        let figure = |at: &serde_json::Value, key: &str| at[key].as_u64().unwrap();
        let wanted: Vec<(u64, u64, u64)> = (risk["line"].as_array().unwrap().iter())
            .map(|at| {
                (figure(at, "us"), 32 * figure(at, "if_nothing") / figure(risk, "runs"), 32 * figure(at, "if_best") / figure(risk, "runs"))
            })
            .collect();
        assert_eq!(pieces, wanted);
        assert!(pieces.len() > 5 && pieces.iter().any(|(_, nothing, best)| nothing > best), "{pieces:?}");
        // Three worlds, four seeds; where all is over it is too late, in this run at the least.
        assert_eq!(figure(risk, "runs"), 12);
        assert!(wanted.last().unwrap().2 > 0 && wanted[0] == (0, 0, 0), "{wanted:?}");
    }
    let why = |finding: &serde_json::Value| finding["point_of_no_return_is"].as_str().unwrap().to_owned();
    assert_eq!(why(finding), "found");
    let all: Vec<_> = json.as_array().unwrap().iter().flat_map(|case| case["hazards"].as_array().unwrap()).collect();
    assert!(all.iter().all(|one| (why(one) == "not-sought") == one["point_of_no_return"].is_null()), "no bound is met here");
    assert!(all.iter().any(|one| why(one) == "not-sought") && all.iter().filter(|one| !one["risk_over_time"].is_null()).count() == 1);
    let free = "until: 1h\npool: {hosts: [a]}\n";
    let (html, _) = drawn(&folder, &folder.file("free.yaml", free));
    assert!(!html.contains("class=\"late"), "where nothing is found there is none");
}

/// Each world with each recovery is a cell, and each cell that has a picture opens it.
#[test]
fn worlds_and_recoveries_are_a_matrix() {
    let folder = Folder::new("matrix");
    let (html, _) = drawn(&folder, "scenarios/forget/three-worlds.yaml");
    let document = parsed(&html);
    let matrix = document.descendants().find(|node| node.attribute("class") == Some("matrix")).expect("a matrix");
    let links: Vec<usize> = matrix.descendants().filter_map(|node| node.attribute("data-case")?.parse().ok()).collect();
    assert_eq!(links, [0, 1, 2, 3, 4, 5], "three worlds, two recoveries, in the order of the file");
    let text: String = matrix.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
    for name in ["dead", "isolated", "hung", "careful", "hasty"] {
        assert!(text.contains(name), "{text}");
    }
}
