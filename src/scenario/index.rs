//! Names and the things that bear them, for the readers: looks them up, guesses what was meant, deals ranges out.

use super::diagnostic::Place;
use super::range::NameRange;
use super::read::{Reader, shorten};
use super::tree::{Node, Value};
use crate::base::ids::{MachineId, SrId, VdiId, VmId};
use crate::base::inert::hidden;
use crate::base::typography::{Odd, plain};
use std::collections::BTreeMap;

/// What a name is a name of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Kind {
    Host,
    Sr,
    Vm,
    Vdi,
}

impl Kind {
    /// In words, with its article.
    pub fn with_article(self) -> &'static str {
        match self {
            Kind::Host => "a host",
            Kind::Sr => "an SR",
            Kind::Vm => "a VM",
            Kind::Vdi => "a VDI",
        }
    }
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Host => "host",
            Kind::Sr => "SR",
            Kind::Vm => "VM",
            Kind::Vdi => "VDI",
        }
    }
}

/// All names of a file, by kind.
#[derive(Default, Debug)]
pub struct Index {
    hosts: BTreeMap<String, u16>,
    srs: BTreeMap<String, u16>,
    vms: BTreeMap<String, u16>,
    vdis: BTreeMap<String, u16>,
    vbds: std::collections::BTreeSet<(String, String)>,
}

impl Index {
    /// Notes a VM's disk by its local name.
    pub fn add_vbd(&mut self, vm: &str, disk: &str) {
        self.vbds.insert((vm.to_string(), disk.to_string()));
    }
    /// Whether a VM has a disk of this local name.
    pub fn has_vbd(&self, vm: &str, disk: &str) -> bool {
        self.vbds.contains(&(vm.to_string(), disk.to_string()))
    }

    /// The names of a kind.
    pub fn of(&self, kind: Kind) -> &BTreeMap<String, u16> {
        match kind {
            Kind::Host => &self.hosts,
            Kind::Sr => &self.srs,
            Kind::Vm => &self.vms,
            Kind::Vdi => &self.vdis,
        }
    }
    fn of_mut(&mut self, kind: Kind) -> &mut BTreeMap<String, u16> {
        match kind {
            Kind::Host => &mut self.hosts,
            Kind::Sr => &mut self.srs,
            Kind::Vm => &mut self.vms,
            Kind::Vdi => &mut self.vdis,
        }
    }

    /// Gives a thing its name; false if another of the kind bears it.
    pub fn add(&mut self, reader: &mut Reader<'_>, kind: Kind, place: Place, name: &str, id: usize) -> bool {
        if self.of(kind).contains_key(name) {
            reader.error(
                place,
                "duplicate-name",
                format!("a second {} with the name `{}`", kind.word(), shorten(name)),
                "names are unique by kind: take another",
            );
            return false;
        }
        self.of_mut(kind).insert(name.to_string(), id as u16);
        true
    }

    /// The thing of a kind that a name names.
    pub fn find(&self, reader: &mut Reader<'_>, kind: Kind, place: Place, name: &str) -> Option<u16> {
        let found = self.of(kind).get(name).copied();
        if found.is_none() && reader.fresh(place, "unknown-name") {
            let word = kind.word();
            let others = [Kind::Host, Kind::Sr, Kind::Vm, Kind::Vdi];
            let other = others.into_iter().find(|other| self.of(*other).contains_key(name));
            let typed = plain(name);
            let typed = typed.trim().trim_matches(['"', '\'']);
            if typed != name && self.of(kind).contains_key(typed) {
                let odd = Odd::first(name).map_or("a blank or a quote", |(_, odd)| odd.name());
                let message = format!("there is no {word} `{}`: {odd} stands in the name", shorten(name));
                reader.error(place, "unknown-name", message, format!("write `{typed}`"));
                reader.mend(place, name, typed);
                return None;
            }
            let help = match (other, reader.guess(name, self.of(kind).keys().map(String::as_str))) {
                (Some(other), _) => format!("`{}` is {}, and here stands {}", shorten(name), other.with_article(), kind.with_article()),
                (None, Some(guess)) => format!("did you mean `{guess}`?"),
                (None, None) if self.of(kind).is_empty() => format!("the pool has no {word}"),
                (None, None) => {
                    let known: Vec<&str> = self.of(kind).keys().take(6).map(String::as_str).collect();
                    format!("the names known here: {}{}", known.join(", "), if self.of(kind).len() > 6 { ", …" } else { "" })
                }
            };
            reader.error(place, "unknown-name", format!("there is no {word} `{}`", shorten(name)), help);
            if let Some(meant) = reader.sure(name, self.of(kind).keys().map(String::as_str)) {
                reader.mend(place, name, meant);
            }
        }
        found
    }

