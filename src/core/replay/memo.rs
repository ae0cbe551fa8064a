//! What the passes of a catch-up share: the batch, and what the store has answered so far.
//!
//! Nodes and operations are numbered as they are met, so that what a pass notes about them stands
//! in flat lists ([`PerNode`]) and costs no look-up by id. What was read once is not asked again.

use std::collections::HashMap;

use super::patch::{OpRef, Source};
use super::store::{Store, Track};
use crate::model::{Dot, Key, NodeId};
use crate::model::{Entry, OpKind};

/// A node by number. ROOT and TRASH come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeIx(u32);

impl NodeIx {
    pub(super) const ROOT: NodeIx = NodeIx(0);
    pub(super) const TRASH: NodeIx = NodeIx(1);

    /// Whether it is ROOT or TRASH.
    pub(super) fn is_reserved(self) -> bool {
        self <= Self::TRASH
    }
}

/// An operation by number: those of the batch come first, in canonical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct OpIx(u32);

impl OpIx {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    /// Its name in a patch.
    pub(super) fn in_patch(self) -> OpRef {
        OpRef(self.0)
    }
}

/// A parent, and the operation that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) op: OpIx,
    pub(super) parent: NodeIx,
}

/// An [`Entry`] by numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) op: OpIx,
    pub(super) node: NodeIx,
    pub(super) parent: Option<NodeIx>,
    pub(super) kind: OpKind,
    pub(super) writes_payload: bool,
}

/// A node's row before the batch, by numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) exists: bool,
    pub(super) placed: Option<Place>,
    pub(super) payload: Option<OpIx>,
    /// The first insert.
    pub(super) inserted: Option<OpIx>,
    pub(super) deleted: bool,
    pub(super) tombstone: bool,
}

impl Row {
    pub(super) fn parent(&self) -> Option<NodeIx> {
        self.placed.map(|place| place.parent)
    }
}

/// As much of a node's row before the batch as ways up need, by numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Above {
    pub(super) parent: Option<NodeIx>,
    pub(super) deleted: bool,
    pub(super) tombstone: bool,
}

/// What is known of a node.
#[derive(Debug)]
struct Known {
    id: NodeId,
    row: Option<Row>,
    /// Of its row, if not all of it was read.
    above: Option<Above>,
    was_named: Option<bool>,
}

/// A note for each node, by number.
#[derive(Debug, Default)]
pub(super) struct PerNode<T>(Vec<T>);

impl<T: Clone + Default> PerNode<T> {
    pub(super) fn get(&self, node: NodeIx) -> T {
        self.0.get(node.0 as usize).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, node: NodeIx, value: T) {
        let at = node.0 as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, T::default());
        }
        self.0[at] = value;
    }
}

/// Values for some of the nodes, in the order in which they came.
#[derive(Debug)]
pub(super) struct SomeNodes<T> {
    pub(super) list: Vec<T>,
    /// One more than a node's place in the list; 0 for none.
    places: PerNode<u32>,
}

impl<T> Default for SomeNodes<T> {
    fn default() -> Self {
        Self { list: Vec::new(), places: PerNode::default() }
    }
}

impl<T> SomeNodes<T> {
    /// Where the value of a node stands in the list.
    pub(super) fn place(&self, node: NodeIx) -> Option<usize> {
        (self.places.get(node) as usize).checked_sub(1)
    }

    /// Adds the value of a node that has none, and tells its place.
    pub(super) fn add(&mut self, node: NodeIx, value: T) -> usize {
        self.list.push(value);
        self.places.set(node, self.list.len() as u32);
        self.list.len() - 1
    }
}

/// A side of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Side {
    /// Whether a key lies on this side of another.
    fn has(self, key: Key, of: Key) -> bool {
        match self {
            Self::Before => key < of,
            Self::After => of < key,
        }
    }
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

