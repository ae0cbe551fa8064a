-- A unique index on an expression, of the user's own, refuses a row.
\i pg_test/regress/shared/forest.sql
CREATE UNIQUE INDEX one_payload ON f.nodes (doc, (encode(payload, 'hex'))) WHERE payload IN ('one', 'bad');
INSERT INTO f.ops VALUES ('d', '\x01', 5, 20, 'insert', n(3), n(0), '', 'bad');
\i pg_test/regress/shared/each_refused.sql
DROP INDEX f.one_payload;
\i pg_test/regress/shared/forest_end.sql
