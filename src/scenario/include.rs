//! Puts a scenario together from its file and those that it includes. Who knows files hands their bytes in; here is said
//! which paths may be asked for, how deep and how much, and what counts where two files say the same key.

use super::diagnostic::{Diagnostic, Place, Source};
use super::keys;
use super::read::{Reader, shorten};
use super::tree::{self, BYTES_MOST, NODES_MOST, Node, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How deep files may include each other.
const DEPTH_MOST: usize = 8;
/// How many files a scenario may include, all in all.
const FILES_MOST: usize = 64;
/// Keys that belong to the scenario itself and not to what it shares.
const OWN: [&str; 8] = ["name", "title", "about", "source", "shows", "tags", "skip", "chaos"];

/// A file that was included.
pub struct Part {
    /// As diagnostics name it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Where its places begin.
    pub base: usize,
    /// The line of the first file that brought it.
    pub line: u32,
}

/// A scenario, put together.
pub struct Whole {
    /// What all files say.
    pub node: Node,
    /// The files that were included, in the order of their places.
    pub parts: Vec<Part>,
    /// SHA-256 of the file, and of what it includes, each with a zero byte before it.
    pub sha256: String,
}

struct Gather<'a> {
    resolve: &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    /// The first file's folder, as it was named, with its final slash.
    folder: &'a str,
    parts: Vec<Part>,
    /// The files that are being read, each within the one before.
    open: Vec<String>,
    values: usize,
    bytes: usize,
    base: usize,
    wrong: Vec<Diagnostic>,
}

/// Whether a file's name says that it is a part, to be included and not run.
pub fn is_part(name: &str) -> bool {
    [".part.yaml", ".part.yml"].iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// The text of a file.
pub(super) fn utf8<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, Box<Diagnostic>> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let source = Source::new(file, good);
        let end = source.text().len();
        let place = Place { start: end, end };
        let (message, help) = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            ("the file is UTF-16, not UTF-8", "save it as UTF-8")
        } else {
            ("here stands a byte that is not UTF-8", "save the file as UTF-8")
        };
        Box::new(source.error(place, "not-utf8", message, help))
    })
}

/// Puts the files together. `own` is what the first one says.
pub fn whole(
    file: &str,
    text: &str,
    own: Node,
    resolve: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Whole, Vec<Diagnostic>> {
    let folder = file.rfind(['/', '\\']).map_or("", |at| &file[..=at]);
    let (values, bytes) = (own.count(), text.len());
    let mut gather =
        Gather { resolve, folder, parts: Vec::new(), open: Vec::new(), values, bytes, base: text.len() + 1, wrong: Vec::new() };
    let node = gather.with_included(file, text, own, "", None);
    if !gather.wrong.is_empty() {
        return Err(gather.wrong);
    }
    let mut hash = Sha256::new_with_prefix(text.as_bytes());
    for part in &gather.parts {
        hash.update([0]);
        hash.update(part.text.as_bytes());
    }
    Ok(Whole { node, parts: gather.parts, sha256: hex(&hash.finalize()) })
}

impl Gather<'_> {
    /// A file with what it includes beneath it. `within` is its folder, relative to the first file's; `line` that of the
    /// first file which brought it, `None` for the first file itself.
    fn with_included(&mut self, file: &str, text: &str, own: Node, within: &str, line: Option<u32>) -> Node {
        let entry = |node: &Node| match &node.value {
            Value::Map(entries) => entries.iter().find(|(key, _)| key.text == "includes").map(|(_, list)| list.clone()),
            _ => None,
        };
        let Some(list) = entry(&own) else { return own };
        let source = Source::new(file, text);
        let mut reader = Reader::new(&source);
        let mut beneath: Option<Node> = None;
        for item in reader.items(&list, "a list of files, like `[../shared/pool.part.yaml]`") {
            let Some(path) = reader.text(item, "the path of a file") else { continue };
            let path = match relative(within, path) {
                Ok(path) => path,
                Err((message, help)) => {
                    reader.error(item.place, "wrong-include", message, help);
                    continue;
                }
            };
            match self.part(&path, line.unwrap_or_else(|| reader.line(item.place))) {
                Ok(node) => {
                    beneath = match (beneath, node) {
                        (Some(before), Some(node)) => Some(merged(before, node, false)),
                        (before, node) => node.or(before),
                    }
                }
                Err((message, help)) => {
                    reader.error(item.place, "wrong-include", message, help);
                    if self.parts.len() >= FILES_MOST {
                        break;
                    }
                }
            }
        }
        // Those of an included file stand before those of the file that includes it, as they were met.
        self.wrong.extend(reader.finish().0);
        match beneath {
            Some(beneath) => merged(beneath, own, true),
            None => own,
        }
    }

    /// What an included file says, with its own includes; `None` where it is wrong and that has been told.
    fn part(&mut self, path: &str, line: u32) -> Result<Option<Node>, (String, String)> {
        let wrong = |message: String, help: &str| Err((message, help.to_string()));
        if self.open.iter().any(|open| open == path) {
            let way = self.open.iter().skip_while(|open| *open != path).map(String::as_str).chain([path]).collect::<Vec<_>>().join(" -> ");
            return wrong(format!("`{}` includes itself: {way}", shorten(path)), "take one of these includes out");
        }
        if self.open.len() >= DEPTH_MOST {
            return wrong(format!("includes lie more than {DEPTH_MOST} deep"), "include the innermost files straight away");
        }
        if self.parts.len() >= FILES_MOST {
            return wrong(format!("more than {FILES_MOST} files are included"), "put what belongs together into one file");
        }
        let bytes = match (self.resolve)(path) {
            Ok(bytes) => bytes,
            Err(why) => {
                return wrong(format!("`{}` can't be read: {why}", shorten(path)), "the path is relative to the file that names it");
            }
        };
        self.bytes += bytes.len();
        if self.bytes > BYTES_MOST {
            return wrong(format!("the files have more than {BYTES_MOST} bytes, all in all"), "include less");
        }
        let file = shown(self.folder, path);
        let text = match utf8(&file, &bytes) {
            Ok(text) => text.to_string(),
            Err(told) => {
                self.wrong.push(*told);
                return Ok(None);
            }
        };
        let node = match tree::parse(&Source::new(&file, &text)) {
            Ok(node) => node,
            Err(told) => {
                self.wrong.push(told);
                return Ok(None);
            }
        };
        self.values += node.count();
        if self.values > NODES_MOST {
            return wrong(format!("the files hold more than {NODES_MOST} values, all in all"), "include less");
        }
        let base = self.base;
        self.base += text.len() + 1;
        self.parts.push(Part { file: file.clone(), text: text.clone(), base, line });
        self.check(&file, &text, &node);
        self.open.push(path.to_string());
        let within = path.rfind('/').map_or("", |at| &path[..=at]);
        // The included ones have their places already: only what this file says itself is moved.
        let mut own = node;
        let list = take_includes(&mut own);
        own.shift(base);
        if let (Some(list), Value::Map(entries)) = (list, &mut own.value) {
            entries.push(list);
        }
        let mut node = self.with_included(&file, &text, own, within, Some(line));
        self.open.pop();
        take_includes(&mut node);
        Ok(Some(node))
    }

    /// Whether a part is a map of keys that may be shared.
    fn check(&mut self, file: &str, text: &str, node: &Node) {
        let source = Source::new(file, text);
        let mut reader = Reader::new(&source);
        if let Some(fields) = reader.fields(node, &keys::FILE) {
            for key in fields.among(&OWN) {
                let help = "write it in the scenario's own file; a part holds what several share";
                reader.error(key.place, "misplaced-key", format!("`{}` stands in an included file", key.text), help);
            }
        }
        self.wrong.extend(reader.finish().0);
    }
}

