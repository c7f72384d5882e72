//! Counts what hazards point at: since when, until when, not told twice. One finding a hazard and place; a host that joins
//! extends it; when it returns it is a second finding. Where a hazard has a grace it is a finding only once it has
//! lasted longer, and `since` is still its first instant. Sees `&World` and changes nothing.

use super::sight::{Reads, Sight};
use super::sites::{Sites, widen};
use super::standing::Standing;
use super::{HazardId, Place, Rule, Severity, Site};
use crate::base::digest::Digest;
use crate::base::ids::{MachineId, VdiId};
use crate::base::time::{Span, Time};
use crate::base::work::LOOKS;
use crate::world::World;
use crate::world::event::{Actor, Event, Touched};
use crate::world::truth::Damage;
use std::collections::BTreeMap;

/// A hazard that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What was found.
    pub hazard: HazardId,
    /// On what.
    pub place: Place,
    /// The first instant of the condition.
    pub since: Time,
    /// The first instant at which it no longer held; `None` if it holds at the end. Equal to `since` for moments.
    pub until: Option<Time>,
    /// From when on it counts as found: `since`, or the end of its grace.
    pub noticed: Time,
    /// Every machine that it was about at some time, in the file's order.
    pub hosts: Vec<MachineId>,
    /// Those of them that joined after its first instant, and when, in the order of joining.
    pub joined: Vec<(Time, MachineId)>,
    /// The machine whose belief or deed it is, the first where there were several.
    pub by: Option<MachineId>,
    /// The first damage of the VDI, if it came with this finding.
    pub damage: Option<Damage>,
}

/// A condition that holds.
#[derive(Clone, PartialEq, Debug)]
struct Open {
    since: Time,
    grace: Option<Span>,
    hosts: Vec<MachineId>,
    joined: Vec<(Time, MachineId)>,
    by: Option<MachineId>,
    damage: Option<Damage>,
    /// The round of judging in which it was last seen.
    round: u64,
}

impl Found {
    /// The finding as it was at its first instant: without those who joined later, and without damage.
    pub fn at_first(&self) -> Found {
        let later = |host: &MachineId| self.joined.iter().any(|(_, joined)| joined == host);
        Found { hosts: self.hosts.iter().copied().filter(|host| !later(host)).collect(), damage: None, ..self.clone() }
    }
}

impl Open {
    /// Whether it has lasted long enough at `now` to be a finding.
    fn ripe(&self, now: Time) -> bool {
        self.grace.is_none_or(|grace| now.since(self.since) > grace)
    }

    fn found(&self, (hazard, place): (HazardId, Place), until: Option<Time>) -> Found {
        let noticed = self.since + self.grace.unwrap_or(Span::ZERO);
        Found {
            hazard,
            place,
            since: self.since,
            until,
            noticed,
            hosts: self.hosts.clone(),
            joined: self.joined.clone(),
            by: self.by,
            damage: self.damage,
        }
    }
}

/// What it takes to see a place where a hazard holds, in things looked at.
const SITE: u64 = 40;
/// What a finding that has ended takes, in units of work: it is kept to the end, and told.
const FINDING: u64 = 4_000;

/// The watch over one run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Watch {
    open: BTreeMap<(HazardId, Place), Open>,
    ended: Vec<Found>,
    /// Who was master, and whose database ruled, when it last judged.
    standing: Option<Standing>,
    /// Counts rounds of judging; 0 before the first.
    round: u64,
    now: Time,
}

impl Watch {
    /// A watch that has seen nothing.
    pub fn new() -> Watch {
        Watch::default()
    }

    /// Judges the world after all that is due at one instant; `events` are those of the instant. The first call judges
    /// everything, whatever the events say: call it at 0, before or after what is due there. How much work it was, in the
    /// units of a run's bound.
    pub fn observe(&mut self, world: &World, events: &[Event]) -> u64 {
        let now = world.now;
        let mut changed = if self.round == 0 { Reads::ALL } else { Reads::NOTHING };
        let mut damaged = false;
        for event in events {
            changed = changed.and(event.changes());
            damaged |= matches!(event, Event::DiskDamaged { .. });
        }
        let kept = self.ended.len();
        let mut work = 0;
        self.now = now;
        self.hasten(world, events);
        for hazard in HazardId::all() {
            if let Rule::Moment(told) = hazard.doc().rule {
                for site in events.iter().filter_map(|event| told(event, world)) {
                    self.tell_moment(hazard, site, now);
                }
            }
        }
        if changed != Reads::NOTHING {
            let touched = self.touched(world, events);
            work += self.judge(world, changed, &touched);
        }
        #[cfg(debug_assertions)]
        self.assert_complete(world);
        if damaged {
            self.attach_damage(events, now);
        }
        // What holds is bounded by the places that there are; what has ended adds up.
        work + FINDING * (self.ended.len() - kept) as u64
    }

