//! What an operator can know from a console: what the database says that its xapi reaches. Nothing of what is so.

use crate::world::World;
use crate::world::belief::Database;
use std::fmt::Write as _;

/// The database that a console reaches, as far as tables of it are looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// The console is dark: its machine is off or hangs.
    Dark,
    /// `xe` gets no answer here.
    Silent,
    /// What it says.
    Pool(Beliefs),
}

/// What a database says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beliefs {
    /// Who it says is master.
    pub master: String,
    /// A row a host: name, and what it is held for.
    pub hosts: Vec<(String, String)>,
    /// A row a VM.
    pub vms: Vec<(String, String)>,
    /// A row a disk that is locked, or paused.
    pub disks: Vec<(String, String)>,
}

impl Seen {
    /// What is seen from the console of a host.
    pub fn of(world: &World, host: &str) -> Seen {
        let Some(machine) = world.machines().find(|machine| world.names.machine(*machine) == host) else { return Seen::Dark };
        if !world.dom0_answers(machine) {
            return Seen::Dark;
        }
        // The tool asks the xapi of its own machine, and that asks its master.
        match world.reached_master(machine).filter(|master| world.xapi_runs(machine) && world.xapi_runs(*master)) {
            Some(master) => Seen::Pool(Beliefs::of(world, world.db(master))),
            None => Seen::Silent,
        }
    }

    /// What another look shows that this one did not, in a line; empty where it is the same.
    pub fn changes(&self, later: &Seen) -> String {
        match (self, later) {
            (Seen::Pool(before), Seen::Pool(after)) => before.changes(after),
            (before, after) if before == after => String::new(),
            (_, Seen::Dark) => "the console is dark".into(),
            (_, Seen::Silent) => "xe gets no answer here".into(),
            (_, Seen::Pool(_)) => "xe answers".into(),
        }
    }
}

impl Beliefs {
    fn of(world: &World, db: &Database) -> Beliefs {
        let names = &world.names;
        let hosts = db.hosts.iter().map(|(host, record)| {
            let held = match (record.live, record.enabled) {
                (true, true) => "live, enabled",
                (true, false) => "live, disabled",
                (false, true) => "dead, enabled",
                (false, false) => "dead, disabled",
            };
            (names.host(*host).to_owned(), held.to_owned())
        });
        let vms = names.vm_ids().filter_map(|vm| {
            let record = db.vm(vm)?;
            let on = record.resident_on.map(|host| format!(" on {}", names.host(host))).unwrap_or_default();
            Some((names.vm(vm).to_owned(), format!("{}{on}", record.power_state.name())))
        });
        let disks = names.vdi_ids().filter_map(|vdi| {
            let record = db.vdi(vdi)?;
            let mut held: Vec<String> = record.locks.iter().map(|(host, mode)| format!("{} {}", names.host(*host), mode.name())).collect();
            held.extend(record.paused.then(|| "paused".to_owned()));
            (!held.is_empty()).then(|| (names.vdi(vdi).to_owned(), held.join(", ")))
        });
        Beliefs { master: names.host(db.master).to_owned(), hosts: hosts.collect(), vms: vms.collect(), disks: disks.collect() }
    }

    fn changes(&self, later: &Beliefs) -> String {
        let mut told = String::new();
        if self.master != later.master {
            let _ = write!(told, "; master {} -> {}", self.master, later.master);
        }
        for (before, after, none) in
            [(&self.hosts, &later.hosts, "not known"), (&self.vms, &later.vms, "not known"), (&self.disks, &later.disks, "no lock")]
        {
            let names = before
                .iter()
                .map(|(name, _)| name)
                .chain(after.iter().map(|(name, _)| name).filter(|name| !before.iter().any(|(known, _)| known == *name)));
            for name in names {
                let of =
                    |rows: &[(String, String)]| rows.iter().find(|(row, _)| row == name).map_or(none.to_owned(), |(_, held)| held.clone());
                let (was, is) = (of(before), of(after));
                if was != is {
                    let _ = write!(told, "; {name} {was} -> {is}");
                }
            }
        }
        told.trim_start_matches("; ").to_owned()
    }
}
