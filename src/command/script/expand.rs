//! Words of the shell: variables, substitutions, and how what they come to is split.

use super::glob::Glob;
use super::{Flow, Kind, Operator, Shell, Source, Stuck, names, words};
use shuck_ast::{
    BourneParameterExpansion, HeredocBody, HeredocBodyPart, ParameterExpansion, ParameterOp, Pattern, PatternPart, StmtSeq, Subscript,
    VarRef, Word, WordPart, WordPartNode,
};
use std::sync::Arc;

/// The fields that a word comes to.
#[derive(Default)]
struct Fields {
    done: Vec<String>,
    present: Option<String>,
}

impl Fields {
    fn push(&mut self, text: &str) {
        self.present.get_or_insert_default().push_str(text);
    }

    /// What was not quoted ends a field at each blank.
    fn split(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find([' ', '\t', '\n']) {
            if at > 0 {
                self.push(&rest[..at]);
            }
            self.done.extend(self.present.take());
            rest = rest[at..].trim_start_matches([' ', '\t', '\n']);
        }
        if !rest.is_empty() {
            self.push(rest);
        }
    }

    fn add(&mut self, text: &str, quoted: bool) {
        if quoted { self.push(text) } else { self.split(text) }
    }

    /// Each element as a field of its own.
    fn each(&mut self, values: &[String], quoted: bool) {
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.done.extend(self.present.take());
            }
            self.add(value, quoted);
        }
    }
}

