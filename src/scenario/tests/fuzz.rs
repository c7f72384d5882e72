//! Any text at all: no panic, no hang, and either a scenario or at least one diagnostic that points into the text.

use super::{EXAMPLE, POOL};
use crate::scenario::{load, load_bytes};
use proptest::prelude::*;

fn holds(text: &str) {
    match load("fuzz.yaml", text) {
        Ok(_) => {}
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors.iter().take(20) {
                assert!(error.line >= 1 && error.column >= 1 && error.span.start <= text.len());
                assert!(error.excerpt.get(error.marked.clone()).is_some() || error.marked.start >= error.excerpt.len());
                assert!(error.render(false).contains(error.code));
            }
        }
    }
}

/// Pieces of which most scenario files are made.
const PIECES: &[&str] = &[
    "pool:",
    "hosts:",
    "vms:",
    "storage:",
    "timeline:",
    "recovery:",
    "steps:",
    "expect:",
    "\n",
    "\n  ",
    "\n    ",
    "\n  - ",
    " ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "alpha",
    "beta",
    "db",
    "nfs1",
    "5m",
    "5m..9m",
    "..",
    "a1..a3",
    "fault",
    "crash",
    "run",
    "xe vm-list",
    "$beta",
    "${",
    "'",
    "\"",
    "&a ",
    "*a",
    "|",
    ">",
    "#",
    "null",
    "~",
    "true",
    "1e9",
    "-1",
    "at",
    "after",
    "id",
    "!!str ",
    "<<",
    "---",
    "\t",
    "é",
    "\u{feff}",
    "\u{2028}",
    "\r",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        holds(&text);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(load_bytes("fuzz.yaml", &bytes).is_ok() || !load_bytes("fuzz.yaml", &bytes).unwrap_err().is_empty());
    }

    #[test]
    fn pieces_of_scenarios(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        holds(&pieces.concat());
        holds(&format!("{POOL}{}", pieces.concat()));
    }

    #[test]
    fn a_scenario_with_a_piece_replaced(at in 0usize..1600, length in 0usize..12, piece in proptest::sample::select(PIECES)) {
        let floor = |mut at: usize| {
            at = at.min(EXAMPLE.len());
            while !EXAMPLE.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(at), floor(at + length));
        holds(&format!("{}{piece}{}", &EXAMPLE[..start], &EXAMPLE[end..]));
    }

    #[test]
    fn any_value_anywhere(key in proptest::sample::select(&["until", "seed", "settings", "timeline", "worlds", "recoveries", "expect", "tags", "shows"][..]),
        value in proptest::sample::select(&["1", "x", "[x]", "{x: y}", "[[x]]", "[{x: y}]", "true", "~", "-5", "1e400", "''", "{a: [{note: x}]}", "[{run: ''}]"][..])) {
        holds(&format!("{POOL}{key}: {value}\n"));
        holds(&format!("pool: {{hosts: [a], {key}: {value}}}\n"));
        holds(&format!("pool: {{hosts: [a], storage: [n], vms: {value}}}\ntimeline: [{{fault: {value}}}, {{act: {value}}}, {{wait-for: {value}, note: x}}]\nexpect: {{states: [{value}]}}\n"));
    }
}

#[test]
fn deep_and_endless_files_are_refused() {
    for open in ["[", "{a: ", "- ", "? "] {
        holds(&open.repeat(20_000));
    }
    let lines = (0..5000).fold(String::new(), |text, n| text + &" ".repeat(n) + "a:\n");
    holds(&lines);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    for n in 1..30 {
        bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    assert_eq!(load("", &bomb).unwrap_err()[0].code, "too-large");
}

#[test]
fn ranges_that_stand_for_too_much_are_refused() {
    holds("pool: {hosts: [h000000001..h999999999]}");
    holds("pool: {hosts: [a], storage: [n], vms: {v1..v60000: {disks: {d1..d999999999: }}}}");
    holds("pool: {hosts: [h1..h10000], storage: [n], vms: {v1..v60000: {running-on: [h1..h10000], disks: {}}}}");
    let hosts = "pool: {hosts: [h1..h10000]}\n";
    let step = "  - {fault: {crash: [h1..h10000]}}\n".repeat(10_000);
    assert_eq!(load("", &format!("{hosts}timeline:\n{step}")).unwrap_err()[0].code, "too-large");
}

/// Ten megabytes of each kind of mistake and of none: time in proportion to the text.
#[test]
fn ten_megabytes_are_read() {
    let size = 10 << 20;
    let fill = |line: &str| line.repeat(size / line.len());
    // Right: as many steps as there may be, with long notes.
    let note = format!("  - {{at: 5m, note: '{}'}}\n", "x".repeat(150));
    assert!(load("", &format!("{POOL}timeline:\n{}", note.repeat(59_000))).is_ok());
    // One line, and a mistake at its end.
    let errors = load("", &format!("{POOL}about: '{}'\nx: {}", fill("word "), "y ".repeat(1 << 19))).unwrap_err();
    assert_eq!((errors.len(), errors[0].code), (1, "unknown-key"));
    // Mistakes without end are counted, not told.
    let vms = (0..400_000).fold(String::new(), |text, n| text + &format!("  key{n}: value\n"));
    let errors = load("", &format!("{POOL}worlds: {{}}\nsettings:\n{vms}")).unwrap_err();
    assert!(errors.len() <= 501 && errors.last().is_some_and(|last| last.code == "too-many"));
    let names = (0..60_000).fold(String::new(), |text, n| text + &format!("  - {{fault: {{crash: bxta{n}}}}}\n"));
    assert_eq!(load("", &format!("pool: {{hosts: [b0..b9999]}}\ntimeline:\n{names}")).unwrap_err().len(), 501);
    let run = format!("{POOL}timeline:\n  - run: |\n{}", fill("      xe vm-list uuid=$bta\n"));
    assert_eq!(load("", &run).unwrap_err()[0].code, "too-large");
    holds(&fill("a: [b, c]\n"));
    holds(&fill("- x\n"));
    holds(&fill("'"));
    holds(&fill("[]"));
}