/// A file as diagnostics name it: `..` takes a folder away where there is one.
fn shown(folder: &str, path: &str) -> String {
    let (mut folder, mut path) = (folder, path);
    while let Some(rest) = path.strip_prefix("../") {
        let above = folder[..folder.len().saturating_sub(1)].rfind('/').map_or(0, |at| at + 1);
        if folder.len() < 2 || matches!(&folder[above..folder.len() - 1], "." | ".." | "") || folder.ends_with('\\') {
            break;
        }
        (folder, path) = (&folder[..above], rest);
    }
    format!("{folder}{path}")
}

fn take_includes(node: &mut Node) -> Option<(tree::Key, Node)> {
    let Value::Map(entries) = &mut node.value else { return None };
    let at = entries.iter().position(|(key, _)| key.text == "includes")?;
    Some(entries.remove(at))
}

/// A path as it is asked for: relative to the first file's folder, without `.` and with `..` at its beginning alone.
fn relative(within: &str, path: &str) -> Result<String, (String, String)> {
    let wrong = |what: &str, help: &str| Err((format!("`{}` {what}", shorten(path)), help.to_string()));
    if path.starts_with('/') || path.contains([':', '\\']) {
        return wrong("is no relative path", "name the file relative to this one, with `/`: `../shared/pool.part.yaml`");
    }
    if path.contains(char::is_control) || path.len() > 1024 {
        return wrong("is no path", "use a short one without control characters");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in within.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if !parts.last().is_some_and(|name| is_part(name)) || path.ends_with('/') {
        return wrong("does not end in `.part.yaml`", "give the file such a name: it tells it from a scenario");
    }
    Ok(parts.join("/"))
}

/// What two files say together. Where both have a key, maps go into each other, and of all else only `over` counts. The
/// keys of `under` stand first, since the order of names means something; at the top of the file it means nothing, and
/// `over` stands first so that what is said of the whole is said there.
fn merged(under: Node, over: Node, top: bool) -> Node {
    let (below, above) = match (under, over) {
        (Node { value: Value::Map(below), .. }, Node { place, value: Value::Map(above) }) => (below, (place, above)),
        (_, over) => return over,
    };
    let (place, above) = above;
    let mut slots: Vec<Option<(tree::Key, Node)>> = below.into_iter().map(Some).collect();
    let by_key: BTreeMap<String, usize> =
        slots.iter().enumerate().filter_map(|(at, slot)| slot.as_ref().map(|(key, _)| (key.text.clone(), at))).collect();
    let mut fresh = Vec::new();
    for (key, node) in above {
        match by_key.get(&key.text).and_then(|at| Some((*at, slots[*at].take()?))) {
            Some((at, (_, below))) => {
                let node = merged(below, node, false);
                slots[at] = Some((key, node));
            }
            None => fresh.push((key, node)),
        }
    }
    let kept = slots.into_iter().flatten();
    let entries = if top { fresh.into_iter().chain(kept).collect() } else { kept.chain(fresh).collect() };
    Node { place, value: Value::Map(entries) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
