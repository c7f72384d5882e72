//! Many cases of many files, run side by side and given back in order. Knows neither files nor what a case is: a [`Suite`]
//! says both. What waits to be given back is bounded, so that a suite may be of any length.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// As many units may be handed out beyond the one that is given back next.
const AHEAD: u64 = 256;
/// As many files may be loaded beyond the one whose units are handed out.
const FILES_AHEAD: usize = 16;
/// How often a wish to stop is asked for while nothing comes in.
const PATIENCE: Duration = Duration::from_millis(50);

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

/// The file whose units are being handed out.
struct Current<F> {
    file: usize,
    loaded: Arc<F>,
    units: u64,
    next: u64,
}

struct State<S: Suite> {
    loaded: BTreeMap<usize, (Arc<S::File>, u64)>,
    /// The file that is loaded next.
    next_load: usize,
    /// The file whose units are handed out next.
    next_file: usize,
    current: Option<Current<S::File>>,
    handed: u64,
    given: u64,
    /// By the order in which they were handed out, which is the order in which they are given back.
    done: BTreeMap<u64, S::Item>,
    stop: bool,
    workers: usize,
}

enum Task<F> {
    Load(usize),
    Run { serial: u64, file: usize, loaded: Arc<F>, unit: u64 },
    Wait,
    Nothing,
}

impl<S: Suite> State<S> {
    fn task(&mut self, files: usize) -> Task<S::File> {
        if self.stop {
            return Task::Nothing;
        }
        let full = self.handed - self.given >= AHEAD;
        loop {
            match &mut self.current {
                Some(current) if current.next < current.units => {
                    if full {
                        break;
                    }
                    let unit = current.next;
                    current.next += 1;
                    let serial = self.handed;
                    self.handed += 1;
                    return Task::Run { serial, file: current.file, loaded: Arc::clone(&current.loaded), unit };
                }
                _ => {}
            }
            self.current = None;
            let Some((loaded, units)) = self.loaded.remove(&self.next_file) else { break };
            self.current = Some(Current { file: self.next_file, loaded, units, next: 0 });
            self.next_file += 1;
        }
        if self.next_load < files && self.next_load < self.next_file + FILES_AHEAD {
            self.next_load += 1;
            return Task::Load(self.next_load - 1);
        }
        if self.handed_out(files) { Task::Nothing } else { Task::Wait }
    }

    fn handed_out(&self, files: usize) -> bool {
        self.next_file >= files && self.current.as_ref().is_none_or(|current| current.next >= current.units)
    }
}

struct Shared<S: Suite> {
    suite: Arc<S>,
    state: Mutex<State<S>>,
    changed: Condvar,
}

impl<S: Suite> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let files = self.suite.files();
        let mut state = self.lock();
        loop {
            match state.task(files) {
                Task::Nothing => return,
                Task::Wait => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Task::Load(file) => {
                    drop(state);
                    let (loaded, units) = self.suite.load(file);
                    state = self.lock();
                    state.loaded.insert(file, (Arc::new(loaded), units));
                    self.changed.notify_all();
                }
                Task::Run { serial, file, loaded, unit } => {
                    drop(state);
                    let item = self.suite.run(file, &loaded, unit);
                    drop(loaded);
                    state = self.lock();
                    state.done.insert(serial, item);
                    self.changed.notify_all();
                }
            }
        }
    }
}

/// Counts a worker out, however it ends.
struct Leaves<S: Suite>(Arc<Shared<S>>);

impl<S: Suite> Drop for Leaves<S> {
    fn drop(&mut self) {
        self.0.lock().workers -= 1;
        self.0.changed.notify_all();
    }
}

/// Runs a suite with so many threads. `take` gets every item in order, whatever the number of threads, and says whether it
/// wants more; `stopped` is asked again and again whether to end before that. What still runs then is left behind.
pub fn in_order<S: Suite>(
    suite: Arc<S>,
    jobs: usize,
    take: &mut dyn FnMut(S::Item) -> ControlFlow<()>,
    stopped: &dyn Fn() -> bool,
) -> Ended {
    let files = suite.files();
    let state = State {
        loaded: BTreeMap::new(),
        next_load: 0,
        next_file: 0,
        current: None,
        handed: 0,
        given: 0,
        done: BTreeMap::new(),
        stop: false,
        workers: 0,
    };
    let shared = Arc::new(Shared { suite, state: Mutex::new(state), changed: Condvar::new() });
    for _ in 0..jobs.max(1) {
        shared.lock().workers += 1;
        let leaves = Leaves(Arc::clone(&shared));
        // Where no further thread is to be had, those that are there do the work.
        let _ = std::thread::Builder::new().spawn(move || leaves.0.work());
    }
    let mut state = shared.lock();
    let ended = loop {
        if stopped() {
            break Ended::Stopped;
        }
        let next = state.given;
        if let Some(item) = state.done.remove(&next) {
            state.given += 1;
            shared.changed.notify_all();
            drop(state);
            let more = take(item);
            state = shared.lock();
            if more.is_break() {
                break Ended::Enough;
            }
        } else if state.handed_out(files) && state.given == state.handed && state.loaded.is_empty() {
            break Ended::All;
        } else if state.workers == 0 {
            break Ended::Died;
        } else {
            state = shared.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    };
    state.stop = true;
    shared.changed.notify_all();
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

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

    struct Deadly;

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

    #[test]
    fn nobody_waits_for_threads_that_died() {
        assert_eq!(in_order(Arc::new(Deadly), 2, &mut |()| ControlFlow::Continue(()), &|| false), Ended::Died);
    }
}
