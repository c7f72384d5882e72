//! A shell's script, evaluated as far as that is exact: variables, substitutions, loops over lists, conditions on what is
//! known. Whoever types its commands is an [`Operator`]: a console of a run ([`replay`]), or a rehearsal. What can't be followed
//! is named, and from there on nothing is typed that hangs on it, but only looked at. Nothing is ever executed.

mod arithmetic;
mod awk;
pub mod check;
mod expand;
mod filters;
mod glob;
mod programs;
mod regex;
pub mod replay;
mod sed;
pub mod words;

use super::names;
use crate::base::time::Span as Time;
use crate::world::inventory::Inventory;
use shuck_ast::{
    BinaryOp, BuiltinCommand, CompoundCommand, ConditionalBinaryOp, ConditionalExpr, ConditionalUnaryOp, Span, Stmt, StmtSeq,
    StmtTerminator,
};
use shuck_parser::parser::{ParseStatus, Parser};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A script types at most so many commands.
pub const COMMANDS_MOST: usize = 400;
/// Loops, functions and substitutions stand in each other at most so deep.
const DEPTH_MOST: u32 = 24;
/// A script goes through at most so many statements.
const STATEMENTS_MOST: u32 = 20_000;
/// A line that is longer, in bytes, is no line that anybody types.
pub const LINE_MOST: usize = 4096;
/// So many places of one text that a shell can't read are told.
const MISTAKES_MOST: u32 = 20;
/// All that words come to in a script has at most so many bytes.
const BYTES_MOST: usize = 8 << 20;

/// A part of the shell's text, with the page's line of each of its lines.
#[derive(Debug)]
pub struct Source {
    text: String,
    lines: Vec<u32>,
}

impl Source {
    /// The page's line of a place.
    fn line(&self, span: Span) -> u32 {
        self.lines.get(span.start.line().saturating_sub(1)).or(self.lines.last()).copied().unwrap_or(1)
    }
}

/// The line, from 1, in which a statement begins behind another that nothing ends: `xe vm-list (remark)`.
pub fn glued(text: &str, body: &StmtSeq) -> Option<usize> {
    let all: Vec<&Stmt> = body.iter().collect();
    all.windows(2).find_map(|two| {
        let between = text.get(two[0].span.end.offset()..two[1].span.start.offset()).unwrap_or("\n");
        let behind = text.get(..two[0].span.end.offset()).unwrap_or("\n").ends_with(['\n', ';', '&']);
        let parted = two[0].terminator.is_some() || behind || between.contains(['\n', ';', '&', '#']);
        (!parted).then(|| two[1].span.start.line())
    })
}

/// What is typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A command at a console; names of the pool are marked in its words ([`words::pool_name`]).
    Run {
        /// Whose console.
        host: String,
        /// Its words.
        words: Vec<String>,
        /// What it reads.
        stdin: Option<String>,
    },
    /// By hand: what, and to which host.
    Act {
        /// `power-off`, `power-on`, `check-off`, `reinstall`.
        act: &'static str,
        /// Which host.
        host: String,
    },
}

/// How what was typed came out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Came {
    /// What the console showed.
    pub output: String,
    /// The exit status.
    pub exit: i32,
}

/// What becomes of what is typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It has ended.
    Came(Came),
    /// It was not typed, and it can't be said what would have come of it.
    Unfollowed(String),
    /// Nothing more is typed for now.
    Halts,
}

/// In what a command stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mood {
    /// A condition, or what stands before `||`: there a refusal is an answer.
    pub deciding: bool,
    /// `|| true` stands behind it: nobody looks whether it fails.
    pub hidden: bool,
    /// Something before it was not followed: it is looked at, and not typed.
    pub lost: bool,
}

/// Whoever types what a script says.
pub trait Operator {
    /// Types a command, or does something by hand.
    fn take(&mut self, line: u32, what: &What, mood: Mood) -> Taken;
    /// Lets time go by; whether it goes on.
    fn sleep(&mut self, span: Time) -> bool;
    /// Whether a machine is reached from another over the network now; `None` where nothing has begun.
    fn reaches(&mut self, here: &str, there: &str) -> Option<bool>;
    /// The UUID that a name of the pool stands for now.
    fn uuid(&mut self, name: &str) -> String;
}

