//! What a mistyped word or duration means: for "did you mean", and for what is mended without asking.

use super::{GUESSES_MOST, Reader};
use crate::base::near::{distance, slips, turned};
use crate::base::time::Span;
use crate::scenario::keys::{FILE, GOAL, STATE, Shape, TABLES, Table};
use crate::world::settings::SETTINGS;

impl Reader<'_> {
    /// The candidate that a mistyped word most likely means.
    pub fn guess<'c>(&mut self, word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        self.near(word, candidates).map(|(guess, _)| guess)
    }

    /// The candidate that a mistyped word means beyond doubt: the only one near, a slip of the finger away (two in a long
    /// word), and with the same digits, for `xs3` is no misspelt `xs2`.
    pub fn sure<'c>(&mut self, word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        let (guess, near) = self.near(word, candidates)?;
        let letters: Vec<char> = word.to_lowercase().chars().take(70).collect();
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let most = if letters.len() < 8 { 1 } else { 2 };
        let away = if turned(word, guess) { 1 } else { distance(&letters, &lower(guess)) };
        (near == 1 && away <= most && digits(word) == digits(guess)).then_some(guess)
    }

    /// The nearest candidate, and how many are near.
    fn near<'c>(&mut self, word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<(&'c str, usize)> {
        let typed = word;
        let word: Vec<char> = word.to_lowercase().chars().take(64).collect();
        let most = slips(word.len());
        let mut best: Option<(usize, &str)> = None;
        let mut near = 0;
        for candidate in candidates {
            self.guesses += 1;
            if self.guesses > GUESSES_MOST {
                // What was not looked at may be near too.
                near += 2;
                break;
            }
            let length = candidate.chars().take(70).count();
            if length.abs_diff(word.len()) > most || most == 0 {
                continue;
            }
            self.guesses += (length * word.len()) as u64;
            let distance = if turned(typed, candidate) { 1 } else { distance(&word, &lower(candidate)) };
            // A word that shares nothing is no guess, however short.
            if distance <= most && distance < word.len().max(length) {
                near += 1;
                if best.is_none_or(|(least, _)| distance < least) {
                    best = Some((distance, candidate));
                }
            }
        }
        best.map(|(_, candidate)| (candidate, near))
    }
}

fn lower(word: &str) -> Vec<char> {
    word.to_lowercase().chars().collect()
}

/// The key of a map below which a key belongs that stands beside it: `crash` below `fault`.
pub(super) fn home(table: &Table, key: &str) -> Option<&'static str> {
    let mut homes = table.keys.iter().filter(|outer| holds(&outer.shape, key)).map(|outer| outer.name);
    homes.next().filter(|_| homes.next().is_none())
}

/// Whether a key says when, in a map of what is judged at the end.
pub(super) fn timeless(table: &Table, key: &str) -> bool {
    std::ptr::eq(table, &GOAL) && STATE.keys.iter().any(|known| known.name == key)
}

fn holds(shape: &Shape, key: &str) -> bool {
    match shape {
        Shape::Map(table) => table.keys.iter().any(|known| known.name == key),
        Shape::Any(shapes) => shapes.iter().any(|shape| holds(shape, key)),
        Shape::Settings => SETTINGS.iter().any(|setting| setting.key == key),
        _ => false,
    }
}

/// Where a key would be known that stands in the wrong map; in too many places is nowhere.
pub(super) fn elsewhere(key: &str) -> Option<String> {
    // What `chaos` says of a fault a step says too, and that is what is meant.
    let tables = TABLES.iter().filter(|(name, _)| !name.starts_with("chaos-")).map(|(_, table)| *table);
    let tables = std::iter::once(&FILE).chain(tables);
    let homes: Vec<&str> = tables.filter(|table| table.keys.iter().any(|known| known.name == key)).map(|table| table.what).collect();
    match homes.as_slice() {
        [] | [_, _, _, _, ..] => None,
        [one] => Some(format!("`{key}` is a key of {one}: move it there")),
        [most @ .., last] => Some(format!("`{key}` is a key of {} or {last}: move it there", most.join(", "))),
    }
}

/// The duration that is meant by one with other words for its units, where there is no doubt: `5M`, `5 min`, `1h30`, `2w`. A
/// number alone is none: it may be seconds or minutes.
pub(super) fn meant_span(text: &str) -> Option<String> {
    const UNITS: [(&str, &[&str]); 6] = [
        ("d", &["d", "day", "days"]),
        ("h", &["h", "hr", "hrs", "hour", "hours"]),
        ("m", &["m", "min", "mins", "minute", "minutes"]),
        ("s", &["s", "sec", "secs", "second", "seconds"]),
        ("ms", &["ms", "msec"]),
        ("us", &["us", "usec"]),
    ];
    let mut rest = text;
    let mut meant = String::new();
    let mut last = None;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        let unit = unit.to_lowercase();
        let at = match (unit.as_str(), last) {
            // `1h30` and `1m30`: what follows a unit without one of its own is the next smaller.
            ("", Some(last)) if (1..=2).contains(&last) && tail.is_empty() => last + 1,
            (unit, _) => UNITS.iter().position(|(_, words)| words.contains(&unit))?,
        };
        if number.is_empty() {
            return None;
        }
        meant.push_str(number);
        meant.push_str(UNITS[at].0);
        (rest, last) = (tail.trim_start(), Some(at));
    }
    Span::parse(&meant).is_ok().then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::diagnostic::Source;

    #[test]
    fn a_duration_is_mended_where_there_is_no_doubt() {
        for (written, meant) in
            [("1M", "1m"), ("5 min", "5m"), ("90S", "90s"), ("1h30", "1h30m"), ("1m30", "1m30s"), ("2 Hours 5 mins", "2h5m")]
        {
            assert_eq!(meant_span(written).as_deref(), Some(meant), "{written}");
        }
        for doubtful in ["40", "1y", "m", "", "5x", "1s30", "1.5h", "-1s", "1m1h", "99999999999999999999s", "5ä"] {
            assert_eq!(meant_span(doubtful), None, "{doubtful}");
        }
    }

    #[test]
    fn a_word_is_mended_where_there_is_no_doubt() {
        let source = Source::new("", "");
        let mut reader = Reader::new(&source);
        let mut sure = |word: &str, known: &[&'static str]| reader.sure(word, known.iter().copied());
        assert_eq!(sure("betta", &["alpha", "beta"]), Some("beta"));
        assert_eq!(sure("host-daed-aftre", &["host-dead-after", "host-boot"]), Some("host-dead-after"));
        // Another Greek letter, another number, a second one as near.
        assert_eq!(sure("delta", &["alpha", "beta"]), None);
        assert_eq!(sure("xs3", &["alpha", "xs2"]), None);
        assert_eq!(sure("xs1", &["xs2", "xsl"]), None);
        assert_eq!(sure("beta", &["betta", "bela"]), None);
    }

    #[test]
    fn a_guess_is_near_or_there_is_none() {
        let source = Source::new("", "");
        let mut reader = Reader::new(&source);
        let keys = ["timeline", "title", "until", "pool"];
        assert_eq!(reader.guess("timelin", keys.into_iter()), Some("timeline"));
        assert_eq!(reader.guess("tiemline", keys.into_iter()), Some("timeline"));
        assert_eq!(reader.guess("utnil", keys.into_iter()), Some("until"));
        assert_eq!(reader.guess("chaos", keys.into_iter()), None);
        assert_eq!(reader.guess("", keys.into_iter()), None);
    }
}
