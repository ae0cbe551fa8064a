-- One operation of the doc $1.
INSERT INTO @forest@.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state)
VALUES ($1, $2, $3, $4, $5::treecrdt.op_kind, $6, $7, $8, $9, $10::treecrdt.version_vector)
