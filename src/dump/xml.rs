//! The XML of `xe pool-dump-database` (xapi, db_xml.ml): a manifest, and tables of rows that are attributes alone.

use super::coded::{blanks, map, set};
use super::records::*;
use crate::scenario::diagnostic::{Diagnostic, Place, Source};
use roxmltree::{Document, Error, Node, ParsingOptions};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// As many mistakes of one dump are told.
const TOLD_MOST: usize = 20;
/// As many elements may a dump have: more than any pool has rows.
const NODES_MOST: u32 = 40_000_000;

const DAMAGED: &str = "dump-damaged";
const FOREIGN: &str = "dump-foreign";
const AGAIN: &str = "dump the database again: `xe pool-dump-database file-name=pool.xml`";

/// Reads a dump. `file` is what diagnostics call it.
///
/// # Errors
/// What is wrong with it, at least one thing, each with its place.
pub fn read(file: &str, bytes: &[u8]) -> Result<Records, Vec<Diagnostic>> {
    let text = text(file, bytes).map_err(|wrong| vec![*wrong])?;
    let source = Source::new(file, &text);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MOST, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(source.text(), options) {
        Ok(document) => document,
        Err(error) => return Err(vec![told(&source, &error)]),
    };
    let mut reading = Reading { source: &source, wrong: Vec::new() };
    let records = reading.database(&document);
    match records {
        Some(records) if reading.wrong.is_empty() => Ok(records),
        _ if reading.wrong.is_empty() => Err(vec![source.error(Place::default(), FOREIGN, "this is no pool database", AGAIN)]),
        _ => Err(reading.wrong),
    }
}

/// The text of a file that may be a dump.
fn text<'b>(file: &str, bytes: &'b [u8]) -> Result<Cow<'b, str>, Box<Diagnostic>> {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let at_start = |code, message: &str, help: &str| {
        let place = Place { start: 0, end: 0 };
        Box::new(Source::new(file, &shown).error(place, code, message, help))
    };
    let packed = [
        (&b"\x1f\x8b"[..], "gzip", "gunzip"),
        (b"BZh", "bzip2", "bunzip2"),
        (b"\xfd7zXZ", "xz", "unxz"),
        (b"PK\x03\x04", "zip", "unzip"),
        (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
    ];
    if let Some((_, what, tool)) = packed.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        let help = format!("unpack it first: `{tool}`");
        return Err(at_start(FOREIGN, &format!("the file is compressed with {what}"), &help));
    }
    let words =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).trim_start_matches('\u{feff}').trim_start().to_lowercase();
    if [&b"\xff\xfe"[..], b"\xfe\xff", b"<\0", b"\0<"].iter().any(|lead| bytes.starts_with(lead)) {
        let help = "save it as UTF-8: `iconv -f UTF-16 -t UTF-8`";
        return Err(at_start(FOREIGN, "the file is in UTF-16, as editors on Windows save it", help));
    }
    if ["<!doctype html", "<html"].iter().any(|lead| words(bytes).starts_with(lead)) {
        return Err(at_start(FOREIGN, "this is a page of a web server, and no pool database", AGAIN));
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Err(at_start(FOREIGN, "the file is a tar archive", "unpack it first, and name the database in it"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let readable = format!("{}\u{fffd}", String::from_utf8_lossy(good));
        let place = Place { start: good.len(), end: good.len() + 3 };
        let what = if good.contains(&0) { "this is no text" } else { "these bytes are no UTF-8" };
        let head = words(bytes);
        let help = match head.lines().next().filter(|head| head.contains("encoding=") && !head.contains("utf-8")) {
            Some(_) => "it was saved anew in another code, as its first line says: `iconv -f CODE -t UTF-8`, and say UTF-8 there",
            None => AGAIN,
        };
        Box::new(Source::new(file, &readable).error(place, DAMAGED, what, help))
    })?;
    if text.trim().is_empty() {
        return Err(at_start(FOREIGN, "the file is empty", AGAIN));
    }
    if let Some(at) = text.find('\0') {
        let place = Place { start: at, end: at + 1 };
        return Err(Box::new(Source::new(file, text).error(place, DAMAGED, "a zero byte stands here: this is no XML", AGAIN)));
    }
    let text = bare(text);
    let begins = text.len() - text.trim_start().len();
    if let Some(second) = text.find("</database>").and_then(|end| Some(end + text[end..].find("<database")?)) {
        let place = Place { start: second, end: second + 9 };
        let help = "take one of them: each is a whole database";
        return Err(Box::new(Source::new(file, &text).error(place, FOREIGN, "a second database begins here", help)));
    }
    if !text[begins..].starts_with('<') {
        let place = Place { start: begins, end: begins };
        let help = "a pool database is XML and begins with `<?xml`";
        return Err(Box::new(Source::new(file, &text).error(place, FOREIGN, "this is no XML", help)));
    }
    Ok(text)
}

