//! The storage manager: what stands between a disk and whoever wants it. It alone decides what the keys in a database say to
//! an activation, and every form and text of `resetvdis.py`; one file a generation.
//!
//! What a forget, a boot and the hooks do to locks is not its affair, but the release's ([`crate::world::release`]).

mod g1;
mod g1b;
mod g2;
mod g3;
mod g4;
pub mod generation;
mod keys;
mod later;
#[cfg(test)]
mod table_tests;

use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::event::Event;
use crate::world::guards::Guard;
use crate::world::inventory::Mode;
use crate::world::truth::{Io, Opener};
pub use generation::StorageManager;

impl StorageManager {
    /// What it answers.
    fn generation(self) -> &'static dyn Generation {
        match self {
            StorageManager::G1 => &g1::G1,
            StorageManager::G1b => &g1b::G1B,
            StorageManager::G2 => &g2::G2,
            StorageManager::G3 => &g3::G3,
            StorageManager::G4 => &g4::G4,
        }
    }

    /// The name in a scenario file.
    pub fn name(self) -> &'static str {
        self.generation().name()
    }

    /// What it is, in a sentence.
    pub fn doc(self) -> &'static str {
        self.generation().doc()
    }

    /// How `resetvdis.py` takes the words behind its name.
    pub fn resetvdis(self, words: &[String]) -> Reset {
        self.generation().resetvdis(words)
    }

    /// Where `resetvdis.py` would surprise whoever types these words; `None` where it would not.
    pub fn surprise(self, words: &[String]) -> Option<Surprise> {
        self.generation().surprise(words)
    }

    /// Whether whoever opens a disk asks the holders of its keys before it refuses.
    pub fn asks_holders(self) -> bool {
        self.generation().asks_holders()
    }

    /// Whether `resetvdis.py` has a form for one disk, whoever holds it.
    pub fn takes_one_disk(self) -> bool {
        matches!(self.resetvdis(&["single".into(), "disk".into(), "--force".into()]), Reset::Vdi { .. })
    }

    /// The word that says to `resetvdis.py` that the host was the SR's master.
    pub fn master_word(self) -> &'static str {
        self.generation().master_word()
    }

    /// Whether it marks a disk while it is opened, and while its chain is changed.
    pub fn marks(self) -> bool {
        self.generation().marks()
    }

    /// Whether a disk that is destroyed is removed at once, and nobody is asked (LVHDSR.py, `delete`, since CA-196882 of 2016).
    pub fn removes_at_once(self) -> bool {
        self.generation().removes_at_once()
    }

    /// Whether whoever sets a snapshot right that was left half done takes its mark `paused` away (LVHDSR.py, `_undoCloneOp`, since
    /// CA-127463 of 2014).
    pub fn undo_unpauses(self) -> bool {
        self.generation().undo_unpauses()
    }

    /// How long the collector lets an SR come to rest before it begins (cleanup.py, `_gcLoopPause`).
    pub fn collector_waits(self) -> Span {
        self.generation().collector_waits()
    }

    /// `resetvdis.py` where no xapi listens.
    pub fn no_xapi(self) -> String {
        self.traceback(self.generation().no_xapi())
    }

    /// `resetvdis.py` dying of an error that ends in this line.
    pub fn traceback(self, last: &str) -> String {
        self.generation().traceback(last)
    }
}

/// A disk that is to be activated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Activation {
    /// In whose database the keys are.
    pub master: MachineId,
    /// Where.
    pub machine: MachineId,
    /// Which.
    pub vdi: VdiId,
    /// For reading alone, or for writing.
    pub mode: Mode,
    /// Who lets go of the disk for it, and takes its key along: the source of a migration.
    pub leaving: Option<HostId>,
}

impl Activation {
    /// A disk that nobody lets go of for this.
    pub fn new(master: MachineId, machine: MachineId, vdi: VdiId, mode: Mode) -> Activation {
        Activation { master, machine, vdi, mode, leaving: None }
    }
}

