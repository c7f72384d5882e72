//! The commands of a script: those of the pool's consoles are typed, those of the shell are done, looks and acts that mean
//! one of the model are that; any other is not followed, unless it can't matter.

use super::{Came, Errors, Flow, Input, Kind, Operator, Shell, Source, Stuck, What, filters, words};
use crate::base::near;
use crate::base::time::Span;
use crate::base::typography::{Odd, plain};
use shuck_ast::{ArrayElem, Assignment, AssignmentValue, BinaryOp, Command, DeclOperand, RedirectKind, Stmt};
use std::sync::Arc;

/// What neither looks at the pool nor changes it, and prints nothing that matters.
pub(super) const HARMLESS: [&str; 36] = [
    "cd", "clear", "logger", "mail", "mailx", "sendmail", "wall", "mkdir", "rmdir", "touch", "chmod", "chown", "cp", "mv", "rm", "scp",
    "rsync", "vi", "vim", "nano", "less", "more", "man", "history", "screen", "tmux", "unset", "sync", "shopt", "ulimit", "umask", "stty",
    "tput", "su", "alias", "hash",
];

/// Looks at what the model does not show: what they print matters only where something is made of it.
pub(super) const LOOKS: [&str; 50] = [
    "showmount",
    "lvs",
    "vgs",
    "pvs",
    "lvdisplay",
    "vgdisplay",
    "pvdisplay",
    "lvscan",
    "vgscan",
    "pvscan",
    "df",
    "ps",
    "top",
    "netstat",
    "ss",
    "ip",
    "ifconfig",
    "route",
    "dmesg",
    "ls",
    "ll",
    "find",
    "free",
    "uptime",
    "date",
    "who",
    "w",
    "whoami",
    "id",
    "uname",
    "hostname",
    "pwd",
    "rpcinfo",
    "nslookup",
    "dig",
    "host",
    "traceroute",
    "arp",
    "arping",
    "ethtool",
    "lsof",
    "fuser",
    "pgrep",
    "stat",
    "md5sum",
    "file",
    "journalctl",
    "which",
    "nc",
    "tcpdump",
];

/// Programs of a console that a pool's host has.
pub(super) const CONSOLE: [&str; 6] = ["xe", "resetvdis.py", "list_domains", "tap-ctl", "xe-toolstack-restart", "service"];

/// Where a command's output goes.
enum To {
    Onward,
    Nowhere,
    File(String, bool),
}

