//! Regular expressions as `grep`, `sed` and `awk` have them (POSIX, basic and extended), as far as they are exact here: without
//! back-references and boundaries of words. A match is the longest of the leftmost, whatever the order of alternatives.

use std::collections::BTreeSet;

/// A pattern has at most so many signs.
const SIGNS_MOST: usize = 300;
/// Groups stand in each other at most so deep.
const DEPTH_MOST: u32 = 12;
/// A repetition that counts, counts at most so far.
const TIMES_MOST: usize = 64;
/// As much may the search of one text cost: places times places.
pub const COST_MOST: usize = 1 << 24;

#[derive(Clone, Debug)]
enum Node {
    One(char),
    Any,
    /// Whether what is in it matches, or what is not; ranges.
    Class(bool, Vec<(char, char)>),
    Group(Vec<Vec<Node>>),
    Repeat(Box<Node>, usize, Option<usize>),
    Begin,
    End,
}

/// A pattern that was read.
#[derive(Clone, Debug)]
pub struct Regex {
    root: Node,
    fold: bool,
}

struct Reader<'p> {
    signs: std::iter::Peekable<std::str::Chars<'p>>,
    extended: bool,
}

impl Regex {
    /// Reads a pattern; `None` where it can't be said what it matches.
    pub fn read(pattern: &str, extended: bool, fold: bool) -> Option<Regex> {
        if pattern.chars().count() > SIGNS_MOST {
            return None;
        }
        let mut reader = Reader { signs: pattern.chars().peekable(), extended };
        let root = reader.alternatives(0)?;
        reader.signs.next().is_none().then_some(Regex { root, fold })
    }

    /// One that matches a text as it stands.
    pub fn literal(text: &str, fold: bool) -> Regex {
        Regex { root: Node::Group(vec![text.chars().map(Node::One).collect()]), fold }
    }

    /// What it costs to look through a text.
    pub fn cost(text: &str) -> usize {
        text.lines().map(|line| line.len().saturating_mul(line.len())).fold(0, usize::saturating_add)
    }

    /// The first match from a place on, in signs; `fits` says whether an end will do.
    pub fn find(&self, text: &[char], from: usize, fits: impl Fn(usize, usize) -> bool) -> Option<(usize, usize)> {
        (from..=text.len()).find_map(|start| {
            let ends = self.ends(&self.root, text, &BTreeSet::from([start]));
            ends.into_iter().rev().find(|end| fits(start, *end)).map(|end| (start, end))
        })
    }

    /// Whether it matches anywhere in a text.
    pub fn matches(&self, text: &str) -> bool {
        let signs: Vec<char> = text.chars().collect();
        self.find(&signs, 0, |_, _| true).is_some()
    }

    fn same(&self, a: char, b: char) -> bool {
        a == b || self.fold && a.to_lowercase().eq(b.to_lowercase())
    }

    fn ends(&self, node: &Node, text: &[char], from: &BTreeSet<usize>) -> BTreeSet<usize> {
        let step = |takes: &dyn Fn(char) -> bool| -> BTreeSet<usize> {
            from.iter().filter(|at| text.get(**at).is_some_and(|c| takes(*c))).map(|at| at + 1).collect()
        };
        match node {
            Node::One(one) => step(&|c| self.same(c, *one)),
            Node::Any => step(&|_| true),
            Node::Class(inside, ranges) => step(&|c| {
                let within = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
                let found = within(c) || self.fold && (c.to_lowercase().any(within) || c.to_uppercase().any(within));
                found == *inside
            }),
            Node::Begin => from.iter().copied().filter(|at| *at == 0).collect(),
            Node::End => from.iter().copied().filter(|at| *at == text.len()).collect(),
            Node::Group(alternatives) => {
                let mut ends = BTreeSet::new();
                for sequence in alternatives {
                    let mut at = from.clone();
                    for node in sequence {
                        at = self.ends(node, text, &at);
                        if at.is_empty() {
                            break;
                        }
                    }
                    ends.extend(at);
                }
                ends
            }
            Node::Repeat(node, least, most) => {
                let mut at = from.clone();
                for _ in 0..*least {
                    at = self.ends(node, text, &at);
                }
                let mut all = at.clone();
                let mut times = *least;
                while !at.is_empty() && most.is_none_or(|most| times < most) {
                    let next = self.ends(node, text, &at);
                    at = next.difference(&all).copied().collect();
                    all.extend(&at);
                    times += 1;
                }
                all
            }
        }
    }
}

