//! What `check` says of lines, the catalogue, and lines made at random.

use super::stage::*;
use crate::command::{Admission, COMMANDS, COMPLAINTS, Check, Ground, Progress, examine, shell, typed};
use crate::world::errors::ERRORS;
use proptest::prelude::*;

/// The codes of a line, errors with a `!`.
fn codes(line: &str) -> Vec<String> {
    let world = world();
    let found = examine(&shell::parse(line).unwrap().lines[0], Ground::of(&world), None);
    found.into_iter().map(|c| format!("{}{}", c.code, if c.error { "!" } else { "" })).collect()
}

#[test]
fn examples_and_good_lines_pass() {
    for line in COMMANDS.iter().filter(|doc| doc.exists_in(world().release)).map(|doc| doc.example).chain([
        "echo yes | xe host-forget uuid=$beta",
        "xe vm-start vm=db on=gamma",
        "xe vm-start uuid=$db on=$gamma",
        "xe vm-migrate vm=db host=gamma live=T",
        "xe vm-list is-control-domain=false resident-on=$beta --minimal",
        "xe vm-list params=name-label,uuid",
        "xe vm-reset-powerstate uuid=$db resident-on=$beta --force",
        "xe vm-reset-powerstate resident-on=$beta --force --multiple",
        "xe vm-list params=all power-state=running --minimal",
        "xe vdi-list sm-config:paused=true",
        "xe pool-param-set uuid=$pool default-SR=",
        "/opt/xensource/sm/resetvdis.py $beta.old $nfs1 master",
        "xe -s alpha -u root -pw x vm-list",
        "xe host-forget uuid=00000001-4057-4000-8000-00706f6f6c01 force=true",
        "/etc/init.d/xapi restart",
    ]) {
        assert_eq!(codes(line), Vec::<String>::new(), "{line}");
    }
}

