//! What was learned of the drills: a file in the user's state directory, read and written only where `--progress` asks for it.

use super::super::exit::Status;
use super::super::out::Out;
use super::super::whole::Whole;
use crate::report::text::layout::Tint;
use crate::scenario::model::Scenario;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// What was learned: by drill the points of the best time, and the worlds in which it was done without help.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Learned(Map<String, Value>);

/// The file: `poolsim/drills.json` in `$XDG_STATE_HOME`, else in `~/.local/state`.
fn path() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    folder.or_else(home).map(|state| state.join("poolsim").join("drills.json"))
}

impl Learned {
    /// What is noted; nothing where there is no such file yet.
    pub fn read(out: Out) -> Result<Learned, Status> {
        let Some(path) = path() else {
            let help = ["set HOME, or XDG_STATE_HOME".to_owned()];
            return Err(out.refuse("unreadable", "nobody says where the state directory is", &help, Status::Unreadable));
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => match serde_json::from_str::<Value>(&text).ok().and_then(|value| value.get("drills")?.as_object().cloned()) {
                Some(drills) => Ok(Learned(drills)),
                None => {
                    let shown = super::super::files::shown(&path);
                    let help = ["mend it, or take it away: it is written anew".to_owned()];
                    Err(out.refuse("unreadable", &format!("{shown} does not hold what was learned"), &help, Status::Unreadable))
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Learned::default()),
            Err(error) => {
                let shown = super::super::files::shown(&path);
                Err(out.refuse("unreadable", &format!("{shown} cannot be read: {error}"), &[], Status::Unreadable))
            }
        }
    }

    /// How far a drill is learned, in words.
    pub fn words(&self, name: &str, scenario: &Scenario) -> (Tint, String) {
        let Some(of) = self.0.get(name) else { return (Tint::Dim, "not yet done".to_owned()) };
        let done = worlds(of).iter().filter(|world| scenario.worlds.iter().any(|other| other.name == **world)).count();
        let points = of.get("points").and_then(Value::as_u64).unwrap_or(0);
        if done >= scenario.worlds.len() {
            (Tint::Green, format!("learned: done in every world, at best with {points} points"))
        } else {
            (Tint::Yellow, format!("done in {done} of {} worlds, at best with {points} points", scenario.worlds.len()))
        }
    }

    fn add(&mut self, name: &str, world: &str, points: u64) {
        let before = self.0.get(name).cloned().unwrap_or(Value::Null);
        let mut worlds: Vec<String> = worlds(&before).into_iter().map(str::to_owned).collect();
        worlds.push(world.to_owned());
        worlds.sort();
        worlds.dedup();
        let best = before.get("points").and_then(Value::as_u64).unwrap_or(0).max(points);
        self.0.insert(name.to_owned(), json!({"points": best, "worlds": worlds}));
    }
}

fn worlds(of: &Value) -> Vec<&str> {
    of.get("worlds").and_then(Value::as_array).map_or_else(Vec::new, |worlds| worlds.iter().filter_map(Value::as_str).collect())
}

/// Notes that a drill was done in a world, without help.
pub fn note(out: Out, name: &str, world: &str, points: u64) -> Status {
    let mut learned = match Learned::read(out) {
        Ok(learned) => learned,
        Err(status) => return status,
    };
    let Some(path) = path() else { return Status::Unreadable };
    learned.add(name, world, points);
    let text = crate::report::json::pretty(&json!({"format": 1, "drills": learned.0}));
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    match made.and_then(|()| Whole::put(&path, &text)) {
        Ok(()) => Status::Fine,
        Err(error) => out.unwritable(&path, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_time_counts_and_every_world_once() {
        let mut learned = Learned::default();
        learned.add("x", "dead", 70);
        learned.add("x", "hung", 90);
        learned.add("x", "dead", 80);
        assert_eq!(learned.0["x"], json!({"points": 90, "worlds": ["dead", "hung"]}));
    }
}
