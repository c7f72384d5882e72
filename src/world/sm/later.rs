//! What the generations after G1 have in common: the newer `resetvdis.py`, and a check that may ask the holders of keys
//! (docs/model/locks.md §5, §11). How they differ stands in their own files.

use super::keys::{Key, keys_of, opened, refuses_rw};
use super::{Activation, Found, Generation, Inactive, Reset, Surprise};
use crate::base::ids::{HostId, MachineId, VdiId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::guards::Guard;
use crate::world::inventory::Mode;

/// What a key says to an activation.
pub enum Check {
    /// Any RW key refuses, whoever holds it.
    AnyRwRefuses,
    /// Its holder is asked whether it has the disk open.
    AsksHolders {
        /// A key of a host that is unknown ends it with an error of its own making.
        dies_of_unknown: bool,
    },
}

/// What becomes of the key of a host that the database does not know, where nobody forces it.
pub enum Unknown {
    /// It stays.
    Stays,
    /// It is removed.
    Goes,
}

/// A generation after G1.
pub struct Later {
    /// The name in a scenario file.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// What a key says to an activation.
    pub check: Check,
    /// What `resetvdis.py single`, and the check where it asks, make of the key of an unknown host.
    pub unknown: Unknown,
    /// Whether `activating` and `relinking` are looked at, and `activating` set.
    pub marks: bool,
    /// See [`StorageManager::undo_unpauses`](super::StorageManager::undo_unpauses).
    pub undo_unpauses: bool,
    /// What `resetvdis.py single` says of a disk without keys.
    pub nothing: fn(uuid: &str) -> String,
    /// How a traceback names the script's own lines.
    pub python: &'static str,
    /// The last line of a traceback where no xapi listens.
    pub refused: &'static str,
}

/// What `resetvdis.py single` says of a disk without keys, from G2 on.
pub fn nothing_of(uuid: &str) -> String {
    format!("VDI {uuid} is not marked as attached anywhere, nothing to do")
}

/// What the script says of words that it does not know.
const USAGE: &str = "Usage:\nall <HOST UUID> <SR UUID> [--master]\nsingle <VDI UUID> [--force]\n\n*WARNING!* calling with 'all' on an attached SR, or using --force may cause DATA CORRUPTION if the VDI is still attached somewhere. Always manually double-check that the VDI is not in use before running this script.";

/// What the words should be.
const WRITE: &str = "write `resetvdis.py all HOST-UUID SR-UUID [--master]`, or `resetvdis.py single VDI-UUID [--force]`";

impl Generation for Later {
    fn name(&self) -> &'static str {
        self.name
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn asks_holders(&self) -> bool {
        matches!(self.check, Check::AsksHolders { .. })
    }

    fn marks(&self) -> bool {
        self.marks
    }

    /// What came with the marks, in 8.x.
    fn removes_at_once(&self) -> bool {
        self.marks
    }

    fn undo_unpauses(&self) -> bool {
        self.undo_unpauses
    }

    fn collector_waits(&self) -> Span {
        if self.marks { Span::mins(5) } else { Span::ZERO }
    }

    fn master_word(&self) -> &'static str {
        "--master"
    }

    fn no_xapi(&self) -> &'static str {
        self.refused
    }

    /// The keys first, then the marks, as in `_add_tag` (blktap2.py).
    fn look_at_keys(&self, world: &World, ask: &Activation) -> Found {
        let keys = keys_of(world, ask);
        let mut found = Found::free();
        if world.guarded(Guard::Lock) {
            match self.check {
                Check::AnyRwRefuses => found.then = refuses_rw(world, ask.vdi, &keys),
                Check::AsksHolders { dies_of_unknown } => {
                    // What decides is the key that is met first (util.py, attached_as), against the mode that is asked for.
                    let asks = keys.first().is_some_and(|(_, held)| *held == Mode::Rw || ask.mode == Mode::Rw);
                    if asks {
                        found = self.probe(world, ask, &keys, dies_of_unknown);
                    }
                }
            }
        }
        if found.then.is_ok() {
            let left: Vec<Key> = keys.into_iter().filter(|(host, _)| !found.clears.contains(host)).collect();
            self.look_at_marks(world, ask, &left, &mut found);
        }
        found
    }

    /// `all`, `single`, and the two or three words of G1 with `--master` for `master` (resetvdis.py, main).
    fn resetvdis(&self, words: &[String]) -> Reset {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let of_host = |at: usize, master| Reset::Host { at, host: words[at].clone(), sr: words[at + 1].clone(), master };
        match texts.as_slice() {
            ["all", _, _] => of_host(1, false),
            ["all", _, _, "--master"] => of_host(1, true),
            ["all", ..] => Reset::Usage(USAGE),
            ["single", vdi] | ["single", vdi, _] | ["single", vdi, _, _] => {
                Reset::Vdi { at: 1, vdi: (*vdi).to_owned(), force: texts.len() == 3 && texts[2] == "--force" }
            }
            [_, _] => of_host(0, false),
            [_, _, "--master"] => of_host(0, true),
            _ => Reset::Usage(USAGE),
        }
    }

    fn surprise(&self, words: &[String]) -> Option<Surprise> {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let surprise = |word, message: String, help, goes_on| Some(Surprise { word, message, help, goes_on });
        match texts.as_slice() {
            ["all", _, _] | ["all", _, _, "--master"] | ["single", _] | ["single", _, "--force"] => None,
            ["single", _, "--force", extra] => {
                surprise(Some(3), format!("with `{extra}` behind it `--force` counts as none, in silence"), "take it out", true)
            }
            ["single", _, word, ..] if texts.len() <= 4 => surprise(
                Some(2),
                format!("`{word}` is not the word `--force`: it counts as none, in silence"),
                "write `--force`, or nothing",
                true,
            ),
            ["all", _, _, "master"] | [_, _, "master"] => surprise(
                Some(texts.len() - 1),
                "the word is `--master` here: the script prints its usage and resets nothing".into(),
                "write `--master` if the host was the SR's master when it failed, else nothing",
                false,
            ),
            ["all" | "single", ..] => surprise(None, "resetvdis.py of this release prints its usage for these words".into(), WRITE, false),
            [_, _] | [_, _, "--master"] => None,
            _ => surprise(None, "resetvdis.py of this release prints its usage for these words".into(), WRITE, false),
        }
    }

    fn traceback(&self, last: &str) -> String {
        format!("Traceback (most recent call last):\n  File \"/opt/xensource/sm/resetvdis.py\", line 148, {}\n{last}", self.python)
    }

    /// Key after key, the newest first. What was removed before it ends stays removed (resetvdis.py, reset_vdi).
    fn reset_vdi(&self, world: &mut World, fx: &mut Effects, by: MachineId, vdi: VdiId, force: bool) -> (String, Option<ApiError>) {
        let uuid = world.names.vdis[vdi.at()].uuid.clone();
        let keys: Vec<Key> = world.db(by).vdi(vdi).map_or(Vec::new(), |record| record.locks.iter().rev().copied().collect());
        if keys.is_empty() {
            return (format!("{}\n", (self.nothing)(&uuid)), None);
        }
        let mut text = String::new();
        for (host, mode) in keys {
            let value = mode.upper();
            let known = world.db(by).host(host).is_some();
            let reference = format!("OpaqueRef:{}", world.names.hosts[host.at()].uuid);
            let shown =
                if known { format!("{} ({})", world.names.hosts[host.at()].uuid, world.names.host(host)) } else { reference.clone() };
            if !known {
                match self.unknown {
                    Unknown::Stays => {
                        text.push_str(&format!("Invalid host: {reference} (['HANDLE_INVALID', 'host', '{reference}'])\n"));
                        if !force {
                            continue;
                        }
                    }
                    Unknown::Goes => {
                        text.push_str(&format!("Invalid host: Force-cleared {value} for {uuid} on host {shown}\n"));
                        world.remove_lock(fx, by, vdi, host);
                        continue;
                    }
                }
            }
            if force {
                text.push_str(&format!("Force-cleared {value} for {uuid} on host {shown}\n"));
                world.remove_lock(fx, by, vdi, host);
                continue;
            }
            match opened(world, by, vdi, host) {
                Err((error, _)) => return (text, Some(error)),
                Ok(true) => {
                    text.push_str(&format!("ERROR: VDI {uuid} is still open on host {shown}\n"));
                    return (text, None);
                }
                Ok(false) => {
                    text.push_str(&format!("Cleared {value} for {uuid} on host {shown}\n"));
                    world.remove_lock(fx, by, vdi, host);
                }
            }
        }
        (text, None)
    }
}