impl Reader<'_> {
    /// A sign that has a meaning of its own: with a backslash in a basic pattern, without one in an extended one.
    fn special(&mut self, sign: char) -> bool {
        let mut ahead = self.signs.clone();
        if !self.extended && ahead.next() != Some('\\') {
            return false;
        }
        if ahead.next() != Some(sign) {
            return false;
        }
        self.signs = ahead;
        true
    }

    fn alternatives(&mut self, depth: u32) -> Option<Node> {
        if depth > DEPTH_MOST {
            return None;
        }
        let mut all = Vec::new();
        loop {
            all.push(self.sequence(depth)?);
            if !self.special('|') {
                return Some(Node::Group(all));
            }
        }
    }

    fn closes(&self) -> bool {
        let mut ahead = self.signs.clone();
        let first = ahead.next();
        match (self.extended, first) {
            (_, None) => true,
            (true, Some(c)) => c == '|' || c == ')',
            (false, Some(c)) => c == '\\' && matches!(ahead.next(), Some('|' | ')')),
        }
    }

    fn sequence(&mut self, depth: u32) -> Option<Vec<Node>> {
        let mut nodes: Vec<Node> = Vec::new();
        while !self.closes() {
            let node = self.node(depth, nodes.is_empty())?;
            nodes.push(self.repeated(node)?);
        }
        Some(nodes)
    }

    fn node(&mut self, depth: u32, first: bool) -> Option<Node> {
        if self.special('(') {
            let inner = self.alternatives(depth + 1)?;
            return self.special(')').then_some(inner);
        }
        match self.signs.next()? {
            '.' => Some(Node::Any),
            '^' if first || self.extended => Some(Node::Begin),
            '$' if self.closes() || self.extended => Some(Node::End),
            '*' if first && !self.extended => Some(Node::One('*')),
            '*' | '+' | '?' | '{' if self.extended => None,
            '[' => self.class(),
            '\\' => match self.signs.next()? {
                's' => Some(Node::Class(true, blanks())),
                'S' => Some(Node::Class(false, blanks())),
                'w' => Some(Node::Class(true, vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')])),
                c if c.is_alphanumeric() || "<>`'".contains(c) => None,
                c if !self.extended && "+?{}".contains(c) => None,
                c => Some(Node::One(c)),
            },
            c => Some(Node::One(c)),
        }
    }

    fn repeated(&mut self, node: Node) -> Option<Node> {
        let mut node = node;
        loop {
            let (least, most) = if self.signs.next_if_eq(&'*').is_some() {
                (0, None)
            } else if self.special('+') {
                (1, None)
            } else if self.special('?') {
                (0, Some(1))
            } else if self.special('{') {
                let mut inner = String::new();
                while let Some(c) = self.signs.next_if(|c| c.is_ascii_digit() || *c == ',') {
                    inner.push(c);
                }
                if !self.special('}') {
                    return None;
                }
                let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n <= TIMES_MOST);
                match inner.split_once(',') {
                    None => (number(&inner)?, Some(number(&inner)?)),
                    Some((least, "")) => (number(least)?, None),
                    Some((least, most)) => (number(least)?, Some(number(most)?)),
                }
            } else {
                return Some(node);
            };
            if matches!(node, Node::Begin | Node::End | Node::Repeat(..)) {
                return None;
            }
            node = Node::Repeat(Box::new(node), least, most);
        }
    }

    fn class(&mut self) -> Option<Node> {
        let inside = self.signs.next_if_eq(&'^').is_none();
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut first = true;
        loop {
            match self.signs.next()? {
                ']' if !first => return Some(Node::Class(inside, ranges)),
                '[' if self.signs.peek() == Some(&':') => {
                    self.signs.next();
                    let mut name = String::new();
                    while let Some(c) = self.signs.next_if(char::is_ascii_alphabetic) {
                        name.push(c);
                    }
                    if self.signs.next() != Some(':') || self.signs.next() != Some(']') {
                        return None;
                    }
                    ranges.extend(named(&name)?);
                }
                '[' if matches!(self.signs.peek(), Some('.' | '=')) => return None,
                c => {
                    let mut ahead = self.signs.clone();
                    match (ahead.next(), ahead.next()) {
                        (Some('-'), Some(to)) if to != ']' => {
                            if to < c || to == '[' {
                                return None;
                            }
                            self.signs = ahead;
                            ranges.push((c, to));
                        }
                        _ => ranges.push((c, c)),
                    }
                }
            }
            first = false;
        }
    }
}

