//! A long story made shorter: what is left out is what weighs least.

use super::{Realm, StoryLine};

/// The lines that are shown. Where they are too many, those go first that are no part of the story, then every so many of those
/// that neither a step nor a hazard is the reason of, then every so many of all.
pub fn chosen(mut lines: Vec<StoryLine>, most: usize) -> Vec<StoryLine> {
    if lines.len() > most {
        lines.retain(|line| line.matters);
    }
    let weighs = |line: &StoryLine| matches!(line.realm, Realm::Step | Realm::Hazard);
    if lines.len() > most {
        let heavy = lines.iter().filter(|line| weighs(line)).count();
        let (room, light) = (most.saturating_sub(heavy), lines.len() - heavy);
        let mut seen = 0;
        lines.retain(|line| weighs(line) || spread(&mut seen, light, room));
    }
    if lines.len() > most {
        let (mut seen, all) = (0, lines.len());
        lines.retain(|_| spread(&mut seen, all, most));
    }
    lines
}

/// Whether the next of `all` is one of `room` that are spread evenly among them.
fn spread(seen: &mut usize, all: usize, room: usize) -> bool {
    let at = *seen;
    *seen += 1;
    room > 0 && (at * room) / all != ((at + 1) * room) / all
}
