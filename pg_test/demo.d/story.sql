SELECT 1 AS "the story is still to be told";
