//! `xe help`: the commands, or one of them.

use super::args::Args;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, known, print};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::release::Release;

/// `xe help`.
#[derive(Clone, Debug)]
pub struct Help {
    args: Args,
}

impl Command for Help {
    const DOC: CommandDoc = CommandDoc {
        name: "help",
        synopsis: "xe help [COMMAND]",
        doc: "Lists the commands, or the keys of one. The contacted host answers by itself. An unknown command is told on standard output with exit status 0.",
        example: "xe help host-forget",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { local: true, ..Grammar::keys(&[], &[]) };
    fn new(args: Args) -> Self {
        Help { args }
    }
}

fn one(name: &str, release: Release) -> String {
    let Some((doc, grammar)) = known::built(release).find(|(doc, _)| doc.name == name) else {
        return format!("Unknown command '{name}'\n");
    };
    let keys = |keys: &[&str]| keys.join(", ");
    let lines = [
        ("command name        ", doc.name.to_string()),
        ("reqd params     ", keys(grammar.required)),
        ("optional params ", keys(grammar.optional)),
        ("description     ", doc.doc.split(". ").next().unwrap_or_default().to_string()),
    ];
    print::record(&lines.map(|(label, value)| (label.to_string(), value)))
}

impl Operation for Help {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, _seat: Seat) -> Progress {
        let wanted: Vec<&str> = self.args.pairs.iter().filter(|(_, value)| value.is_empty()).map(|(word, _)| word.as_str()).collect();
        let text = if wanted.is_empty() {
            let mut names: Vec<&str> = known::built(world.release).map(|(doc, _)| doc.name).collect();
            names.sort_unstable();
            format!(
                "Usage: xe <command> [ -s <server> ] [ -pw <passwd> ] [ -p <port> ] [ -u <user> ] [ -pwf <password file> ]\n\nCommon command list\n-------------------\n    {}\n",
                names.join(", ")
            )
        } else {
            wanted.into_iter().map(|name| one(name, world.release)).collect()
        };
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}