    /// What somebody does that hangs on a hazard makes a finding of it, however short it lasts.
    fn hasten(&mut self, world: &World, events: &[Event]) {
        for hazard in HazardId::all() {
            let Rule::Lasting { hastened: Some(hastened), .. } = hazard.doc().rule else { continue };
            for (place, by) in events.iter().flat_map(|event| hastened(event, world)) {
                if let Some(open) = self.open.get_mut(&(hazard, place)).filter(|open| open.by == Some(by)) {
                    open.grace = None;
                }
            }
        }
    }

    /// Adds to a digest what holds of danger and corruption, and who stands as master.
    pub fn add_grave(&self, digest: &mut Digest) {
        let grave = self.open.iter().filter(|((hazard, _), _)| hazard.doc().severity >= Severity::Danger);
        for ((hazard, place), open) in grave {
            let told = format!("{hazard:?} {place:?} {:?} {:?} {:?} {:?}", open.since, open.grace, open.hosts, open.by);
            digest.add(&told);
        }
        digest.add(&format!("{:?}", self.standing));
    }

    /// Adds to a digest what of danger and corruption holds, and who stands as master. What is a finding already is named alone: since when
    /// and of whom is over. Whether something may yet become one.
    pub fn add_onward(&self, digest: &mut Digest) -> bool {
        let mut pending = false;
        for ((hazard, place), open) in self.open.iter().filter(|((hazard, _), _)| hazard.doc().severity >= Severity::Danger) {
            let unripe = (!open.ripe(self.now)).then_some((open.since, open.grace, &open.hosts, open.by));
            pending |= unripe.is_some();
            digest.add(&format!("{hazard:?} {place:?} {unripe:?}"));
        }
        digest.add(&format!("{:?}", self.standing));
        pending
    }

    /// When the next grace runs out: from that instant on a finding is one. Whoever shows findings while the run goes on
    /// may want to look again then; nothing else depends on it.
    pub fn next_alarm(&self) -> Option<Time> {
        self.open.values().filter(|open| !open.ripe(self.now)).filter_map(|open| Some(open.since + open.grace? + Span(1))).min()
    }

    /// All that was found by `end`, in the order of `since`, then of the table, then of the places.
    pub fn finish(&self, end: Time) -> Vec<Found> {
        let lasting = self.open.iter().filter(|(_, open)| open.ripe(end)).map(|(key, open)| open.found(*key, None));
        let mut found: Vec<Found> = self.ended.iter().cloned().chain(lasting).collect();
        found.sort_by_key(|found| (found.since, found.hazard, found.place));
        found
    }

    /// What the events of an instant are about: everything, where they change the standing of the masters, or the database of one.
    fn touched(&mut self, world: &World, events: &[Event]) -> Touched {
        let Some(standing) = &mut self.standing else {
            self.standing = Some(Standing::of(world));
            return Touched::all();
        };
        let mut touched = Touched::default();
        let mut roles = false;
        for event in events.iter().filter(|event| event.changes() != Reads::NOTHING) {
            event.touch(&world.names, &mut touched);
            if event.changes().meets(Reads::ROLES) {
                roles = true;
                touched.everything |= matches!(event.actor(), Actor::Machine(machine) if standing.reads(machine));
            }
        }
        widen(world, &mut touched);
        touched.everything |= roles && standing.renew(world, &touched.machines);
        touched
    }

