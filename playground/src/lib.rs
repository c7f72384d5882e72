//! poolsim's library as a WebAssembly module. It knows no browser: a text in JSON goes in, a text in JSON comes out, and what is
//! asked is one of [`ask::answer`]'s words. All that a caller needs are three functions and the module's memory, and all that the
//! module needs is one function to tell how far it is:
//!
//! 1. `input(length)` gives a place for so many bytes, which the caller fills;
//! 2. `call()` answers what stands there and gives the length of the answer;
//! 3. `output()` gives the answer's place, until the next call.
//!
//! Should a call break off, it was a mistake of ours: `output` and `length` then hold what it says, and the module is thrown away.

mod ask;
mod desk;
mod runs;

use std::cell::RefCell;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A place for so many bytes; it stays until [`call`] has read it.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; length];
        input.as_mut_ptr()
    })
}

/// Answers what was put in. The length of the answer, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn call() -> usize {
    std::panic::set_hook(Box::new(|broken| give(broken.to_string())));
    let asked = INPUT.take();
    give(ask::answer(&asked));
    length()
}

/// Where the answer stands.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// How long it is, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn length() -> usize {
    OUTPUT.with_borrow(Vec::len)
}

fn give(text: String) {
    OUTPUT.set(text.into_bytes());
}

/// Tells the caller that so many more runs are done.
fn forward(runs: u64) {
    #[cfg(target_arch = "wasm32")]
    {
        #[link(wasm_import_module = "page")]
        unsafe extern "C" {
            safe fn forward(runs: u32);
        }
        forward(u32::try_from(runs).unwrap_or(u32::MAX));
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = runs;
}
