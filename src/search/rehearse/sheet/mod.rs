//! Finds the commands in what people keep as a runbook: a shell script, Markdown, a wiki's page, a pasted session with
//! prompts and outputs, a mail. Knows no command's meaning: only what looks like one.

mod bytes;
mod html;
mod joint;
mod mail;
mod markdown;
mod prompt;
mod prose;
mod session;
mod unfinished;
mod wiki;

pub use bytes::text;
pub use joint::Joint;
pub use prose::PROGRAMS;

/// A line of a page: its number, from 1, and its text.
type Row = (u32, String);

/// Commands that stand together, in the shell's own words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chunk {
    /// The shell's text.
    pub source: String,
    /// The runbook's line of each line of it, from 1.
    pub lines: Vec<u32>,
    /// The host that a prompt names.
    pub host: Option<String>,
    /// What was typed in answer to a question.
    pub answer: Option<String>,
    /// A shell reads it as a script: it ends where the shell can't read on. Else it is typed line by line.
    pub script: bool,
    /// The lines of it that a page's margin broke.
    pub joints: Vec<Joint>,
}

/// What a runbook was taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A shell script, from its first line to its last.
    Script,
    /// Markdown: its code.
    Markdown,
    /// HTML: what is preformatted.
    Html,
    /// Prose or a session: lines with prompts, or lines that begin with a command.
    Lines,
}

/// Something to know about a line: what is so, and what to do.
pub type Remark = (u32, String, String);

/// The commands of a runbook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// What it was taken for.
    pub form: Form,
    /// In order.
    pub chunks: Vec<Chunk>,
    /// The first line that ends in a carriage return, where it is a script.
    pub carriage: Option<u32>,
    /// It begins with a byte-order mark.
    pub mark: bool,
    /// What looks like a command and was not taken for one, and why.
    pub remarks: Vec<Remark>,
}

/// What is found of a page under way.
#[derive(Default)]
struct Found {
    chunks: Vec<Chunk>,
    remarks: Vec<Remark>,
}

impl Found {
    fn add(&mut self, other: Found) {
        self.chunks.extend(other.chunks);
        self.remarks.extend(other.remarks);
    }

    /// In the order of the page, where parts of it were read one after the other.
    fn sorted(mut self) -> Found {
        self.chunks.sort_by_key(|chunk| chunk.lines.first().copied().unwrap_or(0));
        self.remarks.sort();
        self
    }
}

/// Reads a runbook; `name` is its file's, whose ending may say what it is.
pub fn read(name: &str, text: &str) -> Sheet {
    let mark = text.starts_with('\u{feff}');
    let text = text.trim_start_matches('\u{feff}');
    let form = form(name, text);
    let carriage = (form == Form::Script)
        .then(|| text.split_inclusive('\n').position(|line| line.ends_with("\r\n")))
        .flatten()
        .map(|at| at as u32 + 1);
    let plain = text.replace("\r\n", "\n");
    let Found { chunks, mut remarks } = match form {
        Form::Script => Found { chunks: vec![whole(&plain)], ..Found::default() },
        Form::Markdown => markdown::found(&plain),
        Form::Html => html::found(&plain, 0).sorted(),
        Form::Lines => wiki::found(&mail::rows(&plain), &prose::Page::of(&plain)),
    };
    remarks.dedup();
    let chunks = chunks.into_iter().filter(|chunk| !chunk.source.trim().is_empty()).collect();
    Sheet { form, chunks, carriage, mark: mark && form == Form::Script, remarks }
}

fn form(name: &str, text: &str) -> Form {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let head = text.trim_start().get(..200).unwrap_or(text.trim_start()).to_lowercase();
    match ending.as_str() {
        "sh" | "bash" | "ksh" => return Form::Script,
        "md" | "markdown" => return Form::Markdown,
        "html" | "htm" | "xhtml" => return Form::Html,
        "eml" => return Form::Lines,
        _ => {}
    }
    let lower = text.to_lowercase();
    if text.starts_with("#!") {
        Form::Script
    } else if mail::is(text) {
        Form::Lines
    } else if head.starts_with("<!doctype html") || head.starts_with("<html") || html::BLOCKS.iter().any(|tag| html::opens(&lower, tag)) {
        Form::Html
    } else if text.lines().any(|line| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~")) {
        Form::Markdown
    } else {
        Form::Lines
    }
}

