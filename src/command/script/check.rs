//! A script of a scenario, looked at before anything runs: all that can't be followed is named with its place, and its commands
//! are given out as far as their words stand there. What passes here is followed to its end.

use super::programs::{CONSOLE, HARMLESS, looks, near_program};
use super::words;
use crate::command::shell::{self, Line, Piece, Script, ShellError, Word};
use shuck_ast::{
    ArithmeticExpr, ArithmeticExprNode, ArrayElem, Assignment, AssignmentValue, BinaryOp, BourneParameterExpansion, BuiltinCommand,
    Command, CompoundCommand, ConditionalExpr, DeclOperand, HeredocBodyPart, ParameterOp, Pattern, PatternPart, RedirectKind, Span, Stmt,
    StmtSeq, StmtTerminator, WordPart, WordPartNode,
};
use shuck_parser::parser::{ParseStatus, Parser};
use std::collections::{BTreeMap, BTreeSet};

/// The filters of a pipe that are followed where their words stand there.
const FILTERS: [&str; 12] = ["cat", "sort", "uniq", "head", "tail", "wc", "tr", "cut", "grep", "egrep", "fgrep", "awk"];
/// What the shell does by itself.
const OWN: [&str; 12] = ["echo", "printf", "yes", "true", ":", "false", "set", "sleep", "test", "[", "shift", "tee"];
/// Programs that start another.
const STARTERS: [&str; 8] = ["sudo", "nohup", "command", "exec", "time", "env", "nice", "builtin"];
/// The parts of a script that are looked at.
const PARTS_MOST: usize = 100_000;

/// A script that was looked at.
#[derive(Debug, Default)]
pub struct Checked {
    /// Its commands, as far as their words stand there; a word that is worked out is a variable.
    pub lines: Vec<Line>,
    /// The names that it takes for objects of the pool, with their places.
    pub names: Vec<(String, (usize, usize))>,
}

/// Reads the lines of a `run:`: those of the plain grammar one by one, else as a shell's script. `objects` says which names
/// are the pool's, `kept` those that earlier steps keep.
///
/// # Errors
/// What can't be followed, at least one; each names it and says what to write instead.
pub fn read(text: &str, objects: &dyn Fn(&str) -> bool, kept: &BTreeSet<String>) -> Result<(Script, Option<Checked>), Vec<ShellError>> {
    let plain = match shell::parse(text) {
        Ok(script) => return Ok((script, None)),
        Err(errors) => errors,
    };
    // Placeholders and what no shell can read are told of by whoever knows what was meant.
    if !words::mask(text, &BTreeMap::new()).1.is_empty() || text.lines().any(|line| line.len() > super::LINE_MOST) {
        return Err(plain);
    }
    // All that comes behind it is read as part of it: there is nothing else to say.
    if plain.iter().any(|error| error.unclosed) {
        return Err(plain.into_iter().filter(|error| error.unclosed).collect());
    }
    let parsed = Parser::new(text).parse();
    if parsed.status != ParseStatus::Clean
        && let Some(open) = opener(text)
    {
        return Err(vec![open]);
    }
    if parsed.status != ParseStatus::Clean || super::glued(text, &parsed.file.body).is_some() {
        return Err(plain);
    }
    let mut check = Check {
        text,
        objects,
        kept,
        set: BTreeSet::new(),
        functions: BTreeSet::new(),
        done: Checked::default(),
        errors: Vec::new(),
        parts: 0,
        does: false,
    };
    check.find_names(&parsed.file.body);
    check.sequence(&parsed.file.body, false);
    if !check.does && check.errors.is_empty() {
        check.error(
            0,
            "there is no command here".into(),
            "write one command a line, like `xe host-list`; for words to the reader use `note:`",
        );
    }
    if !check.errors.is_empty() {
        check.errors.sort_by_key(|error| error.offset);
        return Err(check.errors);
    }
    let lines = check.done.lines.clone();
    Ok((Script { text: text.to_owned(), lines, scripted: true }, Some(check.done)))
}

