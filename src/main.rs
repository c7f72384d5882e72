//! The program: hands its arguments to [`poolsim::cli`] and exits with the status that comes back.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    poolsim::cli::main()
}
