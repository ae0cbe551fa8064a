-- Operations of the doc $1 minted by the replica $2, with counters from $3 and lamports from $4 on, up to the greatest there is, in this order.
INSERT INTO @forest@.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state)
SELECT $1, $2, $3 OPERATOR(pg_catalog.+) (op.at OPERATOR(pg_catalog.-) 1),
    least($4, 9223372036854775807 OPERATOR(pg_catalog.-) op.at OPERATOR(pg_catalog.+) 1) OPERATOR(pg_catalog.+) (op.at OPERATOR(pg_catalog.-) 1),
    op.kind::treecrdt.op_kind, op.node, op.parent, op.order_key, op.payload, op.known_state::treecrdt.version_vector
FROM ROWS FROM (pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9), pg_catalog.unnest($10))
    WITH ORDINALITY AS op (kind, node, parent, order_key, payload, known_state, at)
