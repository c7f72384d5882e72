//! Commands that a page's margin broke: in the middle of a word, before a switch, within a placeholder. A shell would take the rest for a
//! command of its own. They are joined where only one reading makes a command, and that is said.

use super::Row;
use super::prose::begins_with_a_program;
use crate::command;

/// A line that a page's margin broke off from the one above.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Joint {
    /// The line that is the rest.
    pub line: u32,
    /// The line that it belongs to.
    pub above: u32,
    /// The two in one.
    pub whole: String,
    /// It was read so. Else it only looks like it, and both are read as they stand.
    pub joined: bool,
}

/// A longer line is none that a margin broke off.
const REST_LONGEST: usize = 200;

/// The two lines in one; `None` where the lower is no rest of the upper. Whether only that reading makes sense.
pub(super) fn joined(above: &str, below: &str, uses: impl Fn(&str) -> bool) -> Option<(String, bool)> {
    let (above, below) = (above.trim_end(), below.trim());
    if below.is_empty() || below.len() > REST_LONGEST || above.ends_with('\\') || !of_a_tool(above) || begins_with_a_program(below) {
        return None;
    }
    let glued = format!("{above}{below}");
    let spaced = format!("{above} {below}");
    // A hyphen at the end of a line may be the page's, and not the word's.
    let without = above.strip_suffix(['-', '\u{2010}', '\u{ad}']).map(|above| format!("{above}{below}"));
    if let Some(sure) = within_placeholder(above, below) {
        return Some((if above.ends_with('-') { glued } else { spaced }, sure));
    }
    let first = below.split_whitespace().next().unwrap_or_default();
    let last = above.split_whitespace().last().unwrap_or_default();
    let rest_fits = rest_is_of_a_command(&below[first.len()..]);
    // What ends in a word is in the two forms of the word.
    let forms = || {
        std::iter::once((format!("{last}{first}"), &glued)).chain(
            without.iter().map(|whole| (format!("{}{first}", &last[..last.len() - last.chars().last().map_or(0, char::len_utf8)]), whole)),
        )
    };
    let words: Vec<&str> = above.split_whitespace().collect();
    let tool = words.iter().rposition(|word| is_tool(word));
    let name = tool.and_then(|at| words.get(at + 1)).copied().unwrap_or_default();
    let by_name = |word: &str| command::is_command(word);
    // xe pool-param- / list …
    if tool.is_some_and(|at| at + 2 == words.len())
        && !by_name(last)
        && let Some((_, whole)) = forms().find(|(word, _)| by_name(word))
    {
        return Some((whole.clone(), true));
    }
    // xe / host-forget …
    if tool.is_some_and(|at| at + 1 == words.len()) && by_name(first) {
        return Some((spaced, true));
    }
    // …/sm/reset- / vdis.py …
    if let Some((_, whole)) = forms().find(|(word, _)| word.ends_with("resetvdis.py") && word.contains('/')) {
        return Some((whole.clone(), true));
    }
    let reads = |word: &str| {
        let key = word.trim_start_matches('-').split('=').next().unwrap_or_default();
        key.len() > 1 && by_name(name) && command::reads(name, key)
    };
    // --for- / ce; na- / me-label=x
    let cut_switch = last.starts_with("--") && !reads(last)
        || last.len() > 1 && !last.contains('=') && !last.starts_with('-') && last != name && first.contains('=');
    if cut_switch
        && rest_fits
        && let Some((_, whole)) = forms().find(|(word, _)| reads(word) && (word.starts_with("--") || word.contains('=')))
    {
        return Some((whole.clone(), true));
    }
    // uuid=5491fe8d-0000- / 4000-…
    if let Some((_, value)) = last.split_once('=').or_else(|| (last.len() > 3 && last.contains('-')).then_some(("", last))) {
        let hexadecimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if hexadecimal(value) && value.len() < 36 {
            let tail = first.trim_end_matches([')', '"', '\'', ';', ',']);
            let whole = format!("{value}{tail}");
            if is_uuid(&whole) {
                return Some((glued, true));
            }
        }
    }
    // uuid= / 5491…
    if last.ends_with('=') && !first.contains('=') && rest_fits {
        return Some((glued, !first.starts_with(|c: char| c.is_ascii_uppercase()) || first.starts_with('$')));
    }
    // A switch, or what joins commands, begins no line.
    let dashes = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let switch = first.starts_with(dashes)
        && first.trim_start_matches(dashes).len() > 2
        && first.trim_start_matches(dashes).starts_with(|c: char| c.is_ascii_lowercase());
    if switch && (first.starts_with("--") || !first.starts_with('-')) && rest_fits
        || first.starts_with(['|', '>']) && !first.starts_with("> ")
        || first.starts_with("&&")
    {
        return Some((spaced, true));
    }
    // A key with its value is an assignment for a shell. Where nothing uses it, it is none.
    if let Some((key, value)) = first.split_once('=')
        && key.len() > 1
        && !value.is_empty()
        && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b':')
        && !uses(key)
        && rest_fits
    {
        return Some((spaced, command::reads(name, key)));
    }
    None
}

/// Whether a line has a tool that a pool's recovery is typed with.
fn of_a_tool(line: &str) -> bool {
    line.split_whitespace().any(|word| is_tool(word) || word.contains("resetvdis") || word.contains("/sm/reset"))
}

