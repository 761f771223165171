-- replace: a relation in the place of another, with its owner and the rights that were given on it

/*--- rights ---*/

CREATE TYPE @extschema@.granted_rights AS (relation name, column_name name, acl aclitem[]);
COMMENT ON TYPE @extschema@.granted_rights IS
'Who may do what with a relation, or with a column of it if column_name is not NULL; with a schema, if relation is NULL.';

CREATE FUNCTION @extschema@.pt_relation_rights(relation regclass) RETURNS SETOF @extschema@.granted_rights
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT r.relname, r.attname, r.acl
	FROM (
		SELECT c.relname, NULL::name AS attname, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl, 0 AS place
		FROM pg_class AS c
		WHERE c.oid = relation
		UNION ALL
		SELECT c.relname, a.attname, a.attacl, a.attnum
		FROM pg_class AS c
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.oid = relation AND a.attacl IS NOT NULL) AS r
	ORDER BY r.place
$$;
COMMENT ON FUNCTION @extschema@.pt_relation_rights(regclass) IS
'The rights on a table or view, and on those of its columns on which some were granted.';

CREATE FUNCTION @extschema@.pt_give_acl(object text, column_name name, wanted aclitem[], present aclitem[]) RETURNS void
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	statement text;
	columns text := CASE WHEN column_name IS NULL THEN '' ELSE format('(%I)', column_name) END;
	already integer := cardinality(present);
BEGIN
	-- what it has from the start is nearly always where the others begin
	IF wanted[:already] <> present THEN
		FOR statement IN
			SELECT DISTINCT format('REVOKE ALL %s ON %s FROM %s', columns, object, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END)
			FROM aclexplode(present) AS a
			LEFT JOIN pg_roles AS r ON r.oid = a.grantee
		LOOP
			EXECUTE statement;
		END LOOP;
		already := 0;
	END IF;
	FOR statement IN
		SELECT format('GRANT %s ON %s TO %s%s', string_agg(a.privilege_type || columns, ', '), object,
			CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
		FROM unnest(wanted[already + 1:]) WITH ORDINALITY AS w(item, place)
		CROSS JOIN LATERAL aclexplode(ARRAY[w.item]) AS a
		LEFT JOIN pg_roles AS r ON r.oid = a.grantee
		WHERE a.grantee = 0 OR r.oid IS NOT NULL
		GROUP BY w.place, a.grantee, r.rolname, a.is_grantable
		ORDER BY w.place, a.is_grantable
	LOOP
		EXECUTE statement;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_give_acl(text, name, aclitem[], aclitem[]) IS
'Makes the rights on an object (TABLE ..., SCHEMA ...), or on a column of it, those that are wanted, in their order; present are those that it has. Its owner is who grants them, also those that somebody else with a grant option had granted.';

CREATE FUNCTION @extschema@.pt_give_rights(relation regclass, rights @extschema@.granted_rights[]) RETURNS void
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text := @extschema@.pt_relation_name(relation);
	wanted @extschema@.granted_rights;
	present aclitem[];
BEGIN
	IF name IS NULL THEN
		RETURN;
	END IF;
	FOREACH wanted IN ARRAY rights LOOP
		IF wanted.column_name IS NULL THEN
			SELECT coalesce(c.relacl, acldefault('r', c.relowner)) INTO present FROM pg_class AS c WHERE c.oid = relation;
		ELSE
			SELECT coalesce(a.attacl, '{}') INTO present
			FROM pg_attribute AS a
			WHERE a.attrelid = relation AND a.attname = wanted.column_name AND a.attnum > 0 AND NOT a.attisdropped;
			CONTINUE WHEN NOT FOUND;
		END IF;
		PERFORM @extschema@.pt_give_acl('TABLE ' || name, wanted.column_name, wanted.acl, present);
	END LOOP;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_give_rights(regclass, @extschema@.granted_rights[]) IS
'Gives the rights that pt_relation_rights has found on one relation to another, with the columns that it has too, and takes others from it. Nothing for a relation that does not exist.';

/*--- tables ---*/

CREATE FUNCTION @extschema@.pt_check_replaceable(old regclass) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	owner oid;
	schema_name name;
BEGIN
	SELECT c.relowner, n.nspname INTO owner, schema_name
	FROM pg_class AS c
	JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.oid = old;
	IF NOT pg_has_role(owner, 'USAGE') THEN
		RAISE EXCEPTION '% belongs to the role "%"', old, pg_get_userbyid(owner)
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = 'Its owner, and roles that have the rights of its owner, can replace it.',
				HINT = 'Choose another name.';
	END IF;
	-- the new one is to be the owner's
	IF pg_get_userbyid(owner) <> current_user AND NOT has_schema_privilege(owner, schema_name, 'CREATE')
		AND NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
		RAISE EXCEPTION '% belongs to the role "%", which may not have a new table in the schema "%"', old, pg_get_userbyid(owner), schema_name
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = 'The new table would belong to that role, as the old one does.',
				HINT = format('The owner of the schema can run: GRANT CREATE ON SCHEMA %I TO %I;', schema_name, pg_get_userbyid(owner));
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_check_replaceable(regclass) IS
'Errors unless the current user may replace a table by a new one of the same owner (42501). NULL is no table.';

CREATE FUNCTION @extschema@.pt_lost_parts(old regclass, made regclass) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(l.part, ', ' ORDER BY l.place, l.part COLLATE "C")
	FROM (
		SELECT 1 AS place, format('index %I', c.relname) AS part
		FROM pg_index AS i
		JOIN pg_class AS c ON c.oid = i.indexrelid
		WHERE i.indrelid = old AND NOT EXISTS (SELECT FROM pg_constraint AS o WHERE o.conrelid = old AND o.conindid = i.indexrelid)
		UNION ALL
		SELECT 2, format('constraint %I', o.conname) FROM pg_constraint AS o WHERE o.conrelid = old AND o.contype <> 'n'
		UNION ALL
		-- what belonged to a column that is gone is not missed
		SELECT v.place, format('%s of %I', v.what, o.attname)
		FROM pg_attribute AS o
		JOIN pg_attribute AS n ON n.attrelid = made AND n.attname = o.attname AND n.attnum > 0 AND NOT n.attisdropped
		CROSS JOIN LATERAL (VALUES
			(3, 'NOT NULL', o.attnotnull AND NOT n.attnotnull
				AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = old AND k.contype = 'p' AND o.attnum = ANY (k.conkey))),
			(4, 'default', (o.atthasdef OR o.attidentity <> '') AND NOT n.atthasdef),
			(13, 'comment', col_description(old, o.attnum) <> coalesce(col_description(made, n.attnum), ''))) AS v(place, what, lost)
		WHERE o.attrelid = old AND o.attnum > 0 AND NOT o.attisdropped AND v.lost
		UNION ALL
		SELECT 5, format('trigger %I', g.tgname) FROM pg_trigger AS g WHERE g.tgrelid = old AND NOT g.tgisinternal
		UNION ALL
		SELECT 6, format('rule %I', w.rulename) FROM pg_rewrite AS w WHERE w.ev_class = old
		UNION ALL
		SELECT 7, format('policy %I', p.polname) FROM pg_policy AS p WHERE p.polrelid = old
		UNION ALL
		SELECT 8, format('statistics %I', s.stxname) FROM pg_statistic_ext AS s WHERE s.stxrelid = old
		UNION ALL
		SELECT 9, format('place in publication %I', p.pubname)
		FROM pg_publication_rel AS r
		JOIN pg_publication AS p ON p.oid = r.prpubid
		WHERE r.prrelid = old
		UNION ALL
		SELECT 10, 'place in ' || i.inhparent::regclass::text FROM pg_inherits AS i WHERE i.inhrelid = old
		UNION ALL
		SELECT 11, 'storage parameters' FROM pg_class AS c WHERE c.oid = old AND c.reloptions IS NOT NULL
		UNION ALL
		SELECT 12, 'comment' WHERE obj_description(old, 'pg_class') IS NOT NULL AND obj_description(made, 'pg_class') IS NULL) AS l
