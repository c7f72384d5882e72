//! What is believed at 0, as a pool says it, and what by a machine that begins anew.

use crate::base::chunks::{ChunkMap, Chunks};
use crate::base::ids::{HostId, MachineId, PoolId, SrId};
use crate::world::MAIN_POOL;
use crate::world::belief::notes::Notes;
use crate::world::belief::plan::Planner;
use crate::world::belief::{Database, HostRecord, Image, PoolHa, Protection, SrRecord, VbdRecord, VdiRecord, VmRecord};
use crate::world::build::Pool;
use crate::world::inventory::Inventory;
use crate::world::release::Release;

impl Database {
    /// The database of a fresh installation: itself, and nothing else.
    pub fn fresh(names: &Inventory, host: HostId, pool: PoolId) -> Database {
        Database {
            generation: 0,
            pool,
            master: host,
            default_sr: None,
            hosts: ChunkMap::from_iter([(host, HostRecord::new(true, true))]),
            srs: vec![None; names.srs.len()],
            pbds: ChunkMap::default(),
            vms: Chunks::of(None, names.vms.len()),
            vdis: Chunks::of(None, names.vdis.len()),
            vbds: Chunks::of(None, names.vbds.len()),
            always_run: Chunks::of(false, names.vms.len()),
            ha: PoolHa::default(),
            snapshots: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// The main pool's database at 0.
    pub(in crate::world) fn at_start(pool: &Pool, names: &Inventory, release: Release) -> Database {
        let known = pool.hosts.iter().zip(names.machine_ids());
        let known = known.filter(|(start, machine)| start.known && !names.machines[machine.at()].spare);
        let hosts: ChunkMap<HostId, HostRecord> =
            known.map(|(start, machine)| (HostId(machine.0), HostRecord::new(start.enabled, start.live))).collect();
        let vms = pool.vms.iter().zip(0u32..).map(|(start, at)| {
            let image = start.image_on(pool).map(|sr| Image { sr, number: at });
            Some(VmRecord { power_state: start.power_state, resident_on: start.resident_on, image })
        });
        let vms = vms.collect();
        let mut db = Database {
            generation: 1,
            pool: MAIN_POOL,
            master: HostId(pool.master.0),
            default_sr: pool.default_sr,
            srs: names.srs.iter().map(|sr| Some(SrRecord { shared: sr.kind.shared(), label: None })).collect(),
            pbds: hosts.keys().flat_map(|host| pbds_of(names, *host)).collect(),
            hosts,
            vms,
            vdis: pool
                .vdis
                .iter()
                .map(|start| {
                    Some(VdiRecord {
                        locks: start.locks.clone(),
                        paused: start.paused,
                        activating: start.activating,
                        relinking: start.relinking,
                        snapshot_of: None,
                        label: None,
                    })
                })
                .collect(),
            vbds: (names.vbds.iter())
                .map(|vbd| Some(VbdRecord { attached: pool.vms[vbd.vm.at()].power_state.keeps_disks(), had_device: true }))
                .collect(),
            // Who runs was started, and so is meant to run.
            always_run: (pool.vms.iter().zip(&names.vms))
                .map(|(start, vm)| vm.protection == Some(Protection::Restart) && start.power_state.has_domain())
                .collect(),
            ha: pool.ha.as_ref().map_or_else(PoolHa::default, |ha| PoolHa {
                enabled: true,
                statefile: Some(ha.heartbeat_sr),
                failures_to_tolerate: ha.failures_to_tolerate,
                allow_overcommit: ha.allow_overcommit,
                ..PoolHa::default()
            }),
            snapshots: Vec::new(),
            notes: Notes::default(),
        };
        if db.ha.enabled {
            let (exists_for, overcommitted) = Planner::new(&db, names, &db.live_set(), release).status();
            (db.ha.plan_exists_for, db.ha.overcommitted) = (exists_for, overcommitted);
        }
        db
    }

    /// The same as a host that the pool has forgotten still has it: with itself in it.
    pub(in crate::world) fn with_itself(&self, names: &Inventory, host: HostId) -> Database {
        let mut own = self.clone();
        own.hosts.insert(host, HostRecord::new(true, true));
        own.pbds.extend(pbds_of(names, host));
        own
    }
}

/// The PBDs of a known host at 0, all plugged: the shared SRs and its own.
fn pbds_of(names: &Inventory, host: HostId) -> impl Iterator<Item = ((HostId, SrId), bool)> + '_ {
    let its = move |sr: &SrId| names.srs[sr.at()].machine.is_none_or(|owner| owner == MachineId(host.0));
    names.sr_ids().filter(its).map(move |sr| ((host, sr), true))
}