/// The first of a loop, an `if` or a `case` that is opened and not closed, in a text that no shell can read. Goes by the words where a
/// command may begin, with quotations and comments left out.
fn opener(text: &str) -> Option<ShellError> {
    let mut open: Vec<(usize, &str, &str)> = Vec::new();
    for (at, word) in command_words(text) {
        match word {
            "for" | "while" | "until" | "select" => open.push((at, word, "done")),
            "if" => open.push((at, word, "fi")),
            "case" => open.push((at, word, "esac")),
            "done" | "fi" | "esac" => {
                if open.last().is_some_and(|(.., close)| *close == word) {
                    open.pop();
                } else {
                    // A closer of something further out, or of nothing: what stands between is what lacks its own.
                    break;
                }
            }
            _ => {}
        }
    }
    let (offset, word, close) = open.pop()?;
    let message = format!("the `{word}` is not closed");
    Some(ShellError { offset, message, help: format!("close it with `{close}` on a line of its own"), unclosed: true })
}

/// The words that stand where a command may begin, with their places.
fn command_words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut begins, mut at) = (true, 0);
    let mut quote = None;
    while let Some(c) = text[at..].chars().next() {
        let width = c.len_utf8();
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('"') | None, '\\') => at += text[at + width..].chars().next().map_or(0, char::len_utf8),
            (Some(_), _) => {}
            (None, '\'' | '"') => (quote, begins) = (Some(c), false),
            (None, '#') if at == 0 || text[..at].ends_with([' ', '\t', '\n', ';']) => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            (None, '\n' | ';' | '&' | '|' | '(' | ')') => begins = true,
            (None, ' ' | '\t' | '\r') => {}
            (None, _) => {
                let length = text[at..].find([' ', '\t', '\r', '\n', ';', '&', '|', '(', ')', '\'', '"', '\\']).unwrap_or(text.len() - at);
                let word = &text[at..at + length.max(width)];
                if begins {
                    found.push((at, word));
                    begins = matches!(word, "do" | "then" | "else" | "elif" | "if" | "while" | "until" | "!" | "{");
                }
                at += word.len();
                continue;
            }
        }
        at += width;
    }
    found
}

struct Check<'c> {
    text: &'c str,
    objects: &'c dyn Fn(&str) -> bool,
    kept: &'c BTreeSet<String>,
    set: BTreeSet<String>,
    functions: BTreeSet<String>,
    done: Checked,
    errors: Vec<ShellError>,
    parts: usize,
    /// It does anything at all.
    does: bool,
}

/// What a variable of the shell's own is called.
fn of_the_shell(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_digit()) || matches!(name, "?" | "#" | "@" | "*" | "HOSTNAME" | "HOME" | "USER" | "PATH")
}

