//! A suite on threads: they load files and run units, ahead of what is given back by no more than a bound.

use super::{Ended, Suite};
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

/// Runs a suite with so many threads, as [`super::in_order`] says.
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
