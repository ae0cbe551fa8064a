//! Local writes: what a person does to a tree, as operations that are minted here.
//!
//! | | |
//! | --- | --- |
//! | [`functions`] | insert_node, move_node, set_payload, delete_node, restore_node |
//! | [`trees`] | import_json, copy_tree |
//! | [`undo`] | undo |
//! | [`keys`] | order_key_between, order_keys_between |
//! | [`draft`] | a document that is locked, and the operations that are being minted for it |
//! | [`place`] | between which siblings, and what has to make room |
//! | [`way`] | from a node up to ROOT, and what is in the way |
//! | [`replica`], [`random`] | who mints; what is left to chance |
//!
//! **Rights.** Who may INSERT into `ops` may edit: the operations are inserted by a statement with the
//! caller's rights, so that policies, triggers and defaults of `ops` hold. What has to be known for them (parents, siblings, the
//! last counter) is read whoever may see it; an error can tell that a node is there.
//!
//! **The order is: lock, catch up, read, insert.** The document is locked before anything is read, so all
//! edits of it come one after the other, and what waits is caught up first.

mod draft;
mod functions;
mod keys;
mod place;
mod random;
mod replica;
mod trees;
mod undo;
mod way;