    fn judge(&mut self, world: &World, changed: Reads, touched: &Touched) -> u64 {
        self.round += 1;
        let names = &world.names;
        let size = (names.machines.len() + names.srs.len() + names.vms.len() + names.vdis.len()) as u64;
        let mut looked = 0;
        let now = world.now;
        let Some(standing) = self.standing.take() else { return 0 };
        let sight = Sight::new(world, &standing);
        let mut sites = Vec::new();
        for hazard in HazardId::all() {
            let Rule::Lasting { reads, sites: point, grace, .. } = hazard.doc().rule else { continue };
            if !reads.meets(changed) {
                continue;
            }
            let grace = |place| grace.map(|grace| grace(&sight, place));
            if !touched.everything && !matches!(point, Sites::Whole(_)) {
                point.touched(&sight, touched, |place, site| {
                    looked += SITE;
                    match site {
                        Some(site) => self.see(hazard, site, now, grace),
                        None => self.close((hazard, place), now),
                    }
                });
                continue;
            }
            point.all(&sight, &mut sites);
            looked += size + SITE * sites.len() as u64;
            for site in sites.drain(..) {
                self.see(hazard, site, now, grace);
            }
            self.close_unseen(hazard, now);
        }
        self.standing = Some(standing);
        looked / LOOKS
    }

    /// A hazard holds at a place now.
    fn see(&mut self, hazard: HazardId, site: Site, now: Time, grace: impl Fn(Place) -> Option<Span>) {
        let round = self.round;
        let open = self.open.entry((hazard, site.place)).or_insert_with(|| Open {
            since: site.since.unwrap_or(now),
            grace: grace(site.place),
            hosts: site.hosts.clone(),
            joined: Vec::new(),
            by: None,
            damage: None,
            round,
        });
        // Whoever else is the cause by now may have no grace left.
        if open.grace.is_some_and(|left| left > Span::ZERO) && grace(site.place) == Some(Span::ZERO) {
            open.grace = None;
        }
        open.round = round;
        open.joined.extend(site.hosts.iter().filter(|host| open.hosts.binary_search(host).is_err()).map(|host| (now, *host)));
        extend(&mut open.hosts, &site.hosts);
        open.by = open.by.or(site.by);
    }

    /// Where a hazard was judged and not seen, it has ended.
    fn close_unseen(&mut self, hazard: HazardId, now: Time) {
        let round = self.round;
        let (first, last) = ((hazard, FIRST_PLACE), (hazard, LAST_PLACE));
        let gone: Vec<_> = self.open.range(first..=last).filter(|(_, open)| open.round != round).map(|(key, _)| *key).collect();
        for key in gone {
            self.close(key, now);
        }
    }

    /// A hazard does not hold at a place, if it ever did.
    fn close(&mut self, key: (HazardId, Place), now: Time) {
        if let Some(open) = self.open.remove(&key)
            && open.ripe(now)
        {
            self.ended.push(open.found(key, Some(now)));
        }
    }

    /// A moment is a finding at once; two of one place at one instant are one.
    fn tell_moment(&mut self, hazard: HazardId, site: Site, now: Time) {
        let same = |found: &&mut Found| found.hazard == hazard && found.place == site.place;
        if let Some(found) = self.ended.iter_mut().rev().take_while(|found| found.since == now).find(same) {
            extend(&mut found.hosts, &site.hosts);
            return;
        }
        let Site { place, hosts, by, .. } = site;
        self.ended.push(Found { hazard, place, since: now, until: Some(now), noticed: now, hosts, joined: Vec::new(), by, damage: None });
    }

    /// A VDI is damaged for the first time: the double writing that goes on there, or whose last instant this is, and the
    /// late writes that the damage is by or over, bear it.
    fn attach_damage(&mut self, events: &[Event], now: Time) {
        for event in events {
            let Event::DiskDamaged { vdi, by, over } = *event else { continue };
            let damage = Some(Damage { at: now, by, over });
            if let Some(open) = self.open.get_mut(&(HazardId::DOUBLE_WRITER, Place::Vdi(vdi))) {
                open.damage = open.damage.or(damage);
            }
            for found in self.ended.iter_mut().filter(|found| bears(found, vdi, by, over, now)) {
                found.damage = found.damage.or(damage);
            }
        }
    }

