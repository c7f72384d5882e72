//! A scenario as parts of which some can be left out or said in another way: what a search for a smaller scenario turns over. It
//! knows what is written, and nothing of what it means: whether what is left is a scenario, [`load`](super::load) says.

use super::model::{Case, Scenario};
use super::tree::{Node, Value};
use super::{plain, write};
use crate::base::time::Span;

/// The place of a part: from the whole, which entry of which.
pub type Path = Vec<usize>;

/// A scenario of one case, in parts.
#[derive(Clone, PartialEq, Debug)]
pub struct Outline(Node);

/// The keys whose entries are objects, in `pool`.
const OBJECTS: [&str; 4] = ["vms", "spare-hosts", "hosts", "storage"];

impl Outline {
    /// A case of a scenario, without what is only judged or only said of it.
    pub fn of(scenario: &Scenario, case: Case) -> Outline {
        Outline(write::bare(scenario, case))
    }

    /// As YAML.
    pub fn text(&self) -> String {
        write::emit::yaml(&tidy(self.0.clone()))
    }

    /// The paths of all parts, a part before those that it consists of.
    pub fn parts(&self) -> Vec<Path> {
        let mut all = Vec::new();
        walk(&self.0, &mut Vec::new(), &mut |path, _| all.push(path.to_vec()));
        all.remove(0);
        all
    }

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.0.count()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.parts().is_empty()
    }

    /// The steps, by sequence.
    pub fn steps(&self) -> Vec<Vec<Path>> {
        let mut all = Vec::new();
        walk(&self.0, &mut Vec::new(), &mut |path, node| {
            let Value::List(items) = &node.value else { return };
            if self.is_sequence(path) {
                all.push((0..items.len()).map(|at| [path, &[at]].concat()).collect());
            }
        });
        all
    }

    /// Whether a list is one of steps: `timeline`, one of `worlds` or `operators`, a recovery's `steps`.
    fn is_sequence(&self, path: &[usize]) -> bool {
        let keys = self.keys(path);
        match keys.first().copied() {
            Some("timeline") => path.len() == 1,
            Some("worlds" | "operators") => path.len() == 2,
            Some("recovery") => path.len() == 2 && keys[1] == "steps",
            _ => false,
        }
    }

    /// The keys on the way to a part; a list's item has none.
    fn keys(&self, path: &[usize]) -> Vec<&str> {
        let (mut node, mut keys) = (&self.0, Vec::new());
        for at in path {
            match &node.value {
                Value::Map(entries) => {
                    keys.push(entries[*at].0.text.as_str());
                    node = &entries[*at].1;
                }
                Value::List(items) => {
                    keys.push("");
                    node = &items[*at];
                }
                _ => return keys,
            }
        }
        keys
    }

    /// The names of the pool's objects: VMs, then hosts, then SRs.
    pub fn objects(&self) -> Vec<String> {
        let Some(Value::Map(pool)) = self.entry("pool").map(|node| &node.value) else { return Vec::new() };
        let mut names = Vec::new();
        for kind in OBJECTS {
            match pool.iter().find(|(key, _)| key.text == kind).map(|(_, node)| &node.value) {
                Some(Value::Map(entries)) => names.extend(entries.iter().map(|(key, _)| key.text.clone())),
                Some(Value::List(items)) => names.extend(items.iter().filter_map(|item| said(item).map(str::to_owned))),
                _ => {}
            }
        }
        names
    }

    fn entry(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.0.value else { return None };
        entries.iter().find(|(of, _)| of.text == key).map(|(_, node)| node)
    }

    /// Without some parts.
    pub fn without(&self, paths: &[Path]) -> Outline {
        let mut paths = paths.to_vec();
        paths.sort_unstable();
        let mut left = self.clone();
        // From the last on, so that the places of those before stay what they are.
        for path in paths.iter().rev() {
            let Some((last, way)) = path.split_last() else { continue };
            match at(&mut left.0, way).map(|node| &mut node.value) {
                Some(Value::Map(entries)) if *last < entries.len() => _ = entries.remove(*last),
                Some(Value::List(items)) if *last < items.len() => _ = items.remove(*last),
                _ => {}
            }
        }
        left
    }

    /// Without an object of the pool and all that is said of it: entries under its name, and places in lists.
    pub fn without_object(&self, name: &str) -> Outline {
        let mut left = self.clone();
        forget(&mut left.0, name);
        left
    }

    /// The same, without the steps that mention it in any way.
    pub fn without_mention(&self, name: &str) -> Outline {
        let mut paths: Vec<Path> = Vec::new();
        for path in self.steps().into_iter().flatten() {
            let mut node = self.0.clone();
            if at(&mut node, &path).is_some_and(|step| mentions(step, name)) {
                paths.push(path);
            }
        }
        self.without(&paths).without_object(name)
    }

    /// The place of a key of the whole.
    pub fn key(&self, key: &str) -> Vec<Path> {
        let Value::Map(entries) = &self.0.value else { return Vec::new() };
        (0..entries.len()).filter(|at| entries[*at].0.text == key).map(|at| vec![at]).collect()
    }

    /// The texts that are values, with their places.
    pub fn texts(&self) -> Vec<(Path, String)> {
        let mut all = Vec::new();
        walk(&self.0, &mut Vec::new(), &mut |path, node| {
            if let Some(text) = said(node) {
                all.push((path.to_vec(), text.to_owned()));
            }
        });
        all
    }

    /// With another text at a place.
    pub fn with(&self, path: &Path, text: &str) -> Outline {
        let mut changed = self.clone();
        if let Some(node) = at(&mut changed.0, path) {
            *node = plain::text(text);
        }
        changed
    }

    /// With a key of the whole set to a text, said right before the pool.
    pub fn set(&self, key: &str, text: &str) -> Outline {
        let mut changed = self.clone();
        changed.put(key, plain::text(text));
        changed
    }

    fn put(&mut self, key: &str, node: Node) {
        let Value::Map(entries) = &mut self.0.value else { return };
        entries.retain(|(of, _)| of.text != key);
        let before = entries.iter().position(|(of, _)| of.text == "pool").unwrap_or(0);
        let before = if key == "expect" { entries.len() } else { before };
        let mut one = plain::Map::default();
        one.say(key, node);
        if let Value::Map(said) = one.node().value {
            entries.splice(before..before, said);
        }
    }

    /// The world's steps as the timeline's own, after it.
    pub fn world_in_timeline(&self) -> Option<Outline> {
        let mut changed = self.clone();
        let Value::Map(entries) = &mut changed.0.value else { return None };
        let at = entries.iter().position(|(key, _)| key.text == "worlds")?;
        let (_, worlds) = entries.remove(at);
        let Value::Map(mut worlds) = worlds.value else { return None };
        let (_, world) = worlds.pop()?;
        let Value::List(steps) = world.value else { return None };
        match entries.iter_mut().find(|(key, _)| key.text == "timeline").map(|(_, node)| &mut node.value) {
            Some(Value::List(timeline)) => timeline.extend(steps),
            _ => {
                let pool = entries.iter().position(|(key, _)| key.text == "pool").map_or(entries.len(), |at| at + 1);
                let mut one = plain::Map::default();
                one.say("timeline", plain::list(steps));
                if let Value::Map(said) = one.node().value {
                    entries.splice(pool..pool, said);
                }
            }
        }
        Some(changed)
    }

    /// With what it is about, and what it is expected to show: a hazard at a place of a kind (`vdi`, `vm`, `sr`, `host`), and
    /// where something graver is found on the way, that.
    pub fn told(&self, about: &str, hazard: &str, place: Option<(&str, &str)>, worst: Option<&str>) -> Outline {
        let mut item = plain::Map::default();
        item.say("hazard", plain::text(hazard));
        if let Some((kind, name)) = place {
            item.say(kind, plain::text(name));
        }
        let mut expect = plain::Map::default();
        expect.may("worst", worst.map(plain::text));
        expect.say("hazards", plain::list([item.node()]));
        let mut told = self.clone();
        told.put("expect", expect.node());
        let Value::Map(entries) = &mut told.0.value else { return told };
        let mut first = plain::Map::default();
        first.say("about", plain::text(about));
        if let Value::Map(said) = first.node().value {
            entries.splice(0..0, said);
        }
        told
    }
}

