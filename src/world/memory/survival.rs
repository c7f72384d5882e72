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
/// fewest; of several the one whose lowest slot that it hears, itself included, is the highest; then the higher slot (xha,
/// sm.c, get_partition_score). Greedy, and so not always the largest mesh there is.
pub fn mesh(view: &View, among: Slots) -> Slots {
    let mut left = among;
    while !view.full_mesh(left) {
        let worst = left.iter().min_by_key(|host| {
            let linked = view.linked_among(*host, left);
            (linked.count(), std::cmp::Reverse(linked.iter().next()), std::cmp::Reverse(*host))
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
            assert_eq!(alive, self.read_slowly(), "{:?} {:?} {:?} {:?}", self.hears, self.disk, self.live, self.excluded);
        }

        /// The same rule read a second time, from the daemon's description and without anything of the code above: a table
        /// of links, a score of one figure, hosts struck out of a list.
        fn read_slowly(&self) -> Slots {
            let table: Vec<Vec<bool>> = (0..self.hosts)
                .map(|a| (0..self.hosts).map(|b| a == b || self.hears[a].0 >> b & 1 == 1 && self.hears[b].0 >> a & 1 == 1).collect())
                .collect();
            let is = |set: Slots, host: usize| set.0 >> host & 1 == 1;
            let running: Vec<usize> = (0..self.hosts).filter(|host| is(self.live, *host)).collect();
            let mut left: Vec<usize> = running.iter().copied().filter(|host| is(self.disk, *host)).collect();
            if left.is_empty() {
                let all_hear_all = running.iter().all(|a| running.iter().all(|b| table[*a][*b]));
                let nobody_else = (0..self.hosts).all(|host| is(self.live, host) || is(self.excluded, host));
                return if all_hear_all && nobody_else { self.live } else { Slots(0) };
            }
            loop {
                // 256 for each that it hears, and of the lowest of them 64 less its slot.
                let score = |host: usize| -> usize {
                    let heard: Vec<usize> = left.iter().copied().filter(|other| table[host][*other]).collect();
                    256 * heard.len() + 64 - heard.iter().min().copied().unwrap_or(64)
                };
                if left.iter().all(|host| score(*host) / 256 == left.len()) {
                    return Slots(left.iter().map(|host| 1 << host).sum());
                }
                let least = left.iter().map(|host| score(*host)).min().unwrap_or(0);
                let goes = left.iter().rposition(|host| score(*host) == least).unwrap_or(0);
                left.remove(goes);
            }
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

    #[test]
    fn every_world_of_four_hosts() {
        every(4);
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
        // With the disk one of the two ends has to go: each hears two, itself among them; slot 0 is the lowest that the one
        // hears, slot 1 that the other does.
        assert_eq!(survivors(&View { disk: all, ..view }).0, Slots(0b011));
    }

    #[test]
    fn the_lowest_slot_that_a_host_hears_counts_itself_included() {
        let all = Slots::first(4);
        let left = |hears: &[u64]| {
            let hears: Vec<Slots> = hears.iter().map(|row| Slots(*row)).collect();
            survivors(&View { configured: all, live: all, hears: &hears, disk: all, excluded: Slots::NONE }).0
        };
        // A ring 0-1-2-3-0: each hears three. The lowest that 0, 1 and 3 hear is 0, of 2 it is 1: 2 goes. Of what is left 1
        // and 3 hear two each, both slot 0: the higher slot goes.
        assert_eq!(left(&[0b1011, 0b0111, 0b1110, 0b1101]), Slots(0b0011));
        // A chain 0-1-2-3: 0 and 3 hear two; 0 hears slot 0 and 3 no lower than 2: 3 goes, then 2, which hears no lower than 1.
        assert_eq!(left(&[0b0011, 0b0111, 0b1110, 0b1100]), Slots(0b0011));
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
