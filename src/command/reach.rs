//! Who can be asked, and who counts as alive: the tests that commands share, along the wires that the executing master
//! really has.

use super::args::{Args, confirm};
use super::{Output, print};
use crate::base::ids::{HostId, MachineId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::errors::ApiError;
use crate::world::memory::PoolConf;
use crate::world::roles::Contact;

/// Why a command does not do what it was asked, and how long it took to find out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What was printed before.
    pub before: String,
    /// The reason.
    pub why: Why,
    /// How long it took to find out.
    pub after: Span,
}

/// A reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// The pool's answer.
    Api(ApiError),
    /// The tool's own words, after `Error: `.
    Tool(String),
    /// The tool's own words, whole.
    Words(String),
}

impl Refusal {
    /// Whether another works on what is asked for.
    pub fn is_busy(&self) -> bool {
        self.is_of("OTHER_OPERATION_IN_PROGRESS")
    }

    /// Whether it is this answer of the pool's.
    pub fn is_of(&self, code: &str) -> bool {
        matches!(&self.why, Why::Api(error) if error.code == code)
    }

    /// The tool's own words, after `Error: `.
    pub fn tool(words: impl Into<String>) -> Refusal {
        Refusal { before: String::new(), why: Why::Tool(words.into()), after: Span::ZERO }
    }
    /// The tool's own words, whole.
    pub fn words(words: impl Into<String>) -> Refusal {
        Refusal { before: String::new(), why: Why::Words(words.into()), after: Span::ZERO }
    }
    /// The same, found out after a span.
    pub fn after(self, after: Span) -> Refusal {
        Refusal { after, ..self }
    }
    /// The reason as text; `by` answers.
    pub fn text(&self, world: &World, by: MachineId) -> String {
        match &self.why {
            Why::Api(error) => print::error(world, by, error),
            Why::Tool(words) => format!("Error: {words}\n"),
            Why::Words(words) => format!("{words}\n"),
        }
    }
    /// The output of a command that ends so.
    pub fn output(&self, world: &World, by: MachineId) -> Output {
        let error = match &self.why {
            Why::Api(error) => Some(error.clone()),
            _ => None,
        };
        Output { text: format!("{}{}", self.before, self.text(world, by)), exit: 1, error }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Refusal {
        Refusal { before: String::new(), why: Why::Api(error), after: Span::ZERO }
    }
}

/// UUID_INVALID.
pub fn uuid_invalid(table: &str, uuid: &str) -> Refusal {
    ApiError::new("UUID_INVALID").text(table).text(uuid).into()
}

/// What `param-name=` of a field that there is not is answered with.
pub fn no_such_parameter(name: &str) -> Refusal {
    Refusal::words(format!("Error code: Missing parameter\nError parameters: {name}"))
}

/// is_host_alive (xapi_host.ml): `None` if the host is alive; if it counts as dead, how long it took to find out.
///
/// What the database says if it says dead; else a question, and anything but an answer counts as dead.
pub fn dead_after(world: &World, executor: MachineId, host: HostId) -> Option<Span> {
    if !world.db(executor).live(host) {
        return Some(Span::ZERO);
    }
    match world.contact_host(executor, host) {
        Contact::Answered => None,
        Contact::Refused => Some(Span::ZERO),
        Contact::Silent => Some(world.settings.connect_timeout),
    }
}

/// The gate of every command that is carried out on a certain host (message_forwarding.ml, do_op_on): the machine.
///
/// # Errors
/// HOST_OFFLINE if the database holds it for dead, CANNOT_CONTACT_HOST if it does not answer, its own error if it is in
/// emergency mode.
pub fn gate(world: &World, executor: MachineId, host: HostId) -> Result<MachineId, Refusal> {
    world.forwards_to(executor, host).map_err(|(error, after)| Refusal::from(error).after(after))
}

/// Whether a machine is a member of this master: only then does it fetch a copy of its database when it is told to, for a
/// member asks the master that it points to, and a master asks nobody (slave_backup.ml).
pub fn is_member(world: &World, master: MachineId, machine: MachineId) -> bool {
    world.stacks[machine.at()].role == PoolConf::Slave(master)
}

/// The error of a host in emergency mode.
pub fn stashed(world: &World, machine: MachineId) -> ApiError {
    world.stashed(machine)
}

/// The master in whose database a machine's xapi keeps its records and locks; `None`: it waits for it.
pub fn home(world: &World, machine: MachineId) -> Option<MachineId> {
    world.reached_master(machine)
}

/// Asks before something that can't be undone, unless `--force` was typed: whom it is about, and what the console shows by
/// then.
///
/// # Errors
/// How the tool ends without having asked the API: the object is not there, or the answer was not `yes`.
pub fn ask_first<T: Copy>(
    args: &Args,
    world: &World,
    by: MachineId,
    found: Result<T, Refusal>,
    warnings: impl FnOnce(T) -> String,
) -> Result<(T, String), Output> {
    let forced = found.and_then(|found| Ok((found, args.flag("force").map_err(Refusal::tool)?)));
    let (found, forced) = forced.map_err(|refusal| refusal.output(world, by))?;
    let asked = if forced { String::new() } else { confirm(args.stdin.as_deref(), &warnings(found))? };
    Ok((found, asked))
}
