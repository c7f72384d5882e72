//! What looks at the machine itself, beside `xe`: `list_domains`, `tap-ctl list`, `cat /etc/xensource/pool.conf`. They
//! show what is so on this one machine, whatever any database says.

use super::args::Args;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, objects};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::memory::PoolConf;

/// The file that says what role a host has.
pub const POOL_CONF: &str = "/etc/xensource/pool.conf";

fn prints(text: String) -> Progress {
    Progress::Ended(Output { text, exit: 0, error: None })
}

/// `list_domains`.
#[derive(Clone, Debug)]
pub struct ListDomains;

impl Command for ListDomains {
    const DOC: CommandDoc = CommandDoc {
        name: "list_domains",
        synopsis: "list_domains",
        doc: "Lists the domains that run on the machine it is typed on: domain 0 and the guests, by UUID. It asks the hypervisor, not the database: the way to see whether a VM still runs there. One with an `S` in its state has stopped from inside, and xapi has not cleared it away yet.",
        example: "list_domains",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(_args: Args) -> Self {
        ListDomains
    }
}

impl Operation for ListDomains {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        let machine = seat.console;
        let mut rows = vec![["id".to_string(), "uuid".to_string(), "state".to_string()]];
        rows.push(["0".into(), objects::control_domain(world.host_on(machine)), "    R ".into()]);
        let guests = world.guests(machine).into_iter().map(|vm| (vm, "   B H"));
        let dead = world.dead_guests(machine).into_iter().map(|vm| (vm, " S   H"));
        for (at, (vm, state)) in guests.chain(dead).enumerate() {
            rows.push([(at + 1).to_string(), world.names.vms[vm.at()].uuid.clone(), state.into()]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2)];
        let line = |row: &[String; 3]| {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
            format!("{}\n", cells.join(" | "))
        };
        prints(rows.iter().map(line).collect())
    }
}

/// `tap-ctl list`.
#[derive(Clone, Debug)]
pub struct TapCtlList;

impl Command for TapCtlList {
    const DOC: CommandDoc = CommandDoc {
        name: "tap-ctl list",
        synopsis: "tap-ctl list",
        doc: "Lists the disks that are open on the machine it is typed on, one line a tapdisk; the path holds the VDI's UUID. It shows what is so, not the locks in the database.",
        example: "tap-ctl list",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(_args: Args) -> Self {
        TapCtlList
    }
}

impl Operation for TapCtlList {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        let mut text = String::new();
        let open = world.names.vdi_ids().filter(|vdi| world.has_open(seat.console, *vdi));
        for (minor, vdi) in open.enumerate() {
            let name = &world.names.vdis[vdi.at()];
            let sr = &world.names.srs[name.sr.at()];
            let path = if sr.kind.file() {
                format!("/var/run/sr-mount/{}/{}.vhd", sr.uuid, name.uuid)
            } else {
                format!("/dev/VG_XenStorage-{}/VHD-{}", sr.uuid, name.uuid)
            };
            text.push_str(&format!("pid={} minor={minor} state=0 args=vhd:{path}\n", 4000 + minor));
        }
        prints(text)
    }
}

/// `cat /etc/xensource/pool.conf`.
#[derive(Clone, Debug)]
pub struct CatPoolConf;

impl Command for CatPoolConf {
    const DOC: CommandDoc = CommandDoc {
        name: "cat /etc/xensource/pool.conf",
        synopsis: "cat /etc/xensource/pool.conf",
        doc: "Prints the role that the machine it is typed on has at its next start of xapi: `master`, `slave:ADDRESS` of its master, or `broken`.",
        example: "cat /etc/xensource/pool.conf",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(_args: Args) -> Self {
        CatPoolConf
    }
}

impl Operation for CatPoolConf {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        prints(match world.stacks[seat.console.at()].conf {
            PoolConf::Master => "master\n".into(),
            PoolConf::Slave(master) => format!("slave:{}\n", world.names.machines[master.at()].address),
            PoolConf::Stray(address) => format!("slave:{address}\n"),
            PoolConf::Broken => "broken\n".into(),
        })
    }
}
