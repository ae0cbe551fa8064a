-- The schema of all that is the extension's, a member of it, and the two types that a forest's tables are made of.

-- Fails if there is such a schema: whoever made it would own what is put there.
CREATE SCHEMA treecrdt;
COMMENT ON SCHEMA treecrdt IS 'pg_treecrdt: functions and types of replicated trees';

-- The functions check themselves what a caller may do.
GRANT USAGE ON SCHEMA treecrdt TO PUBLIC;

CREATE TYPE treecrdt.op_kind AS ENUM ('insert', 'move', 'delete', 'tombstone', 'payload');
COMMENT ON TYPE treecrdt.op_kind IS
    'What an operation does: insert and move are structural (parent, order_key), payload sets or clears, delete and tombstone delete';

CREATE TYPE treecrdt.version_vector;

CREATE FUNCTION treecrdt.version_vector_in(pg_catalog.cstring) RETURNS treecrdt.version_vector
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_in_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_in(pg_catalog.cstring) IS 'reads the JSON form, {"aa01": [[1,9],[12,12]]}; 22P02 if malformed';
CREATE FUNCTION treecrdt.version_vector_out(treecrdt.version_vector) RETURNS pg_catalog.cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_out_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_out(treecrdt.version_vector) IS 'writes the JSON form, replicas in order';
CREATE FUNCTION treecrdt.version_vector_recv(pg_catalog.internal) RETURNS treecrdt.version_vector
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_recv_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_recv(pg_catalog.internal) IS 'reads the CBOR form; 22P03 if malformed';
CREATE FUNCTION treecrdt.version_vector_send(treecrdt.version_vector) RETURNS pg_catalog.bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_send_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_send(treecrdt.version_vector) IS 'writes the CBOR form';

