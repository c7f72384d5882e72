//! Random numbers: one seed, and a stream of its own for each purpose and name.
//!
//! A draw is a function of (seed, purpose, name, number of the draw): a host that is added to a file does not shift
//! what others draw, and the k-th heartbeat can be known without having drawn those before it. ChaCha8 makes a key for
//! each purpose and name; the draws behind a key are SplitMix64 at the place asked for, which costs ten instructions
//! and keeps no buffer. Knows nothing of what is drawn. No float decides anything here.

use super::time::Span;
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The draws of one purpose and name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Stream(u64);

/// FNV-1a, fixed for ever: streams must not move between versions or platforms.
fn fnv(bytes: &[u8], mut hash: u64) -> u64 {
    for byte in bytes {
        hash ^= u64::from(*byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

impl Stream {
    /// The stream for `purpose` and `name` under `seed`.
    pub fn new(seed: u64, purpose: &str, name: &str) -> Stream {
        let hash = fnv(name.as_bytes(), fnv(&[0xff], fnv(purpose.as_bytes(), 0xcbf2_9ce4_8422_2325)));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(hash);
        Stream(rng.next_u64())
    }

    /// A stream derived from this one, for instance for a host's n-th boot.
    pub fn derived(self, n: u64) -> Stream {
        Stream(self.at(n ^ 0x5bd1_e995_0000_0000))
    }

    /// The k-th number of the stream, uniform over all of `u64`.
    pub fn at(self, k: u64) -> u64 {
        let mut z = self.0.wrapping_add(k.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The k-th number below `bound` (0 where `bound` is 0). The bias is below 2^-20 for every bound in use.
    pub fn below(self, k: u64, bound: u64) -> u64 {
        ((u128::from(self.at(k)) * u128::from(bound)) >> 64) as u64
    }

    /// The k-th span of a range, both ends included; in whole milliseconds where both ends are, which reads better.
    pub fn span(self, k: u64, (least, most): (Span, Span)) -> Span {
        let width = (most - least).0;
        if least.0.is_multiple_of(1_000) && width.is_multiple_of(1_000) {
            return least + Span(self.below(k, width / 1_000 + 1) * 1_000);
        }
        least + Span(self.below(k, width.saturating_add(1)))
    }

    /// The k-th span of an exponential distribution with a mean, to the nearest microsecond: `-mean * ln(u)`. In whole numbers,
    /// so that it is the same on every machine: the logarithm comes bit by bit, by squaring.
    pub fn exponential(self, k: u64, mean: Span) -> Span {
        /// ln 2, in 2^-64.
        const LN_2: u128 = 0xb172_17f7_d1cf_79ac;
        /// Digits of the logarithm behind the point.
        const BITS: u32 = 48;
        // u is x / 2^64, above 0 and at most 1.
        let x = u128::from(self.at(k)) + 1;
        let whole = 127 - x.leading_zeros();
        // x without its power of two, from 1 to 2, in 2^-63.
        let mut rest = if whole >= 63 { x >> (whole - 63) } else { x << (63 - whole) };
        let mut log = u128::from(whole);
        for _ in 0..BITS {
            let square = rest * rest;
            let bit = square >> 127;
            rest = square >> (63 + bit);
            log = log << 1 | bit;
        }
        let less = (64u128 << BITS) - log;
        let nats = (less * LN_2) >> 64;
        Span(((nats * u128::from(mean.0) + (1 << (BITS - 1))) >> BITS) as u64)
    }

    /// Whether the k-th trial succeeds; `chance` is in millionths.
    pub fn chance(self, k: u64, chance: u32) -> bool {
        self.below(k, 1_000_000) < u64::from(chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published outputs of SplitMix64 for the seed 1234567 (Vigna's reference, as Rosetta Code lists them).
    #[test]
    fn draws_are_splitmix64_at_any_place() {
        let stream = Stream(1_234_567);
        assert_eq!([0, 1, 2].map(|k| stream.at(k)), [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    /// A change here changes every digest ever written down, and needs a new minor version.
    #[test]
    fn streams_never_move() {
        let stream = Stream::new(1, "heartbeat", "beta");
        assert_eq!(
            [stream.at(0), stream.at(1), stream.derived(1).at(0)],
            [1_768_028_096_525_020_826, 1_339_614_687_866_868_868, 6_155_065_379_101_398_862]
        );
    }

    #[test]
    fn bounded_draws_reach_both_ends_and_no_further() {
        let stream = Stream::new(7, "test", "");
        let seen: std::collections::BTreeSet<u64> = (0..1000).map(|k| stream.span(k, (Span(3), Span(7))).0).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
        assert_eq!(stream.below(0, 0), 0);
    }

    #[test]
    fn a_range_of_milliseconds_is_drawn_in_milliseconds() {
        let stream = Stream::new(7, "test", "");
        assert!((0..1000).all(|k| stream.span(k, (Span::millis(1), Span::secs(10))).0.is_multiple_of(1_000)));
        assert!((0..1000).any(|k| !stream.span(k, (Span(1), Span::secs(10))).0.is_multiple_of(1_000)));
    }

    /// Against the standard library's logarithm, at ends, powers of two and whatever comes.
    #[test]
    fn exponential_spans_are_logarithms() {
        let mean = Span::days(30);
        let mut all = Vec::new();
        for seed in 0..200 {
            let stream = Stream::new(seed, "test", "exponential");
            for k in 0..100 {
                let u = (stream.at(k) as f64 + 1.0) / 2f64.powi(64);
                let (exact, got) = (-u.ln() * mean.0 as f64, stream.exponential(k, mean).0);
                assert!((exact - got as f64).abs() <= 2.0 + exact * 1e-9, "{seed} {k}: {exact} {got}");
                all.push(got);
            }
        }
        assert_eq!(Stream::new(1, "heartbeat", "beta").exponential(0, mean), Span(6_078_299_683_793));
        // Of 20000, as many are longer than 0, 1, 2 and 3 means as e to the power of that says, give or take four deviations.
        for means in 0..4u32 {
            let share = (-f64::from(means)).exp();
            let longer = all.iter().filter(|span| **span > mean.0 * u64::from(means)).count() as f64;
            let (expected, spread) = (20_000.0 * share, (20_000.0 * share * (1.0 - share)).sqrt());
            assert!((longer - expected).abs() <= 4.0 * spread + 1.0, "{means}: {longer}");
        }
        assert_eq!(Stream::new(0, "test", "").exponential(0, Span::ZERO), Span::ZERO);
    }

    #[test]
    fn a_chance_is_met_about_as_often_as_it_says() {
        let stream = Stream::new(7, "test", "chance");
        let hits = (0..100_000).filter(|k| stream.chance(*k, 250_000)).count();
        assert!((24_000..26_000).contains(&hits), "{hits}");
        assert_eq!((0..1000).filter(|k| stream.chance(*k, 0)).count(), 0);
        assert_eq!((0..1000).filter(|k| stream.chance(*k, 1_000_000)).count(), 1000);
    }

    #[test]
    fn names_have_streams_of_their_own() {
        assert_ne!(Stream::new(1, "a", "bc").at(0), Stream::new(1, "ab", "c").at(0));
        assert_ne!(Stream::new(1, "a", "b").at(0), Stream::new(2, "a", "b").at(0));
    }
}
