-- what the triggers of a kept mart ask of the catalogs
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE TABLE sold (customer_id integer, amount numeric, at timestamptz);
INSERT INTO sold VALUES (1, 1, '2025-01-01'), (2, 2, '2025-01-01'), (NULL, 2, '2025-01-01');
SELECT count(*) > 5 AS views FROM create_mart('fn', 'sold', customer_id => 'customer_id + 1', roles => '{"purchased_at": null}', mode => 'kept');
SELECT pt_purchase_column('fn', 'customer_id'), pt_purchase_column('fn', 'amount'), pt_purchase_column('fn', 'nothing'), pt_purchase_column('fn', NULL);
SELECT pt_purchase_value('sold'::regclass, 'fn', s, 'customer_id', NULL::integer) FROM sold s ORDER BY 1;
SELECT pt_purchase_value('sold'::regclass, 'fn', s, 'customer_id', NULL::bigint) FROM sold s;
SELECT pt_purchase_value('sold'::regclass, 'fn', ROW(1, 2), 'customer_id', NULL::integer);
SELECT pt_purchase_value('sold'::regclass, 'fn', ROW(1, 'x'::text, 3), 'customer_id', NULL::integer);
SELECT pt_purchase_value('sold'::regclass, 'nobody', s, 'customer_id', NULL::integer) FROM sold s;
SELECT pt_purchase_value('sold'::regclass, 'public', s, 'customer_id', NULL::integer) FROM sold s;
SELECT pt_purchase_value(0::oid, 'fn', s, 'customer_id', NULL::integer) FROM sold s;
SELECT pt_purchase_value('sold'::regclass, NULL, s, 'customer_id', 7) FROM sold s;
SELECT pt_trigger_schema('sold'::regclass, tgname) FROM pg_trigger WHERE tgrelid = 'sold'::regclass AND tgtype = 4;
SELECT pt_trigger_schema('sold'::regclass, 'none'), pt_trigger_schema(NULL, 'none'), pt_trigger_schema(1::oid, 'none');
SELECT pt_column_signature('sold'::regclass, '{at,amount,none}'), pt_column_signature('sold'::regclass, '{}');
SELECT pt_column_signature(1::oid, '{}');
SELECT drop_mart('fn');
DROP TABLE sold;
