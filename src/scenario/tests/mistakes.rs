//! Wrong files: every code has an example, every mistake its place, and all are told in one go.

use super::{EXAMPLE, POOL, bad, codes};
use crate::base::time::Span;
use crate::scenario::diagnostics::DIAGNOSTICS;
use crate::scenario::{load, load_bytes};
use crate::world::belief::Protection;

/// The diagnostics of a file, warnings too.
fn found(text: &str) -> Vec<&'static str> {
    match load("test.yaml", text) {
        Ok(loaded) => loaded.warnings.iter().map(|warning| warning.code).collect(),
        Err(errors) => errors.iter().map(|error| error.code).collect(),
    }
}

#[test]
fn every_code_has_an_example_that_shows_it_and_nothing_else() {
    for doc in DIAGNOSTICS {
        assert!(doc.doc.ends_with('.') && doc.doc.starts_with(|c: char| c.is_uppercase() || c == '`'), "{}", doc.code);
        // No scenario shows what is wrong with a dump.
        if doc.code.starts_with("dump-") {
            continue;
        }
        if doc.code == "not-utf8" {
            let errors = load_bytes("test.yaml", b"pool: {hosts: [alpha]}\ntitle: \xe4\n").unwrap_err();
            assert_eq!((errors.len(), errors[0].code, errors[0].line, errors[0].column), (1, "not-utf8", 2, 8));
            continue;
        }
        assert_eq!(found(doc.example), [doc.code], "{}", doc.example);
    }
}

#[test]
fn every_code_in_the_source_is_in_the_table() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenario");
    let mut seen = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for call in text.split(".error(").skip(1).chain(text.split(".warning(").skip(1)) {
            // The code is the first text of the call but for the key that a place is looked up by.
            let call = call.split(';').next().unwrap_or("").replace("key_place(\"", "(");
            let code = call
                .split('"')
                .skip(1)
                .step_by(2)
                .find(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            if let Some(code) = code {
                seen.insert(code.to_string());
            }
        }
    }
    let table: std::collections::BTreeSet<String> = DIAGNOSTICS.iter().map(|doc| doc.code.to_string()).collect();
    let strange: Vec<&String> = seen.difference(&table).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(seen.len() > 25, "the search finds codes: {seen:?}");
}

#[test]
fn all_mistakes_are_told_in_one_go_each_at_its_place() {
    let text = "
title: 5
pool:
  hosts: [alpha, beta]
  master: btea
  storage: {nfs1: {type: nsf}}
  vms: {db: {running-on: beta, memory: 4G}}
timeline:
  - {at: 5m, fault: {crash: gamma}}
  - {run: xe vm-list, expect: okay}
expect:
  states: [{at: 1M, host: beta, live: true}]
";
    let expected = [
        ("wrong-type", 2),
        ("unknown-name", 5),
        ("wrong-value", 6),
        ("wrong-size", 7),
        ("unknown-name", 9),
        ("wrong-value", 10),
        ("wrong-duration", 12),
    ];
    assert_eq!(codes(text), expected);
}

