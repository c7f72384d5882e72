//! When a line of a log was written: the stamps of syslog, of xapi, of the storage manager, of the membership daemon.

use super::SECOND;

/// Days since 1970 of a day of the Gregorian calendar.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins with March, so that the day that leaps is its last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// A day of the Gregorian calendar from the days since 1970.
pub(super) fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

/// When a line was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    pub year: Option<i64>,
    pub month: i64,
    pub day: i64,
    /// Microseconds since midnight.
    pub of_day: i64,
    /// How far the clock is before UTC, in microseconds, where the stamp says so.
    pub zone: Option<i64>,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The stamp that a line begins with, in any of the forms that these logs have had.
pub(super) fn stamp(line: &str) -> Option<Stamp> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    if let Some((month, rest)) = line.split_at_checked(3)
        && let Some(month) = MONTHS.iter().position(|one| *one == month)
    {
        // Syslog: `Nov  6 14:21:17 host xapi: …`.
        let (day, rest) = rest.trim_start().split_once(' ')?;
        let rest = rest.trim_start();
        return stamp_of(zoned(rest.get(8..).unwrap_or("")), month as i64 + 1, number(day)?, rest);
    }
    // xapi's own file: `[20121106T14:21:17.123Z|debug|…`; the storage manager's: `[4168] 2012-11-06 14:21:17.145457`.
    let line = match line.strip_prefix('[') {
        Some(rest) if rest.as_bytes().get(8) == Some(&b'T') => rest,
        Some(rest) => rest.split_once("] ")?.1.trim_start(),
        None => line,
    };
    let (date, rest) = line.split_once(['T', ' '])?;
    let digits: String = date.chars().filter(|c| *c != '-').collect();
    if digits.len() != 8 || !matches!(date.len(), 8 | 10) {
        return None;
    }
    stamp_of(Some(number(digits.get(..4)?)?), number(digits.get(4..6)?)?, number(digits.get(6..)?)?, rest)
}

/// The year behind the time and its zone, as the membership daemon's own file has it: `14:21:17 CET 2012 [notice] …` (log.c).
fn zoned(rest: &str) -> Option<i64> {
    let mut words = rest.strip_prefix(' ')?.split(' ');
    let (_zone, year) = (words.next()?, words.next()?);
    words.next()?.starts_with('[').then_some(())?;
    (year.len() == 4).then(|| number(year))?
}

fn stamp_of(year: Option<i64>, month: i64, day: i64, rest: &str) -> Option<Stamp> {
    let time = rest.get(..8)?;
    let (hours, rest_of) = (time.get(..2)?, time.get(2..)?);
    let (minutes, seconds) = rest_of.strip_prefix(':')?.split_once(':')?;
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let fraction: String = rest[8..].strip_prefix('.').unwrap_or("").chars().take_while(char::is_ascii_digit).take(6).collect();
    let micros = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}").parse().ok()? };
    let behind = rest[8..].trim_start_matches(|c: char| c == '.' || c == ',' || c.is_ascii_digit());
    Some(Stamp { year, month, day, of_day: ((hours * 60 + minutes) * 60 + seconds) * SECOND + micros, zone: offset(behind) })
}

/// `Z`, `+01:00`, `-0500`.
fn offset(text: &str) -> Option<i64> {
    if text.starts_with('Z') {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').take(4).collect();
    let (hours, minutes) = (number(digits.get(..2)?)?, number(digits.get(2..4)?)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60 * SECOND)
}

pub(super) fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}
