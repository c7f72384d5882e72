//! `xe host-power-on` and `xe host-set-power-on-mode`: a host is switched on from afar (xapi_host.ml, power_on; xapi_host_helpers.ml,
//! valid_operations; the plugin power-on-host with wlan.py and its like).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::host_switch::host_of;
use super::objects::{Class, Object};
use super::reach::Refusal;
use super::{CommandDoc, Seat};
use crate::base::ids::HostId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerOn as Mode;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};

/// `xe host-power-on`.
pub type HostPowerOn = Batch<PowerOn>;
/// `xe host-set-power-on-mode`.
pub type HostSetPowerOnMode = Batch<SetMode>;

/// How often it has looked whether the host lives.
#[derive(Clone, Debug, Default)]
pub struct PowerOn {
    looks: u32,
}
#[derive(Clone, Debug, Default)]
pub struct SetMode;

/// How long it waits before each look (wlan.py; power-on.py, waitForXapi).
const LOOK: Span = Span::secs(5);

/// How often it looks before it gives up: five minutes for a packet that may have woken nobody, ten for a machine that was told.
const fn looks(mode: &Mode) -> u32 {
    match mode {
        Mode::WakeOnLan => 60,
        _ => 120,
    }
}

fn checks(world: &World, seat: Seat, host: HostId) -> Result<Mode, Refusal> {
    let Some(record) = world.db(seat.executor).host(host) else {
        return Err(ApiError::new("HANDLE_INVALID").text("host").with(Param::Host(host)).into());
    };
    if record.live {
        return Err(ApiError::new("HOST_IS_LIVE").with(Param::Host(host)).into());
    }
    match record.power_on {
        Mode::Disabled => Err(ApiError::new("HOST_POWER_ON_MODE_DISABLED").into()),
        Mode::Custom => Err(Refusal::words("a power-on script of one's own is outside the model")),
        mode => Ok(mode),
    }
}

impl Deed for PowerOn {
    const DOC: CommandDoc = CommandDoc {
        name: "host-power-on",
        synopsis: "xe host-power-on host=HOST | FIELD=VALUE… [--multiple]",
        doc: "Switches a host on from afar, and waits until it lives. The master does it. Checks: HOST_IS_LIVE if the database holds the host for alive, and of a host that has just lost its power it does for ten minutes; HOST_POWER_ON_MODE_DISABLED until `xe host-set-power-on-mode` was given for it. With `wake-on-lan` a packet goes out every five seconds over the management network, which has to carry it; after five minutes without a sign of life it ends with INTERNAL_ERROR. With `iLO`, `DRAC` or `IPMI` the machine's own controller is told, once, over a wire of its own, and ten minutes are waited. A machine that is on already does nothing.",
        example: "xe host-power-on host=beta",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Host;
    const OWN: &'static [&'static str] = &[];

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        let Some(host) = host_of(target) else { return Ok(world.settings.command) };
        checks(world, seat, host).map(|_| world.settings.command)
    }

    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        let Some(host) = host_of(target) else { return Outcome::Done };
        let first = self.looks == 0;
        let mode = match world.db(seat.executor).host(host) {
            // What was promised at the beginning is looked at once more, and then only whether it lives.
            Some(record) if !first && record.live => return Outcome::Done,
            Some(record) if !first => record.power_on,
            _ => match checks(world, seat, host) {
                Ok(mode) => mode,
                Err(refusal) => return Outcome::Failed(refusal),
            },
        };
        if self.looks == looks(&mode) {
            let text = "Failure(\"The host failed to power on.\")";
            return Outcome::Failed(ApiError::new("INTERNAL_ERROR").text(text).into());
        }
        let machine = world.names.hosts[host.at()].machine;
        let told = match mode {
            Mode::WakeOnLan => world.carries(seat.executor, machine),
            _ => first,
        };
        if told {
            world.power_on(fx, machine);
        }
        self.looks += 1;
        Outcome::Again(LOOK)
    }
}

impl Deed for SetMode {
    const DOC: CommandDoc = CommandDoc {
        name: "host-set-power-on-mode",
        synopsis: "xe host-set-power-on-mode host=HOST power-on-mode=wake-on-lan|iLO|DRAC|IPMI|'' [power-on-config:KEY=VALUE…]",
        doc: "Says how a host can be switched on from afar; an empty mode says that it can't, as it is after the installation. The database keeps it, and nothing else is looked at: address, user and password of the controller show only when they are needed, and here they are always right. Any other word is the name of a script of one's own, which is outside the model.",
        example: "xe host-set-power-on-mode host=beta power-on-mode=wake-on-lan",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Host;
    const OWN: &'static [&'static str] = &["power-on-mode", "power-on-config"];
    const REQUIRED: &'static [&'static str] = &["power-on-mode"];

    fn check(&mut self, _args: &Args, world: &World, _seat: Seat, _target: Object) -> Result<Span, Refusal> {
        Ok(world.settings.command)
    }
    fn commit(&mut self, args: &Args, world: &mut World, _fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        let mode = Mode::named(args.required("power-on-mode"));
        if let Some(host) = host_of(target) {
            world.set_power_on_mode(seat.executor, host, mode);
        }
        Outcome::Done
    }
}
