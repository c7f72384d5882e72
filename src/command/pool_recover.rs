//! `xe pool-recover-slaves`: a master calls every other host of its database to itself (xapi_pool.ml).

use super::args::Args;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, objects, print};
use crate::base::ids::{HostId, MachineId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::roles::Contact;

/// `xe pool-recover-slaves`.
#[derive(Clone, Debug)]
pub struct RecoverSlaves {
    args: Args,
}

impl Command for RecoverSlaves {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-recover-slaves",
        synopsis: "xe pool-recover-slaves",
        doc: "The master tells every other host of its database, held for alive or not, to become its member, one after the other, and prints the UUIDs of those it reached. Nothing is checked. A running old master is among them: it is demoted, and what it changed since is lost. Hosts that are down keep pointing to the old master until it is given again, or `pool-emergency-reset-master` on each. On a member it goes to that member's own master, or hangs. Each host that does not answer takes the setting `connect-timeout`.",
        example: "xe pool-recover-slaves",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(args: Args) -> Self {
        RecoverSlaves { args }
    }
}

/// The other hosts of a master's database in the file's order, each with what becomes of a call.
fn others(world: &World, master: MachineId) -> Vec<(HostId, MachineId, Contact)> {
    let own = world.host_on(master);
    let call = |host: HostId| {
        let machine = world.names.hosts[host.at()].machine;
        let contact = match world.contact(master, machine) {
            // What is installed there now does not have the pool's secret.
            _ if !world.knows_address(master, host) => Contact::Silent,
            Contact::Answered if world.machine_of(host).is_none() => Contact::Refused,
            contact => contact,
        };
        (host, machine, contact)
    };
    objects::hosts(world, master).into_iter().filter(|host| *host != own).map(call).collect()
}

impl Operation for RecoverSlaves {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let silent = others(world, seat.executor).iter().filter(|(.., contact)| *contact == Contact::Silent).count();
        Check::Go(world.settings.command + world.settings.connect_timeout.times(silent as u64))
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let mut reached = Vec::new();
        for (host, machine, contact) in others(world, seat.executor) {
            if contact == Contact::Answered {
                world.reset_master(fx, machine, seat.executor);
                reached.push(world.names.hosts[host.at()].uuid.clone());
            }
        }
        Progress::Ended(Output { text: print::lines(&reached, self.args.minimal), exit: 0, error: None })
    }
}
