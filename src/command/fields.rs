//! `xe CLASS-param-get` and `-param-list`, what the classes have of them, and what setting a field asks of it.

use super::args::Args;
use super::objects::{Class, Object, Value};
use super::reach::{Refusal, no_such_parameter, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, print};
use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::Effects;
use std::marker::PhantomData;

/// A class with the headers of its commands.
pub trait Subject: Clone + std::fmt::Debug {
    /// The class.
    const CLASS: Class;
    /// The doc of `xe …-list`.
    const LIST: CommandDoc;
    /// The doc of `xe …-param-get`.
    const GET: CommandDoc;
    /// The doc of `xe …-param-list`.
    const ALL: CommandDoc;
}

macro_rules! subjects {
    ($($subject:ident $class:literal: $list:literal, $list_example:literal, $get_example:literal, $all_example:literal;)*) => {$(
        /// The class of this name.
        #[derive(Clone, Debug)]
        pub struct $subject;
        impl Subject for $subject {
            const CLASS: Class = Class::$subject;
            const LIST: CommandDoc = CommandDoc {
                name: concat!($class, "-list"),
                synopsis: concat!("xe ", $class, "-list [FIELD=VALUE…] [params=FIELD,FIELD…] [--minimal]"),
                doc: concat!($list, " Every key is a filter and must be a field, spelled as `xe` spells it; a value matches only as a whole. No match prints nothing and is no error. It reads the database of the master, or hangs while that does not answer."),
                example: $list_example,
                ..CommandDoc::ALWAYS
            };
            const GET: CommandDoc = CommandDoc {
                name: concat!($class, "-param-get"),
                synopsis: concat!("xe ", $class, "-param-get uuid=UUID param-name=FIELD [param-key=KEY]"),
                doc: "Prints one field of one object. UUID_INVALID if the database of the master has no such object; other keys are ignored.",
                example: $get_example,
                ..CommandDoc::ALWAYS
            };
            const ALL: CommandDoc = CommandDoc {
                name: concat!($class, "-param-list"),
                synopsis: concat!("xe ", $class, "-param-list uuid=UUID"),
                doc: "Prints all fields of one object. UUID_INVALID if the database of the master has no such object; other keys are ignored.",
                example: $all_example,
                ..CommandDoc::ALWAYS
            };
        }
    )*};
}

subjects! {
    Host "host": "Lists the hosts that the database has. It does not show whether they are alive: ask for `params=name-label,enabled,host-metrics-live`.",
        "xe host-list params=name-label,enabled,host-metrics-live", "xe host-param-get uuid=$beta param-name=host-metrics-live", "xe host-param-list uuid=$beta";
    Pool "pool": "Lists the pool: its master and its default SR.", "xe pool-list", "xe pool-param-get uuid=$pool param-name=default-SR", "xe pool-param-list uuid=$pool";
    Vm "vm": "Lists the VMs with their power state, and each host's domain 0. Filters on `resident-on` take a host's UUID, not its name: with a name nothing matches, which reads like an empty host.",
        "xe vm-list resident-on=$beta is-control-domain=false", "xe vm-param-get uuid=$db param-name=resident-on", "xe vm-param-list uuid=$db";
    Snapshot "snapshot": "Lists the snapshots of VMs. They are VMs of their own in the database, which `vm-list` leaves out.",
        "xe snapshot-list params=uuid,name-label,snapshot-of", "xe snapshot-param-get uuid=00000003-0003-4000-8000-00706f6f6c03 param-name=snapshot-of", "xe snapshot-param-list uuid=00000003-0003-4000-8000-00706f6f6c03";
    Vdi "vdi": "Lists the virtual disks. `params=all` or `params=sm-config` shows their locks, the `host_…` keys, as the database has them.",
        "xe vdi-list params=name-label,sm-config", "xe vdi-param-get uuid=${db-root} param-name=sm-config", "xe vdi-param-list uuid=${db-root}";
    Sr "sr": "Lists the storage repositories.", "xe sr-list", "xe sr-param-get uuid=$nfs1 param-name=PBDs", "xe sr-param-list uuid=$nfs1";
    Pbd "pbd": "Lists the PBDs: which host is connected to which SR, and whether the connection is plugged.",
        "xe pbd-list host-uuid=$beta", "xe pbd-param-get uuid=${beta/nfs1} param-name=currently-attached", "xe pbd-param-list uuid=${beta/nfs1}";
    Vbd "vbd": "Lists the VBDs: which VM has which disk, and whether the database has it attached.",
        "xe vbd-list vm-uuid=$db", "xe vbd-param-get uuid=${db/root} param-name=currently-attached", "xe vbd-param-list uuid=${db/root}";
}

