//! `xe-toolstack-restart`, `service xapi` and `xe host-shutdown-agent`: the toolstack of one machine stops and starts; its domains run on.

use super::args::{Args, says};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::memory::Xapi;

/// `xe-toolstack-restart`.
#[derive(Clone, Debug)]
pub struct ToolstackRestart;

impl Command for ToolstackRestart {
    const DOC: CommandDoc = CommandDoc {
        name: "xe-toolstack-restart",
        synopsis: "xe-toolstack-restart",
        doc: "Stops xapi and its companions on the machine it is typed on and starts them again; VMs run on. It takes no option and checks nothing. At its start xapi makes records and locks fit what it finds on its machine; PBDs are not plugged again. A member that does not reach its master is in emergency mode afterwards; a master holds its members for dead until their next heartbeat.",
        example: "xe-toolstack-restart",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(_args: Args) -> Self {
        ToolstackRestart
    }
}

impl Operation for ToolstackRestart {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        world.stop_xapi_in_order(fx, seat.console);
        world.start_xapi(fx, seat.console);
        Progress::Ended(says("done.", 0))
    }
}

/// `service xapi …`.
#[derive(Clone, Debug)]
pub struct ServiceXapi {
    word: String,
}

impl Command for ServiceXapi {
    const DOC: CommandDoc = CommandDoc {
        name: "service xapi",
        synopsis: "service xapi start | stop | restart | condrestart | status",
        doc: "Starts or stops xapi on the machine it is typed on; VMs run on. While it is stopped the master hears nothing of the host and calls to it are refused, so it passes for dead when it is forgotten or its VMs are reset, although they run. `start` of what runs and `stop` of what does not end with status 1.",
        example: "service xapi restart",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(args: Args) -> Self {
        ServiceXapi { word: args.pairs.first().map(|(word, _)| word.clone()).unwrap_or_default() }
    }
}

const USAGE: &str = "Usage: /etc/init.d/xapi {start|stop|status|restart|condrestart}";
const NOT_RUNNING: &str = "cannot stop xapi: xapi is not running.\n";

impl ServiceXapi {
    fn stop(world: &mut World, fx: &mut Effects, seat: Seat) -> (String, i32) {
        if world.stop_xapi_in_order(fx, seat.console) { ("Stopping xapi: .\n".into(), 0) } else { (NOT_RUNNING.into(), 1) }
    }
    fn start(world: &mut World, fx: &mut Effects, seat: Seat) -> (String, i32) {
        if world.start_xapi(fx, seat.console) {
            ("Starting xapi: OK\n".into(), 0)
        } else {
            ("cannot start xapi: already running.\n".into(), 1)
        }
    }
}

impl Operation for ServiceXapi {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let runs = world.stacks[seat.console.at()].xapi != Xapi::Stopped;
        let refused = match self.word.as_str() {
            "stop" if !runs => Some(says(NOT_RUNNING, 1)),
            "start" if runs => Some(says("cannot start xapi: already running.", 1)),
            "start" | "stop" | "restart" | "condrestart" | "status" => None,
            _ => Some(says(USAGE, 1)),
        };
        match refused {
            Some(output) => Check::Refuse { output, after: Span::ZERO },
            None => Check::Go(world.settings.command),
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let runs = world.stacks[seat.console.at()].xapi != Xapi::Stopped;
        let (text, exit) = match self.word.as_str() {
            "stop" => Self::stop(world, fx, seat),
            "start" => Self::start(world, fx, seat),
            "status" if runs => ("xapi is running...\n".into(), 0),
            "status" => ("xapi is stopped\n".into(), 3),
            "condrestart" if !runs => (String::new(), 0),
            _ => {
                let (stopped, _) = Self::stop(world, fx, seat);
                let (started, exit) = Self::start(world, fx, seat);
                (stopped + &started, exit)
            }
        };
        Progress::Ended(Output { text, exit, error: None })
    }
}

/// `xe host-shutdown-agent`.
#[derive(Clone, Debug)]
pub struct HostShutdownAgent {
    args: Args,
}

/// How long after the answer xapi ends (xapi_host.ml, shutdown_agent).
const FUSE: Span = Span::secs(1);

impl Command for HostShutdownAgent {
    const DOC: CommandDoc = CommandDoc {
        name: "host-shutdown-agent",
        synopsis: "xe host-shutdown-agent",
        doc: "Ends xapi on the host it is typed on, a second later, and nothing starts it again but `service xapi start` or a boot; `service xapi stop` types this. VMs run on, and nobody is asked. What the master is told differs between releases. A host whose xapi has ended passes for dead when it is forgotten or its VMs are reset, although they run; under HA its daemon starts xapi again, once.",
        example: "xe host-shutdown-agent",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { local: true, ..Grammar::keys(&[], &[]) };
    fn new(args: Args) -> Self {
        HostShutdownAgent { args }
    }
}

impl Operation for HostShutdownAgent {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let machine = seat.executor;
        let epoch = world.stacks[machine.at()].epoch;
        fx.due(FUSE, Due::XapiEnds { machine, epoch });
        let text = if self.args.minimal { "\n".to_string() } else { String::new() };
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}
