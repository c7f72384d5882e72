//! Virtual time in whole microseconds. Knows no real clock.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant: microseconds since the scenario's start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(pub u64);

/// A length of time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(pub u64);

impl Time {
    /// The scenario's start.
    pub const ZERO: Time = Time(0);
    /// Later than any instant that a scenario can name.
    pub const NEVER: Time = Time(u64::MAX);

    /// The span since `earlier`, zero if `earlier` is not earlier.
    pub fn since(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// `n` microseconds.
    pub const fn micros(n: u64) -> Span {
        Span(n)
    }
    /// `n` milliseconds.
    pub const fn millis(n: u64) -> Span {
        Span(n * 1_000)
    }
    /// `n` seconds.
    pub const fn secs(n: u64) -> Span {
        Span(n * 1_000_000)
    }
    /// `n` minutes.
    pub const fn mins(n: u64) -> Span {
        Span(n * 60_000_000)
    }
    /// `n` days.
    pub const fn days(n: u64) -> Span {
        Span(n * 86_400_000_000)
    }
    /// This span `n` times over; the longest span there is where that is too long.
    pub const fn times(self, n: u64) -> Span {
        Span(self.0.saturating_mul(n))
    }

    /// Reads a duration as a scenario writes it: `90s`, `1m30s`, `2h`, `1d`, `250ms`, `10us`.
    ///
    /// Units run from large to small, each at most once. Errors are sentences that say what to write instead.
    pub fn parse(text: &str) -> Result<Span, String> {
        const UNITS: [(&str, u64); 6] =
            [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];
        let text = text.trim();
        if text.is_empty() {
            return Err("a duration is missing: write one like `90s` or `1m30s`".into());
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("a number alone is no duration: did you mean `{text}s` or `{text}m`?"));
        }
        let mut rest = text;
        let mut total: u64 = 0;
        let mut next_unit = 0;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
            if digits == 0 {
                return Err(format!(
                    "`{text}` is no duration: write whole numbers with a unit, like `90s`, `1m30s`, `2h`, `1d`, `250ms`, `10us`"
                ));
            }
            let (number, unit) = (&rest[..digits], &rest[digits..digits + letters]);
            if unit.is_empty() && !rest[digits..].is_empty() {
                return Err(format!(
                    "`{text}` is no duration: write whole numbers with a unit, like `90s`, `1m30s`, `2h`, `1d`, `250ms`, `10us`"
                ));
            }
            let Some(at) = UNITS.iter().position(|(name, _)| *name == unit) else {
                return Err(match unit {
                    "" => format!("`{text}` ends in a number without a unit: did you mean `{text}s`?"),
                    "M" => format!("`M` is no unit of time: did you mean `{number}m` (minutes)?"),
                    "w" => format!(
                        "`w` is no unit here: write weeks as days, like `{}d`",
                        number.parse::<u64>().unwrap_or(1).saturating_mul(7)
                    ),
                    "y" => "`y` is no unit here: write years as days, like `365d`".to_string(),
                    other => format!("`{other}` is no unit of time: the units are d, h, m, s, ms, us"),
                });
            };
            if at < next_unit {
                return Err(format!("the units of `{text}` run from large to small, each once, like `1h30m`"));
            }
            next_unit = at + 1;
            let value = number.parse::<u64>().ok().and_then(|n| n.checked_mul(UNITS[at].1)).and_then(|n| total.checked_add(n));
            total = value.filter(|n| *n < 1 << 60).ok_or_else(|| format!("`{text}` is too long: the longest run is 3650d"))?;
            rest = &rest[digits + letters..];
        }
        Ok(Span(total))
    }
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}
impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}
impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

/// Prints what [`Span::parse`] reads back: `16m32s`, `1h`, `250ms`, `0s`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let mut left = self.0;
        let mut text = String::new();
        for (unit, size) in [("d", 86_400_000_000u64), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)]
        {
            if left >= size {
                text.push_str(&format!("{}{unit}", left / size));
                left %= size;
            }
        }
        f.pad(&text)
    }
}
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_printed_alike() {
        for text in ["0s", "90ms", "1m30s", "2h", "1d", "10us", "1d2h3m4s5ms6us", "16m32s"] {
            assert_eq!(Span::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Span::parse("90s").unwrap(), Span::mins(1) + Span::secs(30));
    }

    #[test]
    fn wrong_durations_say_what_to_write() {
        for (text, hint) in [
            ("40", "40s"),
            ("1M", "1m"),
            ("1y", "365d"),
            ("s", "whole numbers"),
            ("1.5h", "whole numbers"),
            ("30s1m", "large to small"),
            ("1m30", "1m30s"),
            ("99999999999999999999d", "too long"),
            ("", "missing"),
        ] {
            let error = Span::parse(text).unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
