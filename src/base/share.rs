//! Shares are whole millionths, so that no float decides anything, and are written in percent.

/// Millionths as percent, without a needless fraction.
pub fn percent(millionths: u32) -> String {
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{:04}", rest).trim_end_matches('0').to_string() }
}
