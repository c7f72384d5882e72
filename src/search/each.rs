//! The same work for each of many: side by side where there are threads (the feature `threads`), else one after the other.
//! What comes of it is the same. Knows nothing of what the work is.

#[cfg(feature = "threads")]
use rayon::prelude::*;

/// What comes of each place from 0 to `count`, in their order.
pub fn map<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    #[cfg(feature = "threads")]
    {
        (0..count).into_par_iter().map(work).collect()
    }
    #[cfg(not(feature = "threads"))]
    {
        (0..count).map(work).collect()
    }
}

/// The first place below `count` that is as asked. Places behind it may have been asked, too.
pub fn first(count: usize, asked: impl Fn(usize) -> bool + Sync + Send) -> Option<usize> {
    #[cfg(feature = "threads")]
    {
        (0..count).into_par_iter().position_first(asked)
    }
    #[cfg(not(feature = "threads"))]
    {
        (0..count).position(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_each_stands_in_their_order() {
        assert_eq!(map(1000, |at| at * at), (0..1000).map(|at| at * at).collect::<Vec<_>>());
        // The later ones are done sooner, and the first still counts.
        let slow = |at: usize| (0..10_000 - at as u64 * 100).fold(at as u64, |sum, n| sum.wrapping_mul(31) ^ n) != 1 && at >= 40;
        assert_eq!(first(90, slow), Some(40));
        assert_eq!(first(40, slow), None);
    }
}
