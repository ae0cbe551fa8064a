-- Something refuses rows of nodes with the payload bad: nothing of such a statement stays, and the next one works.
-- Several rows, one bad.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\x02', 1, 5000, 'insert', n(7), n(0), '', 'fine'), ('d', '\x02', 2, 5001, 'insert', n(8), n(0), '', 'bad'), ('e', '\x02', 1, 1, 'insert', n(9), n(0), '', 'fine');
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- Late.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\x02', 1, 2, 'insert', n(7), n(1), '', 'bad');
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- A change.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\x02', 1, 10, 'payload', n(1), NULL, NULL, 'bad'), ('d', '\x02', 2, 1, 'move', n(2), n(0), '', NULL);
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- Caught in a PL/pgSQL block, with good statements around it.
BEGIN;
SELECT count(*) AS before FROM f.ops \gset
DO $$
BEGIN
    INSERT INTO f.ops VALUES ('d', '\x03', 1, 30, 'insert', n(31), n(0), '', 'fine');
    BEGIN
        INSERT INTO f.ops VALUES ('d', '\x02', 1, 10, 'payload', n(1), NULL, NULL, 'bad'), ('d', '\x02', 2, 1, 'move', n(2), n(0), '', NULL);
    EXCEPTION WHEN OTHERS THEN
        CREATE TEMP TABLE caught AS SELECT 'caught';
    END;
    INSERT INTO f.ops VALUES ('d', '\x03', 2, 29, 'move', n(31), n(2), '', NULL);
END $$;
TABLE caught;
SELECT count(*) - :before FROM f.ops;
SELECT public.works();
ROLLBACK;

-- Behind a savepoint.
BEGIN;
SELECT count(*) AS before FROM f.ops \gset
INSERT INTO f.ops VALUES ('d', '\x03', 1, 30, 'insert', n(31), n(0), '', 'fine');
SAVEPOINT s;
INSERT INTO f.ops VALUES ('d', '\x02', 1, 2, 'insert', n(7), n(1), '', 'bad');
ROLLBACK TO s;
INSERT INTO f.ops VALUES ('d', '\x03', 2, 29, 'move', n(31), n(2), '', NULL);
SELECT count(*) - :before FROM f.ops;
SELECT public.works();
ROLLBACK;

-- Afterwards.
SELECT public.works();
