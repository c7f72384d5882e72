//! The survival decision of HA: who lives on when hosts no longer hear each other or lose the statefile. One pure
//! function over a view; every daemon asks it with what it knows, and the rules are such that the answers fit together.
//!
//! The rule in force (xha, sm.c and the merge of views, as the daemon behaves when it is run): the votes are the hosts with
//! a statefile, links count only if they work both ways, ties go to the lowest UUID, which is the lowest slot.

use crate::world::truth::Slots;

/// What is known of who hears whom and who reaches the disk.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Every host in the configuration.
    pub configured: Slots,
    /// The hosts whose daemons are known to run.
    pub live: Slots,
    /// By slot: whom a host hears.
    pub hears: &'a [Slots],
    /// The hosts with a working statefile.
    pub disk: Slots,
    /// The hosts that were shut down in order.
    pub excluded: Slots,
}

/// By what the survivors survive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// They have the statefile, and all hear all.
    Statefile,
    /// Nobody has the statefile; all hear all, and nobody else can be alive (rule 2).
    NoStatefile,
}

impl View<'_> {
    /// Whether the link between two hosts works both ways. Every host hears itself.
    fn linked(&self, a: usize, b: usize) -> bool {
        let hears = |from: usize, to: usize| self.hears.get(from).is_some_and(|heard| heard.has(to));
        a == b || hears(a, b) && hears(b, a)
    }

    /// Those of some hosts that a host has a working link to, itself included.
    fn linked_among(&self, host: usize, among: Slots) -> Slots {
        among.iter().filter(|other| self.linked(host, *other)).fold(Slots::NONE, Slots::with)
    }

    /// Whether all of these hear all of these.
    fn full_mesh(&self, hosts: Slots) -> bool {
        hosts.iter().all(|host| self.linked_among(host, hosts) == hosts)
    }
}

/// Who survives, and by which rule. All other hosts of the view fence themselves.
pub fn survivors(view: &View) -> (Slots, Rule) {
    let disk = view.disk.and(view.live);
    if disk.is_empty() {
        let others_are_down = view.configured.minus(view.live).within(view.excluded);
        let alive = if others_are_down && view.full_mesh(view.live) { view.live } else { Slots::NONE };
        return (alive, Rule::NoStatefile);
    }
    (mesh(view, disk), Rule::Statefile)
}

