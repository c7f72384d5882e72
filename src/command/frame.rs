//! What every command goes through: the names are put in, the tool reads its words, the host that is contacted finds what
//! is wrong with them, and then either carries the command out or hands it to its master (xapi_cli.ml).

use super::args::{self, Args, USAGE_HINT, says};
use super::reach::stashed;
use super::shell::Line;
use super::{Admission, COMMANDS, Check, Entry, Operation, Output, Progress, Ran, Seat, known, names, print};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::memory::{PoolConf, Xapi};
use crate::world::release::Release;
use crate::world::roles::Contact;
use crate::world::sm::Reset;

/// What a command talks to.
#[derive(Clone, Debug)]
enum Wire {
    /// Nothing but its own machine.
    None,
    /// The xapi of its own machine, and through it the master, as a script of the storage manager does.
    Script,
    /// The xapi of its own machine, and through it the master unless the command stays local.
    Xe { local: bool },
    /// The xapi of another host, by network.
    Remote { server: String, root: bool, local: bool },
}

/// A line that was typed and read: one of all commands, and whom it talks to.
#[derive(Clone, Debug)]
pub struct Typed {
    wire: Wire,
    /// The command, or what the contacted host answers to words that are none.
    entry: Result<Entry, Output>,
    /// The command has ended, and its output has not yet reached the console.
    done: Option<Output>,
}

/// How long a wrong login is kept waiting (xapi_cli.ml).
const LOGIN_DELAY: Span = Span::secs(5);

/// Reads a line as it is typed now: what is run, and the command, or how it ended without one.
///
/// `stdin` is what the step gives; what is piped in goes before it.
pub fn typed(line: &Line, world: &World, stdin: Option<&str>) -> (Ran, Result<Typed, Output>) {
    let (words, text) = names::put_in(line, world);
    let stdin = line.piped.as_deref().or(stdin).map(str::to_string);
    let typed = read(&words, stdin, world);
    let entry = typed.as_ref().ok().and_then(|typed| typed.entry.as_ref().ok());
    let target = entry.map(|entry| entry.target(world)).unwrap_or_default();
    (Ran { command: entry.map(Entry::name), target, text }, typed)
}

fn read(words: &[String], stdin: Option<String>, world: &World) -> Result<Typed, Output> {
    let Some((program, rest)) = words.split_first() else { return Err(Output::default()) };
    let beside = |wire, name: &str, rest: &[String]| {
        let pairs = rest.iter().map(|word| (word.clone(), String::new())).collect();
        let args = Args { command: name.to_string(), pairs, ..Args::default() };
        let exists = COMMANDS.iter().any(|doc| doc.name == name && doc.exists_in(world.release));
        match Entry::read(args).filter(|_| exists) {
            Some(entry) => Ok(Typed { wire, entry: Ok(entry), done: None }),
            None => Err(not_found(program)),
        }
    };
    let first = rest.first().map(String::as_str);
    match program.as_str() {
        "xe" | "/opt/xensource/bin/xe" | "/usr/bin/xe" => xe(rest, stdin, world.release),
        "/opt/xensource/sm/resetvdis.py" => match world.settings.storage_manager.resetvdis(rest) {
            Reset::Usage(text) => Err(says(text, 1)),
            Reset::Host { .. } | Reset::Vdi { .. } => beside(Wire::Script, "resetvdis.py", rest),
        },
        "xe-toolstack-restart" | "/opt/xensource/bin/xe-toolstack-restart" => beside(Wire::None, "xe-toolstack-restart", rest),
        "/etc/init.d/xapi" | "/etc/rc.d/init.d/xapi" => beside(Wire::None, "service xapi", rest),
        "service" | "/sbin/service" => match first {
            Some("xapi") => beside(Wire::None, "service xapi", &rest[1..]),
            Some(other) => Err(says(format!("{other}: unrecognized service"), 1)),
            None => Err(says("Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]", 1)),
        },
        "list_domains" | "/opt/xensource/bin/list_domains" => beside(Wire::None, "list_domains", rest),
        "tap-ctl" | "/usr/sbin/tap-ctl" => match first {
            Some("list") => beside(Wire::None, "tap-ctl list", &rest[1..]),
            _ => Err(says("usage: tap-ctl [-h] [-v] <command> [args]", 1)),
        },
        "cat" | "/bin/cat" => match rest {
            [file] if file == super::beside::POOL_CONF => beside(Wire::None, "cat /etc/xensource/pool.conf", &[]),
            _ => Err(says(format!("cat: {}: No such file or directory", first.unwrap_or("-")), 1)),
        },
        _ => Err(not_found(program)),
    }
}

