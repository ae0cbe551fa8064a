//! Values for the columns of rows that are written.

use std::marker::PhantomData;

use pgrx::pg_sys::Datum;

use crate::datum::{self, Arg, Doc, KeyDatums, Type, Value};
use crate::doc::DocDatum;
use crate::forest::shape::{Column, KeyColumns, Table};
use crate::storage::row::Row;

/// A value for a column of a row.
#[derive(Debug, Clone, Copy)]
pub struct Field<'v, T> {
    /// The column's place in the declaration.
    pub(super) at: usize,
    pub(super) value: Option<Datum>,
    of: PhantomData<fn(&'v ()) -> T>,
}

impl<T: Table> Field<'_, T> {
    /// Whether a row has this value.
    pub fn is_in(&self, row: &Row<'_, T>) -> bool {
        match (row.datum_at(self.at), self.value) {
            (None, None) => true,
            (Some(found), Some(value)) => match T::SHAPE.columns[self.at].of {
                Type::Text | Type::Bytea | Type::Vector => {
                    // SAFETY: both are of the column's type.
                    unsafe { datum::bytes(found) == datum::bytes(value) }
                }
                Type::Uuid => {
                    // SAFETY: as above.
                    unsafe { datum::node(found) == datum::node(value) }
                }
                Type::Bool => (found.value() & 0xff != 0) == (value.value() & 0xff != 0),
                Type::Int8 | Type::Kind => found.value() == value.value(),
                // A row stays with its document.
                Type::Doc => true,
            },
            _ => false,
        }
    }
}

impl<T: Table, V: Value> Column<T, V> {
    /// This value for the column; `None` is NULL.
    pub fn set<'v>(self, value: Option<Arg<'v>>) -> Field<'v, T> {
        let value = value.map(|value| value.datum(V::TYPE));
        Field { at: self.at, value, of: PhantomData }
    }
}

impl<T: Table> Column<T, Doc> {
    /// This document for the column.
    pub fn set_doc(self, doc: &DocDatum) -> Field<'_, T> {
        Field { at: self.at, value: Some(doc.arg().any()), of: PhantomData }
    }
}

impl<T: Table> KeyColumns<T> {
    /// This key for the columns; `None` is NULL.
    pub fn set<'v>(self, key: Option<&'v KeyDatums>) -> [Field<'v, T>; 3] {
        let [lamport, replica, counter] = match key {
            Some(key) => key.args().map(Some),
            None => [None; 3],
        };
        [self.lamport.set(lamport), self.replica.set(replica), self.counter.set(counter)]
    }
}
