//! `xe CLASS-list`: the records of a class that match the filters (cli_operations.ml, gen_cmds).

use super::args::Args;
use super::batch::{filter, filters};
use super::fields::Subject;
use super::objects::{Class, Field, Object};
use super::reach::Refusal;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Rest, Seat, print};
use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::Effects;
use std::marker::PhantomData;

/// A list of the records of a class.
#[derive(Clone, Debug)]
pub struct List<S> {
    args: Args,
    subject: PhantomData<S>,
}

impl<S: Subject> Command for List<S> {
    const DOC: CommandDoc = S::LIST;
    const GRAMMAR: Grammar = Grammar { rest: Rest::List(S::CLASS), ..Grammar::keys(&[], &["params"]) };
    fn new(args: Args) -> Self {
        List { args, subject: PhantomData }
    }
}

impl<S: Subject> Operation for List<S> {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        Progress::Ended(match self.text(world, seat.executor) {
            Ok(text) => Output { text, exit: 0, error: None },
            Err(refusal) => refusal.output(world, seat.executor),
        })
    }
}

impl<S: Subject> List<S> {
    fn text(&self, world: &World, by: MachineId) -> Result<String, Refusal> {
        let class = S::CLASS;
        let mut objects = class.all(world, by);
        if !self.args.flag("all").map_err(Refusal::tool)? {
            objects = filter(world, by, class, objects, &filters(&self.args, &["params"]))?;
        }
        let shown = shown(class, self.args.get("params"));
        if self.args.minimal {
            let first = |object: &Object| shown.first().map(|field| value(world, by, *object, *field)).unwrap_or_default();
            return Ok(print::lines(&objects.iter().map(first).collect::<Vec<_>>(), true));
        }
        Ok(objects.iter().map(|object| record(world, by, *object, &shown)).collect())
    }
}

/// The fields that a list shows, in the record's own order.
fn shown(class: Class, params: Option<&str>) -> Vec<Field> {
    shown_or(class, params, class.shown())
}

/// The fields that `params` names, in the record's own order; the given ones where nothing is said.
pub fn shown_or(class: Class, params: Option<&str>, else_these: &[&'static str]) -> Vec<Field> {
    let wanted: Vec<&str> = match params {
        None => else_these.to_vec(),
        Some("all" | "") => return class.fields().filter(|field| !field.hidden).collect(),
        Some(names) => names.split(',').collect(),
    };
    class.fields().filter(|field| wanted.contains(&field.name)).collect()
}

fn value(world: &World, by: MachineId, object: Object, field: Field) -> String {
    if field.expensive { "<expensive field>".into() } else { object.value(world, by, field).show() }
}

/// A record as lists show it.
pub fn record(world: &World, by: MachineId, object: Object, fields: &[Field]) -> String {
    if fields.is_empty() {
        return "\n\n\n".into();
    }
    print::record(&fields.iter().map(|field| (field.label(), value(world, by, object, *field))).collect::<Vec<_>>())
}