/// docs/model/commands.md §11.
#[test]
fn traps_are_told() {
    for (line, expected) in [
        ("xe pool-emergency-transition-to-master uuid=$beta", "ignored-key"),
        ("xe host-forget uuid=$beta", "nobody-answers"),
        ("yes | xe host-forget uuid=$beta", "wrong-answer"),
        ("echo ja | xe host-forget uuid=$beta", "wrong-answer"),
        ("xe vm-reset-powerstate vm=db force=false", "force-anyway"),
        ("xe vm-reset-powerstate vm=db force", "force-anyway"),
        ("xe vm-reset-powerstate vm=db", "must-be-forced"),
        ("xe vm-shutdown vm=db --force=true", "force-value"),
        ("xe vm-shutdown vm=db force", "bare-word"),
        ("xe vm-start db", "bare-word"),
        ("xe vm-start vm=dbb", "unknown-name!"),
        ("xe vm-start vm=db on=gama", "unknown-name!"),
        ("xe vm-start vm=$dbb", "unknown-name!"),
        ("xe host-forget uuid=$bta --force", "unknown-name!"),
        ("xe host-forget uuid=beta --force", "name-not-uuid"),
        ("xe host-forget uuid=HOST_UUID --force", "not-a-uuid"),
        ("xe host-forget UUID=$beta --force", "missing-key!"),
        ("xe pool-designate-new-master uuid=$beta", "missing-key!"),
        ("xe pool-emergency-reset-master gamma", "missing-key!"),
        ("xe pool-emergency-reset-master master-address=gamm", "unknown-name!"),
        ("xe vm-list vm=db", "unknown-field"),
        ("xe vm-list resident_on=$beta", "unknown-field"),
        ("xe vm-list resident-on=beta", "name-not-uuid"),
        ("xe vm-list power-state=Running", "value-case"),
        ("xe vm-shutdown --multiple --force", "no-selector"),
        ("xe vm-reset-powersate vm=db --force", "unknown-command!"),
        ("xe pool-recover-slave", "unknown-command!"),
        ("xe Host-Forget uuid=$beta", "unknown-command!"),
        ("xe host-declare-dead uuid=$beta", "unknown-command!"),
        ("XE host-list", "unknown-command!"),
        ("$ xe host-list", "unknown-command!"),
        ("resetvdis.py $beta $nfs1", "unknown-command!"),
        ("xe pool-ha-enable heartbeat-sr-uuid=$nfs1", "ignored-key"),
        ("xe pool-ha-enable heartbeat-sr-uuids=nfs1", "name-not-uuid"),
        ("xe host-emergency-ha-disable", "must-be-forced"),
        ("xe snapshot-destroy uuid=$db", "not-yet!"),
        ("xe pool-param-set uuid=$pool name-label=x", "not-yet!"),
        ("xe vm-param-set uuid=$db name-label=x", "not-yet!"),
        ("xe vm-param-set uuid=$db default-SR=x", "unknown-field"),
        ("xe vm-param-set uuid=db order=1", "name-not-uuid"),
        ("xe vm-start vm=db -force", "bad-switch!"),
        ("xe", "no-command"),
        ("xe host-is-in-emergency-mode --minimal", "no-output"),
        ("xe -s beta vm-list", "no-password"),
        ("xe -s betta -u root -pw x vm-list", "unknown-name!"),
        ("xe vm-start vm=db \u{2013}force", "typographic"),
        ("xe vm-list name-label=\u{201c}db\u{201d}", "typographic"),
        ("xe vm-start vm=db\r", "typographic!"),
        ("xe vm-start vm=\u{201c}db\u{201d}", "typographic!"),
        ("xe vm-start vm=db on gamma", "bare-word!"),
        ("xe vm-start vm=db on = gamma", "bare-word!"),
        ("xe vm-start vm:db", "bare-word!"),
        ("xe vm-start vm=db host=gamma", "unknown-field"),
        ("xe vm-migrate vm=db on=gamma --live", "unknown-field"),
        ("xe forget-host uuid=$beta --force", "unknown-command!"),
        ("xe host-forget uuid=$db --force", "other-uuid"),
        ("xe vm-start vm=db on=$nfs1", "other-uuid"),
        ("/opt/xensource/sm/resetvdis.py $nfs1 $beta", "other-uuid"),
        ("/opt/xensource/sm/resetvdis.py $beta $db", "other-uuid"),
        ("/opt/xensource/sm/resetvdis.py $beta $nfs1 --master", "master-word"),
        ("/opt/xensource/sm/resetvdis.py single ${db-root} --force", "master-word"),
        ("/opt/xensource/sm/resetvdis.py beta nfs1", "name-not-uuid"),
        ("/opt/xensource/sm/resetvdis.py $beta $nfs", "unknown-name!"),
        ("xe pool-restore-database file-name=d", "must-be-forced"),
        ("xe vm-migrate vm=db host=gamma live", "bare-word"),
        ("xe vm-migrate vm=db host=gamma live=yes", "not-boolean"),
        ("xe vm-shutdown --multiple power-state=running force=yes", "not-boolean"),
        ("xe host-forget uuid=$beta force", "bare-word"),
        ("xe vm-shutdown uuid=$db,$web", "comma-list"),
        ("xe host-forget uuid=$beta,$gamma --force", "comma-list"),
        ("xe host-disable host=alpha,beta", "comma-list"),
        ("xe vm-list name-label='d*'", "no-patterns"),
        ("xe vm-shutdown name-label=\"d?\"", "no-patterns"),
        ("xe host-list xe host-forget uuid=$beta", "two-commands"),
        ("xe pool-recover-slaves xe pool-list", "two-commands"),
        ("xe host-forget help", "bare-word"),
        ("xe vdi-list params=sr-uuid, name-label", "bare-word"),
        ("xe vm-start vm=db on=gamma --force", "force-for-nothing"),
        ("xe host-shutdown host=beta --force", "force-for-nothing"),
        ("xe vm-list name-label=db --all", "all-unfiltered"),
        ("xe vm-list params=name-label,uuid --minimal", "one-field"),
        ("xe vm-list resident-on=$beta --minimal", "control-domain"),
        ("xe vm-reset-powerstate vm=$db resident-on=$beta --force", "guard-passed-over"),
        ("xe vm-param-set uuid=$db power-state=halted", "read-only"),
        ("xe pool-param-set uuid=$pool master=$beta", "read-only"),
        ("xe host-param-set uuid=$beta enabled=true", "read-only"),
        ("xe host-param-set uuid=$beta tags=lab", "read-only"),
        ("xe host-param-set uuid=$beta name-label=x", "not-yet!"),
        ("xe vm-param-get uuid=$db param-name=resident_on", "unknown-field"),
        ("xe host-param-add uuid=beta param-name=tags param-key=lab", "name-not-uuid"),
        ("xe host-evacuate host=beta", "missing-key!"),
    ] {
        let codes = codes(line);
        assert!(codes.iter().any(|code| code == expected), "{line}: {codes:?}");
    }
    let world = world();
    let help = |line: &str| examine(&shell::parse(line).unwrap().lines[0], Ground::of(&world), None)[0].help.clone();
    assert_eq!(help("xe vm-reset-powersate vm=db --force"), "did you mean `vm-reset-powerstate`?");
    assert_eq!(help("xe vm-start vm=wbe"), "did you mean `web`?");
    assert_eq!(help("xe forget-host uuid=$beta --force"), "did you mean `host-forget`?");
    assert_eq!(help("xe vm-start vm=db on gamma"), "write `on=gamma`");
    assert_eq!(help("xe vm-migrate vm=db on=gamma --live"), "write `host=gamma`");
    assert_eq!(help("xe vm-start vm=db on=gama"), "did you mean `gamma`?");
    assert_eq!(help("xe host-evacuate host=beta"), "the key is called `uuid`, not `host`");
    assert_eq!(help("xe vdi-list params=sr-uuid, name-label"), "write `params=sr-uuid,name-label`");
    assert_eq!(help("xe host-forget help --force"), "add `uuid=…`");
}

