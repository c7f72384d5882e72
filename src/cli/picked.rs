//! Which cases of a suite are run, beside what a filter says: a share of them, or those that failed before.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `--partition hash:3/8`: the third of eight shares. A case is always in the same one, whatever other cases there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Partition {
    share: u64,
    of: u64,
}

impl Partition {
    /// Reads `hash:M/N`. The error is a sentence that says what to write.
    pub fn parse(text: &str) -> Result<Partition, String> {
        let parts = text.strip_prefix("hash:").and_then(|rest| rest.split_once('/'));
        let numbers = parts.and_then(|(share, of)| Some((share.parse::<u64>().ok()?, of.parse::<u64>().ok()?)));
        match numbers {
            Some((share, of)) if (1..=of).contains(&share) => Ok(Partition { share, of }),
            Some((_, of)) => Err(format!("of {of} shares the first is 1 and the last {of}")),
            None => Err("write `hash:M/N`, like `hash:3/8` for the third of eight shares".into()),
        }
    }

    /// Whether a case is in the share, by its file and its names.
    pub fn takes(self, path: &str, name: &str) -> bool {
        // FNV-1a, spread over all bits: it must be the same on every machine and in every version.
        let bytes = path.bytes().chain([0]).chain(name.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let hash = (hash ^ hash >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (hash ^ hash >> 32) % self.of == self.share - 1
    }
}

/// What tells a case of a suite from all others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The file as reports name it.
    pub file: String,
    /// The world, where the file has any.
    pub world: Option<String>,
    /// The recovery, where it has a name.
    pub recovery: Option<String>,
    /// What the file's matrix sets.
    pub set: BTreeMap<String, String>,
}

/// `--rerun FAILED.json`: the cases that failed in an earlier report, with their seeds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rerun {
    failed: BTreeMap<Key, Vec<u64>>,
}

impl Rerun {
    /// Reads what `test --format json` printed. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Rerun, String> {
        let wrong = || "it is no report that `poolsim test --format json` prints".to_string();
        let cases: Value = serde_json::from_str(text).map_err(|error| format!("{}: {error}", wrong()))?;
        let mut rerun = Rerun::default();
        for case in cases.as_array().ok_or_else(wrong)? {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let file = text(&case["test"]["file"]).ok_or_else(wrong)?;
            if text(&case["test"]["result"]).ok_or_else(wrong)? != "failed" {
                continue;
            }
            let set = case["set"].as_object().into_iter().flatten();
            let set = set.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect();
            let key = Key { file, world: text(&case["world"]), recovery: text(&case["recovery"]), set };
            // A case in which poolsim itself failed has no seed in its report: it is run with the scenario's own.
            rerun.failed.entry(key).or_default().extend(case["seed"].as_u64());
        }
        Ok(rerun)
    }

    /// The files of those cases, each once.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = self.failed.keys().map(|key| PathBuf::from(&key.file)).collect();
        files.dedup();
        files
    }

    /// Whether nothing failed.
    pub fn is_empty(&self) -> bool {
        self.failed.is_empty()
    }

    /// The seeds with which a case failed; `None` where it did not fail.
    pub fn seeds(&self, key: &Key) -> Option<&[u64]> {
        self.failed.get(key).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_in_one_share_and_the_shares_are_alike() {
        let shares: Vec<Partition> = (1..=8).map(|share| Partition::parse(&format!("hash:{share}/8")).unwrap()).collect();
        let mut sizes = [0; 8];
        for n in 0..4000 {
            let (path, name) = (format!("scenarios/{}.yaml", n / 4), format!("case {}", n % 4));
            let of: Vec<usize> = (0..8).filter(|at| shares[*at].takes(&path, &name)).collect();
            assert_eq!(of.len(), 1, "{path} {name}");
            sizes[of[0]] += 1;
        }
        // 500 each; five standard deviations are 105.
        assert!(sizes.iter().all(|size| (395..605).contains(size)), "{sizes:?}");
    }

    #[test]
    fn what_is_no_share_says_so() {
        for wrong in ["3/8", "hash:0/8", "hash:9/8", "hash:1/0", "hash:a/b", "count:1/2", "hash:", "hash:-1/3"] {
            assert!(Partition::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Partition::parse("hash:1/1").unwrap().takes("a", "b"));
    }

    #[test]
    fn of_a_report_the_cases_that_failed_are_taken() {
        let text = r#"[
            {"world": "dead", "recovery": null, "seed": 3, "test": {"file": "a.yaml", "result": "failed"}},
            {"world": "dead", "recovery": null, "seed": 9, "test": {"file": "a.yaml", "result": "failed"}},
            {"world": "cut", "recovery": null, "seed": 3, "test": {"file": "a.yaml", "result": "passed"}},
            {"world": null, "recovery": "b", "seed": 0, "set": {"command": "2s"}, "test": {"file": "b.yaml", "result": "failed"}}]"#;
        let rerun = Rerun::parse(text).unwrap();
        let key = |file: &str, world: Option<&str>, recovery: Option<&str>, set: &[(&str, &str)]| Key {
            file: file.into(),
            world: world.map(str::to_owned),
            recovery: recovery.map(str::to_owned),
            set: set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        };
        assert_eq!(rerun.seeds(&key("a.yaml", Some("dead"), None, &[])), Some(&[3, 9][..]));
        assert_eq!(rerun.seeds(&key("a.yaml", Some("cut"), None, &[])), None);
        assert_eq!(rerun.seeds(&key("b.yaml", None, Some("b"), &[("command", "2s")])), Some(&[0][..]));
        assert_eq!(rerun.seeds(&key("b.yaml", None, Some("b"), &[])), None);
        assert_eq!(rerun.files(), [PathBuf::from("a.yaml"), PathBuf::from("b.yaml")]);
        for wrong in ["", "{}", "[1]", "[{}]", r#"[{"test": {"file": "a"}}]"#] {
            assert!(Rerun::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Rerun::parse("[]").unwrap().is_empty());
    }
}