fn blanks() -> Vec<(char, char)> {
    vec![(' ', ' '), ('\t', '\r')]
}

/// A class that has a name: `[:space:]`.
pub fn named(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "space" => blanks(),
        "blank" => vec![(' ', ' '), ('\t', '\t')],
        "digit" => vec![('0', '9')],
        "lower" => vec![('a', 'z')],
        "upper" => vec![('A', 'Z')],
        "alpha" => vec![('a', 'z'), ('A', 'Z')],
        "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9')],
        "xdigit" => vec![('a', 'f'), ('A', 'F'), ('0', '9')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "cntrl" => vec![('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `grep -o` and `grep -oE` of GNU give.
    #[test]
    fn matches_are_those_of_grep() {
        let first = |pattern: &str, extended, text: &str| {
            let signs: Vec<char> = text.chars().collect();
            let regex = Regex::read(pattern, extended, false)?;
            Some(regex.find(&signs, 0, |_, _| true).map_or_else(|| "-".to_owned(), |(from, to)| signs[from..to].iter().collect()))
        };
        for (pattern, extended, text, found) in [
            ("a.c", false, "xabcx", Some("abc")),
            ("a*", false, "aaab", Some("aaa")),
            ("^uuid", false, " uuid", Some("-")),
            ("uuid$", false, "a uuid", Some("uuid")),
            (".*: ", false, "uuid ( RO)    : 5491: x", Some("uuid ( RO)    : 5491: ")),
            ("( RO)", false, "uuid ( RO)", Some("( RO)")),
            ("( RO)", true, "uuid ( RO)", Some(" RO")),
            ("a\\|bc", false, "xbc", Some("bc")),
            ("a|ab|abc", true, "xabcd", Some("abc")),
            ("(ab)+", true, "xababx", Some("abab")),
            ("[0-9a-f]\\{8\\}-", false, "x 5491fe8d-1", Some("5491fe8d-")),
            ("[0-9a-f-]{36}", true, "x 5491fe8d-0000-4000-8000-000000000002 y", Some("5491fe8d-0000-4000-8000-000000000002")),
            ("[^:]*$", false, "a: b", Some(" b")),
            ("[[:space:]]+", true, "a \tb", Some(" \t")),
            ("[]x]", false, "a]", Some("]")),
            ("a\\+", false, "aa", Some("aa")),
            ("a+", false, "a+", Some("a+")),
            ("*a", false, "*a", Some("*a")),
            ("x?", true, "y", Some("")),
            ("\\.", false, "a.b", Some(".")),
            ("a{2,3}", true, "aaaa", Some("aaa")),
            ("\\(a\\)\\1", false, "aa", None),
            ("\\bx", false, "x", None),
            ("[z-a]", false, "x", None),
            ("(a", true, "a", None),
        ] {
            assert_eq!(first(pattern, extended, text).as_deref(), found, "{pattern}");
        }
    }
}