/// A text with blanks in the place of what a terminal shows before and behind a dump: prompts, and what was typed. Places stay.
fn bare(text: &str) -> Cow<'_, str> {
    /// What was typed has at most so many bytes.
    const TYPED_MOST: usize = 4096;
    let begins =
        text.find("<?xml").or_else(|| text.find("<database")).filter(|at| *at <= TYPED_MOST && !text[..*at].contains('<')).unwrap_or(0);
    let ends = text.rfind("</database>").map_or(text.len(), |at| at + "</database>".len());
    let ends = if text.len() - ends <= TYPED_MOST && !text[ends..].contains('<') { ends } else { text.len() };
    if text[..begins].is_empty() && text[ends..].trim().is_empty() {
        return Cow::Borrowed(text);
    }
    let blank = |out: &mut String, part: &str| {
        part.chars().for_each(|c| out.extend(std::iter::repeat_n(if c == '\n' { '\n' } else { ' ' }, c.len_utf8())))
    };
    let mut out = String::with_capacity(text.len());
    blank(&mut out, &text[..begins]);
    // A declaration stands at the very beginning or nowhere.
    let head = if begins > 0 && text[begins..].starts_with("<?xml") {
        text[begins..ends].find("?>").map_or(begins, |at| begins + at + 2)
    } else {
        begins
    };
    blank(&mut out, &text[begins..head]);
    out.push_str(&text[head..ends]);
    blank(&mut out, &text[ends..]);
    Cow::Owned(out)
}

/// What the XML reader says, as a diagnostic.
fn told(source: &Source<'_>, error: &Error) -> Diagnostic {
    let end = Place { start: source.text().trim_end().len(), end: source.text().len() };
    match error {
        Error::DtdDetected => {
            let at = source.text().find("<!DOCTYPE").unwrap_or(0);
            let place = Place { start: at, end: at + 9 };
            source.error(place, FOREIGN, "a document type stands here, and no pool database has one", AGAIN)
        }
        Error::NodesLimitReached => source.error(end, FOREIGN, "it has more elements than any pool database", AGAIN),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream | Error::NoRootNode => {
            source.error(source.nearest(end), DAMAGED, "it ends in the middle: the file is cut off", AGAIN)
        }
        error => {
            let at = error.pos();
            let place = source.place_of(at.row as usize, at.col as usize).unwrap_or_default();
            // The reader's own words end with the place, which is told beside.
            let words = error.to_string();
            let words = words.split(" at ").next().unwrap_or_default().to_string();
            source.error(place, DAMAGED, format!("the XML is damaged here: {words}"), AGAIN)
        }
    }
}

/// A row, and where it stands.
#[derive(Clone, Copy)]
struct Row<'a, 'i> {
    table: &'i str,
    node: Node<'a, 'i>,
}

impl<'a> Row<'a, '_> {
    /// A field as it is meant; nothing where the row does not have it.
    fn text(&self, field: &str) -> Cow<'a, str> {
        self.node.attribute(field).map(blanks).unwrap_or_default()
    }
    fn string(&self, field: &str) -> String {
        self.text(field).into_owned()
    }
    /// A reference, empty where it is null.
    fn reference(&self, field: &str) -> String {
        let text = self.text(field);
        if text == "OpaqueRef:NULL" { String::new() } else { text.into_owned() }
    }
    fn is(&self, field: &str) -> bool {
        self.node.attribute(field) == Some("true")
    }
    fn number(&self, field: &str) -> Option<u64> {
        self.node.attribute(field)?.parse().ok()
    }
}

struct Reading<'s, 't> {
    source: &'s Source<'t>,
    wrong: Vec<Diagnostic>,
}