/// The full mesh that is left of some hosts when again and again the worst connected is dropped: the one that hears the
/// fewest, then one that hears no lower slot, then the higher slot. Greedy, and so not always the largest mesh there is.
pub fn mesh(view: &View, among: Slots) -> Slots {
    let mut left = among;
    while !view.full_mesh(left) {
        let worst = left.iter().min_by_key(|host| {
            let linked = view.linked_among(*host, left);
            let hears_lower = linked.iter().any(|other| other < *host);
            (linked.count(), hears_lower, std::cmp::Reverse(*host))
        });
        let Some(worst) = worst else { break };
        left = left.without(worst);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A world in full: who hears whom (by bits, without the diagonal), who has the disk, who is off and excluded.
    struct Truth {
        hosts: usize,
        hears: Vec<Slots>,
        disk: Slots,
        live: Slots,
        excluded: Slots,
    }

    impl Truth {
        fn view(&self) -> View<'_> {
            View { configured: Slots::first(self.hosts), live: self.live, hears: &self.hears, disk: self.disk, excluded: self.excluded }
        }

        /// What one live host decides by what it can know: with a disk it reads the slots of all who have one; without,
        /// it knows whom it hears and what those say.
        fn decides(&self, host: usize) -> bool {
            let heard = self.view().linked_among(host, self.live);
            let disk = self.disk.and(self.live);
            let known = if disk.has(host) { disk } else { disk.and(heard) };
            let view = View { live: heard.or(known), disk: known, ..self.view() };
            let (alive, _) = survivors(&view);
            alive.has(host)
        }

        fn check(&self) {
            let (alive, rule) = survivors(&self.view());
            let deciding = self.live.iter().filter(|host| self.decides(*host)).fold(Slots::NONE, Slots::with);
            let disk = self.disk.and(self.live);
            if rule == Rule::Statefile {
                // What each decides alone is what one who knows all would decide.
                assert_eq!(deciding, alive, "{:?} {:?} {:?}", self.hears, self.disk, self.live);
                assert!(!alive.is_empty(), "whoever has the disk is not fenced to the last host");
                assert!(alive.within(disk), "without a statefile nobody survives beside those who have it");
            } else {
                assert!(deciding.is_empty() || deciding == self.live, "all or nobody survives without a statefile");
                assert_eq!(deciding, alive);
            }
            // One partition: the survivors all hear each other.
            assert!(self.view().full_mesh(deciding), "{:?} {:?}: {deciding:?}", self.hears, self.disk);
        }
    }

    fn every(hosts: usize) {
        let links = hosts * (hosts - 1);
        for bits in 0u32..1 << links {
            for disk in 0..1u64 << hosts {
                for live in 1..1u64 << hosts {
                    for excluded in 0..1u64 << hosts {
                        let (live, excluded) = (Slots(live), Slots(excluded));
                        // Only a host that is off can be excluded.
                        if !excluded.and(live).is_empty() {
                            continue;
                        }
                        let mut hears = Vec::new();
                        let mut bit = 0;
                        for from in 0..hosts {
                            let mut heard = Slots::one(from);
                            for to in (0..hosts).filter(|to| *to != from) {
                                if bits & 1 << bit != 0 {
                                    heard = heard.with(to);
                                }
                                bit += 1;
                            }
                            hears.push(heard);
                        }
                        Truth { hosts, hears, disk: Slots(disk), live, excluded }.check();
                    }
                }
            }
        }
    }

    #[test]
    fn every_world_of_two_hosts() {
        every(2);
    }

    #[test]
    fn every_world_of_three_hosts() {
        every(3);
    }

    fn split(sides: &[&[usize]], disk: &[usize]) -> (Slots, Rule) {
        let set = |hosts: &[usize]| hosts.iter().fold(Slots::NONE, |set, host| set.with(*host));
        let hosts = sides.iter().flat_map(|side| side.iter()).max().map_or(0, |most| most + 1);
        let hears: Vec<Slots> =
            (0..hosts).map(|host| sides.iter().find(|side| side.contains(&host)).map_or(Slots::one(host), |side| set(side))).collect();
        let all = Slots::first(hosts);
        survivors(&View { configured: all, live: all, hears: &hears, disk: set(disk), excluded: Slots::NONE })
    }

    #[test]
    fn votes_are_hosts_with_a_statefile_and_ties_go_to_the_lowest() {
        let set = |hosts: &[usize]| hosts.iter().fold(Slots::NONE, |set, host| set.with(*host));
        // The larger side lives; of equal sides that with the lowest slot, whoever is master.
        assert_eq!(split(&[&[0], &[1, 2]], &[0, 1, 2]).0, set(&[1, 2]));
        assert_eq!(split(&[&[1, 2], &[0, 3]], &[0, 1, 2, 3]).0, set(&[0, 3]));
        assert_eq!(split(&[&[0], &[1]], &[0, 1]).0, set(&[0]));
        // The side with more hosts loses where fewer of them have a disk.
        assert_eq!(split(&[&[0, 1, 2], &[3, 4]], &[0, 3, 4]).0, set(&[3, 4]));
        // One loses the statefile: the others have it.
        assert_eq!(split(&[&[0, 1, 2]], &[1, 2]), (set(&[1, 2]), Rule::Statefile));
        // All lose it: all live, by rule 2, but not when any host is out of sight.
        assert_eq!(split(&[&[0, 1, 2]], &[]), (set(&[0, 1, 2]), Rule::NoStatefile));
        assert_eq!(split(&[&[0, 1], &[2]], &[]), (Slots::NONE, Rule::NoStatefile));
        // No network at all, disk for all: the lowest is left.
        assert_eq!(split(&[&[0], &[1], &[2]], &[0, 1, 2]).0, set(&[0]));
    }

    #[test]
    fn a_hub_is_no_mesh() {
        let hears = [Slots(0b011), Slots(0b111), Slots(0b110)];
        let all = Slots::first(3);
        let view = View { configured: all, live: all, hears: &hears, disk: Slots::NONE, excluded: Slots::NONE };
        assert_eq!(survivors(&view).0, Slots::NONE);
        // With the disk one of the two ends has to go: slot 0 hears nobody lower, slot 2 does.
        assert_eq!(survivors(&View { disk: all, ..view }).0, Slots(0b110));
    }

    proptest::proptest! {
        #[test]
        fn at_most_one_partition_survives(
            hosts in 2usize..=16,
            rows in proptest::collection::vec(0u64..1 << 16, 16),
            dense in 0u64..4,
            disk in 0u64..1 << 16,
            live in 1u64..1 << 16,
            excluded in 0u64..1 << 16,
        ) {
            let all = Slots::first(hosts);
            let live = if dense > 1 { all } else { Slots(live).and(all) };
            let hears = (0..hosts).map(|host| {
                // Dense pools miss few links, sparse ones many.
                let row = match dense { 0 => rows[host], 1 | 2 => rows[host] | rows[(host + 1) % 16], _ => rows[host] | rows[15 - host] | rows[(host + 7) % 16] };
                Slots(row).and(all).with(host)
            }).collect();
            let truth = Truth { hosts, hears, disk: Slots(disk).and(all), live, excluded: Slots(excluded).and(all).minus(live) };
            if !live.is_empty() {
                truth.check();
            }
        }
    }
}
