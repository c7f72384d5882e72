//! What `xe host-list params=all` and its like print, pasted from a terminal, as the records of a pool: any lists, in any
//! order, with prompts and typed lines between. What was not printed is not known, and that is said.

use super::coded::shown_map;
use super::records::*;
use super::xml::note_mark;
use crate::scenario::diagnostic::{Diagnostic, Place, Source, shorten};
use std::collections::{BTreeMap, BTreeSet};

const DAMAGED: &str = "dump-damaged";
const FOREIGN: &str = "dump-foreign";
/// As many mistakes are told.
const TOLD_MOST: usize = 20;
const WANTED: &str =
    "paste what these print: `xe pool-list params=all`, and the same of host-list, vm-list, sr-list, vdi-list, vbd-list and pbd-list";
/// What `xe` prints for a reference that is null, or leads nowhere.
const NOWHERE: &str = "<not in database>";

/// A field as it was printed.
struct Field<'t> {
    value: String,
    /// Which of the texts it stands in, and where.
    text: usize,
    place: Place,
    name: &'t str,
}

/// The classes that a pool is made of, and others that `xe` lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Class {
    Pool,
    Host,
    Vm,
    Sr,
    Vdi,
    Vbd,
    Pbd,
    Other,
}

/// The classes with the word that their commands begin with. Templates and snapshots are VMs that say so.
const COMMANDS: [(&str, Class); 9] = [
    ("pool-", Class::Pool),
    ("host-", Class::Host),
    ("vm-", Class::Vm),
    ("template-", Class::Vm),
    ("snapshot-", Class::Vm),
    ("sr-", Class::Sr),
    ("vdi-", Class::Vdi),
    ("vbd-", Class::Vbd),
    ("pbd-", Class::Pbd),
];

/// The fields that a class has and no other, one of which is among those that its list shows by itself (xapi, records.ml);
/// all of a row must be there.
const TELLING: [(Class, &[&str]); 10] = [
    (Class::Pool, &["master", "name-label"]),
    (Class::Pool, &["default-SR"]),
    (Class::Host, &["host-metrics-live"]),
    (Class::Host, &["API-version-major"]),
    (Class::Vm, &["power-state"]),
    (Class::Vbd, &["vm-uuid", "vdi-uuid", "empty"]),
    (Class::Vbd, &["vm-uuid", "vdi-uuid", "userdevice"]),
    (Class::Vdi, &["sr-uuid", "virtual-size"]),
    (Class::Pbd, &["host-uuid", "sr-uuid"]),
    (Class::Sr, &["content-type"]),
];

/// A record: its fields by name, the last of each.
struct Record<'t> {
    class: Option<Class>,
    fields: BTreeMap<&'t str, Field<'t>>,
    /// Which text it begins in, and where.
    text: usize,
    place: Place,
}

/// Reads what was pasted: each text with what diagnostics call it.
///
/// # Errors
/// What is wrong with it, at least one thing, each with its place.
pub fn read(files: &[(String, Vec<u8>)]) -> Result<Records, Vec<Diagnostic>> {
    let mut texts = Vec::new();
    let mut wrong = Vec::new();
    for (file, bytes) in files {
        match text(file, bytes) {
            Ok(text) => texts.push(text),
            Err(told) => wrong.push(*told),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let sources: Vec<Source<'_>> = files.iter().zip(&texts).map(|((file, _), text)| Source::new(file, text)).collect();
    let mut reading = Reading { sources: &sources, wrong, doubts: Vec::new(), named: Vec::new() };
    let records = reading.all();
    if reading.wrong.is_empty() { Ok(records) } else { Err(reading.wrong) }
}

/// A file's text; a blank that does not break is a blank, as in the terminal that it comes from.
fn text(file: &str, bytes: &[u8]) -> Result<String, Box<Diagnostic>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let readable = format!("{}\u{fffd}", String::from_utf8_lossy(good));
        let place = Place { start: good.len(), end: good.len() + 3 };
        Box::new(Source::new(file, &readable).error(place, DAMAGED, "these bytes are no UTF-8", "save the file as UTF-8"))
    })?;
    if let Some(at) = text.find('\0') {
        let place = Place { start: at, end: at + 1 };
        return Err(Box::new(Source::new(file, text).error(place, FOREIGN, "a zero byte stands here: this is no text", WANTED)));
    }
    if text.trim_start().starts_with("<?xml") || text.trim_start().starts_with("<database") {
        let help = "leave `--xe` out: this is a dump, as `xe pool-dump-database` writes it";
        let place = Place { start: 0, end: 1 };
        return Err(Box::new(Source::new(file, text).error(place, FOREIGN, "this is XML, and nothing that `xe` prints", help)));
    }
    Ok(text.replace('\u{a0}', " "))
}

