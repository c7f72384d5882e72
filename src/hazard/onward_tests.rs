//! What is left out of a world that goes on ([`World::onward`]) is what no hazard asks for.

use super::stage::{BETA, GAMMA, ROOT, Stage, WEB, pool};
use crate::world::World;
use crate::world::inventory::Mode;
use crate::world::memory::Forsaken;

/// Ten minutes, of which some are over when something is done.
fn after(minutes: u64, done: impl Fn(&mut Stage)) -> World {
    let mut stage = pool(3);
    stage.pass(60 * minutes);
    done(&mut stage);
    stage.pass(600 - 60 * minutes);
    stage.world
}

/// A host that was forgotten a minute later is the same from then on, unless a domain was started in between.
#[test]
fn a_minute_sooner_or_later_is_over() {
    let forget = |stage: &mut Stage| {
        let now = stage.world.now;
        stage.world.stacks[BETA.at()].forsaken = Some(Forsaken { since: now, forgotten: true });
        stage.world.stacks[BETA.at()].copy_as_of = now;
    };
    let (one, two) = (after(1, forget), after(2, forget));
    assert_ne!(one, two);
    assert_eq!(one.onward(true), two.onward(true));
    assert_ne!(one.onward(true), after(1, |_| ()).onward(true), "that it was forgotten stays");
    let web = |first: bool| {
        after(1, |stage| {
            let forsake = |stage: &mut Stage| forget(stage);
            if first {
                forsake(stage);
            }
            stage.pass(30);
            stage.start(WEB, BETA);
            if !first {
                stage.pass(1);
                forsake(stage);
            }
        })
    };
    assert_ne!(web(true).onward(true).stacks, web(false).onward(true).stacks, "a domain that was started since is a danger");
}

/// Of writes it is left who saw the last one; how often somebody wrote, and when, is not.
#[test]
fn of_writes_it_is_left_who_saw_the_last() {
    let written = |times: u64, last: bool| {
        let mut stage = pool(3);
        stage.pass(60);
        stage.open(GAMMA, ROOT, Mode::Rw);
        for _ in 0..times {
            stage.pass(1);
            stage.write(BETA, ROOT);
        }
        if last {
            stage.write(GAMMA, ROOT);
        }
        stage.pass(60 - times);
        stage.world.onward(true).hw.vdi(ROOT).clone()
    };
    assert_eq!(written(1, false), written(3, false));
    assert_ne!(written(1, false), written(1, true));
    assert_ne!(written(0, false), written(1, false));
}