/// The object of `uuid=`.
pub fn object(class: Class, args: &Args, world: &World, by: MachineId) -> Result<Object, Refusal> {
    let uuid = args.required("uuid");
    class.by_uuid(world, by, uuid).ok_or_else(|| uuid_invalid(class.table(), uuid))
}

fn ended(world: &World, by: MachineId, text: Result<String, Refusal>) -> Progress {
    Progress::Ended(match text {
        Ok(text) => Output { text, exit: 0, error: None },
        Err(refusal) => refusal.output(world, by),
    })
}

/// `xe CLASS-param-get`.
#[derive(Clone, Debug)]
pub struct ParamGet<S> {
    args: Args,
    subject: PhantomData<S>,
}

impl<S: Subject> Command for ParamGet<S> {
    const DOC: CommandDoc = S::GET;
    const GRAMMAR: Grammar = Grammar::keys(&["uuid", "param-name"], &["param-key"]);
    fn new(args: Args) -> Self {
        ParamGet { args, subject: PhantomData }
    }
}

impl<S: Subject> Operation for ParamGet<S> {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        let text = self.text(world, seat.executor);
        ended(world, seat.executor, text)
    }
}

impl<S: Subject> ParamGet<S> {
    fn text(&self, world: &World, by: MachineId) -> Result<String, Refusal> {
        let object = object(S::CLASS, &self.args, world, by)?;
        let name = self.args.required("param-name");
        let field = S::CLASS.field(name).ok_or_else(|| no_such_parameter(name))?;
        let value = object.value(world, by, field);
        let shown = match self.args.get("param-key") {
            None => value.show(),
            Some(wanted) => match &value {
                Value::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key == wanted)
                    .map(|(_, held)| held.clone())
                    .ok_or_else(|| Refusal::tool(format!("Key {wanted} not found in map")))?,
                _ => return Err(Refusal::tool(format!("Field '{name}' is not a set or map"))),
            },
        };
        Ok(print::lines(&[shown], self.args.minimal))
    }
}

/// `xe CLASS-param-list`.
#[derive(Clone, Debug)]
pub struct ParamList<S> {
    args: Args,
    subject: PhantomData<S>,
}

impl<S: Subject> Command for ParamList<S> {
    const DOC: CommandDoc = S::ALL;
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    fn new(args: Args) -> Self {
        ParamList { args, subject: PhantomData }
    }
}

impl<S: Subject> Operation for ParamList<S> {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let text = object(S::CLASS, &self.args, world, by).map(|object| {
            if self.args.minimal {
                return print::lines(&[object.uuid(world, by)], true);
            }
            let fields = S::CLASS.fields().filter(|field| !field.hidden);
            print::record(&fields.map(|field| (field.label(), object.value(world, by, field).show())).collect::<Vec<_>>())
        });
        ended(world, by, text)
    }
}

/// Keys that param-set does not take for fields.
pub const NO_FIELDS: &[&str] =
    &["uuid", "server", "password", "port", "username", "minimal", "force", "multiple", "all", "message-priority"];

/// Whether the tool lets a key of param-set through as a plain field; a part of a map is `false`, and has no effect in the
/// simulation.
///
/// # Errors
/// The tool's own words.
pub fn plain_field(class: Class, key: &str) -> Result<bool, Refusal> {
    let (name, inner) = key.split_once(':').map_or((key, None), |(name, inner)| (name, Some(inner)));
    let Some(field) = class.field(name) else { return Err(Refusal::tool(format!("Unknown field '{key}'"))) };
    match (field.is_map(), field.is_set(), inner) {
        (true, _, Some(_)) if field.writable() => Ok(false),
        (true, _, Some(_)) => Err(Refusal::tool(format!("Map field '{name}' is read-only."))),
        (_, _, Some(_)) => Err(Refusal::tool(format!("Field '{name}' is not a set or map"))),
        _ if !field.writable() => Err(Refusal::tool(format!("Field '{key}' is read-only."))),
        (true, ..) => Err(Refusal::tool(format!("Field '{key}' is a map or set. use the 'name:key=value' syntax."))),
        (_, true, _) => Err(Refusal::tool("Cannot param-set on set fields")),
        _ => Ok(true),
    }
}

/// A boolean field's value (records.ml, bool_of_string).
///
/// # Errors
/// The tool's own words.
pub fn boolean(key: &str, value: &str) -> Result<bool, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Ok(true),
        "false" | "f" | "0" => Ok(false),
        _ => Err(Refusal::tool(format!("Failed to parse parameter '{key}': expecting 'true' or 'false'"))),
    }
}
