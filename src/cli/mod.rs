//! Arguments, files, colours, progress, exit codes: the only room that touches the outside.

/// Runs the program.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(70)
}