    /// One thing, by a value that holds its name; a range is dealt out: the n-th object gets its n-th name.
    pub fn dealt(&self, reader: &mut Reader<'_>, kind: Kind, node: &Node, nth: usize) -> Option<u16> {
        let text = reader.text(node, &format!("the name of {}", kind.with_article()))?;
        let range = reader.name_range(node.place, text)?;
        self.find(reader, kind, node.place, &range.dealt(nth))
    }

    /// One thing by a range that is dealt beside another: `first` is how many names that has. What is `apart`, so that any of
    /// it goes with any of the other, is dealt so that each comes to stand beside each: when both begin anew at once, this
    /// one goes on by one. Ranges of one length, and what belongs together, are dealt in step.
    pub fn dealt_beside(
        &self,
        reader: &mut Reader<'_>,
        kind: Kind,
        node: &Node,
        (nth, first): (usize, usize),
        apart: impl Fn(u16) -> bool,
    ) -> Option<u16> {
        let text = reader.text(node, &format!("the name of {}", kind.with_article()))?;
        let range = reader.name_range(node.place, text)?;
        let in_step = self.find(reader, kind, node.place, &range.dealt(nth))?;
        if range.len() == first || range.len() == 1 || first == 1 || !apart(in_step) {
            return Some(in_step);
        }
        self.find(reader, kind, node.place, &range.dealt(nth + nth / lcm(range.len(), first)))
    }

    /// One thing, by a value that holds its name.
    pub fn one(&self, reader: &mut Reader<'_>, kind: Kind, node: &Node) -> Option<u16> {
        let text = reader.text(node, &format!("the name of {}", kind.with_article()))?;
        self.find(reader, kind, node.place, text)
    }

    /// Things by a name or a list of names, each once, in the file's order. A range stands for all its names.
    pub fn many(&self, reader: &mut Reader<'_>, kind: Kind, node: &Node) -> Vec<u16> {
        let mut found = Vec::new();
        for item in reader.one_or_more(node) {
            let Some(text) = reader.text(item, &format!("the name of {}", kind.with_article())) else { continue };
            found.extend(self.all(reader, kind, item.place, text));
        }
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|id| seen.insert(*id));
        found
    }

    /// All things that a name or range names.
    pub fn all(&self, reader: &mut Reader<'_>, kind: Kind, place: Place, text: &str) -> Vec<u16> {
        let Some(range) = reader.name_range(place, text) else { return Vec::new() };
        if range.len() > self.of(kind).len().max(1) {
            // More names than there are things: at least one is unknown.
            let unknown = (0..=self.of(kind).len()).map(|n| range.dealt(n)).find(|name| !self.of(kind).contains_key(name));
            if let Some(name) = unknown {
                self.find(reader, kind, place, &name);
            }
            return Vec::new();
        }
        if !reader.spend(place, range.len()) {
            return Vec::new();
        }
        range.names().filter_map(|name| self.find(reader, kind, place, &name)).collect()
    }

    /// A list of things that must not be empty.
    pub fn some(&self, reader: &mut Reader<'_>, kind: Kind, node: &Node) -> Option<Vec<u16>> {
        let found = self.many(reader, kind, node);
        if found.is_empty() {
            if matches!(&node.value, Value::List(items) if items.is_empty()) {
                reader.error(node.mark(), "wrong-value", format!("no {} is named here", kind.word()), "name at least one");
            }
            return None;
        }
        Some(found)
    }

    /// A host.
    pub fn host(&self, reader: &mut Reader<'_>, node: &Node) -> Option<MachineId> {
        self.one(reader, Kind::Host, node).map(MachineId)
    }
    /// Hosts, none or more.
    pub fn hosts(&self, reader: &mut Reader<'_>, node: &Node) -> Vec<MachineId> {
        self.many(reader, Kind::Host, node).into_iter().map(MachineId).collect()
    }
    /// Hosts, at least one.
    pub fn some_hosts(&self, reader: &mut Reader<'_>, node: &Node) -> Option<Vec<MachineId>> {
        Some(self.some(reader, Kind::Host, node)?.into_iter().map(MachineId).collect())
    }
    /// SRs, at least one.
    pub fn some_srs(&self, reader: &mut Reader<'_>, node: &Node) -> Option<Vec<SrId>> {
        Some(self.some(reader, Kind::Sr, node)?.into_iter().map(SrId).collect())
    }
    /// VMs, at least one.
    pub fn some_vms(&self, reader: &mut Reader<'_>, node: &Node) -> Option<Vec<VmId>> {
        Some(self.some(reader, Kind::Vm, node)?.into_iter().map(VmId).collect())
    }
    /// VDIs, at least one.
    pub fn some_vdis(&self, reader: &mut Reader<'_>, node: &Node) -> Option<Vec<VdiId>> {
        Some(self.some(reader, Kind::Vdi, node)?.into_iter().map(VdiId).collect())
    }
}

