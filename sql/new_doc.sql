-- The row of the doc $1 in @forest@, unless somebody else makes it at the same time. No default is relied on.
INSERT INTO @forest@.docs (doc, op_count, late_count, reevaluated_count) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING
