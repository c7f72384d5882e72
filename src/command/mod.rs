//! What the operator types: the shell's grammar, then one file a command.

pub mod shell;
