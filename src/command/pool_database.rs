//! `xe pool-sync-database`, `pool-dump-database` and `pool-restore-database`.

use super::args::{Args, says};
use super::reach::{Refusal, gate, is_member};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, objects, print};
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::{Database, HostRecord};
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::memory::{Incoming, PoolConf};
use std::sync::Arc;

fn silence(minimal: bool) -> Output {
    Output { text: if minimal { "\n".to_string() } else { String::new() }, exit: 0, error: None }
}

/// `xe pool-sync-database`.
#[derive(Clone, Debug)]
pub struct SyncDatabase {
    args: Args,
}

impl Command for SyncDatabase {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-sync-database",
        synopsis: "xe pool-sync-database",
        doc: "Sends a copy of the master's database to every host at once, instead of one host every 300 s. If one can't be reached it answers HOST_OFFLINE or CANNOT_CONTACT_HOST with that host; the others have their copy all the same.",
        example: "xe pool-sync-database",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(args: Args) -> Self {
        SyncDatabase { args }
    }
}

/// The members that can be reached, and the first refusal.
fn members(world: &World, master: MachineId) -> (Vec<MachineId>, Option<Refusal>) {
    let mut reached = Vec::new();
    let mut refused: Option<Refusal> = None;
    for host in objects::hosts(world, master) {
        match gate(world, master, host) {
            Ok(machine) if machine != master => reached.push(machine),
            Ok(_) => {}
            Err(refusal) => {
                // They are asked at the same time: the slowest says how long it takes.
                let after = refused.as_ref().map_or(Span::ZERO, |first| first.after).max(refusal.after);
                refused = Some(refused.unwrap_or(refusal).after(after));
            }
        }
    }
    (reached, refused)
}

impl Operation for SyncDatabase {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let (reached, refused) = members(world, seat.executor);
        match refused {
            Some(refusal) if reached.is_empty() => Check::Refuse { output: refusal.output(world, seat.executor), after: refusal.after },
            refused => Check::Go(world.settings.command + refused.map_or(Span::ZERO, |refusal| refusal.after)),
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let (reached, refused) = members(world, seat.executor);
        for machine in reached {
            if is_member(world, seat.executor, machine) {
                world.take_copy(fx, machine, seat.executor);
            }
        }
        Progress::Ended(match refused {
            Some(refusal) => refusal.output(world, seat.executor),
            None => silence(self.args.minimal),
        })
    }
}

/// `xe pool-dump-database`.
#[derive(Clone, Debug)]
pub struct DumpDatabase {
    args: Args,
}

impl Command for DumpDatabase {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-dump-database",
        synopsis: "xe pool-dump-database file-name=FILE",
        doc: "Writes the master's database to a file, as the means to restore a pool that is lost. A file of that name must not exist yet. Files are in reach of every machine of the scenario.",
        example: "xe pool-dump-database file-name=nightly",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["file-name"], &[]);
    fn new(args: Args) -> Self {
        DumpDatabase { args }
    }
}

impl DumpDatabase {
    fn refusal(&self, world: &World) -> Option<Output> {
        let file = self.args.required("file-name");
        if file.is_empty() {
            return Some(says("a database dump to standard output is not simulated yet", 1));
        }
        world.dumps.contains_key(file).then(|| says(format!("Operation failed. Error: Sys_error(\"{file}: File exists\")"), 1))
    }
}

impl Operation for DumpDatabase {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        match self.refusal(world) {
            Some(output) => Check::Refuse { output, after: Span::ZERO },
            None => Check::Go(world.settings.command),
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        if let Some(output) = self.refusal(world) {
            return Progress::Ended(output);
        }
        let file = self.args.required("file-name").to_string();
        let db = Arc::clone(&world.stacks[seat.executor.at()].db);
        world.dumps.insert(file.clone(), db);
        fx.tell(Event::DumpWritten { by: seat.executor, file });
        Progress::Ended(silence(self.args.minimal))
    }
}

