//! `xe CLASS-param-set`, `-param-add`, `-param-remove` and `-param-clear` of fields that nothing in the simulation hangs on
//! (cli_operations.ml, make_param_funs).

use super::args::{Args, STANDARD_KEYS};
use super::fields::{Host, NO_FIELDS, Pbd, Pool, Sr, Subject, Vbd, Vdi, Vm, object, plain_field};
use super::objects::{Class, Field, Object, Value};
use super::reach::{Refusal, no_such_parameter};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Rest, Seat};
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::notes::Noted;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use std::marker::PhantomData;

/// Plain fields that can be set, and are shown again; the others hang together with something, or are references that would have to
/// lead somewhere.
pub const PLAIN: &[&str] = &["name-description"];

/// The fields of a class that can be set: those that have an effect, and those that are kept and shown again. What else is writable in
/// life is outside the model.
pub fn settable(class: Class) -> &'static [&'static str] {
    match class {
        Class::Vm => &[
            "ha-restart-priority",
            "ha-always-run",
            "order",
            "start-delay",
            "name-description",
            "other-config",
            "xenstore-data",
            "platform",
            "VCPUs-params",
            "HVM-boot-params",
        ],
        Class::Host => &["name-description", "other-config", "logging"],
        Class::Pool => {
            &["default-SR", "ha-host-failures-to-tolerate", "ha-allow-overcommit", "name-description", "other-config", "gui-config"]
        }
        Class::Sr | Class::Vdi => &["name-label", "name-description", "other-config"],
        Class::Pbd => &["other-config"],
        Class::Vbd => &["other-config", "qos_algorithm_params"],
        Class::Snapshot => &[],
    }
}

/// Whether a field that is writable in life is kept here.
fn is_kept(class: Class, field: Field) -> bool {
    field.name == "tags" || settable(class).contains(&field.name)
}

/// What is said of a field that is writable in life, and that much would hang on.
pub fn outside(name: &str) -> Refusal {
    Refusal::words(format!("setting `{name}` is outside the model"))
}

/// A class whose fields can be set.
pub trait Kept: Subject {
    /// The doc of `xe …-param-set`; the pool has one of its own.
    const SET: CommandDoc;
    /// The doc of `xe …-param-add`.
    const ADD: CommandDoc;
    /// The doc of `xe …-param-remove`.
    const REMOVE: CommandDoc;
    /// The doc of `xe …-param-clear`.
    const CLEAR: CommandDoc;
}

macro_rules! kept {
    ($($subject:ident $class:literal $uuid:literal: $fields:literal, $member:literal, $member_name:literal;)*) => {$(
        impl Kept for $subject {
            const SET: CommandDoc = CommandDoc {
                name: concat!($class, "-param-set"),
                synopsis: concat!("xe ", $class, "-param-set uuid=UUID ", $fields, "MAP:KEY=VALUE…"),
                doc: "Sets fields of a record, in the order typed; earlier ones stay when a later one fails. Checks: the UUID (UUID_INVALID), each field (`Unknown field`, `read-only`). What states something, such as `enabled`, can only be read. Nothing in the simulation hangs on what it sets.",
                example: concat!("xe ", $class, "-param-set uuid=", $uuid, " other-config:rack=3"),
                ..CommandDoc::ALWAYS
            };
            const ADD: CommandDoc = CommandDoc {
                name: concat!($class, "-param-add"),
                synopsis: concat!("xe ", $class, "-param-add uuid=UUID param-name=SET param-key=MEMBER | param-name=MAP KEY=VALUE…"),
                doc: "Adds a member to a set, or keys with values to a map. MAP_DUPLICATE_KEY if the map has the key; a member that is there already is no error. Checks: the UUID (UUID_INVALID), the field (`Missing parameter`), that it can be added to. Nothing in the simulation hangs on it.",
                example: concat!("xe ", $class, "-param-add uuid=", $uuid, $member),
                ..CommandDoc::ALWAYS
            };
            const REMOVE: CommandDoc = CommandDoc {
                name: concat!($class, "-param-remove"),
                synopsis: concat!("xe ", $class, "-param-remove uuid=UUID param-name=SET-OR-MAP param-key=KEY"),
                doc: "Removes a member from a set, or a key with its value from a map; one that is not there is an error of the tool's. Checks: the UUID (UUID_INVALID), the field (`Missing parameter`), that it can be removed from: what only the pool itself writes can't.",
                example: concat!("xe ", $class, "-param-remove uuid=", $uuid, $member_name, " param-key=lab"),
                ..CommandDoc::ALWAYS
            };
            const CLEAR: CommandDoc = CommandDoc {
                name: concat!($class, "-param-clear"),
                synopsis: concat!("xe ", $class, "-param-clear uuid=UUID param-name=FIELD"),
                doc: "Empties a set or a map, or sets a plain field to nothing. Checks: the UUID (UUID_INVALID), the field (`Missing parameter`), that it can be written. Nothing in the simulation hangs on it.",
                example: concat!("xe ", $class, "-param-clear uuid=", $uuid, $member_name),
                ..CommandDoc::ALWAYS
            };
        }
    )*};
}

