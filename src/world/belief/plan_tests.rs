//! The failover plan against brute force, and what xapi's own code says of single cases.

use super::*;
use crate::base::chunks::{ChunkMap, Chunks};
use crate::base::draw::Stream;
use crate::base::ids::{PoolId, VbdId, VdiId};
use crate::base::time::Span;
use crate::world::belief::{HostRecord, PowerState, SrRecord, VbdRecord, VdiRecord, VmRecord};
use crate::world::inventory::{HostName, MachineName, Mode, SrName, SrType, VbdName, VdiName, VmName};
use proptest::prelude::*;

fn packing(free: &[i128], vms: &[(i128, usize)], failures: usize) -> Packing {
    Packing {
        hosts: free.iter().enumerate().map(|(at, free)| (HostId(at as u16), *free)).collect(),
        vms: vms.iter().enumerate().map(|(at, (size, _))| (VmId(at as u16), *size)).collect(),
        placement: vms.iter().enumerate().map(|(at, (_, on))| (VmId(at as u16), HostId((on % free.len()) as u16))).collect(),
        total_hosts: free.len(),
        failures,
        release: Release::default(),
    }
}

/// Whether VMs of these sizes fit into these bins in any way at all.
fn fits(sizes: &[i128], bins: &mut Vec<i128>) -> bool {
    let Some((size, rest)) = sizes.split_first() else { return true };
    for at in 0..bins.len() {
        if bins[at] >= *size {
            bins[at] -= size;
            let found = fits(rest, bins);
            bins[at] += size;
            if found {
                return true;
            }
        }
    }
    false
}

/// All sets of `count` hosts.
fn sets(hosts: usize, count: usize) -> impl Iterator<Item = u32> {
    (0..1u32 << hosts).filter(move |set| set.count_ones() as usize == count)
}

proptest! {
    #[test]
    fn a_packing_fills_no_host_beyond_its_room_and_leaves_out_only_what_no_host_has_room_for(
        free in prop::collection::vec(0i128..40, 1..6), sizes in prop::collection::vec((1i128..20, 0usize..6), 0..8)
    ) {
        let packing = packing(&free, &sizes, 0);
        let vms: Vec<VmId> = packing.vms.keys().copied().collect();
        let plan = packing.pack(&vms);
        let after = packing.after(&plan);
        prop_assert!(after.hosts.iter().all(|(_, free)| *free >= 0));
        for vm in vms.iter().filter(|vm| !plan.contains_key(vm)) {
            prop_assert!(after.hosts.iter().all(|(_, free)| *free < packing.vms[vm]), "{:?} was left out", vm);
        }
    }

    // Packing is not optimal, so a plan may be missed; one that is promised must be there.
    #[test]
    fn a_plan_that_is_promised_exists(
        free in prop::collection::vec(0i128..40, 1..5), sizes in prop::collection::vec((1i128..20, 0usize..5), 0..6), failures in 0usize..4
    ) {
        let packing = packing(&free, &sizes, failures);
        if packing.always_possible() {
            for dead in sets(free.len(), failures) {
                let is_dead = |host: &HostId| dead & (1 << host.0) != 0;
                let failed: Vec<i128> =
                    packing.placement.iter().filter(|(_, host)| is_dead(host)).map(|(vm, _)| packing.vms[vm]).collect();
                let mut bins: Vec<i128> = packing.hosts.iter().filter(|(host, _)| !is_dead(host)).map(|(_, free)| *free).collect();
                prop_assert!(fits(&failed, &mut bins), "{dead:b} {packing:?}");
            }
        }
    }

    // VMs of one size leave nothing to packing: there the answer is a count of places.
    #[test]
    fn for_vms_of_one_size_the_plan_is_exact(
        free in prop::collection::vec(0i128..40, 1..6), on in prop::collection::vec(0usize..5, 1..8), size in 1i128..12, failures in 0usize..5
    ) {
        let vms: Vec<(i128, usize)> = on.iter().map(|on| (size, *on)).collect();
        let packing = packing(&free, &vms, failures);
        let expected = failures < free.len() && sets(free.len(), failures).all(|dead| {
            let is_dead = |host: &HostId| dead & (1 << host.0) != 0;
            let moved = packing.placement.values().filter(|host| is_dead(host)).count() as i128;
            let room: i128 = packing.hosts.iter().filter(|(host, _)| !is_dead(host)).map(|(_, free)| free / size).sum();
            moved <= room
        });
        prop_assert_eq!(packing.always_possible(), expected);
    }

    #[test]
    fn the_approximation_is_on_the_safe_side(
        free in prop::collection::vec(0i128..60, 1..6), sizes in prop::collection::vec((1i128..20, 0usize..6), 0..8), failures in 0usize..4
    ) {
        let packing = packing(&free, &sizes, failures);
        if failures < free.len() && packing.approximately() {
            prop_assert!(packing.survives(failures), "{packing:?}");
        }
    }

    // The older approximation moves at least as many VMs onto at most as many places.
    #[test]
    fn the_older_approximation_is_on_the_safe_side_of_the_newer_and_of_brute_force(
        free in prop::collection::vec(0i128..90, 1..6), sizes in prop::collection::vec((1i128..20, 0usize..6), 0..8), failures in 0usize..4
    ) {
        let packing = packing(&free, &sizes, failures);
        if failures < free.len() && packing.pessimistically() {
            prop_assert!(packing.survives(failures), "{packing:?}");
            prop_assert!(packing.approximately(), "{packing:?}");
        }
    }

    // Turns that are taken at once come to the same as one VM after the other.
    #[test]
    fn vms_of_one_size_are_spread_as_they_are_packed(
        free in prop::collection::vec(-3i128..60, 1..7), size in 1i128..9, count in 0usize..80
    ) {
        let vms: Vec<(i128, usize)> = vec![(size, 0); count];
        let mut packing = packing(&free, &vms, 0);
        packing.placement.clear();
        let all: Vec<VmId> = packing.vms.keys().copied().collect();
        let plan = packing.pack(&all);
        let most = packing.hosts.iter().map(|(host, _)| plan.values().filter(|at| *at == host).count() as i128).max();
        let mut room = free.clone();
        let spread = spread(&mut room, size, count as i128);
        prop_assert_eq!(spread, most.filter(|_| plan.len() == count));
        if spread.is_some() {
            let after: Vec<i128> = packing.after(&plan).hosts.iter().map(|(_, free)| *free).collect();
            prop_assert_eq!(room, after);
        }
    }
}