/// Ways to say a duration, or a range of them, in a rounder one, the roundest first; none for what is no duration.
pub fn rounder(text: &str) -> Vec<String> {
    if let Some((from, to)) = text.split_once("..") {
        let (Ok(from), Ok(to)) = (Span::parse(from), Span::parse(to)) else { return Vec::new() };
        let middle = Span(from.0.midpoint(to.0));
        return [from, to, middle].iter().map(Span::to_string).collect();
    }
    let Ok(span) = Span::parse(text) else { return Vec::new() };
    let grains =
        [Span::mins(60), Span::mins(30), Span::mins(10), Span::mins(5), Span::mins(1), Span::secs(30), Span::secs(10), Span::secs(1)];
    let grains = grains.into_iter().take_while(|grain| !span.0.is_multiple_of(grain.0));
    let both = grains.flat_map(|grain| [span.0 / grain.0 * grain.0, span.0.div_ceil(grain.0) * grain.0]);
    both.map(|micros| Span(micros).to_string()).collect()
}

fn said(node: &Node) -> Option<&str> {
    if let Value::Text(text) = &node.value { Some(text) } else { None }
}

fn walk(node: &Node, path: &mut Path, see: &mut dyn FnMut(&[usize], &Node)) {
    see(path, node);
    let mut below = |at: usize, node: &Node| {
        path.push(at);
        walk(node, path, see);
        path.pop();
    };
    match &node.value {
        Value::Map(entries) => entries.iter().enumerate().for_each(|(at, (_, node))| below(at, node)),
        Value::List(items) => items.iter().enumerate().for_each(|(at, node)| below(at, node)),
        _ => {}
    }
}

