//! A simulated pool's database as the XML of `xe pool-dump-database` (schema 5.66), as far as a simulated pool has something that
//! corresponds. What `import` makes of it is the pool again; what is so and stands in no database (who has power, which domains run,
//! how often a guest writes) is not in it.

use crate::base::ids::{HostId, MachineId, SrId};
use crate::scenario::model::Scenario;
use crate::world::World;
use crate::world::belief::{PowerState, Protection};
use crate::world::inventory::{Inventory, Kind, Mode};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The dump of the database as a machine has it.
pub fn xml(scenario: &Scenario, world: &World, by: MachineId) -> String {
    let dump = Dump { scenario, world, by };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<database>");
    let pairs = [("schema_major_vsn", 5), ("schema_minor_vsn", 66), ("generation_count", world.db(by).generation)];
    out.push_str("<manifest>");
    for (key, value) in pairs {
        let _ = write!(out, "<pair key=\"{key}\" value=\"{value}\"/>");
    }
    out.push_str("</manifest>");
    dump.pbds(&mut out);
    dump.srs(&mut out);
    dump.vbds(&mut out);
    dump.vdis(&mut out);
    dump.vms(&mut out);
    dump.hosts(&mut out);
    dump.pool(&mut out);
    out.push_str("</database>\n");
    out
}

struct Dump<'w> {
    scenario: &'w Scenario,
    world: &'w World,
    by: MachineId,
}

/// What references to nothing look like.
const NULL: &str = "OpaqueRef:NULL";

/// A reference: the UUID of the object, told from those of other kinds by a word before it.
fn reference(kind: &str, uuid: &str) -> String {
    format!("OpaqueRef:{kind}-{uuid}")
}

/// A row under way: a reference, and attributes.
struct Row<'o> {
    out: &'o mut String,
}

impl Row<'_> {
    fn begin<'o>(out: &'o mut String, reference: &str) -> Row<'o> {
        let mut row = Row { out };
        row.out.push_str("<row");
        row.say("ref", reference);
        row.say("_ref", reference);
        row
    }
    fn say(&mut self, key: &str, value: &str) {
        let _ = write!(self.out, " {key}=\"{}\"", escaped(&blanks(value)));
    }
    fn end(self) {
        self.out.push_str("/>");
    }
}

/// Blanks that XML would lose, as xapi coded them before 2017 (xml_spaces.ml).
fn blanks(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '\t', '\n', '\r']) && !text.contains("  ") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('%', "%%").replace("  ", "%_").replace('\t', "%t").replace('\n', "%n").replace('\r', "%r"))
}

/// A text within quotes. A sign that XML can't hold at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// A text of a set or map, in quotes.
fn member(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'").replace('"', "\\\""))
}

fn map(entries: &[(String, String)]) -> String {
    let pairs: Vec<String> = entries.iter().map(|(key, value)| format!("({} {})", member(key), member(value))).collect();
    format!("({})", pairs.join(" "))
}

fn set(members: &[String]) -> String {
    let members: Vec<String> = members.iter().map(|one| member(one)).collect();
    format!("({})", members.join(" "))
}