type Tables<'a, 'i> = BTreeMap<&'i str, Vec<Row<'a, 'i>>>;

impl Reading<'_, '_> {
    fn error(&mut self, node: Node<'_, '_>, code: &'static str, message: String, help: &str) {
        if self.wrong.len() < TOLD_MOST {
            let start = node.range().start;
            self.wrong.push(self.source.error(Place { start, end: start + 1 }, code, message, help));
        }
    }

    fn database(&mut self, document: &Document<'_>) -> Option<Records> {
        let root = document.root_element();
        let name = shorten(root.tag_name().name());
        if root.tag_name().name() != "database" {
            self.error(root, FOREIGN, format!("this XML is a `{name}` and no pool database, which is a `database`"), AGAIN);
            return None;
        }
        let mut facts = FileFacts::default();
        let mut tables = Tables::new();
        let tags = root.children().filter(|child| child.tag_name().name() == "table");
        let named: BTreeSet<&str> = tags.filter_map(|table| table.attribute("name")).collect();
        for element in root.children().filter(Node::is_element) {
            match element.tag_name().name() {
                "manifest" => manifest(element, &mut facts),
                "table" => self.table(element, &mut facts, &mut tables),
                other => {
                    let what = format!("a `{}` stands where only tables belong", shorten(other));
                    self.error(element, FOREIGN, what, AGAIN);
                }
            }
        }
        let rows = |table: &str| tables.get(table).map_or(&[][..], Vec::as_slice);
        if rows("pool").is_empty() || rows("host").is_empty() {
            let during = facts.rows == 0 && facts.schema == (5, 35);
            let (what, help) = if during {
                (
                    "the database is empty: it is what a server gives out while a rolling upgrade is under way",
                    "dump it when the upgrade is done, or take the file `state.db` of the master",
                )
            } else if rows("pool").is_empty() {
                ("the database has no pool", AGAIN)
            } else {
                ("the database has no host", AGAIN)
            };
            self.error(root, FOREIGN, what.into(), help);
            return None;
        }
        facts.dangling = dangling(&tables);
        let mut records = Records::default();
        for (table, lost) in [
            ("VM", "there are no VMs here"),
            ("VBD", "which disk is whose is not known, and VMs have none here"),
            ("VDI", "VMs have no disks here"),
            ("SR", "VMs have no disks here"),
            ("PBD", "which host a local SR is in is not known"),
        ] {
            if !named.contains(table) {
                records.doubts.push(format!("the file has no table {table}, which every database has: {lost}"));
            }
        }
        self.hosts_and_pool(&tables, &mut records);
        self.storage(&tables, &mut records);
        self.vms(&tables, &mut records);
        records.appliances = rows("VM_appliance").len();
        records.file = Some(facts);
        Some(records)
    }

    fn table<'a, 'i>(&mut self, element: Node<'a, 'i>, facts: &mut FileFacts, tables: &mut Tables<'a, 'i>)
    where
        'a: 'i,
    {
        facts.tables += 1;
        let Some(name) = element.attribute("name") else {
            self.error(element, DAMAGED, "a table has no name".into(), AGAIN);
            return;
        };
        let before = facts.rows;
        for node in element.children().filter(Node::is_element) {
            if node.tag_name().name() != "row" {
                let what = format!("a `{}` stands in the table {} where only rows belong", shorten(node.tag_name().name()), shorten(name));
                self.error(node, FOREIGN, what, AGAIN);
                continue;
            }
            facts.rows += 1;
            if node.attribute("ref").is_none() {
                self.error(node, DAMAGED, format!("a row of the table {} has no `ref`", shorten(name)), AGAIN);
                continue;
            }
            tables.entry(name).or_default().push(Row { table: name, node });
        }
        facts.empty_tables += usize::from(facts.rows == before);
    }

    fn map(&mut self, row: Row<'_, '_>, field: &str) -> Vec<(String, String)> {
        let text = row.text(field);
        let found = map(&text);
        if found.is_none() {
            self.error(row.node, DAMAGED, format!("`{field}` of this row of the table {} is no map", shorten(row.table)), AGAIN);
        }
        found.unwrap_or_default()
    }

    fn set(&mut self, row: Row<'_, '_>, field: &str) -> Vec<String> {
        let text = row.text(field);
        let found = set(&text);
        if found.is_none() {
            self.error(row.node, DAMAGED, format!("`{field}` of this row of the table {} is no set", shorten(row.table)), AGAIN);
        }
        found.unwrap_or_default()
    }

