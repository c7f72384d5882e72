//! A pool's database, as `xe pool-dump-database` writes it, or as far as `xe` lists it, as a scenario's text.

pub mod coded;
pub mod draft;
pub mod drift;
pub mod records;
pub mod trace;
pub mod write;
pub mod xe;
pub mod xml;

use crate::scenario::diagnostic::{Diagnostic, Place, Source};
use crate::scenario::write as scenario_text;
use crate::world::release::Release;
use crate::world::settings::Settings;
use records::Records;
use std::fmt::Write as _;

/// As many hosts that are not live are asked about one by one.
const ASKED_MOST: usize = 8;

/// The scenario of a dump. `file` is what diagnostics call it.
///
/// # Errors
/// What is wrong with the dump, at least one thing, each with its place.
pub fn import(file: &str, bytes: &[u8], anonymous: bool) -> Result<String, Vec<Diagnostic>> {
    let records = xml::read(file, bytes)?;
    scenario(&records, anonymous).map_err(|what| {
        vec![Source::new(file, "").error(Place::default(), "dump-foreign", what, "please report it: the dump is read, and makes no pool")]
    })
}

/// The scenario of what `xe` printed: each text with what diagnostics call it.
///
/// # Errors
/// What is wrong with them, at least one thing, each with its place.
pub fn import_printed(files: &[(String, Vec<u8>)], anonymous: bool) -> Result<String, Vec<Diagnostic>> {
    let records = xe::read(files)?;
    scenario(&records, anonymous).map_err(|what| {
        let file = files.first().map_or("", |(file, _)| file);
        let help = "mend what was pasted: each record is read, and together they make no pool";
        vec![Source::new(file, "").error(Place::default(), "dump-foreign", what, help)]
    })
}

/// The scenario of a pool's records.
///
/// # Errors
/// Why they make no pool, such as more disks than can be simulated.
pub fn scenario(records: &Records, anonymous: bool) -> Result<String, String> {
    let drafted = draft::drafted(records, anonymous);
    let product = records.hosts.iter().find_map(|host| host.product.clone());
    let release = product.as_ref().and_then(|(brand, version)| {
        let short: Vec<&str> = version.split('.').take(2).collect();
        Release::named(&format!("{}-{}", brand.to_lowercase(), short.join(".")))
    });
    let settings = Settings::of(release.unwrap_or_default());
    let pool = drafted.draft.build(&settings).map_err(|wrong| wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let from = if records.file.is_some() { "a pool's database" } else { "what `xe` printed" };
    let mut head = format!("# Made by `poolsim import` from {from}.\n");
    if let Some(facts) = &records.file {
        let (major, minor) = facts.schema;
        let _ = writeln!(
            head,
            "# Schema {major}.{minor}, generation {}; {} tables ({} empty), {} rows.",
            facts.generation, facts.tables, facts.empty_tables, facts.rows
        );
        for (field, count) in facts.dangling.iter().filter(|(field, _)| !records::FileFacts::harmless(field)) {
            let _ = writeln!(head, "# {count} references in {field} lead nowhere.");
        }
    }
    for remark in &drafted.remarks {
        let _ = writeln!(head, "#   {}", crate::base::inert::clean_line(remark));
    }
    let title = match pool.names.pool_name.as_str() {
        "pool" => "A pool, from its database".to_string(),
        name => format!("The pool {name}, from its database"),
    };
    Ok(head + &scenario_text::beginning(&title, release, &pool, &settings, &worlds(&drafted.not_live)))
}

/// What may be so where the database holds hosts for not alive: a name, and what each host is.
#[allow(clippy::type_complexity, reason = "a world by name: each fault with its hosts")]
fn worlds(hosts: &[String]) -> Vec<(String, Vec<(&'static str, Vec<String>)>)> {
    const KINDS: [(&str, &str); 3] = [("dead", "crash"), ("isolated", "isolate"), ("hung", "hang")];
    if hosts.is_empty() {
        return Vec::new();
    }
    let mut worlds: Vec<_> = KINDS.iter().map(|(name, fault)| ((*name).to_string(), vec![(*fault, hosts.to_vec())])).collect();
    if hosts.len() > 1 && hosts.len() <= ASKED_MOST {
        for host in hosts {
            let others: Vec<String> = hosts.iter().filter(|other| *other != host).cloned().collect();
            for (name, fault) in &KINDS[1..] {
                worlds.push((format!("{host}-{name}"), vec![("crash", others.clone()), (*fault, vec![host.clone()])]));
            }
        }
    }
    worlds
}
