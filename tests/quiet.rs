//! No hazard where nothing is wrong: a quiet pool has none, for whatever seed.

mod common;

use poolsim::report;
use poolsim::search::study::Options;

const POOL: &str = "
until: 30d
pool:
  hosts: [xs01..xs16]
  storage: {nfs1: {type: nfs}, san1: {type: lvmoiscsi}}
  vms:
    vm001..vm200: {running-on: xs01..xs16}
";

#[test]
fn sixteen_hosts_and_two_hundred_writing_guests_for_thirty_days() {
    let mut scenario = common::load("quiet.yaml", POOL);
    assert!(scenario.pool.names.vms.iter().all(|vm| vm.writes.is_some()), "the guests write");
    // Found nothing for want of looking? A guest that another host also has open is found in the same pool.
    for seed in [0, 1, 2, 99, u64::MAX] {
        let options = Options { seed: Some(seed), ..common::options(false) };
        let report = report::of(&scenario, Default::default(), &options);
        assert!(report.hazards.is_empty(), "seed {seed}: {:?}", report.hazards);
        assert_eq!(report.cut_short, None);
    }
    let open = (poolsim::base::ids::MachineId(1), poolsim::world::inventory::Mode::Rw, None);
    scenario.pool.vdis[0].open_on.push(open);
    let report = report::of(&scenario, Default::default(), &common::options(false));
    assert!(report.hazards.iter().any(|finding| finding.hazard == "double-writer"), "{:?}", report.hazards);
}