    /// Our own mistake: a hazard changed where no event said that what it reads did.
    #[cfg(debug_assertions)]
    fn assert_complete(&self, world: &World) {
        let standing = Some(Standing::of(world));
        assert_eq!(self.standing, standing, "the masters changed and no event told it, at {}", world.now);
        let mut full = Watch { open: self.open.clone(), ended: Vec::new(), standing, ..*self };
        full.judge(world, Reads::ALL, &Touched::all());
        // A hazard may have another reason by now, and no grace left: that alone is seen when somebody looks.
        let held = |watch: &Watch| -> Vec<_> { watch.open.iter().map(|(key, open)| (*key, open.hosts.clone())).collect() };
        assert_eq!(held(self), held(&full), "a hazard changed and no event told it, at {}", world.now);
    }
}

/// Whether an ended finding bears a damage that happens now.
fn bears(found: &Found, vdi: VdiId, by: MachineId, over: MachineId, now: Time) -> bool {
    found.place == Place::Vdi(vdi)
        && match found.hazard {
            HazardId::DOUBLE_WRITER => found.until == Some(now),
            HazardId::LATE_WRITE => found.by == Some(by) || found.by == Some(over),
            _ => false,
        }
}

const FIRST_PLACE: Place = Place::Vdi(VdiId(0));
const LAST_PLACE: Place = Place::Pool(crate::base::ids::PoolId(u16::MAX));

