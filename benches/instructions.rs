//! What `.ci/instructions` counts the instructions of, under callgrind: one thing by its name, so many times. Instructions are
//! steady where times are not. Prints how many units it did; what is counted is [`measured`], without what made it ready.

mod workloads;

use poolsim::base::time::Span;
use poolsim::engine::{Engine, Options, Program};
use poolsim::run::Session;
use poolsim::scenario::model::Case;
use std::hint::black_box;
use std::sync::Arc;
use workloads::{ANY_ORDER, SMALL, beats, event_by_event, large, orders_of_the_manual, scenario, w1};

/// The frame that callgrind looks for.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let units = match name.as_str() {
        // A heartbeat, event by event.
        "w1" => {
            let length = Span::mins(480);
            let scenario = w1(64, length);
            let mut engine = event_by_event(&scenario);
            measured(&mut || while engine.turn().is_some() {});
            beats(64, length)
        }
        // A run of a sweep, built, run, looked at by all hazards, and freed.
        "small-run" => {
            let scenario = scenario(SMALL);
            let program = Arc::new(Program::new(&scenario, Case::default()));
            let one = |seed| {
                let options = Options { seed, silent: true, ..Options::default() };
                Session::unjudged(Engine::with_program(&scenario, Arc::clone(&program), options)).finish()
            };
            assert_eq!(one(0).downtime.len(), 0, "no VM is in it");
            measured(&mut || (1..=200).for_each(|seed| drop(black_box(one(seed)))));
            200
        }
        // A clone and its drop: 64 hosts with 200 VMs.
        "clone" | "clone-ha" => {
            let session = large(if name == "clone" { "" } else { "  ha: {timeout: 60s}\n" });
            measured(&mut || (0..100).for_each(|_| drop(black_box(session.clone()))));
            100
        }
        // All orders of the manual's four steps in three worlds, on this one thread.
        "orders" => {
            let scenario = scenario(ANY_ORDER);
            let here = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().expect("this thread");
            measured(&mut || assert_eq!(here.install(|| orders_of_the_manual(&scenario)), 2, "what is measured is what is meant"));
            1
        }
        // `cargo bench` gives words of its own.
        _ => return println!("what .ci/instructions counts: w1, small-run, clone, clone-ha, orders"),
    };
    println!("units {units}");
}
