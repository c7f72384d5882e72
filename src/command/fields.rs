//! `xe CLASS-param-get`, `-param-list` and `xe pool-param-set`, and what the classes have of them.

use super::args::Args;
use super::objects::{Class, NOWHERE, Object, Value};
use super::params::{PLAIN, keep};
use super::reach::{Refusal, Why, no_such_parameter, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Rest, Seat, print};
use crate::base::ids::{MachineId, SrId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::plan::Change;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
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

/// `xe pool-param-set`.
#[derive(Clone, Debug)]
pub struct PoolParamSet {
    args: Args,
}

/// Keys that param-set does not take for fields.
pub const NO_FIELDS: &[&str] =
    &["uuid", "server", "password", "port", "username", "minimal", "force", "multiple", "all", "message-priority"];

impl Command for PoolParamSet {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-param-set",
        synopsis: "xe pool-param-set uuid=POOL-UUID FIELD=VALUE…",
        doc: "Sets fields of the pool, in the order typed; earlier ones stay when a later one fails. Checks: the pool's UUID (UUID_INVALID), each field (`Unknown field`, `read-only`), an SR's UUID (UUID_INVALID). An empty `default-SR=` sets none. Case matters: `default-sr` is no field. `ha-host-failures-to-tolerate` is refused with HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN where HA is on and there is no plan for so many; `ha-allow-overcommit=true` lets operations break the plan. Descriptions and the keys of maps (`other-config:KEY=VALUE`) are kept and shown again, and nothing in the simulation hangs on them.",
        example: "xe pool-param-set uuid=$pool default-SR=$nfs1",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { rest: Rest::Set(Class::Pool), ..Grammar::keys(&["uuid"], &[]) };
    fn new(args: Args) -> Self {
        PoolParamSet { args }
    }
}

impl PoolParamSet {
    /// The fields to set, each checked, in order, and the first refusal.
    fn changes(&self, world: &World, by: MachineId) -> (Vec<Setting>, Option<Refusal>) {
        let mut changes = Vec::new();
        if let Err(refusal) = object(Class::Pool, &self.args, world, by) {
            return (changes, Some(refusal));
        }
        for (key, value) in self.args.pairs.iter().filter(|(key, _)| !NO_FIELDS.contains(&key.as_str())) {
            match change(world, by, key, value) {
                Ok(Some(setting)) => changes.push(setting),
                Ok(None) => {}
                Err(refusal) => return (changes, Some(refusal)),
            }
        }
        (changes, None)
    }
}

/// A field that has an effect, and what it is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Setting {
    DefaultSr(Option<SrId>),
    Failures(u32),
    Overcommit(bool),
    /// A field that nothing hangs on, or a key of a map.
    Kept(String, String),
}

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

/// One field to set; `None` where that has no effect in the simulation.
fn change(world: &World, by: MachineId, key: &str, value: &str) -> Result<Option<Setting>, Refusal> {
    if !plain_field(Class::Pool, key)? || PLAIN.contains(&key) {
        return Ok(Some(Setting::Kept(key.to_string(), value.to_string())));
    }
    match key {
        "default-SR" if value.is_empty() || value == NOWHERE => Ok(Some(Setting::DefaultSr(None))),
        "default-SR" => match Class::Sr.by_uuid(world, by, value) {
            Some(Object::Sr(sr)) => Ok(Some(Setting::DefaultSr(Some(sr)))),
            _ => Err(uuid_invalid("SR", value)),
        },
        "ha-host-failures-to-tolerate" => {
            let Ok(wanted) = value.parse::<i64>() else {
                return Err(ApiError::new("INTERNAL_ERROR").text("Failure(\"int_of_string\")").into());
            };
            let Ok(failures) = u32::try_from(wanted) else {
                return Err(ApiError::new("INVALID_VALUE").text("ha_host_failures_to_tolerate").text(value).into());
            };
            // Where there is no plan for any failure nothing is kept from changing (xapi_pool.ml,
            // set_ha_host_failures_to_tolerate).
            let planned = world.db(by).ha.plan_exists_for > 0;
            if planned && world.breaks_plan(by, &Change { failures: Some(failures), ..Change::default() }) {
                return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN").into());
            }
            Ok(Some(Setting::Failures(failures)))
        }
        "ha-allow-overcommit" => boolean(key, value).map(|allowed| Some(Setting::Overcommit(allowed))),
        _ => Ok(None),
    }
}

impl Operation for PoolParamSet {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.changes(world, seat.executor) {
            (changes, Some(refusal)) if changes.is_empty() => {
                debug_assert!(matches!(refusal.why, Why::Api(_) | Why::Tool(_)));
                Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO }
            }
            _ => Check::Go(world.settings.command),
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let (changes, refusal) = self.changes(world, seat.executor);
        let by = seat.executor;
        for setting in changes {
            let ha = &world.db(by).ha;
            match setting {
                Setting::DefaultSr(sr) => world.set_default_sr(fx, by, sr),
                Setting::Failures(failures) => world.set_tolerance(fx, by, failures, ha.allow_overcommit),
                Setting::Kept(key, value) => keep(world, by, Object::Pool, Class::Pool, &key, &value),
                Setting::Overcommit(allowed) => world.set_tolerance(fx, by, ha.failures_to_tolerate, allowed),
            }
        }
        let text = if self.args.minimal { "\n".to_string() } else { String::new() };
        ended(world, seat.executor, refusal.map_or(Ok(text), Err))
    }
}
