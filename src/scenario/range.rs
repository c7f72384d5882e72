//! Names that stand for many: `xs01..xs16`. A range is never written out before somebody asks for its members.

/// One name, or a row of them that differ in a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameRange {
    head: String,
    /// First and last number; `None` where it is one name, which then stands in `head`.
    numbers: Option<(u32, u32)>,
    width: usize,
    tail: String,
}

impl NameRange {
    /// How many names it stands for; at least one.
    pub fn len(&self) -> usize {
        self.numbers.map_or(1, |(first, last)| (last - first) as usize + 1)
    }
    /// The n-th name, beginning again at its end.
    pub fn dealt(&self, n: usize) -> String {
        match self.numbers {
            None => self.head.clone(),
            Some((first, _)) => {
                let number = first as usize + n % self.len();
                format!("{}{number:0width$}{}", self.head, self.tail, width = self.width)
            }
        }
    }
    /// All names.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.len()).map(|n| self.dealt(n))
    }
}

/// Reads a name or a range.
///
/// # Errors
/// A sentence that says how to write it.
pub fn parse(text: &str) -> Result<NameRange, String> {
    let Some((first, last)) = text.split_once("..") else {
        return Ok(NameRange { head: text.to_string(), numbers: None, width: 0, tail: String::new() });
    };
    let wrong = || "a range of names differs in one number only, smaller first: `xs01..xs16`".to_string();
    // The number is the last row of digits.
    let end = first.rfind(|c: char| c.is_ascii_digit()).map(|at| at + 1).ok_or_else(wrong)?;
    let start = first[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + first[at..].chars().next().map_or(1, char::len_utf8));
    let (head, number, tail) = (&first[..start], &first[start..end], &first[end..]);
    let other = last.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)).ok_or_else(wrong)?;
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(number) || !digits(other) {
        return Err(wrong());
    }
    let padded = number.starts_with('0') && number.len() > 1 || other.starts_with('0') && other.len() > 1;
    if padded && number.len() != other.len() {
        return Err("both numbers of a range have equally many digits where one begins with 0: `xs01..xs16`".to_string());
    }
    let (a, b): (u32, u32) = (number.parse().map_err(|_| wrong())?, other.parse().map_err(|_| wrong())?);
    if a > b {
        return Err(format!("write the smaller number first: `{head}{other}{tail}..{head}{number}{tail}`"));
    }
    Ok(NameRange { head: head.to_string(), numbers: Some((a, b)), width: if padded { number.len() } else { 0 }, tail: tail.to_string() })
}

/// How many of these names, from the first, are a row: [`parse`] of `first..last` gives them again. At least one.
pub fn row(names: &[&str]) -> usize {
    let Some(first) = names.first() else { return 1 };
    let Some(end) = first.rfind(|c: char| c.is_ascii_digit()).map(|at| at + 1) else { return 1 };
    let start = first[..end].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (head, digits, tail) = (&first[..start], &first[start..end], &first[end..]);
    let Ok(number) = digits.parse::<u32>() else { return 1 };
    let width = if digits.starts_with('0') { digits.len() } else { 0 };
    let follows = |n: usize| format!("{head}{:0width$}{tail}", number as u64 + n as u64);
    let count = (0..names.len()).take_while(|n| names[*n] == follows(*n)).count();
    // Where the numbers grow longer than their zeros allow, or than a number may be, there is no such row.
    let is_row =
        |count: usize| parse(&format!("{first}..{}", names[count - 1])).is_ok_and(|range| range.names().eq(names[..count].iter().copied()));
    if count > 1 && is_row(count) { count } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_as_people_do() {
        let names = |text: &str| parse(text).map(|range| range.names().collect::<Vec<_>>().join(" "));
        assert_eq!(names("beta").unwrap(), "beta");
        assert_eq!(names("xs08..xs11").unwrap(), "xs08 xs09 xs10 xs11");
        assert_eq!(names("xs8..xs11").unwrap(), "xs8 xs9 xs10 xs11");
        assert_eq!(names("rack2-h1-a..rack2-h3-a").unwrap(), "rack2-h1-a rack2-h2-a rack2-h3-a");
        assert_eq!(parse("a1..a3").unwrap().dealt(4), "a2");
        assert_eq!(parse("a000000001..a999999999").unwrap().len(), 999_999_999);
        for wrong in ["a..b", "a1..b2", "a3..a1", "a01..a100", "a1..a", "..", "a1..a2..a3", "ä..ö", "1ä..2ö", "a99999999999..a999999999999"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_row_is_what_a_range_stands_for() {
        assert_eq!(row(&["xs08", "xs09", "xs10", "xs11", "alpha"]), 4);
        assert_eq!(row(&["xs8", "xs9", "xs10", "xs12"]), 3);
        assert_eq!(row(&["rack2-h1-a", "rack2-h2-a", "rack2-h3-a"]), 3);
        for none in [&["a", "b"][..], &["a1", "b2"], &["a1"], &[], &["a2", "a1"], &["a01", "a2"], &["a4294967295", "a4294967296"]] {
            assert_eq!(row(none), 1, "{none:?}");
        }
    }
}