    /// The rows of a table, each reference once. xapi itself takes the last of several; which one is right nobody can tell.
    fn once<'a, 'i>(&mut self, tables: &Tables<'a, 'i>, table: &str, records: &mut Records) -> Vec<(String, Row<'a, 'i>)> {
        let mut found: BTreeMap<&str, (usize, Row<'a, 'i>)> = BTreeMap::new();
        let mut twice = 0;
        for (at, row) in tables.get(table).into_iter().flatten().enumerate() {
            twice += usize::from(found.insert(row.node.attribute("ref").unwrap_or_default(), (at, *row)).is_some());
        }
        if twice > 0 {
            records.doubts.push(format!("{twice} rows of the table {table} have the reference of another; the last of each is read"));
        }
        let mut rows: Vec<(usize, String, Row<'a, 'i>)> = found.into_iter().map(|(key, (at, row))| (at, key.to_string(), row)).collect();
        rows.sort_by_key(|(at, ..)| *at);
        rows.into_iter().map(|(_, key, row)| (key, row)).collect()
    }

    fn hosts_and_pool(&mut self, tables: &Tables<'_, '_>, records: &mut Records) {
        let metrics: BTreeMap<&str, Row<'_, '_>> =
            tables.get("host_metrics").into_iter().flatten().filter_map(|row| Some((row.node.attribute("ref")?, *row))).collect();
        for (key, row) in self.once(tables, "host", records) {
            let own = metrics.get(&*row.text("metrics"));
            let version = self.map(row, "software_version");
            let get = |key: &str| version.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone());
            records.hosts.push(HostRecord {
                key,
                uuid: row.string("uuid"),
                label: row.string("name__label"),
                address: row.string("address"),
                enabled: row.is("enabled"),
                live: own.map(|own| own.is("live")),
                memory: own.and_then(|own| own.number("memory__total")),
                overhead: row.number("memory__overhead").unwrap_or(0),
                product: get("product_version").map(|version| (get("product_brand").unwrap_or_else(|| "XenServer".into()), version)),
            });
        }
        let pools = tables.get("pool").map_or(&[][..], Vec::as_slice);
        if pools.len() > 1 {
            records.doubts.push(format!("the database has {} pools; the first is read", pools.len()));
        }
        let row = pools[0];
        let ha = self.map(row, "ha_configuration");
        let other = self.map(row, "other_config");
        let timeout = |map: &[(String, String)], key: &str| map.iter().find(|(k, _)| k == key).and_then(|(_, value)| value.parse().ok());
        records.pool = PoolRecord {
            uuid: row.string("uuid"),
            label: row.string("name_label"),
            master: row.reference("master"),
            default_sr: row.reference("default_SR"),
            ha_enabled: row.is("ha_enabled"),
            ha_statefiles: self.set(row, "ha_statefiles"),
            ha_timeout: timeout(&ha, "timeout").or_else(|| timeout(&other, "default_ha_timeout")),
            ha_failures: row.number("ha_host_failures_to_tolerate").unwrap_or(0),
            ha_allow_overcommit: row.is("ha_allow_overcommit"),
            auto_poweron: other.iter().any(|(key, value)| key == "auto_poweron" && value == "true"),
        };
    }

    fn storage(&mut self, tables: &Tables<'_, '_>, records: &mut Records) {
        for (key, row) in self.once(tables, "SR", records) {
            records.srs.push(SrRecord {
                key,
                uuid: row.string("uuid"),
                label: row.string("name__label"),
                kind: row.string("type"),
                shared: row.is("shared"),
                content: row.string("content_type"),
            });
        }
        for (_, row) in self.once(tables, "PBD", records) {
            let (host, sr) = (row.reference("host"), row.reference("SR"));
            records.pbds.push(PbdRecord { host, sr, attached: row.is("currently_attached") });
        }
        for (key, row) in self.once(tables, "VDI", records) {
            let mut vdi = VdiRecord {
                key,
                uuid: row.string("uuid"),
                label: row.string("name__label"),
                sr: row.reference("SR"),
                kind: row.text("type").to_lowercase(),
                managed: row.text("managed") != "false",
                snapshot: row.is("is_a_snapshot"),
                ..VdiRecord::default()
            };
            // The newest entry of a map stands first.
            for (key, value) in self.map(row, "sm_config").into_iter().rev() {
                note_mark(&mut vdi, &key, value);
            }
            records.vdis.push(vdi);
        }
        for (_, row) in self.once(tables, "VBD", records) {
            records.vbds.push(VbdRecord {
                vm: row.reference("VM"),
                vdi: row.reference("VDI"),
                read_only: row.text("mode") == "RO",
                cd: row.text("type") == "CD",
                attached: row.is("currently_attached"),
                empty: row.is("empty"),
                position: row.number("userdevice").unwrap_or(u64::MAX),
            });
        }
    }

    fn vms(&mut self, tables: &Tables<'_, '_>, records: &mut Records) {
        for (key, row) in self.once(tables, "VM", records) {
            let other = self.map(row, "other_config");
            let says = |key: &str| other.iter().any(|(k, value)| k == key && value == "true");
            let kind = if row.is("is_control_domain") {
                VmKind::Control
            } else if row.is("is_a_snapshot") {
                VmKind::Snapshot
            } else if row.is("is_default_template") || row.is("is_a_template") && says("default_template") {
                VmKind::DefaultTemplate
            } else if row.is("is_a_template") {
                VmKind::Template
            } else {
                VmKind::Machine
            };
            records.vms.push(VmRecord {
                key,
                uuid: row.string("uuid"),
                label: row.string("name__label"),
                kind,
                power_state: row.text("power_state").to_lowercase(),
                resident_on: row.reference("resident_on"),
                memory: row.number("memory__dynamic_max").or_else(|| row.number("memory__static_max")),
                memory_least: row.number("memory__dynamic_min"),
                ha_always_run: row.is("ha_always_run"),
                ha_restart_priority: row.string("ha_restart_priority"),
                order: row.number("order"),
                start_delay: row.number("start_delay").unwrap_or(0),
                auto_poweron: says("auto_poweron"),
                in_appliance: !row.reference("appliance").is_empty(),
            });
        }
    }
}