/// One catch-up's memory of its document.
pub(super) struct Memo<'a, S> {
    pub(super) store: &'a mut S,
    /// The batch in canonical order, reserved operations left out.
    pub(super) batch: Vec<Item>,
    /// Where the operations of the batch stood when they were given to us.
    positions: Vec<usize>,
    head: Option<Key>,
    keys: Vec<Key>,
    older: HashMap<Key, OpIx>,
    nodes: Vec<Known>,
    numbers: HashMap<NodeId, NodeIx>,
    /// The parent that was numbered last: children of one tend to come together.
    last_parent: (NodeId, NodeIx),
    /// The inserts of the batch on nodes that have a row, and those of them that carry a payload, in
    /// order; once somebody asked.
    inserts: Option<HashMap<NodeIx, [Vec<OpIx>; 2]>>,
}

impl<'a, S: Store> Memo<'a, S> {
    pub(super) fn new(store: &'a mut S, entries: &[Entry]) -> Result<Self, S::Error> {
        let mut positions: Vec<usize> =
            (0..entries.len()).filter(|&at| !entries[at].is_reserved()).collect();
        positions.sort_unstable_by_key(|&at| entries[at].key);
        let head = store.head();
        store.check()?;
        let mut memo = Self {
            store,
            batch: Vec::with_capacity(positions.len()),
            keys: positions.iter().map(|&at| entries[at].key).collect(),
            positions: Vec::new(),
            head,
            older: HashMap::new(),
            nodes: Vec::with_capacity(positions.len()),
            numbers: HashMap::with_capacity(positions.len()),
            last_parent: (NodeId::ROOT, NodeIx::ROOT),
            inserts: None,
        };
        memo.number(NodeId::ROOT);
        memo.number(NodeId::TRASH);
        for (op, &at) in positions.iter().enumerate() {
            memo.store.check()?;
            let item = memo.item_at(OpIx(op as u32), &entries[at]);
            memo.batch.push(item);
        }
        memo.positions = positions;
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
            NodeIx(nodes.len() as u32 - 1)
        })
    }

    pub(super) fn id(&self, node: NodeIx) -> NodeId {
        self.nodes[node.0 as usize].id
    }

    pub(super) fn key(&self, op: OpIx) -> Key {
        self.keys[op.index()]
    }

    pub(super) fn dot(&self, op: OpIx) -> Dot {
        self.keys[op.index()].dot
    }

    /// Whether `a` stands before `b`.
    pub(super) fn is_before(&self, a: OpIx, b: OpIx) -> bool {
        self.keys[a.index()] < self.keys[b.index()]
    }

    /// Whether an operation is of the batch.
    pub(super) fn is_new(&self, op: OpIx) -> bool {
        op.index() < self.positions.len()
    }

    /// The keys of the operations met, and where those of the batch stood, for a patch that names
    /// operations by their numbers. Nothing can be asked any more.
    pub(super) fn into_names(self) -> (Vec<Key>, Vec<usize>) {
        (self.keys, self.positions)
    }

    /// An operation as the store knows it.
    pub(super) fn source(&self, op: OpIx) -> Source {
        Source { key: self.key(op), position: self.positions.get(op.index()).copied() }
    }

    fn op_number(&mut self, key: Key) -> OpIx {
        let batch = &self.keys[..self.positions.len()];
        if batch.first().is_some_and(|first| *first <= key)
            && let Ok(at) = batch.binary_search(&key)
        {
            return OpIx(at as u32);
        }
        let keys = &mut self.keys;
        *self.older.entry(key).or_insert_with(|| {
            keys.push(key);
            OpIx(keys.len() as u32 - 1)
        })
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

    fn item(&mut self, entry: &Entry) -> Item {
        let op = self.op_number(entry.key);
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
        self.head.is_some_and(|head| self.keys[op.index()] < head)
    }

    /// The place that a node has just before `before` by its row, where that alone can tell and
    /// is known without asking the store.
    pub(super) fn known_place(&self, node: NodeIx, before: OpIx) -> Option<Option<Place>> {
        let row = match self.nodes[node.0 as usize].row {
            Some(row) => row,
            None if self.head.is_none() => Row::default(),
            None => return None,
        };
        let tells = row.placed.is_none_or(|place| self.is_before(place.op, before));
        tells.then_some(row.placed)
    }

    /// A node's row before the batch.
    pub(super) fn row(&mut self, node: NodeIx) -> Result<Row, S::Error> {
        let known = &self.nodes[node.0 as usize];
        if let Some(row) = known.row {
            return Ok(row);
        }
        let stored = if self.head.is_none() { None } else { self.store.row(known.id)? };
        let row = match stored {
            None => Row::default(),
            Some(row) => Row {
                exists: true,
                placed: row.placed.map(|(key, parent)| Place {
                    op: self.op_number(key),
                    parent: self.number(parent),
                }),
                payload: row.payload.map(|key| self.op_number(key)),
                inserted: row.inserted.map(|key| self.op_number(key)),
                deleted: row.deleted,
                tombstone: row.tombstone,
            },
        };
        self.nodes[node.0 as usize].row = Some(row);
        Ok(row)
    }

    /// What ways up need of a node's row before the batch.
    pub(super) fn above(&mut self, node: NodeIx) -> Result<Above, S::Error> {
        let known = &self.nodes[node.0 as usize];
        if known.row.is_some() || self.head.is_none() {
            let row = self.row(node)?;
            let Row { deleted, tombstone, .. } = row;
            return Ok(Above { parent: row.parent(), deleted, tombstone });
        }
        if let Some(above) = known.above {
            return Ok(above);
        }
        let stored = self.store.above(known.id)?;
        let parent = stored.parent.map(|parent| self.number(parent));
        let above = Above { parent, deleted: stored.deleted, tombstone: stored.tombstone };
        self.nodes[node.0 as usize].above = Some(above);
        Ok(above)
    }

    /// A node's parent before the batch, where it is known without asking the store.
    pub(super) fn known_parent(&self, node: NodeIx) -> Option<Option<NodeIx>> {
        let known = &self.nodes[node.0 as usize];
        match (known.row, known.above) {
            (Some(row), _) => Some(row.parent()),
            (None, Some(above)) => Some(above.parent),
            (None, None) => self.head.is_none().then_some(None),
        }
    }

    /// Reads the rows of all nodes that the batch is about, in their order in storage: many
    /// neighbours at once cost less than one here and one there.
    pub(super) fn read_rows(&mut self) -> Result<(), S::Error> {
        if self.head.is_none() || self.batch.len() < 2 {
            return Ok(());
        }
        let mut nodes: Vec<NodeIx> = self.batch.iter().map(|item| item.node).collect();
        nodes.sort_unstable_by_key(|&node| self.id(node));
        for node in nodes {
            self.row(node)?;
        }
        Ok(())
    }

    /// Whether it is known, without asking the store, that no older operation put anything below
    /// `node`.
    pub(super) fn was_surely_not_named(&self, node: NodeIx) -> bool {
        self.head.is_none() || self.nodes[node.0 as usize].was_named == Some(false)
    }

    /// Whether any older operation put something below `node`, or tried to.
    pub(super) fn was_named(&mut self, node: NodeIx) -> Result<bool, S::Error> {
        if self.head.is_none() {
            return Ok(false);
        }
        if let Some(was_named) = self.nodes[node.0 as usize].was_named {
            return Ok(was_named);
        }
        // As a rule the first that names it tells, unless only the batch does.
        let was_named = self.naming(node, &mut Naming { from: 0, most: 1 })?.is_some();
        self.nodes[node.0 as usize].was_named = Some(was_named);
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

    /// The next operation of a track after `op`, all inserts included. On a node without a row, where
    /// nothing is older than the batch, there is none that anybody asks for.
    pub(super) fn next(
        &mut self,
        node: NodeIx,
        track: Track,
        op: OpIx,
    ) -> Result<Option<Item>, S::Error> {
        if !self.row(node)?.exists {
            return Ok(None);
        }
        self.nearest(node, track, self.key(op), Side::After)
    }

    /// The first operation of a track, all inserts included.
    pub(super) fn first(&mut self, node: NodeIx, track: Track) -> Result<Option<Item>, S::Error> {
        self.nearest(node, track, Key::MIN, Side::After)
    }

    /// The last operation of a track before `op`, all inserts included.
    pub(super) fn prev(
        &mut self,
        node: NodeIx,
        track: Track,
        op: OpIx,
    ) -> Result<Option<Item>, S::Error> {
        self.nearest(node, track, self.key(op), Side::Before)
    }

    /// The nearest operation of a track on one side of a key: out of what the store has, the first
    /// insert, and those of the batch.
    fn nearest(
        &mut self,
        node: NodeIx,
        track: Track,
        key: Key,
        side: Side,
    ) -> Result<Option<Item>, S::Error> {
        let entry = match side {
            Side::After => self.store.next(self.id(node), track, key)?,
            Side::Before => self.store.prev(self.id(node), track, key)?,
        };
        if let Some(entry) = &entry
            && !side.has(entry.key, key)
        {
            let problem = format!("operation {} is out of order", entry.key);
            return Err(self.store.contradiction(problem));
        }
        let mut nearest = entry.map(|entry| self.item(&entry));
        if track == Track::Deletion {
            return Ok(nearest);
        }
        let first = self.row(node)?.inserted;
        for op in first.into_iter().chain(self.insert_of_batch(node, track, key, side)?) {
            let found = self.key(op);
            let is_nearer = nearest.is_none_or(|it| side.has(self.key(it.op), found));
            if side.has(found, key) && is_nearer {
                let item = self.op(op)?;
                if track == Track::Structure || item.writes_payload {
                    nearest = Some(item);
                }
            }
        }
        Ok(nearest)
    }

    /// The nearest insert of the batch.
    fn insert_of_batch(
        &mut self,
        node: NodeIx,
        track: Track,
        key: Key,
        side: Side,
    ) -> Result<Option<OpIx>, S::Error> {
        if self.inserts.is_none() {
            let mut inserts: HashMap<NodeIx, [Vec<OpIx>; 2]> = HashMap::new();
            for at in 0..self.batch.len() {
                self.store.check()?;
                let item = self.batch[at];
                if item.kind == OpKind::Insert && self.row(item.node)?.exists {
                    let [all, with_payload] = inserts.entry(item.node).or_default();
                    all.push(item.op);
                    with_payload.extend(item.writes_payload.then_some(item.op));
                }
            }
            self.inserts = Some(inserts);
        }
        let inserts = self.inserts.as_ref().and_then(|inserts| inserts.get(&node));
        let Some([all, with_payload]) = inserts else { return Ok(None) };
        let ops = if track == Track::Structure { all } else { with_payload };
        Ok(match side {
            Side::After => ops.get(ops.partition_point(|&op| self.key(op) <= key)).copied(),
            Side::Before => {
                let at = ops.partition_point(|&op| self.key(op) < key);
                at.checked_sub(1).map(|at| ops[at])
            }
        })
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
        let mut at = match before {
            Some(before) if !self.is_before(last.op, before) => before,
            _ => return Ok(Some(last).filter(|place| self.is_above(place.op, floor))),
        };
        while let Some(Item { op, parent: Some(parent), .. }) =
            self.prev(node, Track::Structure, at)?
        {
            if !self.is_above(op, floor) {
                break;
            }
            if !self.was_ignored(node, op)? {
                return Ok(Some(Place { op, parent }));
            }
            at = op;
        }
        Ok(None)
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
        Ok(refs.into_iter().map(|key| self.op_number(key)).collect())
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
