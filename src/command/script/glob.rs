//! Patterns of a shell: `*`, `?`, `[a-z]`, and what means itself.

/// A part of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Char(char),
    Any,
    Star,
    Class { not: bool, ranges: Vec<(char, char)> },
}

/// A pattern.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Glob(Vec<Part>);

impl Glob {
    /// A text that means itself.
    pub fn text(text: &str) -> Glob {
        Glob(text.chars().map(Part::Char).collect())
    }

    /// Adds text that means itself.
    pub fn push(&mut self, text: &str) {
        self.0.extend(text.chars().map(Part::Char));
    }

    /// Adds `*`.
    pub fn star(&mut self) {
        self.0.push(Part::Star);
    }

    /// Adds `?`.
    pub fn any(&mut self) {
        self.0.push(Part::Any);
    }

    /// Adds `[…]`; whether it is understood.
    pub fn class(&mut self, text: &str) -> bool {
        let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return false };
        let (not, inner) = inner.strip_prefix(['!', '^']).map_or((false, inner), |rest| (true, rest));
        if inner.is_empty() || inner.contains(['[', '\\']) {
            return false;
        }
        let chars: Vec<char> = inner.chars().collect();
        let (mut at, mut ranges) = (0, Vec::new());
        while at < chars.len() {
            if at + 2 < chars.len() && chars[at + 1] == '-' {
                ranges.push((chars[at], chars[at + 2]));
                at += 3;
            } else {
                ranges.push((chars[at], chars[at]));
                at += 1;
            }
        }
        self.0.push(Part::Class { not, ranges });
        true
    }

    /// The text, where it means only itself.
    pub fn literal(&self) -> Option<String> {
        self.0.iter().map(|part| if let Part::Char(c) = part { Some(*c) } else { None }).collect()
    }

    /// Whether a whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        self.lengths(&chars).last() == Some(&true)
    }

    /// For each length of the beginning of a text, whether that beginning matches.
    fn lengths(&self, chars: &[char]) -> Vec<bool> {
        let mut reached = vec![false; chars.len() + 1];
        reached[0] = true;
        for part in &self.0 {
            let mut next = vec![false; chars.len() + 1];
            for at in 0..=chars.len() {
                match part {
                    Part::Star => next[at] = reached[at] || at > 0 && next[at - 1],
                    _ if at == 0 => {}
                    Part::Char(c) => next[at] = reached[at - 1] && chars[at - 1] == *c,
                    Part::Any => next[at] = reached[at - 1],
                    Part::Class { not, ranges } => {
                        let within = ranges.iter().any(|(from, to)| (*from..=*to).contains(&chars[at - 1]));
                        next[at] = reached[at - 1] && within != *not;
                    }
                }
            }
            reached = next;
        }
        reached
    }

    /// A text without the beginning that matches: the longest, or the shortest.
    pub fn without_prefix(&self, text: &str, longest: bool) -> String {
        let chars: Vec<char> = text.chars().collect();
        let lengths = self.lengths(&chars);
        let mut found = lengths.iter().enumerate().filter(|(_, matches)| **matches).map(|(at, _)| at);
        let cut = if longest { found.next_back() } else { found.next() };
        chars[cut.unwrap_or(0)..].iter().collect()
    }

    /// A text without the end that matches: the longest, or the shortest.
    pub fn without_suffix(&self, text: &str, longest: bool) -> String {
        let turned = Glob(self.0.iter().rev().cloned().collect());
        let text: String = text.chars().rev().collect();
        turned.without_prefix(&text, longest).chars().rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let mut glob = Glob::text("a");
        glob.star();
        glob.push("c");
        assert!(glob.matches("ac") && glob.matches("abbc") && !glob.matches("acd") && !glob.matches("xac"));
        assert_eq!((glob.literal(), Glob::text("a*").literal()), (None, Some("a*".into())));
        let mut dot = Glob::text(".");
        dot.star();
        assert_eq!((dot.without_suffix("a.b.c", false), dot.without_suffix("a.b.c", true)), ("a.b".into(), "a".into()));
        let mut slash = Glob::default();
        slash.star();
        slash.push("/");
        assert_eq!((slash.without_prefix("a/b/c", true), slash.without_prefix("a/b/c", false)), ("c".into(), "b/c".into()));
        let mut class = Glob::default();
        assert!(class.class("[a-c0]") && class.matches("b") && class.matches("0") && !class.matches("d"));
    }
}
