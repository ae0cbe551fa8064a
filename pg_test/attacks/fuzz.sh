# Mutated version vectors, as text and in binary, and mutated operations, all in one session: an error of class 22 or 23,
# or success; and no memory that grows with them.

database attacks_fuzz
with_nodes
seed=${TREECRDT_SEED:-$RANDOM}
note "fuzz with TREECRDT_SEED=$seed"
does <<'SQL'
SELECT treecrdt.create_forest('f');
CREATE TABLE public.outcomes (code text, what text);
CREATE TABLE public.vectors (v treecrdt.version_vector);
CREATE TABLE public.seeds (text text, cbor bytea);
INSERT INTO public.seeds SELECT v, treecrdt.version_vector_send(v::treecrdt.version_vector) FROM unnest(ARRAY['{}', '{"aa01": [[1,9],[12,12]]}', '{"00": [[1,9223372036854775807]]}',
    '{"616e6e": [[1,4]], "62656e": [[1,1],[3,3],[5,300],[70000,5000000000]]}', format('{"%s": [[7,8]]}', repeat('ab', 64))]) v;
CREATE FUNCTION public.mutated(b bytea, alphabet bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    at int;
BEGIN
    FOR i IN 0..(random() * 3)::int LOOP
        at := floor(random() * (length(b) + 1));
        b := CASE floor(random() * 4)
            WHEN 0 THEN substr(b, 1, at) || substr(alphabet, 1 + (random() * (length(alphabet) - 1))::int, 1) || substr(b, at + 2)
            WHEN 1 THEN substr(b, 1, at) || substr(b, at + 1 + (random() * 4)::int)
            WHEN 2 THEN substr(b, 1, at) || substr(alphabet, 1 + (random() * (length(alphabet) - 1))::int, 1 + (random() * 2)::int) || substr(b, at + 1)
            ELSE substr(b, 1, at) || substr(b, 1 + (random() * length(b))::int, (random() * 9)::int) || substr(b, at + 1) END;
    END LOOP;
    RETURN b;
END $$;
CREATE FUNCTION public.fuzz_texts(times int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b bytea;
    t text;
BEGIN
    FOR i IN 1..times LOOP
        SELECT mutated(convert_to(text, 'UTF8'), convert_to(E'{}[]":,0123456789-+eEabxZ \n.nulltrue\\\\u', 'UTF8')) INTO b FROM public.seeds ORDER BY random() LIMIT 1;
        BEGIN
            t := convert_from(b, 'UTF8');
            PERFORM t::treecrdt.version_vector OPERATOR(treecrdt.||) '{"aa": [[1,3]]}'::treecrdt.version_vector, (t::treecrdt.version_vector)::text;
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE !~ '^2[23]' THEN INSERT INTO public.outcomes VALUES (SQLSTATE, SQLERRM || ': ' || encode(b, 'escape')); END IF;
        END;
    END LOOP;
END $$;
CREATE FUNCTION public.fuzz_binaries(times int, file text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b bytea;
BEGIN
    FOR i IN 1..times LOOP
        SELECT mutated(cbor, decode('000117181a1b1c1f405f6080819f98bfa0a1c1f4f6f97fffe1', 'hex')) INTO b FROM public.seeds ORDER BY random() LIMIT 1;
        EXECUTE format('COPY (SELECT %L::bytea) TO %L WITH (FORMAT binary)', b, file);
        BEGIN
            EXECUTE format('COPY public.vectors FROM %L WITH (FORMAT binary)', file);
            PERFORM v::text, v OPERATOR(treecrdt.||) '{"aa": [[1,3]]}'::treecrdt.version_vector FROM public.vectors;
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE !~ '^2[23]' THEN INSERT INTO public.outcomes VALUES (SQLSTATE, SQLERRM || ': ' || b); END IF;
        END;
        DELETE FROM public.vectors;
    END LOOP;
END $$;
CREATE FUNCTION public.fuzz_ops(times int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    odd int8[] := ARRAY[0, -1, 1, 2, 3, 9223372036854775807, -9223372036854775808, NULL];
    op f.ops;
BEGIN
    FOR i IN 1..times LOOP
        BEGIN
            op := ROW('d', '\x01', (random() * 100000)::int, (random() * 500)::int, (ARRAY['insert', 'move', 'delete', 'tombstone', 'payload'])[1 + (random() * 4)::int], n((random() * 40)::int), NULL, NULL, NULL, NULL);
            IF op.kind IN ('insert', 'move') THEN op.parent := n((random() * 40)::int); op.order_key := int4send((random() * 9)::int); END IF;
            IF op.kind = 'delete' THEN op.known_state := '{"01": [[1,50000]]}'; END IF;
            CASE floor(random() * 14)
                WHEN 0 THEN op.doc := (ARRAY[NULL, '', repeat('ä', 500), 'e', E'\u0001'])[1 + (random() * 4)::int];
                WHEN 1 THEN op.replica := (ARRAY[NULL, '', '\x00', decode(repeat('ff', 64), 'hex'), decode(repeat('ff', 65), 'hex')])[1 + (random() * 4)::int];
                WHEN 2 THEN op.counter := odd[1 + (random() * 7)::int];
                WHEN 3 THEN op.lamport := odd[1 + (random() * 7)::int];
                WHEN 4 THEN op.kind := (ARRAY['insert', 'move', 'delete', 'tombstone', 'payload', NULL])[1 + (random() * 5)::int];
                WHEN 5 THEN op.node := (ARRAY[NULL, n(0), 'ffffffff-ffff-ffff-ffff-ffffffffffff', n(1)])[1 + (random() * 3)::int];
                WHEN 6 THEN op.parent := (ARRAY[NULL, n(0), 'ffffffff-ffff-ffff-ffff-ffffffffffff', op.node])[1 + (random() * 3)::int];
                WHEN 7 THEN op.order_key := (ARRAY[NULL, '', decode(repeat('ff', 1536), 'hex'), decode(repeat('ff', 1537), 'hex')])[1 + (random() * 3)::int];
                WHEN 8 THEN op.payload := (ARRAY[NULL, '', '\xff', decode(repeat('00', 100000), 'hex')])[1 + (random() * 3)::int];
                WHEN 9 THEN op.known_state := (ARRAY[NULL, '{}', '{"01": [[1,9223372036854775807]]}'])[1 + (random() * 2)::int];
                ELSE NULL;
            END CASE;
            INSERT INTO f.ops SELECT op.*;
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE !~ '^2[23]' THEN INSERT INTO public.outcomes VALUES (SQLSTATE, SQLERRM || ': ' || op::text); END IF;
        END;
    END LOOP;
END $$;
-- Memory of the backend's own, in kB: what of the shared buffers it has seen is no growth.
CREATE FUNCTION public.memory() RETURNS int LANGUAGE sql AS $$ SELECT substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s*(\d+)')::int $$;
SQL
file=$PGHOST/attacks_fuzz
{
    echo "SET log_min_messages = fatal; SELECT setseed($((seed % 100000)) / 100000.0) \\g /dev/null"
    for half in middle end; do
        for ((i = 0; i < 50; i++)); do
            echo "SELECT public.fuzz_texts(500), public.fuzz_binaries(300, '$file'), public.fuzz_ops(200) \\g /dev/null"
        done
        echo "SELECT '$half', public.memory();"
    done
} | sql >"$scratch/fuzz" || true
rm -f "$file"
gives "80,000 mutated vectors and 20,000 mutated operations are taken, or refused with class 22 or 23" 0 <<<"SELECT count(*) FROM public.outcomes"
sql <<<"SELECT code, count(*), min(left(what, 300)) FROM public.outcomes GROUP BY 1" | sed 's/^/#   /'
middle=$(sed -n 's/^middle|//p' "$scratch/fuzz") end=$(sed -n 's/^end|//p' "$scratch/fuzz")
is "the session lives to the end, and says nothing else" "middle, end" "$(sed 's/|[0-9]*$//' "$scratch/fuzz" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
note "memory of the backend in kB: $middle in the middle, $end at the end"
if ((${end:-999999999} - ${middle:-0} < 20480)); then ok "memory does not grow"; else not_ok "memory does not grow" "$middle kB in the middle, $end kB at the end"; fi
gives "what was taken is materialized right" $'0\nt' <<<"SELECT count(*) FROM treecrdt.verify('f'); SELECT count(*) > 500 FROM f.ops"
export PGDATABASE=postgres
dropdb --force attacks_fuzz
