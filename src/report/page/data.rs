//! What the script is given of a case: the pool at each instant, as changes from one to the next, in the words that are shown.

use super::film::{Film, Value};
use crate::report::json::compact;
use serde_json::json;

/// A case's data, harmless within a script element. `x` is where each frame stands in the picture, `start` the frame that is
/// shown first.
pub fn of(film: &Film, x: &[u32], start: usize) -> String {
    let frames = film.frames.iter().zip(x).map(|(frame, x)| {
        let changes: Vec<[usize; 2]> = frame.changes.iter().map(|(row, value)| [*row, *value]).collect();
        json!([frame.at.0, frame.at.to_string(), x, frame.head, changes, u8::from(frame.matters)])
    });
    let values = film.values.iter().map(|value| {
        let others = value.others.iter().map(|(whose, belief, differs)| json!([whose, belief, differs]));
        json!([value.truth, value.belief, value.differs, value.alarm, others.collect::<Vec<_>>()])
    });
    let value = json!({
        "frames": frames.collect::<Vec<_>>(),
        "values": values.collect::<Vec<_>>(),
        "heads": film.heads.iter().map(|head| json!([head.ruler, head.masters])).collect::<Vec<_>>(),
        "start": start,
    });
    compact(&value).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// What each row says at a frame, by the rules that the script goes by: the changes up to there, one after the other.
pub fn decoded(film: &Film, frame: usize) -> Vec<Option<&Value>> {
    let mut now = vec![None; film.rows.len()];
    for (row, value) in film.frames.iter().take(frame + 1).flat_map(|frame| &frame.changes) {
        now[*row] = film.values.get(*value);
    }
    now
}
