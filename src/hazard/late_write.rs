//! Held-back writes land where another has been.

use super::remedy::{Advice, At, Remedy, Work};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site};
use crate::base::time::Time;
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "late-write",
    severity: Severity::Corruption,
    holds: "a host writes to a VDI what it had to hold back while its path was lost, and another host has opened it for writing since",
    doc: "A host lost its storage path, its guest's writes waited in a queue, and now they land late, over what another host has made of the disk. It is a moment: `since` and `until` are the same. The host looked dead for its storage, and so its VM was started elsewhere; but a queue dies only with the power. Switch a host off before its VMs start elsewhere, also when it has lost its storage; then restore the disk from before the late write.",
    example: "{hazard: late-write, vdi: db-root, by: beta}",
    rule: Rule::Moment(told),
    sentence: |told| {
        format!("{} wrote to {} what it had held back, and another host had opened it for writing meanwhile", told.by, told.place)
    },
    advice,
};

fn told(event: &Event, _: &World) -> Option<Site> {
    match *event {
        Event::WroteLate { vdi, machine, over: Some(over) } => Some(Site::new(Place::Vdi(vdi), vec![machine, over]).by(machine)),
        _ => None,
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Some(writer) = adviser.found.by else { return Advice::default() };
    let name = adviser.machine(writer);
    let sr = match adviser.found.place {
        Place::Vdi(vdi) => adviser.names().sr(adviser.names().vdis[vdi.at()].sr),
        _ => "its SR",
    };
    let lost = format!("{name} had lost {sr}, not its power, and its held-back writes were still to come");
    let first = adviser.culprit().or_else(|| adviser.commands().last());
    match first {
        Some(command) => {
            let before = |work| vec![Remedy::Do(At::Before(command.step), work)];
            let text = format!("power off {name}, or see that it is off, before {}: {lost}", command.mention());
            Advice::never(text, before(Work::PowerOff(writer))).or(before(Work::CheckOff(writer)))
        }
        None => {
            let other = adviser.found.hosts.iter().copied().filter(|host| *host != writer);
            let came = other.filter_map(|host| adviser.past.came(adviser.found.place, host, adviser.found.since)).max();
            let opened = came.unwrap_or(adviser.found.since);
            let off = Remedy::Do(At::Within(Time::ZERO, opened), Work::PowerOff(writer));
            Advice::never(format!("power off {name} before another host opens the disk: {lost}"), vec![off])
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::inventory::Mode;
    use crate::world::truth::Io;

    /// beta loses its path to nfs1 and has a write to hold back.
    fn held_back() -> Stage {
        let mut stage = pool(3);
        stage.pass(60);
        stage.lose_path(BETA, NFS1, Io::Error);
        stage.write(BETA, ROOT);
        stage.pass(60);
        stage
    }

    fn path_returns(stage: &mut Stage) {
        stage.restore_path(BETA, NFS1);
    }

    #[test]
    fn it_is_told_when_the_path_returns_after_another_opened() {
        let mut stage = held_back();
        stage.open(GAMMA, ROOT, Mode::Rw);
        stage.pass(10);
        path_returns(&mut stage);
        assert_eq!(stage.told("late-write"), [at(Vdi(ROOT), &[BETA, GAMMA]).by(BETA)]);
    }

    #[test]
    fn nobody_or_a_reader_was_there() {
        let mut stage = held_back();
        path_returns(&mut stage);
        assert_eq!(stage.told("late-write"), []);
        let mut stage = held_back();
        stage.open(GAMMA, ROOT, Mode::Ro);
        path_returns(&mut stage);
        assert_eq!(stage.told("late-write"), []);
    }

    #[test]
    fn a_queue_dies_with_its_machine() {
        let mut stage = held_back();
        stage.power_off(BETA);
        stage.open(GAMMA, ROOT, Mode::Rw);
        path_returns(&mut stage);
        assert_eq!(stage.told("late-write"), []);
    }
}