/// What a remark about a line is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The command fails.
    Fails,
    /// It does harm, or begins it.
    Harms,
    /// Something is to be done before it.
    MissingBefore,
    /// The tool does not read this key, and says nothing.
    IgnoredKey,
    /// It is not what was meant.
    Typo,
    /// It stands for something that is not said.
    Placeholder,
    /// It can't be followed.
    NotFollowed,
    /// Something to know.
    Notice,
}

/// A remark about a line of a script.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Item {
    /// The page's line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: Kind,
    /// What is so.
    pub what: String,
    /// What to write, or to do.
    pub mend: String,
}

/// Why a statement is not carried out.
#[derive(Debug)]
pub enum Stuck {
    /// This can't be followed.
    On(String),
    /// Nothing more is typed for now.
    Halted,
    /// The shell itself ends the script: a message for the terminal.
    Fatal(String),
}

impl Stuck {
    fn on(what: impl Into<String>) -> Stuck {
        Stuck::On(what.into())
    }
}

/// How a statement ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// With this exit status.
    Goes(i32),
    /// `break`, out of so many loops.
    Breaks,
    /// `continue`.
    Continues,
    /// `return`.
    Returns(i32),
    /// `exit`, or `set -e`.
    Ends(i32),
}

/// What a command reads: text, and the page's line of its first line.
#[derive(Clone, Debug)]
struct Input {
    text: String,
    line: u32,
}

/// Where standard error goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Errors {
    Terminal,
    Output,
    Nowhere,
}

#[derive(Clone)]
struct Function {
    source: Arc<Source>,
    body: Arc<Stmt>,
}

/// A shell, and who types for it.
pub struct Shell<'a, O> {
    names: &'a Inventory,
    /// Who types.
    pub operator: O,
    /// At whose consoles it is typed: the last is where one stands.
    hosts: Vec<String>,
    vars: BTreeMap<String, String>,
    lists: BTreeMap<String, Vec<String>>,
    /// Files that the script has written itself.
    files: BTreeMap<String, String>,
    functions: BTreeMap<String, Function>,
    positional: Vec<String>,
    /// What the variables of the present functions hide: name, value, list.
    locals: Vec<(String, Option<String>, Option<Vec<String>>)>,
    /// What placeholders stand for, by [`words::placeholder_name`].
    filled: &'a BTreeMap<String, String>,
    /// The placeholders of the present text, by their number.
    placeholders: Vec<String>,
    /// A variable that is never set is a placeholder, and not empty.
    strict: bool,
    /// The present text is read as a script, not typed line by line.
    script: bool,
    /// It is looked at, and not typed: the shell has ended before.
    looking: bool,
    in_function: bool,
    errexit: bool,
    pipefail: bool,
    /// A refusal was looked at by `||` or `&&`: it ends nothing.
    excused: bool,
    /// In a condition, or before `||`: there a refusal is an answer.
    deciding: u32,
    /// Before `|| true`.
    hiding: u32,
    depth: u32,
    statements: u32,
    typed: usize,
    bytes: usize,
    status: i32,
    /// How the last `$(…)` of the present command ended.
    substituted: Option<i32>,
    /// What was typed in answer to a question of the present commands.
    answer: Option<String>,
    /// Where output goes: the first is the terminal.
    sinks: Vec<String>,
    errors: Errors,
    halted: bool,
    /// What is to be told.
    pub items: Vec<Item>,
    /// What was not followed.
    pub not_followed: Vec<(u32, String)>,
    /// Something that might have changed the pool was not followed: from there on nothing is typed.
    pub lost: bool,
    /// A command of the shell's own failed, or a word of a command can't be what was meant.
    pub failed: bool,
}