/// 17 hosts with room for one VM each, four VMs on the first, three failures: 17 × 16 × 15 = 4080 ways, too many to try.
#[test]
fn the_older_planner_sees_failures_that_can_not_be() {
    let four: Vec<(i128, usize)> = vec![(1, 0); 4];
    let of = |failures| packing(&[1; 17], &four, failures);
    assert!(!of(3).exhaustive() && of(2).exhaustive());
    // The newer: at most 4 VMs fall (4 + 0 + 0), and 14 hosts are left with a place each.
    assert!(of(3).approximately());
    // It is right: the four find a place, whichever three hosts fail.
    assert!(of(3).survives(3));
    // The older: 4 VMs on every host. The first host falls, 4 of the other 16 take one, 12 places are left; now 5 VMs on
    // every host. One of the 12 falls, 5 of the 11 are taken, 6 are left; now 6 VMs. One of the 6 falls: 5 places for 6 VMs.
    assert!(!of(3).pessimistically());
    assert!(of(2).pessimistically());
    // With one host more 13, 7 and 0 places are left: 4, 5 and 6 VMs find one.
    assert!(packing(&[1; 18], &four, 3).pessimistically());
    // The manual's release has the older one.
    assert!(!Release::default().ha.plans_by_counting_places && !of(3).always_possible());
}

/// Unlimited hosts and thousands of VMs: the figures grow, the work does not.
#[test]
fn the_older_planner_takes_no_longer_for_many_vms() {
    let vms: Vec<(i128, usize)> = (0..6_400).map(|at| (1 << 30, at)).collect();
    let many = packing(&[UNLIMITED; 64], &vms, 63);
    assert!(many.pessimistically());
    // Rooms of powers of two: every failure doubles what is moved, from 100 on, and halves the places, from 2^63 on.
    let free: Vec<i128> = (0..64).map(|at| 1i128 << (30 + at)).collect();
    for (failures, exists) in [(1, true), (20, true), (31, false), (63, false)] {
        assert_eq!(packing(&free, &vms, failures).pessimistically(), exists, "{failures}");
    }
}

#[test]
fn the_largest_goes_to_the_host_with_most_room_and_ties_to_the_first() {
    let plan = packing(&[10, 10, 12], &[(3, 0), (5, 0), (4, 0)], 0).pack(&[VmId(0), VmId(1), VmId(2)]);
    // 5 to the host with 12, which has 7 then; 4 to the first of the two with 10; 3 to the other.
    assert_eq!(plan, BTreeMap::from([(VmId(1), HostId(2)), (VmId(2), HostId(0)), (VmId(0), HostId(1))]));
}

