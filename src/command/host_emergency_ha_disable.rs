//! `xe host-emergency-ha-disable`: one host leaves HA, asking nobody (xapi_ha.ml, emergency_ha_disable).

use super::args::Args;
use super::pool_ha_disable::silence;
use super::reach::Refusal;
use super::{Check, Command, CommandDoc, Grammar, Operation, Progress, Seat};
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::release::Release;

/// `xe host-emergency-ha-disable`.
#[derive(Clone, Debug)]
pub struct EmergencyHaDisable {
    args: Args,
}

impl Command for EmergencyHaDisable {
    const DOC: CommandDoc = CommandDoc {
        name: "host-emergency-ha-disable",
        synopsis: "xe host-emergency-ha-disable --force [soft=true]",
        doc: "Switches HA off on the host it is typed on, and on no other. Refused without `--force`; HA_NOT_ENABLED if this host is not armed. Its fencing is disarmed and its daemon stopped, while its guests run on. The other hosts then hear nothing of it, take it for fenced, and restart its protected VMs: they run twice, on the same disks. In a pool of two the other may fence itself instead. It ends the loop of a host that can't start because it does not reach the statefile. A member that has left HA so is not let in by a pool that still has it on; a master that starts so switches HA off for the whole pool without a word. With `soft=true`, in XCP-ng 8.3, it stays armed: it is out until its xapi starts again, and nothing is said where it is not armed.",
        example: "xe host-emergency-ha-disable --force",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { local: true, ..Grammar::keys(&[], &["force"]) };
    fn grammar(release: Release) -> Grammar {
        let keys: &[&str] = if release.failover.emergency_disable_may_be_soft { &["force", "soft"] } else { &["force"] };
        Grammar { optional: keys, ..Self::GRAMMAR }
    }
    fn new(args: Args) -> Self {
        EmergencyHaDisable { args }
    }
}

impl EmergencyHaDisable {
    fn checks(&self, world: &World, machine: MachineId) -> Result<(), Refusal> {
        if !self.args.flag("force").map_err(Refusal::tool)? {
            return Err(Refusal::tool(
                "This operation is extremely dangerous and may cause data loss. This operation must be forced (use --force).",
            ));
        }
        let soft = self.soft(world)?;
        if !world.stacks[machine.at()].ha.armed && !soft {
            return Err(ApiError::new("HA_NOT_ENABLED").into());
        }
        Ok(())
    }

    /// Whether it is to stay armed, where the release asks.
    fn soft(&self, world: &World) -> Result<bool, Refusal> {
        if world.release.failover.emergency_disable_may_be_soft { self.args.flag("soft").map_err(Refusal::tool) } else { Ok(false) }
    }
}

impl Operation for EmergencyHaDisable {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.checks(world, seat.executor) {
            Ok(()) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        if let Err(refusal) = self.checks(world, seat.executor) {
            return Progress::Ended(refusal.output(world, seat.executor));
        }
        if !world.stacks[seat.executor.at()].ha.armed {
            return Progress::Ended(silence(&self.args));
        }
        let reaches = !world.ha_lost_statefile(seat.executor);
        if world.release.failover.emergency_disable_excludes && reaches {
            world.ha_exclude(seat.executor);
        }
        world.ha_stop_daemon(seat.executor, fx);
        if !self.soft(world).unwrap_or_default() {
            world.ha_disarm(seat.executor, fx);
        }
        Progress::Ended(silence(&self.args))
    }
}
