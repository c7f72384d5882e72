//! The shell of a runbook, evaluated as far as that is exact: variables, substitutions, loops over lists, conditions on what
//! is known. Commands are typed by the [`Typist`]; what can't be followed is named, and from there on nothing is run that
//! hangs on it, but only looked at.

mod expand;
mod programs;

use super::sheet::Chunk;
use super::typist::{Came, Typist, Untyped, What};
use super::{Item, Kind, words};
use crate::scenario::diagnostic::Gravity;
use crate::world::event::Status;
use crate::world::inventory::Inventory;
use shuck_ast::{
    BinaryOp, BuiltinCommand, Command, CompoundCommand, ConditionalBinaryOp, ConditionalExpr, ConditionalUnaryOp, Span, Stmt, StmtSeq,
    StmtTerminator,
};
use shuck_parser::parser::{ParseStatus, Parser};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A runbook types at most so many commands in one world.
pub const COMMANDS_MOST: usize = 400;
/// Loops, functions and substitutions stand in each other at most so deep.
const DEPTH_MOST: u32 = 40;
/// A runbook goes through at most so many statements.
const STATEMENTS_MOST: u32 = 20_000;

/// A part of the shell's text, with the runbook's line of each of its lines.
pub struct Source {
    text: String,
    lines: Vec<u32>,
}

impl Source {
    /// The runbook's line of a place.
    fn line(&self, span: Span) -> u32 {
        self.lines.get(span.start.line().saturating_sub(1)).or(self.lines.last()).copied().unwrap_or(1)
    }
}

/// What can't be followed.
#[derive(Debug)]
pub struct Stuck(String);

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
    Ends,
}

#[derive(Clone)]
struct Function {
    source: Rc<Source>,
    body: Stmt,
}

/// The shell in one world.
pub struct Shell<'a> {
    names: &'a Inventory,
    /// The steps that were typed.
    pub typist: Typist,
    /// At whose consoles it is typed: the last is where one stands.
    hosts: Vec<String>,
    vars: BTreeMap<String, String>,
    functions: BTreeMap<String, Function>,
    positional: Vec<String>,
    /// What `--set` fills in.
    filled: &'a BTreeMap<String, String>,
    /// The placeholders of the present text, by their number.
    placeholders: Vec<String>,
    errexit: bool,
    /// In a condition, or before `||`: there a refusal is an answer.
    deciding: u32,
    depth: u32,
    statements: u32,
    status: i32,
    /// What was typed in answer to a question of the present commands.
    answer: Option<String>,
    /// What is to be told.
    pub items: Vec<Item>,
    /// What was not followed.
    pub not_followed: Vec<(u32, String)>,
    /// Something that might have changed the pool was not followed: from there on nothing is run.
    pub lost: bool,
    /// A command failed, wherever a mistake of its words was told instead.
    pub failed: bool,
}