/// A line that shows a field: `name-label ( RW): web1`. The name, and where in the line the value begins.
fn field(line: &str) -> Option<(&str, usize)> {
    const TAGS: [&str; 10] = ["( RO)", "( RW)", "(RO)", "(RW)", "(SRO)", "(SRW)", "(MRO)", "(MRW)", "( ro)", "( rw)"];
    // Where the line was quoted in a mail, or pasted with its margin.
    let begins = line.len() - line.trim_start_matches([' ', '\t', '>', '|']).len();
    let open = begins + line[begins..].find('(')?;
    let tag = TAGS.iter().find(|tag| line[open..].starts_with(*tag))?;
    let name = line[begins..open].trim_end();
    let good = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || !name.chars().all(good) {
        return None;
    }
    let mut rest = line[open + tag.len()..].trim_start();
    rest = rest.strip_prefix("[DEPRECATED]").unwrap_or(rest).trim_start();
    let value = rest.strip_prefix(':')?;
    Some((name, line.len() - value.len()))
}

/// The class whose list a line asks for, if it is such a line: with its prompt, and whatever stands before.
fn typed(line: &str) -> Option<Option<Class>> {
    let mut words = line.split_whitespace().skip_while(|word| *word != "xe" && !word.ends_with("/xe") && !word.ends_with("#xe"));
    words.next()?;
    let command = words.find(|word| word.ends_with("-list"))?;
    let class = COMMANDS.iter().find(|(word, _)| command.strip_prefix(word).is_some_and(|rest| rest == "list" || rest == "param-list"));
    Some(class.map(|(_, class)| *class).or(Some(Class::Other)))
}

/// The lines of a text: where each begins, and its words without the line's end.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

struct Reading<'s, 't> {
    sources: &'s [Source<'t>],
    wrong: Vec<Diagnostic>,
    doubts: Vec<String>,
    /// Doubts that name something.
    named: Vec<String>,
}

