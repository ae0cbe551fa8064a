--
-- PostgreSQL database dump
--

\restrict ozprUISNs63HwcjTyoHbZnUQTtenfvr7wJ5TWtFzm3pK9Wisk4R3c1nEIV4GQuQ

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: app; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA app;


--
-- Name: numbers; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA numbers;


--
-- Name: texts; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA texts;


--
-- Name: pg_treecrdt; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_treecrdt WITH SCHEMA pg_catalog;


--
-- Name: EXTENSION pg_treecrdt; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pg_treecrdt IS 'conflict-free replicated trees, materialized in the inserting transaction';


--
-- Name: uuids; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA uuids;


--
-- Name: n(integer); Type: FUNCTION; Schema: app; Owner: -
--

CREATE FUNCTION app.n(integer) RETURNS uuid
    LANGUAGE sql
    AS $_$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $_$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: nodes; Type: TABLE; Schema: numbers; Owner: -
--

CREATE TABLE numbers.nodes (
    doc bigint NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    tombstone boolean NOT NULL,
    payload bytea,
    keys bytea,
    deleted_at treecrdt.version_vector
);


--
-- Name: TABLE nodes; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON TABLE numbers.nodes IS 'Every node that some operation is about, as a replay of all operations leaves it. Written by the trigger on ops';


--
-- Name: COLUMN nodes.parent; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.nodes.parent IS 'where it is; NULL if it was never placed';


--
-- Name: COLUMN nodes.order_key; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.nodes.order_key IS 'its place among its siblings, who are ordered by (order_key, node)';


--
-- Name: COLUMN nodes.tombstone; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.nodes.tombstone IS 'whether a deletion covers all that happened in its subtree';


--
-- Name: COLUMN nodes.payload; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.nodes.payload IS 'what the payload operation with the greatest key wrote';


--
-- Name: COLUMN nodes.keys; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.nodes.keys IS 'the keys of the operations that placed it, that wrote its payload, and of its first insert, packed';


--
-- Name: COLUMN nodes.deleted_at; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.nodes.deleted_at IS 'the dots of its deletes and all that their authors had seen';


--
-- Name: children; Type: VIEW; Schema: numbers; Owner: -
--

CREATE VIEW numbers.children WITH (security_invoker='true') AS
 SELECT nodes.doc,
    nodes.parent,
    nodes.node,
    nodes.order_key,
    nodes.payload
   FROM numbers.nodes
  WHERE ((NOT nodes.tombstone) AND (nodes.parent IS NOT NULL) AND (nodes.parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid));


--
-- Name: VIEW children; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON VIEW numbers.children IS 'Nodes that are neither tombstones, nor in TRASH, nor without a parent; ORDER BY order_key, node';


--
-- Name: docs; Type: TABLE; Schema: numbers; Owner: -
--