kept! {
    Host "host" "$beta": "name-description=TEXT ", " param-name=tags param-key=lab", " param-name=tags";
    Pool "pool" "$pool": "name-description=TEXT ", " param-name=tags param-key=lab", " param-name=tags";
    Vm "vm" "$db": "name-description=TEXT ", " param-name=tags param-key=lab", " param-name=tags";
    Sr "sr" "$nfs1": "name-label=NAME name-description=TEXT ", " param-name=tags param-key=lab", " param-name=tags";
    Vdi "vdi" "${db-root}": "name-label=NAME name-description=TEXT ", " param-name=tags param-key=lab", " param-name=tags";
    Pbd "pbd" "${beta/nfs1}": "", " param-name=other-config lab=3", " param-name=other-config";
    Vbd "vbd" "${db/root}": "", " param-name=other-config lab=3", " param-name=other-config";
}

/// The record that what was set is kept with.
pub fn noted(object: Object) -> Option<Noted> {
    match object {
        Object::Pool => Some(Noted::Pool),
        Object::Host(host) => Some(Noted::Host(host)),
        Object::Vm(vm) => Some(Noted::Vm(vm)),
        Object::ControlDomain(_) | Object::Snapshot(_) => None,
        Object::Sr(sr) => Some(Noted::Sr(sr)),
        Object::Vdi(vdi) => Some(Noted::Vdi(vdi)),
        Object::Pbd(host, sr) => Some(Noted::Pbd(host, sr)),
        Object::Vbd(vbd) => Some(Noted::Vbd(vbd)),
    }
}

/// What is to be written: the object's field, and its new value.
struct Writing {
    object: Object,
    field: Field,
    value: Value,
}

/// What one of these commands does with one field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Add,
    Remove,
    Clear,
}

/// The field of `param-name=`.
fn field(class: Class, args: &Args) -> Result<Field, Refusal> {
    let name = args.required("param-name");
    class.field(name).ok_or_else(|| no_such_parameter(name))
}

impl Way {
    /// What is to be written, if anything is.
    fn writing(self, class: Class, args: &Args, world: &World, by: MachineId) -> Result<Option<Writing>, Refusal> {
        let object = object(class, args, world, by)?;
        let field = field(class, args)?;
        let value = match self {
            Way::Add => added(args, world, by, object, field)?,
            Way::Remove => removed(args, world, by, object, field)?,
            Way::Clear => cleared(class, field)?,
        };
        if !is_kept(class, field) || noted(object).is_none() {
            return Err(outside(field.name));
        }
        Ok(value.map(|value| Writing { object, field, value }))
    }
}

/// A set with a member more, or a map with keys more (p_add).
fn added(args: &Args, world: &World, by: MachineId, object: Object, field: Field) -> Result<Option<Value>, Refusal> {
    match object.value(world, by, field) {
        Value::Set(_) | Value::Map(_) if !field.writable() => Err(Refusal::tool("Parameter is read-only")),
        Value::Set(mut members) => {
            let Some(member) = args.get("param-key") else {
                let how = "When adding a key to a set, use the syntax: *-param-add param-name=<name> param-key=<key>";
                return Err(Refusal::tool(how));
            };
            if members.iter().any(|old| old == member) {
                return Ok(None);
            }
            members.push(member.to_string());
            Ok(Some(Value::Set(members)))
        }
        Value::Map(mut entries) => {
            let own = ["uuid", "param-name", "param-key"];
            for (key, value) in args.pairs.iter().filter(|(key, _)| !own.contains(&key.as_str()) && !STANDARD_KEYS.contains(&key.as_str()))
            {
                if entries.iter().any(|(old, _)| old == key) {
                    let class = class_of(object).table();
                    let name = field.name.replace('-', "_");
                    return Err(ApiError::new("MAP_DUPLICATE_KEY").text(class).text(name).text(object.uuid(world, by)).text(key).into());
                }
                // The newest stands first.
                entries.insert(0, (key.clone(), value.clone()));
            }
            Ok(Some(Value::Map(entries)))
        }
        Value::One(_) => Err(Refusal::tool("Can only add to parameters of type Set or Map")),
    }
}

