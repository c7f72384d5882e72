//! The parser's errors as diagnostics, at the place of the cause where that is known.

use super::opened;
use super::{DEPTH_MOST, NODES_MOST};
use crate::base::typography::{Odd, plain};
use crate::scenario::diagnostic::{Diagnostic, Mend, Place, Source};
use serde_yaml::Location;

/// A place as the parser gives it.
pub(super) fn place_of(location: Location) -> Option<Place> {
    let start = location.span().byte_offset()? as usize;
    Some(Place { start, end: start + location.span().byte_len()? as usize })
}

const TOO_MUCH: &str = "the file holds more than a scenario may";

/// Words the parser's error as a diagnostic.
pub(super) fn broken(source: &Source<'_>, error: &serde_yaml::Error) -> Diagnostic {
    use serde_yaml::Error as E;
    let place = error
        .location()
        .and_then(|location| place_of(location).or_else(|| source.place_of(location.line() as usize, location.column() as usize)));
    let place = source.nearest(place.unwrap_or_default());
    match error {
        E::DuplicateMappingKey { .. } => {
            let key = source.slice(place).trim().to_string();
            source.error(
                place,
                "duplicate-key",
                if key.is_empty() {
                    "a key stands twice in one map".to_string()
                } else {
                    format!("the key `{key}` stands twice in one map")
                },
                "only one of them can count: take one out, or give it another name",
            )
        }
        E::Budget { .. }
        | E::AliasReplayCounterOverflow { .. }
        | E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. } => source.error(
            place,
            "too-large",
            TOO_MUCH,
            format!("at most {NODES_MOST} values, {DEPTH_MOST} levels deep, and 300000 by aliases (`*name`)"),
        ),
        E::MultipleDocuments { .. } => source.error(
            place,
            "yaml-syntax",
            "a second document begins here",
            "one scenario a file: take out the line `---`, or what follows it",
        ),
        other => {
            let said = other.to_string();
            if said.contains("budget") {
                return source.error(
                    place,
                    "too-large",
                    TOO_MUCH,
                    format!("at most {NODES_MOST} values, {DEPTH_MOST} levels deep, and 300000 by aliases (`*name`)"),
                );
            }
            if said.to_lowercase().contains("nesting") || said.contains("recursion limit") || said.contains("depth") {
                return source.error(
                    place,
                    "too-large",
                    "lists and maps lie too deep within each other",
                    format!("at most {DEPTH_MOST} levels; a scenario needs 8"),
                );
            }
            if let Some(cause) = cause(source, place) {
                return cause;
            }
            let help = hint(source, place, &said);
            source.error(place, "yaml-syntax", format!("this is not YAML: {}", sentence(&said)), help)
        }
    }
}

/// The parser's words without its own place and with one line only.
fn sentence(said: &str) -> String {
    let line = said.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line);
    let line = match line.split_once(": ") {
        Some((head, rest)) if head.starts_with("line ") || head.starts_with("error") => rest,
        _ => line,
    };
    line.trim().trim_end_matches('.').chars().take(200).collect()
}

/// What went wrong above the place where the parser gives up, where that is sure: a blank that is none, or something that
/// opens and is not closed.
fn cause(source: &Source<'_>, place: Place) -> Option<Diagnostic> {
    let text = source.text();
    let line_end = source.line_start(place.start) + source.line_text(place.start).len();
    if let Some(odd) = opened::odd_blank(&text[..line_end]) {
        let message = format!("this is not YAML: {} stands here, which YAML takes for a letter", Odd::Blank.name());
        let mut told = source.error(odd, "yaml-syntax", message, "write a plain blank");
        told.mend = Some(Mend { span: odd.start..odd.end, text: plain(source.slice(odd)) });
        return Some(told);
    }
    let (at, sign) = opened::unclosed(text, place.start)?;
    let here = Place { start: at, end: at + sign.len_utf8() };
    let shows = source.line(place.start);
    let below = if shows > source.line(at) { format!("; line {shows} is where that shows") } else { String::new() };
    let (what, help) = match sign {
        '{' => ("`{` opens here and is not closed", format!("close it with `}}`{below}")),
        '[' => ("`[` opens here and is not closed", format!("close it with `]`{below}")),
        quote => {
            let help = format!("close it with {quote} where the text ends{below}; a {quote} within the text is written ");
            ("a quotation opens here and is not closed on its line", help + if quote == '"' { "`\\\"`" } else { "`''`" })
        }
    };
    Some(source.error(here, "yaml-syntax", format!("this is not YAML: {what}"), help))
}

/// What most likely went wrong on this line.
fn hint(source: &Source<'_>, place: Place, said: &str) -> String {
    let line = source.line_text(place.start);
    let before = &line[..line.len().min(place.start.saturating_sub(source.line_start(place.start)))];
    if line.trim_start().starts_with('\t') || line.starts_with('\t') || said.contains("tab") {
        return "YAML is indented with spaces: replace the tab by spaces".to_string();
    }
    if said.contains("recursive") {
        return "an alias stands within the value that it names, which would have no end: write out what is meant".to_string();
    }
    if said.contains("anchor") || said.contains("alias") {
        return "a value that begins with `*` or `&` is an alias or an anchor to YAML: put it in quotes".to_string();
    }
    // `run: echo a: b` and `title: first: second`: a second colon makes a map of the text.
    if said.contains("mapping values are not allowed") {
        return "a text with `: ` in it is a map to YAML: quote it, like `run: \"echo a: b\"`".to_string();
    }
    let open = before.matches('{').count() > before.matches('}').count() || before.matches('[').count() > before.matches(']').count();
    if open || said.contains("illegal placement of ':'") {
        return "here or above a `{` or `[` is not closed, a comma is missing, or a text with `: `, `,` or `#` in it wants quotes"
            .to_string();
    }
    if said.contains("quote") || before.matches('"').count() % 2 == 1 {
        return "a quotation is not closed; within \"…\" write `\\\"` for a quote and `\\\\` for a backslash".to_string();
    }
    if said.contains("simple key") {
        return "this line is neither `key: value` nor, in a list, `- item`: give it its colon or its dash".to_string();
    }
    if line.trim_start().starts_with(['@', '`', '%']) || line.contains(": @") || line.contains(": %") || line.contains(": `") {
        return "a value that begins with `@`, `%` or a backtick wants quotes".to_string();
    }
    "look at this line and the lines before (a `{` or `[` that was left open shows only where it breaks something): keys of one map stand in one column, `key: value` has a space after its colon, and texts \
     with `: `, ` #`, `{` or `[` in them want quotes"
        .to_string()
}
