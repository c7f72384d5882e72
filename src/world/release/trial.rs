//! A release with some answers of another: the proof that a difference between two releases comes of what it is said to come
//! of. Only tests have it, each thread its own.

use super::{DIFFERENCES, Release, Row};
use std::cell::Cell;

/// The release that [`make`] made last.
pub const RELEASE: Release = Release(u8::MAX);

/// What no question asks, and rows say beside their answers: whose code speaks, and the storage manager.
const BESIDE: [&str; 2] = ["code", "storage-manager"];

thread_local! {
    static ROW: Cell<Option<&'static Row>> = const { Cell::new(None) };
}

/// The row of [`RELEASE`].
pub fn row() -> &'static Row {
    ROW.get().expect("a row was made on this thread")
}

/// [`RELEASE`], once it was made on this thread: files name it `trial`.
pub fn made() -> Option<Release> {
    ROW.get().map(|_| RELEASE)
}

/// Makes [`RELEASE`]: `of`, with the answers of `other` to the questions that `taken` names.
pub fn make<'a>(of: Release, other: Release, taken: impl IntoIterator<Item = &'a str>) {
    let (row, other) = (of.row(), other.row());
    let (mut answers, mut code, mut settings) = (row.answers, row.code, row.settings.clone());
    for name in taken {
        match name {
            "code" => code = other.code,
            "storage-manager" => settings.storage_manager = other.settings.storage_manager,
            _ => {
                let asked = DIFFERENCES.iter().find(|difference| difference.name() == name);
                (asked.unwrap_or_else(|| panic!("no question is called `{name}`")).take)(&mut answers, &other.answers);
            }
        }
    }
    // Kept for as long as the tests run: rows are there for ever.
    ROW.set(Some(Box::leak(Box::new(Row { name: "trial", doc: row.doc, code, settings, answers }))));
}

/// What two releases say differently, by name.
pub fn apart(left: Release, right: Release) -> Vec<String> {
    let (left, right) = (left.row(), right.row());
    let beside = [left.code != right.code, left.settings.storage_manager != right.settings.storage_manager];
    let beside = BESIDE.iter().zip(beside).filter(|(_, apart)| *apart).map(|(name, _)| (*name).to_owned());
    let asked = DIFFERENCES.iter().filter(|asked| (asked.shown)(&left.answers) != (asked.shown)(&right.answers));
    asked.map(super::Difference::name).chain(beside).collect()
}

/// With all that sets them apart taken over, one release is the other.
#[test]
fn rows_differ_in_nothing_else() {
    let rows: Vec<Release> = Release::all().collect();
    for &of in &rows {
        for &other in &rows {
            let names = apart(of, other);
            make(of, other, names.iter().map(String::as_str));
            let (made, other) = (row(), other.row());
            let toyed = [of.name(), other.name].contains(&"toy-1");
            assert!(made.answers == other.answers && made.code == other.code, "{} and {}", of.name(), other.name);
            // The toy alone has settings of its own.
            assert!(toyed || made.settings == other.settings, "{} and {}", of.name(), other.name);
        }
    }
}