impl Check<'_> {
    fn error(&mut self, offset: usize, message: String, help: &str) {
        if !self.errors.iter().any(|known| known.offset == offset && known.message == message) {
            self.errors.push(ShellError { offset, message, help: help.to_owned(), unclosed: false });
        }
    }

    fn unfollowed(&mut self, span: Span, what: &str) {
        let help = "followed are variables, `$(…)`, `for` over lists, `if`, `case`, `[ … ]`, functions, `sleep`, `ssh` and filters with fixed words; take it out, or make steps of it with `wait-for:` and `if:`";
        self.error(span.start.offset(), format!("{what} can't be followed here"), help);
    }

    /// Whether there is room for more: a script is looked at up to a bound.
    fn room(&mut self, span: Span) -> bool {
        self.parts += 1;
        if self.parts == PARTS_MOST {
            self.error(span.start.offset(), "so long a script can't be followed".into(), "make several steps of it");
        }
        self.parts < PARTS_MOST
    }

    // ---- the names that a script gives

    fn find_names(&mut self, body: &StmtSeq) {
        for stmt in body.iter() {
            self.names_of(stmt);
        }
    }

    fn names_of(&mut self, stmt: &Stmt) {
        self.parts += 1;
        if self.parts > PARTS_MOST {
            return;
        }
        let assigned = |set: &mut BTreeSet<String>, assignments: &[Assignment]| {
            set.extend(assignments.iter().map(|assignment| assignment.target.name.as_str().to_owned()));
        };
        match &stmt.command {
            Command::Simple(simple) => assigned(&mut self.set, &simple.assignments),
            Command::Decl(declaration) => {
                for operand in &declaration.operands {
                    match operand {
                        DeclOperand::Assignment(assignment) => assigned(&mut self.set, std::slice::from_ref(assignment)),
                        DeclOperand::Name(name) => {
                            self.set.insert(name.name.as_str().to_owned());
                        }
                        _ => {}
                    }
                }
            }
            Command::Binary(binary) => {
                self.names_of(&binary.left);
                self.names_of(&binary.right);
            }
            Command::Function(function) => {
                for entry in &function.header.entries {
                    self.functions.extend(entry.static_name.as_ref().map(|name| name.as_str().to_owned()));
                }
                self.names_of(&function.body);
            }
            Command::Compound(compound) => match compound {
                CompoundCommand::BraceGroup(body) | CompoundCommand::Subshell(body) => self.find_names(body),
                CompoundCommand::If(command) => {
                    self.find_names(&command.condition);
                    self.find_names(&command.then_branch);
                    for (condition, body) in &command.elif_branches {
                        self.find_names(condition);
                        self.find_names(body);
                    }
                    if let Some(body) = &command.else_branch {
                        self.find_names(body);
                    }
                }
                CompoundCommand::For(command) => {
                    for target in &command.targets {
                        self.set.extend(target.name.as_ref().map(|name| name.as_str().to_owned()));
                    }
                    self.find_names(&command.body);
                }
                CompoundCommand::Case(command) => {
                    for item in &command.cases {
                        self.find_names(&item.body);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    // ---- statements

    fn sequence(&mut self, body: &StmtSeq, piped: bool) {
        for stmt in body.iter() {
            self.statement(stmt, piped);
        }
    }

    /// `piped`: something is piped into it.
    fn statement(&mut self, stmt: &Stmt, piped: bool) {
        if !self.room(stmt.span) {
            return;
        }
        if let Some(StmtTerminator::Background(_)) = stmt.terminator {
            self.unfollowed(stmt.terminator_span.unwrap_or(stmt.span), "`&` (a command in the background)");
        }
        let mut fed = piped;
        let mut piped = piped;
        for redirect in &stmt.redirects {
            match redirect.kind {
                RedirectKind::Output
                | RedirectKind::Append
                | RedirectKind::Clobber
                | RedirectKind::OutputBoth
                | RedirectKind::DupOutput => {
                    if let Some(word) = redirect.word_target() {
                        self.word(&word.parts);
                    }
                }
                RedirectKind::Input => {
                    let from = redirect.word_target().map(|word| word.span.slice(self.text).to_owned()).unwrap_or_default();
                    if from != "/dev/null" {
                        self.unfollowed(redirect.span, &format!("what is read from `{from}`"));
                    }
                    fed = false;
                    piped = true;
                }
                RedirectKind::HereString => {
                    if let Some(word) = redirect.word_target() {
                        self.word(&word.parts);
                    }
                    (fed, piped) = (true, true);
                }
                RedirectKind::HereDoc | RedirectKind::HereDocStrip => {
                    if let Some(heredoc) = redirect.heredoc().filter(|heredoc| heredoc.delimiter.expands_body) {
                        for node in &heredoc.body.parts {
                            match &node.kind {
                                HeredocBodyPart::Literal(_) => {}
                                HeredocBodyPart::Variable(name) => self.name(name.as_str(), node.span),
                                HeredocBodyPart::CommandSubstitution { body, .. } => self.sequence(body, false),
                                _ => self.unfollowed(node.span, &format!("`{}`", node.span.slice(self.text))),
                            }
                        }
                    }
                    (fed, piped) = (true, true);
                }
                RedirectKind::DupInput => {}
                RedirectKind::ReadWrite => self.unfollowed(redirect.span, "a redirection `<>`"),
            }
        }
        match &stmt.command {
            Command::Simple(simple) => {
                for assignment in &simple.assignments {
                    self.assignment(assignment);
                }
                self.word(&simple.name.parts);
                for word in &simple.args {
                    self.word(&word.parts);
                }
                let words: Vec<&shuck_ast::Word> =
                    std::iter::once(&simple.name).chain(&simple.args).filter(|word| !word.parts.is_empty()).collect();
                if !words.is_empty() && !simple.name.span.slice(self.text).is_empty() {
                    self.does = true;
                    self.program(&words, simple.name.span, piped);
                }
            }
            Command::Decl(declaration) => {
                for operand in &declaration.operands {
                    match operand {
                        DeclOperand::Assignment(assignment) => self.assignment(assignment),
                        DeclOperand::Dynamic(word) => self.unfollowed(word.span, "a name that is worked out"),
                        _ => {}
                    }
                }
            }
            Command::Builtin(builtin) => {
                let code = match builtin {
                    BuiltinCommand::Return(command) => &command.code,
                    BuiltinCommand::Exit(command) => &command.code,
                    _ => &None,
                };
                if let Some(word) = code {
                    self.word(&word.parts);
                }
            }
            Command::Binary(binary) => {
                let pipe = matches!(binary.op, BinaryOp::Pipe | BinaryOp::PipeAll);
                self.statement(&binary.left, piped && pipe);
                self.statement(&binary.right, pipe);
            }
            Command::Compound(compound) => {
                if fed {
                    self.unfollowed(stmt.span, "what is piped into a loop or a group");
                }
                self.compound(stmt.span, compound);
            }
            Command::Function(function) => self.statement(&function.body, false),
            Command::AnonymousFunction(_) => self.unfollowed(stmt.span, "a function without a name"),
        }
    }

    fn assignment(&mut self, assignment: &Assignment) {
        if assignment.target.subscript.is_some() {
            self.unfollowed(assignment.span, "one element of a list");
        }
        match &assignment.value {
            AssignmentValue::Scalar(word) => self.word(&word.parts),
            AssignmentValue::Compound(list) => {
                for element in &list.elements {
                    match element {
                        ArrayElem::Sequential(word) => self.word(&word.parts),
                        _ => self.unfollowed(assignment.span, "a list with keys"),
                    }
                }
            }
        }
    }

    fn compound(&mut self, span: Span, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::BraceGroup(body) | CompoundCommand::Subshell(body) => self.sequence(body, false),
            CompoundCommand::If(command) => {
                self.sequence(&command.condition, false);
                self.sequence(&command.then_branch, false);
                for (condition, body) in &command.elif_branches {
                    self.sequence(condition, false);
                    self.sequence(body, false);
                }
                if let Some(body) = &command.else_branch {
                    self.sequence(body, false);
                }
            }
            CompoundCommand::For(command) => {
                if command.targets.len() != 1 || command.targets[0].name.is_none() {
                    self.unfollowed(span, "`for` over several names");
                }
                for word in command.words.iter().flatten() {
                    self.word(&word.parts);
                }
                self.sequence(&command.body, false);
            }
            CompoundCommand::Case(command) => {
                self.word(&command.word.parts);
                for item in &command.cases {
                    for pattern in &item.patterns {
                        self.pattern(pattern);
                    }
                    self.sequence(&item.body, false);
                }
            }
            CompoundCommand::Conditional(command) => self.condition(&command.expression),
            CompoundCommand::Arithmetic(command) => match &command.expr_ast {
                Some(expr) => self.arithmetic(expr),
                None => self.unfollowed(span, "`((`"),
            },
            CompoundCommand::Time(command) => {
                if let Some(inner) = &command.command {
                    self.statement(inner, false);
                }
            }
            CompoundCommand::While(_) => self.unfollowed(span, "`while`"),
            CompoundCommand::Until(_) => self.unfollowed(span, "`until`"),
            CompoundCommand::Select(_) => self.unfollowed(span, "`select`"),
            CompoundCommand::ArithmeticFor(_) => self.unfollowed(span, "`for ((`"),
            CompoundCommand::Coproc(_) => self.unfollowed(span, "`coproc`"),
            _ => self.unfollowed(span, "this"),
        }
    }

    fn condition(&mut self, expr: &ConditionalExpr) {
        use shuck_ast::{ConditionalBinaryOp as Two, ConditionalUnaryOp as One};
        match expr {
            ConditionalExpr::Parenthesized(inner) => self.condition(&inner.expr),
            ConditionalExpr::Word(word) => self.word(&word.parts),
            ConditionalExpr::Pattern(pattern) => self.pattern(pattern),
            ConditionalExpr::Unary(unary) if matches!(unary.op, One::Not | One::EmptyString | One::NonEmptyString) => {
                self.condition(&unary.expr);
            }
            ConditionalExpr::Binary(binary)
                if matches!(
                    binary.op,
                    Two::And
                        | Two::Or
                        | Two::PatternEq
                        | Two::PatternEqShort
                        | Two::PatternNe
                        | Two::ArithmeticEq
                        | Two::ArithmeticNe
                        | Two::ArithmeticLt
                        | Two::ArithmeticLe
                        | Two::ArithmeticGt
                        | Two::ArithmeticGe
                ) =>
            {
                self.condition(&binary.left);
                self.condition(&binary.right);
            }
            other => self.unfollowed(other.span(), &format!("`[[ {} ]]`", other.span().slice(self.text))),
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        for (part, span) in pattern.parts_with_spans() {
            match part {
                PatternPart::Word(word) => self.word(&word.parts),
                PatternPart::Group { .. } => self.unfollowed(span, "such a pattern"),
                _ => {}
            }
        }
    }

    fn arithmetic(&mut self, node: &ArithmeticExprNode) {
        if !self.room(node.span) {
            return;
        }
        match &node.kind {
            ArithmeticExpr::Number(_) => {}
            ArithmeticExpr::Variable(name) => self.name(name.as_str(), node.span),
            ArithmeticExpr::ShellWord(word) => self.word(&word.parts),
            ArithmeticExpr::Parenthesized { expression } => self.arithmetic(expression),
            ArithmeticExpr::Unary { expr, .. } | ArithmeticExpr::Postfix { expr, .. } => self.arithmetic(expr),
            ArithmeticExpr::Binary { left, right, .. } => {
                self.arithmetic(left);
                self.arithmetic(right);
            }
            ArithmeticExpr::Conditional { condition, then_expr, else_expr } => {
                self.arithmetic(condition);
                self.arithmetic(then_expr);
                self.arithmetic(else_expr);
            }
            ArithmeticExpr::Assignment { value, .. } => self.arithmetic(value),
            ArithmeticExpr::Indexed { .. } => self.unfollowed(node.span, "an element of a list"),
        }
    }

    // ---- words

    fn name(&mut self, name: &str, span: Span) {
        if of_the_shell(name) || self.set.contains(name) || self.kept.contains(name) {
            return;
        }
        self.done.names.push((name.to_owned(), (span.start.offset(), span.end.offset())));
    }

    fn word(&mut self, parts: &[WordPartNode]) {
        for node in parts {
            if !self.room(node.span) {
                return;
            }
            let span = node.span;
            let inner = span.slice(self.text).strip_prefix("${").and_then(|text| text.strip_suffix('}'));
            if inner.is_some_and(|inner| !inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && (self.objects)(inner)) {
                continue;
            }
            match &node.kind {
                WordPart::Literal(_) | WordPart::SingleQuoted { .. } => {}
                WordPart::DoubleQuoted { parts, .. } => self.word(parts),
                WordPart::Variable(name) => self.name(name.as_str(), span),
                WordPart::CommandSubstitution { body, .. } => self.sequence(body, false),
                WordPart::ArithmeticExpansion { expression_ast: Some(expr), .. } => self.arithmetic(expr),
                WordPart::Length(reference) | WordPart::ArrayAccess(reference) | WordPart::ArrayLength(reference) => {
                    self.name(reference.name.as_str(), span);
                }
                WordPart::Parameter(parameter) => match parameter.bourne() {
                    Some(BourneParameterExpansion::Access { reference } | BourneParameterExpansion::Length { reference }) => {
                        self.name(reference.name.as_str(), span);
                    }
                    Some(BourneParameterExpansion::Operation { reference, operator, operand_word_ast, .. }) => {
                        self.operated(reference.name.as_str(), operator, operand_word_ast.as_deref(), span);
                    }
                    _ => self.unfollowed(span, &format!("`{}`", span.slice(self.text))),
                },
                WordPart::ParameterExpansion { reference, operator, operand_word_ast, .. } => {
                    self.operated(reference.name.as_str(), operator, operand_word_ast.as_deref(), span);
                }
                _ => self.unfollowed(span, &format!("`{}`", span.slice(self.text))),
            }
        }
    }

    fn operated(&mut self, name: &str, operator: &ParameterOp, operand: Option<&shuck_ast::Word>, span: Span) {
        if let Some(word) = operand {
            self.word(&word.parts);
        }
        match operator {
            // What has a value of its own where nothing is set needs no object of that name.
            ParameterOp::UseDefault | ParameterOp::AssignDefault | ParameterOp::UseReplacement => {}
            ParameterOp::RemovePrefixShort { pattern }
            | ParameterOp::RemovePrefixLong { pattern }
            | ParameterOp::RemoveSuffixShort { pattern }
            | ParameterOp::RemoveSuffixLong { pattern } => {
                self.pattern(pattern);
                self.name(name, span);
            }
            ParameterOp::ReplaceFirst { pattern, replacement_word_ast, .. }
            | ParameterOp::ReplaceAll { pattern, replacement_word_ast, .. } => {
                if pattern.parts_with_spans().any(|(part, _)| !matches!(part, PatternPart::Literal(_) | PatternPart::Word(_))) {
                    self.unfollowed(span, "such a pattern");
                }
                self.pattern(pattern);
                self.word(&replacement_word_ast.parts);
                self.name(name, span);
            }
            ParameterOp::UpperFirst | ParameterOp::LowerFirst => self.unfollowed(span, &format!("`{}`", span.slice(self.text))),
            ParameterOp::Error | ParameterOp::UpperAll | ParameterOp::LowerAll => self.name(name, span),
        }
    }

    // ---- commands

    /// A word as a line has it: what is worked out is a variable.
    fn of_a_line(&self, parts: &[WordPartNode], word: &mut Word) {
        for node in parts {
            let text = match &node.kind {
                WordPart::Literal(text) => Piece::Text(text.as_str(self.text, node.span).to_owned()),
                WordPart::SingleQuoted { value, .. } => Piece::Text(value.slice(self.text).to_owned()),
                WordPart::DoubleQuoted { parts, .. } => {
                    self.of_a_line(parts, word);
                    continue;
                }
                _ => {
                    let slice = node.span.slice(self.text);
                    let name = slice.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
                    Piece::Variable(if self.set.contains(name) { format!("({name})") } else { name.to_owned() })
                }
            };
            word.0.push(text);
        }
    }

    fn program(&mut self, words: &[&shuck_ast::Word], span: Span, piped: bool) {
        let line: Vec<Word> = words
            .iter()
            .map(|word| {
                let mut of = Word::default();
                self.of_a_line(&word.parts, &mut of);
                of
            })
            .collect();
        let plain: Vec<Option<String>> = line.iter().map(Word::plain).collect();
        let Some(first) = plain[0].clone() else { return };
        let name = first.rsplit('/').next().unwrap_or_default().to_owned();
        let known = |at: usize| plain.get(at).cloned().flatten();
        let args: Vec<String> = plain[1..].iter().map(|word| word.clone().unwrap_or_else(|| "$".into())).collect();
        if self.functions.contains(&first) || OWN.contains(&name.as_str()) || HARMLESS.contains(&name.as_str()) {
            return;
        }
        if CONSOLE.contains(&name.as_str()) || name == "xapi" && first.contains("/init.d/") || name == "cat" && !piped && !args.is_empty() {
            let places: Vec<(usize, usize)> = words.iter().map(|word| (word.span.start.offset(), word.span.end.offset())).collect();
            let (start, end) = (places[0].0, places.last().map_or(places[0].1, |place| place.1));
            // What is piped into it is not known before; it is enough to know that there is something.
            let piped = piped.then(|| "yes\n".to_owned());
            self.done.lines.push(Line { text: self.text[start..end].to_owned(), offset: start, words: line, places, piped });
            return;
        }
        match name.as_str() {
            _ if STARTERS.contains(&name.as_str()) || name == "timeout" => {
                let skip = 1
                    + usize::from(name == "timeout")
                    + plain[1..].iter().take_while(|arg| arg.as_deref().is_some_and(|arg| arg.starts_with('-'))).count();
                if words.len() > skip {
                    self.program(&words[skip..], words[skip].span, piped);
                }
            }
            "xargs" => {
                let at = (1..words.len())
                    .find(|at| known(*at).is_some_and(|word| CONSOLE.contains(&word.rsplit('/').next().unwrap_or_default())));
                match at {
                    Some(at) => self.program(&words[at..], words[at].span, false),
                    None => self.unfollowed(span, "`xargs` for what is no command of a pool"),
                }
            }
            "ssh" if known(1).is_none_or(|word| !word.starts_with('-')) && words.len() > 2 => {}
            "ssh" => self.unfollowed(span, "`ssh` without a command, or with switches,"),
            "ping" => {}
            "sed" | "awk" | "grep" | "egrep" | "fgrep" if plain.iter().any(Option::is_none) && name != "grep" => {
                self.unfollowed(span, &format!("`{name}` with words that are worked out"));
            }
            _ if FILTERS.contains(&name.as_str()) || name == "sed" => {
                let fixed = plain.iter().all(Option::is_some);
                if !piped || fixed && super::filters::filter(&name, &args, "").is_none() {
                    self.unfollowed(
                        span,
                        &format!("`{}`", words.iter().map(|word| word.span.slice(self.text)).collect::<Vec<_>>().join(" ")),
                    );
                }
            }
            "ipmitool" | "reboot" | "poweroff" | "halt" | "shutdown" | "init" => {
                self.error(
                    span.start.offset(),
                    format!("`{name}` is done by hand here"),
                    "make a step of it: `act: {power-off: beta}`, `{check-off: beta}`, `{power-on: beta}`",
                );
            }
            _ if looks(&name, &args) => self.unfollowed(span, &format!("`{name}`, which looks at what is not simulated,")),
            _ => match near_program(&name) {
                Some(near) => {
                    self.error(span.start.offset(), format!("`{first}` is no command of a console"), &format!("did you mean `{near}`?"))
                }
                None => self.unfollowed(span, &format!("`{name}`")),
            },
        }
    }
}
