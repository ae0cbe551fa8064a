-- What the digest of the doc $1 in @forest@ is of, beside the dots that wait: of each table a hash of the hashes of its
-- rows, in key order.
-- Each field is fixed in length or carries its length, so that no two states look the same.
WITH ops AS (
    SELECT pg_catalog.string_agg(pg_catalog.sha256(
               pg_catalog.int4send(pg_catalog.octet_length(replica)) OPERATOR(pg_catalog.||) replica
               OPERATOR(pg_catalog.||) pg_catalog.int8send(counter) OPERATOR(pg_catalog.||) pg_catalog.int8send(lamport)
               OPERATOR(pg_catalog.||) pg_catalog.int4send(pg_catalog.length(kind::pg_catalog.text)) OPERATOR(pg_catalog.||) pg_catalog.convert_to(kind::pg_catalog.text, 'UTF8')
               OPERATOR(pg_catalog.||) pg_catalog.uuid_send(node)
               OPERATOR(pg_catalog.||) coalesce(pg_catalog.decode('01', 'hex') OPERATOR(pg_catalog.||) pg_catalog.uuid_send(parent), pg_catalog.decode('00', 'hex'))
               OPERATOR(pg_catalog.||) coalesce(pg_catalog.int4send(pg_catalog.octet_length(order_key)) OPERATOR(pg_catalog.||) order_key, pg_catalog.decode('ffffffff', 'hex'))
               OPERATOR(pg_catalog.||) coalesce(pg_catalog.int4send(pg_catalog.octet_length(payload)) OPERATOR(pg_catalog.||) payload, pg_catalog.decode('ffffffff', 'hex'))
               OPERATOR(pg_catalog.||) coalesce(pg_catalog.decode('01', 'hex') OPERATOR(pg_catalog.||) treecrdt.version_vector_send(known_state), pg_catalog.decode('00', 'hex'))
           ), ''::pg_catalog.bytea ORDER BY replica, counter) AS rows
    FROM @forest@.ops WHERE doc OPERATOR(pg_catalog.=) $1
), nodes AS (
    SELECT pg_catalog.string_agg(pg_catalog.sha256(
               pg_catalog.uuid_send(node)
               OPERATOR(pg_catalog.||) coalesce(pg_catalog.decode('01', 'hex') OPERATOR(pg_catalog.||) pg_catalog.uuid_send(parent), pg_catalog.decode('00', 'hex'))
               OPERATOR(pg_catalog.||) coalesce(pg_catalog.int4send(pg_catalog.octet_length(order_key)) OPERATOR(pg_catalog.||) order_key, pg_catalog.decode('ffffffff', 'hex'))
               OPERATOR(pg_catalog.||) pg_catalog.boolsend(tombstone)
               OPERATOR(pg_catalog.||) coalesce(pg_catalog.int4send(pg_catalog.octet_length(payload)) OPERATOR(pg_catalog.||) payload, pg_catalog.decode('ffffffff', 'hex'))
           ), ''::pg_catalog.bytea ORDER BY node) AS rows
    FROM @forest@.nodes WHERE doc OPERATOR(pg_catalog.=) $1
), refs AS (
    SELECT pg_catalog.string_agg(pg_catalog.sha256(
               pg_catalog.uuid_send(parent) OPERATOR(pg_catalog.||) pg_catalog.int8send(lamport)
               OPERATOR(pg_catalog.||) pg_catalog.int4send(pg_catalog.octet_length(replica)) OPERATOR(pg_catalog.||) replica OPERATOR(pg_catalog.||) pg_catalog.int8send(counter)
           ), ''::pg_catalog.bytea ORDER BY parent, lamport, replica, counter) AS rows
    FROM @forest@.other_refs WHERE doc OPERATOR(pg_catalog.=) $1
)
SELECT pg_catalog.sha256(coalesce(ops.rows, '')), pg_catalog.sha256(coalesce(nodes.rows, '')), pg_catalog.sha256(coalesce(refs.rows, ''))
FROM ops, nodes, refs
