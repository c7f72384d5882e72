//! Many cases of many files, run side by side and given back in order. Knows neither files nor what a case is: a [`Suite`]
//! says both. What waits to be given back is bounded, so that a suite may be of any length. Without threads (the feature
//! `threads`) the cases run one after the other, and what is given back is the same.

use std::ops::ControlFlow;
use std::sync::Arc;

#[cfg(feature = "threads")]
mod workers;

/// What is to be run: files, each with its units.
pub trait Suite: Send + Sync + 'static {
    /// A file that has been loaded.
    type File: Send + Sync + 'static;
    /// What comes of a unit.
    type Item: Send + 'static;
    /// How many files there are.
    fn files(&self) -> usize;
    /// Loads a file, and says how many units it has.
    fn load(&self, file: usize) -> (Self::File, u64);
    /// Runs a unit of a loaded file.
    fn run(&self, file: usize, loaded: &Self::File, unit: u64) -> Self::Item;
}

/// How a suite ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Every unit was given back.
    All,
    /// Whoever took the items wanted no more.
    Enough,
    /// It was stopped from outside.
    Stopped,
    /// No thread was left to go on: each died of a mistake of ours.
    Died,
}

/// Runs a suite with so many threads. `take` gets every item in order, whatever the number of threads, and says whether it
/// wants more; `stopped` is asked again and again whether to end before that. What still runs then is left behind.
pub fn in_order<S: Suite>(
    suite: Arc<S>,
    jobs: usize,
    take: &mut dyn FnMut(S::Item) -> ControlFlow<()>,
    stopped: &dyn Fn() -> bool,
) -> Ended {
    #[cfg(feature = "threads")]
    {
        workers::in_order(suite, jobs, take, stopped)
    }
    #[cfg(not(feature = "threads"))]
    {
        let _ = jobs;
        one_after_another(&*suite, take, stopped)
    }
}

/// The same on the thread of whoever asks: a wish to stop is heard between two units.
#[cfg(any(test, not(feature = "threads")))]
fn one_after_another<S: Suite>(suite: &S, take: &mut dyn FnMut(S::Item) -> ControlFlow<()>, stopped: &dyn Fn() -> bool) -> Ended {
    for file in 0..suite.files() {
        let (loaded, units) = suite.load(file);
        for unit in 0..units {
            if stopped() {
                return Ended::Stopped;
            }
            if take(suite.run(file, &loaded, unit)).is_break() {
                return Ended::Enough;
            }
        }
    }
    if stopped() { Ended::Stopped } else { Ended::All }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// File `n` has `n % 4` units; later files are quicker, so that they would overtake.
    struct Uneven;

    impl Suite for Uneven {
        type File = usize;
        type Item = (usize, u64);
        fn files(&self) -> usize {
            600
        }
        fn load(&self, file: usize) -> (usize, u64) {
            (file, file as u64 % 4)
        }
        fn run(&self, file: usize, loaded: &usize, unit: u64) -> (usize, u64) {
            assert_eq!(file, *loaded);
            if file < 8 {
                std::thread::sleep(Duration::from_millis(5));
            }
            (file, unit)
        }
    }

    fn expected() -> Vec<(usize, u64)> {
        (0..600).flat_map(|file| (0..file as u64 % 4).map(move |unit| (file, unit))).collect()
    }

    #[test]
    fn every_unit_comes_once_and_in_order_for_any_number_of_threads() {
        for jobs in [0, 1, 2, 7] {
            let mut got = Vec::new();
            let ended = in_order(
                Arc::new(Uneven),
                jobs,
                &mut |item| {
                    got.push(item);
                    ControlFlow::Continue(())
                },
                &|| false,
            );
            assert_eq!((ended, &got), (Ended::All, &expected()), "{jobs} threads");
        }
    }

    #[test]
    fn without_threads_the_same_comes_out() {
        let mut got = Vec::new();
        let mut take = |item| {
            got.push(item);
            if got.len() == 900 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert_eq!(one_after_another(&Uneven, &mut take, &|| false), Ended::Enough, "600 files have exactly 900 units");
        assert_eq!(got, expected());
        assert_eq!(one_after_another(&Uneven, &mut |_| ControlFlow::Continue(()), &|| false), Ended::All);
        assert_eq!(one_after_another(&Endless, &mut |_| ControlFlow::Continue(()), &|| true), Ended::Stopped);
    }

    #[test]
    fn whoever_has_enough_gets_no_more() {
        let mut got = Vec::new();
        let ended = in_order(
            Arc::new(Uneven),
            3,
            &mut |item| {
                got.push(item);
                if got.len() == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
            &|| false,
        );
        assert_eq!((ended, got), (Ended::Enough, expected()[..5].to_vec()));
    }

    /// One file of endless length: only the bound keeps it from filling memory.
    struct Endless;

    impl Suite for Endless {
        type File = ();
        type Item = u64;
        fn files(&self) -> usize {
            1
        }
        fn load(&self, _: usize) -> ((), u64) {
            ((), u64::MAX)
        }
        fn run(&self, _: usize, (): &(), unit: u64) -> u64 {
            unit
        }
    }

    #[test]
    fn a_wish_to_stop_is_heard() {
        let seen = std::sync::atomic::AtomicU64::new(0);
        let mut take = |unit| {
            seen.store(unit, std::sync::atomic::Ordering::SeqCst);
            ControlFlow::Continue(())
        };
        let ended = in_order(Arc::new(Endless), 2, &mut take, &|| seen.load(std::sync::atomic::Ordering::SeqCst) >= 1000);
        assert_eq!(ended, Ended::Stopped);
    }

    #[cfg(feature = "threads")]
    struct Deadly;

    #[cfg(feature = "threads")]
    impl Suite for Deadly {
        type File = ();
        type Item = ();
        fn files(&self) -> usize {
            3
        }
        fn load(&self, _: usize) -> ((), u64) {
            panic!("a test's own panic")
        }
        fn run(&self, _: usize, (): &(), _: u64) {}
    }

    #[cfg(feature = "threads")]
    #[test]
    fn nobody_waits_for_threads_that_died() {
        assert_eq!(in_order(Arc::new(Deadly), 2, &mut |()| ControlFlow::Continue(()), &|| false), Ended::Died);
    }
}
