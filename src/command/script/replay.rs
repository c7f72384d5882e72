//! A script at a console of a run: what it types next, from what came of all that it typed before. A console keeps only
//! these answers; so a run that is cloned in the middle of a script goes on in both, and neither knows of the other.

use super::{Came, Flow, Mood, Operator, Shell, Taken, What, words};
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::command::names;
use crate::command::shell::{self, Line, Piece};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// What was learnt at one point of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A command came out so.
    Came(Came),
    /// Time has gone by.
    Slept,
    /// Whether a machine was reached.
    Reached(bool),
    /// The UUID that a name stood for.
    Stood(String),
}

/// What a script does next.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// It types a line at a machine's console.
    Types(MachineId, Box<Line>),
    /// It waits.
    Sleeps(Span),
    /// It has ended, with this exit status.
    Ended(i32),
}

struct Replay<'w> {
    world: &'w World,
    answers: &'w mut Vec<Answer>,
    at: usize,
    next: Option<Next>,
}

impl Replay<'_> {
    fn answer(&mut self) -> Option<Answer> {
        let answer = self.answers.get(self.at).cloned();
        self.at += usize::from(answer.is_some());
        answer
    }

    fn learnt(&mut self, answer: Answer) {
        self.answers.push(answer);
        self.at += 1;
    }
}

impl Operator for Replay<'_> {
    fn take(&mut self, _: u32, what: &What, mood: Mood) -> Taken {
        let What::Run { host, words, stdin } = what else { return Taken::Unfollowed("what is done by hand".into()) };
        if mood.lost {
            return Taken::Halts;
        }
        if let Some(Answer::Came(came)) = self.answer() {
            return Taken::Came(came);
        }
        let line = shell::parse(&words::command(words)).ok().and_then(|script| script.lines.into_iter().next());
        let machine = self.world.names.machine_by_address(host);
        let (Some(mut line), Some(machine)) = (line, machine) else { return Taken::Unfollowed("a line without a command".into()) };
        line.piped.clone_from(stdin);
        self.next = Some(Next::Types(machine, Box::new(line)));
        Taken::Halts
    }

    fn sleep(&mut self, span: Span) -> bool {
        if let Some(Answer::Slept) = self.answer() {
            return true;
        }
        self.next = Some(Next::Sleeps(span));
        false
    }

    fn reaches(&mut self, here: &str, there: &str) -> Option<bool> {
        if let Some(Answer::Reached(reached)) = self.answer() {
            return Some(reached);
        }
        let (here, there) = (self.world.names.machine_by_address(here)?, self.world.names.machine_by_address(there)?);
        let answers = reaches(self.world, here, there);
        self.learnt(Answer::Reached(answers));
        Some(answers)
    }

    fn uuid(&mut self, name: &str) -> String {
        if let Some(Answer::Stood(uuid)) = self.answer() {
            return uuid;
        }
        let uuid = names::value(self.world, name);
        self.learnt(Answer::Stood(uuid.clone()));
        uuid
    }
}

/// A line with what steps have kept put in for its names; `None` where it has none of them. What was not kept so far is empty,
/// as a shell has a variable that was never set.
pub fn with_kept(line: &Line, names: &BTreeSet<String>, values: &BTreeMap<String, String>) -> Option<Line> {
    let kept = |piece: &Piece| matches!(piece, Piece::Variable(name) if names.contains(name));
    if names.is_empty() || !line.words.iter().any(|word| word.0.iter().any(kept)) {
        return None;
    }
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable(name) if names.contains(name) => values.get(name).cloned().unwrap_or_default(),
        Piece::Variable(name) => words::pool_name(name),
    };
    let typed: Vec<String> = line.words.iter().map(|word| word.0.iter().map(text).collect()).collect();
    let mut put_in = shell::parse(&words::command(&typed)).ok()?.lines.into_iter().next()?;
    put_in.piped.clone_from(&line.piped);
    Some(put_in)
}

/// Whether domain 0 of one machine is answered by that of another.
pub fn reaches(world: &World, here: MachineId, there: MachineId) -> bool {
    world.dom0_answers(here) && world.dom0_answers(there) && (here == there || world.linked(here, there) && world.linked(there, here))
}

/// What a script does next, and all that its terminal shows until then. `variables` is what was kept before; `stdin` what each
/// command reads to which nothing is piped.
pub fn next(
    text: &str,
    world: &World,
    console: MachineId,
    variables: &BTreeMap<String, String>,
    stdin: Option<&str>,
    answers: &mut Vec<Answer>,
) -> (Next, String) {
    let filled = BTreeMap::new();
    let replay = Replay { world, answers, at: 0, next: None };
    let mut shell = Shell::new(&world.names, replay, world.names.machine(console).to_owned(), &filled);
    // It ends with the first command that fails, as several lines of a step do.
    (shell.strict, shell.errexit) = (false, true);
    shell.vars.clone_from(variables);
    shell.answer = stdin.map(str::to_owned);
    let lines: Vec<u32> = (1..=text.lines().count() as u32).collect();
    let flow = shell.text(text, &lines);
    let mut shown = shell.sinks.swap_remove(0);
    let mut exit = match flow {
        Flow::Goes(status) | Flow::Ends(status) | Flow::Returns(status) => status,
        Flow::Breaks | Flow::Continues => 0,
    };
    if let Some((line, what)) = shell.not_followed.first() {
        shown.push_str(&format!("line {line}: {what} can't be followed\n"));
        exit = 2;
    }
    // Of a slip in a program's name the shell says that there is none.
    for item in &shell.items {
        shown.push_str(&format!("{}\n", item.what));
    }
    (shell.operator.next.take().filter(|_| shell.not_followed.is_empty()).unwrap_or(Next::Ended(exit)), shown)
}