#[test]
fn ways_to_fail_are_tried_up_to_the_bounds_that_xapi_has() {
    let tried = |hosts: usize| {
        (0..=hosts).filter(|failures| Packing { total_hosts: hosts, failures: *failures, ..Packing::default() }.exhaustive()).max()
    };
    // docs/model/ha.md §17: 6 hosts every n; 7: 5; 8–9: 4; 10–16: 3; 17–32: 2; more: never.
    let expected = [(2, 2), (6, 6), (8, 4), (9, 4), (10, 3), (16, 3), (17, 2), (32, 2)];
    for (hosts, most) in expected {
        assert_eq!(tried(hosts), Some(most), "{hosts} hosts");
    }
    assert_eq!(tried(33), None);
}

/// A pool of hosts with 8 GiB each and an SR for all; VMs of 1 GiB, protected, on the hosts given.
fn pool(hosts: u16, vms: &[Option<u16>]) -> (Database, Inventory) {
    let name = |at: usize| format!("{at:04}");
    let names = Inventory {
        machines: (0..hosts)
            .map(|n| MachineName {
                name: name(n.into()),
                address: String::new(),
                renumbered: 0,
                memory: Some(8 << 30),
                spare: false,
                stream: Stream::new(0, "machine", ""),
            })
            .collect(),
        hosts: (0..hosts).map(|n| HostName { machine: MachineId(n), uuid: name(n.into()) }).collect(),
        srs: vec![
            SrName { name: "nfs1".into(), uuid: String::new(), kind: SrType::Nfs, machine: None, nowhere: false },
            SrName { name: "local".into(), uuid: String::new(), kind: SrType::Lvm, machine: Some(MachineId(0)), nowhere: false },
        ],
        vms: (0..vms.len())
            .map(|at| VmName {
                autostart: false,
                name: name(at),
                uuid: name(at),
                memory: 1 << 30,
                overhead: 0,
                writes: None,
                phase: Span::ZERO,
                grace: Span::mins(10),
                protection: Some(Protection::Restart),
                order: None,
                start_delay: Span::ZERO,
                vbds: vec![VbdId(at as u16)],
            })
            .collect(),
        vdis: (0..vms.len()).map(|at| VdiName { name: name(at), uuid: name(at), sr: SrId(0), vm: VmId(at as u16) }).collect(),
        vbds: (0..vms.len())
            .map(|at| VbdName {
                vm: VmId(at as u16),
                vdi: VdiId(at as u16),
                disk: String::new(),
                mode: Mode::Rw,
                uuid: String::new(),
                device: None,
            })
            .collect(),
        ..Inventory::default()
    };
    let mut pbds: ChunkMap<_, _> = (0..hosts).map(|n| ((HostId(n), SrId(0)), true)).collect();
    pbds.insert((HostId(0), SrId(1)), true);
    let record = |at: &Option<u16>| {
        let power_state = if at.is_some() { PowerState::Running } else { PowerState::Halted };
        Some(VmRecord { power_state, resident_on: at.map(HostId), image: None })
    };
    let db = Database {
        generation: 0,
        pool: PoolId(0),
        master: HostId(0),
        default_sr: None,
        hosts: (0..hosts).map(|n| (HostId(n), HostRecord::new(true, true))).collect(),
        srs: [true, false].map(|shared| Some(SrRecord { shared, label: None })).to_vec(),
        pbds,
        vms: vms.iter().map(record).collect(),
        vdis: Chunks::of(Some(VdiRecord::default()), vms.len()),
        vbds: Chunks::of(Some(VbdRecord { attached: false, had_device: true }), vms.len()),
        always_run: Chunks::of(true, vms.len()),
        ha: crate::world::belief::PoolHa { enabled: true, ..Default::default() },
        snapshots: Vec::new(),
        notes: Default::default(),
    };
    (db, names)
}

fn most(db: &Database, names: &Inventory) -> u32 {
    let live = db.live_set();
    let planner = Planner::new(db, names, &live, Release::default());
    planner.most_failures(&planner.protected())
}

