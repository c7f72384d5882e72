//! Mistakes of our own: a panic becomes exit status 70, and a message that asks for the recipe.

use super::exit::Status;
use super::out::Out;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// What was being run, for the message.
static RECIPE: Mutex<String> = Mutex::new(String::new());
/// What the panic said, and where.
static SAID: Mutex<String> = Mutex::new(String::new());

fn lock(of: &'static Mutex<String>) -> std::sync::MutexGuard<'static, String> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Takes over from the standard message, which would ask for a backtrace that an operator cannot read.
pub fn listen() {
    std::panic::set_hook(Box::new(|info| {
        let mut said = lock(&SAID);
        if said.is_empty() {
            *said = info.to_string();
        }
    }));
}

/// Says what is being run.
pub fn recipe(text: &str) {
    *lock(&RECIPE) = text.to_string();
}

/// Runs `deed`; where it panics, what was said comes back.
pub fn caught<T>(deed: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(deed)).map_err(|_| std::mem::take(&mut *lock(&SAID)).replace('\n', " "))
}

/// Tells a mistake of ours that was caught.
pub fn tell(out: Out, said: &str, recipe: &str) -> Status {
    let mut help = vec![format!("this is a mistake of poolsim, not of yours: please report it with what stands here, at {}", place())];
    if !recipe.is_empty() {
        help.push(format!("the recipe: {recipe}"));
    }
    help.push(format!("poolsim {}, started as: {}", env!("CARGO_PKG_VERSION"), started_as()));
    out.refuse("bug", said, &help, Status::Bug)
}

/// Runs `deed`; a panic in it is told and becomes [`Status::Bug`].
pub fn guard<T>(out: Out, deed: impl FnOnce() -> Result<T, Status>) -> Result<T, Status> {
    catch_unwind(AssertUnwindSafe(deed)).unwrap_or_else(|_| {
        let said = std::mem::take(&mut *lock(&SAID));
        let recipe = std::mem::take(&mut *lock(&RECIPE));
        Err(tell(out, &said.replace('\n', " "), &recipe))
    })
}

fn place() -> &'static str {
    let repository = env!("CARGO_PKG_REPOSITORY");
    if repository.is_empty() { "the place where you got it" } else { repository }
}

fn started_as() -> String {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_of_ours_and_ends_nothing_else() {
        let out = Out { colour: false, colour_err: false };
        let done: Result<u8, Status> = guard(out, || panic!("a test's own panic"));
        assert_eq!(done, Err(Status::Bug));
        assert_eq!(guard(out, || Ok(7)), Ok(7));
        assert_eq!(guard::<u8>(out, || Err(Status::Wrong)), Err(Status::Wrong));
    }
}
