//! Replays the operations by definition, in memory: what a server must come to.

use treecrdt::{Action, Op, VersionVector, reference};

use super::Result;
use super::compare::VisibleNode;
use super::convert::Conversion;
use super::oplog::Change;

/// The visible tree that the operations of a conversion give.
pub fn replay(conversion: &Conversion) -> Result<Vec<VisibleNode>> {
    let ops: Vec<Op> = (1..=conversion.log.len() as u64).map(|at| op(conversion, at)).collect();
    let state = reference::replay(&ops);
    let visible = state.visible().into_iter();
    Ok(visible
        .map(|(depth, node)| VisibleNode {
            depth,
            node,
            payload: state.nodes[&node].payload.clone(),
        })
        .collect())
}

/// The operation with this lamport.
pub fn op(conversion: &Conversion, lamport: u64) -> Op {
    let logged = conversion.log.op(lamport);
    let name = |name| conversion.name(name).to_vec();
    let order_key = |name| conversion.order_key(name).to_vec();
    let action = match logged.change {
        Change::Insert { parent, name: number } => Action::Insert {
            parent: conversion.node_id(parent),
            order_key: order_key(number),
            payload: Some(name(number)),
        },
        Change::Move { parent, name: number } => {
            Action::Move { parent: conversion.node_id(parent), order_key: order_key(number) }
        }
        Change::Payload(number) => Action::Payload(Some(name(number))),
        Change::Delete(_) => {
            let seen = conversion.log.known_state(lamport).expect("it is a delete");
            let ranges = seen.into_iter().map(|(replica, last)| (replica, 1, last));
            let known_state = VersionVector::from_ranges(ranges).expect("from 1 to a count");
            Action::Delete { known_state }
        }
    };
    Op { key: conversion.log.key(lamport), node: conversion.node_id(logged.node), action }
}
