//! A guest goes on from a memory that is older than its disks.

use super::remedy::{Advice, At, Remedy, Work};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site};
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "outdated-memory",
    severity: Severity::Corruption,
    holds: "a suspended guest goes on from its image, and a disk that it writes to was given to a running domain since it was suspended",
    doc: "A guest was suspended, its disks were used by a running domain since, and now it goes on from its old memory: it believes to know what lies on them, and writes that over what lies there. It is a moment: `since` and `until` are the same. The VM was started from its disks while its image was still there (after `vm-reset-powerstate`, or by the database of another master), and a database named the image again. Nobody compares the two. Throw the image away with `xe vm-shutdown --force` and start the VM from its disks; once it has gone on, restore the disks.",
    example: "{hazard: outdated-memory, vdi: db-root, hosts: [gamma]}",
    rule: Rule::Moment(told),
    sentence: |told| format!("a guest goes on on {} with a memory that is older than what lies on {}", told.hosts, told.place),
    advice,
};

fn told(event: &Event, _: &World) -> Option<Site> {
    match *event {
        Event::ImageOutdated { vdi, machine, .. } => Some(Site::new(Place::Vdi(vdi), vec![machine])),
        _ => None,
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vdi(vdi) = adviser.found.place else { return Advice::default() };
    let resumed = |event: &Event| matches!(event, Event::ImageOutdated { vdi: of, .. } if *of == vdi);
    let name = adviser.names().vm(adviser.names().vdis[vdi.at()].vm);
    let step = adviser.author(adviser.found.since, resumed);
    let Some(resume) = step.and_then(|step| adviser.past.commands.iter().find(|command| command.step == step)) else {
        return Advice::by_hand(format!("do not let {name} go on from its image: start it from its disks"));
    };
    let throw = format!("xe vm-shutdown vm={name} --force");
    let text =
        format!("throw the memory of {name} away (`{throw}`) and start it from its disks (`xe vm-start`) instead of {}", resume.mention());
    let way = vec![
        Remedy::Do(At::Before(resume.step), Work::Type(resume.console, throw)),
        Remedy::Retype {
            step: resume.step,
            line: resume.text.clone(),
            instead: resume.text.replacen("vm-resume", "vm-start", 1),
            console: None,
        },
    ];
    Advice::never(text, way)
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::event::{Ending, Event};

    /// db is suspended on beta; its image is the first that this run makes.
    fn suspended() -> (Stage, u32) {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        let disks = world.disks_written_by(BETA, DB);
        let number = world.write_image(fx, DB, BETA, NFS1, disks);
        world.end_domain(fx, DB, BETA, Ending::Suspended);
        (stage, number)
    }

    fn goes_on(stage: &mut Stage, number: u32) {
        let (world, fx) = stage.both();
        world.go_on_from(fx, DB, GAMMA, number);
    }

    #[test]
    fn nobody_used_the_disk_meanwhile() {
        let (mut stage, number) = suspended();
        goes_on(&mut stage, number);
        assert_eq!(stage.told("outdated-memory"), []);
        assert_eq!(stage.world.hw.vdi(ROOT).damage, None);
    }

    #[test]
    fn it_was_started_from_its_disk_meanwhile() {
        let (mut stage, number) = suspended();
        stage.start(DB, BETA);
        let (world, fx) = stage.both();
        world.end_domain(fx, DB, BETA, Ending::Shutdown);
        goes_on(&mut stage, number);
        assert_eq!(stage.told("outdated-memory"), [at(Vdi(ROOT), &[GAMMA])]);
        assert!(stage.world.hw.vdi(ROOT).damage.is_some());
    }

    #[test]
    fn it_is_about_the_disk_and_the_host() {
        let mut stage = pool(3);
        stage.tell(Event::ImageOutdated { vm: DB, vdi: ROOT, machine: GAMMA });
        assert_eq!(stage.told("outdated-memory"), [at(Vdi(ROOT), &[GAMMA])]);
    }
}