fn at<'a>(node: &'a mut Node, path: &[usize]) -> Option<&'a mut Node> {
    let Some((first, rest)) = path.split_first() else { return Some(node) };
    match &mut node.value {
        Value::Map(entries) => at(&mut entries.get_mut(*first)?.1, rest),
        Value::List(items) => at(items.get_mut(*first)?, rest),
        _ => None,
    }
}

/// Whether a text is a name, or what is part of a named thing, as in `db-root`, `beta/nfs1`.
fn is_of(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        || text.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
}

fn forget(node: &mut Node, name: &str) {
    match &mut node.value {
        Value::Map(entries) => {
            entries.retain(|(key, value)| !is_of(&key.text, name) && !said(value).is_some_and(|text| is_of(text, name)));
            entries.iter_mut().for_each(|(_, value)| forget(value, name));
        }
        Value::List(items) => {
            items.retain(|item| !said(item).is_some_and(|text| is_of(text, name)));
            items.iter_mut().for_each(|item| forget(item, name));
        }
        _ => {}
    }
}

/// Whether a name stands anywhere in a part, as a word of its own.
fn mentions(node: &Node, name: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let word = |text: &str| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back().is_none_or(|letter| !part(letter) && letter != '-');
            before && text[at + name.len()..].chars().next().is_none_or(|letter| !part(letter))
        })
    };
    match &node.value {
        Value::Text(text) => word(text),
        Value::Map(entries) => entries.iter().any(|(key, value)| word(&key.text) || mentions(value, name)),
        Value::List(items) => items.iter().any(|item| mentions(item, name)),
        _ => false,
    }
}

/// As people would write it: nothing where nothing is said, and a list where nothing is said of any.
fn tidy(mut node: Node) -> Node {
    match &mut node.value {
        Value::Map(entries) => {
            for (key, value) in entries.iter_mut() {
                let mut tidied = tidy(std::mem::replace(value, plain::null()));
                let silent = |node: &Node| node.is_null() || matches!(&node.value, Value::Map(of) if of.is_empty());
                if let Value::Map(of) = &tidied.value
                    && (OBJECTS.contains(&key.text.as_str()))
                    && of.iter().all(|(_, node)| silent(node))
                {
                    tidied = plain::texts(of.iter().map(|(key, _)| key.text.clone()));
                }
                *value = tidied;
            }
        }
        Value::List(items) => {
            for item in items {
                *item = tidy(std::mem::replace(item, plain::null()));
            }
        }
        _ => {}
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    const TEXT: &str = "\
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}, web: {running-on: gamma}}
timeline:
  - {at: 5m, fault: {isolate: [beta, gamma]}}
  - {at: 17m3s, run: xe host-forget uuid=$beta --force}
recovery:
  steps: [{run: xe vm-list}]
";

    fn outline(text: &str) -> Outline {
        Outline::of(&load("x.yaml", text).expect("a scenario").scenario, Case { recovery: Some(0), ..Case::default() })
    }

    #[test]
    fn it_is_the_scenario() {
        let text = outline(TEXT).text();
        let again = load("x.yaml", &text).expect("still a scenario").scenario;
        assert!(again.same_as(&load("x.yaml", TEXT).expect("a scenario").scenario), "{text}");
        assert_eq!(outline(&text).text(), text);
    }

    #[test]
    fn parts_go_one_by_one_and_together() {
        let outline = outline(TEXT);
        assert_eq!(outline.steps().iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let steps = outline.steps();
        assert!(!outline.without(&[steps[0][0].clone(), steps[0][1].clone()]).text().contains("isolate"));
        assert!(outline.parts().iter().all(|path| outline.without(std::slice::from_ref(path)).len() < outline.len()));
    }

    #[test]
    fn an_object_goes_with_its_places_in_lists_or_with_its_steps() {
        let outline = outline(TEXT);
        assert_eq!(outline.objects(), ["db", "web", "alpha", "beta", "gamma", "nfs1"]);
        let text = outline.without_object("gamma").text();
        assert!(text.contains("isolate: beta") || text.contains("isolate: [beta]"), "{text}");
        let text = outline.without_mention("beta").text();
        assert!(!text.contains("beta") && text.contains("vm-list"), "{text}");
    }

    #[test]
    fn the_rounder_ways_come_first_and_end_where_it_is_round() {
        assert_eq!(rounder("17m3s")[..4], ["0us", "1h", "0us", "30m"].map(|text| Span::parse(text).unwrap_or_default().to_string()));
        assert_eq!(rounder("1h"), Vec::<String>::new());
        assert_eq!(rounder("5m..9m"), ["5m", "9m", "7m"]);
        assert_eq!(rounder("xe vm-list"), Vec::<String>::new());
    }
}
