//! What an xapi that starts does to the keys of a disk, over every state of it, against the rules of docs/model/locks.md written once
//! more here (storage_access.ml, refresh_local_vdi_activations; SRCommand.py, sr_attach).

use super::refresh_locks;
use crate::base::ids::{HostId, MachineId, SrId, VdiId};
use crate::world::World;
use crate::world::build::Pool;
use crate::world::effects::Effects;
use crate::world::inventory::{Mode, SrType};
use crate::world::release::Release;
use crate::world::settings::Settings;
use std::sync::Arc;

const ALPHA: MachineId = MachineId(0);
const BETA: MachineId = MachineId(1);
const GAMMA: MachineId = MachineId(2);
const DELTA: MachineId = MachineId(3);
/// The releases, and whether their code is later than 6.0.
const RELEASES: [(&str, bool); 4] = [("manual-6", false), ("xenserver-6.0", false), ("xenserver-6.2", true), ("xcp-ng-8.3", true)];
const KEYS: [Option<Mode>; 3] = [None, Some(Mode::Ro), Some(Mode::Rw)];
const ROOT: VdiId = VdiId(0);
const SHARED: SrId = SrId(0);
const LOCAL: SrId = SrId(1);

fn host(machine: MachineId) -> HostId {
    HostId(machine.0)
}

/// A disk in a pool of four whose master is alpha, with these keys, the oldest first, and open on gamma.
fn stage(sr: SrId, release: Release, keys: &[(MachineId, Mode)], open: Option<Mode>, marked: bool) -> World {
    let mut pool = Pool::empty("pool1");
    for name in ["alpha", "beta", "gamma", "delta"] {
        pool.add_host(name);
    }
    pool.add_sr("nfs1", SrType::Nfs, None);
    pool.add_sr("local-gamma", SrType::Ext, Some(GAMMA));
    let vm = pool.add_vm("db", None);
    pool.add_disk(vm, "root", sr);
    let disk = &mut pool.vdis[ROOT.at()];
    disk.locks = keys.iter().map(|(machine, mode)| (host(*machine), *mode)).collect();
    (disk.paused, disk.activating, disk.relinking) = (marked, marked, marked);
    disk.open_on.extend(open.map(|mode| (GAMMA, mode, None)));
    pool.world(Arc::new(Settings::default()), release, 1)
}

fn keys_of(world: &World) -> Vec<(HostId, Mode)> {
    world.db(ALPHA).vdi(ROOT).expect("its record").locks.clone()
}

fn chosen(keys: &[(MachineId, Option<Mode>)]) -> Vec<(MachineId, Mode)> {
    keys.iter().filter_map(|(machine, mode)| Some((*machine, (*mode)?))).collect()
}

/// Own key, open disk, a key of a host that the pool may have forgotten, one of a host that it knows, in each release.
#[test]
fn every_start() {
    let mut tried = 0;
    for (name, later) in RELEASES {
        let release = Release::named(name).expect("a release");
        for (own, open) in KEYS.iter().flat_map(|own| KEYS.map(|open| (*own, open))) {
            for (others, known) in KEYS.iter().flat_map(|key| [(*key, true), (*key, false)]) {
                for third in [None, Some(Mode::Ro)] {
                    let keys = chosen(&[(BETA, others), (GAMMA, own), (DELTA, third)]);
                    let mut world = stage(SHARED, release, &keys, open, false);
                    let mut fx = Effects::default();
                    if !known {
                        world.forget_host(&mut fx, ALPHA, host(BETA));
                    }
                    refresh_locks(&mut world, &mut fx, GAMMA, ALPHA);

                    let mut must: Vec<(HostId, Mode)> = keys.iter().map(|(machine, mode)| (host(*machine), *mode)).collect();
                    // 6.0 looks at its own key alone; later code takes all keys away where its own is stale, or nobody's is known.
                    match (open, own) {
                        (Some(mode), None) => must.push((host(GAMMA), mode)),
                        (Some(_), Some(_)) => {}
                        (None, Some(_)) if later => must.clear(),
                        (None, Some(_)) => must.retain(|(holder, _)| *holder != host(GAMMA)),
                        (None, None) if later && third.is_none() && !known => must.clear(),
                        (None, None) => {}
                    }
                    let what = format!("{name}: own {own:?}, open {open:?}, beta {others:?} known {known}, delta {third:?}");
                    assert_eq!(keys_of(&world), must, "{what}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, RELEASES.len() * 9 * 6 * 2);
}

/// Plugging takes the host's own keys away, open or not, and on the master of the SR the mark `paused`; nothing else.
#[test]
fn every_plug() {
    let mut tried = 0;
    for (sr, machine, masters) in [(SHARED, ALPHA, true), (SHARED, GAMMA, false), (LOCAL, GAMMA, true)] {
        for (own, others) in KEYS.iter().flat_map(|own| KEYS.map(|others| (*own, others))) {
            for (open, marked) in KEYS.iter().flat_map(|open| [(*open, true), (*open, false)]) {
                let keys = chosen(&[(BETA, others), (machine, own)]);
                let mut world = stage(sr, Release::default(), &keys, open, marked);
                world.sr_attach(&mut Effects::default(), ALPHA, machine, sr);
                let must: Vec<(HostId, Mode)> = others.map(|mode| (host(BETA), mode)).into_iter().collect();
                let what = format!("{sr:?} on {machine:?}: own {own:?}, beta {others:?}, open {open:?}, marked {marked}");
                assert_eq!(keys_of(&world), must, "{what}");
                let record = world.db(ALPHA).vdi(ROOT).expect("its record");
                assert_eq!((record.paused, record.activating, record.relinking), (marked && !masters, marked, marked), "{what}");
                assert_eq!(world.has_open(GAMMA, ROOT), open.is_some(), "{what}: a tapdisk is not looked at");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 3 * 9 * 6);
}
