//! Commands on VMs and hosts that are selected by fields: the filters, the selectors, and `--multiple`
//! (cli_operations.ml: filter_records_on_fields, select_vms, do_vm_op). The targets are worked on one after the other.

use super::args::{Args, STANDARD_KEYS};
use super::objects::{Class, Object};
use super::reach::{Refusal, Why};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Rest, Seat, Target};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::release::Release;

/// The filters of a command: every key that is not one of these, nor a part of one (`power-on-config:…`).
pub fn filters<'a>(args: &'a Args, own: &[&str]) -> Vec<(&'a str, &'a str)> {
    let own = |key: &str| own.contains(&key.split(':').next().unwrap_or(key));
    let others = |key: &str| !STANDARD_KEYS.contains(&key) && !own(key) && !key.starts_with("database:");
    args.pairs.iter().filter(|(key, _)| others(key)).map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// Whether an object matches a filter.
fn matches(world: &World, by: MachineId, class: Class, object: Object, key: &str, value: &str) -> Result<bool, Refusal> {
    if let Some(field) = class.field(key) {
        return Ok(object.value(world, by, field).show() == value);
    }
    let entry = |map: super::objects::Value, wanted: &str| match map {
        super::objects::Value::Map(entries) => entries.iter().any(|(key, held)| key == wanted && held == value),
        _ => false,
    };
    if let Some((name, inner)) = key.split_once(':') {
        let Some(field) = class.field(name) else { return Err(unknown_field(key)) };
        if field.is_map() {
            return Ok(entry(object.value(world, by, field), inner));
        }
        if !field.is_set() {
            return Err(Refusal::tool(format!("Field '{name}' is not a set or map")));
        }
        if inner != "contains" {
            return Err(Refusal::tool("Invalid syntax for set filtering (should be set-param:contains=key)"));
        }
        return Ok(match object.value(world, by, field) {
            super::objects::Value::Set(members) => members.iter().any(|member| member == value),
            _ => false,
        });
    }
    // The old spelling `map-key=value`.
    let old = |field: &super::objects::Field| field.is_map() && key.strip_prefix(field.name).is_some_and(|rest| rest.starts_with('-'));
    match class.fields().find(old) {
        Some(field) => Ok(entry(object.value(world, by, field), &key[field.name.len() + 1..])),
        None => Err(unknown_field(key)),
    }
}

fn unknown_field(key: &str) -> Refusal {
    Refusal::tool(format!("Unknown field '{key}'"))
}

/// Whether a key can filter a class: a field, a part of a map or set, or the old spelling of one.
pub fn filterable(class: Class, key: &str) -> bool {
    let name = key.split_once(':').map_or(key, |(name, _)| name);
    class.field(name).is_some()
        || class.fields().any(|field| field.is_map() && key.strip_prefix(field.name).is_some_and(|rest| rest.starts_with('-')))
}

/// The objects that match all filters, applied in order. An unknown field is an error only while any object is left.
///
/// # Errors
/// The tool's own words.
pub fn filter(
    world: &World,
    by: MachineId,
    class: Class,
    mut objects: Vec<Object>,
    filters: &[(&str, &str)],
) -> Result<Vec<Object>, Refusal> {
    for (key, value) in filters {
        let mut left = Vec::new();
        for object in objects {
            if matches(world, by, class, object, key, value)? {
                left.push(object);
            }
        }
        objects = left;
    }
    Ok(objects)
}

/// What a command does to one target.
pub trait Deed: Clone + std::fmt::Debug + Default {
    /// The command's header.
    const DOC: CommandDoc;
    /// VMs or hosts.
    const CLASS: Class;
    /// Keys of its own, which do not filter.
    const OWN: &'static [&'static str];
    /// The same in a release, where releases differ.
    fn own(_release: Release) -> &'static [&'static str] {
        Self::OWN
    }
    /// Those of them that it can't be without.
    const REQUIRED: &'static [&'static str] = &[];
    /// Whether domain 0 is left out of the selection.
    const GUARDED: bool = true;
    /// Whether a VM is busy while it is worked on.
    const CLAIMS: bool = false;
    /// Whether it takes one object alone, whatever is said.
    const SINGLE: bool = false;

    /// What is looked at before anything is selected.
    ///
    /// # Errors
    /// The tool's own words.
    fn before(_args: &Args) -> Result<(), Refusal> {
        Ok(())
    }
    /// The checks for one target: how long the work then takes.
    ///
    /// # Errors
    /// Why it is refused.
    fn check(&mut self, args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal>;
    /// The work, at its end.
    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome;
    /// See [`Operation::stage`].
    fn stage(&self) -> Option<&'static str> {
        None
    }
    /// See [`Operation::orphaned`].
    fn orphaned(&mut self, _world: &mut World, _fx: &mut Effects, _seat: Seat, _target: Object) {}
}