impl Later {
    /// Asks holder after holder, the newest first. A writer stops at the first that has the disk open, a reader goes past it;
    /// one that can't be asked stops both. What was removed until then stays removed.
    fn probe(&self, world: &World, ask: &Activation, keys: &[Key], dies_of_unknown: bool) -> Found {
        let mut found = Found::free();
        let mut clean = true;
        for (host, _) in keys {
            if world.db(ask.master).host(*host).is_none() {
                match self.unknown {
                    Unknown::Goes => found.clears.push(*host),
                    Unknown::Stays if dies_of_unknown => {
                        let died = "NameError: global name 'XenAPI' is not defined";
                        found.then = Err(Inactive::Failed(ApiError::new("SR_BACKEND_FAILURE").text("non-zero exit").text("").text(died)));
                        return found;
                    }
                    Unknown::Stays => clean = false,
                }
                continue;
            }
            match opened(world, ask.master, ask.vdi, *host) {
                Err((error, after)) => {
                    found.then = Err(Inactive::Failed(ApiError::vdi_unavailable(world.as_python(&error))));
                    found.after = after;
                    return found;
                }
                Ok(false) => found.clears.push(*host),
                Ok(true) => {
                    clean = false;
                    if ask.mode == Mode::Rw {
                        break;
                    }
                }
            }
        }
        if !clean {
            let uuid = &world.names.vdis[ask.vdi.at()].uuid;
            found.then = Err(Inactive::Failed(ApiError::vdi_unavailable(format_args!("VDI {uuid} not detached cleanly"))));
        }
        found
    }

    /// The marks, and in G4 the host's own key, which it takes for granted not to be there.
    fn look_at_marks(&self, world: &World, ask: &Activation, keys: &[Key], found: &mut Found) {
        let Some(record) = world.db(ask.master).vdi(ask.vdi) else { return };
        if self.marks && record.relinking || record.paused && world.guarded(Guard::Paused) {
            found.then = Err(Inactive::Paused);
            return;
        }
        if !self.marks {
            return;
        }
        if record.activating {
            let uuid = &world.names.vdis[ask.vdi.at()].uuid;
            let details = format!("['MAP_DUPLICATE_KEY', 'VDI', 'sm_config', 'OpaqueRef:{uuid}', 'activating']");
            found.then = Err(match ask.mode {
                Mode::Ro => Inactive::Paused,
                Mode::Rw => Inactive::Failed(ApiError::vdi_unavailable(details)),
            });
            return;
        }
        let own: HostId = world.host_on(ask.machine);
        if keys.iter().any(|(host, _)| *host == own) {
            // An assertion: the error has no words, and the mark that was set a moment ago stays.
            found.then = Err(Inactive::Failed(ApiError::new("SR_BACKEND_FAILURE_1200").text("").text("").text("")));
            found.after = Span::ZERO;
            found.leaves_activating = true;
        }
    }
}
