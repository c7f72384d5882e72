//! What is made of an entry of the table of events. One entry is all that is known of a kind of event:
//!
//! ```text
//! LockSet { by: MachineId, vdi: VdiId, host: HostId, mode: Mode } => {
//!     number: 45, name: "lock-set", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: true,
//!     what: ("has a lock of {host} on {vdi} ({})", mode.upper()),
//!     parts: { "vdi": vdi, "host": host, "mode": mode },
//! }
//! ```
//!
//! - its fields, in the order in which the digest takes them;
//! - `number` in the digest: one that no other kind ever had, the next after the highest (a test tells which);
//! - `name`, for machines;
//! - `half`: of what half it is ([`Half`]), and `of` whom it is told ([`Actor`]);
//! - `changes`: which hazards must look again ([`Reads`]), as `GUESTS | DISKS`;
//! - `about`: the findings that it may explain as a change of belief ([`About`]);
//! - `matters`: whether it belongs into the story that an operator reads, or only into the long one;
//! - `what` happened, in words that go on from the actor's name: in parentheses as for `format!`, or as a block that gives a
//!   `String`. `*vm` is the id there and `{vm}` the name;
//! - `parts`: what machines get beside the actor.
//!
//! Whoever leaves one out is told so by the compiler.
//!
//! [`Half`]: super::Half
//! [`Actor`]: super::Actor
//! [`Reads`]: super::Reads
//! [`About`]: super::About

/// Collects the entries of all families, one family after the other, and makes the events of them.
macro_rules! gather {
    ([$family:ident $($families:ident)*] $($entries:tt)*) => { $family! { [$($families)*] $($entries)* } };
    ([] $($entries:tt)*) => { events! { $($entries)* } };
}

/// The words of an entry.
macro_rules! what {
    (($($words:tt)*)) => { format!($($words)*) };
    ($words:block) => { $words };
}

/// The events, and everything that is asked of them.
macro_rules! events {
    ($(
        $kind:ident $({ $($field:ident: $type:ty),* $(,)? })? => {
            number: $number:literal, name: $name:literal, half: $half:ident, of: $of:expr,
            changes: $($reads:ident)|+, about: $about:expr, matters: $matters:expr,
            what: $what:tt,
            parts: { $($key:literal: $part:expr),* $(,)? } $(,)?
        }
    )*) => {
        /// Something that changed. `by` is the machine whose copy of the database changed.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "each entry of the table says what it is, in the words that users read")]
        pub enum Event {
            $($kind $({ $($field: $type),* })?,)*
        }

        /// The kind's number, then the fields in their order: so variants may stand where they belong.
        impl Hash for Event {
            fn hash<H: Hasher>(&self, state: &mut H) {
                match self {$(
                    Event::$kind $({ $($field),* })? => {
                        state.write_isize($number);
                        $($($field.hash(state);)*)?
                    }
                )*}
            }
        }

        impl Event {
            /// Every kind of event: its number in the digest and its name.
            pub const KINDS: &[(isize, &str)] = &[$(($number, $name)),*];

            /// The kind in kebab-case.
            pub const fn name(&self) -> &'static str {
                match self {$(
                    Event::$kind { .. } => $name,
                )*}
            }

            /// Of what half it is.
            pub const fn half(&self) -> Half {
                match self {$(
                    Event::$kind { .. } => Half::$half,
                )*}
            }

            /// What it may have changed of all that hazards read.
            #[inline]
            pub const fn changes(&self) -> Reads {
                match self {$(
                    Event::$kind { .. } => const { Reads::NOTHING$(.and(Reads::$reads))+ },
                )*}
            }

            /// The things that its fields name.
            fn subjects(&self, see: &mut dyn FnMut(Subject)) {
                match self {$(
                    Event::$kind $({ $($field),* })? => {
                        let _ = &see;
                        $($($field.subjects(see);)*)?
                    }
                )*}
            }

            /// Which findings it may explain as a change of belief.
            #[allow(unused_variables)]
            pub fn about(&self) -> About {
                use About::*;
                match self {$(
                    Event::$kind $({ $($field),* })? => $about,
                )*}
            }

            /// Who did it, believes it, or whom it happened to.
            #[allow(unused_variables)]
            pub fn actor(&self) -> Actor {
                use Actor::*;
                match self {$(
                    Event::$kind $({ $($field),* })? => $of,
                )*}
            }

            /// The event in words.
            #[allow(unused_variables)]
            pub fn tell(&self, names: &Inventory, steps: &dyn Steps) -> Told {
                let telling = Telling { names, steps };
                let (matters, what, more): (bool, String, Vec<(&'static str, Part)>) = match self {$(
                    Event::$kind $({ $($field),* })? => {
                        $($(let $field = Said { it: $field, telling };)*)?
                        ($matters, what!($what), vec![$(($key, Part::from($part))),*])
                    }
                )*};
                let half = self.half();
                let (actor, key) = telling.actor(half, self.actor());
                let mut parts: Vec<_> = key.into_iter().map(|key| (key, Part::Text(actor.clone()))).collect();
                parts.extend(more);
                Told { half, actor, what, matters, event: self.name(), parts }
            }
        }
    };
}
