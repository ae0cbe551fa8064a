//! What the passes of a catch-up share: the batch, and what the store has answered so far.
//!
//! Nodes and operations are numbered as they are met, so that what a pass notes about them stands
//! in flat lists ([`PerNode`](super::numbers::PerNode)) and costs no look-up by id. What was read once is not asked again.

use std::collections::HashMap;

use super::entries::{Entries, Keys, Source};
use super::numbers::{Above, Item, NodeIx, OpIx, PerNode, Place, Row};
use super::store::{self, Store, Track};
use crate::model::{Dot, Entry, Key, Keyed, NodeId, NodeMap};

/// What is known of a node.
#[derive(Debug)]
struct Known {
    id: NodeId,
    row: Option<Row>,
    /// Of its row, if not all of it was read.
    above: Option<Above>,
    was_named: Option<bool>,
}

/// A look through the operations that name a parent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Naming {
    /// So many have been looked at.
    from: usize,
    /// So many are asked for next.
    most: usize,
}

impl Naming {
    /// So many are asked for at a time.
    const MOST: usize = 256;
}

impl Default for Naming {
    fn default() -> Self {
        Self { from: 0, most: 4 }
    }
}

/// A stretch of a node's timeline with one place, as [`Memo::place_before`] has it.
#[derive(Debug, Clone, Copy)]
struct Span {
    place: Option<Place>,
    /// The last moment that is known to belong to it.
    until: OpIx,
}

/// One catch-up's memory of its document.
pub(super) struct Memo<'a, S> {
    pub(super) store: &'a mut S,
    /// The batch in canonical order, reserved operations left out.
    pub(super) batch: Vec<Item>,
    head: Option<Key>,
    keys: Keys,
    nodes: Vec<Known>,
    numbers: NodeMap<NodeIx>,
    /// Where nodes had another place than they have by their rows: what was found of it last.
    spans: PerNode<Option<Span>>,
    /// The parent that was numbered last: children of one tend to come together.
    last_parent: (NodeId, NodeIx),
    /// The inserts of the batch on nodes that have a row, and those of them that carry a payload, in
    /// order; once somebody asked.
    pub(super) inserts: Option<HashMap<NodeIx, [Vec<OpIx>; 2]>>,
}

impl<'a, S: Store> Memo<'a, S> {
    pub(super) fn new(store: &'a mut S, entries: Entries) -> Result<Self, S::Error> {
        let keys = Keys::of(entries);
        let count = keys.in_batch();
        let head = store.head();
        store.check()?;
        let mut memo = Self {
            store,
            batch: Vec::with_capacity(count),
            keys,
            head,
            nodes: Vec::with_capacity(count),
            numbers: NodeMap::with_capacity_and_hasher(count, Keyed::default()),
            spans: PerNode::default(),
            last_parent: (NodeId::ROOT, NodeIx::ROOT),
            inserts: None,
        };
        memo.number(NodeId::ROOT);
        memo.number(NodeId::TRASH);
        for op in (0..count).map(OpIx::new) {
            memo.store.check()?;
            let entry = memo.keys.entry(op);
            let item = memo.item_at(op, &entry);
            memo.batch.push(item);
        }
        Ok(memo)
    }

    /// Ends a walk along parents that has met more nodes than there are: they go in a circle.
    pub(super) fn must_end(&self, steps: usize, at: NodeIx) -> Result<(), S::Error> {
        if steps <= self.nodes.len() {
            return Ok(());
        }
        Err(self.store.contradiction(format!("node {} is below itself", self.id(at))))
    }

    /// The number of a node.
    pub(super) fn number(&mut self, id: NodeId) -> NodeIx {
        let nodes = &mut self.nodes;
        *self.numbers.entry(id).or_insert_with(|| {
            nodes.push(Known { id, row: None, above: None, was_named: None });
            NodeIx::new(nodes.len() - 1)
        })
    }

    /// How many nodes were met.
    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn id(&self, node: NodeIx) -> NodeId {
        self.nodes[node.index()].id
    }

    pub(super) fn key(&self, op: OpIx) -> Key {
        self.keys.key(op)
    }

    pub(super) fn dot(&self, op: OpIx) -> Dot {
        self.keys.key(op).dot
    }

    /// Whether `a` stands before `b`.
    pub(super) fn is_before(&self, a: OpIx, b: OpIx) -> bool {
        self.keys.is_before(a, b)
    }

    /// Whether an operation is of the batch.
    pub(super) fn is_new(&self, op: OpIx) -> bool {
        self.keys.is_new(op)
    }

    /// The keys of the operations met, for a patch that names operations by their numbers. Nothing
    /// can be asked any more.
    pub(super) fn into_keys(self) -> Keys {
        self.keys
    }

    /// An operation as the store knows it.
    pub(super) fn source(&self, op: OpIx) -> Source {
        self.keys.source(op)
    }

    fn item_at(&mut self, op: OpIx, entry: &Entry) -> Item {
        let node = self.number(entry.node);
        let parent = entry.parent.map(|parent| {
            if self.last_parent.0 != parent {
                self.last_parent = (parent, self.number(parent));
            }
            self.last_parent.1
        });
        Item { op, node, parent, kind: entry.kind, writes_payload: entry.writes_payload }
    }