/// What an activation finds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Whose keys it removes on the way, whatever comes of it afterwards.
    pub clears: Vec<HostId>,
    /// Whether it can go on.
    pub then: Result<(), Inactive>,
    /// How long it took to find that out: a holder that does not answer.
    pub after: Span,
    /// Whether it leaves the mark `activating` behind.
    pub leaves_activating: bool,
}

impl Found {
    /// Nothing that stands in the way.
    fn free() -> Found {
        Found { clears: Vec::new(), then: Ok(()), after: Span::ZERO, leaves_activating: false }
    }

    /// The refusal that changes nothing, if it is one, and how long it takes.
    pub fn refusal(self) -> Option<(ApiError, Span)> {
        match self.then {
            Err(Inactive::Failed(error)) if self.clears.is_empty() && !self.leaves_activating => Some((error, self.after)),
            _ => None,
        }
    }
}

/// Why the storage manager did not activate a disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inactive {
    /// It refused.
    Failed(ApiError),
    /// The disk is marked as paused, or otherwise as not to be opened now: it asks again in a second, [`ACTIVATION_TRIES`] times.
    Paused,
    /// The storage path hangs.
    Hangs,
}

/// How closing a disk fares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Closing {
    /// It is closed, and its key removed.
    Works,
    /// It is closed, and its key stays.
    LeavesItsKey,
    /// It can't be closed before the path answers again.
    Hangs,
}

/// How often such an activation is tried, a second apart (blktap2.py, ATTACH_DETACH_RETRY_SECS).
pub const ACTIVATION_TRIES: u32 = 120;

/// What `resetvdis.py` is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reset {
    /// Nothing that it knows: it prints this and ends with exit status 1.
    Usage(&'static str),
    /// To remove the keys of a host from all disks of an SR.
    Host {
        /// Which of the words is the host; the next one is the SR.
        at: usize,
        /// The host's UUID, as typed.
        host: String,
        /// The SR's, as typed.
        sr: String,
        /// Whether the host is said to have been the SR's master.
        master: bool,
    },
    /// To remove the keys of one disk.
    Vdi {
        /// Which of the words is the disk.
        at: usize,
        /// Its UUID, as typed.
        vdi: String,
        /// Whether nobody is to be asked.
        force: bool,
    },
}

/// Something about words that would surprise whoever types them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Surprise {
    /// Which of the words behind the name; `None` is the name itself.
    pub word: Option<usize>,
    /// What it is.
    pub message: String,
    /// What to write instead.
    pub help: &'static str,
    /// Whether the words are then read as UUIDs all the same.
    pub goes_on: bool,
}

/// What a generation answers. A new one is a file beside `g1.rs`, a variant and its line in [`StorageManager`].
trait Generation {
    /// The name in a scenario file.
    fn name(&self) -> &'static str;
    /// What it is, in a sentence.
    fn doc(&self) -> &'static str;
    /// What the keys of the disk say to an activation; changes nothing.
    fn look_at_keys(&self, world: &World, ask: &Activation) -> Found;
    /// See [`StorageManager::asks_holders`].
    fn asks_holders(&self) -> bool {
        false
    }
    /// See [`StorageManager::marks`].
    fn marks(&self) -> bool {
        false
    }
    /// See [`StorageManager::removes_at_once`].
    fn removes_at_once(&self) -> bool {
        false
    }
    /// See [`StorageManager::undo_unpauses`].
    fn undo_unpauses(&self) -> bool {
        false
    }
    /// See [`StorageManager::collector_waits`].
    fn collector_waits(&self) -> Span {
        Span::ZERO
    }
    /// See [`StorageManager::master_word`].
    fn master_word(&self) -> &'static str {
        "master"
    }
    /// The last line of a traceback where no xapi listens.
    fn no_xapi(&self) -> &'static str {
        "socket.error: (111, 'Connection refused')"
    }
    /// `resetvdis.py` for one disk: what it prints, and the error that it dies of. A generation without that form reads its
    /// words otherwise, and never comes here.
    fn reset_vdi(&self, _world: &mut World, _fx: &mut Effects, _by: MachineId, _vdi: VdiId, _force: bool) -> (String, Option<ApiError>) {
        (String::new(), None)
    }
    /// Puts the host's own key in, once all else allows the activation. One that is there keeps its value: a RW request over the
    /// host's own RO key succeeds, and the key stays RO (docs/model/locks.md §2).
    fn add_key(&self, world: &mut World, fx: &mut Effects, ask: &Activation) {
        let host = world.host_on(ask.machine);
        if world.db(ask.master).vdi(ask.vdi).is_some_and(|record| record.lock_of(host).is_none()) {
            world.set_lock(fx, ask.master, ask.vdi, host, ask.mode);
        }
    }
    /// See [`StorageManager::resetvdis`].
    fn resetvdis(&self, words: &[String]) -> Reset;
    /// See [`StorageManager::surprise`].
    fn surprise(&self, words: &[String]) -> Option<Surprise>;
    /// See [`StorageManager::traceback`].
    fn traceback(&self, last: &str) -> String;
}