/// The place of a complaint is the word that it is about.
#[test]
fn complaints_point_at_words() {
    let world = world();
    for (line, code, word) in [
        ("xe vm-start vm=db on=gama", "unknown-name", 3),
        ("xe pool-recover-slaves uuid=1", "ignored-key", 2),
        ("xe host-frget uuid=$beta", "unknown-command", 1),
        ("/opt/xensource/sm/resetvdis.py $beta $nfs1 --master", "master-word", 3),
    ] {
        let found = examine(&shell::parse(line).unwrap().lines[0], Ground::of(&world), None);
        assert!(found.iter().any(|c| c.code == code && c.word == word), "{line}: {found:?}");
    }
}

/// A line that the simulator refuses as not yet built is refused by `check` too, and what it does not refuse is built.
#[test]
fn the_catalogue_is_whole() {
    for doc in COMMANDS {
        assert!(doc.doc.ends_with('.') && doc.doc.len() > 40, "{}", doc.name);
        assert!(doc.synopsis.contains(doc.name.split(' ').next().unwrap()), "{}", doc.name);
        assert!(shell::parse(doc.example).is_ok(), "{}", doc.name);
        assert_eq!(COMMANDS.iter().filter(|other| other.name == doc.name).count(), 1, "{}", doc.name);
    }
    for doc in ERRORS {
        assert!(doc.doc.ends_with('.'), "{}", doc.code);
        assert_eq!(ERRORS.iter().filter(|other| other.code == doc.code).count(), 1, "{}", doc.code);
    }
    for doc in COMPLAINTS {
        assert!(doc.doc.ends_with('.'), "{}", doc.code);
    }
}

/// Words that lines are made of.
fn word() -> impl Strategy<Value = String> {
    let of_xe = COMMANDS.iter().map(|doc| doc.name).collect::<Vec<_>>();
    let keys = "uuid host-uuid vm host on force --force --multiple --minimal multiple=true minimal=x params param-name file-name master-address \
         master-username master-password default-SR resident-on power-state -s -u -pw --help dry-run paused live all --all sm-config:paused tags:contains";
    let keys = keys.split_whitespace().collect::<Vec<_>>();
    let values = "$alpha $beta $gamma $delta $db $web ${db-root} $nfs1 ${beta/nfs1} ${web/data} $pool db web gamma alpha beta root x true false 0 '' name-label \
         resident-on d running master";
    let values = values.split_whitespace().collect::<Vec<_>>();
    let (keys, values) = (prop::sample::select(keys), prop::sample::select(values));
    prop_oneof![
        1 => prop::sample::select(of_xe).prop_map(str::to_string),
        4 => (keys.clone(), values.clone()).prop_map(|(key, value)| format!("{key}={value}")),
        1 => keys.prop_map(str::to_string),
        1 => values.prop_map(str::to_string),
        1 => "[a-z\u{2013}=:,.-]{1,12}",
    ]
}

