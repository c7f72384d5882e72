//! Stamps and lines, each with what it says.

use super::lines::told;
use super::stamp::{date, days, stamp};
use super::*;

/// The stamps of these logs, with microseconds since 1970 worked out by `date -u +%s`.
#[test]
fn stamps_are_read_in_every_form() {
    let read = |line: &str| {
        let stamp = stamp(line)?;
        Some(days(stamp.year.unwrap_or(2012), stamp.month, stamp.day) * 86_400 * SECOND + stamp.of_day - stamp.zone.unwrap_or(0))
    };
    let at = 1_352_211_677 * SECOND;
    for (line, wanted) in [
        ("[20121106T14:21:17.123Z|debug|xs1|0|x|y] Host", Some(at + 123_000)),
        ("Nov  6 14:21:17 xs1 xapi: [ info|xs1|1|t|audit] Host", Some(at)),
        ("Nov 16 14:21:17 xs1 SM: [12] x", Some(at + 10 * 86_400 * SECOND)),
        ("[4168] 2012-11-06 14:21:17.145457\tRESET", Some(at + 145_457)),
        ("2012-11-06T14:21:17.5+00:00 xs1 xapi: x", Some(at + 500_000)),
        ("2012-11-06T15:21:17+0100 xs1 SM[4168]: x", Some(at)),
        ("2012-11-06T09:51:17.000-04:30 xs1 SM[4168]: x", Some(at)),
        ("2012-11-06 14:21:17 x", Some(at)),
        ("Nov 06 14:21:17 CET 2012 [notice] Liveset", Some(at)),
        ("Nov 06 14:21:17 CET 2012", Some(at)),
        ("Nov 6", None),
        ("[20121306T14:21:17Z|x", None),
        ("[20121106T24:21:17Z|x", None),
        ("", None),
        ("[", None),
        ("ü", None),
        ("Nüv  6 14:21:17", None),
    ] {
        assert_eq!(read(line), wanted, "{line}");
    }
    for (year, month, day, wanted) in [(1970, 1, 1, 0), (1970, 3, 1, 59), (2000, 2, 29, 11_016), (2012, 11, 6, 15_650), (1969, 12, 31, -1)]
    {
        assert_eq!(days(year, month, day), wanted);
        assert_eq!(date(wanted), (year, month, day));
    }
}

/// Lines with the words of xapi's and the storage manager's own code.
#[test]
fn lines_tell_what_they_tell() {
    let host = || "5491fe8d (beta)".to_string();
    for (line, wanted) in [
        ("Host.destroy: host = '5491fe8d (beta)'", Some(What::Host(Deed::Forget, host()))),
        ("Host.declare_dead: host = '5491fe8d (beta)'", Some(What::Host(Deed::DeclareDead, host()))),
        ("Pool.eject: pool = 'p (x)'; host = '5491fe8d (beta)'", Some(What::Host(Deed::Eject, host()))),
        ("VM.start_on: VM = 'v (db)'; host '5491fe8d (beta)'", Some(What::Start("v (db)".into(), Some(host()), false))),
        ("[debug|xs1|7 ha_monitor|HA|audit] VM.start: VM = 'v'", Some(What::Start("v".into(), None, true))),
        ("VM.power_state_reset: VM = 'v (db)'", Some(What::Vm(Deed::ResetPower, "v (db)".into()))),
        ("Setting host beta to dead", Some(What::DeadByHa("beta".into()))),
        (
            "Assuming host is offline since the heartbeat/metrics haven't been updated for 612.34 seconds; setting live to false",
            Some(What::HeldForDead(None, Some(612_340_000))),
        ),
        (
            "Assuming host 'beta' (5491fe8d) is offline since the heartbeat hasn't been updated for 10min; setting live to false",
            Some(What::HeldForDead(Some("5491fe8d".into()), Some(600 * SECOND))),
        ),
        ("RESET for SR abc (master: True)", Some(What::Reset("abc".into(), true))),
        (
            "opterr=VDI 9142c31d-f30f-45f5-a296-c0b700329e85 already attached RW]",
            Some(What::Refused("9142c31d-f30f-45f5-a296-c0b700329e85".into())),
        ),
        (
            "xe pool-emergency-transition-to-master username=root password=(omitted)",
            Some(What::Typed("xe pool-emergency-transition-to-master".into())),
        ),
        ("Host.destroy", None),
        ("VM.start: ", None),
        ("already attached RW", None),
    ] {
        assert_eq!(told(line), wanted, "{line}");
    }
}

/// Lines as rbac_audit.ml puts them together; HA's own deeds are in no audit.
#[test]
fn audits_tell_what_was_done_and_how_it_ended() {
    let line = |rest: &str| {
        format!(
            "Nov  6 15:36:01 xs1 xapi: [20121106T14:36:01.123Z|audit|xs1|1532 INET|dispatch:x D:1|audit] ('trackid=5' 'LOCAL_SUPERUSER' 'root' {rest}"
        )
    };
    for (rest, wanted) in [
        (
            "'ALLOWED' 'OK' 'API' 'host.destroy' (('self' 'beta' '5491fe8d' 'OpaqueRef:7')))",
            Some(What::Host(Deed::Forget, "5491fe8d (beta)".into())),
        ),
        (
            "'ALLOWED' 'OK' 'API' 'VM.start_on' (('vm' 'it\\'s' '7b' 'OpaqueRef:1') ('host' 'gamma' '0c' 'OpaqueRef:2') ('force' 'false' '' '')))",
            Some(What::Start("7b (it's)".into(), Some("0c (gamma)".into()), false)),
        ),
        (
            "'ALLOWED' 'ERROR:HOST_IS_LIVE: [ OpaqueRef:7 ]' 'API' 'host.destroy' (('self' 'beta' '5491fe8d' 'OpaqueRef:7')))",
            Some(What::Failed("host.destroy of 5491fe8d (beta): HOST_IS_LIVE".into())),
        ),
        ("'DENIED' '' 'API' 'VM.start' (('vm' 'db' '7b' '')))", Some(What::Failed("VM.start of 7b (db): not allowed".into()))),
        ("'ALLOWED' 'OK' 'API' 'VM.set_name_label' (('self' 'db' '7b' '')))", None),
        ("'ALLOWED' 'OK' 'API' 'host.destroy' (", None),
    ] {
        assert_eq!(audit::told(&line(rest)), wanted, "{rest}");
    }
    // Such a line says how far the machine's clock is before UTC.
    assert_eq!(zone_of(&line("")), Some(3600 * SECOND));
    assert_eq!(zone_of("Jan  1 00:30:00 xs1 xapi: [20121231T23:30:00.5Z|x"), Some(3600 * SECOND));
    assert_eq!(zone_of("Nov  6 15:44:01 xs1 xapi: [20121106T14:36:01.123Z|x"), None);
}