impl<'t> Reading<'_, 't> {
    fn error(&mut self, text: usize, place: Place, code: &'static str, message: String, help: &str) {
        if self.wrong.len() < TOLD_MOST {
            self.wrong.push(self.sources[text].error(place, code, message, help));
        }
    }

    /// Where something stands, in a remark.
    fn at(&self, text: usize, place: Place) -> String {
        format!("{}:{}", self.sources[text].file(), self.sources[text].line_of_file(place.start))
    }

    fn all(&mut self) -> Records {
        let mut found: Vec<Record<'t>> = Vec::new();
        for text in 0..self.sources.len() {
            let before = found.len();
            self.cut(text, &mut found);
            if found.len() == before {
                let place = Place { start: 0, end: 1 };
                self.error(text, place, FOREIGN, "nothing that `xe` prints of a record stands in here".into(), WANTED);
            }
        }
        let records = self.merged(found);
        let of = |class: Class| records.iter().filter(move |(_, record)| record.class == Some(class));
        if self.wrong.is_empty() && of(Class::Host).next().is_none() {
            let help = "paste the output of `xe host-list params=all` as well: a pool is its hosts first";
            self.error(0, Place { start: 0, end: 1 }, FOREIGN, "there is no host among what was printed".into(), help);
        }
        if !self.wrong.is_empty() {
            return Records::default();
        }
        self.pool(&records)
    }

    /// Cuts a text into records: each begins with its `uuid`, or where an empty line stands before.
    fn cut(&mut self, text: usize, found: &mut Vec<Record<'t>>) {
        let source = &self.sources[text];
        let mut asked: Option<Class> = None;
        let mut open = false;
        let mut last: Option<&'t str> = None;
        let (mut between, mut broken) = (0usize, 0usize);
        for (start, line) in lines(source.text()) {
            if line.trim_matches([' ', '\t', '>', '|']).is_empty() {
                open = false;
                last = None;
            } else if let Some((name, value)) = field(line) {
                let place = Place { start, end: start + line.len() };
                if !open || name == "uuid" {
                    found.push(Record { class: asked, fields: BTreeMap::new(), text, place });
                    open = true;
                }
                let value = line[value..].trim().to_string();
                let record = found.last_mut().expect("one has begun");
                record.fields.insert(name, Field { value, text, place, name });
                last = Some(name);
            } else if let Some(class) = typed(line) {
                asked = class;
                open = false;
                last = None;
            } else if let Some(name) = last {
                // A value that went on in the next line: a description of several lines, or a terminal's own break.
                broken += 1;
                let record = found.last_mut().expect("a field was read");
                if let Some(field) = record.fields.get_mut(name) {
                    field.value.push(' ');
                    field.value.push_str(line.trim());
                }
            } else {
                between += 1;
            }
        }
        let file = source.file();
        if between > 0 {
            self.named.push(format!("{file}: {between} lines between records are no fields, and are left aside"));
        }
        if broken > 0 {
            self.named.push(format!("{file}: {broken} lines within records are no fields, and are read as a part of the value above"));
        }
    }

    /// One record for each object: what was printed of it more than once, put together.
    fn merged(&mut self, found: Vec<Record<'t>>) -> BTreeMap<String, Record<'t>> {
        let mut records: BTreeMap<String, Record<'t>> = BTreeMap::new();
        let (mut nameless, mut changed) = (Vec::new(), BTreeSet::new());
        for mut record in found {
            let telling = TELLING.iter().find(|(_, fields)| fields.iter().all(|field| record.fields.contains_key(field)));
            // What a record holds says more than the line above it, which may be of another paste.
            record.class = telling.map(|(class, _)| *class).or(record.class);
            let Some(uuid) = record.fields.get("uuid").map(|field| field.value.to_lowercase()).filter(|uuid| !uuid.is_empty()) else {
                nameless.push(self.at(record.text, record.place));
                continue;
            };
            match records.get_mut(&uuid) {
                None => drop(records.insert(uuid, record)),
                Some(before) => {
                    before.class = before.class.or(record.class);
                    for (name, field) in record.fields {
                        let same =
                            before.fields.get(name).is_none_or(|one| one.value == field.value || one.value.starts_with("<expensive"));
                        if !same {
                            changed.insert(format!("{name} of {uuid} (line {})", self.sources[field.text].line_of_file(field.place.start)));
                        }
                        before.fields.insert(name, field);
                    }
                }
            }
        }
        if let Some(first) = nameless.first() {
            self.named.push(format!("{} records were printed without their uuid and are left out, the first at {first}", nameless.len()));
        }
        if let Some(first) = changed.first() {
            let more = changed.len();
            self.named.push(format!("{more} values were printed twice and differ, the last of each is read: {first}"));
        }
        let unknown: Vec<String> =
            records.values().filter(|record| record.class.is_none()).map(|record| self.at(record.text, record.place)).collect();
        if let Some(first) = unknown.first() {
            self.named.push(format!(
                "{} records do not show what they are and are left out, the first at {first}: paste the typed line too, or take `params=all`",
                unknown.len()
            ));
        }
        let other = records.values().filter(|record| record.class == Some(Class::Other)).count();
        if other > 0 {
            self.doubts.push(format!("{other} records of other classes are left out"));
        }
        records
    }

    fn truth(&mut self, record: &Record<'t>, name: &str) -> Option<bool> {
        let field = record.fields.get(name)?;
        match field.value.to_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            value if value.is_empty() || value.starts_with('<') => None,
            _ => {
                let (what, help) = (shorten(&field.value), "it is `true` or `false`: paste the whole line");
                self.error(field.text, field.place, DAMAGED, format!("`{}` is neither true nor false: `{what}`", field.name), help);
                None
            }
        }
    }

    fn number(&mut self, record: &Record<'t>, name: &str) -> Option<u64> {
        let field = record.fields.get(name)?;
        let value = field.value.as_str();
        if value.is_empty() || value.starts_with('<') {
            return None;
        }
        let number = value.parse::<i128>().ok();
        if number.is_none() {
            let (what, help) = (shorten(value), "it is a whole number: paste the whole line");
            self.error(field.text, field.place, DAMAGED, format!("`{}` is no number: `{what}`", field.name), help);
        }
        number.map(|number| u64::try_from(number.max(0)).unwrap_or(u64::MAX))
    }

    fn pool(&mut self, all: &BTreeMap<String, Record<'t>>) -> Records {
        let of = |class: Class| all.iter().filter(move |(_, record)| record.class == Some(class));
        let mut records = Records::default();
        for (key, record) in of(Class::Host) {
            let version = map(record, "software-version");
            let get = |key: &str| version.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone());
            // Not printed is not the same as printed as none.
            let live = match record.fields.contains_key("host-metrics-live") {
                true => self.truth(record, "host-metrics-live"),
                false => Some(true),
            };
            records.hosts.push(HostRecord {
                key: key.clone(),
                uuid: key.clone(),
                label: said(record, "name-label"),
                address: said(record, "address"),
                enabled: self.truth(record, "enabled").unwrap_or(true),
                live,
                memory: self.number(record, "memory-total"),
                overhead: self.number(record, "memory-overhead").unwrap_or(0),
                product: get("product_version").map(|version| (get("product_brand").unwrap_or_else(|| "XenServer".into()), version)),
            });
        }
        for (key, record) in of(Class::Sr) {
            let shared = self.truth(record, "shared").unwrap_or_else(|| said(record, "host") == "<shared>");
            records.srs.push(SrRecord {
                key: key.clone(),
                uuid: key.clone(),
                label: said(record, "name-label"),
                kind: said(record, "type"),
                shared,
                content: said(record, "content-type"),
            });
        }
        for (key, record) in of(Class::Vm) {
            let vm = self.vm(key, record);
            records.vms.push(vm);
        }
        for (_, record) in of(Class::Pbd) {
            let attached = self.truth(record, "currently-attached").unwrap_or(true);
            records.pbds.push(PbdRecord { host: reference(record, "host-uuid"), sr: reference(record, "sr-uuid"), attached });
        }
        for (_, record) in of(Class::Vbd) {
            let position = self.number(record, "userdevice");
            records.vbds.push(VbdRecord {
                vm: reference(record, "vm-uuid"),
                vdi: reference(record, "vdi-uuid"),
                read_only: said(record, "mode").eq_ignore_ascii_case("RO"),
                cd: said(record, "type").eq_ignore_ascii_case("CD"),
                attached: self.truth(record, "currently-attached").unwrap_or(false),
                empty: self.truth(record, "empty").unwrap_or(false),
                position: position.or_else(|| device(&said(record, "device"))).unwrap_or(u64::MAX),
            });
        }
        for (key, record) in of(Class::Vdi) {
            let managed = self.truth(record, "managed").unwrap_or(true);
            records.vdis.push(VdiRecord {
                key: key.clone(),
                uuid: key.clone(),
                label: said(record, "name-label"),
                sr: reference(record, "sr-uuid"),
                kind: said(record, "type").to_lowercase(),
                managed,
                snapshot: self.truth(record, "is-a-snapshot").unwrap_or(false),
                marks_unknown: !record.fields.contains_key("sm-config"),
                ..VdiRecord::default()
            });
        }
        let disks: Vec<&Record<'t>> = of(Class::Vdi).map(|(_, record)| record).collect();
        self.own_pool(of(Class::Pool).map(|(key, record)| (key.as_str(), record)).collect(), &mut records);
        self.connections(all, &mut records);
        let holders = Holders::found(&disks, &records);
        for (vdi, record) in disks.iter().enumerate() {
            // The newest entry of a map stands first, as in the database.
            for (key, value) in map(record, "sm-config").into_iter().rev() {
                let key = holders.key(&key);
                note_mark(&mut records.vdis[vdi], &key, value);
            }
        }
        holders.told(&records, &mut self.named);
        self.silences(all, &records);
        records.doubts = std::mem::take(&mut self.doubts);
        records.named_doubts = std::mem::take(&mut self.named);
        records
    }

    fn vm(&mut self, key: &str, record: &Record<'t>) -> VmRecord {
        let other = map(record, "other-config");
        let says = |key: &str| other.iter().any(|(k, value)| k == key && value == "true");
        let template = self.truth(record, "is-a-template") == Some(true);
        let kind =
            if self.truth(record, "is-control-domain") == Some(true) || said(record, "name-label").starts_with("Control domain on host") {
                VmKind::Control
            } else if self.truth(record, "is-a-snapshot") == Some(true) {
                VmKind::Snapshot
            } else if self.truth(record, "is-default-template") == Some(true) || template && says("default_template") {
                VmKind::DefaultTemplate
            } else if template {
                VmKind::Template
            } else {
                VmKind::Machine
            };
        let (most, fixed) = (self.number(record, "memory-dynamic-max"), self.number(record, "memory-static-max"));
        VmRecord {
            key: key.to_string(),
            uuid: key.to_string(),
            label: said(record, "name-label"),
            kind,
            power_state: said(record, "power-state").to_lowercase(),
            resident_on: reference(record, "resident-on"),
            memory: most.or(fixed),
            memory_least: self.number(record, "memory-dynamic-min"),
            ha_always_run: self.truth(record, "ha-always-run") == Some(true),
            ha_restart_priority: said(record, "ha-restart-priority"),
            order: self.number(record, "order"),
            start_delay: self.number(record, "start-delay").unwrap_or(0),
            auto_poweron: says("auto_poweron"),
            in_appliance: !reference(record, "appliance").is_empty(),
        }
    }

    fn own_pool(&mut self, pools: Vec<(&str, &Record<'t>)>, records: &mut Records) {
        let Some((key, record)) = pools.first() else {
            self.doubts.push(
                "no pool-list was pasted: the first host is taken for the master, HA for off, the first shared SR for the default".into(),
            );
            return;
        };
        if pools.len() > 1 {
            self.named.push(format!("{} pools were printed; that of {} is read", pools.len(), self.at(record.text, record.place)));
        }
        let (ha, other) = (map(record, "ha-configuration"), map(record, "other-config"));
        let timeout = |map: &[(String, String)], key: &str| map.iter().find(|(k, _)| k == key).and_then(|(_, value)| value.parse().ok());
        if !record.fields.contains_key("ha-enabled") {
            self.doubts.push("pool-list does not show `ha-enabled`: HA is taken for off; `params=all` shows it".into());
        }
        records.pool = PoolRecord {
            uuid: (*key).to_string(),
            label: said(record, "name-label"),
            master: reference(record, "master"),
            default_sr: reference(record, "default-SR"),
            ha_enabled: self.truth(record, "ha-enabled") == Some(true),
            ha_statefiles: said(record, "ha-statefiles")
                .split(';')
                .map(|vdi| vdi.trim().to_lowercase())
                .filter(|vdi| !vdi.is_empty())
                .collect(),
            ha_timeout: timeout(&ha, "timeout").or_else(|| timeout(&other, "default_ha_timeout")),
            ha_failures: self.number(record, "ha-host-failures-to-tolerate").unwrap_or(0),
            ha_allow_overcommit: self.truth(record, "ha-allow-overcommit") == Some(true),
            auto_poweron: other.iter().any(|(key, value)| key == "auto_poweron" && value == "true"),
        };
    }

    /// PBDs and VBDs, where their lists were not pasted and other records show them.
    fn connections(&mut self, all: &BTreeMap<String, Record<'t>>, records: &mut Records) {
        if records.pbds.is_empty() && !records.srs.is_empty() {
            let mut homeless = 0;
            for sr in &records.srs {
                let host = said(&all[&sr.key], "host");
                let mut named = records.hosts.iter().filter(|one| one.label == host);
                let homes: Vec<&HostRecord> = match (sr.shared, named.next(), named.next()) {
                    (true, ..) => records.hosts.iter().collect(),
                    (false, Some(one), None) => vec![one],
                    _ => {
                        homeless += 1;
                        Vec::new()
                    }
                };
                records.pbds.extend(homes.into_iter().map(|host| PbdRecord { host: host.key.clone(), sr: sr.key.clone(), attached: true }));
            }
            self.doubts.push("no pbd-list was pasted: a local SR is taken to be in the host that sr-list names, and a shared one to be plugged everywhere".into());
            if homeless > 0 {
                self.doubts.push(format!("{homeless} local SRs show no host of that name, or several"));
            }
        }
        if !records.vbds.is_empty() {
            return;
        }
        // Newer releases show both ends: a VM its VBDs, a VDI those that it is in.
        let mut owner: BTreeMap<String, &str> = BTreeMap::new();
        for vm in &records.vms {
            for vbd in set(&all[&vm.key], "VBDs") {
                owner.insert(vbd, &vm.key);
            }
        }
        for vdi in &records.vdis {
            for vbd in set(&all[&vdi.key], "vbd-uuids") {
                if let Some(vm) = owner.get(&vbd) {
                    let position = records.vbds.len() as u64;
                    records.vbds.push(VbdRecord {
                        vm: (*vm).to_string(),
                        vdi: vdi.key.clone(),
                        attached: true,
                        position,
                        ..VbdRecord::default()
                    });
                }
            }
        }
        if records.vbds.is_empty() {
            records.disks_unknown = true;
            self.doubts.push(
                "no vbd-list was pasted: which disk is whose is not known. Each VM has one of its own here, on the default SR, with the lock that it would have: paste `xe vbd-list params=all` before you trust what comes of it".into(),
            );
        } else {
            self.doubts.push(
                "no vbd-list was pasted: disks are those that vm-list and vdi-list have in common, each taken to be written to".into(),
            );
        }
    }

    /// What was not printed and matters.
    fn silences(&mut self, all: &BTreeMap<String, Record<'t>>, records: &Records) {
        let lacks = |class: Class, field: &str| {
            let mut of = all.values().filter(|record| record.class == Some(class)).peekable();
            of.peek().is_some() && of.any(|record| !record.fields.contains_key(field))
        };
        for (class, list, field, taken) in [
            (Class::Host, "host-list", "host-metrics-live", "every such host is taken for alive"),
            (Class::Host, "host-list", "enabled", "every such host is taken for enabled"),
            (Class::Host, "host-list", "memory-total", "memory is taken to be enough"),
            (Class::Host, "host-list", "software-version", "the release is the default one"),
            (Class::Vm, "vm-list", "resident-on", "where VMs run is not known, and they are halted here"),
            (Class::Vm, "vm-list", "memory-dynamic-max", "a VM has 1 GiB"),
            (Class::Vm, "vm-list", "ha-restart-priority", "no VM is protected by HA"),
            (Class::Sr, "sr-list", "shared", "an SR is taken for shared where several hosts have it"),
            (Class::Vdi, "vdi-list", "sm-config", "locks are taken to be those of the VMs that run"),
            (Class::Vbd, "vbd-list", "mode", "disks are taken to be written to"),
        ] {
            if lacks(class, field) {
                self.doubts.push(format!("{list} does not show `{field}`: {taken}; `params=all` shows it"));
            }
        }
        for (empty, list) in [
            (records.srs.is_empty(), "sr-list"),
            (records.vms.is_empty(), "vm-list"),
            (records.vdis.is_empty() && !records.disks_unknown, "vdi-list"),
        ] {
            if empty {
                self.doubts.push(format!("no {list} was pasted, or it was empty"));
            }
        }
    }
}

