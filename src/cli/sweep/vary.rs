//! `--vary settings.KEY=A..B/N`: the values that a setting takes, evenly from one end to the other.

use super::super::args::percent;
use crate::base::share;
use crate::base::time::Span;
use crate::catalog;
use crate::world::settings::{SETTINGS, SettingKind};

/// As many values at most.
const VALUES_MOST: u64 = 1000;

/// A setting with the values that it takes, as a scenario writes them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Axis {
    /// The setting.
    pub key: &'static str,
    /// Its values, each once, from A to B.
    pub values: Vec<String>,
}

impl Axis {
    /// Reads one.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn read(text: &str) -> Result<Axis, String> {
        let form = "write `settings.host-dead-after=120s..900s/8`: eight values from 120s to 900s";
        let (key, range) = text.split_once('=').ok_or_else(|| format!("`{text}` names no setting and its values: {form}"))?;
        let name = key.trim();
        let name = name.strip_prefix("settings.").unwrap_or(name);
        let Some(doc) = SETTINGS.iter().find(|doc| doc.key == name) else {
            let near = catalog::nearest_of(name, SETTINGS.iter().map(|doc| doc.key));
            let hint =
                near.first().map_or_else(|| "`poolsim explain settings` lists them".to_string(), |near| format!("did you mean `{near}`?"));
            return Err(format!("there is no setting `{name}`: {hint}"));
        };
        let parts = range.rsplit_once('/').and_then(|(ends, count)| Some((ends.split_once("..")?, count.trim().parse::<u64>().ok()?)));
        let Some(((from, to), count)) = parts else { return Err(format!("`{range}` is no range with a number of values: {form}")) };
        if !(2..=VALUES_MOST).contains(&count) {
            return Err(format!("{count} values: write a number from 2 to {VALUES_MOST} behind the `/`"));
        }
        let values = match doc.kind {
            SettingKind::Span | SettingKind::SpanOrNever | SettingKind::Range => {
                let (from, to) = (Span::parse(from)?, Span::parse(to)?);
                // No finer than both ends are written.
                let unit = [1_000_000, 1_000, 1].into_iter().find(|unit| from.0.is_multiple_of(*unit) && to.0.is_multiple_of(*unit));
                steps(from.0, to.0, count, unit.unwrap_or(1))?.into_iter().map(|us| Span(us).to_string()).collect()
            }
            SettingKind::Chance => {
                let read = |text: &str| percent(text).map(u64::from).ok_or_else(|| format!("`{text}` is no chance: write `0%..20%/5`"));
                let values = steps(read(from)?, read(to)?, count, 1)?;
                values.into_iter().map(|millionths| format!("{}%", share::percent(millionths as u32))).collect()
            }
            SettingKind::StorageManager | SettingKind::MemoryOverhead => {
                return Err(format!("`{name}` is no length and no chance: try its values with `matrix:` in the scenario"));
            }
        };
        Ok(Axis { key: doc.key, values })
    }
}

/// So many numbers evenly from one to another, both included, each rounded to the unit.
fn steps(from: u64, to: u64, count: u64, unit: u64) -> Result<Vec<u64>, String> {
    if from >= to {
        return Err("the range runs backwards, or is empty: write the smaller end first".into());
    }
    let wide = u128::from(to - from);
    let all: Vec<u64> = (0..count)
        .map(|at| {
            let part = wide * u128::from(at) / u128::from(count - 1) + u128::from(unit / 2);
            from + (part / u128::from(unit) * u128::from(unit)) as u64
        })
        .collect();
    if all.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(format!("there are no {count} different values between these ends: write fewer"));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Axis::read(text).unwrap_or_else(|error| panic!("{text}: {error}")).values
    }

    /// Both ends are in, and what lies between is no finer than they are.
    #[test]
    fn values_lie_evenly_between_the_ends() {
        assert_eq!(values("settings.host-dead-after=120s..900s/3"), ["2m", "8m30s", "15m"]);
        assert_eq!(values("host-dead-after=120s..900s/8"), ["2m", "3m51s", "5m43s", "7m34s", "9m26s", "11m17s", "13m9s", "15m"]);
        assert_eq!(values("settings.command=1s..2s/2"), ["1s", "2s"]);
        assert_eq!(values("settings.network-loss=0%..20%/5"), ["0%", "5%", "10%", "15%", "20%"]);
        assert_eq!(values("settings.network-loss=0%..1%/3"), ["0%", "0.5%", "1%"]);
        assert_eq!(values("settings.network-latency=1ms..3ms/3"), ["1ms", "2ms", "3ms"]);
        assert_eq!(values("settings.command=1500ms..2s/3"), ["1s500ms", "1s750ms", "2s"]);
    }

    #[test]
    fn what_can_not_be_varied_is_told() {
        for (text, says) in [
            ("host-dead-after", "names no setting"),
            ("settings.host-dead-afer=1s..2s/2", "host-dead-after"),
            ("settings.command=1s..2s", "number of values"),
            ("settings.command=1s/2", "number of values"),
            ("settings.command=2s..1s/2", "backwards"),
            ("settings.command=1s..1s/2", "backwards"),
            ("settings.command=1..2/2", "1s"),
            ("settings.command=1s..2s/1", "from 2"),
            ("settings.command=1s..2s/1001", "1000"),
            ("settings.command=1us..2us/3", "fewer"),
            ("settings.network-loss=0..1/2", "chance"),
            ("settings.storage-manager=g1..g4/2", "matrix"),
        ] {
            let error = Axis::read(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
