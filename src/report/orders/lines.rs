//! Orders one by one: a head, a line an order, a foot. That is what a part of them writes, and what is read back where parts are put
//! together.

use crate::hazard::HazardId;
use crate::report::json::{FORMAT, compact};
use crate::report::sweep;
use crate::scenario::model::Scenario;
use crate::search::orders::{Choice, Class, Options, Verdict};
use serde_json::{Value, json};

/// What is put in order, as the first line says it: by key, in the order in which it is told where two do not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    fields: Vec<(&'static str, String)>,
    /// How many orders there are in all parts.
    pub orders: usize,
    /// The part, as it was asked for; `None` for all.
    pub partition: Option<String>,
}

/// The keys of a head, each with how it is told.
const FIELDS: [(&str, &str); 10] = [
    ("poolsim", "the version of poolsim"),
    ("scenario", "the scenario"),
    ("sha256", "a scenario whose hash is"),
    ("release", "the release"),
    ("seed", "the seed"),
    ("recovery", "the recovery"),
    ("subsets", "with steps left out"),
    ("max_events", "the bound of events"),
    ("max_work", "the bound of work"),
    ("read", "what was read, included parts and all, with the digest"),
];

impl Head {
    /// Of the orders of a recovery.
    pub fn new(scenario: &Scenario, choice: &Choice, options: &Options, orders: usize, partition: Option<String>) -> Head {
        let value = |key: &str| match key {
            "poolsim" => env!("CARGO_PKG_VERSION").to_owned(),
            "scenario" => scenario.name.clone(),
            "sha256" => scenario.sha256.clone(),
            "release" => scenario.release.name().to_owned(),
            "seed" => options.seed.unwrap_or(scenario.seed).to_string(),
            "recovery" => scenario.recoveries[choice.recovery].name.clone().unwrap_or_default(),
            "subsets" => options.subsets.to_string(),
            "max_events" => options.max_events.to_string(),
            "max_work" => options.max_work.to_string(),
            _ => sweep::read(scenario),
        };
        Head { fields: FIELDS.map(|(key, _)| (key, value(key))).to_vec(), orders, partition }
    }

    /// In what it does not fit another, if in anything; the part aside.
    pub fn misfit(&self, other: &Head) -> Option<String> {
        let words = |at: usize| FIELDS[at].1;
        let differs = (0..FIELDS.len()).find(|at| self.fields[*at] != other.fields[*at]);
        let of = |head: &Head, at: usize| head.fields[at].1.clone();
        let fields = differs.map(|at| format!("{} {}, the other {}", words(at), of(self, at), of(other, at)));
        fields.or_else(|| (self.orders != other.orders).then(|| format!("{} orders, the other {}", self.orders, other.orders)))
    }
}

/// What a line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// What is put in order.
    Head(Head),
    /// The verdict of the order at a place of all.
    Order(usize, Verdict),
    /// The end: whether all that were wanted stand above.
    Foot(bool),
}

fn line(value: &Value) -> String {
    compact(value) + "\n"
}

/// The first line.
pub fn head(head: &Head) -> String {
    let mut value = json!({"kind": "orders", "format": FORMAT, "orders": head.orders, "partition": head.partition});
    for (key, text) in &head.fields {
        value[*key] = json!(text);
    }
    line(&value)
}

/// The line of an order. `names` are those of its steps, for whoever reads it.
pub fn order(at: usize, names: &[&str], verdict: &Verdict) -> String {
    line(&json!({
        "kind": "order",
        "at": at,
        "order": names,
        "class": verdict.class.name(),
        "world": verdict.world,
        "hazard": verdict.hazard.map(|hazard| hazard.doc().name),
        "cut_short": verdict.cut_short,
    }))
}

/// The last line.
pub fn foot(complete: bool) -> String {
    line(&json!({"kind": "foot", "complete": complete}))
}

/// Reads a line back; `worlds` is how many there are. `None` where it is none of these.
pub fn read(text: &str, worlds: usize) -> Option<Line> {
    let value: Value = serde_json::from_str(text).ok()?;
    let place = |key: &str| usize::try_from(value[key].as_u64()?).ok();
    match value["kind"].as_str()? {
        "orders" if value["format"] == json!(FORMAT) => {
            let fields = FIELDS.iter().map(|(key, _)| Some((*key, value[*key].as_str()?.to_owned()))).collect::<Option<_>>()?;
            Some(Line::Head(Head { fields, orders: place("orders")?, partition: value["partition"].as_str().map(str::to_owned) }))
        }
        "order" => {
            let hazard = match &value["hazard"] {
                Value::Null => None,
                name => Some(HazardId::find(name.as_str()?)?),
            };
            let class = *Class::ALL.iter().find(|class| value["class"] == class.name())?;
            let verdict =
                Verdict { class, world: place("world").filter(|world| *world < worlds)?, hazard, cut_short: value["cut_short"].as_bool()? };
            Some(Line::Order(place("at")?, verdict))
        }
        "foot" => Some(Line::Foot(value["complete"].as_bool()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let fields = FIELDS.map(|(key, _)| (key, format!("{key}'s \"value\""))).to_vec();
        let head_line = Head { fields, orders: 24, partition: Some("hash:1/3".into()) };
        assert_eq!(read(head(&head_line).trim_end(), 3), Some(Line::Head(head_line.clone())));
        let hazard = HazardId::find("double-writer");
        let verdict = Verdict { class: Class::Corrupting, world: 2, hazard, cut_short: false };
        let text = order(7, &["off", "start"], &verdict);
        assert_eq!(read(text.trim_end(), 3), Some(Line::Order(7, verdict)));
        assert_eq!(read(text.trim_end(), 2), None, "there is no such world");
        assert_eq!(read(foot(true).trim_end(), 1), Some(Line::Foot(true)));
        for wrong in ["", "{}", "pool: {}", "{\"kind\": \"order\"}", "{\"kind\": \"head\"}", "[]"] {
            assert_eq!(read(wrong, 3), None, "{wrong}");
        }
        let other = Head { orders: 25, ..head_line.clone() };
        assert_eq!(head_line.misfit(&other).as_deref(), Some("24 orders, the other 25"));
        assert_eq!(head_line.misfit(&Head { partition: None, ..head_line.clone() }), None);
    }
}