$$;
COMMENT ON FUNCTION @extschema@.pt_lost_parts(regclass, regclass) IS
'What an old table has that one which is to replace it has not, as a list for people: indexes, constraints, triggers, policies, comments and the like; rights and row security are given to the new one. NULL if there is nothing.';

CREATE FUNCTION @extschema@.pt_replace_table(old regclass, made regclass, final_name text) RETURNS void
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	old_table record;
	rights @extschema@.granted_rights[];
	lost text;
	detail text;
	made_name text := @extschema@.pt_relation_name(made);
BEGIN
	PERFORM @extschema@.pt_check_source(made);
	SELECT pg_get_userbyid(c.relowner) AS owner, c.relrowsecurity, c.relforcerowsecurity INTO old_table
	FROM pg_class AS c
	WHERE c.oid = old;
	IF NOT FOUND THEN
		EXECUTE format('ALTER TABLE %s RENAME TO %I', made_name, final_name);
		RETURN;
	END IF;
	PERFORM @extschema@.pt_check_replaceable(old);
	rights := ARRAY(SELECT r FROM @extschema@.pt_relation_rights(old) AS r);
	lost := @extschema@.pt_lost_parts(old, made);
	BEGIN
		EXECUTE format('DROP TABLE %s', @extschema@.pt_relation_name(old));
	EXCEPTION WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION '% cannot be replaced, because other objects depend on it', final_name
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first and make them again, or choose another name. The old table is as it was.';
	END;
	-- by the name from before: if both are one table, it is gone now, and has none
	EXECUTE format('ALTER TABLE %s RENAME TO %I', made_name, final_name);
	made_name := @extschema@.pt_relation_name(made);
	IF old_table.owner <> current_user THEN
		EXECUTE format('ALTER TABLE %s OWNER TO %I', made_name, old_table.owner);
	END IF;
	-- without its policies, so that nobody sees what he could not see
	IF old_table.relrowsecurity THEN
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made_name);
	END IF;
	IF old_table.relforcerowsecurity THEN
		EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', made_name);
	END IF;
	PERFORM @extschema@.pt_give_rights(made, rights);
	IF lost IS NOT NULL THEN
		RAISE NOTICE 'what the old table % had besides is gone with it: %', final_name, lost
			USING HINT = 'Make again what is needed.';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_replace_table(regclass, regclass, text) IS
'Drops a table, if it is not NULL, and gives its name, its owner, the rights on it and its row security to another of the same schema. A NOTICE tells what else belonged to it and is gone. Errors: those of pt_check_source for the new one and of pt_check_replaceable for the old, 2BP01 if other objects depend on it; nothing is changed then.';
