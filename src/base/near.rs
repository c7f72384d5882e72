//! How near two words are: for "did you mean". Knows nothing of what they name.

/// How many letters are to be put in, taken out, replaced or swapped with their neighbour to make one word of the other.
pub fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// How many slips a word of so many letters may hold and still be meant: `delta` is no mistyped `beta`.
pub fn slips(letters: usize) -> usize {
    match letters {
        0 => 0,
        1..=5 => 1,
        6..=9 => 2,
        _ => 3,
    }
}

/// Whether two words are made of the same parts in another order: `forget-host` and `host-forget`.
pub fn turned(a: &str, b: &str) -> bool {
    if a.len() != b.len() || !a.contains(['-', '_', '.']) {
        return false;
    }
    let parts = |text: &str| {
        let mut parts: Vec<String> = text.split(['-', '_', '.']).map(str::to_lowercase).collect();
        parts.sort();
        parts
    };
    let (a, b) = (parts(a), parts(b));
    a == b
}

/// The nearest of some words, if any is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let most = slips(letters.len());
    let away = |other: &str| {
        let other_letters: Vec<char> = other.to_lowercase().chars().take(64).collect();
        if turned(word, other) {
            return Some(1);
        }
        let near = other_letters.len().abs_diff(letters.len()) <= most;
        let away = near.then(|| distance(&letters, &other_letters))?;
        // A word that shares nothing is no guess, however short.
        (away <= most && away < letters.len().max(other_letters.len())).then_some(away)
    };
    known.into_iter().filter_map(|other| Some((away(other)?, other))).min_by_key(|(away, _)| *away).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_near() {
        let hosts = ["alpha", "beta", "gamma"];
        for (word, meant) in [("betta", "beta"), ("bata", "beta"), ("btea", "beta"), ("Gama", "gamma"), ("alpah", "alpha")] {
            assert_eq!(nearest(word, hosts), Some(meant), "{word}");
        }
        for strange in ["delta", "omega", "b", "", "alphabet"] {
            assert_eq!(nearest(strange, hosts), None, "{strange}");
        }
    }

    #[test]
    fn parts_may_stand_in_another_order() {
        assert_eq!(nearest("forget-host", ["host-list", "host-forget"]), Some("host-forget"));
        assert_eq!(nearest("power_state", ["power-state"]), Some("power-state"));
        assert_eq!(nearest("list", ["host-list"]), None);
    }
}