CREATE TABLE numbers.docs (
    doc bigint NOT NULL,
    head_lamport bigint,
    head_replica bytea,
    head_counter bigint,
    op_count bigint DEFAULT 0 NOT NULL,
    frontier_lamport bigint,
    frontier_replica bytea,
    frontier_counter bigint,
    late_count bigint DEFAULT 0 NOT NULL,
    reevaluated_count bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');


--
-- Name: TABLE docs; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON TABLE numbers.docs IS 'A row a doc; whoever appends to a doc holds the lock on its row. Written by the trigger on ops';


--
-- Name: COLUMN docs.head_lamport; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.docs.head_lamport IS 'with head_replica and head_counter the greatest key materialized';


--
-- Name: COLUMN docs.op_count; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.docs.op_count IS 'how many operations the log holds, those that wait included';


--
-- Name: COLUMN docs.frontier_lamport; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.docs.frontier_lamport IS 'with frontier_replica and frontier_counter the least key that waits; NULL when nothing does';


--
-- Name: COLUMN docs.late_count; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.docs.late_count IS 'how many operations stood below the head when they were materialized';


--
-- Name: COLUMN docs.reevaluated_count; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.docs.reevaluated_count IS 'how often catching up judged an insert or move again that had been judged before';


--
-- Name: ignored; Type: TABLE; Schema: numbers; Owner: -
--

CREATE TABLE numbers.ignored (
    doc bigint NOT NULL,
    node uuid NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE ignored; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON TABLE numbers.ignored IS 'Inserts and moves that would have put a node below itself, and so moved nothing. Written by the trigger on ops';


--
-- Name: ops; Type: TABLE; Schema: numbers; Owner: -
--

CREATE TABLE numbers.ops (
    doc bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    lamport bigint NOT NULL,
    kind treecrdt.op_kind NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    known_state treecrdt.version_vector
);


--
-- Name: TABLE ops; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON TABLE numbers.ops IS 'The operations, append-only: INSERT or COPY them in any order. Everything else in this schema follows from them';


--
-- Name: COLUMN ops.doc; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.doc IS 'the tree; a text has at most 768 bytes';


--
-- Name: COLUMN ops.replica; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.replica IS 'who minted the operation; 1 to 64 bytes';


--
-- Name: COLUMN ops.counter; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.counter IS 'the sequence number that the replica gave it, from 1';


--
-- Name: COLUMN ops.lamport; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.lamport IS 'logical time, from 1; (lamport, replica, counter) is the canonical order';


--
-- Name: COLUMN ops.parent; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.parent IS 'insert and move: where to';


--
-- Name: COLUMN ops.order_key; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.order_key IS 'insert and move: the place among siblings, bytewise; at most 1536 bytes, may be empty';


--
-- Name: COLUMN ops.payload; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.payload IS 'insert: the payload, NULL for none; payload: the new one, NULL to clear';


--
-- Name: COLUMN ops.known_state; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.ops.known_state IS 'delete: what the deleter had seen';


--
-- Name: other_refs; Type: TABLE; Schema: numbers; Owner: -
--

CREATE TABLE numbers.other_refs (
    doc bigint NOT NULL,
    parent uuid NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE other_refs; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON TABLE numbers.other_refs IS 'The op refs of operations that do not name the parent. Written by the trigger on ops';


--
-- Name: waiting; Type: TABLE; Schema: numbers; Owner: -
--

CREATE TABLE numbers.waiting (
    doc bigint NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    dots treecrdt.version_vector NOT NULL
);


--
-- Name: TABLE waiting; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON TABLE numbers.waiting IS 'The operations appended while treecrdt.catch_up was deferred, until ensure_materialized; a row a statement and doc, by the least key';


--
-- Name: oprefs; Type: VIEW; Schema: numbers; Owner: -
--

CREATE VIEW numbers.oprefs WITH (security_invoker='true') AS
 SELECT o.doc,
    o.parent,
    o.lamport,
    o.replica,
    o.counter
   FROM numbers.ops o
  WHERE ((o.parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (o.node <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (o.node <> '00000000-0000-0000-0000-000000000000'::uuid) AND (NOT (EXISTS ( SELECT
           FROM (numbers.waiting w
             CROSS JOIN LATERAL treecrdt.version_vector_ranges(w.dots) r(replica, first, last))
          WHERE ((w.doc = o.doc) AND (r.replica = o.replica) AND (o.counter >= r.first) AND (o.counter <= r.last))))))
UNION ALL
 SELECT other_refs.doc,
    other_refs.parent,
    other_refs.lamport,
    other_refs.replica,
    other_refs.counter
   FROM numbers.other_refs;


--
-- Name: VIEW oprefs; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON VIEW numbers.oprefs IS 'Which operations a peer needs that follows only the children of a parent: those that name it, once materialized, and some others; ORDER BY lamport, replica, counter';


--
-- Name: reinserts; Type: TABLE; Schema: numbers; Owner: -
--

CREATE TABLE numbers.reinserts (
    doc bigint NOT NULL,
    node uuid NOT NULL,
    payload boolean NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE reinserts; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON TABLE numbers.reinserts IS 'Inserts that are not the first of their nodes. Written by the trigger on ops';


--
-- Name: COLUMN reinserts.payload; Type: COMMENT; Schema: numbers; Owner: -
--

COMMENT ON COLUMN numbers.reinserts.payload IS 'whether it carries one';


--
-- Name: nodes; Type: TABLE; Schema: texts; Owner: -
--

CREATE TABLE texts.nodes (
    doc text NOT NULL COLLATE pg_catalog."C",
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    tombstone boolean NOT NULL,
    payload bytea,
    keys bytea,
    deleted_at treecrdt.version_vector,
    title text GENERATED ALWAYS AS (encode(payload, 'escape'::text)) STORED
);


--
-- Name: TABLE nodes; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON TABLE texts.nodes IS 'Every node that some operation is about, as a replay of all operations leaves it. Written by the trigger on ops';


--
-- Name: COLUMN nodes.parent; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.nodes.parent IS 'where it is; NULL if it was never placed';


--
-- Name: COLUMN nodes.order_key; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.nodes.order_key IS 'its place among its siblings, who are ordered by (order_key, node)';


--
-- Name: COLUMN nodes.tombstone; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.nodes.tombstone IS 'whether a deletion covers all that happened in its subtree';


--
-- Name: COLUMN nodes.payload; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.nodes.payload IS 'what the payload operation with the greatest key wrote';


--
-- Name: COLUMN nodes.keys; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.nodes.keys IS 'the keys of the operations that placed it, that wrote its payload, and of its first insert, packed';


--
-- Name: COLUMN nodes.deleted_at; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.nodes.deleted_at IS 'the dots of its deletes and all that their authors had seen';


--
-- Name: children; Type: VIEW; Schema: texts; Owner: -
--

CREATE VIEW texts.children WITH (security_invoker='true') AS
 SELECT nodes.doc,
    nodes.parent,
    nodes.node,
    nodes.order_key,
    nodes.payload
   FROM texts.nodes
  WHERE ((NOT nodes.tombstone) AND (nodes.parent IS NOT NULL) AND (nodes.parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid));


--
-- Name: VIEW children; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON VIEW texts.children IS 'Nodes that are neither tombstones, nor in TRASH, nor without a parent; ORDER BY order_key, node';


--
-- Name: docs; Type: TABLE; Schema: texts; Owner: -
--

CREATE TABLE texts.docs (
    doc text NOT NULL COLLATE pg_catalog."C",
    head_lamport bigint,
    head_replica bytea,
    head_counter bigint,
    op_count bigint DEFAULT 0 NOT NULL,
    frontier_lamport bigint,
    frontier_replica bytea,
    frontier_counter bigint,
    late_count bigint DEFAULT 0 NOT NULL,
    reevaluated_count bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');


--
-- Name: TABLE docs; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON TABLE texts.docs IS 'A row a doc; whoever appends to a doc holds the lock on its row. Written by the trigger on ops';


--
-- Name: COLUMN docs.head_lamport; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.docs.head_lamport IS 'with head_replica and head_counter the greatest key materialized';


--
-- Name: COLUMN docs.op_count; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.docs.op_count IS 'how many operations the log holds, those that wait included';


--
-- Name: COLUMN docs.frontier_lamport; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.docs.frontier_lamport IS 'with frontier_replica and frontier_counter the least key that waits; NULL when nothing does';


--
-- Name: COLUMN docs.late_count; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.docs.late_count IS 'how many operations stood below the head when they were materialized';


--
-- Name: COLUMN docs.reevaluated_count; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.docs.reevaluated_count IS 'how often catching up judged an insert or move again that had been judged before';


--
-- Name: ignored; Type: TABLE; Schema: texts; Owner: -
--

CREATE TABLE texts.ignored (
    doc text NOT NULL COLLATE pg_catalog."C",
    node uuid NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE ignored; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON TABLE texts.ignored IS 'Inserts and moves that would have put a node below itself, and so moved nothing. Written by the trigger on ops';


--
-- Name: ops; Type: TABLE; Schema: texts; Owner: -
--

CREATE TABLE texts.ops (
    doc text NOT NULL COLLATE pg_catalog."C",
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    lamport bigint NOT NULL,
    kind treecrdt.op_kind NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    known_state treecrdt.version_vector
);


--
-- Name: TABLE ops; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON TABLE texts.ops IS 'The operations, append-only: INSERT or COPY them in any order. Everything else in this schema follows from them';


--
-- Name: COLUMN ops.doc; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.doc IS 'the tree; a text has at most 768 bytes';


--
-- Name: COLUMN ops.replica; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.replica IS 'who minted the operation; 1 to 64 bytes';


--
-- Name: COLUMN ops.counter; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.counter IS 'the sequence number that the replica gave it, from 1';


--
-- Name: COLUMN ops.lamport; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.lamport IS 'logical time, from 1; (lamport, replica, counter) is the canonical order';


--
-- Name: COLUMN ops.parent; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.parent IS 'insert and move: where to';


--
-- Name: COLUMN ops.order_key; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.order_key IS 'insert and move: the place among siblings, bytewise; at most 1536 bytes, may be empty';


--
-- Name: COLUMN ops.payload; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.payload IS 'insert: the payload, NULL for none; payload: the new one, NULL to clear';


--
-- Name: COLUMN ops.known_state; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.ops.known_state IS 'delete: what the deleter had seen';


--
-- Name: other_refs; Type: TABLE; Schema: texts; Owner: -
--

CREATE TABLE texts.other_refs (
    doc text NOT NULL COLLATE pg_catalog."C",
    parent uuid NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE other_refs; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON TABLE texts.other_refs IS 'The op refs of operations that do not name the parent. Written by the trigger on ops';


--
-- Name: waiting; Type: TABLE; Schema: texts; Owner: -
--

CREATE TABLE texts.waiting (
    doc text NOT NULL COLLATE pg_catalog."C",
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    dots treecrdt.version_vector NOT NULL
);


--
-- Name: TABLE waiting; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON TABLE texts.waiting IS 'The operations appended while treecrdt.catch_up was deferred, until ensure_materialized; a row a statement and doc, by the least key';


--
-- Name: oprefs; Type: VIEW; Schema: texts; Owner: -
--

CREATE VIEW texts.oprefs WITH (security_invoker='true') AS
 SELECT o.doc,
    o.parent,
    o.lamport,
    o.replica,
    o.counter
   FROM texts.ops o
  WHERE ((o.parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (o.node <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (o.node <> '00000000-0000-0000-0000-000000000000'::uuid) AND (NOT (EXISTS ( SELECT
           FROM (texts.waiting w
             CROSS JOIN LATERAL treecrdt.version_vector_ranges(w.dots) r(replica, first, last))
          WHERE ((w.doc = o.doc) AND (r.replica = o.replica) AND (o.counter >= r.first) AND (o.counter <= r.last))))))
UNION ALL
 SELECT other_refs.doc,
    other_refs.parent,
    other_refs.lamport,
    other_refs.replica,
    other_refs.counter
   FROM texts.other_refs;


--
-- Name: VIEW oprefs; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON VIEW texts.oprefs IS 'Which operations a peer needs that follows only the children of a parent: those that name it, once materialized, and some others; ORDER BY lamport, replica, counter';


--
-- Name: reinserts; Type: TABLE; Schema: texts; Owner: -
--

CREATE TABLE texts.reinserts (
    doc text NOT NULL COLLATE pg_catalog."C",
    node uuid NOT NULL,
    payload boolean NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE reinserts; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON TABLE texts.reinserts IS 'Inserts that are not the first of their nodes. Written by the trigger on ops';


--
-- Name: COLUMN reinserts.payload; Type: COMMENT; Schema: texts; Owner: -
--

COMMENT ON COLUMN texts.reinserts.payload IS 'whether it carries one';


--
-- Name: nodes; Type: TABLE; Schema: uuids; Owner: -
--

CREATE TABLE uuids.nodes (
    doc uuid NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    tombstone boolean NOT NULL,
    payload bytea,
    keys bytea,
    deleted_at treecrdt.version_vector
);


--
-- Name: TABLE nodes; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON TABLE uuids.nodes IS 'Every node that some operation is about, as a replay of all operations leaves it. Written by the trigger on ops';


--
-- Name: COLUMN nodes.parent; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.nodes.parent IS 'where it is; NULL if it was never placed';


--
-- Name: COLUMN nodes.order_key; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.nodes.order_key IS 'its place among its siblings, who are ordered by (order_key, node)';


--
-- Name: COLUMN nodes.tombstone; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.nodes.tombstone IS 'whether a deletion covers all that happened in its subtree';


--
-- Name: COLUMN nodes.payload; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.nodes.payload IS 'what the payload operation with the greatest key wrote';


--
-- Name: COLUMN nodes.keys; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.nodes.keys IS 'the keys of the operations that placed it, that wrote its payload, and of its first insert, packed';


--
-- Name: COLUMN nodes.deleted_at; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.nodes.deleted_at IS 'the dots of its deletes and all that their authors had seen';


--
-- Name: children; Type: VIEW; Schema: uuids; Owner: -
--

CREATE VIEW uuids.children WITH (security_invoker='true') AS
 SELECT nodes.doc,
    nodes.parent,
    nodes.node,
    nodes.order_key,
    nodes.payload
   FROM uuids.nodes
  WHERE ((NOT nodes.tombstone) AND (nodes.parent IS NOT NULL) AND (nodes.parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid));


--
-- Name: VIEW children; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON VIEW uuids.children IS 'Nodes that are neither tombstones, nor in TRASH, nor without a parent; ORDER BY order_key, node';


--
-- Name: docs; Type: TABLE; Schema: uuids; Owner: -
--

CREATE TABLE uuids.docs (
    doc uuid NOT NULL,
    head_lamport bigint,
    head_replica bytea,
    head_counter bigint,
    op_count bigint DEFAULT 0 NOT NULL,
    frontier_lamport bigint,
    frontier_replica bytea,
    frontier_counter bigint,
    late_count bigint DEFAULT 0 NOT NULL,
    reevaluated_count bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');


--
-- Name: TABLE docs; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON TABLE uuids.docs IS 'A row a doc; whoever appends to a doc holds the lock on its row. Written by the trigger on ops';


--
-- Name: COLUMN docs.head_lamport; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.docs.head_lamport IS 'with head_replica and head_counter the greatest key materialized';


--
-- Name: COLUMN docs.op_count; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.docs.op_count IS 'how many operations the log holds, those that wait included';


--
-- Name: COLUMN docs.frontier_lamport; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.docs.frontier_lamport IS 'with frontier_replica and frontier_counter the least key that waits; NULL when nothing does';


--
-- Name: COLUMN docs.late_count; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.docs.late_count IS 'how many operations stood below the head when they were materialized';


--
-- Name: COLUMN docs.reevaluated_count; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.docs.reevaluated_count IS 'how often catching up judged an insert or move again that had been judged before';


--
-- Name: ignored; Type: TABLE; Schema: uuids; Owner: -
--

CREATE TABLE uuids.ignored (
    doc uuid NOT NULL,
    node uuid NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE ignored; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON TABLE uuids.ignored IS 'Inserts and moves that would have put a node below itself, and so moved nothing. Written by the trigger on ops';


--
-- Name: ops; Type: TABLE; Schema: uuids; Owner: -
--

CREATE TABLE uuids.ops (
    doc uuid NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    lamport bigint NOT NULL,
    kind treecrdt.op_kind NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    known_state treecrdt.version_vector
);


--
-- Name: TABLE ops; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON TABLE uuids.ops IS 'The operations, append-only: INSERT or COPY them in any order. Everything else in this schema follows from them';


--
-- Name: COLUMN ops.doc; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.doc IS 'the tree; a text has at most 768 bytes';


--
-- Name: COLUMN ops.replica; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.replica IS 'who minted the operation; 1 to 64 bytes';


--
-- Name: COLUMN ops.counter; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.counter IS 'the sequence number that the replica gave it, from 1';


--
-- Name: COLUMN ops.lamport; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.lamport IS 'logical time, from 1; (lamport, replica, counter) is the canonical order';


--
-- Name: COLUMN ops.parent; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.parent IS 'insert and move: where to';


--
-- Name: COLUMN ops.order_key; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.order_key IS 'insert and move: the place among siblings, bytewise; at most 1536 bytes, may be empty';


--
-- Name: COLUMN ops.payload; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.payload IS 'insert: the payload, NULL for none; payload: the new one, NULL to clear';


--
-- Name: COLUMN ops.known_state; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.ops.known_state IS 'delete: what the deleter had seen';


--
-- Name: other_refs; Type: TABLE; Schema: uuids; Owner: -
--

CREATE TABLE uuids.other_refs (
    doc uuid NOT NULL,
    parent uuid NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE other_refs; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON TABLE uuids.other_refs IS 'The op refs of operations that do not name the parent. Written by the trigger on ops';


--
-- Name: waiting; Type: TABLE; Schema: uuids; Owner: -
--

CREATE TABLE uuids.waiting (
    doc uuid NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    dots treecrdt.version_vector NOT NULL
);


--
-- Name: TABLE waiting; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON TABLE uuids.waiting IS 'The operations appended while treecrdt.catch_up was deferred, until ensure_materialized; a row a statement and doc, by the least key';


--
-- Name: oprefs; Type: VIEW; Schema: uuids; Owner: -
--

CREATE VIEW uuids.oprefs WITH (security_invoker='true') AS
 SELECT o.doc,
    o.parent,
    o.lamport,
    o.replica,
    o.counter
   FROM uuids.ops o
  WHERE ((o.parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (o.node <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (o.node <> '00000000-0000-0000-0000-000000000000'::uuid) AND (NOT (EXISTS ( SELECT
           FROM (uuids.waiting w
             CROSS JOIN LATERAL treecrdt.version_vector_ranges(w.dots) r(replica, first, last))
          WHERE ((w.doc = o.doc) AND (r.replica = o.replica) AND (o.counter >= r.first) AND (o.counter <= r.last))))))
UNION ALL
 SELECT other_refs.doc,
    other_refs.parent,
    other_refs.lamport,
    other_refs.replica,
    other_refs.counter
   FROM uuids.other_refs;


--
-- Name: VIEW oprefs; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON VIEW uuids.oprefs IS 'Which operations a peer needs that follows only the children of a parent: those that name it, once materialized, and some others; ORDER BY lamport, replica, counter';


--
-- Name: reinserts; Type: TABLE; Schema: uuids; Owner: -
--

CREATE TABLE uuids.reinserts (
    doc uuid NOT NULL,
    node uuid NOT NULL,
    payload boolean NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
);


--
-- Name: TABLE reinserts; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON TABLE uuids.reinserts IS 'Inserts that are not the first of their nodes. Written by the trigger on ops';


--
-- Name: COLUMN reinserts.payload; Type: COMMENT; Schema: uuids; Owner: -
--

COMMENT ON COLUMN uuids.reinserts.payload IS 'whether it carries one';


--
-- Data for Name: docs; Type: TABLE DATA; Schema: numbers; Owner: -
--

COPY numbers.docs (doc, head_lamport, head_replica, head_counter, op_count, frontier_lamport, frontier_replica, frontier_counter, late_count, reevaluated_count) FROM stdin;
7	605	\\x02	6	70	\N	\N	\N	0	0
\.


--
-- Data for Name: ignored; Type: TABLE DATA; Schema: numbers; Owner: -
--

COPY numbers.ignored (doc, node, lamport, replica, counter) FROM stdin;
7	00000000-0000-0000-0000-000000000003	599	\\x02	9
\.


--
-- Data for Name: nodes; Type: TABLE DATA; Schema: numbers; Owner: -
--

COPY numbers.nodes (doc, node, parent, order_key, tombstone, payload, keys, deleted_at) FROM stdin;
7	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	f	\\x6e6f64652032	\\x1502020101	\N
7	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	f	\\x6e6f64652033	\\x1503030101	\N
7	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	f	\N	\\x1304040101d904020102	\N
7	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	t	\\x6e6f64652035	\\x1505050101	{"01":[[5,5],[15,17],[45,53]],"02":[[3,3]]}
7	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	f	\\x6e6f64652036	\\x1506060101	{"01":[[1,6]],"02":[[4,4]]}
7	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	f	\\x6e6f64652037	\\x1507070101	\N
7	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	f	\\x6e6f64652038	\\x1508080101	\N
7	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000002	\\x00	f	\\x6e6f6465203133	\\x0b320101030d0d01010d0d0101	\N
7	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000002	\\x0102	f	\\x616761696e	\\x0ddd0406010214140101	\N
7	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	f	\\x6e6f64652039	\\x1509090101	\N
7	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	f	\\x6e6f6465203130	\\x150a0a0101	\N
7	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	f	\\x6e6f6465203131	\\x150b0b0101	\N
7	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	f	\\x6e6f6465203132	\\x150c0c0101	\N
7	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	f	\\x6e6f6465203134	\\x150e0e0101	\N
7	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	f	\\x6e6f6465203135	\\x150f0f0101	\N
7	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	f	\\x6e6f6465203136	\\x1510100101	\N
7	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	f	\\x6e6f6465203137	\\x1511110101	\N
7	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	f	\\x6e6f6465203138	\\x1512120101	\N
7	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	f	\\x6e6f6465203139	\\x1513130101	\N
7	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	f	\\x6e6f6465203231	\\x1515150101	\N
7	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	f	\\x6e6f6465203232	\\x1516160101	\N
7	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	f	\\x6e6f6465203233	\\x1517170101	\N
7	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	f	\\x6e6f6465203234	\\x1518180101	\N
7	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	f	\\x6e6f6465203235	\\x1519190101	\N
7	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	f	\\x6e6f6465203236	\\x151a1a0101	\N
7	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	f	\\x6e6f6465203237	\\x151b1b0101	\N
7	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	f	\\x6e6f6465203238	\\x151c1c0101	\N
7	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	f	\\x6e6f6465203239	\\x151d1d0101	\N
7	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	f	\\x6e6f6465203330	\\x151e1e0101	\N
7	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	f	\\x6e6f6465203331	\\x151f1f0101	\N
7	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	f	\\x6e6f6465203332	\\x1520200101	\N
7	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	f	\\x6e6f6465203333	\\x1521210101	\N
7	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	f	\\x6e6f6465203334	\\x1522220101	\N
7	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	f	\\x6e6f6465203335	\\x1523230101	\N
7	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	f	\\x6e6f6465203336	\\x1524240101	\N
7	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	f	\\x6e6f6465203337	\\x1525250101	\N
7	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	f	\\x6e6f6465203338	\\x1526260101	\N
7	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000013	\\x00	f	\\x6e6f64652031	\\x0bd8040101020101010101010101	\N
7	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	f	\\x6e6f6465203339	\\x1527270101	\N
7	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	f	\\x6e6f6465203430	\\x1528280101	\N
7	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	f	\\x6e6f6465203431	\\x1529290101	\N
7	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	f	\\x6e6f6465203432	\\x152a2a0101	\N
7	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	f	\\x6e6f6465203433	\\x152b2b0101	\N
7	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	f	\\x6e6f6465203434	\\x152c2c0101	\N
7	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	f	\\x6e6f6465203435	\\x152d2d0101	\N
7	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	f	\\x6e6f6465203436	\\x152e2e0101	\N
7	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	f	\\x6e6f6465203437	\\x152f2f0101	\N
7	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	f	\\x6e6f6465203438	\\x1530300101	\N
7	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	f	\\x6e6f6465203439	\\x1531310101	\N
7	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	f	\\x6e6f6465203530	\\x1532320101	\N
7	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	f	\\x6e6f6465203531	\\x1533330101	\N
7	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	f	\\x6e6f6465203532	\\x1534340101	\N
7	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	f	\\x6e6f6465203533	\\x1535350101	\N
7	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	f	\\x6e6f6465203534	\\x1536360101	\N
7	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	f	\\x6e6f6465203535	\\x1537370101	\N
7	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	f	\\x6e6f6465203536	\\x1538380101	\N
7	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	f	\\x6e6f6465203537	\\x1539390101	\N
7	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	f	\\x6e6f6465203538	\\x153a3a0101	\N
7	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	f	\\x6e6f6465203539	\\x153b3b0101	\N
7	00000000-0000-0000-0000-000000000070	00000000-0000-0000-0000-000000000020	\\x00	f	\\x6c617465206c656166	\\x1537030103	\N
7	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	f	\\x6e6f6465203630	\\x153c3c0101	{"02":[[5,5]]}
\.


--
-- Data for Name: ops; Type: TABLE DATA; Schema: numbers; Owner: -
--

COPY numbers.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state) FROM stdin;
7	\\x01	1	1	insert	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000000	\\x00000001	\\x6e6f64652031	\N
7	\\x01	2	2	insert	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	\\x6e6f64652032	\N
7	\\x01	3	3	insert	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	\\x6e6f64652033	\N
7	\\x01	4	4	insert	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	\\x6e6f64652034	\N
7	\\x01	5	5	insert	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	\\x6e6f64652035	\N
7	\\x01	6	6	insert	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	\\x6e6f64652036	\N
7	\\x01	7	7	insert	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	\\x6e6f64652037	\N
7	\\x01	8	8	insert	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	\\x6e6f64652038	\N
7	\\x01	9	9	insert	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	\\x6e6f64652039	\N
7	\\x01	10	10	insert	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	\\x6e6f6465203130	\N
7	\\x01	11	11	insert	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	\\x6e6f6465203131	\N
7	\\x01	12	12	insert	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	\\x6e6f6465203132	\N
7	\\x01	13	13	insert	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000004	\\x0000000d	\\x6e6f6465203133	\N
7	\\x01	14	14	insert	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	\\x6e6f6465203134	\N
7	\\x01	15	15	insert	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	\\x6e6f6465203135	\N
7	\\x01	16	16	insert	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	\\x6e6f6465203136	\N
7	\\x01	17	17	insert	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	\\x6e6f6465203137	\N
7	\\x01	18	18	insert	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	\\x6e6f6465203138	\N
7	\\x01	19	19	insert	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	\\x6e6f6465203139	\N
7	\\x01	20	20	insert	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000006	\\x00000014	\\x6e6f6465203230	\N
7	\\x01	21	21	insert	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	\\x6e6f6465203231	\N
7	\\x01	22	22	insert	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	\\x6e6f6465203232	\N
7	\\x01	23	23	insert	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	\\x6e6f6465203233	\N
7	\\x01	24	24	insert	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	\\x6e6f6465203234	\N
7	\\x01	25	25	insert	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	\\x6e6f6465203235	\N
7	\\x01	26	26	insert	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	\\x6e6f6465203236	\N
7	\\x01	27	27	insert	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	\\x6e6f6465203237	\N
7	\\x01	28	28	insert	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	\\x6e6f6465203238	\N
7	\\x01	29	29	insert	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	\\x6e6f6465203239	\N
7	\\x01	30	30	insert	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	\\x6e6f6465203330	\N
7	\\x01	31	31	insert	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	\\x6e6f6465203331	\N
7	\\x01	32	32	insert	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	\\x6e6f6465203332	\N
7	\\x01	33	33	insert	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	\\x6e6f6465203333	\N
7	\\x01	34	34	insert	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	\\x6e6f6465203334	\N
7	\\x01	35	35	insert	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	\\x6e6f6465203335	\N
7	\\x01	36	36	insert	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	\\x6e6f6465203336	\N
7	\\x01	37	37	insert	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	\\x6e6f6465203337	\N
7	\\x01	38	38	insert	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	\\x6e6f6465203338	\N
7	\\x01	39	39	insert	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	\\x6e6f6465203339	\N
7	\\x01	40	40	insert	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	\\x6e6f6465203430	\N
7	\\x01	41	41	insert	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	\\x6e6f6465203431	\N
7	\\x01	42	42	insert	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	\\x6e6f6465203432	\N
7	\\x01	43	43	insert	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	\\x6e6f6465203433	\N
7	\\x01	44	44	insert	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	\\x6e6f6465203434	\N
7	\\x01	45	45	insert	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	\\x6e6f6465203435	\N
7	\\x01	46	46	insert	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	\\x6e6f6465203436	\N
7	\\x01	47	47	insert	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	\\x6e6f6465203437	\N
7	\\x01	48	48	insert	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	\\x6e6f6465203438	\N
7	\\x01	49	49	insert	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	\\x6e6f6465203439	\N
7	\\x01	50	50	insert	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	\\x6e6f6465203530	\N
7	\\x01	51	51	insert	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	\\x6e6f6465203531	\N
7	\\x01	52	52	insert	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	\\x6e6f6465203532	\N
7	\\x01	53	53	insert	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	\\x6e6f6465203533	\N
7	\\x01	54	54	insert	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	\\x6e6f6465203534	\N
7	\\x01	55	55	insert	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	\\x6e6f6465203535	\N
7	\\x01	56	56	insert	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	\\x6e6f6465203536	\N
7	\\x01	57	57	insert	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	\\x6e6f6465203537	\N
7	\\x01	58	58	insert	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	\\x6e6f6465203538	\N
7	\\x01	59	59	insert	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	\\x6e6f6465203539	\N
7	\\x01	60	60	insert	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	\\x6e6f6465203630	\N
7	\\x02	9	599	move	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000009	\\x00	\N	\N
7	\\x02	1	600	move	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000013	\\x00	\N	\N
7	\\x02	2	601	payload	00000000-0000-0000-0000-000000000004	\N	\N	\N	\N
7	\\x02	6	605	insert	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000002	\\x0102	\\x616761696e	\N
7	\\x02	3	602	delete	00000000-0000-0000-0000-000000000005	\N	\N	\N	{"01":[[5,5],[15,17],[45,53]]}
7	\\x02	4	603	delete	00000000-0000-0000-0000-000000000006	\N	\N	\N	{"01":[[1,6]]}
7	\\x02	5	604	tombstone	00000000-0000-0000-0000-000000000060	\N	\N	\N	\N
7	\\x03	1	50	move	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000002	\\x00	\N	\N
7	\\x03	2	3	payload	00000000-0000-0000-0000-000000000004	\N	\N	\\x746f6f206c617465	\N
7	\\x03	3	55	insert	00000000-0000-0000-0000-000000000070	00000000-0000-0000-0000-000000000020	\\x00	\\x6c617465206c656166	\N
\.


--
-- Data for Name: other_refs; Type: TABLE DATA; Schema: numbers; Owner: -
--

COPY numbers.other_refs (doc, parent, lamport, replica, counter) FROM stdin;
7	00000000-0000-0000-0000-000000000000	600	\\x02	1
7	00000000-0000-0000-0000-000000000001	599	\\x02	9
7	00000000-0000-0000-0000-000000000001	601	\\x02	2
7	00000000-0000-0000-0000-000000000001	602	\\x02	3
7	00000000-0000-0000-0000-000000000002	13	\\x01	13
7	00000000-0000-0000-0000-000000000002	603	\\x02	4
7	00000000-0000-0000-0000-000000000004	50	\\x03	1
7	00000000-0000-0000-0000-000000000006	605	\\x02	6
7	00000000-0000-0000-0000-000000000009	3	\\x01	3
7	00000000-0000-0000-0000-000000000013	1	\\x01	1
7	00000000-0000-0000-0000-000000000020	604	\\x02	5
\.


--
-- Data for Name: reinserts; Type: TABLE DATA; Schema: numbers; Owner: -
--

COPY numbers.reinserts (doc, node, payload, lamport, replica, counter) FROM stdin;
7	00000000-0000-0000-0000-000000000020	t	605	\\x02	6
\.


--
-- Data for Name: waiting; Type: TABLE DATA; Schema: numbers; Owner: -
--

COPY numbers.waiting (doc, lamport, replica, counter, dots) FROM stdin;
\.


--
-- Data for Name: docs; Type: TABLE DATA; Schema: texts; Owner: -
--

COPY texts.docs (doc, head_lamport, head_replica, head_counter, op_count, frontier_lamport, frontier_replica, frontier_counter, late_count, reevaluated_count) FROM stdin;
a	605	\\x02	6	70	\N	\N	\N	6	1
Ä doc	60	\\x01	60	62	10	\\x02	1	0	0
only waits	\N	\N	\N	1	1	\\x02	1	0	0
\.


--
-- Data for Name: ignored; Type: TABLE DATA; Schema: texts; Owner: -
--

COPY texts.ignored (doc, node, lamport, replica, counter) FROM stdin;
a	00000000-0000-0000-0000-000000000003	599	\\x02	9
\.


--
-- Data for Name: nodes; Type: TABLE DATA; Schema: texts; Owner: -
--

COPY texts.nodes (doc, node, parent, order_key, tombstone, payload, keys, deleted_at) FROM stdin;
a	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	f	\\x6e6f64652032	\\x1502020101	\N
a	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	f	\\x6e6f64652033	\\x1503030101	\N
a	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	f	\\x6e6f64652037	\\x1507070101	\N
a	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	f	\\x6e6f64652038	\\x1508080101	\N
a	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	f	\\x6e6f64652039	\\x1509090101	\N
a	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	f	\\x6e6f6465203130	\\x150a0a0101	\N
a	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	f	\\x6e6f6465203131	\\x150b0b0101	\N
a	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	f	\\x6e6f6465203132	\\x150c0c0101	\N
a	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	f	\\x6e6f6465203134	\\x150e0e0101	\N
a	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	f	\\x6e6f6465203135	\\x150f0f0101	\N
a	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	f	\\x6e6f6465203136	\\x1510100101	\N
a	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	f	\\x6e6f6465203137	\\x1511110101	\N
a	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	f	\\x6e6f6465203138	\\x1512120101	\N
a	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	f	\\x6e6f6465203139	\\x1513130101	\N
a	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	f	\\x6e6f6465203231	\\x1515150101	\N
a	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	f	\\x6e6f6465203232	\\x1516160101	\N
a	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	f	\\x6e6f6465203233	\\x1517170101	\N
a	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	f	\\x6e6f6465203234	\\x1518180101	\N
a	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	f	\\x6e6f6465203235	\\x1519190101	\N
a	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	f	\\x6e6f6465203236	\\x151a1a0101	\N
a	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	f	\\x6e6f6465203237	\\x151b1b0101	\N
a	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	f	\\x6e6f6465203238	\\x151c1c0101	\N
a	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	f	\\x6e6f6465203239	\\x151d1d0101	\N
a	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	f	\\x6e6f6465203330	\\x151e1e0101	\N
a	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	f	\\x6e6f6465203331	\\x151f1f0101	\N
a	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	f	\\x6e6f6465203332	\\x1520200101	\N
a	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	f	\\x6e6f6465203333	\\x1521210101	\N
a	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	f	\\x6e6f6465203334	\\x1522220101	\N
a	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	f	\\x6e6f6465203335	\\x1523230101	\N
a	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	f	\\x6e6f6465203336	\\x1524240101	\N
a	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	f	\\x6e6f6465203337	\\x1525250101	\N
a	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	f	\\x6e6f6465203338	\\x1526260101	\N
a	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	f	\\x6e6f6465203339	\\x1527270101	\N
a	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	f	\\x6e6f6465203430	\\x1528280101	\N
a	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	f	\\x6e6f6465203431	\\x1529290101	\N
a	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	f	\\x6e6f6465203432	\\x152a2a0101	\N
a	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	f	\\x6e6f6465203433	\\x152b2b0101	\N
a	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	f	\\x6e6f6465203434	\\x152c2c0101	\N
a	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	f	\\x6e6f6465203435	\\x152d2d0101	\N
a	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	f	\\x6e6f6465203436	\\x152e2e0101	\N
a	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	f	\\x6e6f6465203437	\\x152f2f0101	\N
a	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	f	\\x6e6f6465203438	\\x1530300101	\N
a	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	f	\\x6e6f6465203439	\\x1531310101	\N
a	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	f	\\x6e6f6465203530	\\x1532320101	\N
a	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	f	\\x6e6f6465203531	\\x1533330101	\N
a	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	f	\\x6e6f6465203532	\\x1534340101	\N
a	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	f	\\x6e6f6465203533	\\x1535350101	\N
a	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	f	\\x6e6f6465203534	\\x1536360101	\N
a	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	f	\\x6e6f6465203535	\\x1537370101	\N
a	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	f	\\x6e6f6465203536	\\x1538380101	\N
a	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	f	\\x6e6f6465203537	\\x1539390101	\N
a	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	f	\\x6e6f6465203538	\\x153a3a0101	\N
a	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	f	\\x6e6f6465203539	\\x153b3b0101	\N
Ä doc	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000000	\\x00000001	f	\\x6e6f64652031	\\x1501010101	\N
Ä doc	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	f	\\x6e6f64652032	\\x1502020101	\N
Ä doc	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	f	\\x6e6f64652033	\\x1503030101	\N
Ä doc	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	f	\\x6e6f64652034	\\x1504040101	\N
Ä doc	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	f	\\x6e6f64652035	\\x1505050101	\N
Ä doc	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	f	\\x6e6f64652036	\\x1506060101	\N
Ä doc	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	f	\\x6e6f64652037	\\x1507070101	\N
Ä doc	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	f	\\x6e6f64652038	\\x1508080101	\N
Ä doc	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	f	\\x6e6f64652039	\\x1509090101	\N
Ä doc	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	f	\\x6e6f6465203130	\\x150a0a0101	\N
Ä doc	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	f	\\x6e6f6465203131	\\x150b0b0101	\N
Ä doc	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	f	\\x6e6f6465203132	\\x150c0c0101	\N
Ä doc	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000004	\\x0000000d	f	\\x6e6f6465203133	\\x150d0d0101	\N
Ä doc	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	f	\\x6e6f6465203134	\\x150e0e0101	\N
Ä doc	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	f	\\x6e6f6465203135	\\x150f0f0101	\N
Ä doc	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	f	\\x6e6f6465203136	\\x1510100101	\N
Ä doc	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	f	\\x6e6f6465203137	\\x1511110101	\N
Ä doc	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	f	\\x6e6f6465203138	\\x1512120101	\N
Ä doc	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	f	\\x6e6f6465203139	\\x1513130101	\N
Ä doc	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000006	\\x00000014	f	\\x6e6f6465203230	\\x1514140101	\N
Ä doc	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	f	\\x6e6f6465203231	\\x1515150101	\N
Ä doc	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	f	\\x6e6f6465203232	\\x1516160101	\N
Ä doc	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	f	\\x6e6f6465203233	\\x1517170101	\N
Ä doc	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	f	\\x6e6f6465203234	\\x1518180101	\N
Ä doc	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	f	\\x6e6f6465203235	\\x1519190101	\N
Ä doc	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	f	\\x6e6f6465203236	\\x151a1a0101	\N
Ä doc	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	f	\\x6e6f6465203237	\\x151b1b0101	\N
Ä doc	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	f	\\x6e6f6465203238	\\x151c1c0101	\N
Ä doc	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	f	\\x6e6f6465203239	\\x151d1d0101	\N
Ä doc	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	f	\\x6e6f6465203330	\\x151e1e0101	\N
Ä doc	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	f	\\x6e6f6465203331	\\x151f1f0101	\N
Ä doc	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	f	\\x6e6f6465203332	\\x1520200101	\N
Ä doc	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	f	\\x6e6f6465203333	\\x1521210101	\N
Ä doc	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	f	\\x6e6f6465203334	\\x1522220101	\N
a	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	t	\\x6e6f64652035	\\x1505050101	{"01":[[5,5],[15,17],[45,53]],"02":[[3,3]]}
a	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000002	\\x00	f	\\x6e6f6465203133	\\x0b320101030d0d01010d0d0101	\N
a	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000013	\\x00	f	\\x6e6f64652031	\\x0bd8040101020101010101010101	\N
Ä doc	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	f	\\x6e6f6465203335	\\x1523230101	\N
Ä doc	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	f	\\x6e6f6465203336	\\x1524240101	\N
Ä doc	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	f	\\x6e6f6465203337	\\x1525250101	\N
Ä doc	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	f	\\x6e6f6465203338	\\x1526260101	\N
Ä doc	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	f	\\x6e6f6465203339	\\x1527270101	\N
Ä doc	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	f	\\x6e6f6465203430	\\x1528280101	\N
Ä doc	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	f	\\x6e6f6465203431	\\x1529290101	\N
Ä doc	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	f	\\x6e6f6465203432	\\x152a2a0101	\N
Ä doc	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	f	\\x6e6f6465203433	\\x152b2b0101	\N
Ä doc	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	f	\\x6e6f6465203434	\\x152c2c0101	\N
Ä doc	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	f	\\x6e6f6465203435	\\x152d2d0101	\N
Ä doc	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	f	\\x6e6f6465203436	\\x152e2e0101	\N
Ä doc	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	f	\\x6e6f6465203437	\\x152f2f0101	\N
Ä doc	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	f	\\x6e6f6465203438	\\x1530300101	\N
Ä doc	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	f	\\x6e6f6465203439	\\x1531310101	\N
Ä doc	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	f	\\x6e6f6465203530	\\x1532320101	\N
Ä doc	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	f	\\x6e6f6465203531	\\x1533330101	\N
Ä doc	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	f	\\x6e6f6465203532	\\x1534340101	\N
Ä doc	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	f	\\x6e6f6465203533	\\x1535350101	\N
Ä doc	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	f	\\x6e6f6465203534	\\x1536360101	\N
Ä doc	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	f	\\x6e6f6465203535	\\x1537370101	\N
Ä doc	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	f	\\x6e6f6465203536	\\x1538380101	\N
Ä doc	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	f	\\x6e6f6465203537	\\x1539390101	\N
Ä doc	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	f	\\x6e6f6465203538	\\x153a3a0101	\N
Ä doc	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	f	\\x6e6f6465203539	\\x153b3b0101	\N
Ä doc	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	f	\\x6e6f6465203630	\\x153c3c0101	\N
a	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	f	\N	\\x1304040101d904020102	\N
a	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000002	\\x0102	f	\\x616761696e	\\x0ddd0406010214140101	\N
a	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	f	\\x6e6f64652036	\\x1506060101	{"01":[[1,6]],"02":[[4,4]]}
a	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	f	\\x6e6f6465203630	\\x153c3c0101	{"02":[[5,5]]}
a	00000000-0000-0000-0000-000000000070	00000000-0000-0000-0000-000000000020	\\x00	f	\\x6c617465206c656166	\\x1537030103	\N
\.


--
-- Data for Name: ops; Type: TABLE DATA; Schema: texts; Owner: -
--

COPY texts.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state) FROM stdin;
a	\\x01	1	1	insert	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000000	\\x00000001	\\x6e6f64652031	\N
Ä doc	\\x01	1	1	insert	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000000	\\x00000001	\\x6e6f64652031	\N
a	\\x01	2	2	insert	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	\\x6e6f64652032	\N
Ä doc	\\x01	2	2	insert	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	\\x6e6f64652032	\N
a	\\x01	3	3	insert	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	\\x6e6f64652033	\N
Ä doc	\\x01	3	3	insert	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	\\x6e6f64652033	\N
a	\\x01	4	4	insert	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	\\x6e6f64652034	\N
Ä doc	\\x01	4	4	insert	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	\\x6e6f64652034	\N
a	\\x01	5	5	insert	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	\\x6e6f64652035	\N
Ä doc	\\x01	5	5	insert	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	\\x6e6f64652035	\N
a	\\x01	6	6	insert	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	\\x6e6f64652036	\N
Ä doc	\\x01	6	6	insert	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	\\x6e6f64652036	\N
a	\\x01	7	7	insert	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	\\x6e6f64652037	\N
Ä doc	\\x01	7	7	insert	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	\\x6e6f64652037	\N
a	\\x01	8	8	insert	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	\\x6e6f64652038	\N
Ä doc	\\x01	8	8	insert	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	\\x6e6f64652038	\N
a	\\x01	9	9	insert	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	\\x6e6f64652039	\N
Ä doc	\\x01	9	9	insert	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	\\x6e6f64652039	\N
a	\\x01	10	10	insert	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	\\x6e6f6465203130	\N
Ä doc	\\x01	10	10	insert	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	\\x6e6f6465203130	\N
a	\\x01	11	11	insert	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	\\x6e6f6465203131	\N
Ä doc	\\x01	11	11	insert	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	\\x6e6f6465203131	\N
a	\\x01	12	12	insert	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	\\x6e6f6465203132	\N
Ä doc	\\x01	12	12	insert	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	\\x6e6f6465203132	\N
a	\\x01	13	13	insert	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000004	\\x0000000d	\\x6e6f6465203133	\N
Ä doc	\\x01	13	13	insert	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000004	\\x0000000d	\\x6e6f6465203133	\N
a	\\x01	14	14	insert	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	\\x6e6f6465203134	\N
Ä doc	\\x01	14	14	insert	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	\\x6e6f6465203134	\N
a	\\x01	15	15	insert	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	\\x6e6f6465203135	\N
Ä doc	\\x01	15	15	insert	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	\\x6e6f6465203135	\N
a	\\x01	16	16	insert	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	\\x6e6f6465203136	\N
Ä doc	\\x01	16	16	insert	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	\\x6e6f6465203136	\N
a	\\x01	17	17	insert	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	\\x6e6f6465203137	\N
Ä doc	\\x01	17	17	insert	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	\\x6e6f6465203137	\N
a	\\x01	18	18	insert	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	\\x6e6f6465203138	\N
Ä doc	\\x01	18	18	insert	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	\\x6e6f6465203138	\N
a	\\x01	19	19	insert	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	\\x6e6f6465203139	\N
Ä doc	\\x01	19	19	insert	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	\\x6e6f6465203139	\N
a	\\x01	20	20	insert	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000006	\\x00000014	\\x6e6f6465203230	\N
Ä doc	\\x01	20	20	insert	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000006	\\x00000014	\\x6e6f6465203230	\N
a	\\x01	21	21	insert	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	\\x6e6f6465203231	\N
Ä doc	\\x01	21	21	insert	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	\\x6e6f6465203231	\N
a	\\x01	22	22	insert	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	\\x6e6f6465203232	\N
Ä doc	\\x01	22	22	insert	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	\\x6e6f6465203232	\N
a	\\x01	23	23	insert	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	\\x6e6f6465203233	\N
Ä doc	\\x01	23	23	insert	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	\\x6e6f6465203233	\N
a	\\x01	24	24	insert	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	\\x6e6f6465203234	\N
Ä doc	\\x01	24	24	insert	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	\\x6e6f6465203234	\N
a	\\x01	25	25	insert	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	\\x6e6f6465203235	\N
Ä doc	\\x01	25	25	insert	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	\\x6e6f6465203235	\N
a	\\x01	26	26	insert	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	\\x6e6f6465203236	\N
Ä doc	\\x01	26	26	insert	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	\\x6e6f6465203236	\N
a	\\x01	27	27	insert	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	\\x6e6f6465203237	\N
Ä doc	\\x01	27	27	insert	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	\\x6e6f6465203237	\N
a	\\x01	28	28	insert	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	\\x6e6f6465203238	\N
Ä doc	\\x01	28	28	insert	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	\\x6e6f6465203238	\N
a	\\x01	29	29	insert	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	\\x6e6f6465203239	\N
Ä doc	\\x01	29	29	insert	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	\\x6e6f6465203239	\N
a	\\x01	30	30	insert	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	\\x6e6f6465203330	\N
Ä doc	\\x01	30	30	insert	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	\\x6e6f6465203330	\N
a	\\x01	31	31	insert	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	\\x6e6f6465203331	\N
Ä doc	\\x01	31	31	insert	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	\\x6e6f6465203331	\N
a	\\x01	32	32	insert	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	\\x6e6f6465203332	\N
Ä doc	\\x01	32	32	insert	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	\\x6e6f6465203332	\N
a	\\x01	33	33	insert	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	\\x6e6f6465203333	\N
Ä doc	\\x01	33	33	insert	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	\\x6e6f6465203333	\N
a	\\x01	34	34	insert	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	\\x6e6f6465203334	\N
Ä doc	\\x01	34	34	insert	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	\\x6e6f6465203334	\N
a	\\x01	35	35	insert	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	\\x6e6f6465203335	\N
Ä doc	\\x01	35	35	insert	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	\\x6e6f6465203335	\N
a	\\x01	36	36	insert	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	\\x6e6f6465203336	\N
Ä doc	\\x01	36	36	insert	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	\\x6e6f6465203336	\N
a	\\x01	37	37	insert	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	\\x6e6f6465203337	\N
Ä doc	\\x01	37	37	insert	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	\\x6e6f6465203337	\N
a	\\x01	38	38	insert	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	\\x6e6f6465203338	\N
Ä doc	\\x01	38	38	insert	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	\\x6e6f6465203338	\N
a	\\x01	39	39	insert	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	\\x6e6f6465203339	\N
Ä doc	\\x01	39	39	insert	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	\\x6e6f6465203339	\N
a	\\x01	40	40	insert	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	\\x6e6f6465203430	\N
Ä doc	\\x01	40	40	insert	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	\\x6e6f6465203430	\N
a	\\x01	41	41	insert	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	\\x6e6f6465203431	\N
Ä doc	\\x01	41	41	insert	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	\\x6e6f6465203431	\N
a	\\x01	42	42	insert	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	\\x6e6f6465203432	\N
Ä doc	\\x01	42	42	insert	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	\\x6e6f6465203432	\N
a	\\x01	43	43	insert	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	\\x6e6f6465203433	\N
Ä doc	\\x01	43	43	insert	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	\\x6e6f6465203433	\N
a	\\x01	44	44	insert	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	\\x6e6f6465203434	\N
Ä doc	\\x01	44	44	insert	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	\\x6e6f6465203434	\N
a	\\x01	45	45	insert	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	\\x6e6f6465203435	\N
Ä doc	\\x01	45	45	insert	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	\\x6e6f6465203435	\N
a	\\x01	46	46	insert	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	\\x6e6f6465203436	\N
Ä doc	\\x01	46	46	insert	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	\\x6e6f6465203436	\N
a	\\x01	47	47	insert	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	\\x6e6f6465203437	\N
Ä doc	\\x01	47	47	insert	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	\\x6e6f6465203437	\N
a	\\x01	48	48	insert	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	\\x6e6f6465203438	\N
Ä doc	\\x01	48	48	insert	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	\\x6e6f6465203438	\N
a	\\x01	49	49	insert	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	\\x6e6f6465203439	\N
Ä doc	\\x01	49	49	insert	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	\\x6e6f6465203439	\N
a	\\x01	50	50	insert	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	\\x6e6f6465203530	\N
Ä doc	\\x01	50	50	insert	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	\\x6e6f6465203530	\N
a	\\x01	51	51	insert	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	\\x6e6f6465203531	\N
Ä doc	\\x01	51	51	insert	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	\\x6e6f6465203531	\N
a	\\x01	52	52	insert	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	\\x6e6f6465203532	\N
Ä doc	\\x01	52	52	insert	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	\\x6e6f6465203532	\N
a	\\x01	53	53	insert	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	\\x6e6f6465203533	\N
Ä doc	\\x01	53	53	insert	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	\\x6e6f6465203533	\N
a	\\x01	54	54	insert	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	\\x6e6f6465203534	\N
Ä doc	\\x01	54	54	insert	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	\\x6e6f6465203534	\N
a	\\x01	55	55	insert	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	\\x6e6f6465203535	\N
Ä doc	\\x01	55	55	insert	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	\\x6e6f6465203535	\N
a	\\x01	56	56	insert	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	\\x6e6f6465203536	\N
Ä doc	\\x01	56	56	insert	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	\\x6e6f6465203536	\N
a	\\x01	57	57	insert	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	\\x6e6f6465203537	\N
Ä doc	\\x01	57	57	insert	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	\\x6e6f6465203537	\N
a	\\x01	58	58	insert	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	\\x6e6f6465203538	\N
Ä doc	\\x01	58	58	insert	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	\\x6e6f6465203538	\N
a	\\x01	59	59	insert	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	\\x6e6f6465203539	\N
Ä doc	\\x01	59	59	insert	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	\\x6e6f6465203539	\N
a	\\x01	60	60	insert	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	\\x6e6f6465203630	\N
Ä doc	\\x01	60	60	insert	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	\\x6e6f6465203630	\N
a	\\x02	9	599	move	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000009	\\x00	\N	\N
a	\\x02	1	600	move	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000013	\\x00	\N	\N
a	\\x02	2	601	payload	00000000-0000-0000-0000-000000000004	\N	\N	\N	\N
a	\\x02	6	605	insert	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000002	\\x0102	\\x616761696e	\N
a	\\x02	3	602	delete	00000000-0000-0000-0000-000000000005	\N	\N	\N	{"01":[[5,5],[15,17],[45,53]]}
a	\\x02	4	603	delete	00000000-0000-0000-0000-000000000006	\N	\N	\N	{"01":[[1,6]]}
a	\\x02	5	604	tombstone	00000000-0000-0000-0000-000000000060	\N	\N	\N	\N
a	\\x03	1	50	move	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000002	\\x00	\N	\N
a	\\x03	2	3	payload	00000000-0000-0000-0000-000000000004	\N	\N	\\x746f6f206c617465	\N
a	\\x03	3	55	insert	00000000-0000-0000-0000-000000000070	00000000-0000-0000-0000-000000000020	\\x00	\\x6c617465206c656166	\N
Ä doc	\\x02	1	10	move	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000007	\\x00	\N	\N
Ä doc	\\x02	2	900	insert	00000000-0000-0000-0000-000000000901	00000000-0000-0000-0000-000000000001	\\x00	\\x7761697473	\N
only waits	\\x02	1	1	insert	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000000	\\x00	\\x6f6e65	\N
\.


--
-- Data for Name: other_refs; Type: TABLE DATA; Schema: texts; Owner: -
--

COPY texts.other_refs (doc, parent, lamport, replica, counter) FROM stdin;
a	00000000-0000-0000-0000-000000000000	600	\\x02	1
a	00000000-0000-0000-0000-000000000009	3	\\x01	3
a	00000000-0000-0000-0000-000000000001	599	\\x02	9
a	00000000-0000-0000-0000-000000000001	601	\\x02	2
a	00000000-0000-0000-0000-000000000013	1	\\x01	1
a	00000000-0000-0000-0000-000000000006	605	\\x02	6
a	00000000-0000-0000-0000-000000000001	602	\\x02	3
a	00000000-0000-0000-0000-000000000002	603	\\x02	4
a	00000000-0000-0000-0000-000000000020	604	\\x02	5
a	00000000-0000-0000-0000-000000000004	50	\\x03	1
a	00000000-0000-0000-0000-000000000002	13	\\x01	13
\.


--
-- Data for Name: reinserts; Type: TABLE DATA; Schema: texts; Owner: -
--

COPY texts.reinserts (doc, node, payload, lamport, replica, counter) FROM stdin;
a	00000000-0000-0000-0000-000000000020	t	605	\\x02	6
\.


--
-- Data for Name: waiting; Type: TABLE DATA; Schema: texts; Owner: -
--

COPY texts.waiting (doc, lamport, replica, counter, dots) FROM stdin;
Ä doc	10	\\x02	1	{"02":[[1,2]]}
only waits	1	\\x02	1	{"02":[[1,1]]}
\.


--
-- Data for Name: docs; Type: TABLE DATA; Schema: uuids; Owner: -
--

COPY uuids.docs (doc, head_lamport, head_replica, head_counter, op_count, frontier_lamport, frontier_replica, frontier_counter, late_count, reevaluated_count) FROM stdin;
00000000-0000-0000-0000-000000000007	605	\\x02	6	70	\N	\N	\N	0	0
\.


--
-- Data for Name: ignored; Type: TABLE DATA; Schema: uuids; Owner: -
--

COPY uuids.ignored (doc, node, lamport, replica, counter) FROM stdin;
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000003	599	\\x02	9
\.


--
-- Data for Name: nodes; Type: TABLE DATA; Schema: uuids; Owner: -
--

COPY uuids.nodes (doc, node, parent, order_key, tombstone, payload, keys, deleted_at) FROM stdin;
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	f	\\x6e6f64652032	\\x1502020101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	f	\\x6e6f64652033	\\x1503030101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	f	\N	\\x1304040101d904020102	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	t	\\x6e6f64652035	\\x1505050101	{"01":[[5,5],[15,17],[45,53]],"02":[[3,3]]}
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	f	\\x6e6f64652036	\\x1506060101	{"01":[[1,6]],"02":[[4,4]]}
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	f	\\x6e6f64652037	\\x1507070101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	f	\\x6e6f64652038	\\x1508080101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000002	\\x00	f	\\x6e6f6465203133	\\x0b320101030d0d01010d0d0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000002	\\x0102	f	\\x616761696e	\\x0ddd0406010214140101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	f	\\x6e6f64652039	\\x1509090101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	f	\\x6e6f6465203130	\\x150a0a0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	f	\\x6e6f6465203131	\\x150b0b0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	f	\\x6e6f6465203132	\\x150c0c0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	f	\\x6e6f6465203134	\\x150e0e0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	f	\\x6e6f6465203135	\\x150f0f0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	f	\\x6e6f6465203136	\\x1510100101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	f	\\x6e6f6465203137	\\x1511110101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	f	\\x6e6f6465203138	\\x1512120101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	f	\\x6e6f6465203139	\\x1513130101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	f	\\x6e6f6465203231	\\x1515150101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	f	\\x6e6f6465203232	\\x1516160101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	f	\\x6e6f6465203233	\\x1517170101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	f	\\x6e6f6465203234	\\x1518180101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	f	\\x6e6f6465203235	\\x1519190101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	f	\\x6e6f6465203236	\\x151a1a0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	f	\\x6e6f6465203237	\\x151b1b0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	f	\\x6e6f6465203238	\\x151c1c0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	f	\\x6e6f6465203239	\\x151d1d0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	f	\\x6e6f6465203330	\\x151e1e0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	f	\\x6e6f6465203331	\\x151f1f0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	f	\\x6e6f6465203332	\\x1520200101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	f	\\x6e6f6465203333	\\x1521210101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	f	\\x6e6f6465203334	\\x1522220101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	f	\\x6e6f6465203335	\\x1523230101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	f	\\x6e6f6465203336	\\x1524240101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	f	\\x6e6f6465203337	\\x1525250101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	f	\\x6e6f6465203338	\\x1526260101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000013	\\x00	f	\\x6e6f64652031	\\x0bd8040101020101010101010101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	f	\\x6e6f6465203339	\\x1527270101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	f	\\x6e6f6465203430	\\x1528280101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	f	\\x6e6f6465203431	\\x1529290101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	f	\\x6e6f6465203432	\\x152a2a0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	f	\\x6e6f6465203433	\\x152b2b0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	f	\\x6e6f6465203434	\\x152c2c0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	f	\\x6e6f6465203435	\\x152d2d0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	f	\\x6e6f6465203436	\\x152e2e0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	f	\\x6e6f6465203437	\\x152f2f0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	f	\\x6e6f6465203438	\\x1530300101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	f	\\x6e6f6465203439	\\x1531310101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	f	\\x6e6f6465203530	\\x1532320101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	f	\\x6e6f6465203531	\\x1533330101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	f	\\x6e6f6465203532	\\x1534340101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	f	\\x6e6f6465203533	\\x1535350101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	f	\\x6e6f6465203534	\\x1536360101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	f	\\x6e6f6465203535	\\x1537370101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	f	\\x6e6f6465203536	\\x1538380101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	f	\\x6e6f6465203537	\\x1539390101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	f	\\x6e6f6465203538	\\x153a3a0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	f	\\x6e6f6465203539	\\x153b3b0101	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000070	00000000-0000-0000-0000-000000000020	\\x00	f	\\x6c617465206c656166	\\x1537030103	\N
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	f	\\x6e6f6465203630	\\x153c3c0101	{"02":[[5,5]]}
\.


--
-- Data for Name: ops; Type: TABLE DATA; Schema: uuids; Owner: -
--

COPY uuids.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state) FROM stdin;
00000000-0000-0000-0000-000000000007	\\x01	1	1	insert	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000000	\\x00000001	\\x6e6f64652031	\N
00000000-0000-0000-0000-000000000007	\\x01	2	2	insert	00000000-0000-0000-0000-000000000002	00000000-0000-0000-0000-000000000000	\\x00000002	\\x6e6f64652032	\N
00000000-0000-0000-0000-000000000007	\\x01	3	3	insert	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000001	\\x00000003	\\x6e6f64652033	\N
00000000-0000-0000-0000-000000000007	\\x01	4	4	insert	00000000-0000-0000-0000-000000000004	00000000-0000-0000-0000-000000000001	\\x00000004	\\x6e6f64652034	\N
00000000-0000-0000-0000-000000000007	\\x01	5	5	insert	00000000-0000-0000-0000-000000000005	00000000-0000-0000-0000-000000000001	\\x00000005	\\x6e6f64652035	\N
00000000-0000-0000-0000-000000000007	\\x01	6	6	insert	00000000-0000-0000-0000-000000000006	00000000-0000-0000-0000-000000000002	\\x00000006	\\x6e6f64652036	\N
00000000-0000-0000-0000-000000000007	\\x01	7	7	insert	00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	\\x00000007	\\x6e6f64652037	\N
00000000-0000-0000-0000-000000000007	\\x01	8	8	insert	00000000-0000-0000-0000-000000000008	00000000-0000-0000-0000-000000000002	\\x00000008	\\x6e6f64652038	\N
00000000-0000-0000-0000-000000000007	\\x01	9	9	insert	00000000-0000-0000-0000-000000000009	00000000-0000-0000-0000-000000000003	\\x00000009	\\x6e6f64652039	\N
00000000-0000-0000-0000-000000000007	\\x01	10	10	insert	00000000-0000-0000-0000-000000000010	00000000-0000-0000-0000-000000000003	\\x0000000a	\\x6e6f6465203130	\N
00000000-0000-0000-0000-000000000007	\\x01	11	11	insert	00000000-0000-0000-0000-000000000011	00000000-0000-0000-0000-000000000003	\\x0000000b	\\x6e6f6465203131	\N
00000000-0000-0000-0000-000000000007	\\x01	12	12	insert	00000000-0000-0000-0000-000000000012	00000000-0000-0000-0000-000000000004	\\x0000000c	\\x6e6f6465203132	\N
00000000-0000-0000-0000-000000000007	\\x01	13	13	insert	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000004	\\x0000000d	\\x6e6f6465203133	\N
00000000-0000-0000-0000-000000000007	\\x01	14	14	insert	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000004	\\x0000000e	\\x6e6f6465203134	\N
00000000-0000-0000-0000-000000000007	\\x01	15	15	insert	00000000-0000-0000-0000-000000000015	00000000-0000-0000-0000-000000000005	\\x0000000f	\\x6e6f6465203135	\N
00000000-0000-0000-0000-000000000007	\\x01	16	16	insert	00000000-0000-0000-0000-000000000016	00000000-0000-0000-0000-000000000005	\\x00000010	\\x6e6f6465203136	\N
00000000-0000-0000-0000-000000000007	\\x01	17	17	insert	00000000-0000-0000-0000-000000000017	00000000-0000-0000-0000-000000000005	\\x00000011	\\x6e6f6465203137	\N
00000000-0000-0000-0000-000000000007	\\x01	18	18	insert	00000000-0000-0000-0000-000000000018	00000000-0000-0000-0000-000000000006	\\x00000012	\\x6e6f6465203138	\N
00000000-0000-0000-0000-000000000007	\\x01	19	19	insert	00000000-0000-0000-0000-000000000019	00000000-0000-0000-0000-000000000006	\\x00000013	\\x6e6f6465203139	\N
00000000-0000-0000-0000-000000000007	\\x01	20	20	insert	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000006	\\x00000014	\\x6e6f6465203230	\N
00000000-0000-0000-0000-000000000007	\\x01	21	21	insert	00000000-0000-0000-0000-000000000021	00000000-0000-0000-0000-000000000007	\\x00000015	\\x6e6f6465203231	\N
00000000-0000-0000-0000-000000000007	\\x01	22	22	insert	00000000-0000-0000-0000-000000000022	00000000-0000-0000-0000-000000000007	\\x00000016	\\x6e6f6465203232	\N
00000000-0000-0000-0000-000000000007	\\x01	23	23	insert	00000000-0000-0000-0000-000000000023	00000000-0000-0000-0000-000000000007	\\x00000017	\\x6e6f6465203233	\N
00000000-0000-0000-0000-000000000007	\\x01	24	24	insert	00000000-0000-0000-0000-000000000024	00000000-0000-0000-0000-000000000008	\\x00000018	\\x6e6f6465203234	\N
00000000-0000-0000-0000-000000000007	\\x01	25	25	insert	00000000-0000-0000-0000-000000000025	00000000-0000-0000-0000-000000000008	\\x00000019	\\x6e6f6465203235	\N
00000000-0000-0000-0000-000000000007	\\x01	26	26	insert	00000000-0000-0000-0000-000000000026	00000000-0000-0000-0000-000000000008	\\x0000001a	\\x6e6f6465203236	\N
00000000-0000-0000-0000-000000000007	\\x01	27	27	insert	00000000-0000-0000-0000-000000000027	00000000-0000-0000-0000-000000000009	\\x0000001b	\\x6e6f6465203237	\N
00000000-0000-0000-0000-000000000007	\\x01	28	28	insert	00000000-0000-0000-0000-000000000028	00000000-0000-0000-0000-000000000009	\\x0000001c	\\x6e6f6465203238	\N
00000000-0000-0000-0000-000000000007	\\x01	29	29	insert	00000000-0000-0000-0000-000000000029	00000000-0000-0000-0000-000000000009	\\x0000001d	\\x6e6f6465203239	\N
00000000-0000-0000-0000-000000000007	\\x01	30	30	insert	00000000-0000-0000-0000-000000000030	00000000-0000-0000-0000-000000000010	\\x0000001e	\\x6e6f6465203330	\N
00000000-0000-0000-0000-000000000007	\\x01	31	31	insert	00000000-0000-0000-0000-000000000031	00000000-0000-0000-0000-000000000010	\\x0000001f	\\x6e6f6465203331	\N
00000000-0000-0000-0000-000000000007	\\x01	32	32	insert	00000000-0000-0000-0000-000000000032	00000000-0000-0000-0000-000000000010	\\x00000020	\\x6e6f6465203332	\N
00000000-0000-0000-0000-000000000007	\\x01	33	33	insert	00000000-0000-0000-0000-000000000033	00000000-0000-0000-0000-000000000011	\\x00000021	\\x6e6f6465203333	\N
00000000-0000-0000-0000-000000000007	\\x01	34	34	insert	00000000-0000-0000-0000-000000000034	00000000-0000-0000-0000-000000000011	\\x00000022	\\x6e6f6465203334	\N
00000000-0000-0000-0000-000000000007	\\x01	35	35	insert	00000000-0000-0000-0000-000000000035	00000000-0000-0000-0000-000000000011	\\x00000023	\\x6e6f6465203335	\N
00000000-0000-0000-0000-000000000007	\\x01	36	36	insert	00000000-0000-0000-0000-000000000036	00000000-0000-0000-0000-000000000012	\\x00000024	\\x6e6f6465203336	\N
00000000-0000-0000-0000-000000000007	\\x01	37	37	insert	00000000-0000-0000-0000-000000000037	00000000-0000-0000-0000-000000000012	\\x00000025	\\x6e6f6465203337	\N
00000000-0000-0000-0000-000000000007	\\x01	38	38	insert	00000000-0000-0000-0000-000000000038	00000000-0000-0000-0000-000000000012	\\x00000026	\\x6e6f6465203338	\N
00000000-0000-0000-0000-000000000007	\\x01	39	39	insert	00000000-0000-0000-0000-000000000039	00000000-0000-0000-0000-000000000013	\\x00000027	\\x6e6f6465203339	\N
00000000-0000-0000-0000-000000000007	\\x01	40	40	insert	00000000-0000-0000-0000-000000000040	00000000-0000-0000-0000-000000000013	\\x00000028	\\x6e6f6465203430	\N
00000000-0000-0000-0000-000000000007	\\x01	41	41	insert	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000013	\\x00000029	\\x6e6f6465203431	\N
00000000-0000-0000-0000-000000000007	\\x01	42	42	insert	00000000-0000-0000-0000-000000000042	00000000-0000-0000-0000-000000000014	\\x0000002a	\\x6e6f6465203432	\N
00000000-0000-0000-0000-000000000007	\\x01	43	43	insert	00000000-0000-0000-0000-000000000043	00000000-0000-0000-0000-000000000014	\\x0000002b	\\x6e6f6465203433	\N
00000000-0000-0000-0000-000000000007	\\x01	44	44	insert	00000000-0000-0000-0000-000000000044	00000000-0000-0000-0000-000000000014	\\x0000002c	\\x6e6f6465203434	\N
00000000-0000-0000-0000-000000000007	\\x01	45	45	insert	00000000-0000-0000-0000-000000000045	00000000-0000-0000-0000-000000000015	\\x0000002d	\\x6e6f6465203435	\N
00000000-0000-0000-0000-000000000007	\\x01	46	46	insert	00000000-0000-0000-0000-000000000046	00000000-0000-0000-0000-000000000015	\\x0000002e	\\x6e6f6465203436	\N
00000000-0000-0000-0000-000000000007	\\x01	47	47	insert	00000000-0000-0000-0000-000000000047	00000000-0000-0000-0000-000000000015	\\x0000002f	\\x6e6f6465203437	\N
00000000-0000-0000-0000-000000000007	\\x01	48	48	insert	00000000-0000-0000-0000-000000000048	00000000-0000-0000-0000-000000000016	\\x00000030	\\x6e6f6465203438	\N
00000000-0000-0000-0000-000000000007	\\x01	49	49	insert	00000000-0000-0000-0000-000000000049	00000000-0000-0000-0000-000000000016	\\x00000031	\\x6e6f6465203439	\N
00000000-0000-0000-0000-000000000007	\\x01	50	50	insert	00000000-0000-0000-0000-000000000050	00000000-0000-0000-0000-000000000016	\\x00000032	\\x6e6f6465203530	\N
00000000-0000-0000-0000-000000000007	\\x01	51	51	insert	00000000-0000-0000-0000-000000000051	00000000-0000-0000-0000-000000000017	\\x00000033	\\x6e6f6465203531	\N
00000000-0000-0000-0000-000000000007	\\x01	52	52	insert	00000000-0000-0000-0000-000000000052	00000000-0000-0000-0000-000000000017	\\x00000034	\\x6e6f6465203532	\N
00000000-0000-0000-0000-000000000007	\\x01	53	53	insert	00000000-0000-0000-0000-000000000053	00000000-0000-0000-0000-000000000017	\\x00000035	\\x6e6f6465203533	\N
00000000-0000-0000-0000-000000000007	\\x01	54	54	insert	00000000-0000-0000-0000-000000000054	00000000-0000-0000-0000-000000000018	\\x00000036	\\x6e6f6465203534	\N
00000000-0000-0000-0000-000000000007	\\x01	55	55	insert	00000000-0000-0000-0000-000000000055	00000000-0000-0000-0000-000000000018	\\x00000037	\\x6e6f6465203535	\N
00000000-0000-0000-0000-000000000007	\\x01	56	56	insert	00000000-0000-0000-0000-000000000056	00000000-0000-0000-0000-000000000018	\\x00000038	\\x6e6f6465203536	\N
00000000-0000-0000-0000-000000000007	\\x01	57	57	insert	00000000-0000-0000-0000-000000000057	00000000-0000-0000-0000-000000000019	\\x00000039	\\x6e6f6465203537	\N
00000000-0000-0000-0000-000000000007	\\x01	58	58	insert	00000000-0000-0000-0000-000000000058	00000000-0000-0000-0000-000000000019	\\x0000003a	\\x6e6f6465203538	\N
00000000-0000-0000-0000-000000000007	\\x01	59	59	insert	00000000-0000-0000-0000-000000000059	00000000-0000-0000-0000-000000000019	\\x0000003b	\\x6e6f6465203539	\N
00000000-0000-0000-0000-000000000007	\\x01	60	60	insert	00000000-0000-0000-0000-000000000060	00000000-0000-0000-0000-000000000020	\\x0000003c	\\x6e6f6465203630	\N
00000000-0000-0000-0000-000000000007	\\x02	9	599	move	00000000-0000-0000-0000-000000000003	00000000-0000-0000-0000-000000000009	\\x00	\N	\N
00000000-0000-0000-0000-000000000007	\\x02	1	600	move	00000000-0000-0000-0000-000000000001	00000000-0000-0000-0000-000000000013	\\x00	\N	\N
00000000-0000-0000-0000-000000000007	\\x02	2	601	payload	00000000-0000-0000-0000-000000000004	\N	\N	\N	\N
00000000-0000-0000-0000-000000000007	\\x02	6	605	insert	00000000-0000-0000-0000-000000000020	00000000-0000-0000-0000-000000000002	\\x0102	\\x616761696e	\N
00000000-0000-0000-0000-000000000007	\\x02	3	602	delete	00000000-0000-0000-0000-000000000005	\N	\N	\N	{"01":[[5,5],[15,17],[45,53]]}
00000000-0000-0000-0000-000000000007	\\x02	4	603	delete	00000000-0000-0000-0000-000000000006	\N	\N	\N	{"01":[[1,6]]}
00000000-0000-0000-0000-000000000007	\\x02	5	604	tombstone	00000000-0000-0000-0000-000000000060	\N	\N	\N	\N
00000000-0000-0000-0000-000000000007	\\x03	1	50	move	00000000-0000-0000-0000-000000000013	00000000-0000-0000-0000-000000000002	\\x00	\N	\N
00000000-0000-0000-0000-000000000007	\\x03	2	3	payload	00000000-0000-0000-0000-000000000004	\N	\N	\\x746f6f206c617465	\N
00000000-0000-0000-0000-000000000007	\\x03	3	55	insert	00000000-0000-0000-0000-000000000070	00000000-0000-0000-0000-000000000020	\\x00	\\x6c617465206c656166	\N
\.


--
-- Data for Name: other_refs; Type: TABLE DATA; Schema: uuids; Owner: -
--

COPY uuids.other_refs (doc, parent, lamport, replica, counter) FROM stdin;
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000000	600	\\x02	1
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000001	599	\\x02	9
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000001	601	\\x02	2
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000001	602	\\x02	3
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	13	\\x01	13
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000002	603	\\x02	4
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000004	50	\\x03	1
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000006	605	\\x02	6
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000009	3	\\x01	3
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000013	1	\\x01	1
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000020	604	\\x02	5
\.


--
-- Data for Name: reinserts; Type: TABLE DATA; Schema: uuids; Owner: -
--

COPY uuids.reinserts (doc, node, payload, lamport, replica, counter) FROM stdin;
00000000-0000-0000-0000-000000000007	00000000-0000-0000-0000-000000000020	t	605	\\x02	6
\.


--
-- Data for Name: waiting; Type: TABLE DATA; Schema: uuids; Owner: -
--

COPY uuids.waiting (doc, lamport, replica, counter, dots) FROM stdin;
\.


--
-- Name: docs docs_pkey; Type: CONSTRAINT; Schema: numbers; Owner: -
--

ALTER TABLE ONLY numbers.docs
    ADD CONSTRAINT docs_pkey PRIMARY KEY (doc);


--
-- Name: ignored ignored_pkey; Type: CONSTRAINT; Schema: numbers; Owner: -
--

ALTER TABLE ONLY numbers.ignored
    ADD CONSTRAINT ignored_pkey PRIMARY KEY (doc, node, lamport, replica, counter);


--
-- Name: nodes nodes_pkey; Type: CONSTRAINT; Schema: numbers; Owner: -
--

ALTER TABLE ONLY numbers.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (doc, node);


--
-- Name: ops ops_pkey; Type: CONSTRAINT; Schema: numbers; Owner: -
--

ALTER TABLE ONLY numbers.ops
    ADD CONSTRAINT ops_pkey PRIMARY KEY (doc, replica, counter);


--
-- Name: other_refs other_refs_pkey; Type: CONSTRAINT; Schema: numbers; Owner: -
--

ALTER TABLE ONLY numbers.other_refs
    ADD CONSTRAINT other_refs_pkey PRIMARY KEY (doc, parent, lamport, replica, counter);


--
-- Name: reinserts reinserts_pkey; Type: CONSTRAINT; Schema: numbers; Owner: -
--

ALTER TABLE ONLY numbers.reinserts
    ADD CONSTRAINT reinserts_pkey PRIMARY KEY (doc, node, payload, lamport, replica, counter);


--
-- Name: waiting waiting_pkey; Type: CONSTRAINT; Schema: numbers; Owner: -
--

ALTER TABLE ONLY numbers.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (doc, lamport, replica, counter);


--
-- Name: docs docs_pkey; Type: CONSTRAINT; Schema: texts; Owner: -
--

ALTER TABLE ONLY texts.docs
    ADD CONSTRAINT docs_pkey PRIMARY KEY (doc);


--
-- Name: ignored ignored_pkey; Type: CONSTRAINT; Schema: texts; Owner: -
--

ALTER TABLE ONLY texts.ignored
    ADD CONSTRAINT ignored_pkey PRIMARY KEY (doc, node, lamport, replica, counter);


--
-- Name: nodes nodes_pkey; Type: CONSTRAINT; Schema: texts; Owner: -
--

ALTER TABLE ONLY texts.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (doc, node);


--
-- Name: ops ops_pkey; Type: CONSTRAINT; Schema: texts; Owner: -
--

ALTER TABLE ONLY texts.ops
    ADD CONSTRAINT ops_pkey PRIMARY KEY (doc, replica, counter);


--
-- Name: other_refs other_refs_pkey; Type: CONSTRAINT; Schema: texts; Owner: -
--

ALTER TABLE ONLY texts.other_refs
    ADD CONSTRAINT other_refs_pkey PRIMARY KEY (doc, parent, lamport, replica, counter);


--
-- Name: reinserts reinserts_pkey; Type: CONSTRAINT; Schema: texts; Owner: -
--

ALTER TABLE ONLY texts.reinserts
    ADD CONSTRAINT reinserts_pkey PRIMARY KEY (doc, node, payload, lamport, replica, counter);


--
-- Name: waiting waiting_pkey; Type: CONSTRAINT; Schema: texts; Owner: -
--

ALTER TABLE ONLY texts.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (doc, lamport, replica, counter);


--
-- Name: docs docs_pkey; Type: CONSTRAINT; Schema: uuids; Owner: -
--

ALTER TABLE ONLY uuids.docs
    ADD CONSTRAINT docs_pkey PRIMARY KEY (doc);


--
-- Name: ignored ignored_pkey; Type: CONSTRAINT; Schema: uuids; Owner: -
--

ALTER TABLE ONLY uuids.ignored
    ADD CONSTRAINT ignored_pkey PRIMARY KEY (doc, node, lamport, replica, counter);


--
-- Name: nodes nodes_pkey; Type: CONSTRAINT; Schema: uuids; Owner: -
--

ALTER TABLE ONLY uuids.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (doc, node);


--
-- Name: ops ops_pkey; Type: CONSTRAINT; Schema: uuids; Owner: -
--

ALTER TABLE ONLY uuids.ops
    ADD CONSTRAINT ops_pkey PRIMARY KEY (doc, replica, counter);


--
-- Name: other_refs other_refs_pkey; Type: CONSTRAINT; Schema: uuids; Owner: -
--

ALTER TABLE ONLY uuids.other_refs
    ADD CONSTRAINT other_refs_pkey PRIMARY KEY (doc, parent, lamport, replica, counter);


--
-- Name: reinserts reinserts_pkey; Type: CONSTRAINT; Schema: uuids; Owner: -
--

ALTER TABLE ONLY uuids.reinserts
    ADD CONSTRAINT reinserts_pkey PRIMARY KEY (doc, node, payload, lamport, replica, counter);


--
-- Name: waiting waiting_pkey; Type: CONSTRAINT; Schema: uuids; Owner: -
--

ALTER TABLE ONLY uuids.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (doc, lamport, replica, counter);


--
-- Name: nodes_children; Type: INDEX; Schema: numbers; Owner: -
--

CREATE INDEX nodes_children ON numbers.nodes USING btree (doc, parent, order_key, node);


--
-- Name: nodes_deleted; Type: INDEX; Schema: numbers; Owner: -
--

CREATE INDEX nodes_deleted ON numbers.nodes USING btree (doc) WHERE (deleted_at IS NOT NULL);


--
-- Name: ops_naming; Type: INDEX; Schema: numbers; Owner: -
--

CREATE INDEX ops_naming ON numbers.ops USING btree (doc, parent) WHERE ((parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> '00000000-0000-0000-0000-000000000000'::uuid));


--
-- Name: ops_timeline; Type: INDEX; Schema: numbers; Owner: -
--

CREATE INDEX ops_timeline ON numbers.ops USING btree (doc, node, kind, lamport) WHERE (kind <> 'insert'::treecrdt.op_kind);


--
-- Name: nodes_children; Type: INDEX; Schema: texts; Owner: -
--

CREATE INDEX nodes_children ON texts.nodes USING btree (doc, parent, order_key, node);


--
-- Name: nodes_deleted; Type: INDEX; Schema: texts; Owner: -
--

CREATE INDEX nodes_deleted ON texts.nodes USING btree (doc) WHERE (deleted_at IS NOT NULL);


--
-- Name: ops_naming; Type: INDEX; Schema: texts; Owner: -
--

CREATE INDEX ops_naming ON texts.ops USING btree (doc, parent) WHERE ((parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> '00000000-0000-0000-0000-000000000000'::uuid));


--
-- Name: ops_timeline; Type: INDEX; Schema: texts; Owner: -
--

CREATE INDEX ops_timeline ON texts.ops USING btree (doc, node, kind, lamport) WHERE (kind <> 'insert'::treecrdt.op_kind);


--
-- Name: titles; Type: INDEX; Schema: texts; Owner: -
--

CREATE INDEX titles ON texts.nodes USING btree (doc, title) WHERE (NOT tombstone);


--
-- Name: nodes_children; Type: INDEX; Schema: uuids; Owner: -
--

CREATE INDEX nodes_children ON uuids.nodes USING btree (doc, parent, order_key, node);


--
-- Name: nodes_deleted; Type: INDEX; Schema: uuids; Owner: -
--

CREATE INDEX nodes_deleted ON uuids.nodes USING btree (doc) WHERE (deleted_at IS NOT NULL);


--
-- Name: ops_naming; Type: INDEX; Schema: uuids; Owner: -
--

CREATE INDEX ops_naming ON uuids.ops USING btree (doc, parent) WHERE ((parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> '00000000-0000-0000-0000-000000000000'::uuid));


--
-- Name: ops_timeline; Type: INDEX; Schema: uuids; Owner: -
--

CREATE INDEX ops_timeline ON uuids.ops USING btree (doc, node, kind, lamport) WHERE (kind <> 'insert'::treecrdt.op_kind);


--
-- Name: ops treecrdt_append_only; Type: TRIGGER; Schema: numbers; Owner: -
--

CREATE TRIGGER treecrdt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON numbers.ops FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_append_only();


--
-- Name: ops treecrdt_append_only_row; Type: TRIGGER; Schema: numbers; Owner: -
--

CREATE TRIGGER treecrdt_append_only_row BEFORE DELETE OR UPDATE ON numbers.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_append_only();


--
-- Name: ops treecrdt_check; Type: TRIGGER; Schema: numbers; Owner: -
--

CREATE TRIGGER treecrdt_check BEFORE INSERT ON numbers.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check();


--
-- Name: ops treecrdt_materialize; Type: TRIGGER; Schema: numbers; Owner: -
--

CREATE TRIGGER treecrdt_materialize AFTER INSERT ON numbers.ops REFERENCING NEW TABLE AS batch FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('1');


--
-- Name: ops treecrdt_append_only; Type: TRIGGER; Schema: texts; Owner: -
--

CREATE TRIGGER treecrdt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON texts.ops FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_append_only();


--
-- Name: ops treecrdt_append_only_row; Type: TRIGGER; Schema: texts; Owner: -
--

CREATE TRIGGER treecrdt_append_only_row BEFORE DELETE OR UPDATE ON texts.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_append_only();


--
-- Name: ops treecrdt_check; Type: TRIGGER; Schema: texts; Owner: -
--

CREATE TRIGGER treecrdt_check BEFORE INSERT ON texts.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check();


--
-- Name: ops treecrdt_materialize; Type: TRIGGER; Schema: texts; Owner: -
--

CREATE TRIGGER treecrdt_materialize AFTER INSERT ON texts.ops REFERENCING NEW TABLE AS batch FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('1');


--
-- Name: ops treecrdt_append_only; Type: TRIGGER; Schema: uuids; Owner: -
--

CREATE TRIGGER treecrdt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON uuids.ops FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_append_only();


--
-- Name: ops treecrdt_append_only_row; Type: TRIGGER; Schema: uuids; Owner: -
--

CREATE TRIGGER treecrdt_append_only_row BEFORE DELETE OR UPDATE ON uuids.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_append_only();


--
-- Name: ops treecrdt_check; Type: TRIGGER; Schema: uuids; Owner: -
--

CREATE TRIGGER treecrdt_check BEFORE INSERT ON uuids.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check();


--
-- Name: ops treecrdt_materialize; Type: TRIGGER; Schema: uuids; Owner: -
--

CREATE TRIGGER treecrdt_materialize AFTER INSERT ON uuids.ops REFERENCING NEW TABLE AS batch FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('1');


--
-- Name: SCHEMA numbers; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA numbers TO PUBLIC;


--
-- Name: SCHEMA texts; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA texts TO PUBLIC;


--
-- Name: SCHEMA uuids; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA uuids TO PUBLIC;


--
-- PostgreSQL database dump complete
--

\unrestrict ozprUISNs63HwcjTyoHbZnUQTtenfvr7wJ5TWtFzm3pK9Wisk4R3c1nEIV4GQuQ