CREATE TYPE treecrdt.version_vector (
    INPUT = treecrdt.version_vector_in,
    OUTPUT = treecrdt.version_vector_out,
    RECEIVE = treecrdt.version_vector_recv,
    SEND = treecrdt.version_vector_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE treecrdt.version_vector IS
    'A set of dots: per replica (hex) disjoint inclusive counter ranges, gaps kept: {"aa01": [[1,9],[12,12]]}';

CREATE FUNCTION treecrdt.version_vector_covers(treecrdt.version_vector, treecrdt.version_vector)
    RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_covers_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_covers(treecrdt.version_vector, treecrdt.version_vector) IS 'whether the first holds every dot of the second';
CREATE FUNCTION treecrdt.version_vector_covered(treecrdt.version_vector, treecrdt.version_vector)
    RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_covered_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_covered(treecrdt.version_vector, treecrdt.version_vector) IS 'whether the second holds every dot of the first';
CREATE FUNCTION treecrdt.version_vector_eq(treecrdt.version_vector, treecrdt.version_vector)
    RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_eq_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_eq(treecrdt.version_vector, treecrdt.version_vector) IS 'whether both hold the same dots';
CREATE FUNCTION treecrdt.version_vector_ne(treecrdt.version_vector, treecrdt.version_vector)
    RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_ne_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_ne(treecrdt.version_vector, treecrdt.version_vector) IS 'whether some dot is in one of them only';
CREATE FUNCTION treecrdt.version_vector_union(treecrdt.version_vector, treecrdt.version_vector)
    RETURNS treecrdt.version_vector LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_union_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_union(treecrdt.version_vector, treecrdt.version_vector) IS 'the dots of either';
CREATE FUNCTION treecrdt.version_vector_difference(treecrdt.version_vector, treecrdt.version_vector)
    RETURNS treecrdt.version_vector LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_difference_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_difference(treecrdt.version_vector, treecrdt.version_vector) IS 'the dots of the first that are not in the second';

CREATE OPERATOR treecrdt.@> (FUNCTION = treecrdt.version_vector_covers, LEFTARG = treecrdt.version_vector,
    RIGHTARG = treecrdt.version_vector, COMMUTATOR = OPERATOR(treecrdt.<@), RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel);
COMMENT ON OPERATOR treecrdt.@> (treecrdt.version_vector, treecrdt.version_vector) IS 'covers';
CREATE OPERATOR treecrdt.<@ (FUNCTION = treecrdt.version_vector_covered, LEFTARG = treecrdt.version_vector,
    RIGHTARG = treecrdt.version_vector, COMMUTATOR = OPERATOR(treecrdt.@>), RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel);
COMMENT ON OPERATOR treecrdt.<@ (treecrdt.version_vector, treecrdt.version_vector) IS 'is covered by';
CREATE OPERATOR treecrdt.= (FUNCTION = treecrdt.version_vector_eq, LEFTARG = treecrdt.version_vector,
    RIGHTARG = treecrdt.version_vector, COMMUTATOR = OPERATOR(treecrdt.=), NEGATOR = OPERATOR(treecrdt.<>),
    RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel);
COMMENT ON OPERATOR treecrdt.= (treecrdt.version_vector, treecrdt.version_vector) IS 'equal sets of dots';
CREATE OPERATOR treecrdt.<> (FUNCTION = treecrdt.version_vector_ne, LEFTARG = treecrdt.version_vector,
    RIGHTARG = treecrdt.version_vector, COMMUTATOR = OPERATOR(treecrdt.<>), NEGATOR = OPERATOR(treecrdt.=),
    RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel);
COMMENT ON OPERATOR treecrdt.<> (treecrdt.version_vector, treecrdt.version_vector) IS 'different sets of dots';
CREATE OPERATOR treecrdt.|| (FUNCTION = treecrdt.version_vector_union, LEFTARG = treecrdt.version_vector,
    RIGHTARG = treecrdt.version_vector, COMMUTATOR = OPERATOR(treecrdt.||));
COMMENT ON OPERATOR treecrdt.|| (treecrdt.version_vector, treecrdt.version_vector) IS 'union';
CREATE OPERATOR treecrdt.- (FUNCTION = treecrdt.version_vector_difference, LEFTARG = treecrdt.version_vector,
    RIGHTARG = treecrdt.version_vector);
COMMENT ON OPERATOR treecrdt.- (treecrdt.version_vector, treecrdt.version_vector) IS 'difference';

CREATE FUNCTION treecrdt.version_vector_ranges(treecrdt.version_vector)
    RETURNS TABLE (replica pg_catalog.bytea, first pg_catalog.int8, last pg_catalog.int8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'version_vector_ranges_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_ranges(treecrdt.version_vector) IS
    'the ranges of counters, both ends included, replica by replica, in order';

CREATE FUNCTION treecrdt.version_vector_agg_add(pg_catalog.internal, pg_catalog.bytea, pg_catalog.int8)
    RETURNS pg_catalog.internal LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_agg_add';
COMMENT ON FUNCTION treecrdt.version_vector_agg_add(pg_catalog.internal, pg_catalog.bytea, pg_catalog.int8) IS 'adds a dot to the state of version_vector_agg';
CREATE FUNCTION treecrdt.version_vector_agg_end(pg_catalog.internal)
    RETURNS treecrdt.version_vector LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_agg_end';
COMMENT ON FUNCTION treecrdt.version_vector_agg_end(pg_catalog.internal) IS 'the vector of what version_vector_agg has gathered';
CREATE AGGREGATE treecrdt.version_vector_agg(replica pg_catalog.bytea, counter pg_catalog.int8) (
    SFUNC = treecrdt.version_vector_agg_add, STYPE = pg_catalog.internal, FINALFUNC = treecrdt.version_vector_agg_end
);
COMMENT ON AGGREGATE treecrdt.version_vector_agg(pg_catalog.bytea, pg_catalog.int8) IS
    'the set of all dots (replica, counter) given, in any order; rows with a NULL are passed over; {} of none';
