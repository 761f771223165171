// Run by test/bi/powerbi.sh: prints one line for each check.
//   node test.mjs FOLDER     a folder for what it makes
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const work = process.argv[2];
const powerbi = fileURLToPath(new URL('../../../bi/powerbi', import.meta.url));
const load = (name) => import(join(powerbi, name));
const { Evaluator, nodes, parseDax } = await load('dax.mjs');
const { dataProblems, liveProblems, problems, query, schemaFolder } = await load('check.mjs');
const { madeOf, modelDax, nameOf } = await load('generate.mjs');
const { tableName } = await load('names.mjs');
const { ruleTable } = await load('rules.mjs');
const { projects } = await load('layout.mjs');
const { readModel, splitReference } = await load('tmdl.mjs');
const contract = JSON.parse(readFileSync(join(powerbi, '../contract.json'), 'utf8'));
const schemas = schemaFolder();
const modelOf = (folder, project) => readModel(join(folder, `${project.name}.SemanticModel/definition`));

let failed = false;
function report(what, found) {
	for (const line of found.slice(0, 20)) console.error(`  ${line}`);
	console.log(`${found.length ? 'not ok' : 'ok'} - ${what}`);
	failed ||= found.length > 0;
}

// The committed files are the generated ones ---------------------------------------

const filesIn = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
	.filter((e) => e.isFile()).map((e) => relative(folder, join(e.parentPath ?? e.path, e.name)))
	.filter((f) => /^PurchaseTrends/.test(f) && !/\/\.pbi\//.test(f)).sort();

function differences(made, kept) {
	const found = [];
	const [a, b] = [filesIn(made), filesIn(kept)];
	for (const f of new Set([...a, ...b])) {
		if (!a.includes(f)) found.push(`${f}: not made any more`);
		else if (!b.includes(f)) found.push(`${f}: missing`);
		else if (!readFileSync(join(made, f)).equals(readFileSync(join(kept, f)))) found.push(`${f}: differs`);
	}
	return found;
}
const made = join(work, 'made');
mkdirSync(made);
execFileSync(process.execPath, [join(powerbi, 'generate.mjs'), made]);
report(`the ${filesIn(made).length} files of the Power BI projects are what generate.mjs makes`, differences(made, powerbi));
report('they have line ends of Unix', filesIn(powerbi).filter((f) => readFileSync(join(powerbi, f)).includes(13)));

// Checks of the files and against the live marts --------------------------------------

const whatIsChecked = {
	validator: "Microsoft's validator: no error and no warning",
	tmdl: 'TMDL reads',
	m: "M parses by Microsoft's parser, and reads each view with the columns of its table",
	model: 'the model is consistent',
	dax: 'DAX parses, and every reference leads to a column or measure',
	rules: 'the published rules of the Best Practice Analyzer hold, but for their exceptions',
	phone: 'each visual has its place on a phone',
	bookmark: 'slicers are synchronised, the bookmark resets them, buttons and drill-through lead somewhere',
	binding: 'every field of the report is in the model; titles, alternative texts and tab order',
	layout: 'no visual overlaps another',
	contract: 'the model is that of bi/contract.json',
	live: 'the model fits the live views: columns, order, types, COMMENTs',
	data: 'keys, relationships and sort columns hold in the data',
};
console.log(schemas ? 'ok - JSON schemas are checked, by a copy of them' : 'skipped - schemas: no copy of https://developer.microsoft.com/json-schemas (PBI_SCHEMA_DIR)');
for (const project of projects) {
	const found = await problems(powerbi, project, { schemas, database: true });
	for (const [check, what] of Object.entries({ ...whatIsChecked, ...schemas ? { schema: 'the other JSON files fit their schemas' } : {} })) {
		report(`${project.name}: ${what}`, found.filter((f) => f.check === check).map((f) => f.message));
	}
}

{
	const made = ruleTable(projects.map((p) => modelOf(powerbi, p)));
	report(`the table of rules in the README is what check.mjs --rules says (${made.split('\n').length - 2} rules)`, readFileSync(join(powerbi, 'README.md'), 'utf8').includes(made) ? [] : ['it differs']);
}

for (const { kind, mart, tables } of projects) {
	const views = contract.kinds[kind].views.filter((v) => query(`SELECT to_regclass('"${mart}".${v.view}') AS view`)[0].view);
	const may = query(`SELECT relname AS view FROM pg_class WHERE relnamespace = '"${mart}"'::regnamespace AND has_table_privilege('mart_reader', oid, 'SELECT')`).map((v) => v.view);
	report(`${mart}: the reading role may read what the model reads`, views.map((v) => v.view).filter((v) => tables.includes(v) && !may.includes(v)));
	const nulls = query(views.flatMap((v) => v.columns.filter((c) => !c.nullable).map((c) => [v.view, c.column]))
		.map(([view, column]) => `SELECT '${view}.${column}' AS name, EXISTS (SELECT FROM "${mart}".${view} WHERE ${column} IS NULL) AS there`).join(' UNION ALL '));
	report(`${mart}: the ${nulls.length} columns that are never NULL in the contract are not`, nulls.filter((n) => n.there).map((n) => n.name));
}

// Measures: DAX, SQL twin, mart_dashboard and plain SQL say the same ---------------------

const text = (value) => `'${value.replaceAll("'", "''")}'`;
const close = (a, b, digits = 1e-9) => {
	if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
	return typeof a === 'string' ? a === b : Math.abs(a - b) <= digits * Math.max(1, Math.abs(a), Math.abs(b));
};

/** A column of a view, as the model calls it. */
const on = (project, view, column) => ({ table: tableName(view), column: nameOf(project, view, column) });
/** DAX that speaks of views, in the model's names. */
const daxOf = (project, dax) => parseDax(modelDax(project, dax));

/** The columns that the measures, filters and relationships need, as they arrive in the model. */
function rowsOf(model, project, mart, further) {
	const needed = new Map();
	const need = (table, column) => needed.set(table, (needed.get(table) ?? new Set()).add(column));
	for (const m of model.tables.flatMap((t) => t.measures)) for (const n of nodes(parseDax(m.value))) if (n.type === 'column') need(n.table, n.name);
	for (const { table, column } of further) need(table, column);
	for (const r of model.relationships) { need(...splitReference(r.properties.fromColumn)); need(...splitReference(r.properties.toColumn)); }
	const views = new Map(project.tables.map((view) => [tableName(view), view]));
	const there = new Set(query(`SELECT relname AS view FROM pg_class WHERE relnamespace = '"${mart}"'::regnamespace AND relkind = 'v'`).map((v) => v.view));
	const data = {};
	for (const [table, columns] of needed) {
		const made = madeOf(project).find((m) => tableName(m.name) === table);
		const view = made?.of ?? views.get(table);
		if (!there.has(view)) { data[table] = []; continue; }
		const day = made ? undefined : project.days?.[view];
		const list = [...columns].map((name) => {
			const { sourceColumn, dataType } = model.tables.find((t) => t.name === table).columns.find((c) => c.name === name).properties;
			// hashes are more than JavaScript's numbers hold; the model takes the day of a time
			const value = day?.column === sourceColumn ? `${day.of}::date` : dataType === 'string' || sourceColumn.endsWith('_key') ? `${sourceColumn}::text`
				: dataType === 'dateTime' && !/^as_of/.test(sourceColumn) ? `${sourceColumn}::date` : sourceColumn;
			return `${value} AS "${name}"`;
		});
		const key = made ? undefined : project.keyed[view];
		data[table] = query(`SELECT ${made ? 'DISTINCT ' : ''}${list.join(', ')} FROM "${mart}".${view}${key ? ` WHERE ${key} IS NOT NULL` : ''}`);
	}
	return data;
}

const selections = {
	shop: [{}, { gender: ['Female'] }, { category: ['Clothing', 'Footwear'] }, { gender: ['Male'], age_group: ['Adult', 'Senior'], category: ['Accessories'] }, { gender: ['nobody'] }],
	store: [{}, { gender: ['Female'] }, { category: ['Tops'], age_group: ['Senior'] }, { gender: ['Male'], category: ['Footwear', 'Outerwear'] }, { gender: ['nobody'] }],
};
// Written here, over the source tables and not over views.
const plain = {
	shop: `SELECT count(DISTINCT customer_id) AS "Customers", count(*) AS "Purchases", coalesce(sum(purchase_amount), 0) AS "Revenue",
		sum(purchase_amount) / nullif(count(*), 0)::float8 AS "Average Amount", avg(review_rating) AS "Average Rating",
		count(DISTINCT CASE WHEN subscription_status THEN customer_id END)::float8 / nullif(count(DISTINCT customer_id), 0) AS "Subscriber Share",
		count(*) FILTER (WHERE discount_applied)::float8 / nullif(count(*), 0) AS "Discount Share",
		sum(purchase_amount)::float8 / nullif(count(DISTINCT customer_id), 0) AS "Revenue per Customer"
		FROM clean_purchases WHERE`,
	store: `SELECT count(DISTINCT customer_id) AS "Customers", count(DISTINCT CASE WHEN amount >= 0 THEN order_id END) AS "Purchases",
		coalesce(sum(amount), 0) AS "Revenue",
		sum(greatest(amount, 0)) / nullif(count(DISTINCT CASE WHEN amount >= 0 THEN order_id END), 0) AS "Average Amount",
		count(DISTINCT CASE WHEN amount >= 0 AND discounted THEN order_id END)::float8 / nullif(count(DISTINCT CASE WHEN amount >= 0 THEN order_id END), 0) AS "Discount Share",
		sum(amount) / nullif(count(DISTINCT customer_id), 0) AS "Revenue per Customer"
		FROM store_lines WHERE`,
};

const conditionsOf = (selection) => Object.entries(selection).map(([c, values]) => `f.${c} IN (${values.map(text).join(', ')})`);
// In the model a product's labels are in its table, a customer's in his: those of dim_customer.
const ownerOf = (column) => (column === 'category' ? 'product' : 'dim_customer');
const ownedConditions = (mart, selection) => Object.entries(selection).map(([c, values]) => (ownerOf(c) === 'product' ? conditionsOf({ [c]: values })[0]
	: `f.customer_id IN (SELECT d.customer_id FROM "${mart}".dim_customer d WHERE d.${c} IN (${values.map(text).join(', ')}))`));
const filtersOf = (project, selection) => Object.entries(selection).map(([column, values]) => ({ ...on(project, ownerOf(column), column), test: (v) => values.includes(v) }));
const known = new Map();
/** The SQL twins of all measures of the kind under a selection, by name, in one query: labels as the rows have them, or their owners. */
function twins(kind, mart, selection, owned = false) {
	const id = `${mart} ${owned} ${JSON.stringify(selection)}`;
	if (!known.has(id)) {
		const where = (owned ? ownedConditions(mart, selection) : conditionsOf(selection)).map((c, i) => `${i ? 'AND' : 'WHERE'} ${c}`).join(' ');
		known.set(id, query(contract.measures.filter((m) => m.kinds.includes(kind) && !m.per).map((m) =>
			`SELECT ${text(m.measure)} AS measure, to_jsonb((${m.sql.replaceAll('%1$I', `"${mart}"`)} ${m.filterable === false ? '' : where})) AS value`).join(' UNION ALL ')));
	}
	return Object.fromEntries(known.get(id).map((r) => [r.measure, r.value]));
}
/** To SQL no rows are a count or sum of zero, to DAX they are blank. */
const orZero = (m, value) => (value === null && !m.sql.includes('/') && /coalesce\(sum|\bcount\(/.test(m.sql) ? 0 : value);

function evaluatorOf(model, project, mart) {
	const ends = (r) => { const [fromTable, fromColumn] = splitReference(r.properties.fromColumn); const [toTable, toColumn] = splitReference(r.properties.toColumn); return { fromTable, fromColumn, toTable, toColumn }; };
	return new Evaluator({
		data: rowsOf(model, project, mart, [...['gender', 'age_group', 'spend_tier', 'loyalty_tier'].map((c) => on(project, 'dim_customer', c)), on(project, 'product', 'category'),
			...project.kind === 'dated' ? [['dim_customer', 'rfm_segment'], ['cohort_retention', 'month_offset'], ['lifecycle', 'state'], ['revenue_concentration', 'customer_percentile'],
				['revenue_forecast', 'period_start'], ['revenue_anomaly', 'period_start'], ['revenue_change_month', 'part'], ['season_index', 'season_label'],
				['model_grid', 'repeat_group'], ['model_quality', 'repeat_group'], ['model_tracking', 'week_start'], ['dim_date', 'month_start']].map((c) => on(project, ...c)) : []]),
		measures: new Map(model.tables.flatMap((t) => t.measures).map((m) => [m.name, parseDax(m.value)])),
		relationships: model.relationships.map(ends),
		dateTable: project.dateTable && on(project, project.dateTable.table, project.dateTable.column),
	});
}

/** The values of the twins that have one row for each value of a column, by measure: purchases are computed once for all of them. */
function twinsPer(measures, { mart }) {
	const own = measures.filter((m) => m.per);
	const rows = own.length === 0 ? [] : query(own.map((m) => `SELECT ${text(m.measure)} AS measure, to_jsonb(t.key) AS key, to_jsonb(t.value) AS value
		FROM (${m.sql.replaceAll('%1$I.fact_purchase', 'pg_temp.fact_purchase').replaceAll('%1$I', `"${mart}"`)}) AS t(key, value)`).join(' UNION ALL '),
	`SET jit = off; CREATE TEMP TABLE fact_purchase AS SELECT customer_id, order_id, purchased_at, amount, returned FROM "${mart}".fact_purchase;
		CREATE INDEX ON fact_purchase (purchased_at); ANALYZE fact_purchase;`);
	const result = new Map(own.map((m) => [m.measure, new Map()]));
	for (const { measure, key, value } of rows) result.get(measure).set(key, value);
	return result;
}

/** How DAX and its twin differ, under the selections. */
function twinDifferences(evaluator, measures, project) {
	const { mart, kind } = project;
	const per = twinsPer(measures, project);
	const found = [];
	for (const m of measures) {
		if (m.per) {
			const [table, column] = m.per.split('.');
			const expected = per.get(m.measure);
			if (expected.size < 3) found.push(`[${m.measure}]: only ${expected.size} values of ${m.per}`);
			for (const [value, there] of expected) {
				const got = evaluator.evaluate(m.measure, [{ ...on(project, table, column), test: (v) => v === value }]);
				// a month without purchases is zero to the view, blank to DAX
				if (!close(got, there) && !(got === null && there === 0)) found.push(`[${m.measure}] at ${value}: DAX ${got}, SQL ${there}`);
			}
			continue;
		}
		for (const selection of selections[mart]) {
			const got = orZero(m, evaluator.evaluate(m.measure, filtersOf(project, selection)));
			const there = twins(kind, mart, selection, true)[m.measure];
			if (!close(got, there)) found.push(`[${m.measure}] of ${JSON.stringify(selection)}: DAX ${got}, SQL ${there}`);
		}
	}
	return found;
}

function dashboardDifferences(measures, { mart, kind }) {
	const found = [];
	for (const selection of selections[mart]) {
		const [{ kpi }] = query(`SELECT mart_dashboard(${text(mart)}, ${text(JSON.stringify(selection))}::jsonb) -> 'kpi' AS kpi`);
		for (const m of measures.filter((x) => x.kpi)) {
			const sql = twins(kind, mart, selection)[m.measure];
			// mart_dashboard rounds means to six decimals
			if (!(m.kpi in kpi) || !close(sql, kpi[m.kpi], 1e-6)) found.push(`[${m.measure}] of ${JSON.stringify(selection)}: twin ${sql}, mart_dashboard ${kpi[m.kpi]}`);
		}
	}
	return found;
}

const evaluators = {};
for (const project of projects) {
	const { mart } = project;
	const measures = contract.measures.filter((m) => m.kinds.includes(project.kind) && project.tables.includes(m.table));
	const model = modelOf(powerbi, project);
	const evaluator = evaluators[project.name] = evaluatorOf(model, project, mart);
	report(`${mart}: ${measures.length} measures, their DAX as we read it = their SQL twin, under ${selections[mart].length} selections`, twinDifferences(evaluator, measures, project));

	const toPlain = [];
	let compared = 0;
	for (const selection of selections[mart]) {
		// the sources have no age group
		if (selection.age_group) continue;
		const conditions = conditionsOf(selection).map((c) => c.slice(2));
		const [values] = query(`${plain[mart]} ${conditions.join(' AND ') || 'true'}`);
		for (const [name, value] of Object.entries(values)) {
			const got = twins(project.kind, mart, selection)[name];
			compared += 1;
			if (!close(got, value)) toPlain.push(`[${name}] of ${JSON.stringify(selection)}: twin ${got}, plain SQL ${value}`);
		}
	}
	report(`${mart}: ${measures.filter((m) => m.kpi).length} SQL twins = mart_dashboard, under ${selections[mart].length} selections`, dashboardDifferences(measures, project));
	const strayed = selections[mart].flatMap((selection) => Object.entries(twins(project.kind, mart, selection)).filter(([name, value]) => !close(value, twins(project.kind, mart, selection, true)[name]))
		.map(([name]) => `[${name}] of ${JSON.stringify(selection)}`));
	report(`${mart}: labels of customers select what those of their rows do`, strayed);
	report(`${mart}: SQL twins = plain SQL over the source (${compared} numbers)`, compared > 20 ? toPlain : ['too few']);

	// the star: customers of each tier through the relationship = the view that counts them
	const segments = [['spend_tier', 'segment_spend'], ['loyalty_tier', 'segment_loyalty'], ...project.kind === 'dated' ? [['rfm_segment', 'segment_rfm']] : []];
	const bySegment = [];
	for (const [column, view] of segments) {
		for (const { value, customers } of query(`SELECT ${column} AS value, customers FROM "${mart}".${view} WHERE ${column} IS NOT NULL`)) {
			const got = evaluator.evaluate('Customers', [{ ...on(project, 'dim_customer', column), test: (v) => v === value }]);
			if (got !== customers) bySegment.push(`${value}: model ${got}, ${view} ${customers}`);
		}
	}
	report(`${mart}: customers by dim_customer's tiers = ${segments.map((s) => s[1]).join(', ')}`, bySegment);

	const changed = new Evaluator({ ...evaluator, data: { ...evaluator.data, 'Database Total': evaluator.data['Database Total'].map((r) => ({ ...r, Revenue: r.Revenue + 0.01, Customers: r.Customers - 1 })) } });
	const says = changed.evaluate('Model against Database');
	report(`${mart}: the report's own check names what differs`, says === 'Differs from the database: customers, revenue' ? [] : [says]);
}

{
	const got = evaluators.PurchaseTrends;
	const found = [];
	// month by month, for one gender: plain SQL over the source
	const dated = projects.find((p) => p.kind === 'dated');
	const days = (from, until) => `SELECT sum(amount) FROM store_lines WHERE gender = 'Female' AND purchased_at >= '${from}' AND purchased_at < '${until}'`;
	const months = query(`SELECT m::date AS month, (m + interval '1 month')::date AS next, (m - interval '1 month')::date AS before, (m - interval '12 months')::date AS year_ago,
			(m - interval '11 months')::date AS year_ago_next, date_trunc('year', m)::date AS year, (m + interval '1 month' <= (SELECT max(purchased_at) FROM store_lines)) AS whole
		FROM (SELECT DISTINCT date_trunc('month', purchased_at) AS m FROM store_lines WHERE gender = 'Female') s ORDER BY 1`).filter((m) => m.whole);
	const female = filtersOf(dated, { gender: ['Female'] });
	for (const m of months) {
		const filters = [...female, { ...on(dated, 'dim_date', 'month_start'), test: (v) => v === m.month }];
		const [plainly] = query(`SELECT (${days(m.month, m.next)}) AS "Revenue", (${days(m.before, m.month)}) AS "Revenue Previous Period", (${days(m.year_ago, m.year_ago_next)}) AS "Revenue Year Before",
			(${days(m.year, m.next)}) AS "Revenue Year to Date", (${days(m.year_ago_next, m.next)}) AS "Revenue Rolling 12 Months"`);
		plainly['Revenue Previous Period Change'] = plainly['Revenue Previous Period'] && plainly.Revenue / plainly['Revenue Previous Period'] - 1;
		plainly['Revenue Year Change'] = plainly['Revenue Year Before'] && plainly.Revenue / plainly['Revenue Year Before'] - 1;
		for (const [name, value] of Object.entries(plainly)) {
			const is = got.evaluate(name, filters);
			if (!close(is, value)) found.push(`[${name}] of ${m.month}: DAX ${is}, SQL ${value}`);
		}
	}
	report(`store: revenue of each of ${months.length} months of one gender, the periods before, the year to date and twelve months = plain SQL`, months.length > 12 ? found : ['too few months']);

	// days that are no months, a quarter, days of which the last are still to come
	const spans = [];
	const last = query('SELECT max(purchased_at)::date AS day FROM store_lines')[0].day;
	for (const [from, until, before, before_until] of [['2024-03-11', '2024-03-21', '2024-03-01', '2024-03-11'], ['2024-04-01', '2024-07-01', '2024-01-01', '2024-04-01'], ['2024-02-01', '2024-03-01', '2024-01-01', '2024-02-01']]) {
		const filters = [...female, { ...on(dated, 'dim_date', 'day'), test: (v) => v >= from && v < until }];
		const [{ sum: value }] = query(days(before, before_until));
		const is = got.evaluate('Revenue Previous Period', filters);
		if (!close(is, value) || value === null) spans.push(`${from} to ${until}: DAX ${is}, SQL ${value}`);
	}
	{
		const [{ sum: value }] = query(`SELECT sum(amount) FROM store_lines WHERE purchased_at::date > date '${last}' - interval '12 months' AND purchased_at::date <= '${last}'`);
		const is = got.evaluate('Revenue Rolling 12 Months', []);
		if (!close(is, value)) spans.push(`twelve months to ${last}, nothing selected: DAX ${is}, SQL ${value}`);
		const future = [{ ...on(dated, 'dim_date', 'day'), test: (v) => v > last }];
		for (const name of ['Revenue Previous Period', 'Revenue Year Before', 'Revenue Year to Date', 'Revenue Rolling 12 Months']) if (got.evaluate(name, future) !== null) spans.push(`[${name}] of days to come is not blank`);
	}
	report('store: the periods before of days, a quarter and a leap February, twelve months to as_of, and nothing of days to come = plain SQL', spans);
}

let caught = 0;
/** Faults in DAX that need NULLs and returns to show. */
function subtle(evaluator, project) {
	for (const [what, name, dax] of [
		['rows of unknown amount taken as no returns', 'Average Amount', 'CALCULATE ( DIVIDE ( [Revenue], [Orders] ), KEEPFILTERS ( fact_purchase[returned_label] <> "Yes" ) )'],
		['rows of unknown amount not counted', 'Purchases', 'CALCULATE ( [Orders], KEEPFILTERS ( fact_purchase[returned_label] = "No" ) )'],
		['a blank flag taken as FALSE', 'Subscriber Share', 'DIVIDE ( [Subscribers] + 0, CALCULATE ( [Customers], KEEPFILTERS ( NOT fact_purchase[subscribed_label] = "Maybe" ) ) )'],
		['rows without an order id not counted', 'Orders', 'DISTINCTCOUNTNOBLANK ( fact_purchase[order_key] )'],
		['revenue without a customer in the revenue per customer', 'Revenue per Customer', 'DIVIDE ( [Revenue], [Customers] )'],
	]) {
		const measures = new Map([...evaluator.measures, [name, daxOf(project, dax)]]);
		const found = twinDifferences(new Evaluator({ ...evaluator, measures }), contract.measures.filter((m) => m.measure === name), project);
		report(`fault caught by the SQL twin: ${what}`, found.length ? [] : ['nothing found']);
		caught += found.length > 0;
	}
}

// Marts of other shapes: text as ids, few roles, three decimals; and whatever can be NULL is so somewhere, in
// which "not returned" and "not known to be returned" are different things.
{
	const run = (sql) => execFileSync('psql', ['-X', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1'], { input: `SET client_min_messages = warning; ${sql}` });
	const shapes = [['few_dated', 'dated'], ['few_undated', 'undated'], ['gaps_dated', 'dated'], ['gaps_undated', 'undated']];
	try {
		run(`CREATE SCHEMA other_shapes;
			CREATE TABLE other_shapes.few_undated AS SELECT 'c' || i % 7 AS customer_id, (10.5 + i)::numeric(12,3) AS amount FROM generate_series(1, 30) i;
			CREATE TABLE other_shapes.few_dated AS SELECT *, date '2024-01-15' + 30 * (row_number() OVER ())::integer AS purchased_at FROM other_shapes.few_undated;
			CREATE TABLE other_shapes.gaps_dated AS SELECT
				-- an order of two customers is two orders, which DAX does not count so
				CASE WHEN i / 3 % 13 > 0 THEN 'c' || i / 3 % 40 END AS customer_id, CASE WHEN i % 7 > 0 THEN 'o' || i / 3 END AS order_id,
				-- no purchases in one of the months
				timestamp '2023-01-05 10:00' + (i / 3 + CASE WHEN i > 400 THEN 45 ELSE 0 END) * interval '1 day 1 hour' AS purchased_at,
				CASE WHEN i % 11 > 0 THEN CASE WHEN i % 17 = 0 THEN -1 ELSE 1 END * (i % 50 + 0.25) END AS amount,
				CASE WHEN i % 19 > 0 THEN 'p' || i % 12 END AS product, (ARRAY['Tops', 'Shoes', 'Hats', NULL])[i % 4 + 1] AS category,
				(ARRAY['Female', 'Male', NULL])[i % 3 + 1] AS gender, CASE WHEN i % 9 > 0 THEN 18 + i % 40 END AS age,
				CASE WHEN i % 5 > 1 THEN i % 6 END AS review_rating, (ARRAY[true, false, NULL])[i / 3 % 40 % 3 + 1] AS subscribed,
				(ARRAY[true, false, false, NULL])[i % 40 % 4 + 1] AS discounted, CASE WHEN i % 8 > 1 THEN i % 23 END AS cost, i / 3 % 40 AS previous_purchases
				FROM generate_series(1, 1300) i;
			CREATE TABLE other_shapes.gaps_undated AS SELECT * FROM other_shapes.gaps_dated;
			ALTER TABLE other_shapes.gaps_undated DROP COLUMN purchased_at;
			${shapes.map(([mart]) => `SELECT FROM create_mart('${mart}', 'other_shapes.${mart}');`).join('\n')}`);
		for (const [mart, kind] of shapes) {
			const project = projects.find((p) => p.kind === kind);
			const model = modelOf(powerbi, project);
			const found = [...liveProblems(model, contract, project, mart), ...dataProblems(model, contract, project, mart)];
			report(`${mart}: the ${kind} model fits this mart too`, found);
			if (!mart.startsWith('gaps')) continue;
			selections[mart] = [{}, { gender: ['Female'] }, { category: ['Hats'], gender: ['Male'] }, { age_group: ['Senior'] }, { gender: ['nobody'] }];
			// forty customers are too few for a lifetime model
			const measures = contract.measures.filter((m) => m.kinds.includes(kind) && project.tables.includes(m.table) && !m.table.startsWith('model_'));
			const evaluator = evaluatorOf(model, project, mart);
			report(`${mart}: ${measures.length} measures, DAX = SQL twin where much is NULL`, twinDifferences(evaluator, measures, { ...project, mart }));
			report(`${mart}: SQL twins = mart_dashboard where much is NULL`, dashboardDifferences(measures, { mart, kind }));
			if (kind === 'dated') {
				const [{ empty }] = query(`SELECT count(*) FILTER (WHERE purchases = 0) AS empty FROM ${mart}.kpi_month`);
				report(`${mart}: there is a month without purchases`, empty > 0 ? [] : ['there is none']);
				subtle(evaluator, { ...project, mart });
			}
		}
	} finally {
		run(`${shapes.map(([mart]) => `SELECT drop_mart(mart) FROM marts() WHERE mart = '${mart}';`).join(' ')} DROP SCHEMA IF EXISTS other_shapes CASCADE`);
	}
}

if (process.env.PT_PRACTICE) {
	// counted in the CSV by others (shared/reference/bi.md)
	const e = evaluators.PurchaseTrendsUndated;
	const shown = [e.evaluate('Customers'), e.evaluate('Average Amount').toFixed(2), e.evaluate('Average Rating').toFixed(2), (100 * e.evaluate('Subscriber Share')).toFixed(1)].join(' ');
	report('practice CSV: the cards show 3,900 customers, 59.76, 3.75, and 27.0 % subscribers', shown === '3900 59.76 3.75 27.0' ? [] : [shown]);
} else {
	console.log('skipped - the cards on the practice CSV');
}

// Seeded faults: each must be found by the check that is there for it ---------------------

const dated = projects.find((p) => p.kind === 'dated');
const broken = join(work, 'broken');
const at = { report: `${dated.name}.Report/definition`, model: `${dated.name}.SemanticModel/definition`, visual: (page, name) => `${dated.name}.Report/definition/pages/${page}/visuals/${name}/visual.json` };
const replace = (file, from, to) => {
	const path = join(broken, file);
	const before = readFileSync(path, 'utf8');
	if (!(from instanceof RegExp ? from.test(before) : before.includes(from))) throw new Error(`${file} has no ${from}`);
	writeFileSync(path, before.replace(from, to));
};
const json = (file, edit) => {
	const path = join(broken, file);
	const value = JSON.parse(readFileSync(path, 'utf8'));
	writeFileSync(path, JSON.stringify(edit(value) ?? value));
};
const fact = `${at.model}/tables/Purchase.tmdl`;
const customerTable = `${at.model}/tables/Customer.tmdl`;

const faults = [
	['a visual shows a measure that is not there', 'binding', /no measure Purchase\[Turnover\]/, () => json(at.visual('overview', 'cards'), (v) => { v.visual.query.queryState.Data.projections[2].field.Measure.Property = 'Turnover'; })],
	['a visual shows a column that is not there', 'binding', /no column Product\[kind\]/, () => json(at.visual('overview', 'revenue_by_category'), (v) => { v.visual.query.queryState.Category.projections[0].field.Column.Property = 'kind'; })],
	['a visual sums a column by itself', 'binding', /implicit measure/, () => json(at.visual('overview', 'customers_by_subscription'), (v) => { v.visual.query.queryState.Y.projections[0].field = { Aggregation: { Expression: { Column: { Expression: { SourceRef: { Entity: 'Purchase' } }, Property: 'Customer Key' } }, Function: 0 } }; })],
	['a visual has no alternative text', 'binding', /no alternative text/, () => json(at.visual('overview', 'trend'), (v) => { delete v.visual.visualContainerObjects.general; })],
	['a chart has no title', 'binding', /no title/, () => json(at.visual('overview', 'trend'), (v) => { v.visual.visualContainerObjects.title[0].properties.show.expr.Literal.Value = 'false'; })],
	['a filter is on a column that is not there', 'binding', /no column Cohort Retention\[finished\]/, () => json(at.visual('customers', 'retention'), (v) => { v.filterConfig.filters[0].filter.Where[0].Condition.In.Expressions[0].Column.Property = 'finished'; })],
	['a visual lies over another', 'layout', /trend/, () => json(at.visual('overview', 'trend'), (v) => { v.position.x += 100; })],
	['a type of visual that does not exist', 'validator', /PBIR_VISUAL_TYPE_UNKNOWN/, () => json(at.visual('overview', 'trend'), (v) => { v.visual.visualType = 'lineGraph'; })],
	['a role that the visual does not have', 'validator', /PBIR_ROLE_UNKNOWN/, () => json(at.visual('overview', 'trend'), (v) => { const s = v.visual.query.queryState; s.Axis = s.Category; delete s.Category; })],
	['a column where a measure must be', 'validator', /PBIR_ROLE_KIND_MISMATCH/, () => json(at.visual('overview', 'revenue_by_category'), (v) => { const s = v.visual.query.queryState; s.Y.projections = s.Category.projections; })],
	['a formatting property that does not exist', 'validator', /PBIR_FORMATTING_PROP_UNKNOWN/, () => json(at.visual('overview', 'trend'), (v) => { v.visual.objects.valueAxis[0].properties.begin = v.visual.objects.valueAxis[0].properties.start; })],
	['a visual beside the page', 'validator', /PBIR_LAYOUT_OUT_OF_BOUNDS/, () => json(at.visual('overview', 'heat_map'), (v) => { v.position.x = 1200; })],
	['a page in the order that is not there', 'validator', /PBIR_PAGE/, () => json(`${at.report}/pages/pages.json`, (v) => { v.pageOrder[1] = 'clients'; })],
	['a .pbip that leads nowhere', 'validator', /PBIR_PBIP_REPORT_PATH/, () => json(`${dated.name}.pbip`, (v) => { v.artifacts[0].report.path = 'Other.Report'; })],
	['a theme that is not there', 'validator', /PBIR_THEME/, () => rmSync(join(broken, `${dated.name}.Report/StaticResources/RegisteredResources/PurchaseTrends.json`))],
	['a report that leads to no model', 'model', /does not lead to the model/, () => json(`${dated.name}.Report/definition.pbir`, (v) => { v.datasetReference.byPath.path = '../Other.SemanticModel'; })],
	['TMDL indented by spaces', 'tmdl', /indented by spaces/, () => replace(fact, /\n\t\tdataType/, '\n        dataType')],
	['TMDL indented too far', 'tmdl', /tabs/, () => replace(customerTable, /\n\tcolumn Gender/, '\n\t\t\tcolumn Gender')],
	['a TMDL property that does not exist', 'tmdl', /no property sumBy/, () => replace(fact, 'summarizeBy', 'sumBy')],
	['a TMDL type that does not exist', 'tmdl', /dataType cannot be text/, () => replace(fact, 'dataType: string', 'dataType: text')],
	['a measure of the name of another', 'model', /twice/, () => replace(fact, 'measure Purchases =', 'measure revenue =')],
	['a column of the name of a measure of its table', 'model', /twice/, () => replace(`${at.model}/tables/Cohort Retention.tmdl`, "measure 'Retention of Cohorts' =", 'measure Retention =')],
	['an id that would be summed', 'model', /summed by default/, () => replace(customerTable, /(column 'Customer ID'[^]*?summarizeBy: )none/, '$1sum')],
	['a relationship to a column that is not there', 'model', /no column Date\[Today\]/, () => replace(`${at.model}/relationships.tmdl`, 'Date.Day', 'Date.Today')],
	['a relationship between different types', 'model', /int64 to dateTime/, () => replace(`${at.model}/relationships.tmdl`, "toColumn: Customer.'Customer Key'", 'toColumn: Date.Day')],
	['a label sorted by a column that is not there', 'model', /sorted by Age Group Order/, () => replace(customerTable, "sortByColumn: 'Age Group Sort'", "sortByColumn: 'Age Group Order'")],
	['a table that model.tmdl does not name', 'model', /does not name the tables/, () => replace(`${at.model}/model.tmdl`, 'ref table Lifecycle\n', '')],
	['implicit measures allowed', 'model', /implicit measures/, () => replace(`${at.model}/model.tmdl`, '\tdiscourageImplicitMeasures\n', '')],
	['M that does not parse', 'm', /Purchase/, () => replace(fact, 'View = Source{[Schema = Mart, Item = "fact_purchase"]}[Data],', 'View = Source{[Schema = Mart, Item = "fact_purchase"]}[Data]')],
	['M that names a step that is not there', 'm', /Sorce is not defined/, () => replace(fact, 'View = Source{', 'View = Sorce{')],
	['M that reads another view', 'm', /view of its name/, () => replace(`${at.model}/tables/Lifecycle.tmdl`, 'Item = "lifecycle"', 'Item = "cohort_basis"')],
	['M that leaves a column out', 'm', /columns of its M/, () => replace(customerTable, /\t*\{"gender", type text\},\n/, '')],
	['DAX with a column that is not there', 'dax', /no column Purchase\[Price\]/, () => replace(fact, "SUM ( 'Purchase'[Amount] )", "SUM ( 'Purchase'[Price] )")],
	['DAX with a measure that is not there', 'dax', /no measure \[Turnover\]/, () => replace(fact, 'DIVIDE ( [Revenue], [Orders] )', 'DIVIDE ( [Turnover], [Orders] )')],
	['DAX with a parenthesis too few', 'dax', /missing/, () => replace(fact, "SUM ( 'Purchase'[Amount] )", "SUM ( 'Purchase'[Amount]")],
	['DAX with a function that does not exist', 'dax', /unknown function/, () => replace(fact, "AVERAGE ( 'Purchase'[Review Rating] )", "AVG ( 'Purchase'[Review Rating] )")],
	['measures that need each other', 'dax', /needs itself/, () => replace(fact, "SUM ( 'Purchase'[Amount] )", 'DIVIDE ( [Average Amount], 1 )')],
	['a measure that is not that of the contract', 'contract', /\[Revenue\]: is not as in the contract/, () => replace(fact, "SUM ( 'Purchase'[Amount] )", "SUM ( 'Purchase'[Discount Amount] )")],
	['a column that the live view does not have', 'live', /no such column/, () => { replace(customerTable, 'sourceColumn: gender', 'sourceColumn: sex'); replace(customerTable, '{"gender", type text}', '{"sex", type text}'); }],
	['a type that the live view does not have', 'live', /int64 for text/, () => { replace(customerTable, /(column Gender[^]*?dataType: )string/, '$1int64'); replace(customerTable, '{"gender", type text}', '{"gender", Int64.Type}'); }],
	['a description that is not the COMMENT', 'live', /not the COMMENT/, () => replace(customerTable, '/// Gender of the customer.', '/// Sex of the customer.')],
	['a label sorted by what is not its order', 'data', /dim_customer\[gender\]: \d+ values have several age_group_sort/, () => replace(customerTable, /(column Gender[^]*?sourceColumn: gender\n)/, "$1\t\tsortByColumn: 'Age Group Sort'\n")],
	['a property that the schema of a visual does not have', 'validator', /PBIR_SCHEMA_VALIDATION_ERROR/, () => json(at.visual('overview', 'trend'), (v) => { v.colour = 'blue'; }), true],
	['a property that the schema of the model does not have', 'schema', /additional properties/, () => json(`${dated.name}.SemanticModel/definition.pbism`, (v) => { v.colour = 'blue'; }), true],
	['a name that nobody would say', 'rules', /NAMES_FOR_PEOPLE.*Customer\[age_group\]/, () => replace(customerTable, "column 'Age Group'", 'column age_group')],
	['money as floating point', 'rules', /AVOID_FLOATING_POINT_DATA_TYPES: Purchase\[Amount\]/, () => replace(fact, /(column Amount[^]*?dataType: )decimal/, '$1double')],
	['a number that a measure adds up is shown', 'rules', /HIDE_FACT_TABLE_COLUMNS: Purchase\[Amount\]/, () => replace(fact, /(column Amount\n\t\tdataType: decimal\n)\t\tisHidden\n/, '$1')],
	['a key that is shown', 'rules', /HIDE_FOREIGN_KEYS: Purchase\[Customer Key\]/, () => replace(fact, /(column 'Customer Key'\n\t\tdataType: int64\n)\t\tisHidden\n/, '$1')],
	['a key that is not marked', 'rules', /MARK_PRIMARY_KEYS: Product\[Product Key\]/, () => replace(`${at.model}/tables/Product.tmdl`, '\t\tisKey\n', '')],
	['a hidden column offered to MDX', 'rules', /ISAVAILABLEINMDX_FALSE/, () => replace(fact, '\t\tisAvailableInMdx: false\n', '')],
	['a column that sorts, kept from MDX', 'rules', /SET_ISAVAILABLEINMDX_TO_TRUE.*Age Group Sort/, () => replace(customerTable, /(column 'Age Group Sort'\n\t\tdataType: int64\n\t\tisHidden\n)/, '$1\t\tisAvailableInMdx: false\n')],
	['a relationship in both directions', 'rules', /BI-DIRECTIONAL.*purchase_of_customer/, () => replace(`${at.model}/relationships.tmdl`, 'relationship purchase_of_customer\n', 'relationship purchase_of_customer\n\tcrossFilteringBehavior: bothDirections\n')],
	['a snowflake', 'rules', /SNOWFLAKE.*Customer/, () => replace(`${at.model}/relationships.tmdl`, "fromColumn: Purchase.'Product Key'", "fromColumn: Customer.'Customer Key'")],
	['a table of dates that is not marked', 'rules', /DATE\/CALENDAR_TABLES.*Date/, () => replace(`${at.model}/tables/Date.tmdl`, '\tdataCategory: Time\n', '')],
	['date tables that Desktop makes', 'rules', /REMOVE_AUTO-DATE_TABLE/, () => replace(`${at.model}/model.tmdl`, '__PBI_TimeIntelligenceEnabled = 0', '__PBI_TimeIntelligenceEnabled = 1')],
	['a division without DIVIDE', 'rules', /USE_THE_DIVIDE_FUNCTION.*Revenue Share/, () => replace(fact, 'DIVIDE ( [Revenue], [Revenue of All] )', '[Revenue] / [Revenue of All]')],
	['a measure that is only another', 'rules', /DIRECT_REFERENCES.*Revenue of All/, () => replace(fact, 'CALCULATE ( [Revenue], REMOVEFILTERS () )', '[Revenue]')],
	['two measures that say the same', 'rules', /AVOID_DUPLICATE_MEASURES/, () => replace(fact, 'CALCULATE ( [Purchases], REMOVEFILTERS () )', 'CALCULATE ( [Revenue], REMOVEFILTERS () )')],
	['a filter that is a table', 'rules', /FILTER_COLUMN_VALUES/, () => replace(fact, 'CALCULATE ( [Purchases], REMOVEFILTERS () )', "CALCULATE ( [Purchases], FILTER ( 'Purchase', 'Purchase'[Returned] = \"No\" ) )")],
	['a measure without a format', 'rules', /PROVIDE_FORMAT_STRING.*\[Revenue\]/, () => replace(fact, /(measure Revenue = .*\n)\t\tformatString: .*\n/, '$1')],
	['a percentage of its own format', 'rules', /PERCENTAGE_FORMATTING/, () => replace(fact, 'formatString: #,0.0%;-#,0.0%;#,0.0%', 'formatString: 0%')],
	['months without their format', 'rules', /MONTHCOLUMN_FORMATSTRING: Date\[Month\]/, () => replace(`${at.model}/tables/Date.tmdl`, 'formatString: mmmm yyyy', 'formatString: yyyy-mm-dd')],
	['the time of day in the model', 'rules', /SPLIT_DATE_AND_TIME: Customer\[First Purchase\]/, () => replace(customerTable, /(column 'First Purchase'[^]*?UnderlyingDateTimeDataType = )Date\n/, '$1DateTime\n')],
	['a hidden column that nothing needs', 'rules', /UNNECESSARY_COLUMNS: Customer\[Age\]/, () => replace(customerTable, /(column Age\n\t\tdataType: int64\n)/, '$1\t\tisHidden\n')],
	['a place without its category', 'rules', /ADD_DATA_CATEGORY.*Location/, () => replace(customerTable, '\t\tdataCategory: Place\n', '')],
	['a hierarchy of a column that is not there', 'model', /hierarchy Calendar has the column Decade/, () => replace(`${at.model}/tables/Date.tmdl`, /(level Year\n\t\t\tcolumn: )Year/, '$1Decade')],
	['M that incremental refresh cannot cut', 'm', /not cut by RangeStart/, () => replace(fact, /each \[purchased_at\] >= RangeStart and /, 'each ')],
	['a visual that a phone does not show', 'phone', /overview\/trend: is not in the phone layout/, () => rmSync(join(broken, at.visual('overview', 'trend').replace('visual.json', 'mobile.json')))],
	['a visual over another on a phone', 'phone', /overlaps/, () => json(at.visual('overview', 'trend').replace('visual.json', 'mobile.json'), (v) => { v.position.y -= 40; })],
	['a slicer that the bookmark forgets', 'bookmark', /leaves overview\/slicer_gender as it is/, () => json(`${at.report}/bookmarks/reset_slicers.bookmark.json`, (v) => { delete v.explorationState.sections.overview.visualContainers.slicer_gender; })],
	['a button to a bookmark that is not there', 'bookmark', /leads to the bookmark clear/, () => json(at.visual('overview', 'reset'), (v) => { v.visual.visualContainerObjects.visualLink[0].properties.bookmark.expr.Literal.Value = "'clear'"; })],
	['a slicer of its own', 'bookmark', /slicer_gender: is not synchronised with the other/, () => json(at.visual('customers', 'slicer_gender'), (v) => { v.visual.syncGroup.groupName = 'other'; })],
	['a customer page that is bound to nothing', 'bookmark', /customer: nothing is bound/, () => json(`${at.report}/pages/customer/page.json`, (v) => { v.pageBinding.parameters[0].boundFilter = 'other'; })],
];

for (const [what, check, message, edit, needsSchemas] of faults) {
	if (needsSchemas && !schemas) { console.log(`skipped - fault: ${what} (schemas)`); continue; }
	rmSync(broken, { recursive: true, force: true });
	for (const part of ['.pbip', '.Report', '.SemanticModel']) cpSync(join(powerbi, dated.name + part), join(broken, dated.name + part), { recursive: true });
	edit();
	const database = ['live', 'data'].includes(check);
	const only = check === 'data' ? ['data'] : check === 'validator' ? ['validator'] : Object.keys(whatIsChecked).filter((c) => c !== 'validator').concat('schema');
	const found = await problems(broken, dated, { schemas, database, only });
	const right = found.some((f) => f.check === check && message.test(f.message));
	report(`fault caught by ${check}: ${what}`, right ? [] : ['found instead:', ...found.map((f) => `${f.check}: ${f.message}`)]);
	caught += right;
}

// faults in what the measures say, in the data and in the committed files
{
	const project = projects.find((p) => p.kind === 'undated');
	const e = evaluators[project.name];
	const wrong = [
		['the share of the ids of subscribers, as seen elsewhere', 'Subscriber Share', 'DIVIDE ( CALCULATE ( [Ids], KEEPFILTERS ( fact_purchase[subscribed_label] = "Yes" ) ), [Ids] )', { Ids: 'COUNT ( fact_purchase[review_rating] ) + CALCULATE ( [Customers], REMOVEFILTERS () )' }],
		['an average over rows that ignores the selection', 'Average Amount', 'CALCULATE ( DIVIDE ( [Revenue], [Orders] ), REMOVEFILTERS () )'],
		['a whole that follows the selection', 'Customers of All', '[Customers]'],
	];
	for (const [what, name, dax, more = {}] of wrong) {
		const measures = new Map([...e.measures, [name, daxOf(project, dax)], ...Object.entries(more).map(([n, d]) => [n, daxOf(project, d)])]);
		const found = twinDifferences(new Evaluator({ ...e, measures }), contract.measures.filter((m) => m.measure === name), project);
		report(`fault caught by the SQL twin: ${what}`, found.length ? [] : ['nothing found']);
		caught += found.length > 0;
	}
}
{
	const model = modelOf(powerbi, dated);
	const views = ['fact_purchase', 'dim_customer', 'dim_date', 'lifecycle'];
	const run = (sql) => execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1'], { input: `SET client_min_messages = warning; ${sql}`, encoding: 'utf8' });
	const wrongData = [
		['a purchase of a customer who is not there', 'fact_purchase', /purchase_of_customer: 1 rows of fact_purchase lead nowhere/, 'SELECT (jsonb_populate_record(f, \'{"customer_key": -1}\')).* FROM (SELECT f FROM store.fact_purchase f LIMIT 1) one'],
		['a purchase on a day that the date table does not have', 'fact_purchase', /purchase_on_day: 1 rows of fact_purchase lead nowhere/, 'SELECT (jsonb_populate_record(f, \'{"purchased_at": "1999-01-01"}\')).* FROM (SELECT f FROM store.fact_purchase f LIMIT 1) one'],
		['a customer who is there twice', 'dim_customer', /dim_customer\[customer_key\] is not unique/, 'SELECT * FROM (SELECT * FROM store.dim_customer LIMIT 1) one'],
		['a day that is there twice', 'dim_date', /dim_date: several rows for one \(day\)/, 'SELECT * FROM (SELECT * FROM store.dim_date LIMIT 1) one'],
		['a label with two places in the order', 'lifecycle', /lifecycle\[state\]: 1 values have several state_sort/, 'SELECT (jsonb_populate_record(s, \'{"state_sort": 99}\')).* FROM (SELECT s FROM store.lifecycle s LIMIT 1) one'],
	];
	try {
		run(`CREATE SCHEMA broken_data; ${views.map((v) => `CREATE TABLE broken_data.${v} AS SELECT * FROM store.${v};`).join('\n')}`);
		for (const [what, view, message, rows] of wrongData) {
			run(`DROP SCHEMA IF EXISTS broken_mart CASCADE; CREATE SCHEMA broken_mart;
				${views.map((v) => `CREATE VIEW broken_mart.${v} AS SELECT * FROM broken_data.${v}${v === view ? ` UNION ALL ${rows.replaceAll('store.', 'broken_data.')}` : ''};`).join('\n')}`);
			const found = dataProblems(model, contract, dated, 'broken_mart');
			const right = found.some((f) => message.test(f));
			report(`fault caught by data: ${what}`, right ? [] : ['found instead:', ...found]);
			caught += right;
		}
	} finally {
		run('DROP SCHEMA IF EXISTS broken_mart, broken_data CASCADE');
	}
}
{
	rmSync(broken, { recursive: true, force: true });
	cpSync(made, broken, { recursive: true });
	rmSync(join(broken, at.visual('overview', 'trend')));
	writeFileSync(join(broken, `${at.model}/tables/old.tmdl`), 'table old\n');
	writeFileSync(join(broken, `${dated.name}.pbip`), '{}\n');
	const found = differences(made, broken).length;
	report('faults caught by making the files again: one missing, one too many, one edited', found === 3 ? [] : [`${found} found`]);
	caught += found === 3;
}
report(`${caught} seeded faults were caught`, caught >= 10 ? [] : ['too few']);
process.exitCode = failed ? 1 : 0;