fn truth(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

impl Dump<'_> {
    fn names(&self) -> &Inventory {
        &self.world.names
    }
    fn host(&self, host: HostId) -> String {
        reference("host", &self.names().hosts[host.at()].uuid)
    }
    fn sr(&self, sr: SrId) -> String {
        reference("sr", &self.names().srs[sr.at()].uuid)
    }
    /// The statefile's VDI, which is none of the disks that a scenario has.
    fn statefile(&self, sr: SrId) -> String {
        Inventory::uuid(Kind::Vdi, 100_000 + sr.at())
    }

    fn pbds(&self, out: &mut String) {
        out.push_str("<table name=\"PBD\">");
        for ((host, sr), plugged) in self.world.db(self.by).pbds.iter() {
            if self.world.db(self.by).host(*host).is_none() || !self.knows(*sr) {
                continue;
            }
            let names = self.names();
            let uuid = names.pbds.get(&(names.hosts[host.at()].machine, *sr)).cloned();
            // A host that was installed afresh has PBDs that no scenario names.
            let uuid = uuid.unwrap_or_else(|| Inventory::uuid(Kind::Pbd, 100_000 + host.at() * names.srs.len() + sr.at()));
            let mut row = Row::begin(out, &reference("pbd", &uuid));
            row.say("SR", &self.sr(*sr));
            row.say("currently_attached", truth(*plugged));
            row.say("device_config", "()");
            row.say("host", &self.host(*host));
            row.say("other_config", "()");
            row.say("uuid", &uuid);
            row.end();
        }
        out.push_str("</table>");
    }

    fn knows(&self, sr: SrId) -> bool {
        self.world.db(self.by).srs.get(sr.at()).is_some_and(Option::is_some)
    }

    fn srs(&self, out: &mut String) {
        out.push_str("<table name=\"SR\">");
        for sr in self.names().sr_ids().filter(|sr| self.knows(*sr)) {
            let name = &self.names().srs[sr.at()];
            let mut row = Row::begin(out, &self.sr(sr));
            row.say("content_type", "user");
            row.say("name__label", &name.name);
            row.say("other_config", "()");
            row.say("shared", truth(name.kind.shared()));
            row.say("sm_config", "()");
            row.say("type", name.kind.name());
            row.say("uuid", &name.uuid);
            row.end();
        }
        out.push_str("</table>");
    }

    fn vbds(&self, out: &mut String) {
        let db = self.world.db(self.by);
        out.push_str("<table name=\"VBD\">");
        for vm in self.names().vm_ids().filter(|vm| db.vm(*vm).is_some()) {
            let mut own: Vec<_> = db.vbds_of(self.names(), vm).collect();
            own.sort_unstable();
            for (place, vbd) in own.into_iter().enumerate() {
                let name = &self.names().vbds[vbd.at()];
                let mut row = Row::begin(out, &reference("vbd", &name.uuid));
                row.say("VDI", &reference("vdi", &self.names().vdis[name.vdi.at()].uuid));
                row.say("VM", &reference("vm", &self.names().vms[vm.at()].uuid));
                row.say("currently_attached", truth(db.attached(vbd)));
                row.say("empty", "false");
                row.say("mode", if name.mode == Mode::Ro { "RO" } else { "RW" });
                row.say("type", "Disk");
                row.say("userdevice", &place.to_string());
                row.say("uuid", &name.uuid);
                row.end();
            }
        }
        out.push_str("</table>");
    }

    fn vdis(&self, out: &mut String) {
        let db = self.world.db(self.by);
        out.push_str("<table name=\"VDI\">");
        for vdi in self.names().vdi_ids() {
            let (name, Some(record)) = (&self.names().vdis[vdi.at()], db.vdi(vdi)) else { continue };
            // The newest entry of a map stands first.
            let mut marks: Vec<(String, String)> = Vec::new();
            for (mark, key, value) in
                [(record.relinking, "relinking", "True"), (record.activating, "activating", "True"), (record.paused, "paused", "true")]
            {
                if mark {
                    marks.push((key.into(), value.into()));
                }
            }
            marks.extend(record.locks.iter().rev().map(|(host, mode)| (format!("host_{}", self.host(*host)), mode.upper().into())));
            self.vdi(out, &name.uuid, &name.name, name.sr, "user", &map(&marks));
        }
        if let Some(sr) = db.ha.statefile.filter(|_| db.ha.enabled) {
            self.vdi(out, &self.statefile(sr), "Statefile for HA", sr, "ha_statefile", "()");
        }
        out.push_str("</table>");
    }

    fn vdi(&self, out: &mut String, uuid: &str, label: &str, sr: SrId, kind: &str, sm_config: &str) {
        let mut row = Row::begin(out, &reference("vdi", uuid));
        row.say("SR", &self.sr(sr));
        row.say("is_a_snapshot", "false");
        row.say("location", uuid);
        row.say("managed", "true");
        row.say("name__label", label);
        row.say("sm_config", sm_config);
        row.say("type", kind);
        row.say("uuid", uuid);
        row.end();
    }

    fn vms(&self, out: &mut String) {
        let db = self.world.db(self.by);
        out.push_str("<table name=\"VM\">");
        for vm in self.names().vm_ids() {
            let (name, Some(record)) = (&self.names().vms[vm.at()], db.vm(vm)) else { continue };
            let ha = db.vm_ha(self.names(), vm);
            let mut row = Row::begin(out, &reference("vm", &name.uuid));
            row.say("ha_always_run", truth(db.always_run.get(vm.at()).copied().unwrap_or(false)));
            row.say("ha_restart_priority", ha.priority.map_or("", Protection::name));
            row.say("is_a_snapshot", "false");
            row.say("is_a_template", "false");
            row.say("is_control_domain", "false");
            for field in ["memory__dynamic_max", "memory__dynamic_min", "memory__static_max", "memory__target"] {
                row.say(field, &name.memory.to_string());
            }
            row.say("name__label", &name.name);
            // Without one it is the last, which no number of xapi's says.
            if let Some(order) = ha.order {
                row.say("order", &order.to_string());
            }
            let autostart = [("auto_poweron".to_string(), "true".to_string())];
            row.say("other_config", &map(if name.autostart { &autostart } else { &[] }));
            row.say(
                "power_state",
                match record.power_state {
                    PowerState::Halted => "Halted",
                    PowerState::Running => "Running",
                    PowerState::Paused => "Paused",
                    PowerState::Suspended => "Suspended",
                },
            );
            row.say("resident_on", &record.resident_on.map_or_else(|| NULL.into(), |host| self.host(host)));
            row.say("start_delay", &(ha.start_delay.0 / 1_000_000).to_string());
            row.say("uuid", &name.uuid);
            row.end();
        }
        out.push_str("</table>");
    }

    fn hosts(&self, out: &mut String) {
        let db = self.world.db(self.by);
        let names = self.names();
        let metrics = |host: HostId| reference("host_metrics", &names.hosts[host.at()].uuid);
        // A release that says no product is read as the default one.
        let version = match self.scenario.release.name().rsplit_once('-') {
            Some((brand, version)) if version.contains('.') => {
                map(&[("product_brand".into(), brand.into()), ("product_version".into(), format!("{version}.0"))])
            }
            _ => "()".to_string(),
        };
        let known: Vec<HostId> = db.hosts.iter().map(|(host, _)| *host).collect();
        out.push_str("<table name=\"host\">");
        for host in &known {
            let machine = &names.machines[names.hosts[host.at()].machine.at()];
            let mut row = Row::begin(out, &self.host(*host));
            row.say("address", &machine.address);
            row.say("enabled", truth(db.host(*host).is_some_and(|record| record.enabled)));
            row.say("hostname", &machine.name);
            row.say("memory__overhead", "0");
            row.say("metrics", &metrics(*host));
            row.say("name__label", &machine.name);
            row.say("software_version", &version);
            row.say("uuid", &names.hosts[host.at()].uuid);
            row.end();
        }
        out.push_str("</table><table name=\"host_metrics\">");
        for host in &known {
            let memory = names.machines[names.hosts[host.at()].machine.at()].memory;
            let mut row = Row::begin(out, &metrics(*host));
            row.say("live", truth(db.live(*host)));
            // 0: the scenario says no limit.
            row.say("memory__total", &memory.unwrap_or(0).to_string());
            row.end();
        }
        out.push_str("</table>");
    }

    fn pool(&self, out: &mut String) {
        let db = self.world.db(self.by);
        let names = self.names();
        let uuid = names.pools.get(usize::from(db.pool.0)).cloned().unwrap_or_default();
        let timeout = self.scenario.pool.ha.as_ref().filter(|_| db.ha.enabled).map(|ha| ha.timeout.0 / 1_000_000);
        let configuration: Vec<(String, String)> = timeout.iter().map(|seconds| ("timeout".to_string(), seconds.to_string())).collect();
        let statefiles: Vec<String> =
            db.ha.statefile.iter().filter(|_| db.ha.enabled).map(|sr| reference("vdi", &self.statefile(*sr))).collect();
        let autostart = names.vms.iter().any(|vm| vm.autostart);
        let other = [("auto_poweron".to_string(), "true".to_string())];
        out.push_str("<table name=\"pool\">");
        let mut row = Row::begin(out, &reference("pool", &uuid));
        row.say("default_SR", &db.default_sr.filter(|sr| self.knows(*sr)).map_or_else(|| NULL.into(), |sr| self.sr(sr)));
        row.say("ha_allow_overcommit", truth(db.ha.allow_overcommit));
        row.say("ha_configuration", &map(&configuration));
        row.say("ha_enabled", truth(db.ha.enabled));
        row.say("ha_host_failures_to_tolerate", &db.ha.failures_to_tolerate.to_string());
        row.say("ha_statefiles", &set(&statefiles));
        row.say("master", &self.host(db.master));
        row.say("name_label", if names.pool_name == "pool" { "" } else { &names.pool_name });
        row.say("other_config", &map(if autostart { &other } else { &[] }));
        row.say("uuid", &uuid);
        row.end();
        out.push_str("</table>");
    }
}