fn said(record: &Record<'_>, name: &str) -> String {
    record.fields.get(name).map(|field| field.value.clone()).unwrap_or_default()
}

/// A reference, empty where it is null or leads nowhere.
fn reference(record: &Record<'_>, name: &str) -> String {
    let text = said(record, name).to_lowercase();
    if text == NOWHERE || text.starts_with("opaqueref:null") { String::new() } else { text }
}

fn map(record: &Record<'_>, name: &str) -> Vec<(String, String)> {
    record.fields.get(name).map(|field| shown_map(&field.value)).unwrap_or_default()
}

fn set(record: &Record<'_>, name: &str) -> Vec<String> {
    said(record, name).split(';').map(|one| one.trim().to_lowercase()).filter(|one| !one.is_empty()).collect()
}

/// The place of a disk that a guest sees as `xvda`, `hdb`: its letter.
fn device(name: &str) -> Option<u64> {
    let letter = name.strip_prefix("xvd").or_else(|| name.strip_prefix("hd")).or_else(|| name.strip_prefix("sd"))?;
    match letter.as_bytes() {
        [one @ b'a'..=b'z'] => Some(u64::from(one - b'a')),
        _ => None,
    }
}

/// Which host each reference in a lock's key is. `xe` prints hosts by their UUIDs and never by their references, so it is
/// inferred: the VM of a disk with one lock runs on the host that the lock names.
#[derive(Default)]
struct Holders {
    known: BTreeMap<String, String>,
    /// How many disks speak for each that is known.
    shown_by: BTreeMap<String, usize>,
    /// Those that no disk tells, with how many locks name them.
    unknown: BTreeMap<String, usize>,
    /// Those that disks tell differently.
    torn: BTreeSet<String>,
}