/// Adds machines to a sorted list, each once.
fn extend(hosts: &mut Vec<MachineId>, more: &[MachineId]) {
    if more.iter().all(|host| hosts.binary_search(host).is_ok()) {
        return;
    }
    hosts.extend_from_slice(more);
    hosts.sort_unstable();
    hosts.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hazard::ALL;
    use crate::hazard::stage::*;
    use crate::world::inventory::Mode;

    fn seconds(n: u64) -> Time {
        Time::ZERO + Span::secs(n)
    }

    /// beta's lock is released while db runs there, and db is started on gamma too, at 1m; both then write.
    fn doubled() -> (Stage, Watch) {
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(60);
        stage.unlock(ALPHA, ROOT, BETA);
        stage.open(GAMMA, ROOT, Mode::Rw);
        stage.lock(ALPHA, ROOT, GAMMA);
        stage.start(DB, GAMMA);
        stage.record(ALPHA, DB, Some(GAMMA));
        stage.watch(&mut watch);
        (stage, watch)
    }

    fn write(stage: &mut Stage, watch: &mut Watch, machine: MachineId) {
        stage.pass(1);
        stage.write(machine, ROOT);
        stage.watch(watch);
    }

    #[test]
    fn nothing_is_wrong_with_a_healthy_pool() {
        for hosts in 2..5 {
            let mut stage = pool(hosts);
            let mut watch = Watch::new();
            stage.watch(&mut watch);
            assert_eq!(watch.finish(Time::ZERO + Span::days(1)), []);
            for hazard in ALL {
                if let Rule::Lasting { sites, .. } = hazard.rule {
                    assert_eq!(look(&stage.world, sites), [], "{}", hazard.name);
                }
            }
        }
    }

    #[test]
    fn one_finding_from_its_first_to_its_last_instant() {
        let (mut stage, mut watch) = doubled();
        write(&mut stage, &mut watch, BETA);
        write(&mut stage, &mut watch, GAMMA);
        stage.pass(10);
        stage.power_off(BETA);
        stage.watch(&mut watch);
        let found = watch.finish(seconds(1000));
        let (both, vm) = (vec![BETA, GAMMA], Vm(DB));
        assert_eq!(named(&found, "double-attach"), [(seconds(60), Some(seconds(61)), Vdi(ROOT), both.clone())]);
        assert_eq!(named(&found, "double-writer"), [(seconds(61), Some(seconds(72)), Vdi(ROOT), both.clone())]);
        assert_eq!(named(&found, "vm-runs-twice"), [(seconds(60), Some(seconds(72)), vm, both)]);
        assert_eq!(named(&found, "vm-runs-unseen"), [(seconds(60), Some(seconds(72)), vm, vec![BETA])]);
        assert_eq!(named(&found, "unprotected-disk"), [(seconds(60), Some(seconds(72)), Vdi(ROOT), vec![BETA])]);
        let order: Vec<_> = found.iter().map(|f| (f.since, f.hazard)).collect();
        assert!(order.is_sorted(), "in the order of since, then of the table");
    }

    #[test]
    fn damage_comes_with_the_double_writing_under_which_it_happens() {
        let (mut stage, mut watch) = doubled();
        write(&mut stage, &mut watch, BETA);
        assert!(watch.finish(seconds(1000)).iter().all(|found| found.damage.is_none()), "beta wrote over what it knew");
        write(&mut stage, &mut watch, GAMMA);
        write(&mut stage, &mut watch, BETA);
        let found = watch.finish(seconds(1000));
        let damage: Vec<_> = found.iter().filter_map(|f| f.damage.map(|damage| (f.hazard, damage))).collect();
        assert_eq!(damage, [(HazardId::DOUBLE_WRITER, Damage { at: seconds(62), by: GAMMA, over: BETA })], "the first alone");
    }

    #[test]
    fn a_joining_host_extends_a_finding() {
        let (mut stage, mut watch) = doubled();
        write(&mut stage, &mut watch, BETA);
        stage.pass(1);
        stage.open(ALPHA, ROOT, Mode::Rw);
        stage.watch(&mut watch);
        write(&mut stage, &mut watch, ALPHA);
        stage.pass(1);
        stage.power_off(GAMMA);
        stage.watch(&mut watch);
        let found = watch.finish(seconds(1000));
        let hosts = vec![ALPHA, BETA, GAMMA];
        assert_eq!(named(&found, "double-writer"), [(seconds(61), None, Vdi(ROOT), hosts)], "and who left it stays named");
    }

    #[test]
    fn what_returns_is_a_second_finding() {
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        for live in [false, true, false] {
            stage.pass(30);
            let (world, fx) = stage.both();
            world.set_live(fx, ALPHA, host(BETA), live);
            stage.watch(&mut watch);
        }
        let beta = || vec![BETA];
        let expected = [(seconds(30), Some(seconds(60)), Host(BETA), beta()), (seconds(90), None, Host(BETA), beta())];
        assert_eq!(named(&watch.finish(seconds(100)), "presumed-dead-alive"), expected);
    }

    #[test]
    fn what_comes_and_goes_within_one_instant_was_never_there() {
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(30);
        stage.unlock(ALPHA, ROOT, BETA);
        stage.lock(ALPHA, ROOT, BETA);
        stage.watch(&mut watch);
        assert_eq!(watch.finish(seconds(30)), []);
    }

    #[test]
    fn what_is_wrong_at_the_start_is_found_at_the_start() {
        let mut stage = pool(3);
        stage.record(ALPHA, DB, None);
        stage.both().1.events.clear();
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        assert_eq!(named(&watch.finish(Time::ZERO), "vm-runs-unseen"), [(Time::ZERO, None, Vm(DB), vec![BETA])]);
    }

    #[test]
    fn moments_last_no_time_and_are_told_once_an_instant() {
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        for machine in [BETA, ALPHA] {
            stage.pass(10);
            stage.tell(Event::WroteLate { vdi: ROOT, machine, over: Some(GAMMA) });
            stage.tell(Event::WroteLate { vdi: ROOT, machine: GAMMA, over: Some(machine) });
            stage.tell(Event::WroteLate { vdi: ROOT, machine: ALPHA, over: None });
            stage.watch(&mut watch);
        }
        let moment = |at, host| (seconds(at), Some(seconds(at)), Vdi(ROOT), vec![host, GAMMA]);
        assert_eq!(named(&watch.finish(seconds(30)), "late-write"), [moment(10, BETA), moment(20, ALPHA)]);
    }

    #[test]
    fn a_late_write_bears_the_damage_that_it_does() {
        use crate::world::truth::Io;
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(60);
        stage.lose_path(BETA, NFS1, Io::Error);
        stage.write(BETA, ROOT);
        stage.watch(&mut watch);
        stage.pass(60);
        stage.open(GAMMA, ROOT, Mode::Rw);
        stage.watch(&mut watch);
        write(&mut stage, &mut watch, GAMMA);
        stage.pass(9);
        stage.restore_path(BETA, NFS1);
        stage.watch(&mut watch);
        let found = watch.finish(seconds(1000));
        let late: Vec<_> = found.iter().filter(|f| f.hazard == HazardId::LATE_WRITE).collect();
        assert_eq!(late.len(), 1);
        assert_eq!((late[0].since, late[0].until, late[0].by), (seconds(130), Some(seconds(130)), Some(BETA)));
        assert_eq!(late[0].damage, Some(Damage { at: seconds(130), by: BETA, over: GAMMA }));
    }
}