impl World {
    /// VDI.activate under the database of a master (blktap2.py): key, then open.
    ///
    /// # Errors
    /// Why it did not; nothing was opened then.
    pub fn activate(&mut self, fx: &mut Effects, ask: Activation, vm: Option<VmId>) -> Result<(), Inactive> {
        let Found { clears, then, leaves_activating, .. } = self.activation_finds(ask);
        for host in clears {
            self.remove_lock(fx, ask.master, ask.vdi, host);
        }
        if leaves_activating {
            self.leave_activating(fx, ask.master, ask.vdi);
        }
        then?;
        if !self.has_open(ask.machine, ask.vdi) {
            self.settings.storage_manager.generation().add_key(self, fx, &ask);
        }
        self.open_disk(fx, ask.machine, ask.vdi, ask.mode, vm);
        Ok(())
    }

    /// The first half of [`World::activate`]: the keys are set, and the mark where the generation has one; the disk is not open.
    ///
    /// # Errors
    /// Why it can't be begun.
    pub fn begin_activation(&mut self, fx: &mut Effects, ask: Activation) -> Result<(), Inactive> {
        let Found { clears, then, .. } = self.activation_finds(ask);
        then?;
        for host in clears {
            self.remove_lock(fx, ask.master, ask.vdi, host);
        }
        let manager = self.settings.storage_manager;
        if !self.has_open(ask.machine, ask.vdi) {
            if manager.marks() {
                self.set_activating(fx, ask.master, ask.vdi, true);
            }
            manager.generation().add_key(self, fx, &ask);
        }
        Ok(())
    }

    /// The second half: the disk is opened, and the mark goes.
    ///
    /// # Errors
    /// What is the matter with the path. Where requests fail, key and mark go again.
    pub fn end_activation(&mut self, fx: &mut Effects, ask: Activation, vm: Option<VmId>) -> Result<(), Inactive> {
        match self.activation_path(ask) {
            Ok(()) => self.open_disk(fx, ask.machine, ask.vdi, ask.mode, vm),
            Err(Inactive::Hangs) => return Err(Inactive::Hangs),
            Err(why) => {
                self.drop_activation(fx, ask);
                return Err(why);
            }
        }
        self.set_activating(fx, ask.master, ask.vdi, false);
        Ok(())
    }

    /// An activation that was begun fails where it can still tell its master: key and mark go again.
    pub fn drop_activation(&mut self, fx: &mut Effects, ask: Activation) {
        let host = self.host_on(ask.machine);
        self.remove_lock(fx, ask.master, ask.vdi, host);
        self.set_activating(fx, ask.master, ask.vdi, false);
    }

    /// What [`World::activate`] would say, changing nothing.
    ///
    /// # Errors
    /// Why it would not.
    pub fn activation_check(&self, ask: Activation) -> Result<(), Inactive> {
        self.activation_finds(ask).then
    }

