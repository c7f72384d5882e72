//! `poolsim playground`: one page that runs the library itself, with nothing to serve it. The module is built by `.ci/wasm`: the
//! program carries it where it was built with the feature `playground`, and else is told where it lies.

use super::args::Playground;
use super::exit::Status;
use super::out::Out;
use super::shipped::{self, Shipped};
use super::whole::Whole;
use crate::base::inert::clean_line;
use crate::report::json::compact;
use crate::report::page::{allowed, base64, in_policy};
use serde_json::json;
use std::path::Path;

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/page.css");
const WORKER: &str = include_str!("page/worker.js");
const BRIDGE: &str = include_str!("page/bridge.js");
/// The page's script, in the order in which its parts need each other.
const PARTS: [&str; 6] = [
    include_str!("page/words.js"),
    include_str!("page/engine.js"),
    include_str!("page/link.js"),
    include_str!("page/editor.js"),
    include_str!("page/desk.js"),
    include_str!("page/app.js"),
];
/// How a page of ours can be known: only such a one is written over.
const MARK: &str = "<meta name=\"generator\" content=\"poolsim playground\">";
/// A module is no larger, in bytes.
const MODULE_MOST: u64 = 64 << 20;

#[cfg(feature = "playground")]
const CARRIED: Option<&[u8]> = Some(include_bytes!(env!("POOLSIM_PLAYGROUND_MODULE")));
#[cfg(not(feature = "playground"))]
const CARRIED: Option<&[u8]> = None;

/// Writes the page into a folder.
pub fn playground(out: Out, args: &Playground) -> Status {
    match written(out, args) {
        Ok(status) | Err(status) => status,
    }
}

fn written(out: Out, args: &Playground) -> Result<Status, Status> {
    let text = page(&module(out, args.module.as_deref())?);
    if let Err(error) = std::fs::create_dir_all(&args.folder) {
        return Err(out.unwritable(&args.folder, &error));
    }
    let path = args.folder.join("index.html");
    let shown = clean_line(&path.display().to_string());
    // What is there and is none of ours stays.
    if path.exists() && !std::fs::read_to_string(&path).is_ok_and(|there| there.contains(MARK)) {
        let help = ["name another folder, or remove it first".to_owned()];
        let what = format!("{shown} is there already, is no playground and is not overwritten");
        return Err(out.refuse("unreadable", &what, &help, Status::Unreadable));
    }
    match Whole::put(&path, &text) {
        Ok(()) => Ok(out.result(&format!("{shown}: open it in a browser; it needs no server\n"))),
        Err(error) => Err(out.unwritable(&path, &error)),
    }
}

/// The module, packed by gzip.
fn module(out: Out, file: Option<&Path>) -> Result<Vec<u8>, Status> {
    let Some(path) = file else {
        return CARRIED.map(<[u8]>::to_vec).ok_or_else(|| {
            let help = [
                "`.ci/wasm build` builds it, from the sources of poolsim".to_owned(),
                "then `--module target/wasm/playground.wasm.gz` names it".to_owned(),
                "or `cargo build --features playground` puts it into the program".to_owned(),
            ];
            out.refuse("usage", "this program was built without the playground's module", &help, Status::Wrong)
        });
    };
    let shown = clean_line(&path.display().to_string());
    let bytes =
        super::files::read_most(path, MODULE_MOST).map_err(|(what, help)| out.refuse("unreadable", &what, &help, Status::Unreadable))?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        let help = ["`.ci/wasm build` writes target/wasm/playground.wasm.gz".to_owned()];
        return Err(out.refuse("usage", &format!("{shown} is no module that was packed by gzip"), &help, Status::Wrong));
    }
    Ok(bytes)
}

/// The whole page. It may run its own script, the module, and the script of the reports that it shows; and ask for nothing.
fn page(module: &[u8]) -> String {
    let script = format!("(() => {{\n'use strict';\n{}}})();\n", PARTS.concat());
    let (report_style, report_script) = allowed();
    let policy = format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; worker-src blob:; \
         style-src '{}' '{report_style}'; script-src 'wasm-unsafe-eval' '{}' '{report_script}' '{}'",
        in_policy(STYLE),
        in_policy(&script),
        in_policy(BRIDGE),
    );
    filled(&[
        ("policy", &policy),
        ("style", STYLE),
        ("version", env!("CARGO_PKG_VERSION")),
        ("stories", &stories()),
        ("worker", WORKER),
        ("bridge", BRIDGE),
        ("module", &base64(module)),
        ("script", &script),
    ])
}

/// The page with its blanks filled, which stand in this order: what is put into one is not looked at again.
fn filled(blanks: &[(&str, &str)]) -> String {
    let (mut text, mut rest) = (String::new(), PAGE);
    for (name, what) in blanks {
        let Some((before, after)) = rest.split_once(&format!("{{{{{name}}}}}")) else { continue };
        text.push_str(before);
        text.push_str(what);
        rest = after;
    }
    text + rest
}

/// The shipped scenarios, drills first, harmless within a script element.
fn stories() -> String {
    let mut all: Vec<(&Shipped, Option<u64>, String)> = shipped::ALL
        .iter()
        .filter_map(|shipped| {
            let scenario = crate::scenario::load(shipped.path, shipped.text).ok()?.scenario;
            let grade = scenario.drill.as_ref().map(|drill| drill.grade.unwrap_or(1));
            let title = if scenario.title.is_empty() { scenario.name } else { scenario.title };
            Some((shipped, grade, title))
        })
        .collect();
    all.sort_by_key(|(shipped, grade, _)| (grade.is_none(), *grade, shipped.path));
    let value = all.iter().map(|(shipped, grade, title)| {
        let group = grade.map_or_else(|| shipped.chapter().to_owned(), |grade| format!("drills, grade {grade}"));
        json!({"file": format!("{}.yaml", shipped.name()), "title": title, "group": group, "drill": grade.is_some(), "text": shipped.text})
    });
    compact(&json!(value.collect::<Vec<_>>())).replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blank_is_filled_and_nothing_ends_an_element_early() {
        let page = page(&[0x1f, 0x8b, 0xff]);
        assert!(!PAGE.split("{{").skip(1).any(|part| page.contains(&format!("{{{{{}}}}}", part.split("}}").next().unwrap()))));
        let of = |tag: &str| (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
        // An element in a string of the script would begin or end one here; the page has five scripts and one style.
        assert_eq!((of("script>").0 + of("script ").0, of("script").1, of("style"), page.matches("<!--").count()), (5, 5, (1, 1), 0));
    }

    #[test]
    fn the_page_asks_for_nothing() {
        let page = page(&[]);
        for word in ["http:", "https:", "src=", "@import", "url(", "fetch(", "XMLHttpRequest", "eval(", "innerHTML", "localStorage"] {
            let of_stories = stories().matches(word).count();
            assert_eq!(page.matches(word).count(), of_stories, "{word}");
        }
    }

    #[test]
    fn all_that_is_shipped_is_in_the_list() {
        let list: serde_json::Value = serde_json::from_str(&stories()).unwrap();
        let files: std::collections::BTreeSet<&str> = list.as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
        let parts = |one: &&Shipped| crate::scenario::load(one.path, one.text).is_ok();
        assert_eq!(files.len(), shipped::ALL.iter().filter(parts).count());
        assert!(
            files.contains("forgotten-while-it-runs.yaml") && PARTS[5].contains("'forgotten-while-it-runs.yaml'"),
            "the first that is shown"
        );
    }
}