/// What the shell says of a word that is no command.
fn not_found(program: &str) -> Output {
    let what = if program.contains('/') { "No such file or directory" } else { "command not found" };
    says(format!("-bash: {program}: {what}"), 127)
}

fn xe(rest: &[String], stdin: Option<String>, release: Release) -> Result<Typed, Output> {
    let client = args::client(rest)?;
    let root = client.user.as_deref().is_none_or(|user| user == "root");
    let (entry, local) = match args::server(&client.rest, stdin) {
        Ok(args) => look_up(args, release),
        Err(output) => (Err(output), false),
    };
    let wire = match client.server {
        Some(server) if !matches!(server.as_str(), "localhost" | "127.0.0.1") => Wire::Remote { server, root, local },
        _ => Wire::Xe { local },
    };
    Ok(Typed { wire, entry, done: None })
}

/// The command table of a release: the command, or what is said of an unknown one or a missing key; and whether it stays
/// local.
fn look_up(args: Args, release: Release) -> (Result<Entry, Output>, bool) {
    let hint = |text: String| Err(says(format!("{text}\n{USAGE_HINT}"), 1));
    let command = args.command.clone();
    if known::is_unbuilt(&command, release) {
        return (Err(says(format!("`xe {command}` is outside the model"), 1)), false);
    }
    let Some((_, grammar)) = known::built(release).find(|(doc, _)| doc.name == command) else {
        return (hint(format!("Unknown command: {command}")), false);
    };
    if let Some(missing) = grammar.required.iter().find(|key| !args.has(key)) {
        return (hint(format!("Required parameter not found: {missing}")), grammar.local);
    }
    match Entry::read(args) {
        Some(entry) => (Ok(entry), grammar.local),
        None => (hint(format!("Unknown command: {command}")), false),
    }
}

fn refused() -> Output {
    says("Error: Connection refused (calling connect )", 1)
}

impl Typed {
    /// Whether an xapi carries the command out, so that it is lost when that process ends.
    pub fn needs_xapi(&self) -> bool {
        !matches!(self.wire, Wire::None)
    }

    /// Whether there is anybody to talk to: asked when the line is typed, and again while it waits.
    pub fn admit(&self, world: &World, console: MachineId) -> Admission {
        let here = Seat { console, executor: console };
        let local = match &self.wire {
            Wire::None => return Admission::Go(here),
            // What becomes of the connection shows in its time, at the check.
            Wire::Remote { server, .. } => {
                return match world.names.machine_by_address(server) {
                    Some(executor) => Admission::Go(Seat { console, executor }),
                    None => Admission::Refuse(says(format!("Host '{server}' not found."), 1)),
                };
            }
            Wire::Script => {
                if !world.xapi_runs(console) {
                    return Admission::Refuse(says(world.settings.storage_manager.no_xapi(), 1));
                }
                false
            }
            Wire::Xe { local } => {
                if !world.xapi_runs(console) {
                    return Admission::Refuse(refused());
                }
                *local
            }
        };
        if let Err(output) = &self.entry {
            return Admission::Refuse(output.clone());
        }
        if local {
            return Admission::Go(here);
        }
        if world.stacks[console.at()].xapi == Xapi::Emergency {
            let error = stashed(world, console);
            return Admission::Refuse(match self.wire {
                Wire::Script => super::resetvdis::failure(world, error),
                _ => print::refusal(world, console, error),
            });
        }
        match world.reached_master(console) {
            Some(executor) => Admission::Go(Seat { console, executor }),
            None => Admission::Wait,
        }
    }

