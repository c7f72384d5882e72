//! Types for a shell in a rehearsal, and keeps what is said of each command: mistakes of its words, and that it failed.

use super::typist::{self, Typist, Untyped};
use super::{Item, Kind, words};
use crate::base::time::Span;
use crate::command::script::words as script;
use crate::command::script::{Came, Mood, Operator, Taken, What, replay};
use crate::scenario::diagnostic::Gravity;
use crate::world::event::Status;

/// Whoever types a runbook in one world.
pub struct Hands {
    /// The steps that were typed.
    pub typist: Typist,
    /// What is to be told.
    pub items: Vec<Item>,
    /// A command failed, wherever a mistake of its words was told instead.
    pub failed: bool,
}

impl Hands {
    /// Hands that have typed nothing.
    pub fn new(typist: Typist) -> Hands {
        Hands { typist, items: Vec::new(), failed: false }
    }

    fn item(&mut self, line: u32, kind: Kind, what: String, mend: String) {
        let item = Item { line, kind, what, mend };
        if !self.items.contains(&item) {
            self.items.push(item);
        }
    }

    /// What is said of a command that was typed; why it can't be followed, where that is so.
    fn tell(&mut self, line: u32, came: &typist::Came, mood: Mood) -> Option<String> {
        let (mut wrong, mut unfollowed) = (false, None);
        for told in &came.told {
            let mut kind = words::kind(told);
            // What the tool answers to is not passed over in silence.
            if kind == Kind::IgnoredKey
                && came.status == Status::Error
                && ["Unknown field", "Failed to parse parameter"].iter().any(|said| came.output.contains(said))
            {
                kind = Kind::Typo;
            }
            // A mistake is the reason of the refusal.
            wrong |= kind == Kind::Typo || told.gravity == Gravity::Error && kind != Kind::Notice;
            self.failed |= told.gravity == Gravity::Error && matches!(kind, Kind::Typo | Kind::Placeholder);
            if kind == Kind::NotFollowed {
                unfollowed.get_or_insert_with(|| told.message.clone());
            } else if !(mood.lost && (told.message.contains(&script::unknown()) || told.code == "unknown-name")) {
                self.item(line, kind, told.message.clone(), told.help.clone());
            }
        }
        let failed = matches!(came.status, Status::Error | Status::Hung);
        if failed && mood.hidden {
            let (what, _) = words::failure(came);
            let mend = "take `|| true` away, so that it ends where it should".to_owned();
            self.item(line, Kind::Notice, format!("{what}: the refusal is hidden, and the next line is typed all the same"), mend);
        }
        if failed && !mood.deciding {
            self.failed = true;
            if !wrong {
                let (what, mend) = words::failure(came);
                self.item(line, Kind::Fails, what, mend);
            }
        }
        unfollowed
    }
}

impl Operator for Hands {
    fn take(&mut self, line: u32, what: &What, mood: Mood) -> Taken {
        let taken = match what {
            What::Run { host, words, stdin } => {
                typist::What::Run { host: host.clone(), line: script::command(words), stdin: stdin.clone() }
            }
            What::Act { act, host } => typist::What::Act { act, host: host.clone() },
        };
        let nothing = |told, exit| typist::Came { output: String::new(), status: Status::NotBegun, exit, code: None, told };
        let came = if mood.lost {
            nothing(self.typist.check(line, &taken), 0)
        } else {
            match self.typist.take(line, &taken) {
                Ok(came) => {
                    if mood.deciding {
                        self.typist.decides();
                    }
                    came
                }
                Err(Untyped::Unread(told)) => {
                    self.failed = true;
                    nothing(told, 1)
                }
                Err(Untyped::Over) => return Taken::Unfollowed("what would be typed after the end of the scenario".into()),
            }
        };
        match self.tell(line, &came, mood) {
            Some(why) if !mood.lost => Taken::Unfollowed(why),
            _ => Taken::Came(Came { output: came.output, exit: came.exit }),
        }
    }

    fn sleep(&mut self, span: Span) -> bool {
        self.typist.sleep(span);
        true
    }

    fn reaches(&mut self, here: &str, there: &str) -> Option<bool> {
        let world = self.typist.world()?;
        let machine = |name: &str| world.names.machine_by_address(name);
        Some(replay::reaches(&world, machine(here)?, machine(there)?))
    }

    fn uuid(&mut self, name: &str) -> String {
        self.typist.world().map(|world| crate::command::uuid_of(&world, name)).unwrap_or_default()
    }
}