/// Notes an entry of `sm_config`: a lock, a mark, or the parent.
pub(super) fn note_mark(vdi: &mut VdiRecord, key: &str, value: String) {
    if let Some(host) = key.strip_prefix("host_") {
        vdi.locks.push((host.to_string(), value));
    } else {
        match key {
            "paused" => vdi.paused = true,
            "activating" | "relinking" => vdi.other_marks = true,
            "vhd-parent" => vdi.parent = value,
            _ => {}
        }
    }
}

fn manifest(element: Node<'_, '_>, facts: &mut FileFacts) {
    for pair in element.children().filter(Node::is_element) {
        let value = || pair.attribute("value").and_then(|value| value.parse().ok()).unwrap_or(0);
        match pair.attribute("key") {
            Some("schema_major_vsn") => facts.schema.0 = value(),
            Some("schema_minor_vsn") => facts.schema.1 = value(),
            Some("generation_count") => facts.generation = value(),
            _ => {}
        }
    }
}

/// The references that lead nowhere, by table and field. Only a whole value counts, or a whole member of a set or map: words
/// that look like one in a text are words.
fn dangling(tables: &Tables<'_, '_>) -> BTreeMap<String, usize> {
    let mut known: Vec<&str> = tables.values().flatten().filter_map(|row| row.node.attribute("ref")).collect();
    known.sort_unstable();
    let lost = |reference: &str| reference != "OpaqueRef:NULL" && known.binary_search(&reference).is_err();
    let mut found = BTreeMap::new();
    for row in tables.values().flatten() {
        for attribute in row.node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            let count = if name == "ref" || name == "_ref" {
                0
            } else if value.starts_with("OpaqueRef:") {
                usize::from(lost(value))
            } else if value.starts_with('(') {
                let members = value.split("'OpaqueRef:").skip(1).filter_map(|rest| rest.split_once('\''));
                members.filter(|(member, _)| lost(&format!("OpaqueRef:{member}"))).count()
            } else {
                0
            };
            if count > 0 {
                *found.entry(format!("{}.{name}", row.table)).or_insert(0) += count;
            }
        }
    }
    found
}

fn shorten(text: &str) -> String {
    crate::scenario::diagnostic::shorten(text)
}
