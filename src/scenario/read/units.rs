//! What has a unit, and ranges of it: durations, sizes, chances, whole numbers.

use super::Reader;
use super::guess::meant_span;
use crate::base::time::Span;
use crate::scenario::diagnostic::{Place, shorten};
use crate::scenario::tree::{Node, Value};

/// The longest time that a scenario may name.
const SPAN_MOST: Span = Span::days(3650);
/// The shortest interval of anything that repeats.
pub const INTERVAL_LEAST: Span = Span::millis(100);
impl Reader<'_> {
    /// A duration.
    pub fn span(&mut self, node: &Node) -> Option<Span> {
        let text = self.unit_text(node, "a duration", "write one like `90s`, `1m30s`, `2h`, `1d`, `250ms`")?;
        if text.contains("..") {
            self.error(
                node.place,
                "wrong-duration",
                "expected one duration, found a range",
                "only `at`, `after`, `for`, `every` and some settings take a range",
            );
            return None;
        }
        self.span_text(node.place, text)
    }

    /// A duration that may have a minus sign before it: how far, and whether back.
    pub fn jump(&mut self, node: &Node) -> Option<(Span, bool)> {
        let text = self.unit_text(node, "a duration", "write one like `20m`, or `-20m` for back")?;
        match text.trim_start().strip_prefix('-') {
            Some(rest) => self.span_text(node.place, rest.trim_start()).map(|span| (span, true)),
            None => self.span(node).map(|span| (span, false)),
        }
    }

    /// A duration of at least 100 ms: of what repeats.
    pub fn interval(&mut self, node: &Node) -> Option<Span> {
        let span = self.span(node)?;
        self.long_enough(node.place, span).then_some(span)
    }

    /// A duration or a range of them.
    pub fn span_range(&mut self, node: &Node) -> Option<(Span, Span)> {
        let text = self.unit_text(node, "a duration", "write one like `90s`, or a range like `5m..9m`")?;
        self.span_range_text(node.place, text)
    }

    /// A range of durations of at least 100 ms.
    pub fn interval_range(&mut self, node: &Node) -> Option<(Span, Span)> {
        let range = self.span_range(node)?;
        self.long_enough(node.place, range.0).then_some(range)
    }

    /// A range of durations in a text.
    pub fn span_range_text(&mut self, place: Place, text: &str) -> Option<(Span, Span)> {
        let Some((least, most)) = text.split_once("..") else {
            // `5m-9m`, as people write it.
            if let Some((least, most)) = text.split_once(['-', '–'])
                && Span::parse(least).is_ok()
                && Span::parse(most).is_ok()
            {
                let (least, most) = (least.trim(), most.trim());
                self.error(place, "wrong-range", "a range has two dots between its ends", format!("write `{least}..{most}`"));
                return None;
            }
            return self.span_text(place, text).map(|span| (span, span));
        };
        let (least, most) = (self.span_text(place, least)?, self.span_text(place, most)?);
        if most < least {
            self.error(place, "wrong-range", "the range ends before it begins", format!("write the shorter one first: `{most}..{least}`"));
            return None;
        }
        Some((least, most))
    }

    fn span_text(&mut self, place: Place, text: &str) -> Option<Span> {
        match Span::parse(text) {
            Ok(span) if span <= SPAN_MOST => Some(span),
            Ok(_) => {
                self.error(place, "wrong-duration", format!("`{}` is too long", shorten(text.trim())), "the longest time is 3650d");
                None
            }
            Err(said) => {
                let (message, help) = match said.split_once(": ") {
                    Some((message, help)) => (message.to_string(), help.to_string()),
                    None => (said, "durations are whole numbers with a unit: `90s`, `1m30s`, `2h`, `1d`, `250ms`, `10us`".to_string()),
                };
                self.error(place, "wrong-duration", message, help);
                if let Some(meant) = meant_span(text.trim()) {
                    self.mend(place, text.trim(), &meant);
                }
                None
            }
        }
    }

    fn long_enough(&mut self, place: Place, span: Span) -> bool {
        if span < INTERVAL_LEAST {
            self.error(place, "wrong-duration", format!("{span} is too short for something that repeats"), "the shortest is 100ms");
        }
        span >= INTERVAL_LEAST
    }

    fn unit_text<'n>(&mut self, node: &'n Node, what: &str, help: &str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => Some(text),
            Value::Number { text, .. } => Some(text),
            _ => {
                self.wrong_type(node, what, help);
                None
            }
        }
    }

    /// A size in bytes.
    pub fn size(&mut self, node: &Node) -> Option<u64> {
        let text = self.unit_text(node, "a size", "write one like `4GiB` or `512MiB`")?;
        const UNITS: [(&str, u64); 5] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1)];
        let digits = text.trim().bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.trim().split_at(digits);
        let unit = unit.trim();
        let size = UNITS.iter().find(|(name, _)| *name == unit).and_then(|(_, factor)| number.parse::<u64>().ok()?.checked_mul(*factor));
        if let Some(size) = size.filter(|size| (1..=1 << 60).contains(size)) {
            return Some(size);
        }
        let short = shorten(text.trim());
        let help = match unit.to_lowercase().as_str() {
            "" if !number.is_empty() => format!("a number alone is no size: did you mean `{short}MiB` or `{short}GiB`?"),
            "g" | "gb" | "gib" => format!("did you mean `{}GiB`?", shorten(number)),
            "m" | "mb" | "mib" => format!("did you mean `{}MiB`?", shorten(number)),
            "k" | "kb" | "kib" => format!("did you mean `{}KiB`?", shorten(number)),
            "t" | "tb" | "tib" => format!("did you mean `{}TiB`?", shorten(number)),
            _ => "sizes are whole numbers with a unit, more than 0: `4GiB`, `512MiB`".to_string(),
        };
        self.error(node.place, "wrong-size", format!("`{short}` is no size"), help);
        let meant = UNITS.iter().map(|(name, _)| *name).find(|name| {
            let letters = unit.to_lowercase();
            *name != "B"
                && (name.to_lowercase() == letters
                    || name[..1].to_lowercase() == letters
                    || name.replace('i', "").to_lowercase() == letters)
        });
        if let Some(meant) = meant.filter(|_| !number.is_empty() && number.bytes().any(|b| b != b'0')) {
            self.mend(node.place, text.trim(), &format!("{number}{meant}"));
        }
        None
    }

    /// A chance in millionths.
    pub fn chance(&mut self, node: &Node) -> Option<u32> {
        let text = self.unit_text(node, "a chance", "write one like `0.5%`")?.trim();
        let parsed = text.strip_suffix('%').and_then(|number| {
            let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), "0"));
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            if !digits(whole) || !digits(part) || part.len() > 4 || whole.len() > 3 {
                return None;
            }
            Some(whole.parse::<u32>().ok()? * 10_000 + format!("{part:0<4}").parse::<u32>().ok()?)
        });
        let good = parsed.filter(|chance| *chance <= 1_000_000);
        if good.is_none() {
            let help = match &node.value {
                Value::Number { text, .. } => format!("a number alone is no chance: did you mean `{}%`?", shorten(text)),
                _ => "chances run from `0%` to `100%`, with at most four digits after the point".to_string(),
            };
            self.error(node.place, "wrong-chance", format!("`{}` is no chance", shorten(text)), help);
            if matches!(node.value, Value::Number { .. }) && self.source.slice(node.place).trim() == text {
                self.mend(node.place, text, &format!("{text}%"));
            }
        }
        good
    }

    /// A share or a range of shares, in millionths: `1%..30%`.
    pub fn chance_range(&mut self, node: &Node) -> Option<(u32, u32)> {
        let text = self.unit_text(node, "a share", "write one like `5%`, or a range like `1%..30%`")?;
        let Some((least, most)) = text.split_once("..") else {
            return self.chance(node).map(|share| (share, share));
        };
        let part = |text: &str| Node { place: node.place, value: Value::Text(text.to_string()) };
        let (least, most) = (self.chance(&part(least))?, self.chance(&part(most))?);
        if most < least {
            self.error(node.place, "wrong-range", "the range ends before it begins", "write the smaller share first: `1%..30%`");
            return None;
        }
        Some((least, most))
    }

    /// A range of whole numbers with at most so many in it.
    pub fn whole_range(&mut self, node: &Node, most: u64) -> Option<(u64, u64)> {
        let text = self.unit_text(node, "a range of whole numbers", "write one like `1..200`")?;
        let number = |text: &str| {
            let text = text.trim();
            text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten()
        };
        let found = text.split_once("..").and_then(|(first, last)| Some((number(first)?, number(last)?)));
        let Some((first, last)) = found.filter(|(first, last)| first <= last) else {
            let message = format!("`{}` is no range of whole numbers", shorten(text));
            self.error(node.place, "wrong-range", message, "write the smaller one first, like `1..200`");
            return None;
        };
        if last - first >= most {
            self.error(node.place, "too-many", format!("more than {most} of them"), "name a shorter range");
            return None;
        }
        Some((first, last))
    }
}
