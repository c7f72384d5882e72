//! The scenarios that the program carries: all of `scenarios/`, put in when it is built.

/// A scenario file.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Below `scenarios/`, with `/`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

impl Shipped {
    /// Its name: the file's stem.
    pub fn name(&self) -> &'static str {
        let file = self.path.rsplit('/').next().unwrap_or(self.path);
        file.rsplit_once('.').map_or(file, |(stem, _)| stem)
    }

    /// The folder that it stands in.
    pub fn chapter(&self) -> &'static str {
        self.path.rsplit_once('/').map_or("scenarios", |(folder, _)| folder)
    }

    /// Its title, or its name where it has none.
    pub fn title(&self) -> String {
        match crate::scenario::load(self.path, self.text) {
            Ok(loaded) if !loaded.scenario.title.is_empty() => loaded.scenario.title,
            _ => self.name().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_so_that_from_finds_one() {
        let names: BTreeSet<&str> = ALL.iter().map(Shipped::name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn the_list_is_in_the_order_of_paths() {
        assert!(ALL.is_sorted_by_key(|shipped| shipped.path));
    }
}
