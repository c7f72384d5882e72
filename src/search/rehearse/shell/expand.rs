//! Words of the shell: variables, substitutions, and how what they come to is split.

use super::{Flow, Shell, Source, Stuck};
use crate::search::rehearse::{Kind, words};
use shuck_ast::{BourneParameterExpansion, ParameterOp, Word, WordPart, WordPartNode};
use std::rc::Rc;

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
}

impl Shell<'_> {
    /// The fields of a word.
    pub(super) fn words(&mut self, source: &Rc<Source>, word: &Word) -> Result<Vec<String>, Stuck> {
        let mut fields = Fields::default();
        for part in &word.parts {
            self.part(source, part, false, &mut fields)?;
        }
        fields.done.extend(fields.present);
        Ok(fields.done)
    }

    /// A word as one text, as if it stood in double quotes.
    pub(super) fn quoted_word(&mut self, source: &Rc<Source>, word: &Word) -> Result<String, Stuck> {
        let mut fields = Fields::default();
        for part in &word.parts {
            self.part(source, part, true, &mut fields)?;
        }
        Ok(fields.present.unwrap_or_default())
    }

    fn part(&mut self, source: &Rc<Source>, node: &WordPartNode, quoted: bool, fields: &mut Fields) -> Result<(), Stuck> {
        let line = source.line(node.span);
        let mut value = |text: &str| if quoted { fields.push(text) } else { fields.split(text) };
        match &node.kind {
            WordPart::Literal(text) => {
                let text = self.unmasked(text.as_str(&source.text, node.span), line)?;
                // A line of assignments alone has a command of no letters.
                if !text.is_empty() {
                    fields.push(&text);
                }
            }
            WordPart::SingleQuoted { value, .. } => {
                let text = self.unmasked(value.slice(&source.text), line)?;
                fields.push(&text);
            }
            WordPart::DoubleQuoted { parts, .. } => {
                fields.push("");
                for part in parts {
                    self.part(source, part, true, fields)?;
                }
            }
            WordPart::Variable(name) => {
                let text = self.variable(name.as_str(), line)?;
                value(&text);
            }
            WordPart::CommandSubstitution { body, .. } => {
                let mut output = String::new();
                let vars = self.vars.clone();
                for stmt in body.iter() {
                    let (text, flow) = self.stage(source, stmt, None)?;
                    output.push_str(&text);
                    if let Flow::Goes(status) = flow {
                        self.status = status;
                    }
                }
                self.vars = vars;
                if self.lost {
                    return Err(Stuck("what hangs on something that is not run".into()));
                }
                value(output.trim_end_matches('\n'));
            }
            WordPart::Parameter(parameter) => match parameter.bourne() {
                Some(BourneParameterExpansion::Access { reference }) if reference.subscript.is_none() => {
                    let text = self.variable(reference.name.as_str(), line)?;
                    value(&text);
                }
                Some(BourneParameterExpansion::Operation { reference, operator, operand_word_ast, colon_variant, .. })
                    if reference.subscript.is_none() && matches!(**operator, ParameterOp::UseDefault) =>
                {
                    let (name, word) = (reference.name.as_str().to_owned(), operand_word_ast.clone());
                    let text = self.with_default(source, &name, word.as_deref(), *colon_variant)?;
                    value(&text);
                }
                _ => return Err(Stuck(format!("`{}`", node.span.slice(&source.text)))),
            },
            WordPart::ParameterExpansion { reference, operator, operand_word_ast, colon_variant, .. }
                if reference.subscript.is_none() && matches!(**operator, ParameterOp::UseDefault) =>
            {
                let (name, word) = (reference.name.as_str().to_owned(), operand_word_ast.clone());
                let text = self.with_default(source, &name, word.as_deref(), *colon_variant)?;
                value(&text);
            }
            _ => return Err(Stuck(format!("`{}`", node.span.slice(&source.text)))),
        }
        Ok(())
    }

    fn with_default(&mut self, source: &Rc<Source>, name: &str, word: Option<&Word>, empty_too: bool) -> Result<String, Stuck> {
        match self.known(name) {
            Some(value) if !(value.is_empty() && empty_too) => Ok(value),
            _ => word.map_or(Ok(String::new()), |word| self.quoted_word(source, word)),
        }
    }

    /// A variable's value, if it has one: its own, what `--set` gives, or a name of the pool.
    pub(super) fn known(&self, name: &str) -> Option<String> {
        match name {
            "?" => return Some(self.status.to_string()),
            "#" => return Some(self.positional.len().to_string()),
            "@" | "*" => return Some(self.positional.join(" ")),
            "HOSTNAME" => return self.hosts.last().cloned(),
            _ => {}
        }
        if let Ok(at) = name.parse::<usize>() {
            return at.checked_sub(1).map(|at| self.positional.get(at).cloned().unwrap_or_default());
        }
        let own = self.vars.get(name).or_else(|| self.filled.get(&words::placeholder_name(name))).cloned();
        own.or_else(|| words::is_of_the_pool(self.names, name).then(|| words::pool_name(name)))
    }

    fn variable(&mut self, name: &str, line: u32) -> Result<String, Stuck> {
        match self.known(name) {
            Some(value) => Ok(value),
            // What is never set is a placeholder that somebody forgot.
            None => {
                let mend = format!("`--set {name}=VALUE` fills it in");
                self.failed = true;
                self.item(line, Kind::Placeholder, format!("`${name}` is never set"), mend);
                Err(Stuck(format!("what hangs on `${name}`")))
            }
        }
    }

    /// A text with its placeholders filled in.
    fn unmasked(&mut self, text: &str, line: u32) -> Result<String, Stuck> {
        let Some(number) = words::masked(text) else { return Ok(text.to_owned()) };
        let name = self.placeholders.get(number).cloned().unwrap_or_default();
        let mend = format!("write what is meant, or fill it in with `--set '{}=VALUE'`", words::placeholder_name(&name));
        self.failed = true;
        self.item(line, Kind::Placeholder, format!("`{name}` stands for something that is not said"), mend);
        Err(Stuck(format!("what hangs on `{name}`")))
    }
}
