//! A host is taken for dead and runs on.

use super::advice::RESTARTED;
use super::hindsight::{Hands, Happened, Health, Kind};
use super::remedy::{Advice, Aim, At, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, Deed, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "presumed-dead-alive",
    severity: Severity::Danger,
    holds: "a host runs guests and reaches a shared SR, and some running master of its pool holds it for dead; of a master that has been up for less than 60 s only if it still does then, or a forget or a power-state reset passes meanwhile",
    doc: "A master holds a host for dead that still runs its guests on shared storage. While the record says dead, nobody asks the host: `host-forget` and `vm-reset-powerstate --force` pass as if it were off, and one command more and its disks are free to be opened twice. It comes after 600 s of silence (a dead switch port is enough), and for up to half a minute after every start of a master, which counts only where something is done that hangs on it. Go and look before you type anything: `host-list` says what the master has heard, not what is so.",
    example: "{hazard: presumed-dead-alive, host: beta, by: alpha}",
    rule: Rule::Lasting {
        reads: Reads::GUESTS.and(Reads::PATHS).and(Reads::HOSTS).and(Reads::ROLES),
        sites: Sites::Machines(site),
        grace: Some(grace),
        hastened: Some(hastened),
    },
    sentence: |told| format!("{} holds {} for dead, and it still runs guests and reaches shared storage", told.by, told.place),
    advice: |adviser| adviser.left_ha(RESTARTED).unwrap_or_else(|| advice(adviser)),
};

fn site(sight: &Sight, machine: MachineId) -> Option<Site> {
    if !sight.serves(machine) {
        return None;
    }
    let master = buriers(sight, machine).next()?;
    Some(Site::new(Place::Host(machine), vec![machine]).by(master))
}

/// How long a master that starts may doubt its members: until each has beaten once (docs/model/members-and-masters.md §5).
const DOUBT: Span = Span::secs(60);

/// The masters that hold a machine for dead.
fn buriers<'a>(sight: &'a Sight, machine: MachineId) -> impl Iterator<Item = MachineId> + 'a {
    let host = sight.world.host_on(machine);
    let buries = move |master: &MachineId| sight.world.db(*master).host(host).is_some_and(|record| !record.live);
    sight.masters_over(machine).iter().copied().filter(buries)
}

/// A master that has just started has heard nobody yet: that is no more than its start until it has been up for a while. Those of
/// the start have been up for long.
fn grace(sight: &Sight, place: Place) -> Span {
    let Place::Host(machine) = place else { return Span::ZERO };
    let world = sight.world;
    let left = buriers(sight, machine).map(|master| match world.stacks[master.at()].up_since {
        Time::ZERO => Span::ZERO,
        up => Span(DOUBT.0.saturating_sub(world.now.since(up).0)),
    });
    left.min().unwrap_or(Span::ZERO)
}

