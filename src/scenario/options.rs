//! Reads `settings`, against the table that names them all.

use super::keys::Shape;
use super::read::{INTERVAL_LEAST, Reader, shorten};
use super::tree::{Node, Value};
use crate::world::release::RELEASES_NOT_YET;
use crate::world::settings::{SETTINGS, SettingKind, Settings};

/// Settings that are intervals: what they time comes again and again.
pub const INTERVALS: [&str; 5] = ["heartbeat-interval", "liveness-check", "database-sync", "emergency-retry", "emergency-restart"];
/// Generations of the storage manager that are named and not built.
const MANAGERS_NOT_YET: [&str; 4] = ["g1b", "g2", "g3", "g4"];

/// What a setting's value looks like.
pub fn shape(kind: SettingKind) -> Shape {
    match kind {
        SettingKind::Span => Shape::Span,
        SettingKind::Range => Shape::SpanRange,
        SettingKind::Chance => Shape::Chance,
        SettingKind::StorageManager => Shape::Words(&["g1"]),
    }
}

/// Reads the settings.
pub fn read_settings(reader: &mut Reader<'_>, node: &Node) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in reader.entries(node, "a map from settings to values") {
        let Some(doc) = SETTINGS.iter().find(|doc| doc.key == key.text) else {
            let help = match reader.guess(&key.text, SETTINGS.iter().map(|doc| doc.key)) {
                Some(guess) => format!("did you mean `{guess}`?"),
                None => format!("the settings are {}", SETTINGS.iter().map(|doc| doc.key).collect::<Vec<_>>().join(", ")),
            };
            reader.error(key.place, "unknown-key", format!("there is no setting `{}`", shorten(&key.text)), help);
            if let Some(meant) = reader.sure(&key.text, SETTINGS.iter().map(|doc| doc.key)) {
                reader.mend(key.place, &key.text, meant);
            }
            continue;
        };
        let repeats = INTERVALS.contains(&doc.key);
        match doc.kind {
            SettingKind::Span => {
                let span = if repeats { reader.interval(value) } else { reader.span(value) };
                if let (Some(span), Some(field)) = (span, settings.span_mut(doc.key)) {
                    *field = span;
                }
            }
            SettingKind::Range => {
                let range = if repeats { reader.interval_range(value) } else { reader.span_range(value) };
                if let (Some(range), Some(field)) = (range, settings.range_mut(doc.key)) {
                    *field = range;
                }
            }
            SettingKind::Chance => settings.network_loss = reader.chance(value).unwrap_or(settings.network_loss),
            SettingKind::StorageManager => {
                if let Value::Text(text) = &value.value
                    && MANAGERS_NOT_YET.contains(&text.as_str())
                {
                    reader.not_yet(value.place, &format!("the storage manager {text}"));
                } else {
                    reader.choice(value, "a generation of the storage manager", &[("g1", ())]);
                }
            }
        }
    }
    if settings.heartbeat_jitter >= settings.heartbeat_interval {
        let entries = reader.entries(node, "");
        let place = entries.iter().find(|(key, _)| key.text.starts_with("heartbeat-")).map_or(node.mark(), |(key, _)| key.place);
        reader.error(
            place,
            "contradiction",
            format!(
                "the jitter {} is not shorter than the interval {} of heartbeats",
                settings.heartbeat_jitter, settings.heartbeat_interval
            ),
            format!("a beat is late by up to the jitter: say less, down to 0s (the interval is at least {INTERVAL_LEAST})"),
        );
    }
    settings
}

/// Whether a release is one that is named and not built.
pub fn release_not_yet(name: &str) -> bool {
    RELEASES_NOT_YET.contains(&name)
}