fn is_tool(word: &str) -> bool {
    let word = word.trim_start_matches(['"', '\'', '(', '`', '$', '!', '{']);
    word == "xe" || word.ends_with("/xe") || word.ends_with("$(xe") || word.ends_with("(xe") || word.ends_with("`xe")
}

/// Whether a placeholder is begun above and ended below: whether its name has no more words than a name has.
fn within_placeholder(above: &str, below: &str) -> Option<bool> {
    let begins = above.rfind('<').filter(|at| !above[*at..].contains('>') && !above[..*at].ends_with('<'))?;
    let inner = &above[begins + 1..];
    let (tail, behind) = below.split_once('>')?;
    let name = |c: char| c.is_alphanumeric() || " _-.:'/#(),".contains(c);
    let is = !inner.is_empty() && inner.starts_with(char::is_alphabetic) && inner.chars().chain(tail.chars()).all(name) && !tail.is_empty();
    is.then(|| inner.len() + tail.len() <= 60 && rest_is_of_a_command(behind))
}

/// Whether words are what a tool reads, and no sentence.
fn rest_is_of_a_command(rest: &str) -> bool {
    let rest = rest.split(['|', ';', '&', '#', '>']).next().unwrap_or_default();
    rest.split_whitespace().all(|word| {
        word.contains('=')
            || word.starts_with(['-', '\u{2013}', '\u{2014}', '$', '<', '"'])
            || word.ends_with('>')
            || is_uuid(word)
            || matches!(word, "\\" | ")" | "master")
    })
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Rows of commands with what margins broke joined, and what of that is to be said.
pub(super) fn mended(rows: Vec<Row>, uses: impl Fn(&str) -> bool) -> (Vec<Row>, Vec<Joint>) {
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    let mut joints: Vec<Joint> = Vec::new();
    let mut ended = 0;
    for (number, text) in rows {
        if let Some((above, upper)) = out.last_mut()
            && (*above + 1 == number || ended + 1 == number)
            && let Some((whole, sure)) = joined(upper, &text, &uses)
        {
            joints.push(Joint { line: number, above: *above, whole: whole.trim().to_owned(), joined: sure });
            if sure {
                *upper = whole;
                ended = number;
                continue;
            }
        }
        out.push((number, text));
    }
    (out, joints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lines_are_joined_where_one_reading_makes_a_command() {
        let uuid = "5491fe8d-0000-4000-8000-000000000002";
        for (above, below, whole) in [
            ("xe host-forget uuid=$beta", "--force", Some("xe host-forget uuid=$beta --force")),
            ("xe host-forget uuid=$beta", "\u{2013}force", Some("xe host-forget uuid=$beta \u{2013}force")),
            ("xe pool-param-", "list uuid=$pool", Some("xe pool-param-list uuid=$pool")),
            // The page's hyphen, and none.
            ("xe vm-reset-power-", "state vm=db --force", Some("xe vm-reset-powerstate vm=db --force")),
            ("xe vm-reset-power", "state vm=db --force", Some("xe vm-reset-powerstate vm=db --force")),
            ("sudo xe", "host-forget uuid=$beta", Some("sudo xe host-forget uuid=$beta")),
            ("xe host-forget uuid=$beta --for-", "ce", Some("xe host-forget uuid=$beta --force")),
            ("xe host-forget uuid=$beta --fo", "rce", Some("xe host-forget uuid=$beta --force")),
            ("xe vm-list na-", "me-label=db", Some("xe vm-list name-label=db")),
            ("xe vm-list name-", "label=db", Some("xe vm-list name-label=db")),
            ("xe host-forget uuid=5491fe8d-0000-4000-", "8000-000000000002 --force", Some(&format!("xe host-forget uuid={uuid} --force"))),
            ("xe host-forget uuid=5491fe8d-0000-4000-8000-0000", "00000002", Some(&format!("xe host-forget uuid={uuid}"))),
            ("xe host-forget uuid=", "$beta --force", Some("xe host-forget uuid=$beta --force")),
            ("xe host-forget uuid=<host-", "uuid> --force", Some("xe host-forget uuid=<host-uuid> --force")),
            ("xe host-forget uuid=<uuid of the", "host>", Some("xe host-forget uuid=<uuid of the host>")),
            ("/opt/xensource/sm/reset-", "vdis.py $beta $nfs1", Some("/opt/xensource/sm/resetvdis.py $beta $nfs1")),
            ("xe vm-start vm=db", "on=gamma", Some("xe vm-start vm=db on=gamma")),
            (
                "xe vm-list resident-on=$beta",
                "power-state=running --minimal",
                Some("xe vm-list resident-on=$beta power-state=running --minimal"),
            ),
            ("xe vm-list --minimal", "| tr , ' '", Some("xe vm-list --minimal | tr , ' '")),
            ("xe vm-list", "then wait for it", None),
            ("xe vm-list", "uuid ( RO): abc", None),
            ("xe vm-list", "xe vm-start vm=db", None),
            ("xe vm-list", "- and the next", None),
            ("xe vm-list", "17", None),
            ("xe vm-list --minimal", "/opt/xensource/sm/resetvdis.py $beta $nfs1", None),
            ("Forget the host", "--force", None),
            // It is set, and used below.
            ("xe vm-list", "on=gamma", None),
        ] {
            let found = joined(above, below, |name| name == "on" && above == "xe vm-list");
            assert_eq!(found.filter(|(_, sure)| *sure).map(|(whole, _)| whole).as_deref(), whole, "{above} / {below}");
        }
    }
}
