//! Every form of `resetvdis.py` in every generation, over every state of the host that holds the key, against the rules of
//! docs/model/locks.md §5, written once more here.

use super::stage::*;
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::command::Output;
use crate::world::inventory::Mode;
use crate::world::settings::Settings;
use crate::world::sm::StorageManager;
use std::sync::Arc;

/// How it stands with beta, which the key names; db runs there at first, with its disk open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Beta {
    Alive,
    Rebooted,
    Crashed,
    Dead,
    Partitioned,
    PresumedDead,
    Forgotten,
}

const STATES: [Beta; 7] = [Beta::Alive, Beta::Rebooted, Beta::Crashed, Beta::Dead, Beta::Partitioned, Beta::PresumedDead, Beta::Forgotten];
const KEYS: [Option<Mode>; 3] = [None, Some(Mode::Ro), Some(Mode::Rw)];

/// What words ask for, by docs/model/locks.md §5 and §11.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asks {
    Usage,
    /// No object of this table has the UUID.
    Unknown(&'static str),
    Host {
        master: bool,
    },
    Vdi {
        force: bool,
    },
}

/// What is typed behind the name; what G1 takes it for, and what those after it do.
#[rustfmt::skip]
const FORMS: &[(&str, Asks, Asks)] = &[
    ("", Asks::Usage, Asks::Usage),
    ("$beta", Asks::Usage, Asks::Usage),
    ("all", Asks::Usage, Asks::Usage),
    ("single", Asks::Usage, Asks::Usage),
    ("$beta $nfs1", Asks::Host { master: false }, Asks::Host { master: false }),
    ("$beta $nfs1 master", Asks::Host { master: true }, Asks::Usage),
    ("$beta $nfs1 --master", Asks::Host { master: false }, Asks::Host { master: true }),
    ("$beta $nfs1 other", Asks::Host { master: false }, Asks::Usage),
    ("$beta $nfs1 --master more", Asks::Usage, Asks::Usage),
    ("all $beta", Asks::Unknown("SR"), Asks::Usage),
    ("all $beta $nfs1", Asks::Unknown("SR"), Asks::Host { master: false }),
    ("all $beta $nfs1 --master", Asks::Usage, Asks::Host { master: true }),
    ("all $beta $nfs1 master", Asks::Usage, Asks::Usage),
    ("all $beta $nfs1 --master more", Asks::Usage, Asks::Usage),
    ("single ${db-root}", Asks::Unknown("SR"), Asks::Vdi { force: false }),
    ("single ${db-root} --force", Asks::Unknown("SR"), Asks::Vdi { force: true }),
    ("single ${db-root} force", Asks::Unknown("SR"), Asks::Vdi { force: false }),
    ("single ${db-root} --force more", Asks::Usage, Asks::Vdi { force: false }),
    ("single ${db-root} --force more words", Asks::Usage, Asks::Usage),
    ("single $db", Asks::Unknown("SR"), Asks::Unknown("VDI")),
    ("single $db --force", Asks::Unknown("SR"), Asks::Unknown("VDI")),
    ("$beta 0", Asks::Unknown("SR"), Asks::Unknown("SR")),
    ("0 $nfs1", Asks::Unknown("host"), Asks::Unknown("host")),
    // The SR is looked up first.
    ("0 0", Asks::Unknown("SR"), Asks::Unknown("SR")),
    ("all 0 $nfs1 --master", Asks::Usage, Asks::Unknown("host")),
];

