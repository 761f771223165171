\echo Use "CREATE EXTENSION ptfuzz" to load this file. \quit

CREATE FUNCTION fuzz_recv(regtype, bytea) RETURNS text
	LANGUAGE C STRICT VOLATILE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_in(regtype, text) RETURNS text
	LANGUAGE C STRICT VOLATILE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_mutate(bytea, bigint) RETURNS bytea
	LANGUAGE C STRICT IMMUTABLE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_mutate_text(text, bigint) RETURNS text
	LANGUAGE C STRICT IMMUTABLE AS 'MODULE_PATHNAME';

-- n mutations of each seed: how often which SQLSTATE came, with one example.
CREATE FUNCTION fuzz_type(type regtype, seeds bytea[], n integer, random bigint DEFAULT 1)
RETURNS TABLE (state text, times bigint, example text)
LANGUAGE plpgsql AS $$
DECLARE
	b bytea;
	s text;
	counts jsonb := '{}';
	examples jsonb := '{}';
BEGIN
	FOR i IN 1 .. n LOOP
		b := fuzz_mutate(seeds[1 + i % cardinality(seeds)], random * 1000003 + i);
		BEGIN
			PERFORM fuzz_recv(type, b);
			s := 'accepted';
		EXCEPTION WHEN OTHERS THEN
			s := SQLSTATE;
			IF NOT examples ? s THEN
				examples := examples || jsonb_build_object(s, left(encode(b, 'hex') || ': ' || SQLERRM, 300));
			END IF;
		END;
		counts := counts || jsonb_build_object(s, coalesce((counts ->> s)::bigint, 0) + 1);
	END LOOP;
	RETURN QUERY SELECT c.key, c.value::bigint, examples ->> c.key FROM jsonb_each_text(counts) AS c ORDER BY 2 DESC;
END $$;

-- The same for text and the input function.
CREATE FUNCTION fuzz_text(type regtype, seeds text[], n integer, random bigint DEFAULT 1)
RETURNS TABLE (state text, times bigint, example text)
LANGUAGE plpgsql AS $$
DECLARE
	t text;
	s text;
	counts jsonb := '{}';
	examples jsonb := '{}';
BEGIN
	FOR i IN 1 .. n LOOP
		t := fuzz_mutate_text(seeds[1 + i % cardinality(seeds)], random * 1000003 + i);
		BEGIN
			PERFORM fuzz_in(type, t);
			s := 'accepted';
		EXCEPTION WHEN OTHERS THEN
			s := SQLSTATE;
			IF NOT examples ? s THEN
				examples := examples || jsonb_build_object(s, left(t || ': ' || SQLERRM, 300));
			END IF;
		END;
		counts := counts || jsonb_build_object(s, coalesce((counts ->> s)::bigint, 0) + 1);
	END LOOP;
	RETURN QUERY SELECT c.key, c.value::bigint, examples ->> c.key FROM jsonb_each_text(counts) AS c ORDER BY 2 DESC;
END $$;