    pub(super) fn item(&mut self, entry: &Entry) -> Item {
        let op = self.keys.number(entry.key);
        self.item_at(op, entry)
    }

    /// An operation in the log.
    pub(super) fn op(&mut self, op: OpIx) -> Result<Item, S::Error> {
        match self.batch.get(op.index()) {
            Some(item) => Ok(*item),
            None => {
                let entry = self.store.entry(self.key(op))?;
                Ok(self.item_at(op, &entry))
            }
        }
    }

    /// Whether an older operation can stand after `op`.
    pub(super) fn has_later(&self, op: OpIx) -> bool {
        self.head.is_some_and(|head| self.keys.is_before_key(op, &head))
    }

    /// The place that a node had in the old world just before `before`, where that is known without
    /// asking the store.
    pub(super) fn known_place(&self, node: NodeIx, before: OpIx) -> Option<Option<Place>> {
        let row = match self.nodes[node.index()].row {
            Some(row) => row,
            None if self.head.is_none() => Row::default(),
            None => return None,
        };
        let tells = row.placed.is_none_or(|place| self.is_before(place.op, before));
        if tells { Some(row.placed) } else { self.span(node, before) }
    }

    /// What [`Memo::place_before`] gives, if what was found last tells.
    fn span(&self, node: NodeIx, before: OpIx) -> Option<Option<Place>> {
        let Span { place, until } = self.spans.get(node)?;
        let holds =
            self.is_above(before, place.map(|place| place.op)) && !self.is_before(until, before);
        holds.then_some(place)
    }

    /// A node's row before the batch.
    pub(super) fn row(&mut self, node: NodeIx) -> Result<Row, S::Error> {
        let known = &self.nodes[node.index()];
        if let Some(row) = known.row {
            return Ok(row);
        }
        let stored = if self.head.is_none() { None } else { self.store.row(known.id)? };
        let row = match stored {
            None => Row::default(),
            Some(row) => Row {
                exists: true,
                placed: row.placed.map(|(key, parent)| Place {
                    op: self.keys.number(key),
                    parent: self.number(parent),
                }),
                payload: row.payload.map(|key| self.keys.number(key)),
                inserted: row.inserted.map(|key| self.keys.number(key)),
                deleted: row.deleted,
                tombstone: row.tombstone,
            },
        };
        self.nodes[node.index()].row = Some(row);
        Ok(row)
    }

    /// What ways up need of a node's row before the batch.
    pub(super) fn above(&mut self, node: NodeIx) -> Result<Above, S::Error> {
        let known = &self.nodes[node.index()];
        if known.row.is_some() || self.head.is_none() {
            let row = self.row(node)?;
            let Row { deleted, tombstone, .. } = row;
            return Ok(Above { parent: row.parent(), deleted, tombstone });
        }
        if let Some(above) = known.above {
            return Ok(above);
        }
        let stored = self.store.above(known.id)?;
        Ok(self.keep_above(node, stored))
    }

    fn keep_above(&mut self, node: NodeIx, stored: store::Above) -> Above {
        let parent = stored.parent.map(|parent| self.number(parent));
        let above = Above { parent, deleted: stored.deleted, tombstone: stored.tombstone };
        self.nodes[node.index()].above = Some(above);
        above
    }

    /// A node's parent before the batch, where it is known without a look into storage.
    pub(super) fn known_parent(&mut self, node: NodeIx) -> Option<Option<NodeIx>> {
        let known = &self.nodes[node.index()];
        match (known.row, known.above) {
            (Some(row), _) => Some(row.parent()),
            (None, Some(above)) => Some(above.parent),
            (None, None) if self.head.is_none() => Some(None),
            (None, None) => {
                let stored = self.store.known_above(known.id)?;
                Some(self.keep_above(node, stored).parent)
            }
        }
    }

    /// Reads the rows of all nodes that the batch is about, and whether those were named that late
    /// operations put somewhere, in their order in storage: many neighbours at once cost less than one
    /// here and one there.
    pub(super) fn read_rows(&mut self) -> Result<(), S::Error> {
        if self.head.is_none() || self.batch.len() < 2 {
            return Ok(());
        }
        for node in self.in_storage_order(|_| true) {
            self.row(node)?;
        }
        for node in self.in_storage_order(|item| item.parent.is_some() && self.has_later(item.op)) {
            self.was_named(node)?;
        }
        Ok(())
    }

    /// The nodes that some operations of the batch are about.
    fn in_storage_order(&self, which: impl Fn(&Item) -> bool) -> Vec<NodeIx> {
        let items = self.batch.iter().filter(|item| which(item));
        let mut nodes: Vec<NodeIx> = items.map(|item| item.node).collect();
        nodes.sort_unstable_by_key(|&node| self.id(node));
        nodes
    }

    /// Whether it is known, without asking the store, that no older operation put anything below
    /// `node`.
    pub(super) fn was_surely_not_named(&self, node: NodeIx) -> bool {
        self.head.is_none() || self.nodes[node.index()].was_named == Some(false)
    }