/// A text as it stands.
fn whole(text: &str) -> Chunk {
    Chunk { source: text.to_owned(), lines: (1..=text.lines().count() as u32).collect(), script: true, ..Chunk::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(name: &str, text: &str) -> Vec<(u32, String)> {
        read(name, text).chunks.into_iter().map(|chunk| (chunk.lines[0], chunk.source.trim().to_owned())).collect()
    }

    #[test]
    fn sessions_give_what_was_typed() {
        let text = "Hello,\n\n[root@xs1 ~]# xe host-list\nuuid ( RO)  : abc\n[root@xs2 ~]#xe vm-list\nroot@xs1:~# xe host-forget uuid=1\nWARNING: x\nType 'yes' to continue\nyes\n# xe sr-list\n# a remark\n$ \n";
        let sheet = read("mail.txt", text);
        assert_eq!(sheet.form, Form::Lines);
        let told: Vec<(u32, &str, Option<&str>)> =
            sheet.chunks.iter().map(|chunk| (chunk.lines[0], chunk.source.as_str(), chunk.host.as_deref())).collect();
        assert_eq!(
            told,
            [
                (3, "xe host-list", Some("xs1")),
                (5, "xe vm-list", Some("xs2")),
                (6, "xe host-forget uuid=1", Some("xs1")),
                (10, "xe sr-list", None)
            ]
        );
        assert_eq!(sheet.chunks[2].answer.as_deref(), Some("yes"));
        assert_eq!(commands("x", "[root@a ~]# [root@a ~]# xe vm-list\n"), [(1, "xe vm-list".into())]);
    }

    #[test]
    fn markdown_gives_its_code_with_its_lines() {
        let text = "# Recovery\n\n1. Run `xe host-forget uuid=<uuid> --force`; `xe host-forget` asks.\n2. then\n\n   ```sh\n   xe vm-list\n   sleep 5\n   ```\n\n```yaml\nxe: no\n```\n\n    xe sr-list\n";
        assert_eq!(
            commands("a.markdown", text),
            [(3, "xe host-forget uuid=<uuid> --force".into()), (7, "xe vm-list\nsleep 5".into()), (15, "xe sr-list".into())]
        );
        assert_eq!(read("a.markdown", text).chunks[1].lines, [7, 8]);
    }

    #[test]
    fn html_gives_what_is_preformatted() {
        let text = "<html><body><p>xe is a tool</p>\n<pre>\nxe host-list &amp;&amp; xe vm-list uuid=&lt;uuid&gt;<br/>xe sr-list\n</pre> use <code>xe vm-start vm=a &#8211;force</code> or <code>beta</code>\n<pre>xe x uuid=<host uuid> y</pre></body></html>";
        assert_eq!(
            commands("wiki.html", text),
            [
                (3, "xe host-list && xe vm-list uuid=<uuid>\nxe sr-list".into()),
                (4, "xe vm-start vm=a \u{2013}force".into()),
                (5, "xe x uuid=<host uuid> y".into())
            ]
        );
    }

    #[test]
    fn prose_is_no_command() {
        let text = "Please do this:\n\n  xe vm-list power-state=running\nxe is what it is called; echo.\n> > xe host-list params=all\n  for v in a b; do\n  xe vm-start vm=$v\n  done\nThanks\n";
        assert_eq!(
            commands("mail.eml", text),
            [
                (3, "xe vm-list power-state=running".into()),
                (5, "xe host-list params=all".into()),
                (6, "for v in a b; do\nxe vm-start vm=$v\ndone".into())
            ]
        );
    }
}
