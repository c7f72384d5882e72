//! `xe pool-param-set`: what the pool's record says of HA, its default SR, and what nothing hangs on (xapi_pool.ml; records.ml).

use super::args::Args;
use super::fields::{NO_FIELDS, boolean, object, plain_field};
use super::objects::{Class, NOWHERE, Object};
use super::params::{PLAIN, keep};
use super::reach::{Refusal, Why, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Rest, Seat};
use crate::base::ids::{MachineId, SrId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::plan::Change;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe pool-param-set`.
#[derive(Clone, Debug)]
pub struct PoolParamSet {
    args: Args,
}

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
        Progress::Ended(match refusal {
            None => Output { text, exit: 0, error: None },
            Some(refusal) => refusal.output(world, by),
        })
    }
}
