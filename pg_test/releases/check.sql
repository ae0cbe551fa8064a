-- What a release's fixtures gave when they were made, and have to give with every later library.
SELECT f.name, doc, treecrdt.digest(f.name::regnamespace, doc), md5(treecrdt.render(f.name::regnamespace, doc))
    FROM (SELECT 'texts', doc FROM texts.docs UNION ALL SELECT 'numbers', doc::text FROM numbers.docs UNION ALL SELECT 'uuids', doc::text FROM uuids.docs) AS f (name, doc)
    ORDER BY name COLLATE "C", doc COLLATE "C";
SELECT 'differs', v.* FROM (VALUES ('texts'), ('numbers'), ('uuids')) AS f (name), treecrdt.verify(f.name::regnamespace) AS v;
