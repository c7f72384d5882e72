//! Shares with the interval in which the true one lies, 95 times of 100: Wilson's score interval for one share, and that of
//! Bonett and Price for the difference of two shares of the same draws. Whole numbers all the way: no float decides when a
//! sweep has seen enough, and the same figures stand on every machine. All shares are in millionths.

/// The 97.5 % point of the normal distribution, in 10^-15: 1.959963984540054.
const Z: i128 = 1_959_963_984_540_054;
/// Its square, in 10^-15.
const Z_SQUARED: i128 = 3_841_458_820_694_124;
/// What one is, in 10^-9.
const ONE: i128 = 1_000_000_000;
/// So many runs at most: with more, the products below would not fit.
const RUNS_MOST: u64 = 1_000_000_000;

/// An estimate with its interval, in millionths; a difference may be negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Interval {
    pub lower: i32,
    pub estimate: i32,
    pub upper: i32,
}

impl Interval {
    /// How wide it is, in millionths.
    pub fn width(self) -> u32 {
        self.upper.abs_diff(self.lower)
    }
}

/// `of` divided by `by`, rounded to the nearest, halves away from zero. `by` is positive.
fn divided(of: i128, by: i128) -> i32 {
    let half = by / 2 * of.signum();
    ((of + half) / by) as i32
}

/// A number in 10^-9 times the 97.5 % point.
fn times_z(billionths: i128) -> i128 {
    billionths * Z / 1_000_000_000_000_000
}

/// The square root of a number in 10^-18, in 10^-9.
fn root(of: i128) -> i128 {
    of.max(0).isqrt()
}

/// The share of `hits` among `runs` (Wilson 1927): the shares that a test at 5 % would not reject. Without runs nothing is
/// known: from none to all.
pub fn share(hits: u64, runs: u64) -> Interval {
    assert!(hits <= runs && runs <= RUNS_MOST, "{hits} of {runs}");
    if runs == 0 {
        return Interval { lower: 0, estimate: 0, upper: 1_000_000 };
    }
    let (hits, runs) = (i128::from(hits), i128::from(runs));
    let middle = hits * ONE + Z_SQUARED / 2_000_000;
    let spread = times_z(root(hits * (runs - hits) * ONE * ONE / runs + Z_SQUARED * 250));
    let all = runs * ONE + Z_SQUARED / 1_000_000;
    let millionths = |of: i128| divided(of * 1_000_000, all).clamp(0, 1_000_000);
    Interval {
        lower: if hits == 0 { 0 } else { millionths(middle - spread) },
        estimate: divided(hits * 1_000_000, runs),
        upper: if hits == runs { 1_000_000 } else { millionths(middle + spread) },
    }
}

/// Right less left, where both sides were tried in the same `runs`: `left` of them hit on the left alone, `right` on the
/// right alone (Bonett and Price 2012: Wald's interval after one more pair of each of these two kinds).
pub fn difference(left: u64, right: u64, runs: u64) -> Interval {
    assert!(left + right <= runs && runs <= RUNS_MOST, "{left} and {right} of {runs}");
    if runs == 0 {
        return Interval { lower: -1_000_000, estimate: 0, upper: 1_000_000 };
    }
    let (left, right, runs) = (i128::from(left), i128::from(right), i128::from(runs));
    let (up, down, all) = (right + 1, left + 1, runs + 2);
    // The variance is (up + down - (up - down)^2 / all) / all^2; its root is taken of `all^2` times that.
    let spread = times_z(root((up + down) * ONE * ONE - (up - down) * (up - down) * ONE * ONE / all));
    let millionths = |of: i128| divided(of * 1_000_000, all * ONE).clamp(-1_000_000, 1_000_000);
    Interval {
        lower: millionths((up - down) * ONE - spread),
        estimate: divided((right - left) * 1_000_000, runs),
        upper: millionths((up - down) * ONE + spread),
    }
}