/// How the work on one target went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is done, and this is what it shows.
    Says(String),
    /// It failed; what was taken is let go of.
    Failed(Refusal),
    /// It asks again after this span.
    Again(Span),
    /// It hangs on its storage.
    Hangs,
}

impl<E: Into<Refusal>> From<Result<(), E>> for Outcome {
    fn from(result: Result<(), E>) -> Outcome {
        match result {
            Ok(()) => Outcome::Done,
            Err(refusal) => Outcome::Failed(refusal.into()),
        }
    }
}

/// A command on what it selects.
#[derive(Clone, Debug)]
pub struct Batch<D> {
    args: Args,
    deed: D,
    targets: Vec<Object>,
    at: usize,
    /// Since when the present target is busy with another's work.
    waiting: Option<Time>,
    /// It was busy when the command began.
    queued: bool,
    /// What failed, with `--multiple`: UUID and reason, in order.
    failures: Vec<(String, Refusal)>,
    /// What was shown of each target, in order.
    said: Vec<String>,
}

/// How long a command waits for a VM that another works on (message_forwarding.ml, retry_with_global_lock).
pub const PATIENCE: Span = Span::mins(120);

/// Whether a target may be worked on.
enum Next {
    /// It may, and will be done after this span.
    Work(Span),
    /// Another works on it: it is looked at again.
    Busy,
    /// None is left; it took this long to find out.
    None(Span),
}

/// The objects that a command's selectors mean.
///
/// # Errors
/// The tool's own words: none matches, or too many do.
pub fn select<D: Deed>(args: &Args, world: &World, by: MachineId) -> Result<Vec<Object>, Refusal> {
    let (word, plural, multiple) = match D::CLASS {
        Class::Host => ("host", "hosts", "Multiple matching hosts found."),
        _ => ("vm", "VMs", "Multiple matches VMs found."),
    };
    let mut own = D::own(world.release).to_vec();
    own.push(word);
    let mut objects = D::CLASS.all(world, by);
    let mut wanted = filters(args, &own);
    let mut taken = None;
    if let Some(value) = args.get(word) {
        // 6.0: a UUID is taken at once, and every other filter and guard is passed over.
        taken = D::CLASS.by_uuid(world, by, value);
        wanted.insert(0, ("name-label", value));
    }
    if let Some(object) = taken {
        objects = vec![object];
    } else {
        if D::GUARDED {
            objects.retain(|object| !matches!(object, Object::ControlDomain(_)));
        }
        objects = filter(world, by, D::CLASS, objects, &wanted)?;
    }
    let many = args.flag("multiple").map_err(Refusal::tool)?;
    match objects.len() {
        0 => Err(Refusal::tool(format!("No matching {plural} found"))),
        1 => Ok(objects),
        _ if D::SINGLE => {
            let one = word.replace("vm", "VM");
            Err(Refusal::tool(format!("{multiple} Operation can only be performed on one {one} at a time")))
        }
        _ if many => Ok(objects),
        _ => Err(Refusal::tool(format!("{multiple} --multiple required to complete the operation"))),
    }
}

impl<D: Deed> Batch<D> {
    /// Checks targets from the present one on until one may begin. A VM that another works on is waited for, and then acted
    /// on where it is then; after two hours it is refused (OTHER_OPERATION_IN_PROGRESS).
    fn next(&mut self, world: &World, seat: Seat) -> Next {
        let mut spent = Span::ZERO;
        while let Some(target) = self.targets.get(self.at) {
            match self.deed.check(&self.args, world, seat, *target) {
                Ok(span) => {
                    self.waiting = None;
                    return Next::Work(spent + span);
                }
                Err(refusal) => {
                    if refusal.is_busy() && world.now.since(*self.waiting.get_or_insert(world.now)) < PATIENCE {
                        return Next::Busy;
                    }
                    self.waiting = None;
                    spent = spent + refusal.after;
                    self.fail(world, seat, refusal);
                }
            }
        }
        Next::None(spent)
    }

    /// What comes next, for a command that is under way.
    fn go_on(&mut self, world: &World, seat: Seat) -> Progress {
        let waited = self.waiting;
        match self.next(world, seat) {
            Next::Work(span) => Progress::Again(span),
            Next::Busy if waited.is_none() => Progress::Waits(PATIENCE),
            Next::Busy => Progress::Hangs,
            Next::None(Span::ZERO) => Progress::Ended(self.output(world, seat)),
            // The last ones were refused, and it took a while to find out.
            Next::None(span) => Progress::Again(span),
        }
    }

