//! Machines: power, domain 0, installation, and the toolstack that runs there. How an entry is read stands in `table.rs`.

macro_rules! machines {
    ($($before:tt)*) => { gather! { $($before)*
        PowerLost { machine: MachineId } => {
            number: 3, name: "power-lost", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("has no power; guests and toolstack are gone"),
            parts: {},
        }
        PoweredOn { machine: MachineId } => {
            number: 4, name: "powered-on", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("is switched on and boots"),
            parts: {},
        }
        ClockJumped { machine: MachineId, by: Span, back: bool } => {
            number: 97, name: "clock-jumped", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: { format!("its wall clock jumps {by} {}", if *back { "back" } else { "forward" }) },
            parts: { "by": by, "back": *back },
        }
        ReAddressed { machine: MachineId } => {
            number: 130, name: "re-addressed", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("has another address; whoever knows the old one reaches nobody there"),
            parts: {},
        }
        Dom0Up { machine: MachineId } => {
            number: 5, name: "dom0-up", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: false,
            what: ("has booted; domain 0 answers"),
            parts: {},
        }
        Dom0Hung { machine: MachineId } => {
            number: 6, name: "dom0-hung", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("domain 0 hangs; its guests run on"),
            parts: {},
        }
        Dom0Back { machine: MachineId } => {
            number: 7, name: "dom0-back", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("domain 0 answers again"),
            parts: {},
        }
        InstallBegan { machine: MachineId } => {
            number: 18, name: "install-began", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("is being installed afresh"),
            parts: {},
        }
        Installed { machine: MachineId, host: HostId, pool: PoolId } => {
            number: 19, name: "installed", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("is installed afresh, in no pool; its new UUID is {}", host.uuid()),
            parts: { "uuid": host.uuid() },
        }
        // The end of an ejection.
        BeganAfresh { machine: MachineId, host: HostId, pool: PoolId } => {
            number: 87, name: "began-afresh", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("begins anew, as a pool of its own; its local storage is reinitialised"),
            parts: {},
        }

        XapiStopped { machine: MachineId } => {
            number: 20, name: "xapi-stopped", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("xapi stops; domains run on"),
            parts: {},
        }
        XapiStarting { machine: MachineId } => {
            number: 21, name: "xapi-starting", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: false,
            what: ("xapi starts"),
            parts: {},
        }
        XapiUp { machine: MachineId, master: bool } => {
            number: 22, name: "xapi-up", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("xapi is up{}", if *master { ", as master" } else { "" }),
            parts: { "master": master },
        }
        EmergencyMode { machine: MachineId, code: &'static str } => {
            number: 23, name: "emergency-mode", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("is in emergency mode: {code}"),
            parts: { "code": code },
        }
        ConfWritten { machine: MachineId, conf: PoolConf } => {
            number: 24, name: "conf-written", half: Truth, of: Machine(*machine), changes: ALL, about: Database(*machine), matters: true,
            what: ("pool.conf now says `{conf}`"),
            parts: { "conf": conf },
        }
        Yielded { machine: MachineId, to: MachineId } => {
            number: 25, name: "yielded", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("finds that {to} is master, and yields to it"),
            parts: { "to": to },
        }
        JoinedMaster { machine: MachineId, master: MachineId } => {
            number: 26, name: "joined-master", half: Truth, of: Machine(*machine), changes: ALL, about: Nothing, matters: true,
            what: ("xapi is up; its master {master} has let it in"),
            parts: { "master": master },
        }
    } };
}