/// A forget of the host, and a reset of a VM that runs there.
fn hastened(event: &Event, world: &World) -> Vec<Deed> {
    match *event {
        Event::HostForgotten { by, host } => vec![(Place::Host(world.names.hosts[host.at()].machine), by)],
        Event::VmRecorded { by, vm, power_state: PowerState::Halted, .. } => {
            world.runs_on(vm).map(|machine| (Place::Host(machine), by)).collect()
        }
        _ => Vec::new(),
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Host(machine) = adviser.found.place else { return Advice::default() };
    if let Some(back) = adviser.came_back() {
        return adviser.afresh_instead(back);
    }
    let (name, since) = (adviser.machine(machine), adviser.found.since);
    let by = adviser.found.by.unwrap_or(adviser.world.first_master);
    let master = adviser.machine(by);
    let why = adviser.past.why_buried(machine, by, since);
    // What is said of another host is no danger to this one.
    let of_another = |kind| matches!(kind, Kind::Forget(Some(of)) | Kind::DeclareDead(Some(of)) if of != machine);
    let next = adviser.past.first(since, adviser.found.until.unwrap_or(Time::NEVER), |c| c.kind.lets_go() && !of_another(c.kind));
    if let Some(promotion) = adviser.promotion() {
        if let Some(forget) = adviser.forgotten_before(by, promotion.began) {
            return adviser.intruders_off(by, forget);
        }
        let old = adviser.former_master(promotion.console);
        // Who is replaced while it lives, and who is not told of the new master, each go on without the other.
        if old == Some(by) || promotion.console == by && old == Some(machine) {
            let off = adviser.off_before(old.as_slice(), promotion);
            if old == Some(machine) {
                return off;
            }
            // Those who held the old one for their master must be told of the new.
            let recover = Remedy::Do(At::After(promotion.step), Work::Type(promotion.console, "xe pool-recover-slaves".into()));
            let text = format!("{}; then run `xe pool-recover-slaves` on {}", off.text, adviser.machine(promotion.console));
            let mut ways = off.ways;
            if let Some(first) = ways.first_mut() {
                first.push(recover);
            }
            return Advice { text, aim: off.aim, ways };
        }
        let well = matches!(adviser.past.health(machine, since), Health::Well | Health::Degraded);
        if promotion.console == by && well && why.is_some_and(|why| why.step == Some(promotion.step)) {
            let until_then = format!("until then {master} holds {name} for dead, which was up");
            let done = adviser.past.first(promotion.began, Time::NEVER, |c| c.kind == Kind::Recover && c.console == by);
            return match done {
                Some(recover) => Advice::less(
                    format!(
                        "come to {} as soon as {master} is up as the master after {}, and forget or reset nothing before: {until_then}",
                        recover.mention(),
                        promotion.mention()
                    ),
                    vec![Remedy::Sooner(recover.step, promotion.began)],
                ),
                None => Advice::less(
                    format!(
                        "run `xe pool-recover-slaves` on {master} as soon as it is up as the master after {}, and forget or reset nothing before: {until_then}",
                        promotion.mention()
                    ),
                    vec![Remedy::Do(At::After(promotion.step), Work::Type(by, "xe pool-recover-slaves".into()))],
                ),
            };
        }
    }
    let well = matches!(adviser.past.health(machine, since), Health::Well | Health::Degraded);
    let jumped = |why: &Happened<'_>| {
        adviser.past.at(why.at).iter().any(|entry| matches!(entry.event, Event::ClockJumped { machine, .. } if *machine == by))
    };
    let heard = match why {
        Some(why) if why.due == "xapi-start" => {
            Some(format!("{master} had just started and had not heard {name} yet, which was up all the time"))
        }
        Some(why) if jumped(&why) => Some(format!("the clock of {master} had jumped, and {name} was up all the time")),
        _ => None,
    };
    if let Some(heard) = heard.filter(|_| well) {
        return match next {
            Some(command) => Advice::never(
                format!("wait for the next heartbeat of {name} before {}: {heard}", command.mention()),
                vec![Remedy::Do(At::Before(command.step), Work::Joined(by, machine))],
            ),
            None if adviser.found.until.is_some() => {
                Advice::nothing(format!("wait for the next heartbeat of {name} before any forget or reset: {heard}"))
            }
            None => Advice::less(
                format!("run `xe pool-recover-slaves` on {master}, and wait until {name} has joined, before any forget or reset: {heard}"),
                vec![Remedy::Do(At::End, Work::Type(by, "xe pool-recover-slaves".into())), Remedy::Do(At::End, Work::Joined(by, machine))],
            ),
        };
    }
    // The master is the one that is cut off. Whoever takes its place does not go by what it believes.
    let alone = well && adviser.past.health(by, since) == Health::CutOff;
    let next = next.filter(|command| !(alone && command.kind == Kind::Transition && command.console != by));
    if alone && next.is_none() {
        let soon = At::Within(since, adviser.found.until.unwrap_or(adviser.world.now));
        let text = format!("power off {master}, or mend its network, sooner: {master} is what was cut off, and {name} was up");
        return Advice::less(text, vec![Remedy::Do(soon, Work::PowerOff(by))])
            .or(vec![Remedy::Do(soon, Work::MendNetwork(vec![machine, by]))]);
    }
    match next {
        // The silence is not undone by that; what would come of it is.
        Some(command) => adviser.off_before(&[machine], command).aiming(Aim::NotWhen(command.step)),
        None if let Some(off) =
            adviser.found.until.and_then(|until| adviser.past.hands(machine, Hands::PowerOff).find(|(at, _)| *at == until)) =>
        {
            let mention = &off.1.mention;
            Advice::nothing(format!("nothing was missed: {mention} had switched {name} off before anything was forgotten or reset"))
        }
        None => {
            let network = |_| vec![Work::MendNetwork(vec![machine, by])];
            let (mend, works) = match adviser.past.health(machine, since) {
                Health::CutOff => (format!("mend the network of {name}"), network(machine)),
                Health::Hung => (format!("power {name} off and boot it again"), vec![Work::PowerOff(machine), Work::PowerOn(machine)]),
                Health::ToolstackStopped => {
                    (format!("run `service xapi start` on {name}"), vec![Work::Type(machine, "service xapi start".into())])
                }
                _ if adviser.past.health(by, since) == Health::CutOff => (format!("mend the network of {master}"), network(by)),
                _ => (format!("look why {master} does not hear {name}"), Vec::new()),
            };
            let text = format!("{mend}, or power off {name} before any forget, reset or `resetvdis.py`: {}", adviser.was(machine, since));
            let soon = At::Within(since, adviser.found.until.unwrap_or(adviser.world.now));
            let way = |works: Vec<Work>| works.into_iter().map(|work| Remedy::Do(soon, work)).collect();
            let off = way(vec![Work::PowerOff(machine)]);
            if works.is_empty() { Advice::less(text, off) } else { Advice::less(text, way(works)).or(off) }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;

    fn marked_dead() -> Stage {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.set_live(fx, ALPHA, host(BETA), false);
        stage
    }

    #[test]
    fn held_for_dead_while_it_runs_a_guest() {
        assert_eq!(marked_dead().holds("presumed-dead-alive"), [at(Host(BETA), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn dead_in_truth_or_forgotten_altogether() {
        let mut stage = marked_dead();
        stage.power_off(BETA);
        assert_eq!(stage.holds("presumed-dead-alive"), []);
        let mut stage = marked_dead();
        stage.forget(ALPHA, BETA);
        assert_eq!(stage.holds("presumed-dead-alive"), [], "that is another hazard");
    }

    #[test]
    fn a_hung_host_still_runs_its_guests() {
        let mut stage = marked_dead();
        stage.hang(BETA);
        assert_eq!(stage.holds("presumed-dead-alive"), [at(Host(BETA), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn a_members_copy_buries_nobody() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.set_live(fx, GAMMA, host(BETA), false);
        assert_eq!(stage.holds("presumed-dead-alive"), []);
    }
}