/// What `single` prints, the error it dies of, how long it waits on top, and whether the key is gone.
fn single(
    manager: StorageManager,
    beta: Beta,
    key: Option<Mode>,
    force: bool,
    uuids: (&str, &str),
) -> (String, Option<&'static str>, u64, bool) {
    let (disk, host) = uuids;
    let lists_unknown = matches!(manager, StorageManager::G1b | StorageManager::G2);
    let Some(mode) = key else {
        let line = if manager == StorageManager::G1b {
            "VDI is not marked as attached anywhere, nothing to do\n".to_owned()
        } else {
            format!("VDI {disk} is not marked as attached anywhere, nothing to do\n")
        };
        return (line, None, 0, false);
    };
    let value = if mode == Mode::Rw { "RW" } else { "RO" };
    let invalid = format!("Invalid host: OpaqueRef:{host} (['HANDLE_INVALID', 'host', 'OpaqueRef:{host}'])\n");
    match (beta, force) {
        (Beta::Forgotten, false) if lists_unknown => (invalid, None, 0, false),
        (Beta::Forgotten, true) if lists_unknown => {
            (format!("{invalid}Force-cleared {value} for {disk} on host OpaqueRef:{host}\n"), None, 0, true)
        }
        (Beta::Forgotten, _) => (format!("Invalid host: Force-cleared {value} for {disk} on host OpaqueRef:{host}\n"), None, 0, true),
        (_, true) => (format!("Force-cleared {value} for {disk} on host {host} (beta)\n"), None, 0, true),
        (Beta::Alive, false) => (format!("ERROR: VDI {disk} is still open on host {host} (beta)\n"), None, 0, false),
        (Beta::Rebooted, false) => (format!("Cleared {value} for {disk} on host {host} (beta)\n"), None, 0, true),
        (Beta::Dead | Beta::PresumedDead, false) => (String::new(), Some("HOST_OFFLINE"), 0, false),
        (Beta::Crashed | Beta::Partitioned, false) => (String::new(), Some("CANNOT_CONTACT_HOST"), 20, false),
    }
}

/// The pool with beta in a state, its key, and the marks `paused` and `activating` on the disk.
fn room(manager: StorageManager, beta: Beta, key: Option<Mode>, marked: bool) -> Room {
    let mut room = Room::new();
    room.world.settings = Arc::new(Settings { storage_manager: manager, ..(*room.world.settings).clone() });
    match beta {
        Beta::Alive => {}
        Beta::Rebooted => room.world.close_disk(&mut room.fx, BETA, DB_ROOT, Some(DB)),
        Beta::Crashed | Beta::Dead => room.crash(BETA),
        Beta::Partitioned | Beta::PresumedDead => room.isolate(BETA),
        Beta::Forgotten => room.world.forget_host(&mut room.fx, ALPHA, host(BETA)),
    }
    if matches!(beta, Beta::Dead | Beta::PresumedDead) {
        room.mark_dead(BETA);
    }
    let mut db = (*room.world.stacks[ALPHA.at()].db).clone();
    let record = db.vdis[DB_ROOT.at()].as_mut().unwrap();
    record.locks = key.map(|mode| (host(BETA), mode)).into_iter().collect();
    (record.paused, record.activating) = (marked, marked);
    // Another disk of the same SR with a key of beta, and one of another SR.
    for vdi in [WEB_ROOT, WEB_DATA] {
        db.vdis[vdi.at()].as_mut().unwrap().locks = vec![(host(BETA), Mode::Rw), (host(GAMMA), Mode::Ro)];
    }
    room.world.stacks[ALPHA.at()].db = db.into();
    room
}

fn keys_of(machines: &[(MachineId, Mode)]) -> Vec<(crate::base::ids::HostId, Mode)> {
    machines.iter().map(|(machine, mode)| (host(*machine), *mode)).collect()
}

#[test]
fn every_form_in_every_state() {
    let mut count = 0;
    for manager in StorageManager::ALL {
        for (words, of_g1, of_later) in FORMS {
            let asks = if *manager == StorageManager::G1 { of_g1 } else { of_later };
            for (beta, key) in STATES.iter().flat_map(|beta| KEYS.map(|key| (*beta, key))) {
                for marked in [false, true] {
                    case(*manager, words, *asks, (beta, key, marked));
                    count += 1;
                }
            }
        }
    }
    assert_eq!(count, 5 * 25 * 7 * 3 * 2);
}

