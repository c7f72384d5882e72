//! `xe pool-emergency-transition-to-master` and `xe pool-emergency-reset-master`: a host changes its own role, asking
//! nobody (xapi_pool.ml).

use super::args::Args;
use super::reach::Refusal;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target, print};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::guards::Guard;
use crate::world::memory::PoolConf;

/// HA_IS_ENABLED on a host that is armed: there the liveset elects its masters. The host asks its own disk, not the pool.
fn armed(world: &World, seat: Seat) -> Option<Check> {
    let refused = || print::refusal(world, seat.executor, ApiError::new("HA_IS_ENABLED"));
    (world.guarded(Guard::PromoteHa) && world.stacks[seat.executor.at()].ha.armed)
        .then(|| Check::Refuse { output: refused(), after: Span::ZERO })
}

/// `xe pool-emergency-transition-to-master`.
#[derive(Clone, Debug)]
pub struct TransitionToMaster {
    args: Args,
}

impl TransitionToMaster {
    /// What a later release says on a host that is master already, unless it is forced.
    fn needless(&self, world: &World, seat: Seat) -> Result<Option<Output>, Refusal> {
        let stack = &world.stacks[seat.executor.at()];
        if world.release.hosts.promotes_masters || self.args.flag("force").map_err(Refusal::tool)? || stack.conf != PoolConf::Master {
            return Ok(None);
        }
        let text = "Host agent is already master. Use '--force' to execute the operation anyway.\n".into();
        Ok(Some(Output { text, exit: 0, error: None }))
    }
}

impl Command for TransitionToMaster {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-emergency-transition-to-master",
        synopsis: "xe pool-emergency-transition-to-master",
        doc: "Makes the host it is typed on master, with its own copy of the database. No key is read; a `uuid=` is ignored. HA_IS_ENABLED where the host is armed for HA; nothing else is checked: not whether the old master is dead, not how old the copy is. xapi restarts after the setting `role-change`; if it then finds a running master that its database knows, it yields to it. What was changed since the copy is lost; the other members still point to the old master until `pool-recover-slaves`. While the old master lives out of reach the pool has two masters, each with its own locks. On a master it only restarts xapi.",
        example: "xe pool-emergency-transition-to-master",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { local: true, ..Grammar::keys(&[], &["force"]) };
    fn new(args: Args) -> Self {
        TransitionToMaster { args }
    }
}

impl Operation for TransitionToMaster {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        armed(world, seat).unwrap_or(Check::Go(world.settings.command))
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        if let Some(Check::Refuse { output, .. }) = armed(world, seat) {
            return Progress::Ended(output);
        }
        match self.needless(world, seat) {
            Ok(None) => {}
            Ok(Some(output)) => return Progress::Ended(output),
            Err(refusal) => return Progress::Ended(refusal.output(world, seat.executor)),
        }
        let delay = print::delay(world, world.settings.role_change);
        world.transition_to_master(fx, seat.executor);
        let text = format!("Host agent will restart and transition to master in {delay} seconds...\n");
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}

/// `xe pool-emergency-reset-master`.
#[derive(Clone, Debug)]
pub struct ResetMaster {
    args: Args,
}

impl Command for ResetMaster {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-emergency-reset-master",
        synopsis: "xe pool-emergency-reset-master master-address=ADDRESS",
        doc: "Makes the host it is typed on a member of the host at that address or network name; a master too. HA_IS_ENABLED where the host is armed for HA; else only whether the name is known is checked (`Couldn't resolve hostname`), not whether anybody has the address, nor whether a master is there. If it points there already nothing happens; else xapi restarts after the setting `role-change`. A wrong address ends in emergency mode: HOST_UNKNOWN_TO_MASTER in another pool, INTERNAL_ERROR where nobody answers, HOST_ITS_OWN_SLAVE with the host's own address.",
        example: "xe pool-emergency-reset-master master-address=gamma",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { local: true, ..Grammar::keys(&["master-address"], &[]) };
    fn new(args: Args) -> Self {
        ResetMaster { args }
    }
}

impl ResetMaster {
    /// What the word stands for; `None` for a name that nobody knows. An address need be nobody's.
    fn conf(&self, world: &World, seat: Seat) -> Option<PoolConf> {
        match self.args.required("master-address") {
            "127.0.0.1" | "localhost" => Some(PoolConf::Slave(seat.executor)),
            address => match world.names.machine_by_address(address) {
                Some(machine) => Some(PoolConf::Slave(machine)),
                None => address.parse().ok().map(PoolConf::Stray),
            },
        }
    }
}

impl Operation for ResetMaster {
    fn target(&self, world: &World) -> Target {
        world.names.machine_by_address(self.args.required("master-address")).into()
    }
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        if let Some(refused) = armed(world, seat) {
            return refused;
        }
        if self.conf(world, seat).is_some() {
            return Check::Go(world.settings.command);
        }
        let name = self.args.required("master-address");
        let error = ApiError::new("INTERNAL_ERROR").text(format!("Failure(\"Couldn't resolve hostname: {name}\")"));
        Check::Refuse { output: print::refusal(world, seat.executor, error), after: Span::ZERO }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        if let Some(Check::Refuse { output, .. }) = armed(world, seat) {
            return Progress::Ended(output);
        }
        let delay = print::delay(world, world.settings.role_change);
        if let Some(conf) = self.conf(world, seat) {
            world.point_to(fx, seat.executor, conf);
        }
        let address = self.args.required("master-address");
        let text = format!("Host agent will restart and become slave of {address} in {delay} seconds...\n");
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}
