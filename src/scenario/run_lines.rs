//! Reads `run:`: the shell's grammar, the `$names`, and what the tools themselves would not know.

use super::diagnostic::Place;
use super::index::{Index, Kind};
use super::read::{Reader, shorten};
use super::tree::Node;
use crate::command::{
    self, Ground,
    script::check,
    shell::{Line, Piece, Script},
};
use std::collections::BTreeSet;

/// The most that one step may type, in bytes.
const BYTES_MOST: usize = 1 << 20;

/// Reads the lines of a `run:`. `forgiving`: the step expects an error, so that what the tools refuse is no mistake of
/// the file; unknown `$names` still are.
pub fn read_run(
    reader: &mut Reader<'_>,
    index: &Index,
    ground: Ground<'_>,
    kept: &BTreeSet<String>,
    node: &Node,
    forgiving: bool,
    stdin: Option<&str>,
) -> Option<Script> {
    let text = reader.text(node, "what is typed at the console")?;
    if text.len() > BYTES_MOST {
        reader.error(node.mark(), "too-large", format!("more than {BYTES_MOST} bytes are typed here"), "make several steps of it");
        return None;
    }
    let (script, checked) = match check::read(text, &|name| command::names_an_object(ground.names, name), kept) {
        Ok(read) => read,
        Err(errors) => {
            for error in errors {
                let place = within(reader, node, text, error.offset, error.offset + 1);
                reader.error(place, "shell", error.message, error.help);
            }
            return None;
        }
    };
    if let Some(checked) = checked {
        for (name, (start, end)) in &checked.names {
            check_variable(reader, index, name, |reader| within(reader, node, text, *start, *end));
        }
        for line in &checked.lines {
            let before = reader.count();
            examine_run(reader, ground, node, text, line, forgiving, stdin);
            reader.errors_alone(before);
        }
        return Some(script);
    }
    for line in &script.lines {
        let before = reader.count();
        for (word, (start, end)) in line.words.iter().zip(&line.places) {
            for pair in word.0.windows(2) {
                let [Piece::Variable(name), Piece::Text(rest)] = pair else { continue };
                if let Some(whole) = longer(index, name, rest).filter(|_| text[*start..*end].contains(&format!("${name}{rest}"))) {
                    let place = within(reader, node, text, *start, *end);
                    let message = format!("`${}` ends before `{}`", shorten(name), shorten(rest));
                    let help = format!("for the UUID of {} write `${{{}}}`", whole.1, shorten(&whole.0));
                    reader.warning(place, "name-ends", message, help);
                }
            }
            for piece in &word.0 {
                if let Piece::Variable(name) = piece
                    && !kept.contains(name)
                {
                    check_variable(reader, index, name, |reader| within(reader, node, text, *start, *end));
                }
            }
        }
        examine_run(reader, ground, node, text, line, forgiving, stdin);
        // Of a line that is wrong the rest is looked at again when it is mended.
        reader.errors_alone(before);
    }
    Some(script)
}

/// The name that `$name` and what stands behind it make together, with what bears it: `$db-root` ends before the dash, as in a
/// shell, and `$beta/nfs1` before the slash; where `db` exists, that is no error.
fn longer(index: &Index, name: &str, rest: &str) -> Option<(String, &'static str)> {
    let whole = format!("{name}{rest}");
    if let Some(part) = rest.strip_prefix('/') {
        let pbd = index.of(Kind::Host).contains_key(name) && index.of(Kind::Sr).contains_key(part);
        return if pbd { Some((whole, "the PBD")) } else { index.has_vbd(name, part).then_some((whole, "the VBD")) };
    }
    let kinds = [(Kind::Vdi, "the VDI"), (Kind::Host, "the host"), (Kind::Vm, "the VM"), (Kind::Sr, "the SR")];
    kinds.into_iter().find(|(kind, _)| index.of(*kind).contains_key(&whole)).map(|(_, what)| (whole, what))
}