/// `xe pool-restore-database`.
#[derive(Clone, Debug)]
pub struct RestoreDatabase {
    args: Args,
}

impl Command for RestoreDatabase {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-restore-database",
        synopsis: "xe pool-restore-database file-name=FILE --force | dry-run=true",
        doc: "Makes the master it is carried out on the master of the dumped pool: of the dump's hosts only its master stays, and its record becomes this machine's. All other hosts count as lost. Checks: `--force` or `dry-run` must be there, then the file. The machine reboots after 30 s and starts with the restored database; VMs that the dump has as running on hosts that are gone then count as halted. Nobody looks whether the old pool still runs: if it does there are two, each with its own locks, on one storage.",
        example: "xe pool-restore-database file-name=nightly --force",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["file-name"], &["dry-run", "force"]);
    fn new(args: Args) -> Self {
        RestoreDatabase { args }
    }
}

const UNFORCED: &str = "Error: This operation will restore the database backup to this host, making it the master. All slave hosts are assumed dead and they will be forgotten. This operation must be forced (use --force).";

/// The pause before the machine reboots with its new database (db_restore_fuse_time).
const REBOOT: Span = Span::secs(30);

impl RestoreDatabase {
    fn dump(&self, world: &World) -> Result<Arc<Database>, Output> {
        if !self.args.has("force") && !self.args.has("dry-run") {
            return Err(says(UNFORCED, 1));
        }
        let file = self.args.required("file-name");
        world.dumps.get(file).cloned().ok_or_else(|| says(format!("Operation failed. Error: file '{file}' does not exist"), 1))
    }
}

/// A dump as it is restored on a machine: its master alone stays, and is that machine's host now.
fn rewritten(world: &World, machine: MachineId, dump: &Database) -> Database {
    let (old, new) = (dump.master, world.host_on(machine));
    let mut db = dump.clone();
    let record = db.hosts.remove(&old).unwrap_or(HostRecord::new(false, true));
    // A record of this machine that was a member's goes with the others.
    db.hosts = [(new, record)].into_iter().collect();
    db.master = new;
    let kept: Vec<_> = db.pbds.iter().filter(|((host, _), _)| *host == old).map(|((_, sr), plugged)| (*sr, *plugged)).collect();
    db.pbds = kept.into_iter().map(|(sr, plugged)| ((new, sr), plugged)).collect();
    if old != new {
        for vm in db.vms.iter_mut().flatten() {
            match vm.resident_on {
                Some(host) if host == old => vm.resident_on = Some(new),
                // What ran on this machine's own old record runs on a host that is gone.
                Some(host) if host == new => vm.resident_on = None,
                _ => {}
            }
        }
        for vdi in db.vdis.iter_mut().flatten() {
            vdi.locks.retain(|(host, _)| *host != new);
            for (host, _) in &mut vdi.locks {
                if *host == old {
                    *host = new;
                }
            }
        }
    }
    db
}

impl Operation for RestoreDatabase {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        match self.dump(world) {
            Ok(_) => Check::Go(world.settings.command),
            Err(output) => Check::Refuse { output, after: Span::ZERO },
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let dump = match self.dump(world) {
            Ok(dump) => dump,
            Err(output) => return Progress::Ended(output),
        };
        if self.args.has("dry-run") {
            return Progress::Ended(says("Dry-run backup restore successful", 0));
        }
        let machine = seat.executor;
        let restored = rewritten(world, machine, &dump);
        let file = self.args.required("file-name").to_string();
        world.stacks[machine.at()].incoming = Some((Incoming::Dump(file), Arc::new(restored)));
        world.stacks[machine.at()].taking_over = None;
        world.write_conf(fx, machine, PoolConf::Master);
        let boot = world.hw.machine(machine).boot;
        fx.due(REBOOT, Due::GoDownForReboot { machine, boot });
        let text = format!("Host will reboot with restored database in {} seconds...\n", print::delay(world, REBOOT));
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}
