//! A peer that edits its document, and holds each function to what it promises.

use std::collections::BTreeMap;

use harness::forest::Forest;
use postgres::Client;
use treecrdt_testing::history::Random;

use super::moment::{Moment, Seen};
use super::{DOC, ROOT};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Insert,
    Move,
    Payload,
    Delete,
    Restore,
    Copy,
    Import,
}

pub struct Peer {
    pub forest: Forest,
    /// How long an order key may be.
    longest: i32,
}

impl Peer {
    pub fn create(seed: u64, at: usize, longest: i32) -> Self {
        let mut forest = Forest::create(&format!("edits_{}_{at}", seed % 1_000_000));
        let set = format!("SET treecrdt.replica = 'peer {at}'");
        forest.client.batch_execute(&set).expect("a setting");
        if longest > 1536 {
            let schema = forest.schema().to_owned();
            let index = format!(
                "DROP INDEX {schema}.nodes_children;
                 CREATE INDEX ON {schema}.nodes (doc, parent, substr(order_key, 1, 1537), node)"
            );
            forest.client.batch_execute(&index).expect("an index");
        }
        Self { forest, longest }
    }

    pub fn client(&mut self) -> &mut Client {
        &mut self.forest.client
    }

    /// Takes a share, in percent, of what another has and this one lacks, in an order of its own.
    pub fn fetch(&mut self, from: &str, share: usize) {
        let to = self.forest.schema().to_owned();
        let fetch = format!(
            "INSERT INTO {to}.ops SELECT * FROM treecrdt.ops_since('{from}', '{DOC}', treecrdt.version('{to}', '{DOC}'))
             WHERE random() * 100 < {share} ORDER BY random() ON CONFLICT DO NOTHING"
        );
        self.client().batch_execute(&fetch).expect("operations are taken");
    }

