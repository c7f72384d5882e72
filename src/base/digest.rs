//! A running digest over whatever derives `Hash`: the same on every platform, quick, 128 bits wide.
//!
//! Not for secrets: two runs agree in every event or their digests differ, barring chance of 2^-64 or less.

use std::hash::{Hash, Hasher};

/// Two lanes of multiply-and-fold over 64-bit words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digest {
    lanes: [u64; 2],
}

impl Default for Digest {
    fn default() -> Digest {
        Digest { lanes: [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344] }
    }
}

impl Digest {
    /// Takes `value` into the digest.
    pub fn add(&mut self, value: &impl Hash) {
        value.hash(self);
    }

    /// The digest so far, 32 hexadecimal digits.
    pub fn hex(&self) -> String {
        format!("{:016x}{:016x}", self.lanes[0] ^ (self.lanes[1] >> 29), self.lanes[1] ^ (self.lanes[0] >> 31))
    }

    fn word(&mut self, word: u64) {
        let folded = u128::from(self.lanes[0] ^ word) * u128::from(0xa076_1d64_78bd_642f_u64);
        self.lanes[0] = (folded as u64) ^ ((folded >> 64) as u64) ^ self.lanes[1].rotate_left(23);
        self.lanes[1] = (self.lanes[1] ^ word).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(32).wrapping_add(0x2545_f491_4f6c_dd1d);
    }
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        self.word(bytes.len() as u64);
    }
    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }
    fn write_u16(&mut self, n: u16) {
        self.word(u64::from(n));
    }
    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }
    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }
    fn write_isize(&mut self, n: isize) {
        self.word(n as u64);
    }
    fn finish(&self) -> u64 {
        self.lanes[0] ^ self.lanes[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_content_count() {
        let of = |words: &[u64]| {
            let mut digest = Digest::default();
            for word in words {
                digest.add(word);
            }
            digest.hex()
        };
        let all = [of(&[]), of(&[0]), of(&[0, 0]), of(&[1, 2]), of(&[2, 1]), of(&[1 << 63])];
        for (i, a) in all.iter().enumerate() {
            assert_eq!(a.len(), 32);
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
    }
}