    /// Its checks, when it begins.
    pub fn check(&mut self, world: &World, seat: Seat) -> Check {
        if let Wire::Remote { root, local, .. } = &self.wire
            && let Some((output, after)) = remote_login(world, seat, self.entry.as_ref().err(), *root, *local)
        {
            return Check::Refuse { output, after };
        }
        match &mut self.entry {
            Ok(entry) => entry.check(world, seat),
            Err(output) => Check::Refuse { output: output.clone(), after: Span::ZERO },
        }
    }

    /// It passed its check and begins: the VM that it works on is busy from now on. [`Typed::commit`] keeps the mark up to
    /// date until the command has ended.
    pub fn begin(&self, world: &mut World, seat: Seat) {
        if let Some(vm) = self.claim() {
            world.stacks[seat.executor.at()].busy.insert(vm);
        }
    }

    /// It is given up without having ended: nothing of it is under way any more.
    pub fn release(&self, world: &mut World, seat: Seat) {
        if let Some(vm) = self.claim() {
            world.stacks[seat.executor.at()].busy.remove(&vm);
        }
    }

    fn claim(&self) -> Option<VmId> {
        self.entry.as_ref().ok().and_then(Operation::claim)
    }

    /// The stage that it is in, where it has any.
    pub fn stage(&self) -> Option<&'static str> {
        self.entry.as_ref().ok().and_then(Operation::stage)
    }

    /// Whoever carries it out is gone: nothing of it is under way there any more, and others make of it what they can.
    pub fn orphaned(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) {
        self.release(world, seat);
        if let (None, Ok(entry)) = (&self.done, &mut self.entry) {
            entry.orphaned(world, fx, seat);
        }
    }

    /// Its effects, when it ends. While the line to its executor is cut, work goes on there and the console waits.
    pub fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let ended = match (self.done.take(), &self.entry) {
            (Some(output), _) => output,
            (None, Ok(_)) => {
                self.release(world, seat);
                match self.entry.as_mut().map(|entry| entry.commit(world, fx, seat)) {
                    Ok(Progress::Ended(output)) => output,
                    Ok(other) => {
                        self.begin(world, seat);
                        return other;
                    }
                    Err(output) => output.clone(),
                }
            }
            (None, Err(output)) => output.clone(),
        };
        if world.linked(seat.console, seat.executor) {
            return Progress::Ended(ended);
        }
        self.done = Some(ended);
        Progress::Hangs
    }
}

/// A login by network: how it fails, and after how long. Wrong words are found before the login.
fn remote_login(world: &World, seat: Seat, wrong: Option<&Output>, root: bool, local: bool) -> Option<(Output, Span)> {
    let host = seat.executor;
    match world.contact(seat.console, host) {
        Contact::Silent => return Some((says("Error: Connection timed out (calling connect )", 1), world.settings.connect_timeout)),
        Contact::Refused => return Some((refused(), Span::ZERO)),
        Contact::Answered => {}
    }
    if let Some(output) = wrong {
        return Some((output.clone(), Span::ZERO));
    }
    if !root {
        return Some((says(format!("Authentication failed\n{USAGE_HINT}"), 1), LOGIN_DELAY));
    }
    if local {
        return None;
    }
    if world.stacks[host.at()].xapi == Xapi::Emergency {
        return Some((print::refusal(world, host, stashed(world, host)), Span::ZERO));
    }
    let PoolConf::Slave(master) = world.stacks[host.at()].role else { return None };
    let error = ApiError::new("HOST_IS_SLAVE").text(&world.names.machines[master.at()].address);
    Some((print::refusal(world, host, error), Span::ZERO))
}
