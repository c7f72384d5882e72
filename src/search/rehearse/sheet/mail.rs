//! What mails and terminals' logs put around the lines of a text: marks of quotation, `=3D` for `=`, the same again as HTML, colours.

use super::Row;

/// As many lines of a file are looked at for the head of a mail.
const HEAD: usize = 60;

/// Whether a text is a mail as it travels: with its head.
pub(super) fn is(text: &str) -> bool {
    let heads = ["from:", "subject:", "date:", "message-id:", "mime-version:", "received:", "content-type:"];
    let head = text.lines().take(HEAD).take_while(|line| !line.trim().is_empty()).map(str::to_lowercase);
    head.filter(|line| heads.iter().any(|head| line.starts_with(head))).count() >= 3
}

/// The lines of a text as they were written.
pub(super) fn rows(text: &str) -> Vec<Row> {
    let mut rows = numbered(text);
    let lower = |line: &str| line.trim_end_matches('\r').to_lowercase();
    if rows.iter().any(|(_, line)| lower(line).starts_with("content-transfer-encoding: quoted-printable")) {
        rows = unpacked(rows);
    }
    // The same again as a page: once is enough.
    let kind = |line: &str, kind: &str| lower(line).starts_with("content-type:") && lower(line).contains(kind);
    if let (Some(plain), Some(html)) =
        (rows.iter().position(|(_, line)| kind(line, "text/plain")), rows.iter().position(|(_, line)| kind(line, "text/html")))
        && plain < html
    {
        let end =
            rows[html + 1..].iter().position(|(_, line)| lower(line).starts_with("content-type:")).map_or(rows.len(), |at| html + 1 + at);
        rows.drain(html..end);
    }
    for (_, line) in &mut rows {
        if line.contains('\u{1b}') || line.contains('\u{8}') {
            *line = uncoloured(line);
        }
        *line = unquoted(line).to_owned();
    }
    rows
}

/// A line of a mail that was answered to.
fn unquoted(line: &str) -> &str {
    let mut line = line;
    while let Some(rest) = line.strip_prefix('>').or_else(|| line.strip_prefix(" >")) {
        line = rest.strip_prefix(' ').unwrap_or(rest);
    }
    line
}

/// Quoted-printable: `=3D` is `=`, and `=` at an end joins the next line to it, which keeps the number of the first.
fn unpacked(rows: Vec<Row>) -> Vec<Row> {
    let mut out: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut soft = false;
    for (number, line) in rows {
        let bytes = line.trim_end().as_bytes();
        let goes_on = bytes.ends_with(b"=");
        let bytes = bytes.strip_suffix(b"=").unwrap_or(line.as_bytes());
        let mut plain = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let code = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'=').and_then(|code| std::str::from_utf8(code).ok());
            match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
                Some(byte) => {
                    plain.push(byte);
                    at += 3;
                }
                None => {
                    plain.push(bytes[at]);
                    at += 1;
                }
            }
        }
        match out.last_mut().filter(|_| soft) {
            Some((_, last)) => last.extend(plain),
            None => out.push((number, plain)),
        }
        soft = goes_on;
    }
    out.into_iter().map(|(number, bytes)| (number, String::from_utf8_lossy(&bytes).into_owned())).collect()
}

/// A line without what a terminal is told in it: colours, titles, letters that were taken back.
fn uncoloured(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                Some('[') => while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {},
                Some(']') => while chars.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {},
                _ => {}
            },
            '\u{8}' => {
                out.pop();
            }
            '\u{7}' => {}
            c => out.push(c),
        }
    }
    out
}

/// The lines of a text with their numbers.
fn numbered(text: &str) -> Vec<Row> {
    text.lines().enumerate().map(|(at, line)| (at as u32 + 1, line.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_travels_with_a_mail_is_taken_off() {
        let text = "From: a\nSubject: b\nMIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n> > xe host-forget uuid=3D5491fe8d=\n-0000 =E2=80=93force\nend\n--x\nContent-Type: text/html\n\n<p>xe host-list</p>\n";
        assert!(is(text) && !is("From: a\nxe vm-list\n"));
        let rows = rows(text);
        assert!(rows.contains(&(7, "xe host-forget uuid=5491fe8d-0000 \u{2013}force".to_owned())), "{rows:?}");
        assert!(rows.contains(&(9, "end".to_owned())) && !rows.iter().any(|(_, line)| line.contains("<p>")), "{rows:?}");
        assert_eq!(uncoloured("\u{1b}]0;title\u{7}\u{1b}[01;32mroot@a\u{1b}[0m# xee\u{8} x"), "root@a# xe x");
    }
}
