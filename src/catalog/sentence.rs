//! The first sentence of a doc: its summary.

/// A doc's first sentence, with its full stop.
pub fn first_sentence(doc: &str) -> &str {
    let doc = doc.trim();
    let end = doc.match_indices(". ").map(|(at, _)| at + 1).find(|end| !ends_in_abbreviation(&doc[..*end]));
    let line = doc.find('\n').unwrap_or(doc.len());
    &doc[..end.unwrap_or(doc.len()).min(line)]
}

fn ends_in_abbreviation(text: &str) -> bool {
    ["e.g.", "i.e.", "etc."].iter().any(|word| text.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_sentences_end_where_they_end() {
        assert_eq!(first_sentence("A host, e.g. beta, is off. It was on."), "A host, e.g. beta, is off.");
        assert_eq!(first_sentence("xapi.ml speaks"), "xapi.ml speaks");
    }
}