    /// Whether any older operation put something below `node`, or tried to.
    pub(super) fn was_named(&mut self, node: NodeIx) -> Result<bool, S::Error> {
        if self.head.is_none() {
            return Ok(false);
        }
        if let Some(was_named) = self.nodes[node.index()].was_named {
            return Ok(was_named);
        }
        // As a rule the first that names it tells, unless only the batch does.
        let was_named = self.naming(node, &mut Naming { from: 0, most: 1 })?.is_some();
        self.nodes[node.index()].was_named = Some(was_named);
        Ok(was_named)
    }

    /// Some of the older operations that name `parent`, from there on where the last look ended;
    /// `None` if there are no more.
    pub(super) fn naming(
        &mut self,
        parent: NodeIx,
        look: &mut Naming,
    ) -> Result<Option<Vec<Item>>, S::Error> {
        if self.head.is_none() || parent == NodeIx::TRASH {
            return Ok(None);
        }
        loop {
            self.store.check()?;
            let entries = self.store.naming(self.id(parent), look.from, look.most)?;
            if entries.is_empty() {
                return Ok(None);
            }
            look.from += entries.len();
            look.most = Naming::MOST.min(look.most * 4);
            let items: Vec<Item> = entries.iter().map(|entry| self.item(entry)).collect();
            let older: Vec<Item> = items.into_iter().filter(|item| !self.is_new(item.op)).collect();
            if !older.is_empty() {
                return Ok(Some(older));
            }
        }
    }

    /// Whether an older structural operation was ignored before the batch.
    pub(super) fn was_ignored(&mut self, node: NodeIx, op: OpIx) -> Result<bool, S::Error> {
        self.store.is_ignored(self.id(node), self.key(op))
    }

    /// The place that `node` had in the old world just before `before` (at the end if `None`), if
    /// the op that gave it stands after `floor`.
    pub(super) fn old_place(
        &mut self,
        node: NodeIx,
        floor: Option<OpIx>,
        before: Option<OpIx>,
    ) -> Result<Option<Place>, S::Error> {
        let Some(last) = self.row(node)?.placed else { return Ok(None) };
        let place = match before {
            Some(before) if !self.is_before(last.op, before) => self.place_before(node, before)?,
            _ => Some(last),
        };
        Ok(place.filter(|place| self.is_above(place.op, floor)))
    }

    /// The place that the last operation before `before` gave which is not marked ignored: one of the old
    /// world, or of the batch, which is not above the floor of who asks. Who climbs from many late
    /// operations asks about the nodes high up again and again, from the first moment to the last: so
    /// from the second question on it is found out how long an answer holds, and nobody looks back
    /// farther than to where the last one ended.
    fn place_before(&mut self, node: NodeIx, before: OpIx) -> Result<Option<Place>, S::Error> {
        if let Some(place) = self.span(node, before) {
            return Ok(place);
        }
        let known = self.spans.get(node);
        let earlier = known.filter(|span| self.is_before(span.until, before));
        let mut at = before;
        let place = loop {
            let step = self.prev(node, Track::Structure, at)?;
            let Some(Item { op, parent: Some(parent), .. }) = step else { break None };
            if let Some(span) = earlier.filter(|span| self.is_before(op, span.until)) {
                break span.place;
            }
            if !self.was_ignored(node, op)? {
                break Some(Place { op, parent });
            }
            at = op;
        };
        let is_of_another = self.batch.get(before.index()).is_some_and(|item| item.node != node);
        let next = match known {
            Some(_) if is_of_another => self.next(node, Track::Structure, before)?,
            _ => None,
        };
        let until = next.map_or(before, |next| next.op);
        self.spans.set(node, Some(Span { place, until }));
        Ok(place)
    }

    /// Whether `op` stands after `floor`, if there is one.
    pub(super) fn is_above(&self, op: OpIx, floor: Option<OpIx>) -> bool {
        floor.is_none_or(|floor| self.is_before(floor, op))
    }

    /// Some of the other op refs of `parent` after `op`: none only where there are none.
    pub(super) fn refs(
        &mut self,
        parent: NodeIx,
        after: Option<OpIx>,
    ) -> Result<Vec<OpIx>, S::Error> {
        if self.head.is_none() {
            return Ok(Vec::new());
        }
        let after = after.map_or(Key::MIN, |op| self.key(op));
        let refs = self.store.refs(self.id(parent), after)?;
        if refs.first().is_some_and(|first| *first <= after) {
            let problem = format!("op refs of node {} are out of order", self.id(parent));
            return Err(self.store.contradiction(problem));
        }
        Ok(refs.into_iter().map(|key| self.keys.number(key)).collect())
    }

    /// The nodes whose parent was `node` before the batch.
    pub(super) fn children(&mut self, node: NodeIx) -> Result<Vec<NodeIx>, S::Error> {
        if self.head.is_none() {
            return Ok(Vec::new());
        }
        let children = self.store.children(self.id(node))?;
        Ok(children.into_iter().map(|child| self.number(child)).collect())
    }
}
