//! Every generation's check over every kind of holder, key, request and mark, against the rules of docs/model/locks.md §2 and
//! §11, written once more here and without a look at the generations' own code.

use super::{Activation, Inactive, StorageManager};
use crate::base::ids::{HostId, MachineId, SrId, VdiId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::build::Pool;
use crate::world::effects::Effects;
use crate::world::errors::Param;
use crate::world::inventory::{Mode, SrType};
use crate::world::release::Release;
use crate::world::settings::Settings;
use std::sync::Arc;

const ALPHA: MachineId = MachineId(0);
const BETA: MachineId = MachineId(1);
const GAMMA: MachineId = MachineId(2);
const DELTA: MachineId = MachineId(3);
const NFS: SrId = SrId(0);
const ROOT: VdiId = VdiId(0);

/// How it stands with the host that a key names. Gamma is where the disk is to be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holder {
    /// It runs, and has the disk open.
    Alive,
    /// It runs, and has the disk no longer open: it has been rebooted.
    Rebooted,
    /// It has lost power, and the master does not know yet.
    Crashed,
    /// It has lost power, and the master holds it for dead.
    Dead,
    /// It is cut off with the disk open, and the master does not know yet.
    Partitioned,
    /// It is cut off with the disk open, and the master holds it for dead.
    PresumedDead,
    /// The database has no record of it; it has the disk open.
    Forgotten,
    /// It is the host itself that is to open the disk, and has not.
    Itself,
}

