//! Files that are put together: what counts where two say the same, which paths are taken, and whose mistake it is.

use super::POOL;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::Scenario;
use crate::scenario::{Asked, Loaded, load_with};
use std::collections::BTreeMap;

/// Loads `stories/test.yaml` beside other files, by their paths from its folder.
fn together(own: &str, others: &[(&str, &str)]) -> Result<Scenario, Vec<Diagnostic>> {
    let files: BTreeMap<&str, &str> = others.iter().copied().collect();
    let mut include = |path: &str| files.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "no such file".to_string());
    load_with("stories/test.yaml", own.as_bytes(), &mut Asked { include: &mut include, set: &[], release: None })
        .map(|Loaded { scenario, .. }| scenario)
}

fn right(own: &str, others: &[(&str, &str)]) -> Scenario {
    together(own, others).unwrap_or_else(|wrong| panic!("{}", wrong.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n")))
}

/// File, line and code of each mistake.
fn wrong(own: &str, others: &[(&str, &str)]) -> Vec<(String, u32, &'static str)> {
    let told = together(own, others).expect_err(own);
    told.into_iter().map(|d| (d.file, d.line, d.code)).collect()
}

const SHARED: &str = "pool:\n  hosts: {alpha: , beta: }\n  storage: [nfs1]\n  vms: {db: {running-on: beta, memory: 8GiB}}\nuntil: 1h\nsettings: {host-dead-after: 60s, command: 2s}\n";

#[test]
fn own_keys_count_and_maps_go_into_each_other() {
    let own = "includes: [pool.part.yaml]\npool:\n  hosts: {gamma: }\n  vms: {db: {running-on: gamma}, web: }\nsettings: {command: 3s}\n";
    let both = right(own, &[("pool.part.yaml", SHARED)]);
    let names = &both.pool.names;
    let hosts: Vec<&str> = names.machine_ids().map(|m| names.machine(m)).collect();
    assert_eq!(hosts, ["alpha", "beta", "gamma"], "those of the included file come first, and with them the master");
    assert_eq!(names.vm_ids().map(|vm| names.vm(vm)).collect::<Vec<_>>(), ["db", "web"]);
    assert_eq!((names.vms[0].memory, both.pool.vms[0].running_on[0].0), (8 << 30, 2), "running-on is the file's, memory the part's");
    let seconds = |span: crate::base::time::Span| span.0 / 1_000_000;
    assert_eq!((seconds(both.settings.host_dead_after), seconds(both.settings.command)), (60, 3));
    assert_eq!(both.name, "test");
}

#[test]
fn lists_and_empty_values_count_whole() {
    let part = "pool: {hosts: [alpha, beta], storage: [nfs1]}\ntimeline: [{at: 1m, note: x}, {at: 2m, note: y}]\nexpect: {worst: none}\n";
    let both = right("includes: [a.part.yaml]\ntimeline: [{at: 3m, note: z}]\nexpect:\n", &[("a.part.yaml", part)]);
    assert_eq!((both.timeline.len(), both.expect.is_some()), (1, false));
    let as_it_is = right("includes: [a.part.yaml]\n", &[("a.part.yaml", part)]);
    assert_eq!((as_it_is.timeline.len(), as_it_is.expect.is_some()), (2, true));
}

#[test]
fn a_later_file_goes_before_an_earlier_one_and_files_include_files() {
    let files = [
        ("a.part.yaml", "pool: {hosts: [alpha]}\nseed: 1\nuntil: 1h\n"),
        ("deep/b.part.yaml", "includes: [../c.part.yml]\nseed: 2\n"),
        ("c.part.yml", "seed: 3\nuntil: 2h\nrelease: manual-6\n"),
    ];
    let both = right("includes: [a.part.yaml, ./deep/b.part.yaml]\n", &files);
    // b says the seed itself, and has the rest from c; both go before a.
    assert_eq!((both.seed, both.until.map(|t| t.0 / 3_600_000_000)), (2, Some(2)));
}

#[test]
fn a_step_of_an_included_file_bears_the_line_that_brought_it() {
    let part = format!("{POOL}\n\n\ntimeline: [{{at: 1m, note: x}}]\n");
    let both = right("title: x\nincludes:\n  - a.part.yaml\n", &[("a.part.yaml", &part)]);
    assert_eq!(both.timeline[0].line, 3);
}

#[test]
fn a_mistake_is_told_in_the_file_that_makes_it() {
    let part = "pool:\n  hosts: [alpha, beta]\n  master: btea\n";
    let own = "includes: [shared/a.part.yaml]\ntimelin: []\n";
    let expected = [("stories/test.yaml".to_string(), 2, "unknown-key"), ("stories/shared/a.part.yaml".to_string(), 3, "unknown-name")];
    assert_eq!(wrong(own, &[("shared/a.part.yaml", part)]), expected);
    let told = together(own, &[("shared/a.part.yaml", part)]).unwrap_err();
    assert_eq!((told[1].column, &told[1].excerpt[told[1].marked.clone()]), (11, "btea"));
    // What can't be read at all, and what belongs to the scenario alone.
    let of_part = |text: &str| wrong("includes: [a.part.yaml]\n", &[("a.part.yaml", text)]);
    let here = |line: u32, code: &'static str| vec![("stories/a.part.yaml".to_string(), line, code)];
    assert_eq!(of_part("pool: {hosts: [alpha]}\npool: {}\n"), here(2, "duplicate-key"));
    assert_eq!(of_part("pool: {hosts: [alpha]}\nname: x\n"), here(2, "misplaced-key"));
    assert_eq!(of_part("pool: {hosts: [alpha]}\nhosts: [x]\n"), here(2, "unknown-key"));
    assert_eq!(of_part("- a\n"), here(1, "wrong-type"));
    assert_eq!(wrong("includes: [a.part.yaml]\n", &[("a.part.yaml", "seed: 4\n")]), [("stories/test.yaml".to_string(), 1, "missing-key")]);
}

#[test]
fn paths_that_are_not_taken() {
    for path in [
        "/etc/a.part.yaml",
        "C:/a.part.yaml",
        "http://x/a.part.yaml",
        "a\\b.part.yaml",
        "a.yaml",
        ".part.yaml",
        "a.part.yaml/",
        "",
        "..",
        "a/../..",
        "gone.part.yaml",
    ] {
        let own = format!("includes: ['{path}']\n{POOL}");
        assert_eq!(wrong(&own, &[]), [("stories/test.yaml".to_string(), 1, "wrong-include")], "{path}");
    }
    assert_eq!(wrong(&format!("includes: a.part.yaml\n{POOL}"), &[]), [("stories/test.yaml".to_string(), 1, "wrong-type")]);
    assert_eq!(right("includes: [../a/../b/x.part.yaml]\n", &[("../b/x.part.yaml", POOL)]).pool.hosts.len(), 3);
}

#[test]
fn circles_depth_number_and_size_are_bounded() {
    let first = "includes: [a.part.yaml]\n";
    let told =
        together(first, &[("a.part.yaml", "includes: [b.part.yaml]\n"), ("b.part.yaml", "includes: [./a.part.yaml]\n")]).unwrap_err();
    assert_eq!((told[0].code, told[0].file.as_str()), ("wrong-include", "stories/b.part.yaml"));
    assert!(told[0].message.contains("a.part.yaml -> b.part.yaml -> a.part.yaml"), "{}", told[0].message);
    // Eight files within each other are right, nine are not.
    let chain = |n: usize| {
        let name = |at: usize| format!("{at}.part.yaml");
        let text = |at: usize| if at == n { POOL.to_string() } else { format!("includes: [{}]\n", name(at + 1)) };
        (1..=n).map(|at| (name(at), text(at))).collect::<Vec<_>>()
    };
    let load = |files: &[(String, String)]| {
        together("includes: [1.part.yaml]\n", &files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>())
    };
    assert!(load(&chain(8)).is_ok());
    assert_eq!(load(&chain(9)).unwrap_err()[0].code, "wrong-include");
    // A tree of files that grows without bound in breadth ends after 64.
    let wide = |n: usize| format!("includes: [{}]\n", vec!["a.part.yaml"; n].join(", "));
    assert!(together(&wide(64), &[("a.part.yaml", POOL)]).is_ok());
    assert_eq!(wrong(&wide(100_000), &[("a.part.yaml", POOL)]).len(), 1);
    let much = format!("{POOL}#{}\n", "x".repeat(6 << 20));
    assert_eq!(wrong(&wide(3), &[("a.part.yaml", &much)]), [("stories/test.yaml".to_string(), 1, "wrong-include")]);
}

#[test]
fn the_digest_of_the_text_is_over_all_files() {
    let of = |own: &str, part: &str| right(own, &[("a.part.yaml", part)]).sha256;
    let own = format!("includes: [a.part.yaml]\n{POOL}");
    assert_ne!(of(&own, "seed: 1\n"), of(&own, "seed: 2\n"));
    assert_eq!(of(POOL, ""), super::good(POOL).sha256, "a file that includes nothing has its own");
}
