//! The meaning of a replicated tree.
