//! The word `master` where it does not belong.

use super::hindsight::{Command, Kind};
use super::remedy::{Advice, Remedy};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site};
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "needless-master-word",
    severity: Severity::Notice,
    holds: "`resetvdis.py … master` for a host that was not the SR's master",
    doc: "Somebody ran `resetvdis.py` with the word `master` for a host that was not the SR's master when it failed. It works, but the word also clears the mark `paused` on every disk of the SR, whoever set it, and so ends the protection of a snapshot or a coalesce under way. It is a moment: `since` and `until` are the same. Give the word only for a pool master that died, or for a host with local storage.",
    example: "{hazard: needless-master-word, sr: nfs1, host: beta}",
    rule: Rule::Moment(told),
    sentence: |told| {
        let were = if told.one { "was" } else { "were" };
        format!("`resetvdis.py … master` was said of {}, which {were} not the master of {} when it stopped", told.hosts, told.place)
    },
    advice,
};

fn told(event: &Event, world: &World) -> Option<Site> {
    match *event {
        Event::NeedlessMasterWord { by, sr, host } => Some(Site::new(Place::Sr(sr), vec![world.names.hosts[host.at()].machine]).by(by)),
        _ => None,
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Sr(sr) = adviser.found.place else { return Advice::default() };
    let names = adviser.names();
    let hosts = adviser.list(&adviser.found.hosts);
    let step = adviser.author(adviser.found.since, |event| matches!(event, Event::NeedlessMasterWord { sr: of, .. } if *of == sr));
    let place = step.map_or_else(|| "`resetvdis.py`".to_owned(), |step| adviser.past.mention(step));
    let whose = match names.srs[sr.at()].machine {
        Some(owner) => format!("{} is in {}", names.sr(sr), adviser.machine(owner)),
        None => format!("{hosts} did not rule {} when it stopped", names.sr(sr)),
    };
    let text = format!("leave out the word `master` in {place}: {whose}");
    let said = |command: &&Command| matches!(command.kind, Kind::Release { master: true, .. }) && Some(command.step) == step;
    let retyped = adviser.past.commands.iter().filter(said).map(|command| {
        let words: Vec<&str> = command.text.split_whitespace().filter(|word| !matches!(*word, "master" | "--master")).collect();
        Remedy::Retype { step: command.step, line: command.text.clone(), instead: words.join(" "), console: None }
    });
    Advice::never(text, retyped.collect())
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::event::Event;

    #[test]
    fn it_is_about_the_sr_and_the_host_named() {
        let mut stage = pool(3);
        stage.tell(Event::NeedlessMasterWord { by: ALPHA, sr: NFS1, host: host(BETA) });
        assert_eq!(stage.told("needless-master-word"), [at(Sr(NFS1), &[BETA]).by(ALPHA)]);
        let mut stage = pool(3);
        stage.unlock(ALPHA, ROOT, BETA);
        assert_eq!(stage.told("needless-master-word"), []);
    }
}
