//! Ctrl-C, or the wish of whoever started the program that it end (SIGTERM, SIGHUP): what was done so far is said, nothing is
//! left half-written, and the program ends with 130.

use super::out::Out;
use super::whole;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

static WANTED: AtomicBool = AtomicBool::new(false);
static DONE: Mutex<String> = Mutex::new(String::new());

/// The exit status of a program that was interrupted.
pub const STATUS: i32 = 130;

/// From now on the first Ctrl-C only sets [`wanted`]; a second one ends at once.
pub fn listen() {
    // Where no handler can be set, the system's own way to end a program is good enough.
    let _ = ctrlc::set_handler(|| {
        if WANTED.swap(true, Ordering::SeqCst) {
            whole::sweep();
            std::process::exit(STATUS);
        }
    });
}

/// Whether something is under way that may be stopped: see [`stoppable`].
static WORKS: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C ends at once, but while [`stoppable`] work is under way: there the first one only sets [`wanted`].
pub fn listen_within() {
    let _ = ctrlc::set_handler(|| {
        if !WORKS.load(Ordering::SeqCst) || WANTED.swap(true, Ordering::SeqCst) {
            whole::sweep();
            std::process::exit(STATUS);
        }
    });
}

/// Does something that Ctrl-C stops, as far as it asks [`wanted`]; afterwards nothing is wanted any more.
pub fn stoppable<T>(work: impl FnOnce() -> T) -> T {
    WORKS.store(true, Ordering::SeqCst);
    let done = work();
    WORKS.store(false, Ordering::SeqCst);
    WANTED.store(false, Ordering::SeqCst);
    done
}

/// Whether Ctrl-C was typed.
pub fn wanted() -> bool {
    WANTED.load(Ordering::SeqCst)
}

/// From now on Ctrl-C says what was done, and ends at once.
pub fn end_at_once(out: Out) {
    let _ = ctrlc::set_handler(move || {
        let done = DONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        whole::sweep();
        out.say(&format!("interrupted: {done}\n"));
        std::process::exit(STATUS);
    });
}

/// Notes what was done so far.
pub fn done(text: String) {
    *DONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = text;
}
