//! Memory of our own: that running out of it ends the statement, not the server.
//!
//! What Rust allocates comes from the process, not from the server's memory contexts, and Rust
//! answers a refusal with an abort, which restarts every session there is. So:
//!
//! * **Before it is needed**: [`check`], which every loop over data calls, makes sure that the
//!   process can still get twice as much as we hold, and some more. If not, it ends the statement
//!   with 53200, as the server does. Between two checks nothing allocates more than that: a list that
//!   grows doubles, and what is made of something else is no larger than it.
//! * **After all**: if an allocation is refused nevertheless, this session ends (FATAL, 53200), and
//!   no other.
//!
//! Looking costs a system call now and then, not one a check: it is done when what we hold has grown
//! by a quarter of what was known to be free beyond that, and each [`OFTEN`] checks, since the server
//! takes from the same memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use pgrx::{PgMemoryContexts, pg_sys};

use crate::error::Error;

/// What must be free beyond twice of what we hold. More than the C library ever keeps for reuse
/// (32 MB), so that a look goes to the kernel.
const SPARE: usize = 64 << 20;
/// At least each so many checks there is a look.
const OFTEN: usize = 8192;

/// Bytes that we hold.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// Bytes that we held at the last look.
static LOOKED_AT: AtomicUsize = AtomicUsize::new(0);
/// Checks since.
static CHECKS: AtomicUsize = AtomicUsize::new(0);

/// The process's allocator, counted. A backend has one thread, so plain loads and stores count.
struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

// SAFETY: hands everything to the system's allocator; where that refuses, it does not return.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.store(HELD.load(Relaxed).wrapping_add(layout.size()), Relaxed);
        // SAFETY: by the caller's promise.
        or_end_session(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        HELD.store(HELD.load(Relaxed).wrapping_sub(layout.size()), Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        HELD.store(HELD.load(Relaxed).wrapping_add(layout.size()), Relaxed);
        // SAFETY: by the caller's promise.
        or_end_session(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let held = HELD.load(Relaxed).wrapping_sub(layout.size()).wrapping_add(size);
        HELD.store(held, Relaxed);
        // SAFETY: by the caller's promise.
        or_end_session(unsafe { System.realloc(block, layout, size) }, size)
    }
}

fn or_end_session(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        end_session(size)
    }
    block
}

unsafe extern "C" {
    fn errstart_cold(level: c_int, domain: *const c_char) -> bool;
    fn errcode(code: c_int) -> c_int;
    fn errmsg_internal(format: *const c_char, ...) -> c_int;
    fn errfinish(file: *const c_char, line: c_int, function: *const c_char);
}

/// Ends the session. No Rust code runs after it, and nothing is allocated by us on the way.
#[cold]
fn end_session(size: usize) -> ! {
    // SAFETY: the server's own way to report an error; FATAL ends the process.
    unsafe {
        errstart_cold(pg_sys::FATAL as c_int, std::ptr::null());
        errcode(pgrx::PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY as c_int);
        errmsg_internal(c"pg_treecrdt: out of memory on request of %zu bytes".as_ptr(), size);
        errfinish(c"memory.rs".as_ptr(), 0, c"end_session".as_ptr());
    }
    std::process::abort()
}

/// Heeds a cancellation, and makes sure that there is memory to go on. To be called in every loop
/// over data. Does not return if the statement is to end: it unwinds.
#[inline]
pub fn check() {
    pgrx::check_for_interrupts!();
    let checks = CHECKS.load(Relaxed) + 1;
    CHECKS.store(checks, Relaxed);
    let grown = HELD.load(Relaxed).saturating_sub(LOOKED_AT.load(Relaxed));
    if grown > SPARE / 4 || checks >= OFTEN {
        look();
    }
}

#[cold]
fn look() {
    let held = HELD.load(Relaxed);
    if !is_free(held.saturating_mul(2).saturating_add(SPARE)) {
        Error::OutOfMemory { held }.raise();
    }
    LOOKED_AT.store(held, Relaxed);
    CHECKS.store(0, Relaxed);
}

/// Memory of the server's for what is brought in of one row that is stored compressed or elsewhere.
pub struct PerRow(PgMemoryContexts);

impl Default for PerRow {
    fn default() -> Self {
        Self(PgMemoryContexts::new("treecrdt row"))
    }
}

impl PerRow {
    /// Runs `read`, and gives the memory back that the last one took.
    ///
    /// # Safety
    /// Nothing that the server allocates in it, or did the last time, is used after it.
    pub unsafe fn read<T>(&mut self, read: impl FnOnce() -> T) -> T {
        // SAFETY: by the caller's promise.
        unsafe {
            self.0.reset();
            self.0.switch_to(|_| read())
        }
    }
}

/// Whether the process could get so many bytes in one piece. None of them is touched.
fn is_free(bytes: usize) -> bool {
    let Ok(layout) = Layout::from_size_align(bytes, 16) else { return false };
    // SAFETY: a block of some bytes, given back at once.
    unsafe {
        let block = std::hint::black_box(System.alloc(layout));
        if block.is_null() {
            return false;
        }
        System.dealloc(block, layout);
    }
    true
}
