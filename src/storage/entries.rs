//! Index entries of new rows on their way into their indexes, in the order in which they stand there.
//!
//! Rows come in the order of their operations, which spreads their entries all over an index: each then finds its page
//! in no cache. Brought in order, neighbours go to one page, one after the other. The order is about: what it
//! misses costs time, and nothing else.

use pgrx::pg_sys::{self, Datum};

use crate::memory;
use crate::server;
use crate::storage::expression::{evaluate, row_context};

/// So many words of entries are gathered for an index: 4 MB, some 60,000 entries.
const MOST_WORDS: usize = 1 << 19;

/// Where the size of an entry stands in its header, and whether it has NULLs.
const SIZE: u16 = pg_sys::INDEX_SIZE_MASK as u16;
const NULLS: u16 = pg_sys::INDEX_NULL_MASK as u16;

/// The entries that rows of a table have in one index.
#[derive(Debug, Default)]
struct OfIndex {
    words: Vec<u64>,
    /// Where each begins.
    starts: Vec<u32>,
    /// So many of the first bytes are the same in all of them.
    common: usize,
    /// Whether to leave them in the order in which they came: numbers do not stand in entries as they sort.
    as_they_came: bool,
}

/// The entries that rows of a table have in its indexes, index by index.
#[derive(Debug)]
pub struct Entries(Vec<OfIndex>);

/// # Safety
/// The indexes are open, and stay.
unsafe fn indexes(
    result: *mut pg_sys::ResultRelInfo,
) -> impl Iterator<Item = (pg_sys::Relation, *mut pg_sys::IndexInfo)> {
    // SAFETY: by the caller's promise; there are so many of both.
    (0..unsafe { (*result).ri_NumIndices } as usize).map(move |at| unsafe {
        (*(*result).ri_IndexRelationDescs.add(at), *(*result).ri_IndexRelationInfo.add(at))
    })
}

impl Entries {
    /// Those of a table, if they may be gathered: where all its indexes are btrees that are checked at once.
    ///
    /// # Safety
    /// The indexes are open.
    pub unsafe fn of(result: *mut pg_sys::ResultRelInfo) -> Option<Self> {
        // SAFETY: by the caller's promise.
        let may = unsafe {
            indexes(result).all(|(index, info)| {
                let (class, shape) = (&*(*index).rd_rel, &*(*index).rd_index);
                let is_put_off = shape.indisunique && !shape.indimmediate;
                class.relam == pg_sys::BTREE_AM_OID
                    && (*info).ii_ExclusionOps.is_null()
                    && !is_put_off
            })
        };
        // SAFETY: as above.
        may.then(|| unsafe { Self(indexes(result).map(|it| OfIndex::new(it.0)).collect()) })
    }

    /// Takes the entries of a row that has just been written.
    ///
    /// # Safety
    /// Relation and indexes are open, and are those of all rows; the slot holds the row.
    pub unsafe fn push(
        &mut self,
        result: *mut pg_sys::ResultRelInfo,
        row: *mut pg_sys::TupleTableSlot,
        estate: *mut pg_sys::EState,
    ) {
        let mut values = [Datum::from(0usize); pg_sys::INDEX_MAX_KEYS as usize];
        let mut nulls = [true; pg_sys::INDEX_MAX_KEYS as usize];
        // SAFETY: by the caller's promise; an index has no more columns than that.
        unsafe {
            let context = row_context(estate);
            (*context).ecxt_scantuple = row;
            let old = pg_sys::MemoryContextSwitchTo((*context).ecxt_per_tuple_memory);
            for ((index, info), entries) in indexes(result).zip(&mut self.0) {
                if !(*info).ii_ReadyForInserts || !is_of(info, estate) {
                    continue;
                }
                pg_sys::FormIndexDatum(info, row, estate, values.as_mut_ptr(), nulls.as_mut_ptr());
                let shape = (*index).rd_att;
                let entry =
                    pg_sys::index_form_tuple(shape, values.as_mut_ptr(), nulls.as_mut_ptr());
                (*entry).t_tid = (*row).tts_tid;
                entries.push(entry);
                if entries.words.len() >= MOST_WORDS {
                    entries.write(index, info, (*result).ri_RelationDesc, estate);
                }
            }
            pg_sys::MemoryContextSwitchTo(old);
        }
    }

    /// Writes those that are left.
    ///
    /// # Safety
    /// Relation and indexes are open, and are those of all rows.
    pub unsafe fn write(
        &mut self,
        result: *mut pg_sys::ResultRelInfo,
        estate: *mut pg_sys::EState,
    ) {
        // SAFETY: by the caller's promise.
        unsafe {
            for ((index, info), entries) in indexes(result).zip(&mut self.0) {
                entries.write(index, info, (*result).ri_RelationDesc, estate);
            }
        }
    }
}