/// A set or map without one of its own (p_remove).
fn removed(args: &Args, world: &World, by: MachineId, object: Object, field: Field) -> Result<Option<Value>, Refusal> {
    let key = args.required("param-key");
    let names = world.release.words.remove_names_the_key;
    let missing = |of: &str| Refusal::tool(if names { format!("Key {key} is not in {of}") } else { format!("Key is not in {of}") });
    match object.value(world, by, field) {
        Value::Set(_) | Value::Map(_) if !field.writable() && names => Err(Refusal::tool("Cannot remove parameters from read-only map")),
        Value::Set(_) | Value::Map(_) if !field.writable() => Err(Refusal::tool("Can only remove from parameters of type Set or Map")),
        Value::Set(mut members) => {
            let at = members.iter().position(|member| member == key);
            members.remove(at.ok_or_else(|| missing("the set"))?);
            Ok(Some(Value::Set(members)))
        }
        Value::Map(mut entries) => {
            let at = entries.iter().position(|(old, _)| old == key);
            entries.remove(at.ok_or_else(|| missing("map"))?);
            Ok(Some(Value::Map(entries)))
        }
        Value::One(_) => Err(Refusal::tool("Can only remove from parameters of type Set or Map")),
    }
}

/// A field emptied (p_clear). A plain one that the simulation has a meaning for can't be.
fn cleared(class: Class, field: Field) -> Result<Option<Value>, Refusal> {
    match (field.writable(), field.is_set(), field.is_map()) {
        (false, ..) => Err(Refusal::tool("Can only clear RW parameters")),
        (_, true, _) => Ok(Some(Value::Set(Vec::new()))),
        (_, _, true) => Ok(Some(Value::Map(Vec::new()))),
        _ if kept_plain(class, field.name) => Ok(Some(Value::One(String::new()))),
        _ => Err(Refusal::words(format!("clearing `{}` is outside the model", field.name))),
    }
}

fn class_of(object: Object) -> Class {
    match object {
        Object::Pool => Class::Pool,
        Object::Host(_) => Class::Host,
        Object::Vm(_) | Object::ControlDomain(_) => Class::Vm,
        Object::Snapshot(_) => Class::Snapshot,
        Object::Sr(_) => Class::Sr,
        Object::Vdi(_) => Class::Vdi,
        Object::Pbd(..) => Class::Pbd,
        Object::Vbd(_) => Class::Vbd,
    }
}

/// Whether a plain field is one that is kept as it is written.
pub fn kept_plain(class: Class, name: &str) -> bool {
    matches!(class, Class::Sr | Class::Vdi) && name == "name-label" || PLAIN.contains(&name)
}

fn write(world: &mut World, by: MachineId, writing: Writing) {
    match (writing.object, writing.field.name, &writing.value) {
        // Filters and lists ask for these names elsewhere too, so they lie in the records themselves.
        (Object::Sr(sr), "name-label", Value::One(name)) => world.label_sr(by, sr, name),
        (Object::Vdi(vdi), "name-label", Value::One(name)) => world.label_vdi(by, vdi, name),
        (object, name, _) => {
            if let Some(of) = noted(object) {
                world.note(by, of, name, writing.value);
            }
        }
    }
}

fn nothing_more(args: &Args) -> Output {
    Output { text: if args.minimal { "\n".to_string() } else { String::new() }, exit: 0, error: None }
}

macro_rules! ways {
    ($($(#[doc = $doc:literal])+ $name:ident $way:ident $head:ident: $required:expr, $rest:expr;)*) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name<S> {
            args: Args,
            subject: PhantomData<S>,
        }

        impl<S: Kept> Command for $name<S> {
            const DOC: CommandDoc = S::$head;
            const GRAMMAR: Grammar = Grammar { rest: $rest, ..Grammar::keys($required, &["param-key"]) };
            fn new(args: Args) -> Self {
                $name { args, subject: PhantomData }
            }
        }

        impl<S: Kept> Operation for $name<S> {
            fn check(&mut self, world: &World, seat: Seat) -> Check {
                match Way::$way.writing(S::CLASS, &self.args, world, seat.executor) {
                    Ok(_) => Check::Go(world.settings.command),
                    Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
                }
            }
            fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
                Progress::Ended(match Way::$way.writing(S::CLASS, &self.args, world, seat.executor) {
                    Ok(writing) => {
                        if let Some(writing) = writing {
                            write(world, seat.executor, writing);
                        }
                        nothing_more(&self.args)
                    }
                    Err(refusal) => refusal.output(world, seat.executor),
                })
            }
        }
    )*};
}

