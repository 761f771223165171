# Functions and operators that an inexact call would take for the ones that are
# meant: those with a near type in one place, with fewer arguments where
# the others have defaults, and operators for pairs of types that have none.
# Each raises an error, and leaves a line in the server's log.
package Overloads;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(near_types overloads_of_extension overloads_of_catalog);

# What an argument of a type may be given instead; run once, as superuser.
sub near_types
{
	return q{
	CREATE SCHEMA attack;
	GRANT USAGE ON SCHEMA attack TO PUBLIC;
	CREATE TABLE attack.near AS SELECT t::regtype AS given, n::regtype AS near FROM (VALUES
		('double precision', 'numeric'), ('double precision', 'integer'), ('double precision', 'bigint'), ('double precision', 'real'),
		('numeric', 'integer'), ('numeric', 'bigint'), ('numeric', 'double precision'),
		('bigint', 'integer'), ('bigint', 'smallint'), ('bigint', 'numeric'), ('integer', 'bigint'), ('integer', 'smallint'), ('smallint', 'integer'),
		('text', 'name'), ('text', 'varchar'), ('text', '"char"'), ('name', 'text'), ('regclass', 'oid'), ('regtype', 'oid'), ('oid', 'regclass'),
		('timestamp', 'date'), ('timestamp', 'timestamptz'), ('date', 'timestamp'),
		('double precision[]', 'numeric[]'), ('double precision[]', 'integer[]'), ('bigint[]', 'integer[]'), ('text[]', 'name[]'), ('text[]', 'varchar[]'),
		('jsonb', 'json'), ('text', 'regclass'),
		-- what polymorphic arguments may be
		('"any"', 'text'), ('"any"', 'name'), ('"any"', 'integer'), ('"any"', 'bigint'), ('"any"', 'numeric'), ('"any"', 'timestamp'), ('"any"', 'jsonb'), ('"any"', 'boolean'),
		('anyelement', 'text'), ('anyelement', 'numeric'), ('anyelement', 'integer'), ('anyelement', 'timestamp'), ('anyelement', 'bigint'),
		('anycompatible', 'text'), ('anycompatible', 'integer'), ('anycompatible', 'bigint'),
		('anyarray', 'text[]'), ('anyarray', 'numeric[]'), ('anyarray', 'integer[]'), ('anyarray', 'bigint[]'), ('anyarray', 'name[]'),
		('anycompatiblearray', 'text[]'), ('anycompatiblearray', 'name[]'), ('anycompatiblearray', 'integer[]')) AS v(t, n);
	CREATE FUNCTION attack.type_list(types oid[]) RETURNS text LANGUAGE sql AS $$
		SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n) FROM unnest(types) WITH ORDINALITY AS u(t, n)
	$$;
	-- functions of these names and types, in a schema, that tell if they are called
	CREATE FUNCTION attack.make(schema name, made name, types oid[], result text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', schema, made, attack.type_list(types), result,
			format('BEGIN RAISE LOG %L; RAISE EXCEPTION %1$L; END', replace(format('captured: %s(%s)', made, attack.type_list(types)), '%', '%%')));
	EXCEPTION WHEN duplicate_function OR invalid_function_definition OR datatype_mismatch OR feature_not_supported THEN
		NULL;			-- another one gave the same; or nothing can be made of such types
	END $$;
	-- The types of some functions, with one of them changed: of a call that is inexact in several places, one
	-- that is nearer in one of these fits better already.
	CREATE FUNCTION attack.varied(functions oid[]) RETURNS TABLE (oid oid, types oid[]) LANGUAGE sql AS $$
		SELECT p.oid, p.types[:a.place - 1] || n.near || p.types[a.place + 1:]
		FROM (
			SELECT p.oid, ARRAY(SELECT t::oid FROM unnest(p.proargtypes) WITH ORDINALITY AS u(t, n) ORDER BY n) AS types
			FROM pg_proc p WHERE p.oid = ANY (functions)) p
		CROSS JOIN LATERAL unnest(p.types) WITH ORDINALITY AS a(type, place)
		CROSS JOIN LATERAL (
			SELECT n.near::oid FROM attack.near n WHERE n.given::oid = a.type
			UNION
			-- a literal without a type is a text, if it can be
			SELECT 'text'::regtype::oid FROM pg_type t WHERE t.oid = a.type AND t.typtype <> 'p' AND a.type <> 'text'::regtype) n
	$$;
	GRANT SELECT ON attack.near TO PUBLIC;
	};
}

