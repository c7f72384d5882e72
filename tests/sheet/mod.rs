//! What holds of every page: well-formed for a strict reader, and closed to the outside.
#![allow(dead_code)]

use poolsim::report::page::MOST_BYTES;

/// Reads a page as XML, which it is as well.
pub fn parsed(html: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(html, options).unwrap_or_else(|error| panic!("{error}"))
}

/// A page asks for nothing from anywhere and runs nothing but its own script; it is no larger than a page may be.
pub fn closed(html: &str, path: &str) {
    let document = parsed(html);
    assert!(html.contains("default-src 'none'") && !html.contains("eval(") && html.len() <= MOST_BYTES, "{path}: {}", html.len());
    let spaces = ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"];
    // A namespace is a name, and asks for nothing.
    let bare = spaces.iter().fold(html.to_owned(), |html, space| html.replace(&format!("xmlns=\"{space}\""), ""));
    for node in document.descendants() {
        for attribute in node.attributes() {
            let outside = ["src", "srcset", "data", "action", "poster"].contains(&attribute.name());
            let link = ["href", "xlink:href"].contains(&attribute.name()) && !attribute.value().starts_with('#');
            assert!(!outside && !link && !attribute.name().starts_with("on"), "{path}: {attribute:?}");
        }
    }
    assert!(!bare.contains("@import") && !bare.contains("url(http"), "{path}");
    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{path}: an id stands twice");
    for node in document.descendants() {
        let Some(to) = node.attribute("href").and_then(|href| href.strip_prefix('#')).filter(|to| !to.contains('=')) else { continue };
        assert!(ids.contains(&to), "{path}: a link to #{to}, which is not there");
    }
}

/// What stands in a part, its elements aside.
pub fn text(node: roxmltree::Node<'_, '_>) -> String {
    node.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect()
}

/// The parts of a page of a kind of element that bear a class among others.
pub fn of<'a>(document: &'a roxmltree::Document<'a>, tag: &str, class: &str) -> Vec<roxmltree::Node<'a, 'a>> {
    let bears = |node: &roxmltree::Node<'_, '_>| {
        class.is_empty() || node.attribute("class").is_some_and(|classes| classes.split(' ').any(|own| own == class))
    };
    document.descendants().filter(|node| node.tag_name().name() == tag && bears(node)).collect()
}