#[test]
fn a_diagnostic_shows_line_place_and_help() {
    let errors = bad(&format!("{POOL}timeline:\n  - {{at: 5m, fault: {{crash: betta}}}}\n"));
    let error = &errors[0];
    assert_eq!((error.line, error.column, error.file.as_str()), (3, 29, "stories/test.yaml"));
    assert_eq!(&error.excerpt[error.marked.clone()], "betta");
    let shown = error.render(false);
    for part in ["error[unknown-name]: there is no host `betta`", "stories/test.yaml:3:29", "^^^^^", "did you mean `beta`?"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_long_line_is_shown_about_its_place_and_counted_from_its_beginning() {
    let text = format!("pool: {{hosts: [{}betta, betta]}}\n", "x, ".replace('x', &"é".repeat(5000)));
    let errors = bad(&text);
    assert_eq!((errors.len(), errors[0].code, errors[0].column), (2, "wrong-name", 16));
    assert!(errors.iter().all(|error| error.excerpt.chars().count() < 200));
    assert_eq!(errors[1].column, 16 + 5000 + 2 + 7);
    let shown = errors[1].render(false);
    assert!(shown.contains(&format!(":1:{}", errors[1].column)) && shown.contains("^^^^^"), "{shown}");
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_mistake() {
    assert!(load("a.yaml", &format!("\u{feff}{EXAMPLE}")).is_ok());
    assert!(load("a.yaml", &EXAMPLE.replace('\n', "\r\n")).is_ok());
    let errors = load("a.yaml", "\u{feff}poool: 1\r\n").unwrap_err();
    assert_eq!((errors[0].line, errors[0].column, errors[0].excerpt.as_str()), (1, 1, "poool: 1"));
}

#[test]
fn what_looks_like_a_number_or_nothing_is_no_name() {
    assert_eq!(codes("pool: {hosts: [null, ~, 12, 1e3, true, 0x1F]}"), [("wrong-type", 1); 6]);
    assert_eq!(codes("pool: {hosts: {null: {}, 12: {}, a: {}}}"), [("wrong-type", 1); 2]);
    assert!(load("", "pool: {hosts: ['null', '12']}").is_ok());
}

#[test]
fn yaml_that_wants_quotes_says_so() {
    let errors = bad("pool: {hosts: [a]}\ntimeline:\n  - run: echo a: b\n");
    assert_eq!((errors[0].code, errors[0].line), ("yaml-syntax", 3));
    assert!(errors[0].help.contains("quote it"), "{}", errors[0].help);
    assert!(bad("pool:\n\thosts: [a]\n")[0].help.contains("spaces"));
    assert!(bad("pool: {hosts: [a}\n")[0].help.contains("not closed"));
}

#[test]
fn words_of_a_command_are_checked_for_their_names() {
    let of = |run: &str| found(&format!("{POOL}timeline: [{{run: '{run}'}}]\n"));
    assert!(of("xe host-forget uuid=$beta --force").is_empty());
    assert!(of("/opt/xensource/sm/resetvdis.py ${beta} $nfs1 master").is_empty());
    assert!(of("xe pbd-plug uuid=${beta/nfs1}").is_empty());
    assert!(of("xe vbd-list uuid=${db/root}").is_empty());
    assert!(of("xe pool-list uuid=$pool").is_empty());
    assert!(of("/opt/xensource/sm/resetvdis.py $beta.old $nfs1").is_empty());
    for wrong in ["$bta", "${beta/nfs9}", "${db/data}", "$db.old", "${delta}"] {
        assert_eq!(of(&format!("/opt/xensource/sm/resetvdis.py {wrong} $nfs1")), ["unknown-name"], "{wrong}");
    }
    // A name that is unknown stays a mistake of the file even where the step expects an error.
    let text = format!("{POOL}timeline: [{{run: xe host-forget uuid=$bta, expect: error}}]\n");
    assert_eq!(found(&text), ["unknown-name"]);
}

#[test]
fn what_the_tools_would_not_know_is_a_mistake_unless_an_error_is_expected() {
    let of = |step: &str| found(&format!("{POOL}timeline: [{{{step}}}]\n"));
    assert_eq!(of("run: xe frobnicate"), ["unknown-command"]);
    assert_eq!(of("run: xe host-forget --force"), ["missing-key"]);
    assert!(of("run: xe frobnicate, expect: error").is_empty());
    assert!(of("run: xe host-forget --force, must: {exit: 1}").is_empty());
    // Nobody is there to type yes: a surprise, no mistake.
    assert_eq!(of("run: xe host-forget uuid=$beta"), ["nobody-answers"]);
    assert!(of(r#"run: xe host-forget uuid=$beta, stdin: "yes""#).is_empty());
    assert_eq!(of(r#"run: xe host-forget uuid=$beta, stdin: "y""#), ["wrong-answer"]);
}

/// What is odd in one line is told in the same go as what is wrong in another; what is odd over all steps waits.
#[test]
fn odd_words_are_told_with_the_mistakes() {
    let text = format!(
        "{POOL}timeline:\n  - run: xe vm-start vm=db host=alpha\n  - run: xe frobnicate\n  - {{act: {{power-on: alpha}}}}\nexpect: {{worst: corruption}}\n"
    );
    let told = codes(&text);
    assert_eq!(told.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["unknown-field", "unknown-command"]);
}

#[test]
fn a_mistake_within_a_block_of_commands_has_its_own_line() {
    let text = format!("{POOL}timeline:\n  - run: |\n      xe host-list\n      xe host-forget uuid=$bta\n");
    assert_eq!(codes(&text), [("unknown-name", 5)]);
}

#[test]
fn what_other_issues_own_is_refused_by_name() {
    let of = |text: &str| bad(&format!("{POOL}{text}")).iter().map(|error| (error.code, error.message.clone())).collect::<Vec<_>>();
    let text = "expect: {hazards: [{hazard: left-paused}]}";
    let found = of(text);
    assert!(found.iter().any(|(code, message)| *code == "not-yet" && message.contains("left-paused")), "{text}: {found:?}");
    assert!(found.iter().all(|(code, _)| *code == "not-yet"), "{text}: {found:?}");
    assert_eq!(codes("pool: {hosts: [alpha], storage: [n], vms: {x: {disks: {r: {activating: 1}}}}}"), [("wrong-type", 1)]);
    assert_eq!(codes(&format!("{POOL}settings: {{storage-manager: g5}}")), [("wrong-value", 2)]);
}

#[test]
fn a_key_in_the_wrong_map_is_told_where_it_belongs() {
    let help = |text: &str| bad(&format!("{POOL}{text}")).into_iter().map(|error| error.help).collect::<Vec<_>>();
    for (text, home) in [
        ("timeline: [{at: 1m, fault: {crash: beta, for: 5m}}]", "`for` is a key of a step"),
        ("timeline: [{at: 1m, fault: {isolate: beta}, io: hang}]", "`io` is a key of a fault"),
        ("expect: {at: end}", "`at` is a key of"),
        // A slip of the finger is one, though another map has the very word.
        ("timeline: [{wait-for: {hosts: beta, live: false}, note: x}]", "did you mean `host`?"),
    ] {
        assert!(help(text).iter().any(|help| help.contains(home)), "{text}: {:?}", help(text));
    }
}

#[test]
fn an_alias_within_its_own_anchor_is_told_as_that() {
    let errors = bad("pool: &x {hosts: [a], vms: *x}\n");
    assert!(errors.len() == 1 && errors[0].code == "yaml-syntax" && errors[0].help.contains("alias"), "{errors:?}");
}

#[test]
fn a_range_with_a_dash_is_told_how_ranges_are_written() {
    for (typed, meant) in [("5m-9m", "5m..9m"), ("5m – 1h30m", "5m..1h30m")] {
        let errors = bad(&format!("pool: {{hosts: [a]}}\ntimeline: [{{at: {typed}, fault: {{crash: a}}}}]\n"));
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        assert!(error.code == "wrong-range" && error.help.contains(meant), "{error:?}");
    }
    // A dash between other things makes no range.
    assert_eq!(found("pool: {hosts: [a]}\ntimeline: [{at: 5-9, fault: {crash: a}}]\n"), ["wrong-duration"]);
}

#[test]
fn what_is_wrong_with_ha() {
    let of = |pool: &str| found(&format!("pool: {{hosts: [a, b], storage: {{n: , loc: {{type: lvm, host: a}}}}, {pool}}}"));
    for (pool, code) in [
        ("ha: {heartbeat-sr: loc}", "local-statefile"),
        ("ha: {heartbeat-sr: m}", "unknown-name"),
        ("ha: {heartbeat-sr: n, timeout: 9s}", "wrong-duration"),
        ("ha: {heartbeat-sr: n, timeout: 60500ms}", "wrong-duration"),
        ("ha: {heartbeat-sr: n, timeout: 60}", "wrong-duration"),
        ("ha: {heartbeat-sr: n, failures-to-tolerate: 65}", "wrong-value"),
        ("ha: {heartbeat-sr: n, allow-overcommit: maybe}", "wrong-type"),
        ("ha: {heartbeat: n}", "unknown-key"),
        ("ha: [n]", "wrong-type"),
        ("vms: {x: {ha: always}}", "wrong-value"),
        ("vms: {x: {ha: restart, order: -1}}", "wrong-value"),
        ("vms: {x: {ha: restart, start-delay: 2d}}", "wrong-duration"),
    ] {
        assert_eq!(of(pool), [code], "{pool}");
    }
    assert_eq!(found("pool: {hosts: [a, b], ha: {}}"), ["local-statefile"], "no shared SR");
    assert_eq!(found("pool: {hosts: [a01..a65], storage: [n], ha: {heartbeat-sr: n}}"), ["too-many"]);
    assert_eq!(found("pool: {hosts: [a01..a64], storage: [n], ha: {heartbeat-sr: n}}"), [""; 0]);
}

#[test]
fn ha_is_read() {
    let load = |text: &str| load("test.yaml", text).expect("it is right").scenario.pool;
    let pool = load(
        "pool: {hosts: [a, b], storage: [m, n], ha: {heartbeat-sr: n, timeout: 90s, failures-to-tolerate: 1, allow-overcommit: true}, vms: {x: {ha: restart, order: 3, start-delay: 20s}, y: {ha: best-effort}, z: }}",
    );
    let ha = pool.ha.expect("on");
    assert_eq!((ha.heartbeat_sr.0, ha.timeout, ha.failures_to_tolerate, ha.allow_overcommit), (1, Span::secs(90), 1, true));
    let vms: Vec<_> = pool.names.vms.iter().map(|vm| (vm.protection, vm.order, vm.start_delay)).collect();
    let none = Span::ZERO;
    assert_eq!(vms, [(Some(Protection::Restart), Some(3), Span::secs(20)), (Some(Protection::BestEffort), None, none), (None, None, none)]);
    // Nothing said but that it is on: the first shared SR, a minute, nothing to tolerate.
    let ha = load("pool: {hosts: [a, b], storage: {loc: {type: ext, host: a}, n: , m: }, ha: }").ha.expect("on");
    assert_eq!((ha.heartbeat_sr.0, ha.timeout, ha.failures_to_tolerate, ha.allow_overcommit), (1, Span::secs(60), 0, false));
    assert!(load("pool: {hosts: [a, b], storage: [n]}").ha.is_none(), "absent: off");
}

/// Of two times one is too much, and what is wrong in either is told all the same.
#[test]
fn times_that_exclude_each_other_are_read_too() {
    let codes = |text: &str| bad(&format!("{POOL}{text}\n")).iter().map(|error| error.code).collect::<Vec<_>>();
    let of_recovery = codes("recovery: {at: 5m, wait-for: {host: beta, live: maybe}, steps: []}");
    let of_step = codes("timeline: [{at: 5, after: 3m, wait-for: {host: betta, live: true}, note: x}]");
    assert_eq!((of_recovery.len(), of_recovery[0]), (2, "contradiction"));
    assert!(of_step.contains(&"contradiction") && of_step.contains(&"wrong-duration") && of_step.contains(&"unknown-name"), "{of_step:?}");
}

#[test]
fn contradictions_at_the_start() {
    let of = |pool: &str| found(&format!("pool: {{hosts: {{a: , b: {{powered: false}}}}, spare-hosts: [s], storage: [n], {pool}}}"));
    assert_eq!(of("vms: {v: {running-on: [b]}}"), ["contradiction"]);
    assert_eq!(of("vms: {v: {disks: {r: {open-on: {b: rw}}}}}"), ["contradiction"]);
    assert_eq!(of("vms: {v: {power-state: running}}"), ["contradiction"]);
    assert_eq!(of("vms: {v: {running-on: s}}"), ["contradiction"]);
    assert_eq!(of("master: s"), ["contradiction"]);
    // The record on a host without power is a ghost, which a pool may well have.
    assert!(of("vms: {v: {running-on: b}}").is_empty());
    assert_eq!(found("pool: {hosts: {a: {known: false}, b: }}"), ["contradiction"]);
}

#[test]
fn waits_are_checked_in_every_case() {
    let of = |rest: &str| found(&format!("{POOL}{rest}"));
    // A step of one world alone is not there in the other's case.
    assert_eq!(of("worlds: {a: [{id: x, note: n}], b: }\nrecovery: {at: 1m, steps: [{after: x, note: n}]}"), ["unknown-step"]);
    assert!(of("worlds: {a: [{id: x, note: n}], b: [{id: x, note: n}]}\nrecovery: {at: 1m, steps: [{after: x, note: n}]}").is_empty());
    assert_eq!(of("worlds: {a: [{id: x, note: n}], b: }\nrecovery: {steps: [{id: x, note: n}]}"), ["duplicate-step"]);
    // The recovery begins when the timeline has ended, which waits for the recovery.
    assert_eq!(of("timeline: [{after: x, note: n}]\nrecovery: {steps: [{id: x, note: n}]}"), ["circle"]);
    assert!(of("timeline: [{after: x, note: n}]\nrecovery: {at: 1m, steps: [{id: x, note: n}]}").is_empty());
    // A circle within one world only.
    assert_eq!(of("timeline: [{id: t, after: x, note: n}]\nworlds: {a: [{id: x, note: n}], b: [{id: x, after: t, note: n}]}"), ["circle"]);
    assert_eq!(of("timeline: [{id: t, after: t, note: n}]"), ["circle"]);
}

#[test]
fn times_that_can_not_be_are_told() {
    let of = |rest: &str| found(&format!("{POOL}until: 10m\n{rest}"));
    assert_eq!(of("timeline: [{at: 11m, note: x}]"), ["after-end"]);
    assert!(of("timeline: [{at: 10m, note: x}]").is_empty());
    assert_eq!(of("expect: {states: [{during: 5m..14m, host: beta, live: true}]}"), ["after-end"]);
    assert_eq!(of("timeline: [{fault: {crash: beta}, every: 99ms, times: 2}]"), ["wrong-duration"]);
    assert_eq!(found("until: 3651d\npool: {hosts: [a]}"), ["wrong-duration"]);
    assert_eq!(found("pool: {hosts: [a], storage: [n], vms: {v: {writes: 50ms}}}"), ["wrong-duration"]);
    assert_eq!(of("settings: {heartbeat-jitter: 31s}"), ["contradiction"]);
}

#[test]
fn counts_have_bounds() {
    assert_eq!(codes("pool: {hosts: [h1..h10001]}"), [("too-many", 1)]);
    assert!(load("", "pool: {hosts: [h1..h10000]}").is_ok());
    assert_eq!(codes("pool: {hosts: [a], storage: [n], vms: [v1..v60001]}"), [("too-many", 1)]);
    assert!(load("", "pool: {hosts: [a], storage: [n], vms: [v1..v60000]}").is_ok());
    assert_eq!(codes("pool: {hosts: [a], storage: [n], vms: {v1..v30000: {disks: [a, b, c]}}}"), [("too-many", 1)]);
    assert_eq!(codes("pool: {hosts: [h1..h10000], storage: [n1..n50]}"), [("too-many", 1)]);
}

/// What is said of a mistake: code, line, the marked words, and the help.
fn said(text: &str) -> Vec<(&'static str, u32, String, String)> {
    let of = |found: &crate::scenario::diagnostic::Diagnostic| {
        (found.code, found.line, found.excerpt[found.marked.clone()].to_string(), found.help.clone())
    };
    match load("test.yaml", text) {
        Ok(loaded) => loaded.warnings.iter().map(of).collect(),
        Err(errors) => errors.iter().map(of).collect(),
    }
}

/// One mistake, one diagnostic: at its cause, with the words that mend it.
#[test]
fn a_mistake_is_told_once_at_its_cause_with_its_mend() {
    let run = |line: &str| format!("{POOL}recovery: {{steps: [{{run: '{line}'}}]}}\n");
    let step = |step: &str| format!("{POOL}timeline: [{step}]\n");
    for (text, code, line, marked, help) in [
        // A key and its value in two words.
        (run("xe vm-start vm=db on gamma"), "bare-word", 2, "on", "write `on=gamma`"),
        (run("xe vm-start vm=db on= gamma"), "bare-word", 2, "on=", "write `on=gamma`"),
        (run("xe vm-start vm=db on = gamma"), "bare-word", 2, "on", "write `on=gamma`"),
        (run("xe vm-start vm:db on=gamma"), "bare-word", 2, "vm:db", "write `vm=db`"),
        (run("xe host-forget uuid $beta --force"), "bare-word", 2, "uuid", "write `uuid=$beta`"),
        // A key that another command has.
        (run("xe vm-start vm=db host=gamma"), "unknown-field", 2, "host=gamma", "write `on=gamma`"),
        (run("xe vm-start name=db"), "unknown-field", 2, "name=db", "write `vm=db`"),
        (run("xe host-forget host=$beta --force"), "missing-key", 2, "host-forget", "the key is called `uuid`, not `host`"),
        // Signs of a text processor.
        (run("xe vm-start vm=\u{201c}db\u{201d}"), "typographic", 2, "vm=\u{201c}db\u{201d}", "write `vm=\"db\"`"),
        (run("\u{201c}xe vm-list\u{201d}"), "typographic", 2, "\u{201c}xe", "write `xe`"),
        (run("xe host-forget uuid=$beta \u{2014}force"), "typographic", 2, "\u{2014}force", "write `--force`"),
        (step("{at: 5m, fault: {crash: \u{201c}beta\u{201d}}}"), "unknown-name", 2, "\u{201c}beta\u{201d}", "write `beta`"),
        // Words in another order; names that are like nothing.
        (run("xe forget-host uuid=$beta --force"), "unknown-command", 2, "forget-host", "did you mean `host-forget`?"),
        (step("{at: 5m, fault: {crash: delta}}"), "unknown-name", 2, "delta", "the names known here: alpha, beta, gamma"),
        // A UUID of something else.
        (run("/opt/xensource/sm/resetvdis.py $nfs1 $beta"), "other-uuid", 2, "$nfs1", "write `resetvdis.py $beta $nfs1`"),
        (run("xe host-forget uuid=$db --force"), "other-uuid", 2, "uuid=$db", "write the `$name` of a host"),
        (run("xe pbd-plug uuid=$beta"), "other-uuid", 2, "uuid=$beta", "a PBD is `${HOST/SR}`"),
        (run("xe pbd-unplug uuid=$beta/nfs1"), "name-ends", 2, "uuid=$beta/nfs1", "for the UUID of the PBD write `${beta/nfs1}`"),
        // Keys.
        (step("{at: 5m, crash: beta}"), "unknown-key", 2, "crash", "write `fault: {crash: beta}`"),
        (step("{at: 5m, power-off: beta}"), "unknown-key", 2, "power-off", "write `act: {power-off: beta}`"),
        (
            format!("{POOL}expect: {{states: [{{at: end, vm: db, power_state: running}}]}}\n"),
            "unknown-key",
            2,
            "power_state",
            "did you mean `power-state`?",
        ),
        ("hosts: [alpha]\n".into(), "unknown-key", 1, "hosts", "write `pool: {hosts: …}`"),
        (
            format!("{POOL}recovery: [{{run: xe vm-list}}]\n"),
            "wrong-type",
            2,
            "[",
            "put the steps below `steps:`: `recovery: {steps: [{run: …}]}`",
        ),
        // Times.
        (step("{at: 1 min, fault: {crash: beta}}"), "wrong-duration", 2, "1 min", "write `1m`"),
        (
            step("{at: 5m, fault: {crash: beta}}, {at: 2m, fault: {crash: gamma}}"),
            "goes-back",
            2,
            "2m",
            "steps of one list come in turn: put this one first",
        ),
        // YAML that breaks below its cause.
        (
            "pool:\n  hosts: [alpha, beta]\n\u{a0} storage: [nfs1]\n  vms: {db: }\n".into(),
            "yaml-syntax",
            3,
            "\u{a0}",
            "write a plain blank",
        ),
        ("pool:\n\u{a0} hosts: [alpha, beta]\n".into(), "unknown-key", 2, "\u{a0} hosts", "indent with plain spaces"),
        (
            "pool:\n  hosts: [a]\n  storage: {n: {type: nfs}\n  vms: {db: }\n".into(),
            "yaml-syntax",
            3,
            "{",
            "close it with `}`; line 4 is where that shows",
        ),
        (
            "pool:\n  hosts: [a, b\n  storage: {n: {type: nfs}}\n".into(),
            "yaml-syntax",
            2,
            "[",
            "close it with `]`; line 3 is where that shows",
        ),
        (
            "title: \"open\npool: {hosts: [a]}\ntimeline:\n  - {at: 6m, note: \"x\"}\n".into(),
            "yaml-syntax",
            1,
            "\"",
            "close it with \" where the text ends; line 4 is where that shows; a \" within the text is written `\\\"`",
        ),
    ] {
        assert_eq!(said(&text), [(code, line, marked.to_string(), help.to_string())], "{text}");
    }
}

/// Names with a dash, as real hosts have them, end before it without braces.
#[test]
fn a_name_with_a_dash_wants_braces() {
    let text = "pool: {hosts: [xen, xen-02], storage: [nfs1]}\nrecovery: {steps: [{run: xe host-forget uuid=$xen-02 --force}]}\n";
    assert_eq!(said(text)[0], ("name-ends", 2, "uuid=$xen-02".into(), "for the UUID of the host write `${xen-02}`".into()));
    let text = text.replace("[xen, xen-02]", "[xen-01, xen-02]");
    let help = "`$name` ends at the first character that is no letter, digit or `_`: write `${xen-02}`";
    assert_eq!(said(&text), [("unknown-name", 2, "uuid=$xen-02".into(), help.into())]);
}

#[test]
fn every_line_of_a_command_that_the_shell_here_does_not_have_is_told() {
    let text = format!(
        "{POOL}recovery:\n  steps:\n    - {{run: xe vm-list &}}\n    - run: |\n        xe vm-list; xe host-list\n        xe vm-list\n        for x in 1; do\n        xe vm-list && true\n"
    );
    // What is never closed takes in all that follows: it alone is told of its step.
    assert_eq!(codes(&text), [("shell", 4), ("shell", 8)]);
}

/// What is opened and not closed is named where it is opened, and not by what a shell makes of the rest.
#[test]
fn what_is_opened_and_not_closed_is_named() {
    for (script, line, marked, help) in [
        ("for h in a b; do\nxe host-list\n", 5, "for", "`done`"),
        ("while true; do\nif true; then\nxe host-list\ndone\n", 6, "if", "`fi`"),
        ("xe host-list\nif [ 1 = 2 ]; then # fi\necho 'fi'\n", 6, "if", "`fi`"),
        ("case $beta in\nx) xe host-list;;\n", 5, "case", "`esac`"),
        ("xe vbd-plug uuid=${db/0\nfor h in a; do xe host-list; done\n", 5, "$", "`${db-root}`"),
    ] {
        let indented: String = script.lines().map(|line| format!("        {line}\n")).collect();
        let text = format!("{POOL}recovery:\n  steps:\n    - run: |\n{indented}");
        let errors = bad(&text);
        let [error] = errors.as_slice() else { panic!("{script}: {errors:?}") };
        assert_eq!((error.code, error.line), ("shell", line), "{script}: {error:?}");
        assert!(error.excerpt[error.marked.start..].starts_with(marked), "{script}: {error:?}");
        assert!(error.help.contains(help), "{script}: {error:?}");
    }
}
