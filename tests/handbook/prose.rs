//! The sentences of the handbook, read as Markdown: links, commands, figures.

use super::{SUMMARY, by_hand, common, src};
use poolsim::command::COMMANDS;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};
use std::fs;
use std::path::Path;

/// The Markdown of a page.
fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// Every page of the book, by its path below `src`.
fn pages() -> Vec<(String, String)> {
    fn walk(folder: &Path, pages: &mut Vec<(String, String)>) {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                walk(&path, pages);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                let text = fs::read_to_string(&path).expect("text");
                pages.push((super::below(&path), text));
            }
        }
    }
    let mut pages = Vec::new();
    walk(&src(), &mut pages);
    pages.sort();
    pages
}

/// The headings of a page as links name them.
fn anchors(text: &str) -> Vec<String> {
    let (mut found, mut heading) = (Vec::new(), None);
    for event in events(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let title: String = heading.take().unwrap_or_default();
                found.push(
                    title
                        .to_lowercase()
                        .chars()
                        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                        .collect::<String>()
                        .replace(' ', "-"),
                );
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found
}

/// Every link and picture leads to what is there, inside of the book; every page is listed, once.
#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let mut links = 0;
    for (path, text) in &pages {
        for event in events(text) {
            let (Event::Start(Tag::Link { dest_url, .. }) | Event::Start(Tag::Image { dest_url, .. })) = event else { continue };
            links += 1;
            let (file, anchor) = dest_url.split_once('#').unwrap_or((&dest_url, ""));
            let beside = src().join(path);
            let target = if file.is_empty() { beside } else { beside.parent().expect("a folder").join(file) };
            let target = target.canonicalize().unwrap_or_else(|error| panic!("{path}: {dest_url}: {error}"));
            assert!(target.starts_with(src().canonicalize().expect("the book")), "{path}: {dest_url} leads out of the book");
            if !anchor.is_empty() {
                let text = fs::read_to_string(&target).expect("text");
                assert!(anchors(&text).iter().any(|known| known == anchor), "{path}: {dest_url}: no such heading");
            }
        }
    }
    assert!(links > 300, "only {links} links: are they still read?");
    let summary = fs::read_to_string(common::root().join(SUMMARY)).expect("a table of contents");
    for (path, _) in pages.iter().filter(|(path, _)| !SUMMARY.ends_with(&format!("/src/{path}"))) {
        assert_eq!(summary.matches(&format!("]({path})")).count(), 1, "{SUMMARY} lists {path} once");
    }
    assert_eq!(summary.matches("](").count(), pages.len() - 1, "{SUMMARY} lists a page that is not there");
}

/// A page of the catalogue is Markdown only, whatever an entry says.
#[test]
fn the_catalogue_has_no_markup_of_its_own() {
    for (path, text) in pages().iter().filter(|(path, _)| path.starts_with("catalogue/")) {
        let html: Vec<CowStr<'_>> = events(text)
            .filter_map(|event| if let Event::Html(html) | Event::InlineHtml(html) = event { Some(html) } else { None })
            .collect();
        assert!(html.len() == 1 && html[0].starts_with("<!-- Written by"), "{path}: {html:?}");
    }
}

/// Commands in sentences: `poolsim …` runs, and `xe …` names a command that there is.
#[test]
fn every_command_is_one() {
    let mut commands = 0;
    for page in by_hand() {
        for event in events(&page.text) {
            let Event::Code(code) = event else { continue };
            let words: Vec<&str> = code.split_whitespace().collect();
            match words[..] {
                ["xe", name, ..] => assert!(COMMANDS.iter().any(|doc| doc.name == name), "{}: `{code}`", page.path),
                ["poolsim", ..] => {
                    // `poolsim orders` alone names the command.
                    let words = if let [_, name] = words[..] { vec!["poolsim", "help", name] } else { words };
                    let (_, errors, status) = common::program(&words[1..], "");
                    // 1: a story that goes wrong, or a drill that is left.
                    assert!(status == 0 || status == 1, "{}: `{code}`: {errors}", page.path);
                }
                _ => continue,
            }
            commands += 1;
        }
    }
    assert!(commands >= 1, "no command is named: are they still read?");
}

/// A block that nobody holds would be believed all the same.
#[test]
fn every_block_is_held() {
    for page in by_hand() {
        let mut before = "";
        let mut inside = false;
        for line in page.text.lines() {
            if line.starts_with("```") {
                inside = !inside;
                let held = before == "-->" || (before.starts_with("<!-- ") && before.ends_with("-->"));
                assert!(!inside || held, "{}: a block that is not held: {line}", page.path);
            }
            before = line;
        }
    }
}

/// A word that is a figure: it begins with a digit.
fn figures(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == ',' || c == '-'));
    let plain = words.map(|word| word.trim_matches(['.', ',', '-']));
    plain.filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).collect()
}

/// What stands in sentences: no code, no comments, nothing between the marks of a figure, no address of a link.
fn sentences(text: &str) -> String {
    let (mut out, mut marked, mut block, mut comment) = (String::new(), false, false, false);
    for event in events(text) {
        match event {
            Event::InlineHtml(html) if html.starts_with("<!--= ") => marked = true,
            Event::InlineHtml(html) if &*html == "<!--/-->" => marked = false,
            Event::Start(Tag::CodeBlock(_)) => block = true,
            Event::End(TagEnd::CodeBlock) => block = false,
            Event::Text(text) if !marked && !block => out.push_str(&text),
            Event::Html(html) => {
                comment |= html.starts_with("<!--");
                if !comment {
                    out.push_str(&html);
                }
                comment &= !html.contains("-->");
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => out.push('\n'),
            _ => {}
        }
    }
    out
}

/// A figure of a sentence is marked as one of a run, or is one of the model: then it stands in a page of the model that the
/// lesson names. Single digits count things that can be seen.
#[test]
fn every_figure_is_held() {
    let mut held = 0;
    for page in by_hand().into_iter().filter(|page| page.path.starts_with("lessons/")) {
        let mut model = String::new();
        for piece in page.text.split("docs/model/").skip(1) {
            let name = piece.split_once(".md").expect("a page of the model").0;
            model.push_str(&fs::read_to_string(common::root().join(format!("docs/model/{name}.md"))).expect("a page of the model"));
        }
        let known = figures(&model);
        for figure in figures(&sentences(&page.text)).into_iter().filter(|figure| figure.len() > 1) {
            assert!(
                known.contains(&figure),
                "{}: {figure} is marked as no run's, and stands in no page of the model that is named",
                page.path
            );
            held += 1;
        }
    }
    assert!(held >= 1, "no figure is of the model: are they still read?");
}
