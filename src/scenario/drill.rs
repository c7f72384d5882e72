//! Reads `drill`: what makes a scenario a task for whoever plays it.

use super::diagnostic::{Place, shorten};
use super::expect::read_goal;
use super::keys;
use super::model::{Drill, Score};
use super::read::{Fields, Reader};
use super::scene::Scene;
use super::tree::{Node, Value};
use crate::base::time::Time;
use crate::command::COMMANDS;
use crate::fault::ACTS;

/// Reads a `drill`, whose key stands at `place`.
pub fn read_drill(reader: &mut Reader<'_>, scene: &Scene<'_>, node: &Node, place: Place) -> Option<Drill> {
    let line = reader.line(place);
    let mut drill = Drill { line, briefing: String::new(), grade: None, goal: None, within: None, allow: None, score: Score::default() };
    if node.is_null() {
        return Some(drill);
    }
    let fields = reader.fields(node, &keys::DRILL)?;
    if let Some(node) = fields.get("briefing") {
        drill.briefing = reader.text(node, "what the player is told").unwrap_or_default().to_owned();
    }
    drill.grade = fields.get("grade").and_then(|node| reader.whole(node, 1, 3));
    drill.goal = fields.entry("goal").map(|(key, node)| read_goal(reader, scene, node, key.place));
    if let Some(node) = fields.get("within") {
        drill.within = reader.span(node);
        if let (Some(within), Some(until)) = (drill.within, scene.until)
            && Time::ZERO + within > until
        {
            let message = format!("the player has {within}, and the story ends after {until}");
            reader.error(node.place, "after-end", message, format!("write `within: {until}` or less, or let `until:` be later"));
        }
        if drill.within.is_some_and(|within| within.0 == 0) {
            reader.error(
                node.place,
                "wrong-value",
                "nobody can do anything in no time",
                "write how long the player has, such as `within: 1h`",
            );
        }
    }
    drill.allow = fields.get("allow").map(|node| read_allowed(reader, node));
    if let Some(node) = fields.some("score")
        && let Some(fields) = reader.fields(node, &keys::SCORE)
    {
        read_score(reader, &fields, &mut drill.score);
    }
    Some(drill)
}

/// The names of what may be typed and done: of commands, without the words that go before or behind (`xe`, `list`), and of acts.
pub fn allowable() -> impl Iterator<Item = &'static str> {
    let commands = COMMANDS.iter().map(|command| first(command.name));
    commands.chain(ACTS.iter().map(|act| act.name))
}

/// The word by which a command is allowed: the first of its name.
pub fn first(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

/// Whether a command only looks: that is never forbidden.
pub fn is_look(word: &str) -> bool {
    const LOOKS: [&str; 5] = ["list_domains", "tap-ctl", "cat", "help", "host-is-in-emergency-mode"];
    LOOKS.contains(&word) || ["-list", "-param-get"].iter().any(|end| word.ends_with(end))
}

fn read_allowed(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    let items = reader.items(node, "a list of commands and acts, like `[vm-start, resetvdis.py, check-off]`");
    let mut allowed = Vec::new();
    for item in items {
        let Some(text) = reader.text(item, "the name of a command or of an act") else { continue };
        let word = first(text.strip_prefix("xe ").unwrap_or(text));
        if allowable().any(|known| known == word) || is_look(word) {
            allowed.push(word.to_owned());
            continue;
        }
        let help = match reader.guess(word, allowable()) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => "`poolsim explain commands` has the commands, `poolsim explain acts` what hands do".to_owned(),
        };
        reader.error(item.place, "unknown-name", format!("there is no command and no act `{}`", shorten(text)), help);
        if let Some(meant) = reader.sure(word, allowable()) {
            reader.mend(item.place, word, meant);
        }
    }
    if items.is_empty() && matches!(&node.value, Value::List(_) | Value::Null) {
        let help = "name a command, or take the key out: everything is then allowed";
        reader.error(node.mark(), "wrong-value", "nothing is allowed, so nothing can be done", help);
    }
    allowed
}

fn read_score(reader: &mut Reader<'_>, fields: &Fields<'_>, score: &mut Score) {
    let mut points = |key: &str, of: &mut u64| {
        if let Some(read) = fields.get(key).and_then(|node| reader.whole(node, 0, 1_000)) {
            *of = read;
        }
    };
    points("goal", &mut score.goal);
    points("corruption", &mut score.corruption);
    points("danger", &mut score.danger);
    points("gamble", &mut score.gamble);
    points("downtime", &mut score.downtime);
    points("needless", &mut score.needless);
    points("hint", &mut score.hint);
}
