//! A master that was not armed has switched HA off for its pool.

use super::hindsight::Health;
use super::remedy::{Advice, At, Remedy, Way, Work};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site};
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "ha-silently-off",
    severity: Severity::Notice,
    holds: "a starting master that had left HA by itself switched HA off for the whole pool",
    doc: "A host left HA by `host-emergency-ha-disable` and its xapi then started as the pool's master: it found HA on in the database and not on itself, and switched HA off for the pool without a word. From then on nothing is restarted, whatever the VMs' priorities say. The other hosts may still be armed, and wait or fence at their next start. See that all hosts are up, and enable HA anew with `xe pool-ha-enable`.",
    example: "{hazard: ha-silently-off}",
    rule: Rule::Moment(moment),
    sentence: |told| format!("{} started without HA and switched it off for {}", told.by, told.place),
    advice,
};

fn moment(event: &Event, world: &World) -> Option<Site> {
    match event {
        Event::HaSwitchedOff { by } => Some(Site::new(Place::Pool(world.pool_of(*by)), vec![*by]).by(*by)),
        _ => None,
    }
}

/// HA went off with nobody asking for it.
fn advice(adviser: &Adviser<'_>) -> Advice {
    let by = adviser.found.by.unwrap_or(adviser.world.first_master);
    let name = adviser.machine(by);
    let mut masters = adviser.world.masters(adviser.world.pool_of(by));
    if let Some(other) = masters.find(|master| *master != by) {
        let other = adviser.machine(other);
        let text = format!(
            "power off {name}, and install it afresh (`reinstall: {name}`) before it serves again: it started without HA, after `host-emergency-ha-disable`, and the others have {other} as their master"
        );
        return Advice::no_worse(text, vec![Remedy::Do(At::End, Work::PowerOff(by))]);
    }
    let machines = adviser.world.machines().filter(|machine| adviser.past.health(*machine, adviser.world.now) != Health::Well);
    let mut way: Way = machines.flat_map(|machine| adviser.bring_back(machine)).collect();
    let members = adviser.world.machines().filter(|machine| adviser.world.db(by).host(adviser.world.host_on(*machine)).is_some());
    way.extend(members.map(|machine| Remedy::Do(At::End, Work::Joined(by, machine))));
    way.push(Remedy::Do(At::End, Work::Type(by, "xe pool-ha-enable".into())));
    Advice::no_worse(
        format!(
            "run `xe pool-ha-enable` on {name} once every host is up: it started without HA, after `host-emergency-ha-disable`, and switched it off for all"
        ),
        way,
    )
}

#[cfg(test)]
mod tests {
    use crate::base::time::{Span, Time};
    use crate::hazard::Place;
    use crate::hazard::stage::*;
    use crate::hazard::watch::Watch;
    use crate::world::MAIN_POOL;
    use crate::world::event::Event;

    #[test]
    fn it_is_the_moment_at_which_the_master_says_so() {
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(60);
        stage.tell(Event::HaSwitchedOff { by: ALPHA });
        stage.watch(&mut watch);
        let now = stage.world.now;
        let found = named(&watch.finish(Time::ZERO + Span::days(1)), "ha-silently-off");
        assert_eq!(found, [(now, Some(now), Place::Pool(MAIN_POOL), vec![ALPHA])]);
    }

    #[test]
    fn an_operator_who_disables_ha_is_no_secret() {
        let mut stage = pool(3);
        stage.world.ha_at_start(ALPHA, NFS1, Span::secs(60));
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        let (world, fx) = stage.both();
        world.set_ha_off(fx, ALPHA);
        stage.watch(&mut watch);
        assert_eq!(named(&watch.finish(Time::ZERO + Span::days(1)), "ha-silently-off"), []);
    }
}
