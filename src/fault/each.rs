//! One deed over several machines or SRs.

/// Does the same to each; whether any of it changed anything.
pub fn each<T: Copy>(things: &[T], mut deed: impl FnMut(T) -> bool) -> bool {
    things.iter().fold(false, |changed, thing| deed(*thing) | changed)
}
