//! Whether a table has the indexes that are declared for it.

use std::ffi::CStr;

use pgrx::pg_sys::{self, AttrNumber, Oid};

use super::Exam;
use crate::datum::Type;
use crate::error::Error;
use crate::forest::quote::quote_text;
use crate::forest::relation_name;
use crate::forest::shape::IndexShape;

impl Exam<'_> {
    /// The indexes of the table that have the declared shapes, whatever their names, and whether one has an
    /// expression instead of a column.
    pub(super) unsafe fn indexes(&self, columns: &[AttrNumber]) -> Result<(Vec<Oid>, bool), Error> {
        let mut open = Vec::new();
        // SAFETY: the table is open and locked, so its indexes stay; each is opened and closed.
        unsafe {
            let list = pg_sys::RelationGetIndexList(self.relation);
            for at in 0..pg_sys::list_length(list) {
                let oid = pg_sys::list_nth_oid(list, at);
                let index = pg_sys::try_relation_open(oid, pg_sys::AccessShareLock as i32);
                if !index.is_null() {
                    open.push(index);
                }
            }
            pg_sys::list_free(list);
        }
        let mut found = Vec::with_capacity(self.shape.indexes.len());
        let (mut problem, mut has_expression) = (None, false);
        for index in self.shape.indexes {
            let mut unready = None;
            let mut fitting = |instead: Option<_>| {
                // SAFETY: all of them are open.
                open.iter().find(|&&candidate| unsafe {
                    if !self.fits(candidate, index, instead, columns) {
                        return false;
                    }
                    let row = &*(*candidate).rd_index;
                    let ready = row.indisvalid && row.indisready && row.indislive;
                    if !ready {
                        unready = Some(candidate);
                    }
                    ready
                })
            };
            // One with the column forbids what it cannot hold, so it comes first.
            let mut found_one = fitting(None);
            if found_one.is_none() && index.instead.is_some() {
                found_one = fitting(index.instead);
                has_expression |= found_one.is_some();
            }
            match (found_one, unready) {
                // SAFETY: it is open.
                (Some(&fitting), _) => found.push(unsafe { (*fitting).rd_id }),
                (None, unready) => {
                    // SAFETY: as above.
                    problem = Some(unsafe { self.without(index, unready, &open) });
                    break;
                }
            }
        }
        for index in open {
            // SAFETY: opened above. The lock stays.
            unsafe { pg_sys::relation_close(index, pg_sys::NoLock as i32) };
        }
        problem.map_or(Ok((found, has_expression)), Err)
    }

    /// The error that says which index is missing.
    unsafe fn without(
        &self,
        index: &IndexShape,
        unready: Option<pg_sys::Relation>,
        open: &[pg_sys::Relation],
    ) -> Error {
        let (table, name) = (self.table(), index.name.to_string_lossy());
        let keys = self.key_list(index);
        let condition = index.predicate.map(|it| format!(" WHERE {it}")).unwrap_or_default();
        if let Some(unready) = unready {
            // SAFETY: it is open.
            let name = unsafe { quote_text(&relation_name(unready)) };
            return Error::Unready {
                forest: self.forest.into(),
                problem: format!("index {name} on {table} ({keys}){condition} is not valid"),
                mend: format!("REINDEX INDEX {}.{name};", self.forest),
            };
        }
        // SAFETY: all of them are open, and so is the table.
        let (late, taken, has_primary) = unsafe {
            let row = |it: pg_sys::Relation| &*(*it).rd_index;
            // A key that is checked later than at once is no good, and in the way of one that is.
            let is_late = |it: pg_sys::Relation| row(it).indisunique && !row(it).indimmediate;
            let late = open.iter().copied().find(|&it| index.unique && is_late(it));
            let stays = |oid: Oid| late.is_none_or(|it| (*it).rd_id != oid);
            let schema = (*(*self.relation).rd_rel).relnamespace;
            let named = pg_sys::get_relname_relid(index.name.as_ptr(), schema);
            (
                late.map(|it| relation_name(it)),
                named != pg_sys::InvalidOid && stays(named),
                open.iter().any(|&it| row(it).indisprimary && stays((*it).rd_id)),
            )
        };
        let other = if taken { " (what has that name is another)" } else { "" };
        let drop =
            late.map(|late| format!("ALTER TABLE {table} DROP CONSTRAINT {}; ", quote_text(&late)));
        let make = if index.unique && !taken && !has_primary {
            format!("ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({keys});")
        } else {
            let unique = if index.unique { "UNIQUE " } else { "" };
            let given = if taken { String::new() } else { format!("{name} ") };
            format!("CREATE {unique}INDEX {given}ON {table} USING btree ({keys}){condition};")
        };
        let make = drop.unwrap_or_default() + &make;
        let kind = if index.unique { "unique index" } else { "index" };
        self.refuse(format!("{table} has no {kind} {name} on ({keys}){condition}{other}"), make)
    }

    fn key_list(&self, index: &IndexShape) -> String {
        let keys = index.keys.iter().map(|&at| self.shape.columns[at].name.to_string_lossy());
        keys.collect::<Vec<_>>().join(", ")
    }

    /// Whether an index has this shape, valid or not, with an expression in the place of one of its keys.
    unsafe fn fits(
        &self,
        index: pg_sys::Relation,
        shape: &IndexShape,
        instead: Option<(usize, &str)>,
        columns: &[AttrNumber],
    ) -> bool {
        // SAFETY: the index is open; its arrays have an entry a key.
        unsafe {
            let row = &*(*index).rd_index;
            if (*(*index).rd_rel).relam != pg_sys::BTREE_AM_OID
                || (*(*index).rd_rel).relkind as u8 != pg_sys::RELKIND_INDEX
                || row.indnkeyatts as usize != shape.keys.len()
                || (shape.unique && !(row.indisunique && row.indimmediate))
            {
                return false;
            }
            let numbers = row.indkey.values.as_slice(row.indnkeyatts as usize);
            for (at, &key) in shape.keys.iter().enumerate() {
                let number = match instead {
                    Some((place, _)) if place == at => 0,
                    _ => columns[key],
                };
                let of = self.docs.resolve(self.shape.columns[key].of);
                let class = pg_sys::GetDefaultOpClass(self.types.of(of), pg_sys::BTREE_AM_OID);
                // All enums are compared alike.
                let is_enum = of == Type::Kind;
                let compared = if is_enum { pg_sys::ANYENUMOID } else { self.types.of(of) };
                if numbers[at] != number
                    || *(*index).rd_opfamily.add(at) != pg_sys::get_opclass_family(class)
                    || *(*index).rd_opcintype.add(at) != compared
                    || *(*index).rd_indoption.add(at) != 0
                    || *(*index).rd_indcollation.add(at) != of.collation()
                {
                    return false;
                }
            }
            self.written(index, pg_sys::Anum_pg_index_indpred).as_deref() == shape.predicate
                && self.written(index, pg_sys::Anum_pg_index_indexprs).as_deref()
                    == instead.map(|(_, expression)| expression)
        }
    }

    /// The condition of an index, or its expressions, as the server writes them.
    unsafe fn written(&self, index: pg_sys::Relation, column: u32) -> Option<String> {
        // SAFETY: the index is open.
        unsafe {
            let stored = stored(index, column)?;
            Some(self.deparse(stored.cast()))
        }
    }

    /// An expression over the table's columns, as the server writes it.
    unsafe fn deparse(&self, expression: *mut pg_sys::Node) -> String {
        // SAFETY: an expression as the catalog has it.
        unsafe {
            let context =
                pg_sys::deparse_context_for(self.shape.name.as_ptr(), (*self.relation).rd_id);
            let text = pg_sys::deparse_expression(expression, context, false, false);
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    }
}

/// The condition or the expressions of an index as the catalog has it. The relation cache would give it with its
/// constant parts computed, and so run functions of whoever made the index.
unsafe fn stored(index: pg_sys::Relation, column: u32) -> Option<*mut std::ffi::c_void> {
    let cache = pg_sys::SysCacheIdentifier::INDEXRELID as i32;
    // SAFETY: the index is open; the tuple is released when the text of it has been read.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(cache, (*index).rd_id.into());
        if tuple.is_null() {
            return None;
        }
        let mut is_null = true;
        let column = column as AttrNumber;
        let datum = pg_sys::SysCacheGetAttr(cache, tuple, column, &raw mut is_null);
        let node = (!is_null).then(|| {
            let text = pg_sys::text_to_cstring(datum.cast_mut_ptr());
            pg_sys::stringToNode(text)
        });
        pg_sys::ReleaseSysCache(tuple);
        node
    }
}