impl OfIndex {
    /// # Safety
    /// The index is open.
    unsafe fn new(index: pg_sys::Relation) -> Self {
        // SAFETY: by the caller's promise.
        let columns = unsafe { server::columns((*index).rd_att) };
        let as_they_came = columns.skip(1).any(|it| it.attbyval && it.attlen > 1);
        Self { as_they_came, ..Self::default() }
    }

    /// # Safety
    /// It is an entry.
    unsafe fn push(&mut self, entry: pg_sys::IndexTuple) {
        let at = self.words.len();
        // SAFETY: an entry takes whole words, as many as its header says.
        unsafe {
            let size = usize::from((*entry).t_info & SIZE);
            let words = std::slice::from_raw_parts(entry.cast::<u64>(), size / size_of::<u64>());
            self.words.extend_from_slice(words);
        }
        self.starts.push(at as u32);
        if !self.as_they_came {
            let (first, last) = (self.bytes(self.starts[0]), self.bytes(at as u32));
            let most = if at == 0 { last.len() } else { self.common };
            self.common = first.iter().zip(last).take(most).take_while(|(a, b)| a == b).count();
        }
    }

    /// The first bytes of the entry that begins there which are not the same in all, as they sort.
    fn first_bytes(&self, start: u32) -> u64 {
        let bytes = self.bytes(start).get(self.common..).unwrap_or_default();
        let (mut first, length) = ([0; 8], bytes.len().min(8));
        first[..length].copy_from_slice(&bytes[..length]);
        u64::from_be_bytes(first)
    }

    /// The values of the entry that begins there, as they are stored.
    fn bytes(&self, start: u32) -> &[u8] {
        let words = &self.words[start as usize..];
        // SAFETY: what `push` has put there: header, where there are NULLs which, and values.
        unsafe {
            let entry = words.as_ptr().cast::<pg_sys::IndexTupleData>();
            let size = usize::from((*entry).t_info & SIZE);
            let header = if (*entry).t_info & NULLS == 0 { 8 } else { 16 };
            let all = std::slice::from_raw_parts(words.as_ptr().cast::<u8>(), size);
            &all[header.min(size)..]
        }
    }

    /// # Safety
    /// All is open, and they are entries of that index.
    unsafe fn write(
        &mut self,
        index: pg_sys::Relation,
        info: *mut pg_sys::IndexInfo,
        table: pg_sys::Relation,
        estate: *mut pg_sys::EState,
    ) {
        let mut order = std::mem::take(&mut self.starts);
        if !self.as_they_came {
            order.sort_by_cached_key(|&start| self.first_bytes(start));
        }
        let mut values = [Datum::from(0usize); pg_sys::INDEX_MAX_KEYS as usize];
        let mut nulls = [true; pg_sys::INDEX_MAX_KEYS as usize];
        // SAFETY: by the caller's promise; what is allocated on the way goes with the row context.
        unsafe {
            let row_memory = (*row_context(estate)).ecxt_per_tuple_memory;
            let unique = match (*(*index).rd_index).indisunique {
                true => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_YES,
                false => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_NO,
            };
            let old = pg_sys::MemoryContextSwitchTo(row_memory);
            for start in order {
                memory::check();
                let entry = self.words.as_mut_ptr().add(start as usize).cast();
                let (values, nulls) = (values.as_mut_ptr(), nulls.as_mut_ptr());
                pg_sys::index_deform_tuple(entry, (*index).rd_att, values, nulls);
                let place = &raw mut (*entry).t_tid;
                pg_sys::index_insert(index, values, nulls, place, table, unique, false, info);
                pg_sys::MemoryContextReset(row_memory);
            }
            pg_sys::MemoryContextSwitchTo(old);
        }
        *self = Self { as_they_came: self.as_they_came, ..Self::default() };
    }
}

/// Whether an index, which may be partial, is of the row in the row context.
///
/// # Safety
/// As for [`Entries::push`].
unsafe fn is_of(info: *mut pg_sys::IndexInfo, estate: *mut pg_sys::EState) -> bool {
    // SAFETY: by the caller's promise; the predicate is made ready once, for as long as the executor state.
    unsafe {
        if (*info).ii_Predicate.is_null() {
            return true;
        }
        if (*info).ii_PredicateState.is_null() {
            (*info).ii_PredicateState = pg_sys::ExecPrepareQual((*info).ii_Predicate, estate);
        }
        let (holds, is_null) = evaluate((*info).ii_PredicateState, estate);
        !is_null && holds.value() != 0
    }
}
