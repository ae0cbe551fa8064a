-- The peer `row_trigger`: the move algorithm of Kleppmann et al. as a row-level trigger in PL/pgSQL. For each operation
-- that comes, every later move is undone, it is applied, and they are redone.
--
-- As good as that gets: the undoing is one statement; a payload is compared, not replayed; only a node that has children
-- is looked for above its new parent; undo data is written where it changed. What it does not have: op refs, defensive
-- deletion, checks of what comes in.

CREATE SCHEMA row_trigger;

CREATE TABLE row_trigger.ops (
    doc text COLLATE "C" NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    lamport bigint NOT NULL,
    kind treecrdt.op_kind NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    PRIMARY KEY (doc, replica, counter)
);

CREATE TABLE row_trigger.nodes (
    doc text COLLATE "C" NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    payload_lamport bigint,
    payload_replica bytea,
    payload_counter bigint,
    PRIMARY KEY (doc, node)
);
CREATE INDEX nodes_children ON row_trigger.nodes (doc, parent, order_key, node);

-- Every insert and move with what it found: whether it is effective, and where the node was before.
CREATE TABLE row_trigger.undo (
    doc text COLLATE "C" NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    node uuid NOT NULL,
    parent uuid NOT NULL,
    order_key bytea NOT NULL,
    effective boolean,
    old_parent uuid,
    old_order_key bytea,
    PRIMARY KEY (doc, lamport, replica, counter)
);

-- Applies an insert or move to the tree as it is now, and returns it with its undo data.
CREATE FUNCTION row_trigger.apply(op row_trigger.undo, payload bytea) RETURNS row_trigger.undo LANGUAGE plpgsql AS $$
DECLARE
    above uuid := op.parent;
    existed boolean;
BEGIN
    SELECT n.parent, n.order_key INTO op.old_parent, op.old_order_key
    FROM row_trigger.nodes AS n WHERE n.doc = op.doc AND n.node = op.node;
    existed := FOUND;
    op.effective := op.node <> op.parent;
    IF op.effective AND EXISTS (SELECT FROM row_trigger.nodes AS n WHERE n.doc = op.doc AND n.parent = op.node) THEN
        WHILE above IS NOT NULL AND op.effective LOOP
            SELECT n.parent INTO above FROM row_trigger.nodes AS n WHERE n.doc = op.doc AND n.node = above;
            op.effective := above IS DISTINCT FROM op.node;
        END LOOP;
    END IF;
    IF NOT existed THEN
        INSERT INTO row_trigger.nodes
        VALUES (op.doc, op.node, CASE WHEN op.effective THEN op.parent END, CASE WHEN op.effective THEN op.order_key END,
                payload, CASE WHEN payload IS NOT NULL THEN op.lamport END,
                CASE WHEN payload IS NOT NULL THEN op.replica END, CASE WHEN payload IS NOT NULL THEN op.counter END);
    ELSIF op.effective THEN
        UPDATE row_trigger.nodes AS n SET parent = op.parent, order_key = op.order_key
        WHERE n.doc = op.doc AND n.node = op.node;
    END IF;
    RETURN op;
END $$;

CREATE FUNCTION row_trigger.ops_materialize() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    op row_trigger.undo;
    later row_trigger.undo;
    redone row_trigger.undo;
BEGIN
    IF NEW.node = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
       OR (NEW.node = '00000000-0000-0000-0000-000000000000' AND NEW.parent IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    -- Two writers of one doc would each miss what the other did.
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.doc, 0));
    IF NEW.parent IS NULL THEN
        INSERT INTO row_trigger.nodes AS n (doc, node, payload, payload_lamport, payload_replica, payload_counter)
        VALUES (NEW.doc, NEW.node, NEW.payload, NEW.lamport, NEW.replica, NEW.counter)
        ON CONFLICT (doc, node) DO UPDATE SET
            payload = excluded.payload, payload_lamport = excluded.payload_lamport,
            payload_replica = excluded.payload_replica, payload_counter = excluded.payload_counter
        WHERE n.payload_lamport IS NULL OR (n.payload_lamport, n.payload_replica, n.payload_counter)
            < (excluded.payload_lamport, excluded.payload_replica, excluded.payload_counter);
        RETURN NULL;
    END IF;

    op := (NEW.doc, NEW.lamport, NEW.replica, NEW.counter, NEW.node, NEW.parent, NEW.order_key, NULL, NULL, NULL);
    IF EXISTS (SELECT FROM row_trigger.undo AS u WHERE u.doc = NEW.doc
               AND (u.lamport, u.replica, u.counter) > (NEW.lamport, NEW.replica, NEW.counter)) THEN
        UPDATE row_trigger.nodes AS n SET parent = first.old_parent, order_key = first.old_order_key
        FROM (SELECT DISTINCT ON (u.node) u.node, u.old_parent, u.old_order_key FROM row_trigger.undo AS u
              WHERE u.doc = NEW.doc AND (u.lamport, u.replica, u.counter) > (NEW.lamport, NEW.replica, NEW.counter)
              ORDER BY u.node, u.lamport, u.replica, u.counter) AS first
        WHERE n.doc = NEW.doc AND n.node = first.node
            AND (n.parent, n.order_key) IS DISTINCT FROM (first.old_parent, first.old_order_key);
        op := row_trigger.apply(op, NEW.payload);
        -- The loop reads the rows as they were when it began.
        FOR later IN
            SELECT * FROM row_trigger.undo AS u WHERE u.doc = NEW.doc
                AND (u.lamport, u.replica, u.counter) > (NEW.lamport, NEW.replica, NEW.counter)
            ORDER BY u.lamport, u.replica, u.counter
        LOOP
            redone := row_trigger.apply(later, NULL);
            IF redone IS DISTINCT FROM later THEN
                UPDATE row_trigger.undo AS u SET effective = redone.effective, old_parent = redone.old_parent,
                    old_order_key = redone.old_order_key
                WHERE u.doc = later.doc AND u.lamport = later.lamport AND u.replica = later.replica
                    AND u.counter = later.counter;
            END IF;
        END LOOP;
    ELSE
        op := row_trigger.apply(op, NEW.payload);
    END IF;
    INSERT INTO row_trigger.undo SELECT op.*;
    IF NEW.payload IS NOT NULL THEN
        UPDATE row_trigger.nodes AS n SET payload = NEW.payload, payload_lamport = NEW.lamport,
            payload_replica = NEW.replica, payload_counter = NEW.counter
        WHERE n.doc = NEW.doc AND n.node = NEW.node
            AND (n.payload_lamport IS NULL OR (n.payload_lamport, n.payload_replica, n.payload_counter)
                < (NEW.lamport, NEW.replica, NEW.counter));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER materialize AFTER INSERT ON row_trigger.ops
    FOR EACH ROW EXECUTE FUNCTION row_trigger.ops_materialize();