impl<'a> Shell<'a> {
    /// A shell that has typed nothing.
    pub fn new(names: &'a Inventory, typist: Typist, filled: &'a BTreeMap<String, String>) -> Shell<'a> {
        Shell {
            names,
            hosts: vec![typist.console().to_owned()],
            typist,
            vars: BTreeMap::new(),
            functions: BTreeMap::new(),
            positional: Vec::new(),
            filled,
            placeholders: Vec::new(),
            errexit: false,
            deciding: 0,
            depth: 0,
            statements: 0,
            status: 0,
            answer: None,
            items: Vec::new(),
            not_followed: Vec::new(),
            lost: false,
            failed: false,
        }
    }

    /// Runs commands that stand together; whether more are to follow.
    pub fn chunk(&mut self, chunk: &Chunk) -> bool {
        if let Some(host) = &chunk.host {
            match self.names.machine_by_address(host.split('.').next().unwrap_or(host)).or_else(|| self.names.machine_by_address(host)) {
                Some(machine) => self.hosts = vec![self.names.machine(machine).to_owned()],
                None => {
                    self.item(chunk.lines[0], Kind::Notice, format!("the prompt names {host}, which is no host of the pool"), String::new())
                }
            }
        }
        self.answer = chunk.answer.clone();
        let flow = self.text(&chunk.source, &chunk.lines);
        self.answer = None;
        !matches!(flow, Flow::Ends)
    }

    /// Runs a text of the shell.
    fn text(&mut self, text: &str, lines: &[u32]) -> Flow {
        let (masked, placeholders) = words::mask(text, self.filled);
        let outer = std::mem::replace(&mut self.placeholders, placeholders);
        let source = Rc::new(Source { text: masked, lines: lines.to_vec() });
        let parsed = Parser::new(&source.text).parse();
        if parsed.status != ParseStatus::Clean {
            let told = parsed.diagnostics.first().map(|told| (told.message.clone(), told.span));
            let (message, line) = match &told {
                Some((message, span)) => (message.clone(), source.line(*span)),
                None => (
                    parsed.terminal_error.as_ref().map_or_else(|| "a syntax error".into(), ToString::to_string),
                    source.lines.first().copied().unwrap_or(1),
                ),
            };
            self.failed = true;
            self.item(line, Kind::Typo, format!("the shell can't read this: {message}"), "quote it, or take out what is no command".into());
        }
        let flow = if parsed.status == ParseStatus::Fatal {
            self.stuck(source.lines.first().copied().unwrap_or(1), "what the shell can't read".into());
            Flow::Goes(2)
        } else {
            self.sequence(&source, &parsed.file.body)
        };
        self.placeholders = outer;
        flow
    }

    fn sequence(&mut self, source: &Rc<Source>, body: &StmtSeq) -> Flow {
        let mut flow = Flow::Goes(0);
        for stmt in body.iter() {
            flow = self.statement(source, stmt);
            match flow {
                Flow::Goes(status) => {
                    self.status = status;
                    if status != 0 && self.errexit && self.deciding == 0 && !matches!(stmt.command, Command::Binary(_)) {
                        return Flow::Ends;
                    }
                }
                _ => return flow,
            }
        }
        flow
    }

    fn statement(&mut self, source: &Rc<Source>, stmt: &Stmt) -> Flow {
        let line = source.line(stmt.span);
        self.statements += 1;
        if self.statements > STATEMENTS_MOST || self.depth > DEPTH_MOST || self.typist.typed.len() >= COMMANDS_MOST {
            if !self.lost {
                self.stuck(line, "so many commands".into());
            }
            return Flow::Ends;
        }
        if let Some(StmtTerminator::Background(_)) = stmt.terminator {
            self.stuck(line, "a command in the background (`&`)".into());
            return Flow::Goes(0);
        }
        self.depth += 1;
        let done = self.command(source, stmt);
        self.depth -= 1;
        match done {
            Ok(Flow::Goes(status)) if stmt.negated => Flow::Goes(i32::from(status == 0)),
            Ok(flow) => flow,
            Err(Stuck(what)) => {
                self.stuck(line, what);
                Flow::Goes(0)
            }
        }
    }

    fn command(&mut self, source: &Rc<Source>, stmt: &Stmt) -> Result<Flow, Stuck> {
        match &stmt.command {
            Command::Simple(_) | Command::Decl(_) => {
                let (_, flow) = self.stage(source, stmt, None)?;
                Ok(flow)
            }
            Command::Builtin(builtin) => self.builtin(source, builtin),
            Command::Binary(binary) => match binary.op {
                BinaryOp::Pipe | BinaryOp::PipeAll => {
                    let (_, flow) = self.stage(source, stmt, None)?;
                    Ok(flow)
                }
                BinaryOp::And | BinaryOp::Or => {
                    self.deciding += 1;
                    let left = self.statement(source, &binary.left);
                    self.deciding -= 1;
                    let Flow::Goes(status) = left else { return Ok(left) };
                    self.status = status;
                    let goes_on = (status == 0) == (binary.op == BinaryOp::And) || self.lost;
                    if goes_on {
                        return Ok(self.statement(source, &binary.right));
                    }
                    // Of a chain that ends with a refusal it is the refusal that ends it.
                    if status != 0 {
                        self.failed = true;
                    }
                    Ok(left)
                }
            },
            Command::Compound(compound) => self.compound(source, stmt, compound),
            Command::Function(function) => {
                for entry in &function.header.entries {
                    if let Some(name) = &entry.static_name {
                        let body = Function { source: Rc::clone(source), body: (*function.body).clone() };
                        self.functions.insert(name.as_str().to_owned(), body);
                    }
                }
                Ok(Flow::Goes(0))
            }
            Command::AnonymousFunction(_) => Err(Stuck("a function without a name".into())),
        }
    }

    fn builtin(&mut self, source: &Rc<Source>, builtin: &BuiltinCommand) -> Result<Flow, Stuck> {
        let mut code = |word: &Option<shuck_ast::Word>| -> Result<i32, Stuck> {
            match word {
                None => Ok(self.status),
                Some(word) => Ok(self.words(source, word)?.join(" ").parse().unwrap_or(2)),
            }
        };
        match builtin {
            BuiltinCommand::Break(_) => Ok(Flow::Breaks),
            BuiltinCommand::Continue(_) => Ok(Flow::Continues),
            BuiltinCommand::Return(command) => Ok(Flow::Returns(code(&command.code)?)),
            BuiltinCommand::Exit(_) if self.hosts.len() > 1 => {
                self.hosts.pop();
                Ok(Flow::Goes(0))
            }
            // What follows may be meant for another branch: where nothing is run any more, all is looked at.
            BuiltinCommand::Exit(_) if self.lost => Ok(Flow::Goes(0)),
            BuiltinCommand::Exit(_) => Ok(Flow::Ends),
        }
    }

    fn compound(&mut self, source: &Rc<Source>, stmt: &Stmt, compound: &CompoundCommand) -> Result<Flow, Stuck> {
        match compound {
            CompoundCommand::BraceGroup(body) => Ok(self.sequence(source, body)),
            CompoundCommand::Subshell(body) => {
                let (vars, hosts, errexit) = (self.vars.clone(), self.hosts.clone(), self.errexit);
                let flow = self.sequence(source, body);
                (self.vars, self.hosts, self.errexit) = (vars, hosts, errexit);
                Ok(if flow == Flow::Ends { Flow::Goes(1) } else { flow })
            }
            CompoundCommand::If(command) => {
                let arms = std::iter::once((&command.condition, &command.then_branch))
                    .chain(command.elif_branches.iter().map(|(condition, body)| (condition, body)));
                for (condition, body) in arms {
                    self.deciding += 1;
                    let flow = self.sequence(source, condition);
                    self.deciding -= 1;
                    let Flow::Goes(status) = flow else { return Ok(flow) };
                    if self.lost {
                        // Which way it goes is not known: every way is looked at, none is run.
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
                let [target] = &command.targets[..] else { return Err(Stuck("`for` over several names".into())) };
                let Some(name) = target.name.as_ref().map(|name| name.as_str().to_owned()) else { return Err(Stuck("`for`".into())) };
                let mut values = Vec::new();
                match &command.words {
                    Some(words) => {
                        for word in words {
                            values.extend(self.words(source, word)?);
                        }
                    }
                    None => values.clone_from(&self.positional),
                }
                let mut flow = Flow::Goes(0);
                for value in values {
                    self.vars.insert(name.clone(), value);
                    flow = self.sequence(source, &command.body);
                    match flow {
                        Flow::Breaks => return Ok(Flow::Goes(0)),
                        Flow::Goes(_) | Flow::Continues => {}
                        Flow::Returns(_) | Flow::Ends => return Ok(flow),
                    }
                }
                Ok(if flow == Flow::Continues { Flow::Goes(0) } else { flow })
            }
            CompoundCommand::Case(command) => {
                let word = self.words(source, &command.word)?.join(" ");
                for item in &command.cases {
                    for pattern in &item.patterns {
                        let pattern = pattern.render(&source.text);
                        let matches =
                            pattern == "*" || words::literal(&pattern).ok_or_else(|| Stuck(format!("the pattern `{pattern}`")))? == word;
                        if matches {
                            return Ok(self.sequence(source, &item.body));
                        }
                    }
                }
                Ok(Flow::Goes(0))
            }
            CompoundCommand::Conditional(command) => {
                let holds = self.condition(source, &command.expression)?;
                Ok(Flow::Goes(i32::from(!holds)))
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
                    CompoundCommand::Arithmetic(_) => ("((", vec![]),
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

    fn condition(&mut self, source: &Rc<Source>, expr: &ConditionalExpr) -> Result<bool, Stuck> {
        let unknown = |what: &str| Stuck(format!("`[[ {what} ]]`"));
        match expr {
            ConditionalExpr::Parenthesized(inner) => self.condition(source, &inner.expr),
            ConditionalExpr::Word(word) => Ok(!self.quoted_word(source, word)?.is_empty()),
            ConditionalExpr::Unary(unary) => match unary.op {
                ConditionalUnaryOp::Not => Ok(!self.condition(source, &unary.expr)?),
                ConditionalUnaryOp::EmptyString | ConditionalUnaryOp::NonEmptyString => {
                    let ConditionalExpr::Word(word) = &*unary.expr else { return Err(unknown(unary.op.as_str())) };
                    Ok(self.quoted_word(source, word)?.is_empty() == (unary.op == ConditionalUnaryOp::EmptyString))
                }
                op => Err(unknown(op.as_str())),
            },
            ConditionalExpr::Binary(binary) => match binary.op {
                ConditionalBinaryOp::And => Ok(self.condition(source, &binary.left)? && self.condition(source, &binary.right)?),
                ConditionalBinaryOp::Or => Ok(self.condition(source, &binary.left)? || self.condition(source, &binary.right)?),
                op => {
                    let side = |shell: &mut Self, side: &ConditionalExpr| match side {
                        ConditionalExpr::Word(word) => shell.quoted_word(source, word),
                        ConditionalExpr::Pattern(pattern) => {
                            let text = pattern.render(&source.text);
                            // A variable within a pattern is evaluated like any other word.
                            match pattern.parts_with_spans().collect::<Vec<_>>()[..] {
                                [(shuck_ast::PatternPart::Word(word), _)] => shell.quoted_word(source, word),
                                _ => words::literal(&text).ok_or_else(|| Stuck(format!("the pattern `{text}`"))),
                            }
                        }
                        _ => Err(unknown(op.as_str())),
                    };
                    let (left, right) = (side(self, &binary.left)?, side(self, &binary.right)?);
                    let numbers = || match (left.trim().parse::<i64>(), right.trim().parse::<i64>()) {
                        (Ok(left), Ok(right)) => Ok((left, right)),
                        _ => Err(unknown(op.as_str())),
                    };
                    match op {
                        ConditionalBinaryOp::PatternEq | ConditionalBinaryOp::PatternEqShort => Ok(left == right),
                        ConditionalBinaryOp::PatternNe => Ok(left != right),
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

    fn item(&mut self, line: u32, kind: Kind, what: String, mend: String) {
        let item = Item { line, kind, what, mend };
        if !self.items.contains(&item) {
            self.items.push(item);
        }
    }

    /// Types a command, or does something by hand.
    fn take(&mut self, line: u32, what: &What) -> Came {
        let nothing = |told| Came { output: String::new(), status: Status::NotBegun, exit: 0, code: None, told };
        if self.lost {
            let told = self.typist.check(line, what);
            self.tell(line, &nothing(told.clone()));
            return nothing(told);
        }
        match self.typist.take(line, what) {
            Ok(came) => {
                self.tell(line, &came);
                came
            }
            Err(Untyped::Unread(told)) => {
                self.tell(line, &nothing(told.clone()));
                self.failed = true;
                Came { exit: 1, ..nothing(told) }
            }
            Err(Untyped::Over) => {
                self.stuck(line, "what would be typed after the end of the scenario".into());
                nothing(Vec::new())
            }
        }
    }

    /// What is said of a command that was typed: mistakes of its words, and that it failed.
    fn tell(&mut self, line: u32, came: &Came) {
        let mut wrong = false;
        for told in &came.told {
            let kind = words::kind(told);
            // A mistake that the tool refuses is the reason of the refusal.
            wrong |= told.gravity == Gravity::Error && kind != Kind::Notice;
            self.failed |= told.gravity == Gravity::Error && matches!(kind, Kind::Typo | Kind::Placeholder);
            if kind == Kind::NotFollowed {
                if !self.not_followed.iter().any(|(at, _)| *at == line) {
                    self.not_followed.push((line, told.message.clone()));
                }
                self.lost = true;
            } else {
                self.item(line, kind, told.message.clone(), told.help.clone());
            }
        }
        let failed = matches!(came.status, Status::Error | Status::Hung);
        if failed && self.deciding == 0 {
            self.failed = true;
            if !wrong {
                let (what, mend) = words::failure(came);
                self.item(line, Kind::Fails, what, mend);
            }
        }
    }
}
