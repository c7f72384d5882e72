//! The same scenario, seed and version give the same trace: twice in one process, in other processes, in debug and in
//! release. The digests of the shipped scenarios are written down in `tests/digests.txt`; to write them anew after a
//! change that is meant, run `POOLSIM_BLESS=1 cargo test --test digests`.

mod common;

use std::fmt::Write;
use std::fs;
use std::process::Command;

fn digests() -> String {
    let mut out = String::new();
    for path in common::shipped() {
        for report in common::run(&common::load_file(&path), false) {
            let (world, recovery) = (report.world.as_deref().unwrap_or("-"), report.recovery.as_deref().unwrap_or("-"));
            let _ = writeln!(out, "{} {world} {recovery} {} {}", common::relative(&path), report.events, report.digest);
        }
    }
    out
}

#[test]
fn the_digests_are_those_written_down() {
    let file = common::root().join("tests/digests.txt");
    let got = digests();
    if std::env::var_os("POOLSIM_BLESS").is_some() {
        fs::write(&file, &got).expect("the file can be written");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    for (expected, got) in expected.lines().zip(got.lines()) {
        assert_eq!(expected, got, "a trace has changed");
    }
    assert_eq!(expected.lines().count(), got.lines().count(), "a case was added or removed");
}

#[test]
fn twice_is_the_same() {
    assert_eq!(digests(), digests());
}

#[test]
fn another_process_and_any_number_of_threads_print_the_same_bytes() {
    let files: Vec<_> = common::shipped();
    let print = |jobs: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim"))
            .args(["run", "--format", "json", "-j", jobs])
            .args(&files)
            .output()
            .expect("the program runs");
        assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let one = print("1");
    assert!(one == print("1"), "two processes differ");
    assert!(one == print("2"), "one and two threads differ");
    let text = String::from_utf8(one).expect("UTF-8");
    for line in digests().lines() {
        let digest = line.rsplit(' ').next().expect("a digest");
        assert!(text.contains(digest), "the program's digest of `{line}` is another");
    }
}
