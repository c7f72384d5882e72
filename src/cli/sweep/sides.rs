//! `--compare LEFT RIGHT`: what is chosen on each side, in the words of `diff`.

use crate::scenario::model::{Case, Scenario};

/// What to write.
pub const HELP: &str = "write `--compare recovery=careful recovery=hasty`; world=NAME, recovery=NAME, release=NAME and settings.KEY=VALUE, several with commas";

/// What is chosen on one side.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Side {
    /// Its world.
    pub world: Option<String>,
    /// Its recovery.
    pub recovery: Option<String>,
    /// What is set there instead of what the file says.
    pub set: Vec<String>,
}

/// Reads both.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn read(words: &[String]) -> Result<Vec<Side>, String> {
    let sides: Vec<Side> = words.iter().map(|word| one(word)).collect::<Result<_, _>>()?;
    if let [left, right] = &sides[..]
        && left == right
    {
        return Err("both sides are the same".into());
    }
    Ok(sides)
}

fn one(text: &str) -> Result<Side, String> {
    let mut side = Side::default();
    for word in text.split(',') {
        match word.split_once('=') {
            Some(("world", name)) => side.world = Some(name.to_string()),
            Some(("recovery", name)) => side.recovery = Some(name.to_string()),
            Some(("seed", _)) => return Err("both sides have the same seeds: `--seeds` says which".into()),
            Some(("release", _)) => side.set.push(word.to_string()),
            Some((key, _)) if key.starts_with("settings.") => side.set.push(word["settings.".len()..].to_string()),
            _ => return Err(format!("`{word}` chooses nothing on a side")),
        }
    }
    Ok(side)
}

/// Whether the cases of both sides go together: one with one, in order, and of the same names. What is one and the same for
/// all of a side was chosen there, and tells nothing apart.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn fit(sides: &[Vec<(&Scenario, Case)>]) -> Result<(), String> {
    let [lefts, rights] = sides else { return Ok(()) };
    let world = |(scenario, case): &(&Scenario, Case)| scenario.world_name(*case).map(str::to_owned);
    let recovery = |(scenario, case): &(&Scenario, Case)| scenario.recovery_name(*case).map(str::to_owned);
    let one = |of: &dyn Fn(&(&Scenario, Case)) -> Option<String>| {
        sides.iter().all(|side| side.iter().all(|case| side.first().map(of) == Some(of(case))))
    };
    let (chosen_world, chosen_recovery) = (one(&world), one(&recovery));
    let named = |case: &(&Scenario, Case)| (world(case).filter(|_| !chosen_world), recovery(case).filter(|_| !chosen_recovery));
    if lefts.iter().map(named).eq(rights.iter().map(named)) {
        return Ok(());
    }
    Err(format!("{} cases on the left and {} on the right, and not of the same names", lefts.len(), rights.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_read_in_the_words_of_diff() {
        let read = |left: &str, right: &str| read(&[left.to_string(), right.to_string()]);
        let both = read("world=dead,recovery=a b", "settings.command=2s,release=manual").unwrap();
        assert_eq!((both[0].world.as_deref(), both[0].recovery.as_deref()), (Some("dead"), Some("a b")));
        assert_eq!(both[1].set, ["command=2s", "release=manual"]);
        for (left, right, says) in [
            ("seed=1", "seed=2", "--seeds"),
            ("dead", "world=x", "chooses nothing"),
            ("world=a", "world=a", "the same"),
            ("", "world=a", "chooses"),
        ] {
            assert!(read(left, right).unwrap_err().contains(says), "{left} {right}");
        }
    }
}
