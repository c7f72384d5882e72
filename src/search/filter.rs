//! Choosing cases by what is said of them: `name:forget*`, `rule:M5`, `not tag:slow and (hazard:double-writer or path:locks/)`.
//!
//! Grammar: `or` binds less than `and`, `and` less than `not`; round brackets group; an atom is `KEY:PATTERN`, or a text
//! alone, which is looked for anywhere in the case's name. In a pattern `*` stands for any characters and `?` for one;
//! quotes keep blanks and brackets in it. Large and small letters are the same.

/// What a filter looks at.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The case's name: the scenario's, world and recovery.
    pub name: String,
    /// The case as `test` prints it: the file, world and recovery.
    pub title: String,
    /// The world, where the file has any.
    pub world: Option<String>,
    /// The recovery, where it has a name.
    pub recovery: Option<String>,
    /// The file as it was named.
    pub path: String,
    /// The scenario's tags.
    pub tags: Vec<String>,
    /// Rules that the scenario shows, kept or broken.
    pub rules: Vec<String>,
    /// Hazards that the scenario expects, or says must never be.
    pub hazards: Vec<String>,
}

/// A filter, read.
#[derive(Clone, PartialEq, Debug)]
pub enum Filter {
    /// One of the two holds.
    Or(Box<Filter>, Box<Filter>),
    /// Both hold.
    And(Box<Filter>, Box<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A key and what it is compared with.
    Atom(Key, String),
}

/// What an atom looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Key {
    /// A text alone: anywhere in the name.
    Anywhere,
    Name,
    World,
    Recovery,
    Rule,
    Hazard,
    Tag,
    /// The path, or any end or folder of it.
    Path,
}

/// The keys as they are written.
pub const KEYS: [(&str, Key); 7] = [
    ("name", Key::Name),
    ("world", Key::World),
    ("recovery", Key::Recovery),
    ("rule", Key::Rule),
    ("hazard", Key::Hazard),
    ("tag", Key::Tag),
    ("path", Key::Path),
];

/// A filter has at most so many words, so that no stack is too small for it.
const WORDS_MAX: usize = 1_000;
/// As deep may brackets and `not` stand in one another.
const DEPTH_MAX: usize = 64;

#[derive(Clone, PartialEq, Debug)]
enum Word {
    Open,
    Close,
    And,
    Or,
    Not,
    /// How much of it stood before a quote: a colon there divides key and pattern.
    Text(String, usize),
}

fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() => {
                chars.next();
            }
            '(' => {
                chars.next();
                words.push(Word::Open);
            }
            ')' => {
                chars.next();
                words.push(Word::Close);
            }
            _ => {
                let (mut word, mut quoted, mut bare) = (String::new(), false, usize::MAX);
                while let Some(&c) = chars.peek() {
                    match c {
                        '\'' | '"' => {
                            quoted = true;
                            bare = bare.min(word.len());
                            chars.next();
                            loop {
                                match chars.next() {
                                    Some(end) if end == c => break,
                                    Some(inside) => word.push(inside),
                                    None => return Err(format!("the quote {c} is never closed")),
                                }
                            }
                        }
                        c if c.is_whitespace() || c == '(' || c == ')' => break,
                        c => {
                            word.push(c);
                            chars.next();
                        }
                    }
                }
                words.push(match word.as_str() {
                    "and" if !quoted => Word::And,
                    "or" if !quoted => Word::Or,
                    "not" if !quoted => Word::Not,
                    _ => {
                        let bare = bare.min(word.len());
                        Word::Text(word, bare)
                    }
                });
            }
        }
    }
    Ok(words)
}

struct Reader {
    words: Vec<Word>,
    at: usize,
}

impl Reader {
    fn take(&mut self, word: &Word) -> bool {
        let there = self.words.get(self.at) == Some(word);
        self.at += usize::from(there);
        there
    }