impl<'a, O: Operator> Shell<'a, O> {
    /// A shell at a console, that has typed nothing.
    pub fn new(names: &'a Inventory, operator: O, console: String, filled: &'a BTreeMap<String, String>) -> Shell<'a, O> {
        Shell {
            names,
            operator,
            hosts: vec![console],
            vars: BTreeMap::new(),
            lists: BTreeMap::new(),
            files: BTreeMap::new(),
            functions: BTreeMap::new(),
            positional: Vec::new(),
            locals: Vec::new(),
            filled,
            placeholders: Vec::new(),
            strict: true,
            script: true,
            looking: false,
            in_function: false,
            errexit: false,
            pipefail: false,
            excused: false,
            deciding: 0,
            hiding: 0,
            depth: 0,
            statements: 0,
            typed: 0,
            bytes: 0,
            status: 0,
            substituted: None,
            answer: None,
            sinks: vec![String::new()],
            errors: Errors::Terminal,
            halted: false,
            items: Vec::new(),
            not_followed: Vec::new(),
            lost: false,
            failed: false,
        }
    }

    /// Moves to a host's console, as a prompt there shows; `host` is its name or address, with or without a domain.
    pub fn stand_at(&mut self, line: u32, host: &str) {
        match self.names.machine_by_address(host).or_else(|| self.names.machine_by_address(host.split('.').next().unwrap_or(host))) {
            Some(machine) => self.hosts = vec![self.names.machine(machine).to_owned()],
            None => self.item(line, Kind::Notice, format!("the prompt names {host}, which is no host of the pool"), String::new()),
        }
    }

    /// What is typed in answer to a question, with its end of line.
    pub fn answers(&mut self, answer: Option<String>) {
        self.answer = answer;
    }

    /// Runs a text of the shell; whether more are to follow. `script`: a shell reads it as a script, and ends where it can't read
    /// on; else it is typed line by line, and the next line is typed all the same.
    pub fn chunk(&mut self, text: &str, lines: &[u32], script: bool) -> bool {
        self.script = script;
        !matches!(self.text(text, lines), Flow::Ends(_))
    }

    /// What the terminal shows.
    pub fn shown(&self) -> &str {
        &self.sinks[0]
    }

    /// Runs a text of the shell.
    fn text(&mut self, text: &str, lines: &[u32]) -> Flow {
        let by_hand = if self.strict { words::by_hand(text) } else { None };
        let (masked, placeholders) = words::mask(by_hand.as_deref().unwrap_or(text), self.filled);
        let outer = std::mem::replace(&mut self.placeholders, placeholders);
        let flow = self.read(&masked, lines);
        self.placeholders = outer;
        flow
    }

    /// Goes through a text, up to where a shell can't read it, and on as it is told there.
    fn read(&mut self, text: &str, lines: &[u32]) -> Flow {
        if let Some(at) = text.lines().position(|line| line.len() > LINE_MOST) {
            self.stuck(lines.get(at).or(lines.last()).copied().unwrap_or(1), "so long a line".into());
            return Flow::Goes(2);
        }
        let (mut text, mut lines) = (text, lines);
        let looking = self.looking;
        let mut ended = None;
        for round in 0.. {
            let source = Arc::new(Source { text: text.to_owned(), lines: lines.to_vec() });
            let parsed = Parser::new(&source.text).parse();
            let glued = glued(&source.text, &parsed.file.body).filter(|_| parsed.status == ParseStatus::Clean);
            if parsed.status == ParseStatus::Clean && glued.is_none() {
                let flow = self.sequence(&source, &parsed.file.body);
                self.looking = looking;
                return ended.unwrap_or(flow);
            }
            let (message, at) = match (parsed.diagnostics.first(), &parsed.terminal_error) {
                _ if glued.is_some() => ("a further command begins in the middle of the line".into(), glued.unwrap_or(1)),
                (Some(told), _) => (told.message.clone(), told.span.start.line()),
                (None, Some(shuck_parser::Error::Parse { message, line, .. })) => (message.clone(), *line),
                _ => ("a syntax error".into(), 1),
            };
            let at = at.clamp(1, text.lines().count().max(1));
            // What a page's end adds stands on no line of it: the last one before is meant.
            let line = lines[..at.min(lines.len())].iter().rev().copied().find(|line| *line > 0).unwrap_or(1);
            self.failed = true;
            self.item(line, Kind::Typo, format!("the shell can't read this: {message}"), "quote it, or take out what is no command".into());
            // What stands before it has been run by then.
            let before = text.split_inclusive('\n').take(at - 1).map(str::len).sum::<usize>();
            let first = Arc::new(Source { text: text[..before].to_owned(), lines: lines.to_vec() });
            let parsed = Parser::new(&first.text).parse();
            if parsed.status == ParseStatus::Clean {
                let flow = self.sequence(&first, &parsed.file.body);
                if !matches!(flow, Flow::Goes(_)) {
                    self.looking = looking;
                    return ended.unwrap_or(flow);
                }
            } else {
                self.stuck(lines.first().copied().unwrap_or(1), "what the shell can't read".into());
            }
            // A script ends there, and so does whoever types on within a quotation that is not closed.
            let lower = message.to_lowercase();
            if self.script || ["unterminated", "unclosed", "eof", "end of file", "end of input"].iter().any(|word| lower.contains(word)) {
                ended = Some(Flow::Ends(2));
                self.looking = true;
            }
            let behind = text.split_inclusive('\n').take(at).map(str::len).sum::<usize>();
            (text, lines) = (&text[behind..], lines.get(at..).unwrap_or_default());
            if round >= MISTAKES_MOST || text.trim().is_empty() {
                break;
            }
        }
        self.looking = looking;
        ended.unwrap_or(Flow::Goes(2))
    }

    fn sequence(&mut self, source: &Arc<Source>, body: &StmtSeq) -> Flow {
        let mut flow = Flow::Goes(0);
        for stmt in body.iter() {
            flow = self.statement(source, stmt);
            match flow {
                Flow::Goes(status) => {
                    self.status = status;
                    let excused = std::mem::take(&mut self.excused) || stmt.negated;
                    if status != 0 && self.errexit && self.deciding == 0 && !excused && !self.blind() {
                        return Flow::Ends(status);
                    }
                }
                _ => return flow,
            }
        }
        flow
    }

    fn statement(&mut self, source: &Arc<Source>, stmt: &Stmt) -> Flow {
        let line = source.line(stmt.span);
        self.statements += 1;
        if self.statements > STATEMENTS_MOST || self.depth > DEPTH_MOST || self.typed >= COMMANDS_MOST || self.bytes > BYTES_MOST {
            if !self.lost {
                self.stuck(line, "so many commands".into());
            }
            return Flow::Ends(2);
        }
        if let Some(StmtTerminator::Background(_)) = stmt.terminator {
            self.stuck(line, "a command in the background (`&`)".into());
            return Flow::Goes(0);
        }
        self.depth += 1;
        let done = self.stage(source, stmt, None);
        self.depth -= 1;
        if self.halted {
            return Flow::Ends(0);
        }
        match done {
            Ok(Flow::Goes(status)) if stmt.negated => Flow::Goes(i32::from(status == 0)),
            Ok(flow) => flow,
            Err(Stuck::Halted) => Flow::Ends(0),
            Err(Stuck::Fatal(message)) => {
                self.complain(&message);
                Flow::Ends(1)
            }
            Err(Stuck::On(what)) => {
                self.stuck(line, what);
                Flow::Goes(0)
            }
        }
    }

    /// What a part prints, beside how it ended.
    fn captured(&mut self, part: impl FnOnce(&mut Self) -> Result<Flow, Stuck>) -> Result<(String, Flow), Stuck> {
        self.sinks.push(String::new());
        let done = part(self);
        let text = self.sinks.pop().unwrap_or_default();
        Ok((text, done?))
    }

    /// What goes on in a shell of its own leaves no variable behind.
    fn apart<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        let (vars, lists, hosts) = (self.vars.clone(), self.lists.clone(), self.hosts.clone());
        let (errexit, functions, positional) = (self.errexit, self.functions.clone(), self.positional.clone());
        let done = part(self);
        (self.vars, self.lists, self.hosts) = (vars, lists, hosts);
        (self.errexit, self.functions, self.positional) = (errexit, functions, positional);
        done
    }

    fn print(&mut self, text: &str) {
        self.bytes += text.len();
        if self.sinks.len() == 1 && self.bytes <= BYTES_MOST {
            self.sinks[0].push_str(&words::shown(text));
        } else if let Some(sink) = self.sinks.last_mut()
            && self.bytes <= BYTES_MOST
        {
            sink.push_str(text);
        }
    }

    /// To standard error.
    fn complain(&mut self, text: &str) {
        match self.errors {
            Errors::Terminal => {
                self.bytes += text.len();
                if self.bytes <= BYTES_MOST {
                    self.sinks[0].push_str(text);
                }
            }
            Errors::Output => self.print(text),
            Errors::Nowhere => {}
        }
    }

    fn builtin(&mut self, source: &Arc<Source>, builtin: &BuiltinCommand) -> Result<Flow, Stuck> {
        let code = |shell: &mut Self, word: &Option<shuck_ast::Word>| -> Result<i32, Stuck> {
            match word {
                None => Ok(shell.status),
                Some(word) => Ok(seen(shell.words(source, word)?)?.join(" ").parse().unwrap_or(2)),
            }
        };
        match builtin {
            BuiltinCommand::Break(_) => Ok(Flow::Breaks),
            BuiltinCommand::Continue(_) => Ok(Flow::Continues),
            BuiltinCommand::Return(command) => Ok(Flow::Returns(code(self, &command.code)?)),
            BuiltinCommand::Exit(_) if self.hosts.len() > 1 => {
                self.hosts.pop();
                Ok(Flow::Goes(0))
            }
            // What follows may be meant for another branch: where nothing is typed any more, all is looked at.
            BuiltinCommand::Exit(_) if self.blind() => Ok(Flow::Goes(0)),
            BuiltinCommand::Exit(command) => Ok(Flow::Ends(code(self, &command.code)?)),
        }
    }

    /// `a && b`, `a || b`.
    fn decided(&mut self, source: &Arc<Source>, op: BinaryOp, left: &Stmt, right: &Stmt) -> Result<Flow, Stuck> {
        let hides = op == BinaryOp::Or && matches!(right.span.slice(&source.text).trim(), "true" | ":" | "/bin/true");
        self.deciding += 1;
        self.hiding += u32::from(hides);
        let flow = self.statement(source, left);
        self.hiding -= u32::from(hides);
        self.deciding -= 1;
        let Flow::Goes(status) = flow else { return Ok(flow) };
        self.status = status;
        if (status == 0) == (op == BinaryOp::And) || self.blind() {
            self.excused = false;
            return Ok(self.statement(source, right));
        }
        self.excused = true;
        Ok(flow)
    }

    fn compound(&mut self, source: &Arc<Source>, stmt: &Stmt, compound: &CompoundCommand) -> Result<Flow, Stuck> {
        match compound {
            CompoundCommand::BraceGroup(body) => Ok(self.sequence(source, body)),
            CompoundCommand::Subshell(body) => {
                let flow = self.apart(|shell| shell.sequence(source, body));
                Ok(match flow {
                    Flow::Ends(status) if !self.halted => Flow::Goes(status),
                    flow => flow,
                })
            }
            CompoundCommand::If(command) => {
                let arms = std::iter::once((&command.condition, &command.then_branch))
                    .chain(command.elif_branches.iter().map(|(condition, body)| (condition, body)));
                for (condition, body) in arms {
                    self.deciding += 1;
                    let flow = self.sequence(source, condition);
                    self.deciding -= 1;
                    let Flow::Goes(status) = flow else { return Ok(flow) };
                    if self.blind() {
                        // Which way it goes is not known: every way is looked at, none is typed.
                        self.sequence(source, body);
                        continue;
                    }
                    if status == 0 {
                        return Ok(self.sequence(source, body));
                    }
                }
                match &command.else_branch {
                    Some(body) => Ok(self.sequence(source, body)),
                    None => Ok(Flow::Goes(0)),
                }
            }
            CompoundCommand::For(command) => {
                let [target] = &command.targets[..] else { return Err(Stuck::on("`for` over several names")) };
                let Some(name) = target.name.as_ref().map(|name| name.as_str().to_owned()) else { return Err(Stuck::on("`for`")) };
                let mut values = Vec::new();
                match &command.words {
                    Some(words) => {
                        for word in words {
                            match self.words(source, word).and_then(seen) {
                                Ok(fields) => values.extend(fields),
                                Err(Stuck::On(what)) => {
                                    self.stuck(source.line(stmt.span), what);
                                    self.looked_at(source, &name, &command.body);
                                    return Ok(Flow::Goes(0));
                                }
                                Err(other) => return Err(other),
                            }
                        }
                    }
                    None => values.clone_from(&self.positional),
                }
                if self.blind() {
                    self.looked_at(source, &name, &command.body);
                    return Ok(Flow::Goes(0));
                }
                let worked_out = command.words.iter().flatten().any(|word| word.span.slice(&source.text).contains(['$', '`']));
                if values.is_empty() && worked_out && self.strict {
                    let mend = "look at the list before it is gone through: what it is taken from may be gone by then".to_owned();
                    self.item(
                        source.line(stmt.span),
                        Kind::Notice,
                        format!("the list of `{name}` is empty: nothing of the loop is done"),
                        mend,
                    );
                }
                let mut flow = Flow::Goes(0);
                for value in values {
                    self.set(&name, value);
                    flow = self.sequence(source, &command.body);
                    match flow {
                        Flow::Breaks => return Ok(Flow::Goes(0)),
                        Flow::Goes(_) | Flow::Continues => {}
                        Flow::Returns(_) | Flow::Ends(_) => return Ok(flow),
                    }
                }
                Ok(if flow == Flow::Continues { Flow::Goes(0) } else { flow })
            }
            CompoundCommand::Case(command) => {
                let word = self.seen_word(source, &command.word)?;
                let word = self.resolved(&word);
                for item in &command.cases {
                    for pattern in &item.patterns {
                        if self.blind() || self.pattern(source, pattern)?.matches(&word) {
                            let flow = self.sequence(source, &item.body);
                            if !self.blind() {
                                return Ok(flow);
                            }
                            break;
                        }
                    }
                }
                Ok(Flow::Goes(0))
            }
            CompoundCommand::Conditional(command) => {
                let holds = self.condition(source, &command.expression)?;
                Ok(Flow::Goes(i32::from(!holds)))
            }
            CompoundCommand::Arithmetic(command) => {
                let Some(expr) = &command.expr_ast else { return Err(Stuck::on("`((`")) };
                let value = self.arithmetic(source, expr)?;
                Ok(Flow::Goes(i32::from(value == 0)))
            }
            CompoundCommand::Time(command) => match &command.command {
                Some(inner) => Ok(self.statement(source, inner)),
                None => Ok(Flow::Goes(0)),
            },
            other => {
                let (what, bodies): (&str, Vec<&StmtSeq>) = match other {
                    CompoundCommand::While(command) => ("while", vec![&command.condition, &command.body]),
                    CompoundCommand::Until(command) => ("until", vec![&command.condition, &command.body]),
                    CompoundCommand::Select(_) => ("select", vec![]),
                    CompoundCommand::ArithmeticFor(command) => ("for ((", vec![&command.body]),
                    CompoundCommand::Coproc(_) => ("coproc", vec![]),
                    _ => ("this", vec![]),
                };
                self.stuck(source.line(stmt.span), what.to_owned());
                // Its commands are looked at all the same.
                for body in bodies {
                    self.sequence(source, body);
                }
                Ok(Flow::Goes(0))
            }
        }
    }

    /// The body of a loop that is not gone through: its commands are looked at once.
    fn looked_at(&mut self, source: &Arc<Source>, name: &str, body: &StmtSeq) {
        self.set(name, words::unknown());
        self.sequence(source, body);
    }

    fn condition(&mut self, source: &Arc<Source>, expr: &ConditionalExpr) -> Result<bool, Stuck> {
        let unknown = |what: &str| Stuck::On(format!("`[[ {what} ]]`"));
        match expr {
            ConditionalExpr::Parenthesized(inner) => self.condition(source, &inner.expr),
            ConditionalExpr::Word(word) => Ok(!self.seen_word(source, word)?.is_empty()),
            ConditionalExpr::Unary(unary) => match unary.op {
                ConditionalUnaryOp::Not => Ok(!self.condition(source, &unary.expr)?),
                ConditionalUnaryOp::EmptyString | ConditionalUnaryOp::NonEmptyString => {
                    let ConditionalExpr::Word(word) = &*unary.expr else { return Err(unknown(unary.op.as_str())) };
                    Ok(self.seen_word(source, word)?.is_empty() == (unary.op == ConditionalUnaryOp::EmptyString))
                }
                op => Err(unknown(op.as_str())),
            },
            ConditionalExpr::Binary(binary) => match binary.op {
                ConditionalBinaryOp::And => Ok(self.condition(source, &binary.left)? && self.condition(source, &binary.right)?),
                ConditionalBinaryOp::Or => Ok(self.condition(source, &binary.left)? || self.condition(source, &binary.right)?),
                op => {
                    let left = match &*binary.left {
                        ConditionalExpr::Word(word) => self.quoted_word(source, word)?,
                        ConditionalExpr::Pattern(pattern) => {
                            self.pattern(source, pattern)?.literal().ok_or_else(|| unknown(op.as_str()))?
                        }
                        _ => return Err(unknown(op.as_str())),
                    };
                    let left = self.resolved(&left);
                    let right = match &*binary.right {
                        ConditionalExpr::Word(word) => glob::Glob::text(&{
                            let text = self.quoted_word(source, word)?;
                            self.resolved(&text)
                        }),
                        ConditionalExpr::Pattern(pattern) => self.pattern(source, pattern)?,
                        _ => return Err(unknown(op.as_str())),
                    };
                    let numbers = || {
                        let right = right.literal().ok_or_else(|| unknown(op.as_str()))?;
                        match (left.trim().parse::<i64>(), right.trim().parse::<i64>()) {
                            (Ok(left), Ok(right)) => Ok((left, right)),
                            _ => Err(unknown(op.as_str())),
                        }
                    };
                    let unseen = words::unseen_in(&left).map(words::hangs_on);
                    let unseen = unseen.or_else(|| right.literal().as_deref().and_then(words::unseen_in).map(words::hangs_on));
                    if let Some(what) = unseen {
                        return Err(Stuck::On(what));
                    }
                    match op {
                        ConditionalBinaryOp::PatternEq | ConditionalBinaryOp::PatternEqShort => Ok(right.matches(&left)),
                        ConditionalBinaryOp::PatternNe => Ok(!right.matches(&left)),
                        ConditionalBinaryOp::ArithmeticEq => numbers().map(|(a, b)| a == b),
                        ConditionalBinaryOp::ArithmeticNe => numbers().map(|(a, b)| a != b),
                        ConditionalBinaryOp::ArithmeticLt => numbers().map(|(a, b)| a < b),
                        ConditionalBinaryOp::ArithmeticLe => numbers().map(|(a, b)| a <= b),
                        ConditionalBinaryOp::ArithmeticGt => numbers().map(|(a, b)| a > b),
                        ConditionalBinaryOp::ArithmeticGe => numbers().map(|(a, b)| a >= b),
                        _ => Err(unknown(op.as_str())),
                    }
                }
            },
            other => Err(unknown(other.span().slice(&source.text))),
        }
    }

    // ---- what is told

    /// Something that might have changed the pool is not followed.
    fn stuck(&mut self, line: u32, what: String) {
        self.lost = true;
        if !self.not_followed.iter().any(|(at, known)| *at == line && *known == what) {
            self.not_followed.push((line, what));
        }
    }

    /// Tells something of a line, once.
    pub fn item(&mut self, line: u32, kind: Kind, what: String, mend: String) {
        let item = Item { line, kind, what, mend };
        if !self.items.contains(&item) {
            self.items.push(item);
        }
    }

    /// Types a command, or does something by hand.
    fn take(&mut self, line: u32, what: &What) -> Result<Came, Stuck> {
        if self.halted {
            return Err(Stuck::Halted);
        }
        self.typed += 1;
        let mood = Mood { deciding: self.deciding > 0, hidden: self.hiding > 0, lost: self.lost || self.looking };
        match self.operator.take(line, what, mood) {
            Taken::Came(came) => Ok(came),
            Taken::Unfollowed(what) => Err(Stuck::On(what)),
            Taken::Halts => {
                self.halted = true;
                Err(Stuck::Halted)
            }
        }
    }

    /// Whether nothing is typed any more, but only looked at.
    fn blind(&self) -> bool {
        self.lost || self.looking
    }

    /// A text with the UUIDs put in for the names of the pool that are marked in it.
    fn resolved(&mut self, text: &str) -> String {
        words::resolved(text, |name| self.operator.uuid(name))
    }

    fn set(&mut self, name: &str, value: String) {
        self.bytes += value.len();
        self.lists.remove(name);
        self.vars.insert(name.to_owned(), value);
    }
}

/// Words of which each is known.
fn seen(words: Vec<String>) -> Result<Vec<String>, Stuck> {
    match words.iter().find_map(|word| words::unseen_in(word)) {
        Some(unseen) => Err(Stuck::On(words::hangs_on(unseen))),
        None => Ok(words),
    }
}