impl<O: Operator> Shell<'_, O> {
    /// The fields of a word.
    pub(super) fn words(&mut self, source: &Arc<Source>, word: &Word) -> Result<Vec<String>, Stuck> {
        let mut fields = Fields::default();
        for part in &word.parts {
            self.part(source, part, false, &mut fields)?;
        }
        fields.done.extend(fields.present);
        self.bytes += fields.done.iter().map(String::len).sum::<usize>();
        Ok(fields.done)
    }

    /// A word as one text, as if it stood in double quotes.
    pub(super) fn quoted_word(&mut self, source: &Arc<Source>, word: &Word) -> Result<String, Stuck> {
        let mut fields = Fields::default();
        for part in &word.parts {
            self.part(source, part, true, &mut fields)?;
        }
        fields.done.extend(fields.present);
        let text = fields.done.join(" ");
        self.bytes += text.len();
        Ok(text)
    }

    /// A word as one text, where what comes of it decides: it must be known.
    pub(super) fn seen_word(&mut self, source: &Arc<Source>, word: &Word) -> Result<String, Stuck> {
        let text = self.quoted_word(source, word)?;
        match words::unseen_in(&text) {
            Some(unseen) => Err(Stuck::On(words::hangs_on(unseen))),
            None => Ok(text),
        }
    }

    /// The text of a here-document.
    pub(super) fn document(&mut self, source: &Arc<Source>, body: &HeredocBody, expands: bool) -> Result<String, Stuck> {
        if !expands {
            return Ok(body.span.slice(&source.text).to_owned());
        }
        let mut out = String::new();
        for node in &body.parts {
            let line = source.line(node.span);
            let text = match &node.kind {
                HeredocBodyPart::Literal(text) => self.unmasked(text.as_str(&source.text, node.span), line),
                HeredocBodyPart::Variable(name) => self.variable(name.as_str(), line),
                HeredocBodyPart::CommandSubstitution { body, .. } => self.substituted(source, body)?,
                HeredocBodyPart::Parameter(parameter) => {
                    let mut fields = Fields::default();
                    self.parameter(source, parameter, node.span, true, &mut fields)?;
                    fields.done.extend(fields.present);
                    fields.done.join(" ")
                }
                HeredocBodyPart::ArithmeticExpansion { expression_ast: Some(expr), .. } => self.arithmetic(source, expr)?.to_string(),
                HeredocBodyPart::ArithmeticExpansion { .. } => return Err(Stuck::on("`$((`")),
            };
            out.push_str(&text);
        }
        self.bytes += out.len();
        Ok(out)
    }

    /// What `$(…)` comes to.
    fn substituted(&mut self, source: &Arc<Source>, body: &StmtSeq) -> Result<String, Stuck> {
        if self.depth > super::DEPTH_MOST {
            return Err(Stuck::on("so deep a substitution"));
        }
        self.depth += 1;
        let before = self.status;
        let done = self.captured(|shell| {
            Ok(shell.apart(|shell| {
                // What a substitution ends with is its status; `set -e` does not reach into it.
                shell.errexit = false;
                shell.sequence(source, body)
            }))
        });
        self.depth -= 1;
        self.status = before;
        let (output, flow) = done?;
        if self.halted {
            return Err(Stuck::Halted);
        }
        if let Flow::Goes(status) | Flow::Ends(status) | Flow::Returns(status) = flow {
            self.substituted = Some(status);
        }
        if self.blind() {
            return Ok(words::unknown());
        }
        Ok(output.trim_end_matches('\n').to_owned())
    }

    fn part(&mut self, source: &Arc<Source>, node: &WordPartNode, quoted: bool, fields: &mut Fields) -> Result<(), Stuck> {
        let line = source.line(node.span);
        match &node.kind {
            WordPart::Literal(text) => {
                let text = self.unmasked(text.as_str(&source.text, node.span), line);
                // A line of assignments alone has a command of no letters.
                if !text.is_empty() {
                    fields.push(&text);
                }
            }
            WordPart::SingleQuoted { value, dollar } => {
                let text = self.unmasked(value.slice(&source.text), line);
                let text = if *dollar { text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r") } else { text };
                fields.push(&text);
            }
            WordPart::DoubleQuoted { parts, .. } => {
                // `"$@"` without anything is no field; any other quotation is one.
                if !matches!(&parts[..], [only] if many(&only.kind)) {
                    fields.push("");
                }
                for part in parts {
                    self.part(source, part, true, fields)?;
                }
            }
            WordPart::Variable(name) if name.as_str() == "@" || name.as_str() == "*" && !quoted => {
                let values = self.positional.clone();
                fields.each(&values, quoted);
            }
            WordPart::Variable(name) => {
                let text = self.variable(name.as_str(), line);
                fields.add(&text, quoted);
            }
            WordPart::CommandSubstitution { body, .. } => {
                let text = self.substituted(source, body)?;
                fields.add(&text, quoted);
            }
            WordPart::ArithmeticExpansion { expression_ast: Some(expr), .. } => {
                let value = self.arithmetic(source, expr)?;
                fields.push(&value.to_string());
            }
            WordPart::Parameter(parameter) => self.parameter(source, parameter, node.span, quoted, fields)?,
            WordPart::ParameterExpansion { reference, operator, operand_word_ast, colon_variant, .. } => {
                if self.pool_object(source, node.span, fields) {
                    return Ok(());
                }
                let text = self.operated(source, reference, operator, operand_word_ast.as_deref(), *colon_variant, node.span)?;
                fields.add(&text, quoted);
            }
            WordPart::Length(reference) => {
                let text = self.variable(reference.name.as_str(), line);
                fields.push(&words::unseen_in(&text).map_or_else(|| text.chars().count().to_string(), str::to_owned));
            }
            WordPart::ArrayAccess(reference) => self.element(source, reference, node.span, quoted, fields)?,
            WordPart::ArrayLength(reference) => {
                let list = self.list(reference.name.as_str());
                let unseen = list.iter().find_map(|text| words::unseen_in(text));
                fields.push(&unseen.map_or_else(|| list.len().to_string(), str::to_owned));
            }
            _ => return Err(Stuck::On(format!("`{}`", node.span.slice(&source.text)))),
        }
        Ok(())
    }

    /// `${…}`.
    fn parameter(
        &mut self,
        source: &Arc<Source>,
        parameter: &ParameterExpansion,
        span: shuck_ast::Span,
        quoted: bool,
        fields: &mut Fields,
    ) -> Result<(), Stuck> {
        if self.pool_object(source, span, fields) {
            return Ok(());
        }
        let line = source.line(span);
        match parameter.bourne() {
            Some(BourneParameterExpansion::Access { reference }) if reference.subscript.is_none() => {
                match reference.name.as_str() {
                    "@" | "*" => {
                        let values = self.positional.clone();
                        fields.each(&values, quoted);
                    }
                    name => {
                        let text = self.variable(name, line);
                        fields.add(&text, quoted);
                    }
                }
                Ok(())
            }
            Some(BourneParameterExpansion::Access { reference }) => self.element(source, reference, span, quoted, fields),
            Some(BourneParameterExpansion::Length { reference }) => {
                let many = reference.subscript.as_deref().is_some_and(Subscript::is_array_selector);
                let unseen = self.list(reference.name.as_str()).iter().find_map(|text| words::unseen_in(text)).map(str::to_owned);
                if let Some(unseen) = unseen {
                    fields.push(&unseen);
                    return Ok(());
                }
                let long = if many {
                    self.list(reference.name.as_str()).len()
                } else {
                    self.variable(reference.name.as_str(), line).chars().count()
                };
                fields.push(&long.to_string());
                Ok(())
            }
            Some(BourneParameterExpansion::Operation { reference, operator, operand_word_ast, colon_variant, .. })
                if reference.subscript.is_none() =>
            {
                let text = self.operated(source, reference, operator, operand_word_ast.as_deref(), *colon_variant, span)?;
                fields.add(&text, quoted);
                Ok(())
            }
            _ => Err(Stuck::On(format!("`{}`", span.slice(&source.text)))),
        }
    }

    /// `${db-root}` is an object where the pool has one of that name, and not the shell's default value.
    fn pool_object(&mut self, source: &Arc<Source>, span: shuck_ast::Span, fields: &mut Fields) -> bool {
        let Some(inner) = span.slice(&source.text).strip_prefix("${").and_then(|text| text.strip_suffix('}')) else { return false };
        let plain = inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if plain || !names::known(self.names, inner) {
            return false;
        }
        fields.push(&words::pool_name(inner));
        true
    }

    fn element(
        &mut self,
        source: &Arc<Source>,
        reference: &VarRef,
        span: shuck_ast::Span,
        quoted: bool,
        fields: &mut Fields,
    ) -> Result<(), Stuck> {
        let values = self.list(reference.name.as_str());
        let Some(subscript) = reference.subscript.as_deref() else {
            fields.add(&values.first().cloned().unwrap_or_default(), quoted);
            return Ok(());
        };
        if subscript.is_array_selector() {
            fields.each(&values, quoted);
            return Ok(());
        }
        let at = match &subscript.arithmetic_ast {
            Some(expr) => self.arithmetic(source, expr)?,
            None => return Err(Stuck::On(format!("`{}`", span.slice(&source.text)))),
        };
        let at = if at < 0 { at + values.len() as i64 } else { at };
        let value = usize::try_from(at).ok().and_then(|at| values.get(at).cloned()).unwrap_or_default();
        fields.add(&value, quoted);
        Ok(())
    }

    /// A list's elements; those of a variable are its value alone.
    fn list(&self, name: &str) -> Vec<String> {
        if name == "@" || name == "*" {
            return self.positional.clone();
        }
        self.lists.get(name).cloned().unwrap_or_else(|| self.known(name).into_iter().collect())
    }

    /// `${name:-word}` and its like.
    fn operated(
        &mut self,
        source: &Arc<Source>,
        reference: &VarRef,
        operator: &ParameterOp,
        operand: Option<&Word>,
        empty_too: bool,
        span: shuck_ast::Span,
    ) -> Result<String, Stuck> {
        let name = reference.name.as_str();
        if reference.subscript.is_some() {
            return Err(Stuck::On(format!("`{}`", span.slice(&source.text))));
        }
        let value = self.known(name).filter(|value| !(value.is_empty() && empty_too));
        // Whether it is empty, or what is left of it, is as unknown.
        if let Some(unseen) = self.known(name).as_deref().and_then(words::unseen_in) {
            return Ok(unseen.to_owned());
        }
        let word = |shell: &mut Self| operand.map_or(Ok(String::new()), |word| shell.quoted_word(source, word));
        let line = source.line(span);
        Ok(match operator {
            ParameterOp::UseDefault => match value {
                Some(value) => value,
                None => word(self)?,
            },
            ParameterOp::AssignDefault => match value {
                Some(value) => value,
                None => {
                    let value = word(self)?;
                    self.set(name, value.clone());
                    value
                }
            },
            ParameterOp::UseReplacement => match value {
                Some(_) => word(self)?,
                None => String::new(),
            },
            // What must be given is what a placeholder stands for.
            ParameterOp::Error if self.strict => self.variable(name, line),
            ParameterOp::Error => match value {
                Some(value) => value,
                None => return Err(Stuck::Fatal(format!("{name}: {}\n", word(self)?))),
            },
            ParameterOp::RemovePrefixShort { pattern } | ParameterOp::RemovePrefixLong { pattern } => {
                let pattern = self.pattern(source, pattern)?;
                let value = self.variable(name, line);
                let value = self.resolved(&value);
                pattern.without_prefix(&value, matches!(operator, ParameterOp::RemovePrefixLong { .. }))
            }
            ParameterOp::RemoveSuffixShort { pattern } | ParameterOp::RemoveSuffixLong { pattern } => {
                let pattern = self.pattern(source, pattern)?;
                let value = self.variable(name, line);
                let value = self.resolved(&value);
                pattern.without_suffix(&value, matches!(operator, ParameterOp::RemoveSuffixLong { .. }))
            }
            ParameterOp::ReplaceFirst { pattern, replacement_word_ast, .. }
            | ParameterOp::ReplaceAll { pattern, replacement_word_ast, .. } => {
                let from = self.pattern(source, pattern)?.literal().filter(|from| !from.is_empty());
                let Some(from) = from else { return Err(Stuck::On(format!("`{}`", span.slice(&source.text)))) };
                let to = self.quoted_word(source, replacement_word_ast)?;
                let value = self.variable(name, line);
                let value = self.resolved(&value);
                let times = if matches!(operator, ParameterOp::ReplaceAll { .. }) { usize::MAX } else { 1 };
                // Each byte of it may become the whole of what is put in.
                if value.len().saturating_mul(to.len().max(1)) > super::BYTES_MOST {
                    return Err(Stuck::on("so long a text"));
                }
                value.replacen(&from, &to, times)
            }
            ParameterOp::UpperAll => self.variable(name, line).to_uppercase(),
            ParameterOp::LowerAll => self.variable(name, line).to_lowercase(),
            ParameterOp::UpperFirst | ParameterOp::LowerFirst => {
                return Err(Stuck::On(format!("`{}`", span.slice(&source.text))));
            }
        })
    }

    /// A pattern with its variables put in; what stands in quotes means itself.
    pub(super) fn pattern(&mut self, source: &Arc<Source>, pattern: &Pattern) -> Result<Glob, Stuck> {
        let mut glob = Glob::default();
        for (part, span) in pattern.parts_with_spans() {
            match part {
                PatternPart::Literal(text) => glob.push(text.as_str(&source.text, span)),
                PatternPart::AnyString => glob.star(),
                PatternPart::AnyChar => glob.any(),
                PatternPart::CharClass(text) if glob.class(text.slice(&source.text)) => {}
                PatternPart::Word(word) => {
                    let text = self.quoted_word(source, word)?;
                    let text = self.resolved(&text);
                    glob.push(&text);
                }
                _ => return Err(Stuck::On(format!("the pattern `{}`", pattern.render(&source.text)))),
            }
        }
        Ok(glob)
    }

    /// A variable's value, if it has one: its own, what is filled in, or a name of the pool.
    pub(super) fn known(&self, name: &str) -> Option<String> {
        match name {
            "?" => return Some(self.status.to_string()),
            "#" if self.in_function => return Some(self.positional.len().to_string()),
            "#" => return Some((1..10).take_while(|at| self.filled.contains_key(&at.to_string())).count().to_string()),
            "@" | "*" => return Some(self.positional.join(" ")),
            "HOSTNAME" => return self.hosts.last().cloned(),
            "0" => return Some("bash".into()),
            "$" | "PPID" | "UID" | "EUID" | "RANDOM" | "!" | "-" => return Some("0".into()),
            "HOME" => return Some("/root".into()),
            "USER" | "LOGNAME" => return Some("root".into()),
            "PATH" | "LANG" | "LC_ALL" | "PWD" | "TERM" | "SHELL" | "IFS" | "PS1" => {
                return Some(self.vars.get(name).cloned().unwrap_or_default());
            }
            _ => {}
        }
        if let Ok(at) = name.parse::<usize>()
            && self.in_function
        {
            return at.checked_sub(1).map(|at| self.positional.get(at).cloned().unwrap_or_default());
        }
        let own = self.vars.get(name).or_else(|| self.lists.get(name)?.first());
        let own = own.or_else(|| self.filled.get(&words::placeholder_name(name))).cloned();
        own.or_else(|| names::known(self.names, name).then(|| words::pool_name(name)))
    }

    fn variable(&mut self, name: &str, line: u32) -> String {
        match self.known(name) {
            Some(value) => value,
            None if !self.strict || self.lists.contains_key(name) => String::new(),
            // What is never set is a placeholder that somebody forgot.
            None => {
                let given = name.bytes().all(|b| b.is_ascii_digit());
                let what = if given { format!("`${name}` is given when it is called") } else { format!("`${name}` is never set") };
                let mend = format!("`--set {name}=VALUE` fills it in");
                self.failed = true;
                self.item(line, Kind::Placeholder, what, mend);
                self.stuck(line, format!("what hangs on `${name}`"));
                words::unknown()
            }
        }
    }

    /// A text with its placeholders filled in.
    fn unmasked(&mut self, text: &str, line: u32) -> String {
        let Some(number) = words::masked(text) else { return text.to_owned() };
        let name = self.placeholders.get(number).cloned().unwrap_or_default();
        let mend = format!("write what is meant, or fill it in with `--set '{}=VALUE'`", words::placeholder_name(&name));
        self.failed = true;
        self.item(line, Kind::Placeholder, format!("`{name}` stands for something that is not said"), mend);
        self.stuck(line, format!("what hangs on `{name}`"));
        words::unmasked(text, &self.placeholders)
    }
}

/// Whether a part of a quotation comes to as many fields as there are.
fn many(part: &WordPart) -> bool {
    match part {
        WordPart::Variable(name) => name.as_str() == "@",
        WordPart::ArrayAccess(reference) => reference.has_array_selector(),
        WordPart::Parameter(parameter) => {
            matches!(parameter.bourne(), Some(BourneParameterExpansion::Access { reference }) if reference.has_array_selector() || reference.name.as_str() == "@")
        }
        _ => false,
    }
}
