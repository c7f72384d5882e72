//! Runbooks as people keep them: the shapes in which they come, and what is to be said of which line. What stands beside each is
//! from the rules of the shell and of `xe` (docs/model), written down before it was run.

mod common;

use poolsim::command::script::Kind;
use poolsim::engine::Options;
use poolsim::search::rehearse::{rehearse, sheet};
use std::collections::{BTreeMap, BTreeSet};

/// A runbook, rehearsed in the world in which beta is dead.
struct Told {
    /// Line and kind of each remark, notices left out.
    items: BTreeSet<(u32, &'static str)>,
    notices: BTreeSet<u32>,
    texts: Vec<String>,
    not_followed: Vec<(u32, String)>,
    lost: bool,
    typed: Vec<(u32, String)>,
}

fn told(name: &str) -> Told {
    let bytes = std::fs::read(common::root().join("tests/runbooks").join(name)).unwrap();
    told_of(name, &sheet::text(&bytes).unwrap().0)
}

fn told_of(name: &str, text: &str) -> Told {
    told_with(name, text, &BTreeMap::new())
}

fn told_with(name: &str, text: &str, filled: &BTreeMap<String, String>) -> Told {
    let scenario = common::load_file(&common::root().join("scenarios/forget/three-worlds.yaml"));
    let sheet = sheet::read(name, text);
    let gone = rehearse(&scenario, &scenario.cases()[..1], &sheet, filled, &Options::default()).unwrap().remove(0);
    let name = |kind| match kind {
        Kind::Fails => "fails",
        Kind::IgnoredKey => "ignored-key",
        Kind::Typo => "typo",
        Kind::Placeholder => "placeholder",
        _ => "notice",
    };
    Told {
        items: gone.items.iter().filter(|item| item.kind != Kind::Notice).map(|item| (item.line, name(item.kind))).collect(),
        notices: gone.items.iter().filter(|item| item.kind == Kind::Notice).map(|item| item.line).collect(),
        texts: gone.items.iter().map(|item| format!("{} {} > {}", item.line, item.what, item.mend)).collect(),
        not_followed: gone.not_followed.clone(),
        lost: gone.lost,
        typed: gone.typist.typed.iter().map(|typed| (typed.line, typed.text.clone())).collect(),
    }
}

/// Which remarks a runbook gets, and which lines are not followed.
fn check(name: &str, items: &[(u32, &'static str)], not_followed: &[u32]) -> Told {
    let told = told(name);
    let expected: BTreeSet<(u32, &'static str)> = items.iter().copied().collect();
    assert_eq!(told.items, expected, "{name}: {:#?}\nnot followed {:?}\ntyped {:#?}", told.texts, told.not_followed, told.typed);
    let lines: Vec<u32> = told.not_followed.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, not_followed, "{name}: {:?}", told.not_followed);
    assert_eq!(told.lost, !not_followed.is_empty(), "{name}");
    told
}

fn typed(told: &Told) -> Vec<u32> {
    told.typed.iter().map(|(line, _)| *line).collect()
}

#[test]
fn what_text_processors_leave_is_a_slip() {
    // A typographic dash makes a bare word, typographic quotes are letters of the name.
    check("dashes.txt", &[(7, "typo"), (9, "typo")], &[]);
    // It is read as if the ends of lines were plain, and said so once.
    let told = check("crlf.sh", &[(1, "typo")], &[]);
    assert_eq!(typed(&told), [2, 4]);
    check("mark.sh", &[(1, "typo")], &[]);
    // The program's name holds a no-break blank, then the value does.
    let told = check("blanks.markdown", &[(4, "typo"), (5, "typo")], &[]);
    assert!(told.texts.iter().any(|text| text.contains("write `xe host-list`")), "{:?}", told.texts);
}

#[test]
fn web_pages_are_read_as_they_are_seen() {
    // Entities first: the dash is typographic, `&&` is the shell's; the placeholder is left, and the last line hangs on it.
    check("entities.html", &[(3, "typo"), (4, "placeholder")], &[4]);
    // A name where a UUID belongs, and a switch with one dash. `db` alone is no command.
    let told = check("mediawiki.txt", &[(4, "typo"), (6, "typo")], &[]);
    assert_eq!(typed(&told), [4, 6]);
    // What stands raw is not read for entities: `&&` is two commands.
    let told = check("confluence.xml", &[(2, "ignored-key"), (3, "typo")], &[]);
    assert_eq!(typed(&told), [2, 3, 4, 4]);
}

#[test]
fn lines_that_a_page_has_broken_are_joined_in_what_is_said() {
    let told = check("pdf.txt", &[(4, "typo"), (6, "typo")], &[]);
    assert_eq!(typed(&told), [3, 5, 7]);
    assert!(told.texts.iter().any(|text| text.contains("`xe host-forget uuid=$beta --force`")), "{:?}", told.texts);
    assert!(told.texts.iter().any(|text| text.contains("`xe pool-param-list uuid=$pool`")), "{:?}", told.texts);
    // In the middle of a name with the page's hyphen, of a switch, of a path, behind a key.
    let told = check("margin.txt", &[(6, "typo"), (7, "typo"), (9, "typo"), (11, "typo"), (13, "typo")], &[]);
    assert_eq!(typed(&told), [5, 8, 10, 12]);
    // The placeholder is one, and named where it begins.
    let told = check("margin-placeholder.txt", &[(2, "placeholder"), (3, "typo"), (4, "placeholder"), (5, "typo")], &[2, 4]);
    assert!(told.texts.iter().any(|text| text.starts_with("2 `<host-uuid>` stands for")), "{:?}", told.texts);
    // Which is filled in by its name.
    let text = std::fs::read_to_string(common::root().join("tests/runbooks/margin-placeholder.txt")).unwrap();
    let filled = [("host-uuid", "$beta"), ("uuid-of-the-vm", "$db")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let told = told_with("m.txt", &text, &BTreeMap::from(filled));
    assert_eq!((typed(&told), told.lost), (vec![2, 4], false), "{:?}", told.texts);
}

#[test]
fn sessions_move_the_console_and_answer() {
    // The guest's lock is still there: M11.
    let told = check("session.txt", &[(10, "fails")], &[]);
    assert_eq!(told.notices, BTreeSet::from([9]), "{:?}", told.texts);
    assert_eq!(typed(&told), [1, 3, 7, 9, 10]);
}

#[test]
fn other_languages_answer_in_vain() {
    // Whoever does not answer `yes` has the command end with status 0 and nothing done: beta is still there, and db with it.
    for (name, line, start) in [("german.markdown", 8, 14), ("french.txt", 5, 9)] {
        let told = told(name);
        assert!(told.texts.iter().any(|text| text.starts_with(&format!("{line} ")) && text.contains("yes")), "{name}: {:?}", told.texts);
        assert!(told.items.contains(&(start, "fails")), "{name}: {:?}", told.texts);
        assert!(!told.lost);
    }
    assert!(told("german.markdown").items.contains(&(13, "typo")));
}

#[test]
fn lists_are_read_without_their_numbers() {
    // Keys are lower case; the start is refused while db is registered as running.
    let told = check("numbered.txt", &[(4, "typo"), (5, "typo"), (6, "fails")], &[]);
    assert_eq!(typed(&told), [3, 4, 5, 6]);
}

#[test]
fn the_shell_of_scripts_is_followed() {
    // beta is off: the function's ssh decides, the last one fails.
    check("ssh.sh", &[(7, "fails")], &[]);
    // What the here-document hands on is typed on gamma, line by line; what is only written into a file is not.
    let told = check("heredoc.sh", &[(5, "typo")], &[]);
    assert_eq!(typed(&told), [4, 5, 10]);
    // `while` is named; what comes behind it is looked at.
    let told = check("while.sh", &[(6, "typo")], &[3]);
    assert_eq!((typed(&told), told.not_followed[0].1.as_str()), (vec![2, 3], "while"));
    // The refusal is hidden by `|| true`; then the start is refused, looked at, and the script ends.
    let told = check("chain.sh", &[], &[]);
    assert_eq!((typed(&told), told.notices.contains(&3)), (vec![3, 4, 4, 5, 5], true));
    // Lists are followed, one element of a keyed list is not.
    let told = check("arrays.sh", &[], &[9]);
    assert_eq!(typed(&told), [6, 6, 6]);
    // One command each; several side by side are not followed.
    let told = check("xargs.sh", &[(3, "fails")], &[4]);
    assert_eq!(typed(&told)[..2], [2, 2]);
}

#[test]
fn scripts_of_a_house_are_followed() {
    // Nobody named it so, and it is a script from its first line to its last; its command is a variable.
    let told = check("unnamed-script.txt", &[], &[]);
    assert_eq!(typed(&told), [3, 4, 6, 9]);
    // Functions with variables of their own, a log, what is asked of the shell itself.
    let told = check("functions.sh", &[], &[]);
    assert_eq!(typed(&told), [10, 16, 17, 24]);
    // Filters with patterns, fields and numbers.
    let told = check("pipes.sh", &[], &[]);
    assert_eq!(typed(&told), [2, 3, 4, 4, 4, 8, 9, 11, 13]);
    // Nobody answers a ping; `while` is named.
    let told = check("pings.sh", &[], &[8]);
    assert_eq!(typed(&told), [7, 8]);
    // What is asked of whoever types is not known, unless it is filled in.
    let told = check("asks.sh", &[], &[3]);
    assert!(told.not_followed[0].1.contains("--set NAME="), "{:?}", told.not_followed);
    let text = std::fs::read_to_string(common::root().join("tests/runbooks/asks.sh")).unwrap();
    let told = told_with("asks.sh", &text, &BTreeMap::from([("name".to_owned(), "beta".to_owned())]));
    assert_eq!((typed(&told), told.lost), (vec![4, 5], false), "{:?}", told.texts);
    // A quotation over two lines is one command of another machine's shell.
    let told = check("laptop.txt", &[], &[]);
    assert_eq!(typed(&told), [2, 2, 2, 4]);
}

#[test]
fn texts_of_many_tools_are_read() {
    // Without the release the guest's lock is still there.
    let told = check("jira.txt", &[(8, "fails")], &[]);
    assert_eq!(typed(&told), [4, 5, 5, 8, 10]);
    // Nobody answers the question.
    let told = check("asciidoc.txt", &[(12, "fails")], &[]);
    assert_eq!(typed(&told), [7, 12]);
    let told = check("org.txt", &[(5, "typo")], &[]);
    assert_eq!(typed(&told), [4, 5]);
    let told = check("notes.rst", &[(9, "fails")], &[]);
    assert_eq!(typed(&told), [5, 7, 9]);
    // Cells of a table, and no comment of the page. One command is spoken of.
    let told = check("table.html", &[(3, "typo"), (5, "fails")], &[]);
    assert_eq!((typed(&told), told.notices.contains(&5)), (vec![3, 4, 5], true), "{:?}", told.texts);
    let told = check("blog.html", &[(2, "typo"), (3, "placeholder")], &[3]);
    assert_eq!(typed(&told), [2]);
    // A comment of a script is no prompt, and is named.
    let told = check("comments.markdown", &[], &[]);
    assert_eq!((typed(&told), told.notices.contains(&6)), (vec![5, 7], true), "{:?}", told.texts);
    let told = check("other-shells.markdown", &[], &[8]);
    assert_eq!((typed(&told), told.notices.contains(&3)), (vec![], true), "{:?}", told.texts);
}

#[test]
fn prompts_of_other_shells_are_known() {
    let told = check("clock-prompt.txt", &[], &[]);
    assert_eq!(typed(&told), [1, 3, 5, 7]);
    assert_eq!(check("history.txt", &[(2, "typo"), (3, "typo")], &[]).typed.len(), 3);
    let told = check("windows.txt", &[(3, "fails")], &[]);
    assert_eq!(typed(&told), [1, 2, 3]);
}

#[test]
fn mails_and_texts_of_other_languages_are_read() {
    let told = check("quoted.txt", &[(5, "typo"), (7, "typo")], &[]);
    assert_eq!(typed(&told), [5, 6]);
    // The same again as a page is not read; `=3D` is `=`, and a line goes on behind `=`.
    let told = check("mail.eml", &[(13, "typo")], &[]);
    assert_eq!(typed(&told), [13, 14, 14]);
    // The wide brackets are letters for a shell, so the tool gets them, and refuses them; and so is the wide blank.
    let told = check("japanese.txt", &[(4, "placeholder"), (4, "fails"), (5, "typo")], &[]);
    assert_eq!(typed(&told), [3, 4, 5, 6]);
    let told = check("guillemets.txt", &[(3, "placeholder")], &[3]);
    assert_eq!(typed(&told), [2]);
    // In a code page of Windows, and in UTF-16.
    let told = check("codepage.txt", &[(2, "typo")], &[]);
    assert_eq!(typed(&told), [2]);
    let told = check("notepad.txt", &[(2, "typo")], &[]);
    assert_eq!(typed(&told), [1, 2]);
}

#[test]
fn every_mistake_is_told_beside_what_is_not_said() {
    let told = check(
        "placeholders.markdown",
        &[(4, "typo"), (4, "placeholder"), (5, "placeholder"), (6, "placeholder"), (7, "placeholder")],
        &[4, 5, 6, 6],
    );
    assert!(told.typed.is_empty());
}

#[test]
fn where_the_shell_cannot_read_on_a_script_ends_and_a_session_goes_on() {
    // What stands before has been run; what stands behind is looked at.
    let told = check("syntax.sh", &[(3, "typo"), (4, "typo")], &[]);
    assert_eq!(typed(&told), [2]);
    let told = check("remark.txt", &[(2, "typo"), (3, "typo")], &[]);
    assert_eq!(typed(&told), [1, 3]);
}

#[test]
fn a_look_that_the_model_lacks_matters_where_something_hangs_on_it() {
    // What is kept and never used, nothing hangs on.
    let told = check("looks.sh", &[], &[]);
    assert_eq!(typed(&told), [6]);
    // It may be printed, written to a file, given to a function that prints, and kept again; a condition on it can't be followed, in
    // its line, and nothing behind that is typed.
    let told = check("unseen.sh", &[], &[9]);
    assert!(told.not_followed[0].1.contains("`lvs`") && told.not_followed[0].1.contains("line 3"), "{:?}", told.not_followed);
    assert_eq!(typed(&told), [7]);
}

/// What is to be written, or done before a line, is said so that it can be typed.
#[test]
fn what_is_wrong_is_told_with_what_to_write() {
    let text = "#!/bin/bash\nxe vm-reset-powerstate vm=db \u{2013}\u{2013}force\nxe host-forget uuid=$(xe host-list name-label=nobody --minimal) \u{2013}\u{2013}force\nxe vm-start vm=db on=gamma\nxe vm-start vm=[vm name]\n";
    let told = told_of("dashes.sh", text);
    for wanted in ["2 this word holds a typographic dash", "3 this word holds a typographic dash"] {
        let said = told.texts.iter().any(|text| text.starts_with(wanted) && text.ends_with("> write `--force`"));
        assert!(said, "{wanted}: {:#?}", told.texts);
    }
    // An empty UUID and a switch are two words, and not a key parted from its value.
    assert!(!told.texts.iter().any(|text| text.contains("belong together")), "{:#?}", told.texts);
    assert!(told.texts.iter().any(|text| text.starts_with("4 VM_BAD_POWER_STATE") && text.contains("vm-reset-powerstate uuid=")));
    assert!(told.texts.iter().any(|text| text.starts_with("5 `[vm name]` stands for something")), "{:#?}", told.texts);
    let told = told_of("lock.sh", "#!/bin/bash\nxe vm-reset-powerstate vm=db --force\nxe vm-start vm=db on=gamma\n");
    assert!(told.texts.iter().any(|text| text.starts_with("3 SR_BACKEND_FAILURE_46") && text.contains("resetvdis.py HOST-UUID")));
}

/// Whatever is made of what nobody knows is as unknown: each of these ends is named with the line that looked, and what stands before it
/// is typed.
#[test]
fn what_is_made_of_an_unknown_is_unknown() {
    for line in [
        "xe vm-start uuid=$N",
        "xe host-disable uuid=$beta $(echo $N | tr a b)",
        "echo $N | xargs xe vm-start uuid=",
        "for V in $N; do xe vm-start uuid=$V; done",
        "case $N in 3) xe vm-start vm=db;; esac",
        "[[ $N -eq 3 ]] && xe vm-start vm=db",
        "[[ -n $N ]] || xe vm-start vm=db",
        "M=$((N + 1))",
        "M=${#N}; exit $M",
        "M=${N%x}; ssh beta \"xe vm-start uuid=$M\"",
        "echo $N > f; M=$(wc -l f); xe vm-start uuid=$M",
        "echo $N > f; . f",
        "xe vm-start vm=db < $N",
        "L=($N); xe vm-start uuid=${L[0]}",
        "bash -c \"xe vm-start uuid=$N\"",
        "f() { xe vm-start uuid=$1; }; f $N",
        "xe host-forget uuid=$beta <<< $N",
    ] {
        let text = format!("#!/bin/bash\nN=$(lvs | wc -l)\nxe host-list --minimal\n{line}\n");
        let told = told_of("unseen.sh", &text);
        assert_eq!(typed(&told), [3], "{line}: {:?} {:?}", told.typed, told.not_followed);
        assert!(told.lost, "{line}");
        let named = told.not_followed.iter().all(|(at, what)| *at == 4 && what.contains("`lvs`") && what.contains("line 2"));
        assert!(named && !told.not_followed.is_empty(), "{line}: {:?}", told.not_followed);
    }
}

/// After the reset no record says beta any more: the list is empty, and nothing is started.
#[test]
fn an_empty_loop_is_told() {
    let told = check("loop.sh", &[], &[]);
    assert!(told.notices.contains(&3), "{:?}", told.texts);
}

/// Traps of `xe` (traps of runbooks), each by its line.
#[test]
fn traps_of_xe_are_told() {
    let told = told("traps.txt");
    for (line, kind) in [
        (1, "ignored-key"),
        (2, "ignored-key"),
        (3, "typo"),
        (4, "typo"),
        (5, "typo"),
        (6, "typo"),
        (7, "typo"),
        (8, "typo"),
        (9, "typo"),
        (10, "typo"),
        (11, "typo"),
    ] {
        assert!(told.items.iter().any(|(at, of)| *at == line && *of == kind), "{line} {kind}: {:#?}", told.texts);
    }
    assert_eq!(told.not_followed, []);
}

/// Runbooks with letters, lines and parts of others in them: none makes the reader panic, and none takes it long.
#[test]
fn mutated_runbooks_are_read() {
    let scenario = common::load_file(&common::root().join("scenarios/forget/three-worlds.yaml"));
    let folder = common::root().join("tests/runbooks");
    let mut books: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), sheet::text(&std::fs::read(&path).unwrap()).unwrap().0))
        .collect();
    books.sort();
    let signs = [
        "\"",
        "'",
        "`",
        "$(",
        ")",
        "${",
        "}",
        "|",
        "&&",
        ";",
        "\n",
        "<",
        ">",
        "<<EOF\n",
        "EOF\n",
        "do",
        "done",
        "\u{2013}",
        "\u{a0}",
        "\\\n",
        "[",
        "]]",
        "# by hand: ",
        "\u{e000}",
        "\u{e800}",
        "((",
        "{{",
    ];
    let draw = poolsim::base::draw::Stream::new(2, "test", "mutate");
    let mut k = 0;
    let mut below = |n: usize| {
        k += 1;
        draw.below(k, n.max(1) as u64) as usize
    };
    for _ in 0..500 {
        let (name, text) = &books[below(books.len())];
        let other = &books[below(books.len())].1;
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..1 + below(4) {
            let at = below(chars.len());
            match below(4) {
                0 => drop(chars.drain(at..(at + 1 + below(9)).min(chars.len()))),
                1 => drop(chars.splice(at..at, signs[below(signs.len())].chars())),
                2 => drop(chars.splice(at..at, other.chars().skip(below(200)).take(60))),
                _ => {
                    let part: Vec<char> = chars[at..(at + 40).min(chars.len())].to_vec();
                    drop(chars.splice(at..at, part));
                }
            }
        }
        let text: String = chars.into_iter().collect();
        let sheet = sheet::read(name, &text);
        let gone = rehearse(&scenario, &scenario.cases()[..1], &sheet, &BTreeMap::new(), &Options::default()).unwrap();
        // Every remark has a line of the page.
        let lines = text.lines().count().max(1) as u32;
        assert!(gone[0].items.iter().all(|item| (1..=lines).contains(&item.line)), "{text}\n{:#?}", gone[0].items);
    }
}

/// A page that is one sign a hundred thousand times: what would take its square would never end here.
#[test]
fn monstrous_pages_come_to_an_end() {
    let scenario = common::load_file(&common::root().join("scenarios/forget/three-worlds.yaml"));
    for sign in [
        "<",
        "&",
        "(",
        "$(",
        "`",
        "sudo ",
        "[root@a ~]# ",
        "> ",
        "{",
        "${",
        "if ",
        "\"",
        "'",
        "<pre>",
        "xe vm-list ",
        "[[ ",
        "! ",
        "- ",
        "((",
        "$((1+",
        "a=(",
        "case x in ",
        "<<E\n",
        "f() { ",
        "# by hand: ",
    ] {
        let text = sign.repeat(100_000 / sign.len());
        for name in ["a.sh", "a.markdown", "a.html", "a.txt"] {
            let sheet = sheet::read(name, &text);
            rehearse(&scenario, &scenario.cases()[..1], &sheet, &BTreeMap::new(), &Options::default()).unwrap();
        }
    }
    for text in [
        "A=xxxxxxxx\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do A=$A$A; done\n",
        "f() { f; f; }\nf\n",
        "for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9; do for c in 1 2 3 4 5 6 7 8 9; do for d in 1 2 3 4 5 6 7 8 9; do for e in 1 2 3 4 5 6 7 8 9; do x=1; done; done; done; done; done\n",
    ] {
        let sheet = sheet::read("a.sh", text);
        let gone = rehearse(&scenario, &scenario.cases()[..1], &sheet, &BTreeMap::new(), &Options::default()).unwrap();
        assert!(gone[0].lost);
    }
}