/// The least number that both divide.
fn lcm(a: usize, b: usize) -> usize {
    let (mut left, mut right) = (a, b);
    while right > 0 {
        (left, right) = (right, left % right);
    }
    a / left.max(1) * b
}

/// A name with what is said of it; a range has been taken apart.
pub struct Named<'n> {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What is said of it.
    pub details: Option<&'n Node>,
    /// Which of a range it is, from 0.
    pub nth: usize,
}

/// Reads a list of names or a map from names to details. `most` bounds how many there may be.
pub fn named<'n>(reader: &mut Reader<'_>, node: &'n Node, what: &str, most: usize) -> Vec<Named<'n>> {
    let mut found = Vec::new();
    match &node.value {
        Value::Null => {}
        Value::List(items) => {
            for item in items {
                if let Some(text) = reader.text(item, &format!("the name of a {what}")) {
                    expand(reader, &mut found, (text, item.place), None, what, most);
                }
            }
        }
        Value::Map(entries) => {
            for (key, details) in entries {
                if !key.is_text {
                    reader.error(
                        key.place,
                        "wrong-type",
                        format!("the name of a {what} is a text, and `{}` is none to YAML", shorten(&key.text)),
                        format!("quote it: `\"{}\"`", shorten(reader.source.slice(key.place))),
                    );
                    continue;
                }
                expand(reader, &mut found, (&key.text, key.place), Some(details).filter(|details| !details.is_null()), what, most);
            }
        }
        _ => reader.wrong_type(
            node,
            &format!("a list of names, or a map from the name of each {what} to its details"),
            "write `[a, b]`, or `a: {}` one a line",
        ),
    }
    found
}

fn expand<'n>(
    reader: &mut Reader<'_>,
    found: &mut Vec<Named<'n>>,
    (text, place): (&str, Place),
    details: Option<&'n Node>,
    what: &str,
    most: usize,
) {
    let Some(range): Option<NameRange> = reader.name_range(place, text) else { return };
    if range.len() > most.saturating_sub(found.len()) {
        reader.error(place, "too-many", format!("too many of them: at most {most} of the kind {what}"), "use fewer");
        return;
    }
    if !reader.spend(place, range.len()) || !good_name(reader, place, &range.dealt(0), what) {
        return;
    }
    found.extend(range.names().enumerate().map(|(nth, name)| Named { name, place, details, nth }));
}

/// Whether a name can be typed at a console.
pub fn good_name(reader: &mut Reader<'_>, place: Place, name: &str, what: &str) -> bool {
    let wrong = if name.is_empty() {
        Some("is empty".to_string())
    } else if name.chars().count() > 128 {
        Some("is longer than 128 characters".to_string())
    } else if let Some(c) = name.chars().find(|c| hidden(*c) || matches!(c, '/' | '$' | '{' | '}' | '"' | '\'' | '`' | '\\')) {
        Some(format!("holds {c:?}"))
    } else if let Some((_, odd)) = Odd::first(name).filter(|(_, odd)| *odd != Odd::Dash) {
        Some(format!("holds {}", odd.name()))
    } else if name != name.trim() {
        Some("begins or ends with a blank".to_string())
    } else if what == "host" && name.contains(char::is_whitespace) {
        Some("holds a blank, and is a network name".to_string())
    } else if what == "host" && name.ends_with(".old") {
        Some("ends with `.old`, which means the UUID before a reinstallation".to_string())
    } else {
        None
    };
    if let Some(wrong) = &wrong {
        reader.error(place, "wrong-name", format!("the name `{}` {wrong}", shorten(name)), "use letters, digits, `-`, `_` and `.`");
    }
    wrong.is_none()
}