impl<O: Operator> Shell<'_, O> {
    /// A command with its redirections, or a pipe of several.
    pub(super) fn stage(&mut self, source: &Arc<Source>, stmt: &Stmt, stdin: Option<Input>) -> Result<Flow, Stuck> {
        let mut stdin = stdin;
        let mut to = To::Onward;
        let before = self.errors;
        let mut errors = before;
        for redirect in &stmt.redirects {
            let line = source.line(redirect.span);
            // `> >(tee LOG)`: what is shown goes on to a file, too.
            if redirect.word_target().is_some_and(|word| matches!(word.span.slice(&source.text).get(..2), Some(">("))) {
                let inner = redirect.word_target().map_or("", |word| word.span.slice(&source.text)[2..].trim_start());
                if ["tee ", "logger"].iter().any(|program| inner.starts_with(program)) {
                    continue;
                }
                return Err(Stuck::on("a process substitution"));
            }
            let word = |shell: &mut Self| redirect.word_target().map(|word| shell.seen_word(source, word)).transpose();
            match redirect.kind {
                RedirectKind::Output | RedirectKind::Append | RedirectKind::Clobber | RedirectKind::OutputBoth => {
                    let file = word(self)?.unwrap_or_default();
                    match redirect.fd {
                        Some(2) => errors = Errors::Nowhere,
                        None | Some(1) => {
                            to = if file == "/dev/null" { To::Nowhere } else { To::File(file, redirect.kind == RedirectKind::Append) };
                            if redirect.kind == RedirectKind::OutputBoth {
                                errors = Errors::Output;
                            }
                        }
                        _ => {}
                    }
                }
                RedirectKind::DupOutput => {
                    let target = word(self)?.unwrap_or_default();
                    match (redirect.fd, target.as_str()) {
                        // What went before decides: `>/dev/null 2>&1` throws both away, `2>&1 >/dev/null` does not.
                        (Some(2), "1") => errors = Errors::Output,
                        (None | Some(1), "2") => to = To::Nowhere,
                        _ => {}
                    }
                }
                RedirectKind::DupInput => {}
                RedirectKind::Input => {
                    let from = word(self)?.unwrap_or_default();
                    let text = if from == "/dev/null" { String::new() } else { self.file(&from)? };
                    stdin = Some(Input { text, line });
                }
                RedirectKind::HereString => {
                    let text = redirect.word_target().map_or(Ok(String::new()), |word| self.quoted_word(source, word))?;
                    stdin = Some(Input { text: text + "\n", line });
                }
                RedirectKind::HereDoc | RedirectKind::HereDocStrip => {
                    let Some(heredoc) = redirect.heredoc() else { return Err(Stuck::on("a here-document")) };
                    let mut text = self.document(source, &heredoc.body, heredoc.delimiter.expands_body)?;
                    if heredoc.delimiter.strip_tabs {
                        text = text.lines().map(|line| line.trim_start_matches('\t').to_owned() + "\n").collect();
                    }
                    stdin = Some(Input { text, line: source.line(heredoc.body.span) });
                }
                RedirectKind::ReadWrite => return Err(Stuck::on("a redirection")),
            }
        }
        self.errors = errors;
        let done = match to {
            To::Onward => self.command(source, stmt, stdin),
            To::Nowhere | To::File(..) => match self.captured(|shell| shell.command(source, stmt, stdin)) {
                Ok((text, flow)) => {
                    if let To::File(name, append) = to {
                        let file = self.files.entry(name).or_default();
                        if !append {
                            file.clear();
                        }
                        file.push_str(&text);
                    }
                    Ok(flow)
                }
                Err(stuck) => Err(stuck),
            },
        };
        self.errors = before;
        done
    }

    /// A file that the script has written.
    fn file(&self, name: &str) -> Result<String, Stuck> {
        self.files.get(name).cloned().ok_or_else(|| Stuck::On(format!("what is read from `{name}`")))
    }

    fn command(&mut self, source: &Arc<Source>, stmt: &Stmt, stdin: Option<Input>) -> Result<Flow, Stuck> {
        let line = source.line(stmt.span);
        match &stmt.command {
            Command::Binary(binary) => match binary.op {
                BinaryOp::Pipe | BinaryOp::PipeAll => {
                    let both = binary.op == BinaryOp::PipeAll;
                    let (output, left) = self.captured(|shell| {
                        let before = shell.errors;
                        if both {
                            shell.errors = Errors::Output;
                        }
                        let done = shell.apart(|shell| shell.stage(source, &binary.left, stdin));
                        shell.errors = before;
                        done
                    })?;
                    if self.halted {
                        return Err(Stuck::Halted);
                    }
                    let input = Input { text: output, line };
                    let right = self.apart(|shell| shell.stage(source, &binary.right, Some(input)))?;
                    if self.halted {
                        return Err(Stuck::Halted);
                    }
                    let status = |flow: Flow| match flow {
                        Flow::Goes(status) | Flow::Ends(status) | Flow::Returns(status) => status,
                        Flow::Breaks | Flow::Continues => 0,
                    };
                    let failed = self.pipefail && status(right) == 0;
                    Ok(Flow::Goes(if failed { status(left) } else { status(right) }))
                }
                BinaryOp::And | BinaryOp::Or => self.decided(source, binary.op, &binary.left, &binary.right),
            },
            Command::Simple(simple) => {
                self.substituted = None;
                for assignment in &simple.assignments {
                    self.assign(source, assignment)?;
                }
                let mut typed = self.words(source, &simple.name)?;
                for word in &simple.args {
                    typed.extend(self.words(source, word)?);
                }
                if typed.is_empty() {
                    // Assignments alone end as the last command within them did.
                    return Ok(Flow::Goes(self.substituted.take().unwrap_or(0)));
                }
                self.program(line, &typed, stdin)
            }
            Command::Decl(declaration) => {
                let local = self.in_function && ["local", "declare", "typeset"].contains(&declaration.variant.as_str());
                for operand in &declaration.operands {
                    let name = match operand {
                        DeclOperand::Assignment(assignment) => assignment.target.name.as_str(),
                        DeclOperand::Name(target) => target.name.as_str(),
                        _ => continue,
                    };
                    if local {
                        let before = (name.to_owned(), self.vars.get(name).cloned(), self.lists.get(name).cloned());
                        self.locals.push(before);
                    }
                    match operand {
                        DeclOperand::Assignment(assignment) => self.assign(source, assignment)?,
                        // What is declared is there, and empty.
                        _ if local => self.set(name, String::new()),
                        _ if self.known(name).is_none() && declaration.variant.as_str() != "export" => self.set(name, String::new()),
                        _ => {}
                    }
                }
                Ok(Flow::Goes(0))
            }
            Command::Builtin(builtin) => self.builtin(source, builtin),
            // What is piped into a loop or a group is read there by commands that ask, which is beyond what is followed.
            Command::Compound(compound) => {
                let reads = stdin.as_ref().is_some_and(|input| !input.text.is_empty());
                let loops = matches!(compound, shuck_ast::CompoundCommand::While(_) | shuck_ast::CompoundCommand::Until(_));
                if reads && !loops {
                    return Err(Stuck::on("what is piped into a loop or a group"));
                }
                self.compound(source, stmt, compound)
            }
            Command::Function(function) => {
                for entry in &function.header.entries {
                    if let Some(name) = &entry.static_name {
                        let body = super::Function { source: Arc::clone(source), body: Arc::new((*function.body).clone()) };
                        self.functions.insert(name.as_str().to_owned(), body);
                    }
                }
                Ok(Flow::Goes(0))
            }
            Command::AnonymousFunction(_) => Err(Stuck::on("a function without a name")),
        }
    }

    fn assign(&mut self, source: &Arc<Source>, assignment: &Assignment) -> Result<(), Stuck> {
        let name = assignment.target.name.as_str().to_owned();
        if assignment.target.subscript.is_some() {
            return Err(Stuck::On(format!("one element of the list `{name}`")));
        }
        match &assignment.value {
            AssignmentValue::Scalar(value) => {
                let mut value = self.quoted_word(source, value)?;
                if assignment.append {
                    value = self.vars.get(&name).cloned().unwrap_or_default() + &value;
                }
                self.set(&name, value);
            }
            AssignmentValue::Compound(list) => {
                let mut values = if assignment.append { self.lists.remove(&name).unwrap_or_default() } else { Vec::new() };
                for element in &list.elements {
                    let ArrayElem::Sequential(word) = element else { return Err(Stuck::On(format!("the list `{name}`"))) };
                    values.extend(self.words(source, word)?);
                }
                self.vars.remove(&name);
                self.lists.insert(name, values);
            }
        }
        Ok(())
    }

    fn call(&mut self, first: &str, args: &[String]) -> Option<Flow> {
        let function = self.functions.get(first).cloned()?;
        let positional = std::mem::replace(&mut self.positional, args.to_vec());
        let outer = std::mem::replace(&mut self.in_function, true);
        let kept = self.locals.len();
        let flow = self.statement(&function.source, &function.body);
        self.in_function = outer;
        self.positional = positional;
        // Its own variables are gone with it.
        for (name, value, list) in self.locals.split_off(kept).into_iter().rev() {
            match value {
                Some(value) => drop(self.vars.insert(name.clone(), value)),
                None => drop(self.vars.remove(&name)),
            }
            match list {
                Some(list) => drop(self.lists.insert(name, list)),
                None => drop(self.lists.remove(&name)),
            }
        }
        Some(if let Flow::Returns(status) = flow { Flow::Goes(status) } else { flow })
    }

    fn program(&mut self, line: u32, typed: &[String], stdin: Option<Input>) -> Result<Flow, Stuck> {
        let Some((first, args)) = typed.split_first() else { return Ok(Flow::Goes(0)) };
        let name = first.rsplit('/').next().unwrap_or_default();
        // As it is called on a Windows machine.
        let name = name.strip_suffix(".exe").filter(|name| *name == "xe").unwrap_or(name);
        let status = |status: i32| Ok(Flow::Goes(status));
        // What is unknown can be printed, kept and filtered, and stays unknown; whatever acts on it can't be followed.
        let read = stdin.as_ref().and_then(|input| words::unseen_in(&input.text));
        let unseen = typed.iter().find_map(|arg| words::unseen_in(arg)).or(read);
        if let Some(unseen) = unseen.filter(|_| !self.functions.contains_key(first)) {
            let filters = filters::known(name) || matches!(name, "cat" | "tee");
            let prints = matches!(name, "echo" | "printf" | "true" | ":") || HARMLESS.contains(&name);
            match () {
                () if !prints && (self.deciding > 0 || !filters) => return Err(Stuck::On(words::hangs_on(unseen))),
                () if filters && self.sinks.len() > 1 => {
                    let text = format!("{unseen}\n");
                    for file in args.iter().filter(|arg| name == "tee" && !arg.starts_with('-')) {
                        self.files.insert(file.clone(), text.clone());
                    }
                    self.print(&text);
                    return status(0);
                }
                () if filters => return status(0),
                () => {}
            }
        }
        if self.functions.contains_key(first)
            && let Some(flow) = self.call(first, args)
        {
            return Ok(flow);
        }
        match name {
            _ if CONSOLE.contains(&name) => return self.console(line, typed, stdin),
            "xapi" if first.contains("/init.d/") => return self.console(line, typed, stdin),
            "systemctl" if args.len() == 2 && args[1].starts_with("xapi") => {
                let typed = ["service".to_owned(), "xapi".to_owned(), args[0].clone()];
                return self.console(line, &typed, stdin);
            }
            // Whether a console's program is there is known.
            "command" | "which" | "type"
                if args.first().is_some_and(|arg| name != "command" || arg == "-v" || arg == "-V")
                    && args.last().is_some_and(|arg| CONSOLE.contains(&arg.rsplit('/').next().unwrap_or_default())) =>
            {
                self.print(&format!("{}\n", args.last().map_or("", String::as_str)));
                return status(0);
            }
            "sshpass" => {
                let skip = args.iter().position(|arg| arg == "ssh").ok_or_else(|| Stuck::on("`sshpass`"))?;
                return self.ssh(line, &args[skip + 1..], stdin);
            }
            // Only where its output goes changes.
            "exec" if args.is_empty() => return status(0),
            "sudo" | "nohup" | "command" | "exec" | "time" | "env" | "nice" | "builtin" if !args.is_empty() => {
                let skip = args.iter().take_while(|arg| arg.starts_with('-')).count();
                return match args.get(skip..).filter(|rest| !rest.is_empty()) {
                    Some(_) if self.depth > super::DEPTH_MOST => Err(Stuck::on("so many words before a command")),
                    Some(rest) => {
                        self.depth += 1;
                        let done = self.program(line, rest, stdin);
                        self.depth -= 1;
                        done
                    }
                    None => status(0),
                };
            }
            "timeout" if args.len() > 1 && self.depth <= super::DEPTH_MOST => {
                self.depth += 1;
                let done = self.program(line, &args[1..], stdin);
                self.depth -= 1;
                return done;
            }
            "ssh" | "plink" => return self.ssh(line, args, stdin),
            "xargs" if self.depth <= super::DEPTH_MOST => {
                self.depth += 1;
                let done = self.xargs(line, args, stdin);
                self.depth -= 1;
                return done;
            }
            "ping" | "fping" => return self.ping(args),
            "ipmitool" => return self.ipmitool(line, args),
            "bash" | "sh" => return self.inner_shell(line, args, stdin),
            words::HAND => return self.by_hand(line, args),
            "reboot" | "poweroff" | "halt" | "shutdown" | "init" => return self.goes_down(line, name, args),
            _ => {}
        }
        // The shell and its filters see what the names of the pool stand for.
        let args: Vec<String> = args.iter().map(|arg| self.resolved(arg)).collect();
        match name {
            "cat" if !args.is_empty() => {
                if let [path] = &args[..]
                    && let Some(text) = self.files.get(path).cloned()
                {
                    self.print(&text);
                    return status(0);
                }
                self.console(line, typed, stdin)
            }
            "echo" => {
                let flags = args.iter().take_while(|arg| matches!(arg.as_str(), "-n" | "-e" | "-E" | "-ne" | "-en")).collect::<Vec<_>>();
                let has = |flag: char| flags.iter().any(|arg| arg.contains(flag));
                let mut text = args[flags.len()..].join(" ");
                if has('e') {
                    text = text.replace("\\n", "\n").replace("\\t", "\t");
                }
                self.print(&(if has('n') { text } else { text + "\n" }));
                status(0)
            }
            "printf" => {
                let text = printf(&args).ok_or_else(|| Stuck::on("`printf`"))?;
                self.print(&text);
                status(0)
            }
            "yes" => {
                self.print(&(args.first().map_or("y", String::as_str).to_owned() + "\n").repeat(16));
                status(0)
            }
            "true" | ":" => status(0),
            "false" => status(1),
            "set" => {
                for (at, arg) in args.iter().enumerate() {
                    let Some(flags) = arg.strip_prefix(['-', '+']) else { continue };
                    let on = arg.starts_with('-');
                    if flags.contains('e') {
                        self.errexit = on;
                    }
                    match args.get(at + 1).map(String::as_str) {
                        Some("pipefail") if flags.contains('o') => self.pipefail = on,
                        Some("errexit") if flags.contains('o') => self.errexit = on,
                        _ => {}
                    }
                }
                status(0)
            }
            "shift" => {
                let n = args.first().map_or(Some(1), |n| n.parse::<usize>().ok()).filter(|n| *n <= self.positional.len());
                let Some(n) = n else { return status(1) };
                self.positional.drain(..n);
                status(0)
            }
            "sleep" => self.sleep(&args),
            // Who types is root, and where is known.
            "id" if args == ["-u"] => {
                self.print("0\n");
                status(0)
            }
            "whoami" => {
                self.print("root\n");
                status(0)
            }
            "hostname" if args.iter().all(|arg| matches!(arg.as_str(), "-s" | "-f" | "--short" | "--fqdn")) => {
                let host = self.hosts.last().cloned().unwrap_or_default();
                self.print(&(host + "\n"));
                status(0)
            }
            "basename" | "dirname" if (1..=2).contains(&args.len()) => {
                let path = args[0].trim_end_matches('/');
                let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
                let file = args.get(1).and_then(|end| file.strip_suffix(end.as_str())).unwrap_or(file);
                let text = if name == "basename" { file } else { folder };
                self.print(&format!("{text}\n"));
                status(0)
            }
            "test" | "[" => {
                let args = if name == "[" { args.strip_suffix(&["]".to_owned()]).unwrap_or(&args) } else { &args };
                let holds = test(args, &self.files).ok_or_else(|| Stuck::On(format!("`{} {}`", name, args.join(" "))))?;
                status(holds)
            }
            "tee" => {
                let text = stdin.map(|input| input.text).unwrap_or_default();
                for file in args.iter().filter(|arg| !arg.starts_with('-')) {
                    self.files.insert(file.clone(), text.clone());
                }
                self.print(&text);
                status(0)
            }
            "read" => self.reads(&args),
            "source" | "." => {
                let [file] = &args[..] else { return Err(Stuck::On(format!("`{name}`"))) };
                let Some(text) = self.files.get(file).cloned() else { return Err(Stuck::On(format!("`{name} {file}`"))) };
                Ok(self.text(&text, &[line]))
            }
            _ if HARMLESS.contains(&name) => status(0),
            _ if looks(name, &args) => {
                // Whether it finds something decides; what it shows is unknown, and so is all that is made of it. What nobody makes
                // anything of, nothing hangs on.
                if self.deciding > 0 {
                    return Err(Stuck::On(format!("what `{name}` shows")));
                }
                if self.sinks.len() > 1 {
                    self.print(&(words::unseen(name, line) + "\n"));
                }
                status(0)
            }
            _ => {
                // A filter of a file that the script wrote itself reads it like a pipe.
                let (args, input) = match (&stdin, args.split_last()) {
                    (None, Some((file, rest))) if self.files.contains_key(file) => (rest.to_vec(), self.files.get(file).cloned()),
                    _ => (args, stdin.map(|input| input.text)),
                };
                if let Some(unseen) = input.as_deref().and_then(words::unseen_in) {
                    if self.deciding > 0 || !filters::known(name) {
                        return Err(Stuck::On(words::hangs_on(unseen)));
                    }
                    self.print(&format!("{unseen}\n"));
                    return status(0);
                }
                if let Some(input) = &input
                    && let Some((text, exit)) = filters::filter(name, &args, &words::resolved(input, |name| self.operator.uuid(name)))
                {
                    self.print(&text);
                    return status(exit);
                }
                // To look into a log is a look.
                if ["cat", "grep", "egrep", "tail", "head", "awk", "sed", "zgrep"].contains(&name) && input.is_none() && self.deciding == 0
                {
                    if self.sinks.len() > 1 {
                        self.print(&(words::unseen(name, line) + "\n"));
                    }
                    return status(0);
                }
                if let Some(near) = near_program(name) {
                    self.failed = true;
                    self.item(line, Kind::Typo, format!("`{first}`: command not found"), format!("write `{near}`"));
                    return status(127);
                }
                // The rest of a line that was broken, or a sign that a shell takes for a letter.
                let odd = name.chars().find_map(Odd::of);
                if name.starts_with('-') || odd.is_some() {
                    self.failed = true;
                    let why = odd.map_or_else(String::new, |odd| format!(": it holds {}", odd.name()));
                    let whole = plain(&typed.iter().map(|word| words::bare_name(word)).collect::<Vec<_>>().join(" "));
                    let mend = if odd.is_some() { format!("write `{whole}`") } else { "join it with the line above".to_owned() };
                    self.item(line, Kind::Typo, format!("`{first}`: command not found{why}"), mend);
                    return status(127);
                }
                if !typed.iter().all(|word| word.chars().all(|c| !c.is_control())) || name.is_empty() {
                    return Err(Stuck::on("a name that can't be shown"));
                }
                Err(Stuck::On(format!("`{name}`")))
            }
        }
    }

    /// `read [-p TEXT] NAME…`: what somebody types is filled in for the name, or it is not known.
    fn reads(&mut self, args: &[String]) -> Result<Flow, Stuck> {
        let mut names = Vec::new();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.strip_prefix('-') {
                Some(flags) if flags.ends_with(['p', 't', 'n', 'd', 'a', 'i', 'u', 'N']) => {
                    args.next();
                }
                Some(_) => {}
                None => names.push(arg.as_str()),
            }
        }
        let filled: Option<Vec<String>> = names.iter().map(|name| self.filled.get(&words::placeholder_name(name)).cloned()).collect();
        match filled {
            Some(values) if !names.is_empty() => names.iter().zip(values).for_each(|(name, value)| self.set(name, value)),
            _ => {
                names.iter().for_each(|name| self.set(name, words::unknown()));
                if !self.blind() {
                    let fills = names.first().map_or(String::new(), |name| format!(" (`--set {name}=VALUE` answers it)"));
                    return Err(Stuck::On(format!("what is read from who types{fills}")));
                }
            }
        }
        Ok(Flow::Goes(0))
    }

    /// Types a command at the console where one stands.
    fn console(&mut self, line: u32, typed: &[String], stdin: Option<Input>) -> Result<Flow, Stuck> {
        let mut typed = typed.to_vec();
        // Without its folder it is found nowhere, but everybody knows which is meant.
        if typed[0] == "resetvdis.py" || typed[0] == "./resetvdis.py" {
            typed[0] = "/opt/xensource/sm/resetvdis.py".into();
        }
        if typed[0].ends_with("/xe") || typed[0].ends_with("xe.exe") {
            typed[0] = "xe".into();
        }
        let stdin = stdin.map(|input| input.text).or_else(|| self.answer.clone()).filter(|text| !text.is_empty());
        let host = self.hosts.last().cloned().unwrap_or_default();
        let tool = typed[0] == "xe";
        let Came { output, exit } = self.take(line, &What::Run { host, words: typed, stdin })?;
        // What `xe` says when it fails goes to standard error.
        if tool && exit != 0 {
            self.complain(&output)
        } else {
            self.print(&output)
        }
        Ok(Flow::Goes(exit))
    }

    fn sleep(&mut self, args: &[String]) -> Result<Flow, Stuck> {
        let mut sum = Span::ZERO;
        for arg in args {
            let text = if arg.ends_with(|c: char| c.is_ascii_digit()) { format!("{arg}s") } else { arg.clone() };
            match Span::parse(&text) {
                Ok(span) => sum = sum + span,
                Err(_) if self.strict => return Err(Stuck::On(format!("`sleep {arg}`"))),
                Err(_) => {
                    self.complain(&format!("sleep: invalid time interval '{arg}'\n"));
                    return Ok(Flow::Goes(1));
                }
            }
        }
        if args.is_empty() {
            return Err(Stuck::on("`sleep`"));
        }
        if !self.blind() && !self.operator.sleep(sum) {
            self.halted = true;
            return Err(Stuck::Halted);
        }
        Ok(Flow::Goes(0))
    }

    /// The machine that a word means: its name, its address, or its name with a domain.
    fn machine(&self, word: &str) -> Option<String> {
        let word = word.rsplit('@').next().unwrap_or(word);
        let name = words::bare_name(word);
        let found = self.names.machine_by_address(&name).or_else(|| self.names.machine_by_address(name.split('.').next()?));
        found.map(|machine| self.names.machine(machine).to_owned())
    }

    fn ssh(&mut self, line: u32, args: &[String], stdin: Option<Input>) -> Result<Flow, Stuck> {
        let mut args = args;
        while let [flag, rest @ ..] = args
            && flag.starts_with('-')
        {
            let with_value = flag.len() == 2 && "bcDEeFIiJLlmOopQRSWwP".contains(&flag[1..]) || flag == "-pw";
            args = if with_value { rest.get(1..).unwrap_or_default() } else { rest };
        }
        let Some((target, command)) = args.split_first() else { return Err(Stuck::on("`ssh`")) };
        let Some(host) = self.machine(target) else {
            return Err(Stuck::On(format!("ssh to {}, which is no host of the pool", words::bare_name(target))));
        };
        let here = self.hosts.last().cloned().unwrap_or_default();
        if !self.blind() && self.operator.reaches(&here, &host) == Some(false) {
            let text = format!("ssh: connect to host {host} port 22: No route to host\n");
            self.complain(&text);
            if self.deciding == 0 {
                self.failed = true;
                let mend = "it is off, hung or cut off: go to its own console, or leave it out".to_owned();
                self.item(line, Kind::Fails, format!("{host} does not answer on the network"), mend);
            }
            return Ok(Flow::Goes(255));
        }
        let read = stdin.filter(|input| !input.text.is_empty());
        if command.is_empty() {
            let Some(input) = read else {
                self.hosts.push(host);
                return Ok(Flow::Goes(0));
            };
            let lines: Vec<u32> = (input.line..).take(input.text.lines().count().max(1)).collect();
            return Ok(self.over_there(host, |shell| shell.text(&input.text, &lines)));
        }
        let outer = self.answer.clone();
        if let Some(input) = read {
            self.answer = Some(input.text);
        }
        let text = command.join(" ");
        let flow = self.over_there(host, |shell| shell.text(&text, &[line]));
        self.answer = outer;
        Ok(flow)
    }

    /// What a shell on another machine does.
    fn over_there(&mut self, host: String, part: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let flow = self.apart(|shell| {
            shell.errexit = false;
            shell.hosts = vec![host];
            part(shell)
        });
        if self.halted {
            return Flow::Ends(0);
        }
        match flow {
            Flow::Ends(status) | Flow::Goes(status) | Flow::Returns(status) => Flow::Goes(status),
            Flow::Breaks | Flow::Continues => Flow::Goes(0),
        }
    }

    /// `bash -c TEXT`, `bash FILE`, or what is piped into it.
    fn inner_shell(&mut self, line: u32, args: &[String], stdin: Option<Input>) -> Result<Flow, Stuck> {
        let here = self.hosts.last().cloned().unwrap_or_default();
        let flags = args.iter().take_while(|arg| arg.starts_with('-')).collect::<Vec<_>>();
        let rest = &args[flags.len()..];
        let (text, lines) = match (flags.iter().any(|flag| flag.contains('c')), rest.first()) {
            (true, Some(text)) => (text.clone(), vec![line]),
            (false, Some(file)) => (self.file(file)?, vec![line]),
            _ => {
                let Some(input) = stdin.filter(|input| !input.text.is_empty()) else { return Err(Stuck::on("a shell of its own")) };
                let lines = (input.line..).take(input.text.lines().count().max(1)).collect();
                (input.text, lines)
            }
        };
        Ok(self.over_there(here, |shell| shell.text(&text, &lines)))
    }

    /// `xargs [-n N] [-I X] [-r] COMMAND…`.
    fn xargs(&mut self, line: u32, args: &[String], stdin: Option<Input>) -> Result<Flow, Stuck> {
        let input = stdin.map(|input| input.text).unwrap_or_default();
        let (mut each, mut mark, mut empty_too, mut by) = (usize::MAX, None, true, None);
        let mut args = args;
        while let [flag, rest @ ..] = args
            && flag.starts_with('-')
        {
            args = rest;
            let mut value = |long: usize| -> Option<String> {
                if flag.len() > long {
                    return Some(flag[long..].trim_start_matches('=').to_owned());
                }
                let (value, rest) = args.split_first()?;
                args = rest;
                Some(value.clone())
            };
            let unknown = || Stuck::On(format!("`xargs {flag}`"));
            match flag.as_str() {
                "-r" | "--no-run-if-empty" => empty_too = false,
                "-t" => {}
                _ if flag.starts_with("-n") || flag.starts_with("-L") => {
                    each = value(2).and_then(|n| n.parse().ok()).filter(|n| *n > 0).ok_or_else(unknown)?;
                }
                "-i" => mark = Some("{}".to_owned()),
                _ if flag.starts_with("-I") => mark = Some(value(2).filter(|mark| !mark.is_empty()).ok_or_else(unknown)?),
                _ if flag.starts_with("-d") => {
                    let text = value(2).ok_or_else(unknown)?;
                    by = Some(if text == "\\n" { "\n".to_owned() } else { text }).filter(|by| by.chars().count() == 1);
                    if by.is_none() {
                        return Err(unknown());
                    }
                }
                _ if flag.starts_with("-P") && value(2).as_deref() == Some("1") => {}
                _ => return Err(unknown()),
            }
        }
        if self.blind() {
            let mut typed = args.to_vec();
            match &mark {
                Some(mark) => typed = typed.iter().map(|arg| arg.replace(mark.as_str(), &words::unknown())).collect(),
                None => typed.push(words::unknown()),
            }
            return if typed.is_empty() { Ok(Flow::Goes(0)) } else { self.program(line, &typed, None) };
        }
        let items: Vec<String> = match (&by, &mark) {
            (Some(by), _) => input.trim_end_matches('\n').split(by.as_str()).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
            (None, Some(_)) => input.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect(),
            (None, None) if input.contains(['"', '\'', '\\']) => return Err(Stuck::on("quotes that `xargs` reads")),
            (None, None) => input.split_whitespace().map(str::to_owned).collect(),
        };
        let mut worst = 0;
        let each = if mark.is_some() { 1 } else { each };
        let batches: Vec<&[String]> = if items.is_empty() && empty_too && mark.is_none() {
            vec![&[][..]]
        } else {
            items.chunks(each.min(items.len().max(1))).collect()
        };
        for batch in batches {
            let typed: Vec<String> = match &mark {
                Some(mark) => args.iter().map(|arg| arg.replace(mark.as_str(), &batch[0])).collect(),
                None => args.iter().chain(batch).cloned().collect(),
            };
            let flow = if typed.len() == batch.len() && mark.is_none() {
                self.print(&(typed.join(" ") + "\n"));
                Flow::Goes(0)
            } else {
                // What it starts reads nothing.
                self.program(line, &typed, Some(Input { text: String::new(), line }))?
            };
            match flow {
                Flow::Goes(0) => {}
                Flow::Goes(_) => worst = 123,
                other => return Ok(other),
            }
        }
        Ok(Flow::Goes(worst))
    }

    /// A look over the network: whether the machine answers from where one stands.
    fn ping(&mut self, args: &[String]) -> Result<Flow, Stuck> {
        let target = args.iter().rev().find(|arg| !arg.starts_with('-') && arg.parse::<u32>().is_err());
        let host = target.and_then(|target| self.machine(target)).ok_or_else(|| Stuck::on("a ping of what is no host of the pool"))?;
        if self.blind() {
            return Ok(Flow::Goes(0));
        }
        let here = self.hosts.last().cloned().unwrap_or_default();
        let Some(answers) = self.operator.reaches(&here, &host) else { return Err(Stuck::on("a ping before anything begins")) };
        let times = args.iter().position(|arg| arg == "-c").and_then(|at| args.get(at + 1)?.parse::<usize>().ok()).unwrap_or(1);
        let got = if answers { times } else { 0 };
        if answers {
            self.print(&format!("64 bytes from {host}\n"));
        }
        self.print(&format!("{times} packets transmitted, {got} received, {}% packet loss\n", if answers { 0 } else { 100 }));
        Ok(Flow::Goes(i32::from(!answers)))
    }

    /// The machine's own controller: switches it, or says whether it is on.
    fn ipmitool(&mut self, line: u32, args: &[String]) -> Result<Flow, Stuck> {
        let at = args.iter().position(|arg| arg == "-H").and_then(|at| args.get(at + 1)).map(|word| words::bare_name(word));
        let parts = |word: &str| word.split(['-', '.', '_']).map(str::to_owned).collect::<Vec<_>>();
        let host = at.and_then(|controller| {
            let machines = self.names.machine_ids().map(|machine| self.names.machine(machine).to_owned());
            let mut named = machines.filter(|name| *name == controller || parts(&controller).contains(name));
            named.next().filter(|_| named.next().is_none())
        });
        let Some(host) = host else { return Err(Stuck::on("ipmitool for a controller that names no host of the pool")) };
        let tail: Vec<&str> = args.iter().rev().take(2).map(String::as_str).collect();
        let acts: &[&'static str] = match tail[..] {
            ["status", "power"] => &["check-off"],
            ["off" | "soft", "power"] => &["power-off"],
            ["on", "power"] => &["power-on"],
            ["cycle" | "reset", "power"] => &["power-off", "power-on"],
            _ => return Err(Stuck::On(format!("`ipmitool … {}`", tail.iter().rev().copied().collect::<Vec<_>>().join(" ")))),
        };
        let looks = acts == ["check-off"];
        self.deciding += u32::from(looks);
        let mut came = Ok(Came::default());
        for act in acts {
            came = self.take(line, &What::Act { act, host: host.clone() });
        }
        self.deciding -= u32::from(looks);
        let off = came?.exit == 0;
        if looks {
            self.print(&format!("Chassis Power is {}\n", if off { "off" } else { "on" }));
        }
        Ok(Flow::Goes(0))
    }

    /// A comment that says what is done by hand: it is taken as done.
    fn by_hand(&mut self, line: u32, args: &[String]) -> Result<Flow, Stuck> {
        let words: Vec<&str> = args.iter().map(|word| word.trim_end_matches([',', ';', '.', ':'])).collect();
        let (act, word): (&'static str, &str) = match words[..] {
            ["power", "off", host, ..] | ["power-off", host, ..] => ("power-off", host),
            ["power", "on", host, ..] | ["power-on", host, ..] => ("power-on", host),
            ["see", "that", host, "is", "off", ..] | ["check-off", host, ..] => ("check-off", host),
            ["install", host, "afresh", ..] | ["reinstall", host, ..] => ("reinstall", host),
            _ => return Err(Stuck::On(format!("by hand: `{}`", words.join(" ")))),
        };
        let Some(host) = self.machine(word) else { return Err(Stuck::On(format!("by hand, to {word}, which is no host of the pool"))) };
        let looks = act == "check-off";
        self.deciding += u32::from(looks);
        let came = self.take(line, &What::Act { act, host });
        self.deciding -= u32::from(looks);
        // Whoever sees it on goes no further.
        Ok(if came?.exit != 0 && looks && !self.blind() { Flow::Ends(1) } else { Flow::Goes(0) })
    }

    /// `reboot`, `poweroff` and their like, at the console where one stands.
    fn goes_down(&mut self, line: u32, name: &str, args: &[String]) -> Result<Flow, Stuck> {
        let reboots = match name {
            "reboot" => true,
            "init" if args.first().is_some_and(|arg| arg == "6") => true,
            "init" if args.first().is_some_and(|arg| arg == "0") => false,
            "init" => return Err(Stuck::on("`init`")),
            "shutdown" => args.iter().any(|arg| arg == "-r"),
            _ => false,
        };
        let host = self.hosts.last().cloned().unwrap_or_default();
        self.take(line, &What::Act { act: "power-off", host: host.clone() })?;
        if reboots {
            self.take(line, &What::Act { act: "power-on", host })?;
        }
        Ok(Flow::Goes(0))
    }
}

