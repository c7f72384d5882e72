//! Reads `settings`, against the table that names them all.

use super::keys::Shape;
use super::read::{INTERVAL_LEAST, Reader, shorten};
use super::tree::{Node, Value};
use crate::world::release::Release;
use crate::world::settings::{SETTINGS, SettingKind, Settings};
use crate::world::sm::StorageManager;

/// Settings that are intervals: what they time comes again and again.
pub const INTERVALS: [&str; 5] = ["heartbeat-interval", "liveness-check", "database-sync", "emergency-retry", "emergency-restart"];

/// What a setting's value looks like.
pub fn shape(kind: SettingKind) -> Shape {
    match kind {
        SettingKind::Span => Shape::Span,
        SettingKind::SpanOrNever => Shape::Any(&[Shape::Span, Shape::Words(&["never"])]),
        SettingKind::Range => Shape::SpanRange,
        SettingKind::Chance => Shape::Chance,
        SettingKind::StorageManager => Shape::StorageManager,
        SettingKind::MemoryOverhead => Shape::Words(&["release", "none"]),
    }
}

/// Reads the settings; what is not said is as the release has it.
pub fn read_settings(reader: &mut Reader<'_>, release: Release, node: &Node) -> Settings {
    let mut settings = Settings::of(release);
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
            SettingKind::SpanOrNever => {
                settings.guest_gives_up_after = match &value.value {
                    Value::Text(text) if text.as_str() == "never" => None,
                    _ => reader.span(value).or(settings.guest_gives_up_after),
                };
            }
            SettingKind::Chance => settings.network_loss = reader.chance(value).unwrap_or(settings.network_loss),
            SettingKind::MemoryOverhead => {
                let words = [("release", true), ("none", false)];
                settings.memory_overhead =
                    reader.choice(value, "what VMs take beside their memory", &words).unwrap_or(settings.memory_overhead);
            }
            SettingKind::StorageManager => {
                let there: Vec<_> = StorageManager::ALL.iter().map(|manager| (manager.name(), *manager)).collect();
                let read = reader.choice(value, "a generation of the storage manager", &there);
                settings.storage_manager = read.unwrap_or(settings.storage_manager);
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
