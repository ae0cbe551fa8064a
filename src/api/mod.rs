//! The SQL functions: arguments in, rows out.

mod lifecycle;
mod maintain;
mod read;
mod rights;
mod verify;