/// Whether a command only looks at what the model does not show.
pub(super) fn looks(name: &str, args: &[String]) -> bool {
    let first = args.iter().find(|arg| !arg.starts_with('-')).map(String::as_str);
    match name {
        "iscsiadm" => !args.iter().any(|arg| {
            ["--login", "-l", "--logout", "-u", "--logoutall", "--loginall", "-o", "--op"].contains(&arg.as_str())
                || arg.starts_with("--op=")
        }),
        "multipath" => args.iter().all(|arg| ["-l", "-ll", "-v2"].contains(&arg.as_str())),
        "mount" => args.is_empty(),
        "virsh" => matches!(first, Some("list" | "dominfo" | "domstate")),
        "xl" | "xm" => matches!(first, Some("list" | "info" | "top" | "vm-list" | "dmesg")),
        "systemctl" | "chkconfig" => matches!(first, Some("status" | "is-active" | "list-units")) || args.iter().any(|arg| arg == "--list"),
        "crm" | "ha" => false,
        _ => LOOKS.contains(&name),
    }
}

/// A program of a console that differs from a name by its letters' case or a slip: nobody has a program of that name.
pub(super) fn near_program(name: &str) -> Option<&'static str> {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<_>>();
    CONSOLE.into_iter().find(|known| {
        known.eq_ignore_ascii_case(name)
            || name.len() > 3 && near::distance(&letters(name), &letters(known)) <= near::slips(known.len())
            || name.len() > 3 && near::turned(name, known)
    })
}

