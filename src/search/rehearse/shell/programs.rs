//! The commands of a runbook: those of the pool's consoles are typed, those of the shell are done, looks and acts that mean
//! one of the model are that; any other is not followed, unless it can't matter.

use super::{Flow, Kind, Shell, Source, Stuck};
use crate::base::time::Span;
use crate::search::rehearse::filters;
use crate::search::rehearse::typist::What;
use crate::search::rehearse::words;
use crate::world::event::Status;
use shuck_ast::{AssignmentValue, BinaryOp, Command, DeclOperand, RedirectKind, Stmt};
use std::rc::Rc;

/// What neither looks at the pool nor changes it.
const HARMLESS: [&str; 24] = [
    "cd", "date", "clear", "logger", "mail", "tee", "mkdir", "touch", "chmod", "cp", "scp", "vi", "vim", "nano", "less", "more", "man",
    "hostname", "uptime", "who", "pwd", "history", "screen", "unset",
];

/// Programs of a console that a pool's host has.
const CONSOLE: [&str; 6] = ["xe", "resetvdis.py", "list_domains", "tap-ctl", "xe-toolstack-restart", "service"];

type Ended = Result<(String, Flow), Stuck>;

impl Shell<'_> {
    /// A command, or a pipe of several: what is printed at its end.
    pub(super) fn stage(&mut self, source: &Rc<Source>, stmt: &Stmt, stdin: Option<String>) -> Ended {
        let line = source.line(stmt.span);
        let mut stdin = stdin;
        let mut silent = false;
        for redirect in &stmt.redirects {
            match redirect.kind {
                RedirectKind::Output | RedirectKind::Append | RedirectKind::Clobber | RedirectKind::OutputBoth => {
                    silent |= redirect.fd.is_none_or(|fd| fd == 1);
                }
                RedirectKind::DupOutput | RedirectKind::DupInput => {}
                RedirectKind::Input => {
                    let from = redirect.word_target().map(|word| self.quoted_word(source, word)).transpose()?.unwrap_or_default();
                    if from != "/dev/null" {
                        return Err(Stuck(format!("what is read from `{from}`")));
                    }
                    stdin = Some(String::new());
                }
                RedirectKind::HereString => {
                    let text = redirect.word_target().map(|word| self.quoted_word(source, word)).transpose()?.unwrap_or_default();
                    stdin = Some(text + "\n");
                }
                RedirectKind::HereDoc | RedirectKind::HereDocStrip => {
                    let Some(heredoc) = redirect.heredoc() else { return Err(Stuck("a here-document".into())) };
                    let body = heredoc.body.span.slice(&source.text);
                    if heredoc.delimiter.expands_body && body.contains(['$', '`']) {
                        return Err(Stuck("a here-document with variables".into()));
                    }
                    stdin = Some(body.to_owned());
                }
                RedirectKind::ReadWrite => return Err(Stuck("a redirection".into())),
            }
        }
        let (output, flow) = match &stmt.command {
            Command::Binary(binary) if matches!(binary.op, BinaryOp::Pipe | BinaryOp::PipeAll) => {
                let (output, left) = self.stage(source, &binary.left, stdin)?;
                if left == Flow::Ends {
                    return Ok((String::new(), left));
                }
                self.stage(source, &binary.right, Some(output))?
            }
            Command::Simple(simple) => {
                for assignment in &simple.assignments {
                    let name = assignment.target.name.as_str().to_owned();
                    let AssignmentValue::Scalar(value) = &assignment.value else { return Err(Stuck(format!("the list `{name}`"))) };
                    self.status = 0;
                    let mut value = self.quoted_word(source, value)?;
                    if assignment.append {
                        value = self.vars.get(&name).cloned().unwrap_or_default() + &value;
                    }
                    self.vars.insert(name, value);
                }
                let mut typed = self.words(source, &simple.name)?;
                for word in &simple.args {
                    typed.extend(self.words(source, word)?);
                }
                if typed.is_empty() {
                    (String::new(), Flow::Goes(if simple.assignments.is_empty() { 0 } else { self.status }))
                } else {
                    self.program(line, &typed, stdin)?
                }
            }
            Command::Decl(declaration) => {
                for operand in &declaration.operands {
                    if let DeclOperand::Assignment(assignment) = operand {
                        let name = assignment.target.name.as_str().to_owned();
                        let AssignmentValue::Scalar(value) = &assignment.value else { return Err(Stuck(format!("the list `{name}`"))) };
                        let value = self.quoted_word(source, value)?;
                        self.vars.insert(name, value);
                    }
                }
                (String::new(), Flow::Goes(0))
            }
            // What is piped into a loop or a group is read there by commands that ask, which is beyond what is followed.
            _ if stdin.as_ref().is_some_and(|text| !text.is_empty()) => return Err(Stuck("what is piped into a loop or a group".into())),
            _ => (String::new(), self.statement(source, stmt)),
        };
        Ok((if silent { String::new() } else { output }, flow))
    }

    fn program(&mut self, line: u32, typed: &[String], stdin: Option<String>) -> Ended {
        let (first, args) = typed.split_first().expect("it is not empty");
        let name = first.rsplit('/').next().unwrap_or_default();
        let status = |status: i32| Ok((String::new(), Flow::Goes(status)));
        if let Some(function) = self.functions.get(first).cloned() {
            let outer = std::mem::replace(&mut self.positional, args.to_vec());
            let flow = self.statement(&function.source, &function.body);
            self.positional = outer;
            return Ok((String::new(), if let Flow::Returns(status) = flow { Flow::Goes(status) } else { flow }));
        }
        match name {
            _ if CONSOLE.contains(&name) => self.console(line, typed, stdin),
            "xapi" if first.contains("/init.d/") => self.console(line, typed, stdin),
            "cat" if !args.is_empty() => self.console(line, typed, stdin),
            "echo" | "printf" => {
                let newline = args.first().is_none_or(|arg| arg != "-n") && name == "echo";
                let words: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !matches!(*arg, "-n" | "-e")).collect();
                let text = words.join(" ").replace("\\n", "\n");
                Ok((if newline { text + "\n" } else { text }, Flow::Goes(0)))
            }
            "yes" => Ok(((args.first().map_or("y", String::as_str).to_owned() + "\n").repeat(16), Flow::Goes(0))),
            "true" | ":" => status(0),
            "false" => status(1),
            "set" => {
                for arg in args {
                    if let Some(flags) = arg.strip_prefix(['-', '+'])
                        && flags.contains('e')
                    {
                        self.errexit = arg.starts_with('-');
                    }
                }
                status(0)
            }
            "sudo" | "nohup" | "command" | "exec" | "time" if !args.is_empty() => self.program(line, args, stdin),
            "timeout" if args.len() > 1 => self.program(line, &args[1..], stdin),
            "sleep" => self.sleep(args),
            "ssh" => self.ssh(line, args, stdin),
            "ping" => self.ping(args),
            "ipmitool" => self.ipmitool(line, args),
            "bash" | "sh" if args.len() == 2 && args[0] == "-c" => {
                let flow = self.text(&args[1], &[line]);
                Ok((String::new(), if flow == Flow::Ends { Flow::Goes(0) } else { flow }))
            }
            "test" | "[" => {
                let args = if name == "[" { args.strip_suffix(&["]".to_owned()]).unwrap_or(args) } else { args };
                let holds = test(args).ok_or_else(|| Stuck(format!("`{}`", typed.join(" "))))?;
                status(i32::from(!holds))
            }
            "read" => Err(Stuck("what is read from who types".into())),
            _ if HARMLESS.contains(&name) => status(0),
            _ => {
                if let Some(input) = &stdin
                    && let Some((text, exit)) = filters::filter(name, args, input)
                {
                    return Ok((text, Flow::Goes(exit)));
                }
                // A program that differs from a known one by its letters' case or a slip is a mistake, and does nothing.
                let near = CONSOLE.iter().find(|known| {
                    known.eq_ignore_ascii_case(name)
                        || name.len() > 3 && crate::catalog::nearest_of(name, std::iter::once(**known)).len() == 1
                });
                if let Some(near) = near {
                    self.failed = true;
                    self.item(line, Kind::Typo, format!("`{first}`: command not found"), format!("write `{near}`"));
                    return status(127);
                }
                if !typed.iter().all(|word| word.chars().all(|c| !c.is_control())) || name.is_empty() {
                    return Err(Stuck("a name that can't be shown".into()));
                }
                Err(Stuck(format!("`{name}`")))
            }
        }
    }

    /// Types a command at the console where one stands.
    fn console(&mut self, line: u32, typed: &[String], stdin: Option<String>) -> Ended {
        let mut typed = typed.to_vec();
        // Without its folder it is found nowhere, but everybody knows which is meant.
        if typed[0] == "resetvdis.py" {
            typed[0] = "/opt/xensource/sm/resetvdis.py".into();
        }
        let stdin = stdin.or_else(|| self.answer.clone().map(|answer| answer + "\n")).filter(|text| !text.is_empty());
        let host = self.hosts.last().cloned().unwrap_or_default();
        let came = self.take(line, &What::Run { host, line: words::command(&typed), stdin });
        Ok((came.output, Flow::Goes(came.exit)))
    }

    fn sleep(&mut self, args: &[String]) -> Ended {
        let [span] = args else { return Err(Stuck("`sleep`".into())) };
        let span = if span.ends_with(|c: char| c.is_ascii_digit()) { format!("{span}s") } else { span.clone() };
        let span = Span::parse(&span).map_err(|why| Stuck(format!("`sleep`: {why}")))?;
        if !self.lost {
            self.typist.sleep(span);
        }
        Ok((String::new(), Flow::Goes(0)))
    }

    /// The machine that a word means: its name, its address, or its name with a domain.
    fn machine(&self, word: &str) -> Option<String> {
        let word = word.rsplit('@').next().unwrap_or(word);
        let name = words::bare_name(word);
        let found = self.names.machine_by_address(&name).or_else(|| self.names.machine_by_address(name.split('.').next()?));
        found.map(|machine| self.names.machine(machine).to_owned())
    }

    fn ssh(&mut self, line: u32, args: &[String], stdin: Option<String>) -> Ended {
        let mut args = args;
        while let [flag, rest @ ..] = args
            && flag.starts_with('-')
        {
            let with_value = flag.len() == 2 && "bcDEeFIiJLlmOopQRSWw".contains(&flag[1..]);
            args = if with_value { rest.get(1..).unwrap_or_default() } else { rest };
        }
        let Some((target, command)) = args.split_first() else { return Err(Stuck("`ssh`".into())) };
        let Some(host) = self.machine(target) else { return Err(Stuck(format!("ssh to {target}, which is no host of the pool"))) };
        self.hosts.push(host);
        if command.is_empty() {
            return Ok((String::new(), Flow::Goes(0)));
        }
        let outer = std::mem::replace(&mut self.answer, stdin.map(|text| text.trim_end_matches('\n').to_owned()));
        let (output, flow) = self.remote(&words::remote(command), line);
        self.answer = outer;
        self.hosts.pop();
        Ok((output, if flow == Flow::Ends { Flow::Goes(0) } else { flow }))
    }

    /// A text that a further shell reads: what it prints is what its last command prints.
    fn remote(&mut self, text: &str, line: u32) -> (String, Flow) {
        let source = Rc::new(Source { text: text.to_owned(), lines: vec![line] });
        let parsed = shuck_parser::parser::Parser::new(&source.text).parse();
        let (mut output, mut last) = (String::new(), Flow::Goes(0));
        for stmt in parsed.file.body.iter() {
            match self.stage(&source, stmt, None) {
                Ok((text, flow)) => {
                    output.push_str(&text);
                    last = flow;
                }
                Err(Stuck(what)) => self.stuck(line, what),
            }
            if !matches!(last, Flow::Goes(_)) {
                break;
            }
        }
        (output, last)
    }

    /// A look over the network: whether the machine answers from where one stands.
    fn ping(&mut self, args: &[String]) -> Ended {
        let target = args.iter().rev().find(|arg| !arg.starts_with('-') && arg.parse::<u32>().is_err());
        let host = target.and_then(|target| self.machine(target)).ok_or_else(|| Stuck("a ping of what is no host of the pool".into()))?;
        if self.lost {
            return Ok((String::new(), Flow::Goes(0)));
        }
        let Some(world) = self.typist.world() else { return Err(Stuck("a ping before anything begins".into())) };
        let here = self.hosts.last().and_then(|here| self.names.machine_by_address(here));
        let there = self.names.machine_by_address(&host);
        let answers = here.zip(there).is_some_and(|(here, there)| {
            world.dom0_answers(here) && world.dom0_answers(there) && (here == there || world.linked(here, there))
        });
        let text = if answers { format!("64 bytes from {host}\n") } else { String::new() };
        Ok((text, Flow::Goes(i32::from(!answers))))
    }

    /// The machine's own controller: switches it, or says whether it is on.
    fn ipmitool(&mut self, line: u32, args: &[String]) -> Ended {
        let at = args.iter().position(|arg| arg == "-H").and_then(|at| args.get(at + 1));
        let parts = |word: &str| word.split(['-', '.', '_']).map(str::to_owned).collect::<Vec<_>>();
        let host = at.and_then(|controller| {
            let machines = self.names.machine_ids().map(|machine| self.names.machine(machine).to_owned());
            let mut named = machines.filter(|name| name == controller || parts(controller).contains(name));
            named.next().filter(|_| named.next().is_none())
        });
        let Some(host) = host else { return Err(Stuck("ipmitool for a controller that names no host of the pool".into())) };
        let tail: Vec<&str> = args.iter().rev().take(2).map(String::as_str).collect();
        let acts: &[&'static str] = match tail[..] {
            ["status", "power"] => &["check-off"],
            ["off", "power"] => &["power-off"],
            ["on", "power"] => &["power-on"],
            ["cycle" | "reset", "power"] => &["power-off", "power-on"],
            _ => return Err(Stuck(format!("`ipmitool … {}`", tail.iter().rev().copied().collect::<Vec<_>>().join(" ")))),
        };
        let looks = acts == ["check-off"];
        self.deciding += u32::from(looks);
        let mut came = None;
        for act in acts {
            came = Some(self.take(line, &What::Act { act, host: host.clone() }));
        }
        self.deciding -= u32::from(looks);
        let off = came.as_ref().is_some_and(|came| came.status == Status::Ok);
        Ok(match (looks, off) {
            (true, true) => ("Chassis Power is off\n".into(), Flow::Goes(0)),
            (true, false) => ("Chassis Power is on\n".into(), Flow::Goes(0)),
            _ => (String::new(), Flow::Goes(0)),
        })
    }
}

/// What `test` says; `None` where it can't be said.
fn test(args: &[String]) -> Option<bool> {
    let number = |text: &String| text.trim().parse::<i64>().ok();
    match args {
        [] => Some(false),
        [not, rest @ ..] if not == "!" => test(rest).map(|holds| !holds),
        [one] => Some(!one.is_empty()),
        [flag, text] if flag == "-z" => Some(text.is_empty()),
        [flag, text] if flag == "-n" => Some(!text.is_empty()),
        [left, op, right] => match op.as_str() {
            "=" | "==" => Some(left == right),
            "!=" => Some(left != right),
            "-eq" => Some(number(left)? == number(right)?),
            "-ne" => Some(number(left)? != number(right)?),
            "-lt" => Some(number(left)? < number(right)?),
            "-le" => Some(number(left)? <= number(right)?),
            "-gt" => Some(number(left)? > number(right)?),
            "-ge" => Some(number(left)? >= number(right)?),
            _ => None,
        },
        _ => {
            let at = args.iter().position(|arg| arg == "-a" || arg == "-o")?;
            let (left, right) = (test(&args[..at])?, test(&args[at + 1..])?);
            Some(if args[at] == "-a" { left && right } else { left || right })
        }
    }
}
