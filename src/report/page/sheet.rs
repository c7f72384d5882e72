//! The sheet that a page's body stands on: its head, its styles, its script, and what it may ask for, which is nothing.

use super::picture;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

/// A whole page around its body. It may ask for nothing, and run no script but its own.
pub fn whole(title: &str, body: &Markup) -> Markup {
    let style = style();
    let policy = format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{}'; script-src '{}'",
        in_policy(&style),
        in_policy(SCRIPT)
    );
    // These elements have no end in HTML, and must have one in XML.
    let empty = |attributes: &str| PreEscaped(format!("<meta {attributes}/>"));
    html! {
        (maud::DOCTYPE)
        html xmlns="http://www.w3.org/1999/xhtml" lang="en" {
            head {
                (empty("charset=\"utf-8\""))
                (empty(&format!("http-equiv=\"Content-Security-Policy\" content=\"{policy}\"")))
                (empty("name=\"viewport\" content=\"width=device-width, initial-scale=1\""))
                (empty("name=\"color-scheme\" content=\"light dark\""))
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

const SCRIPT: &str = include_str!("page.js");

fn style() -> String {
    format!("{}{}", picture::COLOURS, include_str!("page.css"))
}

/// The page's style and its script, as a policy names them: whoever shows pages within its own must allow them.
pub fn allowed() -> (String, String) {
    (in_policy(&style()), in_policy(SCRIPT))
}

/// A style or a script as a policy names it, without quotes.
pub fn in_policy(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text)))
}

/// Bytes in base64, as RFC 4648 has it.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let of = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = of(0) << 16 | of(1) << 8 | of(2);
        for at in 0..4usize {
            let letter = LETTERS[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    /// The examples of RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_standard() {
        let of =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (text, coded) in of {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }
}