    pub fn moment(&mut self) -> Moment {
        let schema = self.forest.schema().to_owned();
        let mut moment = Moment {
            visible: BTreeMap::new(),
            children: BTreeMap::new(),
            nodes: BTreeMap::new(),
            longest: 0,
        };
        let tree = format!(
            "SELECT node::text, parent::text, convert_from(payload, 'UTF8') FROM treecrdt.tree('{schema}', '{DOC}')"
        );
        for row in self.client().query(&tree, &[]).expect("a tree") {
            let (node, parent): (String, String) = (row.get(0), row.get(1));
            moment.children.entry(parent.clone()).or_default().push(node.clone());
            moment.visible.insert(node, Seen { parent, payload: row.get(2) });
        }
        let in_disorder = format!(
            "SELECT count(*) FROM (SELECT (order_key, node) < lag((order_key, node)) OVER (PARTITION BY parent ORDER BY at) AS it
             FROM treecrdt.tree('{schema}', '{DOC}') WITH ORDINALITY AS t (depth, node, parent, order_key, payload, at)) AS steps WHERE it"
        );
        let count: i64 = self.client().query_one(&in_disorder, &[]).expect("a count").get(0);
        assert_eq!(count, 0, "{schema}: siblings are in disorder");
        let nodes = format!(
            "SELECT node::text, parent::text, tombstone, coalesce(length(order_key), 0) FROM {schema}.nodes WHERE doc = '{DOC}'"
        );
        for row in self.client().query(&nodes, &[]).expect("nodes") {
            moment.longest = moment.longest.max(row.get(3));
            moment.nodes.insert(row.get(0), (row.get(1), row.get(2)));
        }
        moment
    }

    /// A client that mints on its own moves a node somewhere, under a key that others have, too.
    pub fn mint_anyhow(&mut self, random: &mut Random, step: usize) {
        let schema = self.forest.schema().to_owned();
        let keys = ["", "\\x00", "\\x0000", "\\x80", "\\x8000", "\\xffffffffffffffff"];
        let mut key = random.pick(&keys).to_owned();
        if self.longest > 1536 && random.chance(60) {
            let length = random.pick(&[1536, 1537, 1537, 1600, 1600, 40_000]);
            let end = random.pick(&["", "", "00", "7f", "80", "ff"]);
            key = format!("\\x{}{end}", "80".repeat(length));
        }
        let at = random.below(3);
        let parent = [
            "(SELECT node FROM n OFFSET 1 LIMIT 1)",
            "uuid_nil()",
            "(SELECT parent FROM n LIMIT 1)",
        ][at];
        let parent = parent.replace("uuid_nil()", &format!("'{ROOT}'::uuid"));
        let mint = format!(
            "WITH n AS (SELECT node, parent FROM {schema}.nodes WHERE doc = '{DOC}' AND parent IS NOT NULL ORDER BY md5(node::text || '{step}') LIMIT 2)
             INSERT INTO {schema}.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
             SELECT '{DOC}', convert_to(current_setting('treecrdt.replica') || ' itself', 'UTF8'), {step} + 1,
                 (SELECT coalesce(max(lamport), 0) + 1 FROM {schema}.ops), 'move', node, {parent}, '{key}'
             FROM n LIMIT 1 ON CONFLICT DO NOTHING"
        );
        let minted = self.client().batch_execute(&mint);
        // Where there are less than two nodes, there may be no parent.
        if let Err(error) = minted {
            let code = error.code().expect("a SQLSTATE").code().to_owned();
            assert_eq!(code, "23514", "{error}");
        }
    }

    /// The counter of the last operation that this peer has minted.
    pub fn last(&mut self) -> i64 {
        let last = format!(
            "SELECT coalesce(max(counter), 0) FROM {}.ops WHERE replica = current_setting('treecrdt.replica')::bytea",
            self.forest.schema()
        );
        self.client().query_one(&last, &[]).expect("a counter").get(0)
    }

    /// Undoes what was minted after a counter, up to another, which nobody has touched since.
    pub fn undo(&mut self, after: i64, last: i64, context: &str) {
        let schema = self.forest.schema().to_owned();
        let undo = format!(
            "SELECT outcome, (because).counter FROM treecrdt.undo('{schema}', '{DOC}',
                 (SELECT treecrdt.version_vector_agg(current_setting('treecrdt.replica')::bytea, c) FROM generate_series({after} + 1, {last}) c))"
        );
        let rows = self.client().query(&undo, &[]);
        let rows = rows.unwrap_or_else(|error| panic!("{context}: {error:?}"));
        assert_eq!(rows.len() as i64, last - after, "{context}: a row an operation");
    }

    /// Prints the operations: their nodes are random, so a seed does not bring them back.
    fn tell(&mut self) {
        let operations = format!(
            "SELECT concat_ws(' | ', lamport, convert_from(replica, 'UTF8'), counter, kind, node, parent, left(order_key::text, 40),
                 convert_from(payload, 'UTF8'), known_state)
             FROM {}.ops ORDER BY lamport, replica, counter",
            self.forest.schema()
        );
        for row in self.client().query(&operations, &[]).expect("operations") {
            println!("{}", row.get::<_, String>(0));
        }
        println!("{:?}", self.forest.verify(DOC).expect("verify"));
    }

    /// Edits several times, and undoes that: step by step, or all at once. Gives how many edits could be made.
    pub fn spree(&mut self, random: &mut Random, context: &str) -> usize {
        let (mut moments, mut done) = (vec![(self.last(), self.moment())], 0);
        for edit in 0..2 + random.below(5) {
            done += usize::from(self.edit(random, &format!("{context}, edit {edit}")));
            moments.push((self.last(), self.moment()));
        }
        let (mut last, _) = moments.pop().expect("the last");
        let step_by_step = random.chance(60);
        for (at, (after, before)) in moments.into_iter().enumerate().rev() {
            if at > 0 && !step_by_step {
                continue;
            }
            let context = format!("{context}, {after} to {last} undone");
            self.undo(after, last, &context);
            let now = self.moment();
            if now.visible != before.visible {
                self.tell();
            }
            assert_eq!(now.visible, before.visible, "{context}");
            assert_eq!(now.children, before.children, "{context}");
            last = after;
        }
        done
    }

    /// Edits, and checks what was promised. Gives whether it could.
    pub fn edit(&mut self, random: &mut Random, context: &str) -> bool {
        let before = self.moment();
        let any = |random: &mut Random| -> String {
            if random.chance(10) {
                return ROOT.into();
            }
            if random.chance(75) && !before.visible.is_empty() {
                let at = random.below(before.visible.len());
                return before.visible.keys().nth(at).expect("so many").clone();
            }
            let count = before.nodes.len();
            match before.nodes.keys().nth(random.below(count.max(1))) {
                Some(node) if !random.chance(3) => node.clone(),
                _ => format!("{:032x}", random.below(50) + 1),
            }
        };
        use Edit::{Copy, Delete, Import, Insert, Move, Payload, Restore};
        let edit = random.pick(&[
            Insert, Insert, Insert, Insert, Insert, Move, Move, Move, Payload, Delete, Delete,
            Restore, Copy, Import,
        ]);
        let parent = any(random);
        let tombstones: Vec<&String> =
            before.nodes.iter().filter(|(_, (_, it))| *it).map(|(node, _)| node).collect();
        let node = match edit == Restore && !tombstones.is_empty() && random.chance(80) {
            true => tombstones[random.below(tombstones.len())].clone(),
            false => any(random),
        };
        // Where to: nowhere in particular, or beside children of the parent, or of anybody.
        let siblings = before.children.get(&parent).cloned().unwrap_or_default();
        let beside = |random: &mut Random| match (siblings.is_empty(), random.chance(5)) {
            (_, true) => Some(any(random)),
            (true, _) => None,
            _ => Some(siblings[random.below(siblings.len())].clone()),
        };
        let (mut after, mut first, mut ahead) = (None, false, None);
        match random.below(6) {
            0 => first = true,
            1 | 2 => after = beside(random),
            3 => ahead = beside(random),
            4 => (after, ahead) = (beside(random), beside(random)),
            _ => {}
        }
        let place = format!(
            "after => {}, before => {}, place => '{}'",
            literal(&after),
            literal(&ahead),
            if first { "first" } else { "last" }
        );
        let schema = self.forest.schema().to_owned();
        let payload = format!("payload {}", random.below(1000));
        let call = match edit {
            Insert => format!("insert_node('{schema}', '{DOC}', '{parent}', '{payload}', {place})"),
            Move => format!("move_node('{schema}', '{DOC}', '{node}', '{parent}', {place})"),
            Payload => format!("set_payload('{schema}', '{DOC}', '{node}', '{payload}')"),
            Delete => format!("delete_node('{schema}', '{DOC}', '{node}')"),
            Restore => format!("restore_node('{schema}', '{DOC}', '{node}')"),
            Copy => format!("copy_tree('{schema}', '{DOC}', '{node}', '{DOC}', '{parent}')"),
            Import => format!(
                "import_json('{schema}', '{DOC}', '{parent}',
                     '[{{\"payload\": \"{payload}\", \"children\": [{{\"payload\": \"below\"}}]}}]')"
            ),
        };
        let (deferred, last) = (random.chance(10), self.last());
        self.forest.set_deferred(deferred).expect("a setting");
        let answer = self.client().query(&format!("SELECT (treecrdt.{call})::text"), &[]);
        self.forest.set_deferred(false).expect("a setting");
        let context = format!("{context}: {call}");
        let now = self.moment();
        assert!(now.longest <= self.longest, "{context}: a key of {} bytes", now.longest);
        // Whether it can be done.
        let is_child = |it: &Option<String>, moved: Option<&String>| {
            it.as_ref().is_none_or(|it| siblings.contains(it) && Some(it) != moved)
        };
        let both_the_same = after.is_some() && after == ahead;
        let placed = before.nodes.get(&node).is_some_and(|(parent, _)| parent.is_some());
        let may = match edit {
            Insert => {
                before.can_see(&parent)
                    && is_child(&after, None)
                    && is_child(&ahead, None)
                    && !both_the_same
            }
            Move => {
                placed
                    && before.can_see(&parent)
                    && !before.is_below(&parent, &node)
                    && is_child(&after, Some(&node))
                    && is_child(&ahead, Some(&node))
                    && !both_the_same
            }
            Payload => before.can_see(&node),
            Copy => node != ROOT && before.can_see(&node) && before.can_see(&parent),
            Import => before.can_see(&parent),
            Delete => node != ROOT && before.nodes.contains_key(&node),
            Restore => {
                let way = before.way(&node);
                placed
                    && before.nodes[&node].1
                    && way.last().is_some_and(|it| it == ROOT)
                    && way[1..]
                        .iter()
                        .all(|it| before.nodes.get(it).is_none_or(|(_, tombstone)| !tombstone))
            }
        };
        let id = match answer {
            Ok(rows) => {
                assert!(may, "{context}: should have been refused");
                rows[0].get::<_, String>(0)
            }
            Err(error) => {
                let error = error.as_db_error().expect("an error of the server");
                assert!(
                    !may,
                    "{context}: refused with {} {}",
                    error.code().code(),
                    error.message()
                );
                let expected = ["22023", "42704", "55000"].contains(&error.code().code());
                assert!(expected, "{context}: {} {}", error.code().code(), error.message());
                assert_eq!(
                    before.visible, now.visible,
                    "{context}: refused, and something has changed"
                );
                return false;
            }
        };
        let last_child = now.children.get(&parent).and_then(|it| it.last());
        let subject = match edit {
            Insert | Copy => &id,
            Import => last_child.expect("it was made"),
            _ => &node,
        };
        // A copy says the same; it goes last.
        if matches!(edit, Copy | Import) {
            let below = vec![(0, Some(payload.clone())), (1, Some("below".into()))];
            let expected = if edit == Copy { before.contents(&node) } else { below };
            assert_eq!(now.contents(subject), expected, "{context}: what was copied");
            assert_eq!(last_child, Some(subject), "{context}: the place");
        }
        // It is where it was put.
        if matches!(edit, Insert | Move) {
            assert_eq!(
                now.visible.get(subject).map(|it| &it.parent),
                Some(&parent),
                "{context}: the parent"
            );
            let siblings = &now.children[&parent];
            let at = siblings.iter().position(|it| it == subject).expect("among the children");
            let neighbour = |it: &Option<String>, offset: isize| {
                it.as_ref().is_none_or(|it| {
                    at.checked_add_signed(offset).and_then(|at| siblings.get(at)) == Some(it)
                })
            };
            match (&after, &ahead) {
                (None, None) => assert_eq!(
                    at,
                    if first { 0 } else { siblings.len() - 1 },
                    "{context}: the place"
                ),
                (Some(_), Some(ahead)) => {
                    let behind =
                        siblings.iter().position(|it| it == ahead).expect("among the children");
                    assert!(neighbour(&after, -1) && at < behind, "{context}: between two");
                }
                _ => {
                    assert!(neighbour(&after, -1) && neighbour(&ahead, 1), "{context}: beside one")
                }
            }
            // The others are in the order that they had, but for one that had to go behind.
            let others = |of: &[String]| -> Vec<String> {
                of.iter()
                    .filter(|it| *it != subject && Some(*it) != ahead.as_ref())
                    .cloned()
                    .collect()
            };
            let had: &[String] = before.children.get(&parent).map_or(&[], Vec::as_slice);
            assert_eq!(others(had), others(siblings), "{context}: the order of the others");
        }
        if matches!(edit, Insert | Payload) {
            let has = if subject == ROOT {
                Some(payload.clone())
            } else {
                now.visible[subject].payload.clone()
            };
            assert_eq!(has.as_deref(), Some(payload.as_str()), "{context}: the payload");
        }
        if edit == Delete {
            assert!(!now.can_see(subject), "{context}: it is gone");
        }
        if edit == Restore {
            let parent = before.nodes[subject].0.as_ref();
            assert_eq!(
                now.visible.get(subject).map(|it| &it.parent),
                parent,
                "{context}: it is back"
            );
        }
        // Nothing else has come or gone.
        for node in before.visible.keys().chain(now.visible.keys()) {
            let is_the_matter = before.is_below(node, subject) || now.is_below(node, subject);
            if !is_the_matter {
                assert_eq!(before.can_see(node), now.can_see(node), "{context}: {node}");
            }
        }
        if random.chance(40) {
            let minted = self.last();
            self.undo(last, minted, &format!("{context}, undone"));
            let undone = self.moment();
            assert_eq!(undone.visible, before.visible, "{context}, undone");
            assert_eq!(undone.children, before.children, "{context}, undone");
            if random.chance(60) {
                let again = self.last();
                self.undo(minted, again, &format!("{context}, redone"));
                let redone = self.moment();
                assert_eq!(redone.visible, now.visible, "{context}, redone");
                assert_eq!(redone.children, now.children, "{context}, redone");
            }
        }
        true
    }
}

fn literal(node: &Option<String>) -> String {
    node.as_ref().map_or("NULL".into(), |node| format!("'{node}'"))
}
