//! Steps. How an entry is read stands in `table.rs`.

macro_rules! steps {
    ($($before:tt)*) => { gather! { $($before)*
        StepBegan { step: StepIx } => {
            number: 0, name: "step-began", half: Step, of: Step(*step), changes: NOTHING, about: Nothing, matters: true,
            what: { step.text() },
            parts: { "from": step.sequence(), "line": step.line() },
        }
        StepEnded { step: StepIx, status: Status } => {
            number: 1, name: "step-ended", half: Step, of: Step(*step), changes: NOTHING, about: Nothing, matters: *status != Status::Ok,
            what: {
                match *status {
                    Status::Ok => "ended well",
                    Status::Error => "failed",
                    Status::Hung => "hangs; given up with Ctrl-C",
                    Status::GivenUp => "waited in vain; the step does nothing",
                    Status::Skipped => "skipped: its `if` does not hold",
                    Status::NotBegun => "never began",
                }
                .to_owned()
            },
            parts: { "line": step.line(), "status": status },
        }
        Refused { step: StepIx, error: ApiError } => {
            number: 2, name: "refused", half: Step, of: Step(*step), changes: NOTHING, about: Nothing, matters: true,
            what: {
                match error.memory_missing() {
                    Some(bytes) => format!("refused: {error}, {} MiB are missing", bytes.div_ceil(1 << 20)),
                    None => format!("refused: {error}"),
                }
            },
            parts: { "line": step.line(), "code": error },
        }
    } };
}
