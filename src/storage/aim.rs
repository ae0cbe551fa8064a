//! What a probe is aimed at, as the keys of an index scan.

use pgrx::pg_sys::{self, AttrNumber, Datum};

use crate::datum::Type;

/// So many columns are compared as a row.
pub(super) const MOST_MEMBERS: usize = 3;

/// Which way a probe goes, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// All rows with the equal columns, in index order.
    All,
    /// Those of them whose other columns are greater, compared as a row, in order.
    After,
    /// Those whose other columns are less, compared as a row, in reverse order.
    Before,
    /// Those whose next column, a `bigint`, is not less than a value, in order.
    From,
    /// Those whose next column, a `bigint`, is not greater than a value, in reverse order.
    UpTo,
    /// Those whose next column, a `bigint`, is between two values, in order.
    Between,
    /// Those whose next column is greater than a value, in order.
    Beyond,
    /// All rows with the equal columns, the last first.
    FromTheEnd,
}

/// The keys of a scan, without their values.
pub(super) fn scan_keys(
    types: &[Type],
    aim: Aim,
    follow: &[Type],
    members: &mut [pg_sys::ScanKeyData; MOST_MEMBERS],
) -> Vec<pg_sys::ScanKeyData> {
    let attribute = |at: usize| at as AttrNumber + 1;
    let mut keys = Vec::with_capacity(types.len() + 2);
    for (at, of) in types.iter().enumerate() {
        let strategy = pg_sys::BTEqualStrategyNumber;
        // SAFETY: a comparison function of the column's type.
        keys.push(unsafe { scan_key(0, attribute(at), strategy, of.collation(), equality(*of)) });
    }
    let next = attribute(types.len());
    let none = pg_sys::InvalidOid;
    match aim {
        Aim::All | Aim::FromTheEnd => {}
        Aim::Beyond => {
            let of = follow[0];
            let proc = match of {
                Type::Text => pg_sys::F_TEXT_GT,
                Type::Bytea => pg_sys::F_BYTEAGT,
                Type::Uuid => pg_sys::F_UUID_GT,
                Type::Int8 => pg_sys::F_INT8GT,
                other => unreachable!("nobody goes beyond a {other:?}"),
            };
            let strategy = pg_sys::BTGreaterStrategyNumber;
            // SAFETY: a comparison function of the column's type.
            keys.push(unsafe { scan_key(0, next, strategy, of.collation(), proc) });
        }
        Aim::Between | Aim::From | Aim::UpTo => {
            let from = (pg_sys::BTGreaterEqualStrategyNumber, pg_sys::F_INT8GE);
            let up_to = (pg_sys::BTLessEqualStrategyNumber, pg_sys::F_INT8LE);
            let bounds: &[(u32, u32)] = match aim {
                Aim::From => &[from],
                Aim::UpTo => &[up_to],
                _ => &[from, up_to],
            };
            for &(strategy, proc) in bounds {
                // SAFETY: comparison functions of `bigint`.
                keys.push(unsafe { scan_key(0, next, strategy, none, proc) });
            }
        }
        Aim::After | Aim::Before => {
            let strategy = match aim {
                Aim::After => pg_sys::BTGreaterStrategyNumber,
                _ => pg_sys::BTLessStrategyNumber,
            };
            for (at, of) in follow.iter().enumerate() {
                let proc = match of {
                    Type::Int8 => pg_sys::F_BTINT8CMP,
                    Type::Bytea => pg_sys::F_BYTEACMP,
                    Type::Uuid => pg_sys::F_UUID_CMP,
                    other => unreachable!("no keys and no siblings are in order of {other:?}"),
                };
                let end = if at + 1 == follow.len() { pg_sys::SK_ROW_END } else { 0 };
                let flags = pg_sys::SK_ROW_MEMBER | end;
                let attribute = attribute(types.len() + at);
                // SAFETY: ordering functions of the columns' types, as row members have them.
                members[at] = unsafe { scan_key(flags, attribute, strategy, none, proc) };
            }
            keys.push(pg_sys::ScanKeyData {
                sk_flags: pg_sys::SK_ROW_HEADER as i32,
                sk_attno: next,
                sk_strategy: strategy as pg_sys::StrategyNumber,
                sk_argument: Datum::from(members.as_ptr()),
                ..pg_sys::ScanKeyData::default()
            });
        }
    }
    keys
}

fn equality(of: Type) -> u32 {
    match of {
        Type::Text => pg_sys::F_TEXTEQ,
        Type::Uuid => pg_sys::F_UUID_EQ,
        Type::Int8 => pg_sys::F_INT8EQ,
        Type::Bytea => pg_sys::F_BYTEAEQ,
        Type::Bool => pg_sys::F_BOOLEQ,
        Type::Kind => pg_sys::F_ENUM_EQ,
        Type::Vector | Type::Doc => unreachable!("no index has such a column"),
    }
}

/// # Safety
/// `proc` is a built-in comparison function that fits column and strategy.
unsafe fn scan_key(
    flags: u32,
    attribute: AttrNumber,
    strategy: u32,
    collation: pg_sys::Oid,
    proc: u32,
) -> pg_sys::ScanKeyData {
    let mut key = pg_sys::ScanKeyData::default();
    // SAFETY: fills a key of our own.
    unsafe {
        pg_sys::ScanKeyEntryInitialize(
            &raw mut key,
            flags as i32,
            attribute,
            strategy as pg_sys::StrategyNumber,
            pg_sys::InvalidOid,
            collation,
            pg_sys::Oid::from(proc),
            Datum::from(0usize),
        );
    }
    key
}
