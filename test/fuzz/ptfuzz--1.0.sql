\echo Use "CREATE EXTENSION ptfuzz" to load this file. \quit

CREATE FUNCTION fuzz_recv(regtype, bytea) RETURNS text
	LANGUAGE C STRICT VOLATILE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_in(regtype, text) RETURNS text
	LANGUAGE C STRICT VOLATILE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_mutate(bytea, bigint) RETURNS bytea
	LANGUAGE C STRICT IMMUTABLE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_mutate_text(text, bigint) RETURNS text
	LANGUAGE C STRICT IMMUTABLE AS 'MODULE_PATHNAME';

CREATE FUNCTION fuzz_bytes(anyelement) RETURNS bytea
	LANGUAGE C STRICT IMMUTABLE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_flat(anyelement) RETURNS anyelement
	LANGUAGE C STRICT VOLATILE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_cancel_after(milliseconds integer) RETURNS boolean
	LANGUAGE C STRICT VOLATILE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_cancel_end() RETURNS double precision
	LANGUAGE C STRICT VOLATILE AS 'MODULE_PATHNAME';
CREATE FUNCTION fuzz_stored(type anyelement, bytes bytea, short boolean) RETURNS anyelement
	LANGUAGE C VOLATILE AS 'MODULE_PATHNAME';

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

-- The same for stored bytes and a statement that reads them: $1 is what is stored, $2 whether its header is
-- short. The state is "unchecked" where the function "check" takes the value for damaged, and the statement does not.
CREATE FUNCTION fuzz_reader(statement text, check_statement text, seeds bytea[], n integer, random bigint DEFAULT 1)
RETURNS TABLE (state text, times bigint, example text)
LANGUAGE plpgsql AS $$
DECLARE
	b bytea;
	s text;
	m text;
	counts jsonb := '{}';
	examples jsonb := '{}';
BEGIN
	FOR i IN 1 .. n LOOP
		b := fuzz_mutate(seeds[1 + i % cardinality(seeds)], random * 1000003 + i);
		m := '';
		BEGIN
			EXECUTE statement USING b, i % 2 = 0;
			s := 'accepted';
			IF statement <> check_statement THEN
				BEGIN
					EXECUTE check_statement USING b, i % 2 = 0;
				EXCEPTION WHEN data_corrupted THEN
					s := 'unchecked';
					m := SQLERRM;
				END;
			END IF;
		EXCEPTION WHEN OTHERS THEN
			s := SQLSTATE;
			m := SQLERRM;
		END;
		IF s <> 'accepted' AND NOT examples ? s THEN
			examples := examples || jsonb_build_object(s, left(encode(b, 'hex') || ': ' || m, 600));
		END IF;
		counts := counts || jsonb_build_object(s, coalesce((counts ->> s)::bigint, 0) + 1);
	END LOOP;
	RETURN QUERY SELECT c.key, c.value::bigint, examples ->> c.key FROM jsonb_each_text(counts) AS c ORDER BY 2 DESC;
END $$;

-- Of n mutations of the texts, those of which pg_input_is_valid() and pg_input_error_info(), where the server has them, say
-- something else than the input function.
CREATE FUNCTION fuzz_soft(type regtype, seeds text[], n integer, random bigint DEFAULT 1)
RETURNS TABLE (example text, hard text, soft text)
LANGUAGE plpgsql AS $$
DECLARE
	m text;
	d text;
	h text;
	valid boolean;
BEGIN
	FOR i IN 1 .. n LOOP
		example := fuzz_mutate_text(seeds[1 + i % cardinality(seeds)], random * 1000003 + i);
		BEGIN
			PERFORM fuzz_in(type, example);
			hard := 'true';
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
			hard := concat_ws('|', 'false', m, NULLIF(d, ''), NULLIF(h, ''), SQLSTATE);
		END;
		EXECUTE 'SELECT concat_ws(''|'', pg_input_is_valid($1, $2)::text, message, detail, hint, sql_error_code) FROM pg_input_error_info($1, $2)'
			INTO soft USING example, type::text;
		IF hard <> soft THEN
			RETURN NEXT;
		END IF;
	END LOOP;
END $$;

-- Milliseconds of processor time that each statement takes until it ends, from where it calls fuzz_cancel_after().
CREATE FUNCTION fuzz_cancel(statements text[])
RETURNS TABLE (statement text, took double precision, state text)
LANGUAGE plpgsql AS $$
BEGIN
	FOREACH statement IN ARRAY statements LOOP
		BEGIN
			BEGIN
				EXECUTE statement;
				took := fuzz_cancel_end();
				state := 'ended';
			EXCEPTION WHEN OTHERS OR query_canceled THEN
				took := fuzz_cancel_end();
				state := SQLSTATE;
			END;
		-- the time was over while an error was handled
		EXCEPTION WHEN query_canceled THEN
			took := fuzz_cancel_end();
			state := SQLSTATE;
		END;
		RETURN NEXT;
	END LOOP;
END $$;