ways! {
    /// `xe CLASS-param-add`.
    ParamAdd Add ADD: &["uuid", "param-name"], Rest::Entries;
    /// `xe CLASS-param-remove`.
    ParamRemove Remove REMOVE: &["uuid", "param-name", "param-key"], Rest::Ignored;
    /// `xe CLASS-param-clear`.
    ParamClear Clear CLEAR: &["uuid", "param-name"], Rest::Ignored;
}

/// `xe CLASS-param-set`, of a class of which no field that can be set has an effect.
#[derive(Clone, Debug)]
pub struct ParamSet<S> {
    args: Args,
    subject: PhantomData<S>,
}

impl<S: Kept> Command for ParamSet<S> {
    const DOC: CommandDoc = S::SET;
    const GRAMMAR: Grammar = Grammar { rest: Rest::Set(S::CLASS), ..Grammar::keys(&["uuid"], &[]) };
    fn new(args: Args) -> Self {
        ParamSet { args, subject: PhantomData }
    }
}

impl<S: Kept> ParamSet<S> {
    /// The object and the first refusal, if there is one before anything is set.
    fn refusal(&self, world: &World, by: MachineId) -> Option<Refusal> {
        if let Err(refusal) = object(S::CLASS, &self.args, world, by) {
            return Some(refusal);
        }
        let first = self.args.pairs.iter().find(|(key, _)| !NO_FIELDS.contains(&key.as_str()));
        first.and_then(|(key, _)| keeps(S::CLASS, key).err())
    }
}

/// Whether a key of param-set is a field that is kept, or a part of one.
///
/// # Errors
/// The tool's own words, or that it is outside the model.
pub fn keeps(class: Class, key: &str) -> Result<(), Refusal> {
    plain_field(class, key)?;
    let name = key.split_once(':').map_or(key, |(name, _)| name);
    if settable(class).contains(&name) { Ok(()) } else { Err(outside(name)) }
}

/// Sets a field, or a key of a map, of an object that exists: whether it was let through by [`plain_field`] the caller knows.
pub fn keep(world: &mut World, by: MachineId, object: Object, class: Class, key: &str, value: &str) {
    let (name, inner) = key.split_once(':').map_or((key, None), |(name, inner)| (name, Some(inner)));
    let Some(field) = class.field(name) else { return };
    let new = match (inner, object.value(world, by, field)) {
        (Some(inner), Value::Map(mut entries)) => {
            match entries.iter_mut().find(|(old, _)| old == inner) {
                Some((_, held)) => *held = value.to_string(),
                None => entries.insert(0, (inner.to_string(), value.to_string())),
            }
            Value::Map(entries)
        }
        (None, Value::One(_)) if kept_plain(class, name) => Value::One(value.to_string()),
        _ => return,
    };
    write(world, by, Writing { object, field, value: new });
}

/// Takes a key out of a map, where it is there.
pub fn drop_key(world: &mut World, by: MachineId, object: Object, name: &str, key: &str) {
    let Some(field) = class_of(object).field(name) else { return };
    if let Value::Map(mut entries) = object.value(world, by, field)
        && entries.iter().any(|(old, _)| old == key)
    {
        entries.retain(|(old, _)| old != key);
        write(world, by, Writing { object, field, value: Value::Map(entries) });
    }
}

impl<S: Kept> Operation for ParamSet<S> {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.refusal(world, seat.executor) {
            Some(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
            None => Check::Go(world.settings.command),
        }
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let object = match object(S::CLASS, &self.args, world, by) {
            Ok(object) => object,
            Err(refusal) => return Progress::Ended(refusal.output(world, by)),
        };
        for (key, value) in self.args.pairs.iter().filter(|(key, _)| !NO_FIELDS.contains(&key.as_str())) {
            if let Err(refusal) = keeps(S::CLASS, key) {
                return Progress::Ended(refusal.output(world, by));
            }
            keep(world, by, object, S::CLASS, key, value);
        }
        Progress::Ended(nothing_more(&self.args))
    }
}