/// Millionths as a decimal with six digits behind the point: `0.003000`, `-0.250000`.
pub fn decimal(millionths: i32) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let all = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", all / 1_000_000, all % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe's table (Statistics in Medicine 17, 1998, page 861), method 3, to four digits.
    #[test]
    fn published_intervals_come_out() {
        for (hits, runs, lower, upper) in
            [(81, 263, 2553, 3662), (15, 148, 624, 1605), (0, 20, 0, 1611), (1, 29, 61, 1718), (29, 29, 8830, 10_000)]
        {
            let got = share(hits, runs);
            let four = |millionths: i32| (millionths + 50) / 100;
            assert_eq!((four(got.lower), four(got.upper)), (lower, upper), "{hits} of {runs}");
        }
    }

    /// The area under the normal density up to the point is 0.975: by Simpson's rule, nothing looked up.
    #[test]
    fn the_point_is_that_of_the_normal_distribution() {
        let (steps, point) = (20_000, Z as f64 / 1e15);
        let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let width = point / f64::from(steps);
        let sum: f64 = (0..=steps)
            .map(|at| {
                let weight = if at == 0 || at == steps {
                    1.0
                } else if at % 2 == 1 {
                    4.0
                } else {
                    2.0
                };
                weight * density(f64::from(at) * width)
            })
            .sum();
        assert!((0.5 + sum * width / 3.0 - 0.975).abs() < 1e-13);
        assert!(((Z as f64 / 1e15).powi(2) - Z_SQUARED as f64 / 1e15).abs() < 1e-14);
    }

    /// What the interval is: the ends are those shares from which the estimate is 1.96 standard deviations away.
    #[test]
    fn the_ends_are_where_a_test_would_turn() {
        let z = 1.959_963_984_540_054_f64;
        let cases: [u64; 11] = [1, 2, 3, 7, 10, 29, 100, 1_001, 99_999, 1_000_000, 1_000_000_000];
        let mut seen = 0;
        for runs in cases {
            let hits = [0, 1, 2, runs / 7, runs / 3, runs / 2, runs - runs / 5, runs.saturating_sub(1), runs];
            for hits in hits.into_iter().filter(|hits| *hits <= runs) {
                let got = share(hits, runs);
                assert!(got.lower <= got.estimate && got.estimate <= got.upper, "{hits} of {runs}: {got:?}");
                let estimate = hits as f64 / runs as f64;
                // Solved by halving: how far the estimate is from a share falls as the share comes nearer.
                let end = |mut near: f64, mut far: f64| {
                    for _ in 0..200 {
                        let middle = f64::midpoint(near, far);
                        let away = (estimate - middle).abs() / (middle * (1.0 - middle) / runs as f64).sqrt();
                        if away < z { near = middle } else { far = middle }
                    }
                    near
                };
                for (end, got) in [(end(estimate, 0.0), got.lower), (end(estimate, 1.0), got.upper)] {
                    assert!((end * 1e6 - f64::from(got)).abs() < 0.51, "{hits} of {runs}: {end} and {got}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 150, "{seen}");
        assert_eq!(share(0, 0), Interval { lower: 0, estimate: 0, upper: 1_000_000 });
    }

    /// The differences of paired shares against the formula in floats, mirrored, and at both ends.
    #[test]
    fn differences_are_those_of_the_formula() {
        let z = 1.959_963_984_540_054_f64;
        for (left, right, runs) in
            [(0, 0, 10), (3, 9, 50), (9, 3, 50), (0, 1_000, 1_000), (17, 17, 1_000), (1, 0, 1), (250_000, 1, 1_000_000)]
        {
            let got = difference(left, right, runs);
            let (up, down) = ((right as f64 + 1.0) / (runs as f64 + 2.0), (left as f64 + 1.0) / (runs as f64 + 2.0));
            let spread = z * ((up + down - (up - down).powi(2)) / (runs as f64 + 2.0)).sqrt();
            for (end, got) in [(up - down - spread, got.lower), (up - down + spread, got.upper)] {
                assert!((end.clamp(-1.0, 1.0) * 1e6 - f64::from(got)).abs() < 0.51, "{left}, {right} of {runs}");
            }
            let mirrored = difference(right, left, runs);
            assert_eq!((mirrored.lower, mirrored.estimate, mirrored.upper), (-got.upper, -got.estimate, -got.lower));
        }
    }

    #[test]
    fn decimals_have_six_digits() {
        for (millionths, text) in [(0, "0.000000"), (3_000, "0.003000"), (1_000_000, "1.000000"), (-250_001, "-0.250001")] {
            assert_eq!(decimal(millionths), text);
        }
    }
}
