//! Which share of a sweep is run here: said as `3/8`, or read from what batch systems tell their jobs.

use crate::base::draw::Stream;

/// A share of the seeds of every case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Partition {
    /// Whether a seed's hash decides where it belongs; else its place.
    hash: bool,
    /// Which share, from 1 on.
    part: u64,
    /// Of how many.
    of: u64,
}

/// As many parts at most.
const PARTS_MOST: u64 = 100_000;

/// What batch systems tell a job of an array: the variable with its number, that with the smallest number (a number where it
/// is known), that with the step between numbers, and that with how many there are.
const SYSTEMS: [(&str, Least, &str, &str); 5] = [
    ("SLURM_ARRAY_TASK_ID", Least::Told("SLURM_ARRAY_TASK_MIN"), "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT"),
    ("JOB_COMPLETION_INDEX", Least::Known(0), "", ""),
    ("HQ_TASK_ID", Least::Known(0), "", ""),
    ("PARALLEL_SEQ", Least::Known(1), "", ""),
    ("CI_NODE_INDEX", Least::Known(1), "", "CI_NODE_TOTAL"),
];

#[derive(Clone, Copy)]
enum Least {
    Known(u64),
    Told(&'static str),
}

impl Partition {
    /// Reads `3/8`, `hash:3/8`, `auto` or `auto/8`; `told` gives a variable of the environment.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn read(text: &str, told: &dyn Fn(&str) -> Option<String>) -> Result<Partition, String> {
        let (hash, rest) = match text.split_once(':') {
            None | Some(("count", _)) => (false, text.strip_prefix("count:").unwrap_or(text)),
            Some(("hash", rest)) => (true, rest),
            Some((other, _)) => return Err(format!("`{other}:` is no way to part seeds: write `3/8`, or `hash:3/8`")),
        };
        let (part, of) = match rest.split_once('/') {
            None if rest == "auto" => auto(None, told)?,
            Some(("auto", of)) => auto(Some(of), told)?,
            Some((part, of)) => (number(part)?, number(of)?),
            None => return Err(format!("`{text}` is no part: write `3/8` for the third of eight, or `auto`")),
        };
        if of == 0 || of > PARTS_MOST || part == 0 || part > of {
            return Err(format!("there is no part {part} of {of}: parts are counted from 1, and there are at most {PARTS_MOST}"));
        }
        Ok(Partition { hash, part, of })
    }

    /// Whether a seed, the n-th of its case, belongs here.
    pub fn takes(self, n: u64, seed: u64) -> bool {
        let bucket = if self.hash { Stream::new(0, "partition", "").at(seed) } else { n };
        bucket % self.of == self.part - 1
    }

    /// How it is parted, which part this is, and of how many.
    pub fn place(self) -> (bool, u64, u64) {
        (self.hash, self.part, self.of)
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}/{}", if self.hash { "hash:" } else { "" }, self.part, self.of)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("`{text}` is no whole number: write `3/8` for the third of eight parts"))
}

/// The part that a batch system gave this job.
fn auto(of: Option<&str>, told: &dyn Fn(&str) -> Option<String>) -> Result<(u64, u64), String> {
    let told = |name: &str| told(name).filter(|value| !value.is_empty());
    let read = |name: &str| match told(name) {
        None => Ok(None),
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| format!("{name} is `{text}`, and that is no whole number")),
    };
    let Some((name, least, step, count)) = SYSTEMS.iter().find(|(name, ..)| told(name).is_some()) else {
        let names: Vec<&str> = SYSTEMS.iter().map(|(name, ..)| *name).collect();
        return Err(format!("`auto` finds none of {}: write the part, such as `3/8`", names.join(", ")));
    };
    let number_here = read(name)?.unwrap_or_default();
    let least = match least {
        Least::Known(least) => *least,
        Least::Told(name) => read(name)?.unwrap_or(0),
    };
    let step = read(step)?.unwrap_or(1).max(1);
    let all = match of {
        Some(of) => number(of)?,
        None => read(count)?.ok_or_else(|| format!("{name} does not tell how many parts there are: write `auto/8`"))?,
    };
    let Some(place) = number_here.checked_sub(least).filter(|place| place.is_multiple_of(step)) else {
        return Err(format!("{name} is {number_here}, which is none of those from {least} on in steps of {step}"));
    };
    Ok((place / step + 1, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, told: &[(&str, &str)]) -> Result<(bool, u64, u64), String> {
        let told = |name: &str| told.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Partition::read(text, &told).map(Partition::place)
    }

    #[test]
    fn parts_are_read_as_they_are_said() {
        assert_eq!(read("3/8", &[]), Ok((false, 3, 8)));
        assert_eq!(read("count:3/8", &[]), Ok((false, 3, 8)));
        assert_eq!(read("hash:8/8", &[]), Ok((true, 8, 8)));
        for wrong in ["", "3", "0/8", "9/8", "3/0", "a/8", "3/b", "-1/8", "slice:3/8", "auto", "auto/8", "1/100001", "3/8/9"] {
            assert!(read(wrong, &[]).is_err(), "{wrong}");
        }
    }

    /// What each system tells, by its own manual: Slurm's arrays begin anywhere and may have steps, Kubernetes and HyperQueue
    /// count from 0, GNU parallel and GitLab from 1.
    #[test]
    fn what_batch_systems_tell_is_understood() {
        let slurm = |id| {
            [("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", "10"), ("SLURM_ARRAY_TASK_STEP", "5"), ("SLURM_ARRAY_TASK_COUNT", "3")]
        };
        assert_eq!(read("auto", &slurm("10")), Ok((false, 1, 3)));
        assert_eq!(read("hash:auto", &slurm("20")), Ok((true, 3, 3)));
        assert!(read("auto", &slurm("12")).unwrap_err().contains("steps of 5"));
        assert!(read("auto", &slurm("5")).is_err());
        assert_eq!(read("auto/8", &[("JOB_COMPLETION_INDEX", "0")]), Ok((false, 1, 8)));
        assert_eq!(read("auto/8", &[("HQ_TASK_ID", "7")]), Ok((false, 8, 8)));
        assert_eq!(read("auto/8", &[("PARALLEL_SEQ", "8")]), Ok((false, 8, 8)));
        assert!(read("auto/8", &[("PARALLEL_SEQ", "9")]).is_err());
        assert!(read("auto", &[("PARALLEL_SEQ", "1")]).unwrap_err().contains("auto/8"));
        assert_eq!(read("auto", &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")]), Ok((false, 2, 4)));
        assert!(read("auto", &[("HQ_TASK_ID", "seven")]).is_err());
    }

    /// Every seed belongs to one part, and a hash gives each about as many.
    #[test]
    fn parts_make_the_whole() {
        for text in ["", "hash:"] {
            let parts: Vec<Partition> = (1..=7).map(|part| Partition::read(&format!("{text}{part}/7"), &|_| None).unwrap()).collect();
            let mut each = [0; 7];
            for n in 0..7_000 {
                let takers: Vec<usize> = (0..7).filter(|at| parts[*at].takes(n, n + 5)).collect();
                assert_eq!(takers.len(), 1);
                each[takers[0]] += 1;
            }
            assert!(each.iter().all(|seeds| (900..1_100).contains(seeds)), "{each:?}");
        }
    }
}