/// `printf` with `%s`, `%d`, `\n`; `None` where more is asked for.
fn printf(args: &[String]) -> Option<String> {
    let (format, mut values) = args.split_first()?;
    let mut out = String::new();
    loop {
        let mut rest = format.as_str();
        let before = values.len();
        while let Some(at) = rest.find(['%', '\\']) {
            out.push_str(&rest[..at]);
            match rest.get(at..at + 2)? {
                "%s" | "%d" => {
                    if let Some((value, more)) = values.split_first() {
                        out.push_str(value);
                        values = more;
                    }
                }
                "%%" => out.push('%'),
                "\\n" => out.push('\n'),
                "\\t" => out.push('\t'),
                _ => return None,
            }
            rest = &rest[at + 2..];
        }
        out.push_str(rest);
        if values.is_empty() || values.len() == before {
            return Some(out);
        }
    }
}

/// The exit status of `test`; `None` where it can't be said.
fn test(args: &[String], files: &std::collections::BTreeMap<String, String>) -> Option<i32> {
    let truth = |holds: bool| Some(i32::from(!holds));
    let number = |text: &String| text.trim().parse::<i64>().ok();
    match args {
        [] => Some(1),
        [not, rest @ ..] if not == "!" => test(rest, files).map(|status| match status {
            0 => 1,
            1 => 0,
            other => other,
        }),
        [one] => truth(!one.is_empty()),
        [flag, text] if flag == "-z" => truth(text.is_empty()),
        [flag, text] if flag == "-n" => truth(!text.is_empty()),
        [flag, file] if flag == "-s" && files.contains_key(file) => truth(!files[file].is_empty()),
        [flag, file] if ["-f", "-e", "-r"].contains(&flag.as_str()) && files.contains_key(file) => truth(true),
        [left, op, right] => {
            let numbers = |compare: fn(&i64, &i64) -> bool| match (number(left), number(right)) {
                (Some(left), Some(right)) => Some(i32::from(!compare(&left, &right))),
                // "integer expression expected"
                _ => Some(2),
            };
            match op.as_str() {
                "=" | "==" => truth(left == right),
                "!=" => truth(left != right),
                "-eq" => numbers(i64::eq),
                "-ne" => numbers(i64::ne),
                "-lt" => numbers(i64::lt),
                "-le" => numbers(i64::le),
                "-gt" => numbers(i64::gt),
                "-ge" => numbers(i64::ge),
                "-a" => truth(!left.is_empty() && !right.is_empty()),
                "-o" => truth(!left.is_empty() || !right.is_empty()),
                _ => None,
            }
        }
        _ => {
            let at = args.iter().position(|arg| arg == "-a" || arg == "-o")?;
            let (left, right) = (test(&args[..at], files)?, test(&args[at + 1..], files)?);
            truth(if args[at] == "-a" { left == 0 && right == 0 } else { left == 0 || right == 0 })
        }
    }
}