    /// What the keys and marks of a disk alone say to an activation, changing nothing.
    ///
    /// # Errors
    /// Why they keep it out.
    pub fn keys_say(&self, ask: Activation) -> Result<(), Inactive> {
        self.settings.storage_manager.generation().look_at_keys(self, &ask).then
    }

    /// What [`World::activate`] would find, changing nothing.
    pub fn activation_finds(&self, ask: Activation) -> Found {
        // A second VBD on the same host meets xapi's own per-host automaton, not the storage manager. What is open RO there
        // can't become RW (vdi_automaton.ml, storage_access.ml).
        if self.has_open(ask.machine, ask.vdi) {
            let writes = |opener: &Opener| opener.machine == ask.machine && opener.mode == Mode::Rw;
            if ask.mode == Mode::Ro || self.hw.vdi(ask.vdi).openers.iter().any(writes) {
                return Found::free();
            }
            let moves = "Illegal VDI transition: activated RO -> activated RW";
            let error = ApiError::new("INTERNAL_ERROR").text(format!("Failure(\"Storage_access failed with {moves}\")"));
            return Found { then: Err(Inactive::Failed(error)), ..Found::free() };
        }
        let mut found = self.settings.storage_manager.generation().look_at_keys(self, &ask);
        if found.then.is_ok() {
            found.then = self.activation_path(ask);
        }
        found
    }

    /// Whether the path to a disk lets it be opened.
    ///
    /// # Errors
    /// Why it does not.
    pub fn activation_path(&self, ask: Activation) -> Result<(), Inactive> {
        let sr = self.names.vdis[ask.vdi.at()].sr;
        let fault = self.path_fault(ask.machine, sr);
        if fault.is_none() && self.hw.has_journal(ask.vdi) {
            let repair = "Interrupted operation detected on this VDI, scan SR first to trigger auto-repair";
            return Err(Inactive::Failed(ApiError::vdi_unavailable(repair)));
        }
        match fault.or(self.hw.is_removed(ask.vdi).then_some(Io::Error)) {
            Some(Io::Hang) => Err(Inactive::Hangs),
            Some(Io::Error) => {
                let (sr, vdi) = (&self.names.srs[sr.at()], &self.names.vdis[ask.vdi.at()].uuid);
                let path = if sr.kind.file() {
                    format!("/var/run/sr-mount/{}/{vdi}.vhd", sr.uuid)
                } else {
                    format!("/dev/VG_XenStorage-{}/VHD-{vdi}", sr.uuid)
                };
                Err(Inactive::Failed(ApiError::vdi_unavailable(format_args!("Could not find: {path}"))))
            }
            None => Ok(()),
        }
    }

    /// How VDI.deactivate on `machine` would fare. A tapdisk whose requests hang can't be ended. One whose requests fail can;
    /// but taking a volume down asks its volume group, which fails then, and the key is what is removed last (blktap2.py,
    /// `deactivate`: `_remove_tag` after the rest; the domain's destruction logs the error and goes on). A file has nothing to
    /// take down.
    pub fn closing(&self, machine: MachineId, vdi: VdiId) -> Closing {
        let sr = self.names.vdis[vdi.at()].sr;
        match self.path_fault(machine, sr) {
            _ if !self.has_open(machine, vdi) => Closing::Works,
            None => Closing::Works,
            Some(Io::Hang) => Closing::Hangs,
            Some(Io::Error) if self.names.srs[sr.at()].kind.file() => Closing::Works,
            Some(Io::Error) => Closing::LeavesItsKey,
        }
    }

    /// VDI.deactivate on `machine`: closes the disk, then removes the host's key from the database of `master`, if the
    /// database is within reach and the closing went so far. A missing key is ignored in all generations.
    pub fn deactivate(&mut self, fx: &mut Effects, master: Option<MachineId>, machine: MachineId, vdi: VdiId, vm: Option<VmId>) {
        let closing = self.closing(machine, vdi);
        self.close_disk(fx, machine, vdi, vm);
        if let Some(master) = master
            && closing == Closing::Works
            && !self.has_open(machine, vdi)
        {
            let host = self.host_on(machine);
            self.remove_lock(fx, master, vdi, host);
        }
    }

