//! Prompts of the shells that recoveries are typed at.

use super::prose::begins_with_a_program;

/// A line that begins with a prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Prompt<'l> {
    /// The host that it names.
    pub host: Option<String>,
    /// What was typed behind it.
    pub typed: &'l str,
    /// It is `#` alone, which in a script begins a comment.
    pub bare: bool,
}

/// The parts of a line that begins with a prompt.
pub(super) fn prompt(line: &str) -> Option<Prompt<'_>> {
    let mut prompt = one(untimed(line)).or_else(|| one(line))?;
    // It may have been pasted twice.
    while let Some(inner) = one(prompt.typed) {
        prompt = Prompt { host: inner.host.or(prompt.host), bare: prompt.bare && inner.bare, ..inner };
    }
    Some(prompt)
}

/// A line without the time that a terminal's log puts before it.
fn untimed(line: &str) -> &str {
    let clock = |word: &str| {
        let word = word.trim_matches(['[', ']', '(', ')']);
        word.len() >= 5 && word.contains([':', '-']) && word.bytes().all(|b| b.is_ascii_digit() || b":-./TZ".contains(&b))
    };
    let mut rest = line.trim_start();
    for _ in 0..2 {
        match rest.split_once(' ') {
            Some((word, behind)) if clock(word) => rest = behind.trim_start(),
            _ => break,
        }
    }
    rest
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() < 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// The shell's own name and version stand where others have the host's: `bash-4.2#`.
fn of_host(name: &str) -> Option<String> {
    let shell = ["bash-", "-bash-", "sh-", "ksh-", "zsh-"].iter().any(|shell| name.starts_with(shell));
    (is_name(name) && !(shell && name.ends_with(|c: char| c.is_ascii_digit()))).then(|| name.to_owned())
}

fn one(line: &str) -> Option<Prompt<'_>> {
    let line = line.trim_start();
    let found = bracketed(line).or_else(|| user_at_host(line)).or_else(|| windows(line));
    if let Some((host, typed)) = found {
        return Some(Prompt { host, typed: typed.trim(), bare: false });
    }
    // # xe …, $ xe …; `$XE` is a variable.
    if let Some(typed) = line.strip_prefix(['#', '$', '%', '\u{276f}', '\u{279c}'])
        && (line.starts_with('#') || typed.starts_with([' ', '\t']) || typed.starts_with("xe "))
        && begins_with_a_program(typed.trim())
    {
        return Some(Prompt { host: None, typed: typed.trim(), bare: line.starts_with('#') });
    }
    // beta# …, beta:~ # …, ~ # …
    let at = line.find(['#', '$'])?;
    let (before, typed) = (line[..at].trim_end(), line[at + 1..].trim());
    let name = before.trim_end_matches('~').trim_end_matches(':');
    if !begins_with_a_program(typed) {
        return None;
    }
    if before == "~" || before == "/" {
        return Some(Prompt { host: None, typed, bare: false });
    }
    let named = is_name(name.trim_start_matches('-')) && !begins_with_a_program(line) && !super::prose::PROGRAMS.contains(&name);
    named.then(|| Prompt { host: of_host(name), typed, bare: false })
}

/// `[root@beta ~]# …`, and with the time in the user's place: `[14:03 beta ~]# …`.
fn bracketed(line: &str) -> Option<(Option<String>, &str)> {
    let (within, rest) = line.strip_prefix('[')?.split_once(']')?;
    let typed = rest.trim_start().strip_prefix(['#', '$'])?;
    let at = match within.split_once('@') {
        Some((_, at)) => at,
        None => {
            let (time, at) = within.split_once(' ')?;
            (time.contains(':') && time.bytes().all(|b| b.is_ascii_digit() || b == b':')).then_some(at)?
        }
    };
    let host = at.split([' ', ':']).next().unwrap_or_default();
    (!host.is_empty()).then(|| (Some(host.to_owned()), typed))
}

/// `root@beta:~# …`, `root@beta ~ # …`, `root@beta> …`.
fn user_at_host(line: &str) -> Option<(Option<String>, &str)> {
    let (user, rest) = line.split_once('@')?;
    is_name(user).then_some(())?;
    let end = rest.find(['#', '$', '>'])?;
    let (at, typed) = (&rest[..end], &rest[end + 1..]);
    let host = at.split([':', ' ', '[']).next().unwrap_or_default();
    let folder = at.chars().all(|c| c.is_alphanumeric() || "-_.:~/[] ".contains(c));
    // What has no colon may be an address in a sentence.
    let sure =
        at.contains(':') && !rest[end..].starts_with('>') || typed.trim().is_empty() && end < 64 || begins_with_a_program(typed.trim());
    (is_name(host) && folder && sure).then(|| (Some(host.to_owned()), typed))
}

/// `C:\Program Files\XenCenter>xe.exe …`, `PS C:\> …`.
fn windows(line: &str) -> Option<(Option<String>, &str)> {
    let line = line.strip_prefix("PS ").unwrap_or(line);
    let drive = line.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && line.get(1..3) == Some(":\\");
    let (_, typed) = line.split_once('>').filter(|_| drive)?;
    Some((None, typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_many_shells_are_told() {
        for (line, host, typed) in [
            ("[root@beta ~]# xe vm-list", Some("beta"), "xe vm-list"),
            ("[root@beta ~]#xe vm-list", Some("beta"), "xe vm-list"),
            ("[14:03 beta ~]# ls", Some("beta"), "ls"),
            ("[14:03:22 beta ~]# xe vm-list", Some("beta"), "xe vm-list"),
            ("root@beta:~# xe vm-list", Some("beta"), "xe vm-list"),
            ("root@beta:/opt/xensource# ./resetvdis.py a", Some("beta"), "./resetvdis.py a"),
            ("root@beta ~ # xe vm-list", Some("beta"), "xe vm-list"),
            ("root@beta> xe vm-list", Some("beta"), "xe vm-list"),
            ("beta# xe vm-list", Some("beta"), "xe vm-list"),
            ("beta:~ # xe vm-list", Some("beta"), "xe vm-list"),
            ("bash-4.2# xe vm-list", None, "xe vm-list"),
            ("-bash-3.2# xe vm-list", None, "xe vm-list"),
            ("~ # xe vm-list", None, "xe vm-list"),
            ("# xe vm-list", None, "xe vm-list"),
            ("$ xe vm-list", None, "xe vm-list"),
            ("% xe vm-list", None, "xe vm-list"),
            ("C:\\Program Files\\Citrix\\XenCenter>xe.exe -s a vm-list", None, "xe.exe -s a vm-list"),
            ("PS C:\\> Get-XenVM", None, "Get-XenVM"),
            ("[2026-11-29 03:12:11] [root@beta ~]# xe vm-list", Some("beta"), "xe vm-list"),
            ("03:12:11 beta# xe vm-list", Some("beta"), "xe vm-list"),
            ("[root@a ~]# [root@a ~]# xe vm-list", Some("a"), "xe vm-list"),
        ] {
            let found = prompt(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((found.host.as_deref(), found.typed), (host, typed), "{line}");
        }
        for line in [
            "$XE vm-list",
            "# a remark",
            "$ 5 a month",
            "write to root@beta if it fails",
            "xe vm-list # all of them",
            "3# of them",
            "uuid ( RO) : abc",
        ] {
            assert_eq!(prompt(line), None, "{line}");
        }
    }
}
