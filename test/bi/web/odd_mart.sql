-- A mart whose every name and value tries to be something else.
CREATE TABLE "odd ""orders"" <b>" AS
SELECT i AS id, i % 40 AS who, (10 + i % 7)::numeric AS amt,
	(ARRAY['<img src=x onerror=alert(1)>', 'O''Brien "quoted" \ back', E'rtl \u202E\u05D0\u05D1 end', repeat('long ', 2000), '', NULL, '{{b}} {a|x} %s ${1}'])[1 + i % 7] AS cat,
	(ARRAY['</script><script>alert(1)</script>', 'constructor', '__proto__'])[1 + i % 3] AS constructor,
	'<svg onload=alert(1)> ' || i % 5 AS product,
	timestamp '2024-01-01' + i * interval '1 day' AS "when",
	i % 3 = 0 AS sub
FROM generate_series(1, 400) i;
SELECT count(*) FROM create_mart(E'Mart "x" <b>''&amp;\\', '"odd ""orders"" <b>"', customer_id => 'who', amount => 'amt', order_id => 'id',
	product => 'product', category => 'cat', purchased_at => '"when"', subscribed => 'sub', dimensions => '{constructor}');
SELECT grant_mart(E'Mart "x" <b>''&amp;\\', 'mart_reader');
-- one that exists, but not for the reader, and one without rows
CREATE TABLE no_orders (customer_id integer, amount numeric, category text);
SELECT count(*) FROM create_mart('secret', 'no_orders');
SELECT count(*) FROM create_mart('nothing', 'no_orders');
SELECT grant_mart('nothing', 'mart_reader');