fn line() -> impl Strategy<Value = String> {
    let examples = COMMANDS.iter().map(|doc| doc.example.to_string()).collect::<Vec<_>>();
    let words = prop::collection::vec(word(), 0..5).prop_map(|words| words.join(" ")).boxed();
    let command =
        prop::sample::select(COMMANDS.iter().filter(|doc| doc.synopsis.starts_with("xe ")).map(|doc| doc.name).collect::<Vec<_>>());
    prop_oneof![
        2 => prop::sample::select(examples),
        4 => (command, words.clone()).prop_map(|(command, words)| format!("xe {command} {words}")),
        1 => words.clone().prop_map(|words| format!("xe {words}")),
        1 => words.prop_map(|words| format!("/opt/xensource/sm/resetvdis.py {words}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Never a panic, and a refusal at the check changes nothing (the room compares the whole world).
    #[test]
    fn any_lines_on_any_world(
        lines in prop::collection::vec((line(), 0u16..4, 0u8..12), 1..8),
    ) {
        let mut room = Room::new();
        for (line, console, trouble) in lines {
            let machine = crate::base::ids::MachineId(console);
            match trouble {
                0 => room.crash(machine),
                1 => room.isolate(machine),
                2 => room.mark_dead(machine),
                3 => room.stop_xapi(machine),
                4 => room.world.machines().for_each(|machine| {
                    room.world.hw.reconnect(&mut room.fx, machine);
                }),
                _ => {}
            }
            let Ok(script) = shell::parse(&line) else { continue };
            examine(&script.lines[0], Ground::of(&room.world), None);
            if room.world.dom0_answers(machine) {
                room.types(machine, &line);
            }
        }
        // Every machine's locks and openers stay within what exists.
        for vdi in room.world.names.vdi_ids() {
            prop_assert!(room.world.hw.vdi(vdi).openers.iter().all(|o| room.world.powered(o.machine)));
        }
    }

    /// Whatever is typed, reading it never panics, and an admission has an answer.
    #[test]
    fn any_text_is_read(text in "[ -~\u{2013}\u{201c}]{0,80}", piped in prop::option::of("[a-z\n]{0,6}")) {
        let room = Room::new();
        for prefix in ["", "xe ", "xe vm-start "] {
            let Ok(script) = shell::parse(&format!("{prefix}{text}")) else { continue };
            let line = &script.lines[0];
            examine(line, Ground::of(&room.world), None);
            let (_, typed) = typed(line, &room.world, piped.as_deref());
            if let Ok(mut typed) = typed
                && let Admission::Go(seat) = typed.admit(&room.world, ALPHA)
                && let Check::Go(_) = typed.check(&room.world, seat)
            {
                let (mut world, mut fx) = (room.world.clone(), crate::world::effects::Effects::default());
                let _: Progress = typed.commit(&mut world, &mut fx, seat);
            }
        }
    }
}

/// xe-cli's own words of 6.0, counted in cli_frontend.ml and gen_cmds: each is built, or outside the model; a word that is mistyped is
/// neither, and says so in other words.
#[test]
fn the_words_of_6_are_known() {
    use crate::command::words::{MADE, OWN};
    assert_eq!((OWN.len(), MADE.len()), (259, 171));
    for words in [OWN, MADE] {
        assert!(words.is_sorted_by(|a, b| a < b), "in order, each once: they are looked up by halving");
    }
    let world = world();
    let said = |line: &str| -> Vec<(&str, String)> {
        let line = &shell::parse(line).unwrap().lines[0];
        examine(line, Ground::of(&world), None).into_iter().map(|found| (found.code, found.message)).collect()
    };
    let built: Vec<&str> =
        COMMANDS.iter().filter(|doc| doc.synopsis.starts_with("xe ") && doc.exists_in(world.release)).map(|doc| doc.name).collect();
    let mut outside = 0;
    for word in OWN.iter().chain(MADE) {
        let said = said(&format!("xe {word}"));
        let refused = said.iter().any(|(code, message)| *code == "not-yet" && message.contains("outside the model"));
        assert_eq!(refused, !built.contains(word), "{word}: {said:?}");
        assert!(!said.iter().any(|(code, _)| *code == "unknown-command"), "{word}: {said:?}");
        outside += usize::from(refused);
    }
    assert!(outside > 300, "{outside}");
    // What is built is one of them, but for `help`, which the tool has beside its table.
    for name in built.iter().filter(|name| **name != "help") {
        assert!(OWN.contains(name) || MADE.contains(name), "{name}");
    }
    for mistyped in ["vm-exprot", "host-restored", "vm_export", "VM-export", "host-declare-dead", "vm-exports"] {
        let said = said(&format!("xe {mistyped}"));
        assert!(
            said.iter().any(|(code, message)| *code == "unknown-command" && message.contains("knows no command")),
            "{mistyped}: {said:?}"
        );
    }
}
