//! Generation G1: sm of XenServer 6.0 and of 6.1's base (docs/model/locks.md §11).

use super::keys::{keys_of, refuses_rw};
use super::{Activation, Found, Generation, Inactive, Reset, Surprise};
use crate::world::World;
use crate::world::guards::Guard;

/// The generation.
pub struct G1;

/// What the script says of a wrong number of words.
const USAGE: &str = "Params: <HOST UUID> <SR UUID> [master]\n*WARNING!* CALLING ON AN ATTACHED SR MAY CAUSE DATA CORRUPTION!";

/// What the words should be.
const WRITE: &str = "write `resetvdis.py HOST-UUID SR-UUID [master]`";

impl Generation for G1 {
    fn name(&self) -> &'static str {
        "g1"
    }

    fn doc(&self) -> &'static str {
        "G1 is XenServer 6.0's."
    }

    /// Any RW key refuses, whoever holds it, at once and without asking; a RO key never does (blktap2.py, `_add_tag`).
    fn look_at_keys(&self, world: &World, ask: &Activation) -> Found {
        let mut found = Found::free();
        if world.guarded(Guard::Lock) {
            found.then = refuses_rw(world, ask.vdi, &keys_of(world, ask));
        }
        let paused = world.db(ask.master).vdi(ask.vdi).is_some_and(|record| record.paused);
        if found.then.is_ok() && paused && world.guarded(Guard::Paused) {
            found.then = Err(Inactive::Paused);
        }
        found
    }

    /// Two words or three. Any third word but `master`, `--master` too, counts as none.
    fn resetvdis(&self, words: &[String]) -> Reset {
        match words {
            [host, sr, rest @ ..] if rest.len() < 2 => {
                let master = rest.first().is_some_and(|word| word == "master");
                Reset::Host { at: 0, host: host.clone(), sr: sr.clone(), master }
            }
            _ => Reset::Usage(USAGE),
        }
    }

    fn surprise(&self, words: &[String]) -> Option<Surprise> {
        let surprise = |word, message, help, goes_on| Some(Surprise { word, message, help, goes_on });
        match words {
            [first, _] | [first, _, _] if matches!(first.as_str(), "all" | "single") => {
                surprise(Some(0), format!("`{first}` belongs to later releases: here it is taken for the host's UUID"), WRITE, false)
            }
            [_, _] => None,
            [_, _, word] if word == "master" => None,
            [_, _, word] => surprise(
                Some(2),
                format!("`{word}` is not the word `master`: it counts as none, in silence"),
                "write `master` if the host was the SR's master when it failed, else nothing",
                true,
            ),
            _ => surprise(None, "resetvdis.py of this release takes two or three words, else it prints its usage".into(), WRITE, false),
        }
    }

    fn traceback(&self, last: &str) -> String {
        format!("Traceback (most recent call last):\n  File \"/opt/xensource/sm/resetvdis.py\", line 76, in ?\n{last}")
    }
}