# Beside the functions of the extension, in its schema; returns how many there
# are.  Not beside create_mart, whose arguments are the caller's.
sub overloads_of_extension
{
	my ($schema) = @_;
	return qq{
	WITH ours AS (
		SELECT p.oid, p.proname, p.proargtypes, p.pronargs, p.pronargdefaults,
			CASE WHEN p.proretset OR p.prorettype = 'record'::regtype THEN 'SETOF record' ELSE p.prorettype::regtype::text END AS result
		FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
			AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'purchase_trends')
			AND p.provariadic = 0 AND p.pronargs > 0 AND p.proname <> 'create_mart'
	), wanted AS (
		SELECT o.proname, v.types, o.result
		FROM attack.varied(ARRAY(SELECT o.oid FROM ours o)) v JOIN ours o ON o.oid = v.oid
		UNION
		SELECT o.proname, (ARRAY(SELECT t::oid FROM unnest(o.proargtypes) WITH ORDINALITY AS u(t, n) ORDER BY n))[:o.pronargs - g.fewer], o.result
		FROM ours o CROSS JOIN LATERAL generate_series(1, o.pronargdefaults) AS g(fewer)
	)
	SELECT count(attack.make('$schema', w.proname, w.types, w.result))
	FROM wanted w
	WHERE NOT EXISTS (SELECT FROM ours o WHERE o.proname = w.proname AND o.proargtypes::oid[] = w.types)};
}

# Beside those of PostgreSQL that the extension calls, in a schema; and operators.
sub overloads_of_catalog
{
	my ($schema) = @_;
	return qq{
	WITH texts AS (
		SELECT p.prosrc AS text FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'purchase_trends')
	), named AS (
		SELECT DISTINCT m.match[1] AS name FROM texts t CROSS JOIN LATERAL regexp_matches(t.text, '([a-z_0-9]+)\\(', 'g') AS m(match)
	), called AS (
		SELECT p.* FROM pg_proc p JOIN named n ON n.name = p.proname
		WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.pronargs BETWEEN 1 AND 4 AND p.prokind IN ('f', 'a')
	), wanted AS (
		SELECT c.proname, v.types FROM attack.varied(ARRAY(SELECT c.oid FROM called c)) v JOIN called c ON c.oid = v.oid
		UNION
		-- VARIADIC "any": a text, and some more of one type
		SELECT c.proname, x.first || array_fill(t.type::oid, ARRAY[g.more])
		FROM called c
		CROSS JOIN (VALUES ('{}'::oid[]), (ARRAY['text'::regtype::oid])) AS x(first)
		CROSS JOIN unnest('{text,name,integer,numeric,regtype,regclass}'::regtype[]) AS t(type)
		CROSS JOIN generate_series(1, 5) AS g(more)
		WHERE c.provariadic = '"any"'::regtype
	)
	SELECT count(attack.make('$schema', w.proname, w.types, 'text')) FROM wanted w
	WHERE NOT EXISTS (SELECT FROM called c WHERE c.proname = w.proname AND c.proargtypes::oid[] = w.types);
	DO \$do\$
	DECLARE
		o record;
	BEGIN
		FOR o IN
			SELECT n.name, l.type AS l, r.type AS r, n.name ~ '[<>=~]' AND n.name NOT IN ('->', '->>', '#>', '#>>') OR n.name IN ('?', '\@>') AS is_test
			FROM unnest('{+,-,*,/,=,<>,<,>,<=,>=,||,~,!~,~*,->,->>,?,\@>}'::text[]) AS n(name)
			CROSS JOIN unnest('{smallint,integer,bigint,numeric,double precision,text,name,varchar,date,timestamp,timestamptz,interval,jsonb,regclass}'::regtype[]) AS l(type)
			CROSS JOIN unnest('{smallint,integer,bigint,numeric,double precision,text,name,varchar,date,timestamp,timestamptz,interval,jsonb,regclass}'::regtype[]) AS r(type)
			WHERE NOT EXISTS (SELECT FROM pg_operator p WHERE p.oprnamespace = 'pg_catalog'::regnamespace AND p.oprname = n.name AND p.oprleft = l.type AND p.oprright = r.type)
		LOOP
			PERFORM attack.make('$schema', ('operator ' || o.name)::name, ARRAY[o.l::oid, o.r::oid], CASE WHEN o.is_test THEN 'boolean' ELSE 'text' END);
			EXECUTE format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %1\$I.%5\$I)', '$schema', o.name, o.l, o.r, 'operator ' || o.name);
		END LOOP;
	END \$do\$;
	SELECT count(*) FROM pg_operator WHERE oprnamespace = '$schema'::regnamespace};
}

1;
