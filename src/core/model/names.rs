//! Names by number.

use std::collections::HashMap;
use std::hash::Hash;

use super::hash::Keyed;

/// Names by number, each kept once. What has one name tends to come together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names<N: Eq + Hash> {
    numbers: HashMap<N, u32, Keyed>,
    names: Vec<N>,
    /// The one asked for last.
    last: u32,
}

impl<N: Eq + Hash> Default for Names<N> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), names: Vec::new(), last: 0 }
    }
}

impl<N: Clone + Eq + Hash> Names<N> {
    /// The number of a name, which may be a new one: `is` tells it from others, and `name` makes it where that is
    /// needed.
    pub fn number(&mut self, is: impl Fn(&N) -> bool, name: impl FnOnce() -> N) -> u32 {
        if !self.names.get(self.last as usize).is_some_and(is) {
            let (name, next) = (name(), self.names.len() as u32);
            self.last = *self.numbers.entry(name.clone()).or_insert(next);
            if self.last == next {
                self.names.push(name);
            }
        }
        self.last
    }

    /// The name of this number.
    pub fn name(&self, number: u32) -> &N {
        &self.names[number as usize]
    }
}