    fn or(&mut self, depth: usize) -> Result<Filter, String> {
        let mut left = self.and(depth)?;
        while self.take(&Word::Or) {
            left = Filter::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Filter, String> {
        let mut left = self.not(depth)?;
        while self.take(&Word::And) {
            left = Filter::And(Box::new(left), Box::new(self.not(depth)?));
        }
        Ok(left)
    }

    fn not(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > DEPTH_MAX {
            return Err(format!("brackets stand more than {DEPTH_MAX} deep"));
        }
        if self.take(&Word::Not) {
            return Ok(Filter::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.take(&Word::Open) {
            let inside = self.or(depth + 1)?;
            return if self.take(&Word::Close) { Ok(inside) } else { Err("a bracket `(` is never closed".into()) };
        }
        let Some(Word::Text(text, bare)) = self.words.get(self.at).cloned() else {
            return Err(match self.words.get(self.at) {
                None => "something is missing at its end".into(),
                Some(word) => {
                    let word = match word {
                        Word::Close => ")",
                        Word::And => "and",
                        _ => "or",
                    };
                    format!("something is missing before `{word}`")
                }
            });
        };
        self.at += 1;
        match text.split_once(':').filter(|(key, _)| key.len() < bare) {
            None => Ok(Filter::Atom(Key::Anywhere, text.to_lowercase())),
            Some((key, pattern)) => match KEYS.iter().find(|(name, _)| *name == key) {
                Some((name, _)) if pattern.is_empty() => Err(format!("`{name}:` names nothing")),
                Some((_, key)) => Ok(Filter::Atom(*key, pattern.to_lowercase())),
                None => {
                    let keys: Vec<String> = KEYS.iter().map(|(name, _)| format!("`{name}:`")).collect();
                    Err(format!("there is no `{key}:`; the keys are {}; a name with a colon wants quotes", keys.join(", ")))
                }
            },
        }
    }
}

impl Filter {
    /// Reads a filter. The error is a sentence that says what to write.
    pub fn parse(text: &str) -> Result<Filter, String> {
        let mut reader = Reader { words: words(text)?, at: 0 };
        if reader.words.is_empty() {
            return Err("it is empty".into());
        }
        if reader.words.len() > WORDS_MAX {
            return Err(format!("it has more than {WORDS_MAX} words"));
        }
        let filter = reader.or(0)?;
        match reader.words.get(reader.at) {
            None => Ok(filter),
            Some(Word::Close) => Err("a bracket `)` closes nothing".into()),
            Some(_) => Err("`and` or `or` must stand between two conditions; a text with blanks wants quotes".into()),
        }
    }

    /// Whether it lets a case through.
    pub fn takes(&self, subject: &Subject) -> bool {
        let any = |list: &[String], pattern: &str| list.iter().any(|item| fits(pattern, &item.to_lowercase()));
        match self {
            Filter::Or(a, b) => a.takes(subject) || b.takes(subject),
            Filter::And(a, b) => a.takes(subject) && b.takes(subject),
            Filter::Not(inside) => !inside.takes(subject),
            Filter::Atom(Key::Anywhere, text) => {
                let pattern = format!("*{text}*");
                // What is printed has a colon in it, and a folder's name is none of the case's.
                fits(&pattern, &subject.name.to_lowercase()) || text.contains(':') && fits(&pattern, &subject.title.to_lowercase())
            }
            Filter::Atom(Key::World, pattern) => any(subject.world.as_slice(), pattern),
            Filter::Atom(Key::Recovery, pattern) => any(subject.recovery.as_slice(), pattern),
            Filter::Atom(Key::Name, pattern) => {
                let name = subject.name.to_lowercase();
                fits(pattern, &name)
                    || fits(pattern, &subject.title.to_lowercase())
                    || name.split_once(' ').is_some_and(|(scenario, _)| fits(pattern, scenario))
            }
            Filter::Atom(Key::Rule, pattern) => any(&subject.rules, pattern),
            Filter::Atom(Key::Hazard, pattern) => any(&subject.hazards, pattern),
            Filter::Atom(Key::Tag, pattern) => any(&subject.tags, pattern),
            Filter::Atom(Key::Path, pattern) => {
                let path = format!("/{}", subject.path.to_lowercase());
                let pattern = pattern.trim_start_matches("./").trim_matches('/');
                fits(&format!("*/{pattern}"), &path) || fits(&format!("*/{pattern}/*"), &path)
            }
        }
    }
}

/// Whether a pattern with `*` and `?` fits the whole of a text, in time that is at most their lengths multiplied.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stood, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            name: "forget-isolated dead hasty".into(),
            title: "scenarios/forget/forget-isolated.yaml: world dead, recovery hasty".into(),
            world: Some("dead".into()),
            recovery: Some("hasty".into()),
            path: "scenarios/forget/forget-isolated.yaml".into(),
            tags: vec!["member-failure".into()],
            rules: vec!["M5".into(), "M14".into()],
            hazards: vec!["double-writer".into()],
        }
    }

    #[test]
    fn atoms_look_where_their_key_says() {
        for (filter, takes) in [
            ("isolated", true),
            ("DEAD", true),
            ("isolated*dead", true),
            ("double-writer", false),
            ("name:forget-isolated", true),
            ("name:forget", false),
            ("name:forget*", true),
            ("name:'forget-isolated dead hasty'", true),
            ("'scenarios/forget/forget-isolated.yaml: world dead, recovery hasty'", true),
            ("'isolated.yaml: world dead'", true),
            ("name:'scenarios/forget/forget-isolated.yaml: world dead, recovery hasty'", true),
            ("'forget-isolated.yaml: world hung'", false),
            ("world:dead", true),
            ("world:d*", true),
            ("world:hasty", false),
            ("recovery:hasty", true),
            ("not recovery:hasty", false),
            ("rule:m5", true),
            ("rule:M1", false),
            ("rule:M1?", true),
            ("hazard:double-*", true),
            ("tag:member-failure", true),
            ("tag:failure", false),
            ("path:forget", true),
            ("path:forget/", true),
            ("path:./scenarios", true),
            ("path:forget/*.yaml", true),
            ("path:forget-isolated.yaml", true),
            ("path:isolated.yaml", false),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().takes(&subject()), takes, "{filter}");
        }
    }

    #[test]
    fn not_binds_more_than_and_and_and_more_than_or() {
        for (filter, takes) in [
            ("rule:M5 and tag:x", false),
            ("rule:M5 or tag:x", true),
            ("not rule:M5 or rule:M5", true),
            ("not (rule:M5 or tag:x)", false),
            ("rule:M5 or tag:x and tag:y", true),
            ("(rule:M5 or tag:x) and tag:y", false),
            ("not not rule:M5", true),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().takes(&subject()), takes, "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (filter, hint) in [
            ("", "empty"),
            ("and", "before `and`"),
            ("a and", "at its end"),
            ("a b", "`and` or `or`"),
            ("(a", "never closed"),
            ("a)", "closes nothing"),
            ("'a", "never closed"),
            ("colour:red", "the keys are"),
            ("tag:", "names nothing"),
        ] {
            let error = Filter::parse(filter).unwrap_err();
            assert!(error.contains(hint), "{filter}: {error}");
        }
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
        assert!(Filter::parse(&("a or ".repeat(100_000) + "a")).is_err());
        assert!(Filter::parse(&"not ".repeat(100_000)).is_err());
    }

    #[test]
    fn stars_take_no_more_time_than_lengths_multiplied() {
        assert!(!fits(&"a*".repeat(500), &("a".repeat(400) + "b")));
        assert!(fits("*", "") && fits("", "") && !fits("?", ""));
    }
}
