-- In tables: stored, toasted, indexed by expression, copied out and in, as text and binary.
CREATE TABLE public.vectors (n int PRIMARY KEY, v treecrdt.version_vector, CHECK (v OPERATOR(treecrdt.<>) '{"dead":[[1,1]]}'));
INSERT INTO public.vectors VALUES (1, '{}'), (2, '{"aa01": [[1,9],[12,12]]}'), (3, NULL), (4, '{"bb":[[7,7]],"aa":[[1,1]]}');
INSERT INTO public.vectors SELECT 5, treecrdt.version_vector_agg(int4send(n % 1000), n) FROM generate_series(1, 20000) n;
INSERT INTO public.vectors VALUES (6, '{"dead":[[1,1]]}');
SELECT n, pg_column_size(v) FROM public.vectors WHERE n <= 4 ORDER BY n;
SELECT pg_column_size(v) > 2000 AS large FROM public.vectors WHERE n = 5;
CREATE INDEX ON public.vectors ((v::text)) WHERE n < 5;
UPDATE public.vectors SET v = v OPERATOR(treecrdt.||) '{"cc":[[1,1]]}' WHERE n = 4;

-- Binary: version_vector_send to a file and version_vector_recv back.
\set file `mktemp -u /tmp/treecrdt_vectors.XXXXXX`
\set copy_out '\\copy public.vectors TO ' :file ' (FORMAT binary)'
\set copy_in '\\copy public.vectors_again FROM ' :file ' (FORMAT binary)'
\set remove '\\! rm -f ' :file
CREATE TABLE public.vectors_again (LIKE public.vectors);
:copy_out
:copy_in
:remove
SELECT n, a.v OPERATOR(treecrdt.=) b.v AS equal, a.v::text = b.v::text AS same, treecrdt.version_vector_send(a.v) = treecrdt.version_vector_send(b.v) AS same_bytes
FROM public.vectors a JOIN public.vectors_again b USING (n) ORDER BY n;
SELECT n, v FROM public.vectors WHERE n < 5 ORDER BY n;
-- The binary form is CBOR, replicas as byte strings.
SELECT treecrdt.version_vector_send('{"aa01":[[1,9],[12,12]]}');
DROP TABLE public.vectors, public.vectors_again;