    /// SR.attach on `machine` (PBD.plug): clears the host's own keys on the SR, and on the SR's master every `paused`
    /// (SRCommand.py, sr_attach). It does not look at running tapdisks.
    pub fn sr_attach(&mut self, fx: &mut Effects, master: MachineId, machine: MachineId, sr: SrId) {
        let host = self.host_on(machine);
        let sr_master = self.masters_sr(master, machine, sr);
        self.reset_sr(fx, master, sr, host, sr_master);
    }

    /// Whether a machine is the master of an SR that it plugs: of a shared one the pool's master is, of another whoever has it
    /// (helpers.ml, get_srmaster). `by` is the master whose database says so.
    pub fn masters_sr(&self, by: MachineId, machine: MachineId, sr: SrId) -> bool {
        !self.db(by).shares(sr) || self.is_master(machine)
    }

    /// `resetvdis.py` for a host on an SR, in the database of `by`. It does not look whether the host is off.
    pub fn reset_locks(&mut self, fx: &mut Effects, by: MachineId, sr: SrId, host: HostId, master: bool) {
        let was_master = self.fallen_sr_masters.contains(&(sr, host));
        if master && !was_master {
            fx.tell(Event::NeedlessMasterWord { by, sr, host });
        }
        if master || !was_master || !self.release.locks.resetvdis_needs_master_word || !self.guarded(Guard::MasterWord) {
            self.reset_sr(fx, by, sr, host, master);
        }
    }

    /// `resetvdis.py` for one disk, in the database of `by`: what it prints, and the error that it dies of.
    pub fn reset_vdi_locks(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId, force: bool) -> (String, Option<ApiError>) {
        self.settings.storage_manager.generation().reset_vdi(self, fx, by, vdi, force)
    }

    /// An error of the API as Python writes it: a list of texts, references as they are.
    pub fn as_python(&self, error: &ApiError) -> String {
        let reference = |uuid: &str| format!("OpaqueRef:{uuid}");
        let param = |param: &Param| match param {
            Param::Host(host) => reference(&self.names.hosts[host.at()].uuid),
            Param::HostUuid(host) => self.names.hosts[host.at()].uuid.clone(),
            Param::Vm(vm) => reference(&self.names.vms[vm.at()].uuid),
            Param::Vdi(vdi) => reference(&self.names.vdis[vdi.at()].uuid),
            Param::Sr(sr) => reference(&self.names.srs[sr.at()].uuid),
            Param::Pool(pool) => reference(self.names.pool(*pool)),
            Param::Text(text) => text.clone(),
        };
        let texts = std::iter::once(error.code.to_owned()).chain(error.params.iter().map(param));
        format!("[{}]", texts.map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", "))
    }

    /// How long `resetvdis.py` for one disk waits for a holder that does not answer.
    pub fn reset_vdi_takes(&self, by: MachineId, vdi: VdiId, force: bool) -> Span {
        let holders = self.db(by).vdi(vdi).map_or(&[][..], |record| record.locks.as_slice()).iter().rev().map(|(host, _)| *host);
        let known = holders.filter(|host| !force && self.db(by).host(*host).is_some());
        // The first that can't be asked, or that has it open, ends it.
        let stops = known.map(|host| keys::opened(self, by, vdi, host)).find(|asked| *asked != Ok(false));
        stops.and_then(Result::err).map_or(Span::ZERO, |(_, after)| after)
    }

    /// The keys of a host go from all disks of an SR; if it counts as the SR's master, every `paused` too (resetvdis.py,
    /// reset_sr).
    fn reset_sr(&mut self, fx: &mut Effects, by: MachineId, sr: SrId, host: HostId, master: bool) {
        for vdi in self.vdis_on(sr) {
            self.remove_lock(fx, by, vdi, host);
            if master {
                self.clear_paused(fx, by, vdi);
            }
        }
    }
}
