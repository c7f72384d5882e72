//! Pages that do not lie: their blocks are what stands in the repository and what the program prints, their pictures are
//! what it draws, and the figures of their sentences are those of the blocks.
//!
//! | above or around it | what is held |
//! |---|---|
//! | `<!-- file: PATH -->` | the fenced block below is that file |
//! | `<!-- prints: poolsim … -->` | the block is that command's output |
//! | `<!-- plays: poolsim play …`, a line a typed line, `-->` | the block is that session |
//! | `<!-- picture: poolsim … -->` | the picture linked below is the SVG on standard output, or in the file `svg=PICTURE` |
//! | `<!--= words _ words -->15m<!--/-->` | what stands at `_` where those words stand in an output of the page; `*` is any word |
//!
//! Behind a command, ` | from TEXT` leaves out what stands before the next line with this text, ` | to TEXT` what stands from there to
//! the next `from`, and ` | exit 1` is its status where that is not 0. What is left out is shown as a line of its own.

use super::{program, root};
use std::fs;
use std::path::Path;

/// Columns after which a line of output is folded.
const FOLD: usize = 100;
/// What stands for lines that were left out.
const LEFT_OUT: &str = "…";

/// What a page has to be.
pub struct Kept {
    /// The page with every block and figure as it must be.
    pub text: String,
    /// How many blocks were held.
    pub blocks: usize,
    /// How many figures.
    pub figures: usize,
    /// Pictures: the path below the page's folder, and the drawing.
    pub pictures: Vec<(String, String)>,
}

/// A command of a comment: its words, the cuts of its output, its status.
struct Ordered<'a> {
    words: Vec<&'a str>,
    cuts: Vec<(bool, &'a str)>,
    exit: i32,
}

impl<'a> Ordered<'a> {
    fn read(text: &'a str) -> Ordered<'a> {
        let mut parts = text.split(" | ");
        let command = parts.next().unwrap_or_default();
        let words = command.strip_prefix("poolsim ").unwrap_or_else(|| panic!("`{text}` is no command of poolsim"));
        let mut ordered = Ordered { words: words.split(' ').collect(), cuts: Vec::new(), exit: 0 };
        for part in parts {
            let (what, about) = part.split_once(' ').unwrap_or((part, ""));
            match what {
                "from" => ordered.cuts.push((true, about)),
                "to" => ordered.cuts.push((false, about)),
                "exit" => ordered.exit = about.parse().expect("a status"),
                _ => panic!("`{part}` of `{text}`"),
            }
        }
        ordered
    }

    /// Runs it with these lines typed; what it prints.
    fn run(&self, typed: &str) -> String {
        let args = [&self.words[..], &["--color", "never"]].concat();
        let (output, errors, status) = program(&args, typed);
        assert_eq!(status, self.exit, "`poolsim {}` ends otherwise: {errors}", self.words.join(" "));
        output
    }

    /// What is shown of an output.
    fn cut(&self, output: &str) -> String {
        if self.cuts.is_empty() {
            return fold(output);
        }
        let (mut out, mut rest) = (String::new(), output);
        let mut cuts = self.cuts.iter().peekable();
        if cuts.peek().is_some_and(|(from, _)| *from) {
            out.push_str(&format!("{LEFT_OUT}\n"));
        }
        while let Some((from, text)) = cuts.next() {
            let place = rest.find(text).unwrap_or_else(|| panic!("`{text}` is not printed by `poolsim {}`:\n{rest}", self.words.join(" ")));
            let at = rest[..place].rfind('\n').map_or(0, |end| end + 1);
            let (before, after) = rest.split_at(at);
            if *from {
                // The line itself must not end what begins with it.
                let end = after.find('\n').map_or(after.len(), |end| end + 1);
                out.push_str(&fold(&after[..end]));
                rest = &after[end..];
                if cuts.peek().is_none() {
                    out.push_str(&fold(rest));
                }
            } else {
                out.push_str(fold(before).trim_end_matches('\n'));
                out.push_str(&format!("\n{LEFT_OUT}\n"));
                rest = after;
            }
        }
        out
    }
}

/// Lines that are too long for a page are folded between words.
fn fold(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.chars().count() <= FOLD {
            out.push_str(line);
        } else {
            let mut column = 0;
            for (number, word) in line.split(' ').enumerate() {
                let width = word.chars().count();
                if number > 0 && column + 1 + width > FOLD {
                    out.push_str("\n    ");
                    column = 4;
                } else if number > 0 {
                    out.push(' ');
                    column += 1;
                }
                out.push_str(word);
                column += width;
            }
        }
        out.push('\n');
    }
    out
}

/// What follows a comment of a page.
enum Held {
    /// A fenced block with this in it, and all that was printed.
    Block(String, String),
    /// A link to a picture that is this.
    Picture(String),
}