    /// The present target failed; the next is up.
    fn fail(&mut self, world: &World, seat: Seat, refusal: Refusal) {
        let uuid = self.targets[self.at].uuid(world, seat.executor);
        self.failures.push((uuid, refusal));
        self.at += 1;
        self.deed = D::default();
    }

    /// The output once all targets have been worked on.
    fn output(&self, world: &World, seat: Seat) -> Output {
        // The printer joins what it gathers the last first where it is to be minimal (cli_printer.ml).
        let said = if self.args.minimal { self.said.iter().rev().cloned().collect::<Vec<_>>().join(",") } else { self.said.concat() };
        let Some((_, first)) = self.failures.first() else {
            let text = if self.args.minimal { format!("{said}\n") } else { said };
            return Output { text, exit: 0, error: None };
        };
        if self.targets.len() == 1 {
            return first.output(world, seat.executor);
        }
        let mut text = if self.args.minimal { String::new() } else { said };
        for (uuid, refusal) in self.failures.iter().rev() {
            text.push_str(&format!("operation failed on {uuid}: {}", refusal.text(world, seat.executor)));
        }
        let error = match &first.why {
            Why::Api(error) => Some(error.clone()),
            _ => None,
        };
        Output { text, exit: 1, error }
    }
}

impl<D: Deed> Operation for Batch<D> {
    /// What its own selector names, or its UUID; filters mean nobody in particular.
    fn target(&self, world: &World) -> Target {
        let word = |key: &str| self.args.get(key).or_else(|| self.args.get("uuid"));
        match D::CLASS {
            Class::Host => word("host").and_then(|word| world.names.machine_by_word(word)).into(),
            _ => word("vm").and_then(|word| world.names.vm_by_word(word)).map_or(Target::None, Target::Vm),
        }
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let targets = D::before(&self.args).and_then(|()| select::<D>(&self.args, world, seat.executor));
        match targets {
            Ok(targets) => self.targets = targets,
            Err(refusal) => return Check::Refuse { output: refusal.output(world, seat.executor), after: refusal.after },
        }
        (self.at, self.failures, self.said, self.deed, self.waiting) = (0, Vec::new(), Vec::new(), D::default(), None);
        match self.next(world, seat) {
            Next::Work(span) => Check::Go(span),
            Next::Busy => {
                // Its first look begins the wait.
                self.waiting = None;
                self.queued = true;
                Check::Go(Span::ZERO)
            }
            Next::None(after) => Check::Refuse { output: self.output(world, seat), after },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let Some(target) = self.targets.get(self.at).copied() else { return Progress::Ended(self.output(world, seat)) };
        if std::mem::take(&mut self.queued) || self.waiting.is_some() {
            return self.go_on(world, seat);
        }
        match self.deed.commit(&self.args, world, fx, seat, target) {
            Outcome::Again(span) => return Progress::Again(span),
            Outcome::Hangs => return Progress::Hangs,
            Outcome::Says(text) => {
                self.said.push(text);
                self.at += 1;
                self.deed = D::default();
            }
            Outcome::Done => {
                self.at += 1;
                self.deed = D::default();
            }
            Outcome::Failed(refusal) => self.fail(world, seat, refusal),
        }
        self.go_on(world, seat)
    }

    fn claim(&self) -> Option<VmId> {
        match self.targets.get(self.at) {
            Some(Object::Vm(vm)) if D::CLAIMS && self.waiting.is_none() && !self.queued => Some(*vm),
            _ => None,
        }
    }

    fn stage(&self) -> Option<&'static str> {
        self.deed.stage().filter(|_| self.waiting.is_none() && !self.queued)
    }

    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) {
        if let Some(target) = self.targets.get(self.at).copied()
            && self.waiting.is_none()
            && !self.queued
        {
            self.deed.orphaned(world, fx, seat, target);
        }
    }
}

impl<D: Deed> Command for Batch<D> {
    const DOC: CommandDoc = D::DOC;
    const GRAMMAR: Grammar = Grammar {
        required: D::REQUIRED,
        optional: D::OWN,
        rest: match D::CLASS {
            Class::Host => Rest::Hosts,
            _ => Rest::Vms,
        },
        local: false,
        asks: false,
    };
    fn grammar(release: Release) -> Grammar {
        Grammar { optional: D::own(release), ..Self::GRAMMAR }
    }
    fn new(args: Args) -> Self {
        Batch { args, deed: D::default(), targets: Vec::new(), at: 0, waiting: None, queued: false, failures: Vec::new(), said: Vec::new() }
    }
}
