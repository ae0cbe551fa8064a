//! Who mints operations: the replica that the setting names, else an identity of this database.
//!
//! The identity is nowhere stored, so nothing can carry it to another database: it follows from which
//! database of which server is running since when, on which machine. A copy made in any way (a dump, a
//! template, a base backup, a standby that is promoted, a folder that is copied) is another one, and so is the same database
//! after a restart of its server: operations that a crash has lost may be known to others already, and their dots are
//! not minted again.

use std::cell::Cell;
use std::ffi::CStr;
use std::os::unix::fs::MetadataExt;

use pgrx::pg_sys::{self, Datum};
use pgrx::{FromDatum, direct_function_call};
use treecrdt::{MAX_REPLICA, ReplicaId};

use super::draft::random_bytes;
use crate::error::{EditProblem, Error};
use crate::settings::REPLICA;

/// The bytes of an identity: of a thousand million no two are the same, but for a chance of 1 in 10¹¹.
const LENGTH: usize = 12;

thread_local! {
    static IDENTITY: Cell<Option<ReplicaId>> = const { Cell::new(None) };
}

/// The replica that mints.
///
/// # Errors
/// [`EditProblem::Replica`] if the setting is none.
pub fn minting() -> Result<ReplicaId, Error> {
    match REPLICA.get() {
        Some(name) if !name.is_empty() => named(&name),
        _ => {
            let identity = IDENTITY.get().unwrap_or_else(identity);
            IDENTITY.set(Some(identity));
            Ok(identity)
        }
    }
}

/// Whether the setting says who mints.
pub fn is_named() -> bool {
    REPLICA.get().is_some_and(|name| !name.is_empty())
}

/// An identity that nobody has had, from now on this session's.
pub fn another() -> ReplicaId {
    let random = ReplicaId::new(&random_bytes::<LENGTH>()).expect("it has a good length");
    IDENTITY.set(Some(random));
    random
}

/// The replica that a setting names: after `\x` in hex, else as it stands.
fn named(setting: &CStr) -> Result<ReplicaId, Error> {
    let text = setting.to_bytes();
    let bytes = match text.strip_prefix(b"\\x") {
        Some(hex) => decode(hex),
        None => Some(text.to_vec()),
    };
    let replica = bytes.and_then(|bytes| ReplicaId::new(&bytes).ok());
    replica.ok_or_else(|| {
        let setting = setting.to_string_lossy().chars().take(2 * MAX_REPLICA + 2).collect();
        EditProblem::Replica { setting }.into()
    })
}

fn decode(hex: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let pairs = hex.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?));
    pairs.collect()
}

/// The identity of this database while its server runs.
fn identity() -> ReplicaId {
    // SAFETY: reads what the backend says of its server; the folder's name is a C string.
    let (system, database, start, postmaster, folder) = unsafe {
        (
            pg_sys::GetSystemIdentifier(),
            pg_sys::MyDatabaseId.to_u32(),
            pg_sys::PgStartTime,
            pg_sys::PostmasterPid,
            CStr::from_ptr(pg_sys::DataDir).to_string_lossy().into_owned(),
        )
    };
    let mut parts = format!("{system} {database} {start} {postmaster}").into_bytes();
    // The machine, since when it runs, and the folder as the machine knows it: one folder is one server's.
    for file in ["/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/hostname"] {
        parts.extend(std::fs::read(file).unwrap_or_default());
    }
    if let Ok(folder) = std::fs::metadata(folder) {
        parts.extend(format!("{} {}", folder.dev(), folder.ino()).bytes());
    }
    ReplicaId::new(&sha256(&parts)[..LENGTH]).expect("it has a good length")
}

/// The server's SHA-256.
fn sha256(bytes: &[u8]) -> Vec<u8> {
    let bytes = crate::datum::Varlena::new(bytes);
    // SAFETY: a function of the server, on a bytea.
    unsafe {
        let hash: Option<Datum> = direct_function_call(
            pg_sys::sha256_bytea,
            &[Some(bytes.bytea().datum(crate::datum::Type::Bytea))],
        );
        Vec::<u8>::from_datum(hash.expect("never NULL"), false).expect("never NULL")
    }
}
