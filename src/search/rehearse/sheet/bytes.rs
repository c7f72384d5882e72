//! From a file's bytes to its text: what editors of several systems save, and what is no text at all.

/// The text of a runbook, and what is to be known of how it was saved; what it is and what to do where it is no text.
///
/// # Errors
/// What the file is, and how its text is had.
pub fn text(bytes: &[u8]) -> Result<(String, Option<&'static str>), (&'static str, &'static str)> {
    let no_texts: [(&[u8], &str, &str); 8] = [
        (b"%PDF", "a PDF", "take its text: `pdftotext -layout FILE runbook.txt`"),
        (b"PK\x03\x04", "packed, as word processors save it", "save it as plain text, or unpack it first"),
        (b"\xd0\xcf\x11\xe0", "a document of a word processor", "save it as plain text"),
        (b"{\\rtf", "RTF", "save it as plain text"),
        (b"\x1f\x8b", "compressed with gzip", "unpack it first: `gunzip`"),
        (b"BZh", "compressed with bzip2", "unpack it first: `bunzip2`"),
        (b"\xfd7zXZ", "compressed with xz", "unpack it first: `unxz`"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first: `unzstd`"),
    ];
    if let Some((_, what, help)) = no_texts.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err((what, help));
    }
    let wide = |order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|two| order([two[0], two[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => return Ok((wide(u16::from_le_bytes), Some("it is saved as UTF-16"))),
        [0xfe, 0xff, ..] => return Ok((wide(u16::from_be_bytes), Some("it is saved as UTF-16"))),
        _ => {}
    }
    if bytes.iter().take(1 << 12).any(|byte| *byte == 0) {
        return Err(("no text: it holds zero bytes", "save it as plain text"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((text.to_owned(), None)),
        Err(_) => Ok((bytes.iter().map(|byte| western(*byte)).collect(), Some("it is no UTF-8, and is read as Windows-1252"))),
    }
}

/// A byte of Windows-1252.
fn western(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_other_systems_are_read() {
        // As a German editor on Windows saves it: ü is FC, a long dash 96, quotes 84 and 93.
        let (read, said) = text(b"xe f\xfcr \x96force \x84db\x93").unwrap();
        assert_eq!(read, "xe für \u{2013}force „db“");
        assert!(said.unwrap().contains("Windows-1252"));
        assert_eq!(text(b"\xff\xfex\0e\0").unwrap().0, "xe");
        assert_eq!(text(b"\xfe\xff\0x\0e").unwrap().0, "xe");
        assert_eq!(text("größer".as_bytes()).unwrap(), ("größer".to_owned(), None));
        for no_text in [&b"%PDF-1.4"[..], b"PK\x03\x04", b"\x1f\x8b", b"xe\0"] {
            assert!(text(no_text).is_err(), "{no_text:?}");
        }
    }
}
