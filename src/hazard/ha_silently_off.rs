//! A master that was not armed has switched HA off for its pool.

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
fn advice(adviser: &Adviser<'_>) -> String {
    let by = adviser.found.by.map_or("the master", |by| adviser.machine(by));
    format!(
        "run `xe pool-ha-enable` on {by} once every host is up: it started without HA, after `host-emergency-ha-disable`, and switched it off for all"
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