/// What the comment wants below it; takes the typed lines of a session. `None` for other lines.
fn held_by<'a>(line: &'a str, lines: &mut std::str::Lines<'a>, kept: &mut String) -> Option<Held> {
    if let Some(command) = line.strip_prefix("<!-- plays: ") {
        let mut typed = String::new();
        for line in lines.by_ref() {
            kept.push_str(&format!("{line}\n"));
            if line == "-->" {
                let ordered = Ordered::read(command);
                let output = ordered.run(&typed);
                return Some(Held::Block(ordered.cut(&output), output));
            }
            typed.push_str(&format!("{line}\n"));
        }
        panic!("`{line}` does not end");
    }
    let inside = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    if let Some(path) = inside.strip_prefix("file: ") {
        let file = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        return Some(Held::Block(file, String::new()));
    }
    if let Some(command) = inside.strip_prefix("picture: ") {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("picture-{}-{}.svg", std::process::id(), near_hash(command)));
        let asked = command.replace("svg=PICTURE", &format!("svg={}", file.display()));
        let output = Ordered::read(&asked).run("");
        let picture = if asked == command { output } else { fs::read_to_string(&file).expect("a picture") };
        let _ = fs::remove_file(file);
        return Some(Held::Picture(picture));
    }
    let ordered = Ordered::read(inside.strip_prefix("prints: ")?);
    let output = ordered.run("");
    Some(Held::Block(ordered.cut(&output), output))
}

/// Tells the files of several commands apart.
fn near_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The page with every marked block and figure as it must be.
pub fn kept_true(text: &str) -> Kept {
    let mut kept = Kept { text: String::new(), blocks: 0, figures: 0, pictures: Vec::new() };
    let mut outputs: Vec<(usize, String)> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        kept.text.push_str(&format!("{line}\n"));
        let Some(held) = held_by(line, &mut lines, &mut kept.text) else { continue };
        let next = lines.next().unwrap_or_default();
        match held {
            Held::Block(shown, output) => {
                assert!(next.starts_with("```"), "no block below `{line}`");
                assert!(lines.by_ref().any(|line| line == "```"), "the block below `{line}` does not end");
                kept.text.push_str(&format!("{next}\n{}\n```\n", shown.trim_end()));
                outputs.push((kept.text.len(), output));
            }
            Held::Picture(picture) => {
                let path = next.split_once("](").and_then(|(_, rest)| rest.strip_suffix(')'));
                let path = path.filter(|_| next.starts_with("![")).unwrap_or_else(|| panic!("no picture below `{line}`"));
                kept.text.push_str(&format!("{next}\n"));
                kept.pictures.push((path.to_owned(), picture));
            }
        }
        kept.blocks += 1;
    }
    (kept.text, kept.figures) = figures(&kept.text, &outputs);
    kept
}

/// The page with its marked figures as the outputs have them, and how many there are. An output comes with where its block ends.
fn figures(text: &str, outputs: &[(usize, String)]) -> (String, usize) {
    let (mut out, mut rest, mut count) = (String::new(), text, 0);
    while let Some((before, after)) = rest.split_once("<!--= ") {
        let at = text.len() - after.len();
        let (pattern, after) = after.split_once(" -->").expect("the end of a mark");
        let (_, after) = after.split_once("<!--/-->").unwrap_or_else(|| panic!("`<!--= {pattern} -->` is not closed"));
        // The nearest above speaks first, then the nearest below.
        let above = outputs.iter().rev().filter(|(end, _)| *end <= at);
        let near = above.chain(outputs.iter().filter(|(end, _)| *end > at));
        let figure = near.map(|(_, output)| output).find_map(|output| figure(pattern, output));
        let figure = figure.unwrap_or_else(|| panic!("nothing on the page prints `{pattern}`"));
        out.push_str(&format!("{before}<!--= {pattern} -->{figure}<!--/-->"));
        (rest, count) = (after, count + 1);
    }
    out.push_str(rest);
    (out, count)
}

/// What stands at `_` in an output; the same wherever the words stand.
fn figure(pattern: &str, output: &str) -> Option<String> {
    let (wanted, words): (Vec<&str>, Vec<&str>) = (pattern.split_whitespace().collect(), output.split_whitespace().collect());
    let place = wanted.iter().position(|word| *word == "_").unwrap_or_else(|| panic!("`{pattern}` asks for nothing"));
    let plain = |word: &str| word.trim_end_matches([',', '.', ':', ';', ')']).len();
    let is = |word: &str, wanted: &str| ["_", "*"].contains(&wanted) || word[..plain(word)] == wanted[..plain(wanted)];
    let fits = |words: &&[&str]| words.iter().zip(&wanted).all(|(word, wanted)| is(word, wanted));
    let found: Vec<&str> = words.windows(wanted.len()).filter(fits).map(|words| &words[place][..plain(words[place])]).collect();
    let first = found.first()?;
    assert!(found.iter().all(|other| other == first), "`{pattern}` is printed with {found:?}");
    Some((*first).to_owned())
}

/// Whether pages are to be written anew instead of compared.
pub fn bless() -> bool {
    std::env::var_os("POOLSIM_BLESS").is_some()
}

/// Holds a file to what it has to be, or writes it.
pub fn hold(path: &Path, must_be: &str) {
    if bless() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(path, must_be).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let name = super::relative(path);
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}; POOLSIM_BLESS=1 writes it"));
    for (number, (shown, is)) in text.lines().zip(must_be.lines()).enumerate() {
        assert_eq!(shown, is, "{name}:{}: left what is shown, right what is so", number + 1);
    }
    assert_eq!(text.lines().count(), must_be.lines().count(), "{name} shows less, or more, than there is");
}

/// Holds a page to the truth, its pictures too; how many blocks and figures it has.
pub fn hold_page(path: &Path) -> (usize, usize) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let kept = kept_true(&text);
    hold(path, &kept.text);
    for (picture, drawing) in &kept.pictures {
        hold(&path.parent().expect("a folder").join(picture), drawing);
    }
    (kept.blocks, kept.figures)
}
