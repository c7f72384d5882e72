//! What consoles have shown, kept within bounds: a scenario may print as much as it likes, and a run holds no more than this of
//! it. What is expected to be printed is looked for before anything is cut.

use super::StepRecord;
use crate::scenario::model::StepExpect;

/// How much of one step's output is kept, in bytes.
pub const STEP_MOST: usize = 1 << 20;
/// How much of all steps' output a run keeps, in bytes.
pub const RUN_MOST: usize = 16 << 20;

/// How much a run has kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept(usize);

impl Kept {
    /// A console shows more of a step's output.
    pub(super) fn show(&mut self, record: &mut StepRecord, expect: Option<&StepExpect>, text: &str) {
        let room = (STEP_MOST.saturating_sub(record.output.len())).min(RUN_MOST.saturating_sub(self.0));
        let mut most = if record.cut == 0 { room.min(text.len()) } else { 0 };
        while !text.is_char_boundary(most) {
            most -= 1;
        }
        if most < text.len()
            && let Some(prints) = expect.and_then(|expect| expect.prints.as_deref())
        {
            record.printed |= [record.output.as_str(), text].concat().contains(prints);
        }
        // No more than is kept, so that a step does not hold the room of what it printed.
        record.output.push_str(&text[..most]);
        record.cut += (text.len() - most) as u64;
        self.0 += most;
    }
}

impl StepRecord {
    /// What the console showed, and that there was more where it was cut.
    pub fn shown(&self) -> String {
        match self.cut {
            0 => self.output.clone(),
            more => format!("{}\n[poolsim: {more} bytes more; {STEP_MOST} a step and {RUN_MOST} a run are kept]\n", self.output.trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(prints: &str) -> StepExpect {
        StepExpect { prints: Some(prints.into()), ..StepExpect::default() }
    }

    #[test]
    fn what_fits_is_kept_as_it_is() {
        let (mut kept, mut record) = (Kept::default(), StepRecord::default());
        kept.show(&mut record, None, "one\n");
        kept.show(&mut record, None, "two\n");
        assert_eq!((record.shown().as_str(), record.cut, kept.0), ("one\ntwo\n", 0, 8));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_was_looked_through() {
        let (mut kept, mut record) = (Kept::default(), StepRecord::default());
        let long = "é".repeat(STEP_MOST);
        kept.show(&mut record, Some(&expect("needle")), &format!("{long}needle"));
        assert!(record.printed && record.output.len() <= STEP_MOST && record.cut > 0);
        assert!(record.output.capacity() < 2 * STEP_MOST, "{} bytes are held", record.output.capacity());
        let cut = record.cut;
        kept.show(&mut record, Some(&expect("needle")), "more");
        assert_eq!(record.cut, cut + 4, "nothing is added behind a cut");
        assert!(record.shown().contains("bytes more"));
    }

    #[test]
    fn all_steps_together_have_a_bound() {
        let mut kept = Kept::default();
        let text = "x".repeat(STEP_MOST);
        let mut held = 0;
        for _ in 0..40 {
            let mut record = StepRecord::default();
            kept.show(&mut record, None, &text);
            held += record.output.len();
        }
        assert_eq!(held, RUN_MOST);
    }
}