fn case(manager: StorageManager, words: &str, asks: Asks, (beta, key, marked): (Beta, Option<Mode>, bool)) {
    let what = format!("{} `{words}`, beta {beta:?} with {key:?}, marked: {marked}", manager.name());
    let mut room = room(manager, beta, key, marked);
    let (disk, beta_uuid) = (room.world.names.vdis[DB_ROOT.at()].uuid.clone(), room.uuid(BETA));
    let before = room.world.clone();
    let End::Output(Output { text, exit, error }, took) = room.types(ALPHA, &format!("/opt/xensource/sm/resetvdis.py {words}")) else {
        panic!("{what}: it did not end");
    };
    let (mut held, mut others, mut paused) = (key.is_some(), true, marked);
    match asks {
        Asks::Usage => {
            let first = if manager == StorageManager::G1 {
                "Params: <HOST UUID> <SR UUID> [master]\n"
            } else {
                "Usage:\nall <HOST UUID> <SR UUID> [--master]\nsingle <VDI UUID> [--force]\n\n"
            };
            assert!(text.starts_with(first) && text.contains("*WARNING!*"), "{what}: {text}");
            assert_eq!((exit, error), (1, None), "{what}");
            assert!(room.world == before, "{what}: it changed something");
        }
        Asks::Unknown(table) => {
            assert_eq!((exit, error.map(|error| error.code)), (1, Some("UUID_INVALID")), "{what}: {text}");
            assert!(text.starts_with("Traceback (most recent call last):\n"), "{what}: {text}");
            assert!(text.contains(&format!("\nXenAPI.Failure: ['UUID_INVALID', '{table}', '")), "{what}: {text}");
            assert!(room.world == before, "{what}: it changed something");
        }
        Asks::Host { master } => {
            assert_eq!((text.as_str(), exit, error, took), ("", 0, None, Span::secs(1)), "{what}");
            (held, others, paused) = (false, false, marked && !master);
        }
        Asks::Vdi { force } => {
            let (said, died, waits, gone) = single(manager, beta, key, force, (&disk, &beta_uuid));
            assert_eq!((error.map(|error| error.code), exit), (died, i32::from(died.is_some())), "{what}: {text}");
            assert_eq!(took, Span::secs(1 + waits), "{what}");
            match died {
                None => assert_eq!(text, said, "{what}"),
                Some(code) => {
                    assert!(text.starts_with("Traceback"), "{what}: {text}");
                    assert!(text.contains(&format!("XenAPI.Failure: ['{code}', ")), "{what}: {text}");
                }
            }
            held = held && !gone;
        }
    }
    let held: Vec<(MachineId, Mode)> = key.filter(|_| held).map(|mode| (BETA, mode)).into_iter().collect();
    assert_eq!(room.locks(DB_ROOT), keys_of(&held), "{what}");
    // The host's keys on the other disk of the SR go with it; another host's, and those on another SR, stay.
    let both = [(BETA, Mode::Rw), (GAMMA, Mode::Ro)];
    assert_eq!(room.locks(WEB_ROOT), keys_of(if others { &both } else { &both[1..] }), "{what}");
    assert_eq!(room.locks(WEB_DATA), keys_of(&both), "{what}");
    // Nothing takes `activating` away.
    let record = room.db(ALPHA).vdi(DB_ROOT).unwrap();
    assert_eq!((record.paused, record.activating), (paused, marked), "{what}");
}

/// docs/model/locks.md §5: key after key, the newest first. What was removed before the one that ends it stays removed, and
/// stays printed above the traceback.
#[test]
fn what_was_removed_before_the_end_stays_removed() {
    for manager in &StorageManager::ALL[1..] {
        // Beta, the newer, answers and has the disk no longer open; gamma has lost power.
        let mut room = room(*manager, Beta::Rebooted, None, false);
        room.crash(GAMMA);
        let mut db = (*room.world.stacks[ALPHA.at()].db).clone();
        db.vdis[DB_ROOT.at()].as_mut().unwrap().locks = keys_of(&[(GAMMA, Mode::Ro), (BETA, Mode::Rw)]);
        room.world.stacks[ALPHA.at()].db = db.into();
        let output = room.alpha("/opt/xensource/sm/resetvdis.py single ${db-root}");
        let first = format!("Cleared RW for {} on host {} (beta)\nTraceback", room.world.names.vdis[0].uuid, room.uuid(BETA));
        assert!(output.text.starts_with(&first) && output.exit == 1, "{}", output.text);
        assert_eq!(room.locks(DB_ROOT), keys_of(&[(GAMMA, Mode::Ro)]));
    }
}

/// Without an xapi on its machine the script dies of the refused connection; on a member it works in the master's database.
#[test]
fn it_needs_an_xapi_and_a_master() {
    for manager in StorageManager::ALL {
        let mut room = room(*manager, Beta::Dead, Some(Mode::Rw), false);
        let line = "/opt/xensource/sm/resetvdis.py $beta $nfs1";
        room.stop_xapi(GAMMA);
        let End::Output(refused, _) = room.types(GAMMA, line) else { panic!() };
        assert!(refused.exit == 1 && refused.text.contains("Connection refused"), "{}", refused.text);
        assert_eq!(room.locks(DB_ROOT), keys_of(&[(BETA, Mode::Rw)]));
        room.stop_xapi(ALPHA);
        room.world.stacks[GAMMA.at()].xapi = crate::world::memory::Xapi::Up;
        assert_eq!(room.types(GAMMA, line), End::Waits, "its master does not answer");
    }
}