#[test]
fn how_many_hosts_may_fail() {
    // 12 VMs of 1 GiB on three hosts of 8: two hosts hold 16, one holds 8.
    let (mut db, mut names) =
        pool(3, &[Some(0), Some(0), Some(0), Some(0), Some(1), Some(1), Some(1), Some(1), Some(2), Some(2), Some(2), Some(2)]);
    assert_eq!(most(&db, &names), 1);
    // Nothing protected: all may fail.
    db.always_run = Chunks::of(false, 12);
    assert_eq!(most(&db, &names), 3);
    // One protected VM on a local SR: none, whatever the memory.
    db.always_run[0] = true;
    assert_eq!(most(&db, &names), 2);
    names.vdis[0].sr = SrId(1);
    assert_eq!(most(&db, &names), 0);
    // On a shared SR that one host has unplugged neither.
    names.vdis[0].sr = SrId(0);
    db.pbds.insert((HostId(2), SrId(0)), false);
    assert_eq!(most(&db, &names), 0);
    // A host that is disabled takes no VMs, and what it has plugged is no matter (helpers.ml, is_sr_properly_shared): of the
    // two that are open one may fail. A dead one that is enabled in the record counts as before.
    db.hosts.get_mut(&HostId(2)).unwrap().enabled = false;
    assert_eq!(most(&db, &names), 1);
    *db.hosts.get_mut(&HostId(2)).unwrap() = HostRecord::new(true, false);
    assert_eq!(most(&db, &names), 0);
}

#[test]
fn what_is_down_is_planned_and_a_tied_vm_makes_the_plan_incomplete() {
    let (mut db, mut names) = pool(3, &[None, Some(1)]);
    let restart = |db: &Database, names: &Inventory| {
        let live = db.live_set();
        let planner = Planner::new(db, names, &live, Release::default());
        planner.restart(&planner.protected(), &Change::default(), 0)
    };
    let plan = restart(&db, &names);
    // Host 1 holds a VM already; of the others the first.
    assert_eq!((plan.starts, plan.complete), (BTreeMap::from([(VmId(0), HostId(0))]), true));
    // A protected VM that runs on a disabled host counts as down and is planned elsewhere.
    db.hosts.get_mut(&HostId(1)).unwrap().enabled = false;
    let plan = restart(&db, &names);
    assert_eq!((plan.starts.len(), plan.complete), (2, true));
    assert!(plan.starts.values().all(|host| *host != HostId(1)));
    // On the local SR of host 0 it is tied to it, and counts as left out though it has a place.
    names.vdis[0].sr = SrId(1);
    let plan = restart(&db, &names);
    assert_eq!((plan.starts.get(&VmId(0)), plan.complete), (Some(&HostId(0)), false));
}

#[test]
fn an_operation_is_refused_only_while_there_is_a_plan_that_it_breaks() {
    // 5 VMs on each of two hosts of 8: neither can take the other's.
    let ten: Vec<Option<u16>> = (0..10).map(|n| Some(n % 2)).collect();
    let (mut db, names) = pool(3, &ten);
    let breaks = |db: &Database, change: &Change| Planner::new(db, &names, &db.live_set(), Release::default()).breaks(change);
    let disable = |host| Change { disable: vec![HostId(host)], ..Change::default() };
    db.ha.failures_to_tolerate = 1;
    db.ha.plan_exists_for = 1;
    assert!(breaks(&db, &disable(2)), "without the spare host nobody may fail");
    db.ha.allow_overcommit = true;
    assert!(!breaks(&db, &disable(2)));
    db.ha.allow_overcommit = false;
    // It is measured against what there is a plan for, also when that is 0: with two hosts left all ten still run.
    db.ha.plan_exists_for = 0;
    assert!(!breaks(&db, &disable(2)));
    assert!(breaks(&db, &Change { failures: Some(2), ..Change::default() }), "16 GiB of room are gone with two hosts");
    // Where there is no plan now, nothing can get worse.
    db.ha.plan_exists_for = 2;
    assert!(!breaks(&db, &disable(2)));
    db.ha.plan_exists_for = 1;
    db.ha.enabled = false;
    assert!(!breaks(&db, &disable(2)));
}

#[test]
fn an_overcommitted_pool_says_how_far_its_plan_reaches() {
    let ten: Vec<Option<u16>> = (0..10).map(|n| Some(n % 2)).collect();
    let (mut db, names) = pool(3, &ten);
    let status = |db: &Database| Planner::new(db, &names, &db.live_set(), Release::default()).status();
    assert_eq!(status(&db), (0, false), "nothing to tolerate");
    db.ha.failures_to_tolerate = 1;
    assert_eq!(status(&db), (1, false));
    db.ha.failures_to_tolerate = 2;
    assert_eq!(status(&db), (1, true), "ten VMs do not fit into 8 GiB");
}