impl Holders {
    fn found(disks: &[&Record<'_>], records: &Records) -> Holders {
        let mut holders = Holders::default();
        let hosts: BTreeSet<&str> = records.hosts.iter().map(|host| host.key.as_str()).collect();
        let resident: BTreeMap<&str, &str> = records
            .vms
            .iter()
            .filter(|vm| vm.power_state == "running" && hosts.contains(vm.resident_on.as_str()))
            .map(|vm| (vm.key.as_str(), vm.resident_on.as_str()))
            .collect();
        let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for vbd in records.vbds.iter().filter(|vbd| vbd.attached) {
            if let Some(host) = resident.get(vbd.vm.as_str()) {
                users.entry(&vbd.vdi).or_default().insert(host);
            }
        }
        let mut votes: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
        for (vdi, record) in disks.iter().enumerate() {
            let locks: Vec<String> =
                map(record, "sm-config").into_iter().filter_map(|(key, _)| Some(key.strip_prefix("host_")?.to_string())).collect();
            for lock in &locks {
                *holders.unknown.entry(lock.clone()).or_insert(0) += 1;
            }
            if let ([lock], Some(hosts)) = (&locks[..], users.get(records.vdis[vdi].key.as_str()))
                && let (1, Some(host)) = (hosts.len(), hosts.first())
            {
                *votes.entry(lock.clone()).or_default().entry(host).or_insert(0) += 1;
            }
        }
        // Where the reference is the host's UUID there is nothing to infer.
        let own = |lock: &str| lock.strip_prefix("OpaqueRef:").map(str::to_lowercase).filter(|tail| hosts.contains(tail.as_str()));
        let all: Vec<String> = holders.unknown.keys().cloned().collect();
        for lock in all {
            let told = votes.get(&lock);
            if let Some(host) = own(&lock) {
                holders.known.insert(lock.clone(), host);
            } else if let Some((host, disks)) = told.filter(|hosts| hosts.len() == 1).and_then(BTreeMap::first_key_value) {
                holders.known.insert(lock.clone(), (*host).to_string());
                holders.shown_by.insert(lock.clone(), *disks);
            } else {
                if told.is_some() {
                    holders.torn.insert(lock);
                }
                continue;
            }
            holders.unknown.remove(&lock);
        }
        // Two references cannot be one host.
        let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
        holders.known.iter().for_each(|(lock, host)| taken.entry(host.clone()).or_default().push(lock.clone()));
        for lock in taken.into_values().filter(|locks| locks.len() > 1).flatten() {
            holders.known.remove(&lock);
            holders.shown_by.remove(&lock);
            holders.unknown.insert(lock.clone(), 1);
            holders.torn.insert(lock);
        }
        holders
    }

    /// A key of `sm-config` with the host as records here name it.
    fn key(&self, key: &str) -> String {
        let host = key.strip_prefix("host_").and_then(|lock| self.known.get(lock));
        host.map_or_else(|| key.to_string(), |host| format!("host_{host}"))
    }

    fn told(&self, records: &Records, doubts: &mut Vec<String>) {
        let label =
            |key: &str| records.hosts.iter().find(|host| host.key == key).map_or_else(|| key.to_string(), |host| host.label.clone());
        for (lock, disks) in &self.shown_by {
            let host = label(&self.known[lock]);
            doubts.push(format!(
                "locks of {lock} are taken for those of {host}: {disks} disks say so, whose only lock it is and whose VM runs there"
            ));
        }
        for (lock, locks) in &self.unknown {
            let why = if self.torn.contains(lock) { "disks say different things" } else { "no disk of a running VM shows it" };
            doubts.push(format!(
                "which host {lock} is, is not known: {why}; its {locks} locks are left out. A dump (`xe pool-dump-database`) has them"
            ));
        }
    }
}