const HOLDERS: [Holder; 8] = [
    Holder::Alive,
    Holder::Rebooted,
    Holder::Crashed,
    Holder::Dead,
    Holder::Partitioned,
    Holder::PresumedDead,
    Holder::Forgotten,
    Holder::Itself,
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mark {
    None,
    Paused,
    Activating,
    Relinking,
}

const MARKS: [Mark; 4] = [Mark::None, Mark::Paused, Mark::Activating, Mark::Relinking];
const MODES: [Mode; 2] = [Mode::Ro, Mode::Rw];

/// How an activation ends: it opens the disk, is tried again each second, or fails with these words after a span of seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Opens,
    Waits,
    Fails(&'static str, u64),
}

/// What the rules say: how it ends, which of the keys are gone then, and whether `activating` stays behind.
fn rule(manager: StorageManager, keys: &[(Holder, Mode)], ask: Mode, mark: Mark) -> (End, Vec<usize>, bool) {
    let old = matches!(manager, StorageManager::G1 | StorageManager::G1b);
    let newest = manager == StorageManager::G4;
    let mut gone = Vec::new();
    if old {
        // Whoever holds it, and whatever becomes of him: RW refuses, RO never does; only `paused` is looked at then.
        let end = match (keys.iter().any(|key| key.1 == Mode::Rw), mark) {
            (true, _) => End::Fails("already attached RW", 0),
            (false, Mark::Paused) => End::Waits,
            (false, _) => End::Opens,
        };
        return (end, gone, false);
    }
    let first = keys.first().map(|key| key.1);
    if first == Some(Mode::Rw) || first == Some(Mode::Ro) && ask == Mode::Rw {
        let mut still_open = false;
        for (at, (holder, _)) in keys.iter().enumerate() {
            let end = match holder {
                Holder::Rebooted | Holder::Itself => {
                    gone.push(at);
                    continue;
                }
                Holder::Alive if ask == Mode::Ro => {
                    still_open = true;
                    continue;
                }
                Holder::Forgotten if manager != StorageManager::G2 => {
                    gone.push(at);
                    continue;
                }
                Holder::Alive => End::Fails("not detached cleanly", 0),
                Holder::Forgotten => End::Fails("global name 'XenAPI' is not defined", 0),
                Holder::Dead | Holder::PresumedDead => End::Fails("['HOST_OFFLINE', 'OpaqueRef:", 0),
                Holder::Crashed | Holder::Partitioned => End::Fails("['CANNOT_CONTACT_HOST', 'OpaqueRef:", 20),
            };
            return (end, gone, false);
        }
        if still_open {
            return (End::Fails("not detached cleanly", 0), gone, false);
        }
    }
    let own_left = keys.iter().enumerate().any(|(at, key)| key.0 == Holder::Itself && !gone.contains(&at));
    let end = match (mark, ask) {
        (Mark::Paused, _) => End::Waits,
        (Mark::Relinking, _) if newest => End::Waits,
        (Mark::Activating, Mode::Ro) if newest => End::Waits,
        (Mark::Activating, Mode::Rw) if newest => End::Fails("['MAP_DUPLICATE_KEY', 'VDI', 'sm_config', 'OpaqueRef:", 0),
        _ if newest && own_left => return (End::Fails("SR_BACKEND_FAILURE_1200", 0), gone, true),
        _ => End::Opens,
    };
    (end, gone, false)
}

fn host(machine: MachineId) -> HostId {
    HostId(machine.0)
}

/// A pool in which these keys stand, the newest first, with their holders as they are.
fn stage(manager: StorageManager, keys: &[(Holder, Mode)], mark: Mark) -> (World, Vec<MachineId>) {
    let mut pool = Pool::empty("pool1");
    for name in ["alpha", "beta", "gamma", "delta"] {
        pool.add_host(name);
    }
    pool.add_sr("nfs1", SrType::Nfs, None);
    let vm = pool.add_vm("db", None);
    pool.add_disk(vm, "root", NFS);
    let mut others = [BETA, DELTA].into_iter();
    let holders: Vec<MachineId> =
        keys.iter().map(|(holder, _)| if *holder == Holder::Itself { GAMMA } else { others.next().unwrap() }).collect();
    let disk = &mut pool.vdis[ROOT.at()];
    disk.locks = holders.iter().zip(keys).rev().map(|(machine, (_, mode))| (host(*machine), *mode)).collect();
    (disk.paused, disk.activating, disk.relinking) = (mark == Mark::Paused, mark == Mark::Activating, mark == Mark::Relinking);
    for (machine, (holder, mode)) in holders.iter().zip(keys) {
        if matches!(holder, Holder::Alive | Holder::Partitioned | Holder::PresumedDead | Holder::Forgotten) {
            disk.open_on.push((*machine, *mode, None));
        }
    }
    let settings = Settings { storage_manager: manager, ..Settings::default() };
    let mut world = pool.world(Arc::new(settings), Release::default(), 1);
    let mut fx = Effects::default();
    for (machine, (holder, _)) in holders.iter().zip(keys) {
        match holder {
            Holder::Alive | Holder::Rebooted | Holder::Itself => {}
            Holder::Crashed | Holder::Dead => world.lose_power(&mut fx, *machine),
            Holder::Partitioned | Holder::PresumedDead => {
                world.hw.isolate(&mut fx, *machine);
            }
            Holder::Forgotten => world.forget_host(&mut fx, ALPHA, host(*machine)),
        }
        if matches!(holder, Holder::Dead | Holder::PresumedDead) {
            world.set_live(&mut fx, ALPHA, host(*machine), false);
        }
    }
    (world, holders)
}

/// One case, by the model and by the rules.
fn case(manager: StorageManager, keys: &[(Holder, Mode)], ask: Mode, mark: Mark) {
    let what = format!("{} {keys:?} asked for {ask:?}, {mark:?}", manager.name());
    let (mut world, holders) = stage(manager, keys, mark);
    let (end, gone, leaks) = rule(manager, keys, ask, mark);
    let activation = Activation::new(ALPHA, GAMMA, ROOT, ask);
    let before = world.clone();
    let found = world.activation_finds(activation);
    assert!(world == before, "{what}: a look changed something");
    let ended = world.activate(&mut Effects::default(), activation, None);
    assert_eq!(ended, found.then, "{what}: look and deed differ");
    match (end, &ended) {
        (End::Opens, Ok(())) | (End::Waits, Err(Inactive::Paused)) => {}
        (End::Fails(words, seconds), Err(Inactive::Failed(error))) => {
            let texts = error.params.iter().map(|param| match param {
                Param::Text(text) => text.clone(),
                other => format!("{other:?}"),
            });
            let said = format!("{} {}", error.code, texts.collect::<Vec<_>>().join(" "));
            assert!(said.contains(words), "{what}: {said}");
            assert_eq!(found.after, Span::secs(seconds), "{what}");
            let (words, code) = (words.starts_with("global"), "SR_BACKEND_FAILURE");
            assert_eq!(error.code == code, words, "{what}: {}", error.code);
        }
        (expected, got) => panic!("{what}: expected {expected:?}; got {got:?}"),
    }
    let mut left: Vec<(HostId, Mode)> =
        (0..keys.len()).filter(|at| !gone.contains(at)).map(|at| (host(holders[at]), keys[at].1)).rev().collect();
    if end == End::Opens && left.iter().all(|(holder, _)| *holder != host(GAMMA)) {
        left.push((host(GAMMA), ask));
    }
    let record = world.db(ALPHA).vdi(ROOT).unwrap();
    assert_eq!(record.locks, left, "{what}: the keys that are left");
    assert_eq!(
        (record.paused, record.activating, record.relinking),
        (mark == Mark::Paused, leaks || mark == Mark::Activating, mark == Mark::Relinking),
        "{what}: the marks"
    );
    assert_eq!(world.has_open(GAMMA, ROOT), end == End::Opens, "{what}");
}

/// 5 generations, no key or one of 16, 2 requests, 4 marks.
#[test]
fn one_key() {
    let mut count = 0;
    for manager in StorageManager::ALL {
        let keys = HOLDERS.iter().flat_map(|holder| MODES.map(|mode| vec![(*holder, mode)]));
        for keys in std::iter::once(Vec::new()).chain(keys) {
            for (ask, mark) in MODES.iter().flat_map(|ask| MARKS.map(|mark| (*ask, mark))) {
                case(*manager, &keys, ask, mark);
                count += 1;
            }
        }
    }
    assert_eq!(count, 5 * 17 * 2 * 4);
}

/// Two keys of two hosts: which is met first decides whether anybody is asked, and what was removed stays removed.
#[test]
fn two_keys() {
    let mut count = 0;
    let one: Vec<(Holder, Mode)> = HOLDERS.iter().flat_map(|holder| MODES.map(|mode| (*holder, mode))).collect();
    for manager in StorageManager::ALL {
        for (newer, older) in one.iter().flat_map(|newer| one.iter().map(move |older| (*newer, *older))) {
            if newer.0 == Holder::Itself && older.0 == Holder::Itself {
                continue;
            }
            for ask in MODES {
                case(*manager, &[newer, older], ask, Mark::None);
                count += 1;
            }
        }
    }
    assert_eq!(count, 5 * (16 * 16 - 4) * 2);
}
