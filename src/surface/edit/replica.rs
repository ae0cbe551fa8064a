//! Who mints operations: the replica that the setting names, else replicas of this database's own.
//!
//! An own replica is stored nowhere but in what it has minted, so nothing can carry it to another database. It begins with what
//! follows from which forest of which database of which server this is, since when that is running, and on which machine. A copy made
//! in any way (a dump, a template, a base backup, a standby that is promoted, a folder that is copied) begins with something else, and so
//! does the same database when its server has started again, by itself after a crash too: operations that a crash has lost
//! may be known to others already, and their dots are not minted again. It ends with a number that is drawn for each document: so one
//! that was dropped and is made again has another replica. In a document the last of its replicas mints, whichever session asks.

use std::cell::OnceCell;
use std::ffi::CStr;
use std::os::unix::fs::MetadataExt;

use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, direct_function_call};
use treecrdt::{Dot, MAX_COUNTER, MAX_REPLICA, ReplicaId, VersionVector};

use super::random::random_bytes;
use crate::datum::{Arg, Type, Varlena};
use crate::doc::DocDatum;
use crate::error::{EditProblem, Error};
use crate::forest::shape::{Ops, ops};
use crate::settings::REPLICA;
use crate::storage::reader::Reader;

/// The bytes that an own replica begins with: of a thousand million no two are the same, but for a chance of 1 in 10¹¹.
const START: usize = 12;
/// Those of its number.
const NUMBER: usize = 4;

/// An own replica whose last counter is so great is at its end: an edit mints fewer than are left.
const FULL: u64 = MAX_COUNTER - (1 << 32);

/// So many lines of a lock file tell servers apart (`miscadmin.h`): process, folder, start, port, socket, address, memory.
const LOCK_LINES: usize = 7;

/// How many numbers are tried where somebody claims to have seen what they will mint.
const TRIES: usize = 100;

thread_local! {
    /// What identifies the server that is running. It does not change while a backend lives.
    static SERVER: OnceCell<Vec<u8>> = const { OnceCell::new() };
}

/// Who mints in a document.
#[derive(Debug)]
pub struct Minter {
    /// The dot of the next operation.
    pub next: Dot,
    /// Whether it is an own replica.
    is_own: bool,
}

impl Minter {
    /// The one for a document that is locked.
    ///
    /// # Errors
    /// [`EditProblem::Replica`] if the setting is none.
    pub fn new(reader: &mut Reader<'_>, doc: &DocDatum) -> Result<Self, Error> {
        if let Some(setting) = REPLICA.get().filter(|it| !it.is_empty()) {
            let replica = named(&setting)?;
            let id = Varlena::new(replica.as_bytes());
            let last = reader.last_of_replica.find(&[doc.arg(), id.bytea()], &[])?;
            let last = last.and_then(|row| row.get(ops::COUNTER)).unwrap_or(0);
            let next = Dot { replica, counter: last as u64 + 1 };
            return Ok(Self { next, is_own: false });
        }
        let start = start(reader.forest.table::<Ops>());
        // The last of all that begin so and are not at their end.
        let mut end = [start.as_slice(), &[0xff; NUMBER], &[0]].concat();
        for _ in 0..TRIES {
            let before = Varlena::new(&end);
            let last = reader.replica_before.find(&[doc.arg()], &[before.bytea(), Arg::int8(0)])?;
            let last = last.and_then(|row| Some((row.get(ops::REPLICA)?, row.get(ops::COUNTER)?)));
            let Some((id, counter)) = last.filter(|(id, _)| id.starts_with(&start)) else { break };
            if let Ok(replica) = ReplicaId::new(id)
                && id.len() == START + NUMBER
                && (counter as u64) < FULL
            {
                return Ok(Self {
                    next: Dot { replica, counter: counter as u64 + 1 },
                    is_own: true,
                });
            }
            end = id.to_vec();
        }
        Ok(Self { next: first(&start, u32::from_ne_bytes(random_bytes())), is_own: true })
    }

    /// Goes on with another replica of the database's own, whatever its number.
    fn go_on(&mut self) {
        let start = &self.next.replica.as_bytes()[..START];
        self.next = first(start, u32::from_ne_bytes(random_bytes()));
    }

    /// Passes over dots that somebody claims to have seen, though they are not minted yet.
    ///
    /// # Errors
    /// [`EditProblem::Exhausted`] where there are no others.
    pub fn pass_over(&mut self, seen: &VersionVector) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some(last) = seen.last_of(self.next.replica).filter(|it| *it >= self.next.counter)
            else {
                return Ok(());
            };
            if self.is_own {
                self.go_on();
            } else if last < MAX_COUNTER {
                self.next.counter = last + 1;
            } else {
                break;
            }
        }
        Err(EditProblem::Exhausted { replica: self.next.replica }.into())
    }
}

/// The first dot of an own replica.
fn first(start: &[u8], number: u32) -> Dot {
    let id = [start, &number.to_be_bytes()].concat();
    Dot { replica: ReplicaId::new(&id).expect("it has a good length"), counter: 1 }
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

/// What own replicas of a forest begin with, while its server runs.
fn start(ops: Oid) -> Vec<u8> {
    let mut hash = SERVER.with(|it| {
        let server = it.get_or_init(|| sha256(&server()));
        sha256(&[server.as_slice(), &ops.to_u32().to_be_bytes()].concat())
    });
    hash.truncate(START);
    hash
}

/// What identifies this database of this server while it runs.
fn server() -> Vec<u8> {
    // SAFETY: reads what the backend says of its server; the folder's name is a C string.
    let (system, database, folder) = unsafe {
        (
            pg_sys::GetSystemIdentifier(),
            pg_sys::MyDatabaseId.to_u32(),
            CStr::from_ptr(pg_sys::DataDir).to_string_lossy().into_owned(),
        )
    };
    let mut parts = format!("{system} {database} ").into_bytes();
    // The machine, and since when it runs.
    for file in ["/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/hostname"] {
        parts.extend(std::fs::read(file).unwrap_or_default());
    }
    // The folder as the machine knows it: one folder is one server's.
    if let Ok(folder) = std::fs::metadata(&folder) {
        parts.extend(format!("{} {} ", folder.dev(), folder.ino()).bytes());
    }
    // The server's lock file: its process, its start, and the shared memory it has made, anew after a crash of a
    // session. What follows says how far it is.
    let lock = std::fs::read(format!("{folder}/postmaster.pid")).unwrap_or_default();
    let lines = lock.split_inclusive(|&byte| byte == b'\n').take(LOCK_LINES);
    parts.extend(lines.flatten());
    // Should there be no such file:
    // SAFETY: as above.
    let (start, process) = unsafe { (pg_sys::PgStartTime, pg_sys::PostmasterPid) };
    parts.extend(format!("{start} {process}").bytes());
    parts
}

/// The server's SHA-256.
fn sha256(bytes: &[u8]) -> Vec<u8> {
    let bytes = Varlena::new(bytes);
    // SAFETY: a function of the server, on a bytea.
    unsafe {
        let hash: Option<Datum> =
            direct_function_call(pg_sys::sha256_bytea, &[Some(bytes.bytea().datum(Type::Bytea))]);
        Vec::<u8>::from_datum(hash.expect("never NULL"), false).expect("never NULL")
    }
}
