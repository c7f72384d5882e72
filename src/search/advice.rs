//! What should have been done.
