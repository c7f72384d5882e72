//! Advice about changes of a disk's chain of which somebody was not told.

use super::Adviser;
use crate::base::ids::MachineId;
use crate::hazard::hindsight::Health;
use crate::hazard::remedy::{Advice, At, Remedy, Way, Work};
use crate::world::event::Event;

impl Adviser<'_> {
    /// "power off beta, or see that it is off, before line 24 (…): beta was cut off, not dead": of whoever knew nothing of the change, or
    /// leave out the step that the change goes back to.
    pub fn off_before_chain_changes(&self, fits: impl Fn(&Event) -> bool) -> Advice {
        let found = self.found;
        let who: Vec<_> = found.hosts.iter().copied().filter(|host| found.by != Some(*host)).collect();
        let Some(step) = self.author(found.since, fits).filter(|step| self.past.step(*step).typed) else {
            return Advice::by_hand(format!("power off {} before anything is changed on the SR", self.list(&who)));
        };
        let at = self.past.began(step);
        let it_is = if who.len() == 1 { "it is" } else { "they are" };
        let mention = self.past.mention(step);
        let was: Vec<String> = who.iter().map(|machine| self.was(*machine, at)).collect();
        if who.iter().all(|machine| self.past.health(*machine, at) == Health::Well) {
            let text = format!("leave out {mention}: {}, and had not been told of it", was.join("; "));
            return Advice::never(text, vec![Remedy::LeaveOut(step)]);
        }
        let before =
            |work: fn(MachineId) -> Work| -> Way { who.iter().map(|machine| Remedy::Do(At::Before(step), work(*machine))).collect() };
        let text = format!("power off {}, or see that {it_is} off, before {mention}: {}", self.list(&who), was.join("; "));
        Advice::never(text, before(Work::PowerOff)).or(before(Work::CheckOff))
    }
}