/// Asks the commands what they would say of a line before anything runs. Where the step expects an error, what they
/// would refuse is what it wants to show, and only the surprises are told.
fn examine_run(reader: &mut Reader<'_>, ground: Ground<'_>, node: &Node, text: &str, line: &Line, forgiving: bool, stdin: Option<&str>) {
    let names = ground.names;
    if reader.full() || !reader.examine(node.mark(), names.machines.len() + names.srs.len() + names.vms.len() + names.vdis.len()) {
        return;
    }
    for complaint in command::examine(line, ground, stdin) {
        let Some((start, end)) = line.places.get(complaint.word).copied() else { continue };
        let typed = &text[start..end];
        // Variables have been looked up already, by an index and in every step.
        if complaint.code == "unknown-name" && typed.contains('$')
            || complaint.error && forgiving && !complaint.surprise() && complaint.code != "not-yet"
        {
            continue;
        }
        let place = within(reader, node, text, start, end);
        if complaint.error && !(forgiving && complaint.surprise()) {
            reader.error(place, complaint.code, complaint.message, complaint.help);
        } else {
            reader.warning(place, complaint.code, complaint.message, complaint.help);
        }
    }
}

/// The place in the file of a part of a text: exact where the text stands in the file as it is.
fn within(reader: &Reader<'_>, node: &Node, text: &str, start: usize, end: usize) -> Place {
    let written = reader.source.slice(node.place);
    if let Some(at) = written.find(text) {
        let first = node.place.start + at;
        return Place { start: first + start, end: first + end.min(text.len()).max(start) };
    }
    // Quotes with escapes and blocks are written otherwise than they read: look for the line alone.
    let line_start = text[..start.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    match written.find(line).filter(|_| !line.is_empty()) {
        Some(at) => {
            let first = node.place.start + at;
            Place { start: first + (start - line_start), end: first + (end - line_start).min(line.len()).max(start - line_start) }
        }
        None => node.place,
    }
}

/// What a `$name` may be: `beta`, `beta.old`, `beta/nfs1` (a PBD), `db/root` or `db/1` (a VBD), `pool`.
fn check_variable(reader: &mut Reader<'_>, index: &Index, name: &str, place: impl Fn(&Reader<'_>) -> Place) {
    let known = |kind: Kind, name: &str| index.of(kind).contains_key(name);
    if name == "pool" || reader.full() {
        return;
    }
    if let Some((left, right)) = name.split_once('/') {
        if known(Kind::Host, left) && known(Kind::Sr, right) {
            return;
        }
        // What a VM is given later is called by its device.
        if index.has_vbd(left, right) || known(Kind::Vm, left) && command::is_device(right) {
            return;
        }
        let place = place(reader);
        let help = "a PBD is `${HOST/SR}`, a VBD `${VM/DISK}`";
        reader.error(place, "unknown-name", format!("nothing has the name `${{{}}}`", shorten(name)), help);
        return;
    }
    if let Some(host) = name.strip_suffix(".old")
        && known(Kind::Host, host)
    {
        return;
    }
    let kinds = [Kind::Host, Kind::Sr, Kind::Vm, Kind::Vdi];
    let found: Vec<Kind> = kinds.into_iter().filter(|kind| known(*kind, name)).collect();
    if found.len() == 1 {
        return;
    }
    let place = place(reader);
    if let [one, other, ..] = found[..] {
        let message = format!("`${}` is {} and {}", shorten(name), one.with_article(), other.with_article());
        reader.error(place, "ambiguous-name", message, "give one of them another name");
        return;
    }
    if reader.fresh(place, "unknown-name") {
        // `$db-root` ends before the dash, as in a shell.
        let longer = kinds.into_iter().find_map(|kind| {
            let from = index.of(kind).range(format!("{name}-")..).map(|(longer, _)| longer.as_str());
            from.take_while(|longer| longer.starts_with(name)).find(|longer| reader.source.slice(place).contains(*longer))
        });
        let help = if let Some(longer) = longer {
            format!("`$name` ends at the first character that is no letter, digit or `_`: write `${{{longer}}}`")
        } else {
            let guesses = kinds.into_iter().filter_map(|kind| reader.guess(name, index.of(kind).keys().map(String::as_str)));
            match guesses.min_by_key(|guess| (guess.len().abs_diff(name.len()), *guess)) {
                Some(guess) if guess.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => format!("did you mean `${guess}`?"),
                Some(guess) => format!("did you mean `${{{guess}}}`?"),
                None => {
                    "a `$name` is the UUID of a host, SR, VM or VDI of this file; in single quotes `$` is an ordinary character".to_string()
                }
            }
        };
        reader.error(place, "unknown-name", format!("nothing has the name `${}`", shorten(name)), help);
    }
}
