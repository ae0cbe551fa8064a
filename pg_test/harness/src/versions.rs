//! Which rows were written, told from `ctid` and `xmin` of all rows before and after: that sees rows
//! replaced by equal ones too, and owes nothing to how they were written.

use std::collections::HashMap;

use treecrdt_testing::replica::Written;

/// The row versions of `nodes`, `other_refs`, `ignored` and `reinserts`, by key.
#[derive(Debug, Default)]
pub struct Versions(pub [HashMap<String, String>; 4]);

impl Versions {
    /// How many rows were added, removed or replaced since `before`.
    pub fn written_since(&self, before: &Self) -> Written {
        let [nodes, refs, ignored, again] = [0, 1, 2, 3].map(|table: usize| {
            let (before, after) = (&before.0[table], &self.0[table]);
            let gone = before.keys().filter(|key| !after.contains_key(*key)).count();
            gone + after.iter().filter(|(key, at)| before.get(*key) != Some(at)).count()
        });
        Written { nodes, refs, ignored, again }
    }
}
