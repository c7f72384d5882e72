//! The collector of garbage of an SR, which its master starts after a disk was destroyed and after a scan (cleanup.py): what was
//! destroyed is removed, and what then stands alone on a base is merged into it.
//!
//! What keeps it from harm is the database of its own master. Whoever holds a key there is told to open its chain anew, and where it
//! can't be told nothing is taken away; before anything is removed, every host that has the SR plugged there is asked whether it has
//! it open. Of a host that holds no key there, or that the database holds for dead or does not know, it knows nothing.

use crate::base::ids::{MachineId, SrId, VdiId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::truth::{Doing, Io, Pass, Pick};

/// How long a leaf that is in use may be paused while it is merged (cleanup.py, LIVE_LEAF_COALESCE_TIMEOUT).
const LEAF_MOST: Span = Span::secs(10);
/// How long the chain is being changed once the data is copied: one call.
const RELINK: Span = Span::secs(1);
/// How long it waits before it looks again where domain 0 or the path stands still.
const STANDS_STILL: Span = Span::mins(1);

/// What comes next.
enum Flow {
    /// The next thing to do.
    Next,
    /// It goes on after this span.
    Waits(Span),
    /// It gives up until it is started anew.
    Stops(&'static str),
}

/// Why something is not removed.
enum Kept {
    /// A host has it open.
    Open,
    /// A host could not be asked.
    Unasked,
}

/// Its time has come.
pub fn go_on(world: &mut World, fx: &mut Effects, machine: MachineId, sr: SrId, boot: u32) {
    if world.hw.machine(machine).boot != boot {
        return;
    }
    let Some(mut pass) = world.hw.take_pass(machine, sr) else { return };
    let mut flow = turn(world, fx, machine, sr, &mut pass);
    while let Flow::Next = flow {
        let Some(pick) = world.hw.picks(&world.names, sr).into_iter().find(|pick| !pass.skip.contains(pick)) else { return };
        flow = match home(world, machine, sr) {
            Ok(home) => begin(world, fx, (home, machine, sr), &mut pass, pick),
            Err(flow) => flow,
        };
    }
    match flow {
        Flow::Next => {}
        Flow::Waits(span) => {
            world.hw.keep_pass(machine, sr, pass);
            fx.due(span, Due::Collect { machine, sr, boot });
        }
        Flow::Stops(why) => {
            if let Some(doing) = pass.doing {
                world.cut_short_work_on(fx, machine, doing.vdi);
            }
            fx.tell(Event::CollectorStopped { machine, sr, why });
        }
    }
}

/// It goes on with what it is at, if it is at anything.
fn turn(world: &mut World, fx: &mut Effects, machine: MachineId, sr: SrId, pass: &mut Pass) -> Flow {
    let home = match home(world, machine, sr) {
        Ok(home) => home,
        Err(flow) => return flow,
    };
    match pass.doing {
        Some(doing) => end(world, fx, (home, machine, sr), pass, doing),
        None => Flow::Next,
    }
}

/// The master in whose database it looks, where its host may collect there (cleanup.py, `SR.__init__`, `XAPI.isMaster`).
fn home(world: &World, machine: MachineId, sr: SrId) -> Result<MachineId, Flow> {
    if !world.dom0_answers(machine) {
        return Err(Flow::Waits(STANDS_STILL));
    }
    let home = world.reached_master(machine).filter(|_| world.xapi_runs(machine)).ok_or(Flow::Stops("xapi does not answer"))?;
    if !world.masters_sr(home, machine, sr) {
        return Err(Flow::Stops("this host is not the SR's master"));
    }
    if !world.db(home).plugged(world.host_on(machine), sr) {
        return Err(Flow::Stops("the SR is not plugged here"));
    }
    match world.path_fault(machine, sr) {
        None => Ok(home),
        Some(Io::Hang) => Err(Flow::Waits(STANDS_STILL)),
        Some(Io::Error) => Err(Flow::Stops("the SR can't be read")),
    }
}

/// The machines of the hosts that hold a key of these disks; `None` where one of them can't be asked.
fn key_holders(world: &World, home: MachineId, disks: &[VdiId]) -> Option<Vec<MachineId>> {
    let keys = disks.iter().filter_map(|vdi| world.db(home).vdi(*vdi)).flat_map(|record| &record.locks);
    keys.map(|(host, _)| world.forwards_to(home, *host).ok()).collect()
}

/// Every other host that has the SR plugged by the database is asked to let go of what is to be removed (cleanup.py, `_checkSlaves`).
/// On LVM a host that is held for dead is passed over; on files the same question ends the run.
fn asks(world: &World, home: MachineId, machine: MachineId, sr: SrId, holders: &[MachineId]) -> Result<(), Kept> {
    if holders.contains(&machine) {
        return Err(Kept::Open);
    }
    let db = world.db(home);
    let file = world.names.srs[sr.at()].kind.file();
    for host in db.hosts.keys().copied().filter(|host| *host != world.host_on(machine) && db.plugged(*host, sr)) {
        match world.forwards_to(home, host) {
            Ok(asked) if holders.contains(&asked) => return Err(Kept::Open),
            Ok(_) => {}
            Err(_) if !file && !db.live(host) => {}
            Err(_) => return Err(Kept::Unasked),
        }
    }
    Ok(())
}

/// A host could not be asked before something was removed.
const UNASKED: &str = "a host that has the SR plugged does not answer";

fn begin(world: &mut World, fx: &mut Effects, (home, machine, sr): (MachineId, MachineId, SrId), pass: &mut Pass, pick: Pick) -> Flow {
    let disks = world.hw.disks_of(pick);
    match pick {
        Pick::Disk(_) | Pick::Node(_) => match asks(world, home, machine, sr, &world.hw.holders(pick)) {
            Ok(()) => {
                match pick {
                    Pick::Disk(vdi) => world.remove_disk(fx, machine, vdi),
                    Pick::Node(node) => world.remove_node(fx, machine, node),
                    Pick::Inner(_) | Pick::Leaf(_) => {}
                }
                Flow::Next
            }
            Err(Kept::Open) => {
                pass.skip.insert(pick);
                if let Some(vdi) = disks.first() {
                    fx.tell(Event::KeptByCollector { machine, vdi: *vdi });
                }
                Flow::Next
            }
            Err(Kept::Unasked) => Flow::Stops(UNASKED),
        },
        // A snapshot under way has the SR's lock.
        Pick::Inner(_) | Pick::Leaf(_) if disks.iter().any(|vdi| world.at_work(machine, *vdi)) => Flow::Waits(RELINK),
        Pick::Inner(_) => {
            if key_holders(world, home, &disks).is_none() {
                return Flow::Stops("a host that has the disk locked does not answer");
            }
            let Some(vdi) = disks.first().copied() else {
                pass.skip.insert(pick);
                return Flow::Next;
            };
            world.begin_merge(fx, machine, pick, vdi);
            pass.doing = Some(Doing { pick, vdi, relinking: false });
            Flow::Waits(world.settings.coalesce)
        }
        Pick::Leaf(vdi) => {
            let paused = world.db(home).vdi(vdi).is_none_or(|record| record.paused);
            if paused || key_holders(world, home, &disks).is_none() {
                pass.skip.insert(pick);
                return Flow::Next;
            }
            world.begin_merge(fx, machine, pick, vdi);
            world.set_paused(fx, home, vdi);
            pass.doing = Some(Doing { pick, vdi, relinking: true });
            Flow::Waits(world.settings.coalesce.min(LEAF_MOST))
        }
    }
}

fn end(
    world: &mut World,
    fx: &mut Effects,
    (home, machine, sr): (MachineId, MachineId, SrId),
    pass: &mut Pass,
    Doing { pick, vdi, relinking }: Doing,
) -> Flow {
    let disks = world.hw.disks_of(pick);
    if !relinking {
        if world.settings.storage_manager.marks() {
            disks.iter().for_each(|vdi| world.set_relinking(fx, home, *vdi));
        }
        pass.doing = Some(Doing { pick, vdi, relinking: true });
        return Flow::Waits(RELINK);
    }
    // Where it stops here, all that is left stays so: the mark, and what stands on the SR.
    let Some(fresh) = key_holders(world, home, &disks) else { return Flow::Stops("a host that has the disk locked does not answer") };
    pass.doing = None;
    if !matches!(pick, Pick::Leaf(_)) {
        world.end_merge(fx, machine, pick, &fresh);
        world.end_work(machine, vdi);
        disks.iter().for_each(|vdi| world.clear_relinking(fx, home, *vdi));
        return Flow::Next;
    }
    let others: Vec<MachineId> = world.hw.holders(pick).into_iter().filter(|holder| !fresh.contains(holder)).collect();
    let asked = asks(world, home, machine, sr, &others);
    if asked.is_ok() {
        world.end_merge(fx, machine, pick, &fresh);
    } else {
        // The old leaf can't be removed, so it becomes the leaf again (cleanup.py, `_handleInterruptedCoalesceLeaf`).
        pass.skip.insert(pick);
    }
    world.end_work(machine, vdi);
    world.clear_paused(fx, home, vdi);
    match asked {
        Ok(()) => Flow::Next,
        Err(Kept::Open) => {
            fx.tell(Event::KeptByCollector { machine, vdi });
            Flow::Next
        }
        Err(Kept::Unasked) => Flow::Stops(UNASKED),
    }
}
