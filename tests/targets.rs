//! What a report may be written over, what may be read, and what is left behind when the program is told to end.
#![cfg(unix)]

mod folder;

use folder::Folder;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::process::{Command, Output, Stdio};

impl Folder {
    fn start(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        command
    }
    #[track_caller]
    fn exits(&self, args: &[&str], status: i32) -> Output {
        let output = self.start(args).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}\n{}", err(&output));
        output
    }
    fn pipe(&self, name: &str) {
        assert!(Command::new("mkfifo").arg(self.0.join(name)).status().unwrap().success());
    }
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const GOOD: &str = "includes: [pool.part.yaml]\nuntil: 5m\nexpect: {worst: none}\n";
const PART: &str = "pool: {hosts: [alpha, beta]}\n";

/// Fifteen hosts that crash a million times each: many seconds of work.
const ENDLESS: &str = "until: 3650d
pool: {hosts: [xs01..xs16]}
timeline: [{at: 1m, fault: {crash: [xs02..xs16]}, for: 20s, every: 5m, times: 1000000}]
";

fn scenario(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.file("a.yaml", GOOD);
    folder.file("pool.part.yaml", PART);
    folder
}

#[test]
fn no_report_takes_the_place_of_what_is_read() {
    let folder = scenario("inputs");
    symlink("a.yaml", folder.0.join("link.json")).unwrap();
    symlink("pool.part.yaml", folder.0.join("part.json")).unwrap();
    std::fs::hard_link(folder.0.join("a.yaml"), folder.0.join("hard.json")).unwrap();
    let names = folder.names();
    for (command, kind) in [("run", "json"), ("run", "ndjson"), ("run", "text"), ("test", "json"), ("test", "junit"), ("check", "sarif")] {
        for target in ["a.yaml", "./a.yaml", "../targets-inputs/a.yaml", "pool.part.yaml", "link.json", "part.json", "hard.json"] {
            let output = folder.exits(&[command, "a.yaml", "--report", &format!("{kind}={target}")], 2);
            assert!(err(&output).contains("would be written over") && output.stdout.is_empty(), "{}", err(&output));
            assert_eq!((folder.read("a.yaml").as_str(), folder.read("pool.part.yaml").as_str()), (GOOD, PART));
            assert_eq!(folder.names(), names);
        }
    }
    // A folder names what stands in it.
    folder.exits(&["test", ".", "--report", "json=a.yaml"], 2);
    // A file that is not read may be written over.
    folder.file("other.yaml", "old");
    folder.exits(&["run", "a.yaml", "--report", "json=other.yaml"], 0);
    assert!(folder.read("other.yaml").starts_with("[\n"));
}

#[test]
fn two_reports_go_to_two_files() {
    let folder = scenario("twice");
    symlink("out", folder.0.join("link")).unwrap();
    let names = folder.names();
    for second in ["out", "./out"] {
        let args = ["run", "a.yaml", "--report", "json=out", "--report", &format!("text={second}")];
        assert!(err(&folder.exits(&args, 2)).contains("asked for twice"));
        assert_eq!(folder.names(), names);
    }
    // The link leads nowhere as yet.
    assert!(err(&folder.exits(&["run", "a.yaml", "--report", "json=link"], 3)).contains("it is a link to nothing"));
    assert_eq!(folder.names(), names);
    folder.file("out", "old");
    folder.exits(&["run", "a.yaml", "--report", "json=link"], 0);
    assert!(folder.0.join("link").is_symlink() && folder.read("out").starts_with("[\n"));
    folder.exits(&["run", "a.yaml", "--report", "json=/dev/null", "--report", "text=/dev/null"], 0);
}

#[test]
fn a_report_to_standard_output_follows_what_stands_there() {
    let folder = scenario("stdout");
    let shown = folder.exits(&["run", "-q", "a.yaml", "--report", "json=/dev/stdout"], 0).stdout;
    assert!(String::from_utf8(shown.clone()).unwrap().contains("as expected"));
    let file = std::fs::File::create(folder.0.join("all")).unwrap();
    let status = folder.start(&["run", "-q", "a.yaml", "--report", "json=/dev/stdout"]).stdout(file).status().unwrap();
    assert!(status.success());
    assert_eq!(folder.read("all").into_bytes(), shown);
}

/// A pipe that has a name, and nobody at its other end.
#[test]
fn nobody_waits_at_a_pipe() {
    let folder = scenario("pipe");
    folder.pipe("pipe.yaml");
    for command in ["run", "check", "test"] {
        assert!(err(&folder.exits(&[command, "pipe.yaml"], 3)).contains("pipe.yaml cannot be read: it is no plain file"));
        assert!(err(&folder.exits(&[command, "a.yaml", "--report", "json=pipe.yaml"], 3)).contains("it is no plain file"));
    }
    folder.exits(&["check", "--fix", "pipe.yaml"], 3);
    folder.exits(&["test", "."], 3);
    folder.pipe("pipe.part.yaml");
    folder.file("a.yaml", "includes: [pipe.part.yaml]\nuntil: 5m\n");
    assert!(err(&folder.exits(&["run", "a.yaml"], 2)).contains("it is no plain file"));
    // What a shell hands over open is read.
    let script = format!("cat pool.part.yaml | '{}' run -q /dev/stdin", env!("CARGO_BIN_EXE_poolsim"));
    assert!(Command::new("sh").args(["-c", &script]).current_dir(&folder.0).status().unwrap().success());
}

#[test]
fn whoever_ends_the_program_finds_nothing_half_written() {
    let folder = Folder::new("signals");
    folder.file("a.yaml", "pool: {hosts: [alpha]}\nuntil: 5m\n");
    folder.file("b.yaml", ENDLESS);
    for signal in ["-TERM", "-HUP", "-INT"] {
        for command in [&["test", "."][..], &["run", "-q", "a.yaml", "b.yaml"]] {
            let mut child =
                folder.start(command).args(["--report", "json=out.json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            // The first case is told at once; then there is only the endless one.
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            stdout.read_line(&mut String::new()).unwrap();
            assert_eq!(folder.names().len(), 3, "a report is under way");
            assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
            stdout.read_to_string(&mut String::new()).unwrap();
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(130), "{}", err(&output));
            assert!(err(&output).starts_with("interrupted: "), "{}", err(&output));
            assert_eq!(folder.names(), ["a.yaml", "b.yaml"]);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_nobody_could_read_is_no_success() {
    for args in [&["--help"][..], &["--version"], &["run", "--help"], &["help", "run"], &["explain", "vm-down"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(3), "{args:?}");
    }
}
