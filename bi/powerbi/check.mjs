// Checks the Power BI projects; see README.md for what that is worth.
//   node check.mjs [FOLDER]              files only
//   node check.mjs --rules               the table of rules for the README
//   node check.mjs --database [FOLDER]   also against the marts "shop" and "store" of the
//                                        database that PGHOST, PGDATABASE, ... name (by psql)
// PBI_SCHEMA_DIR is a copy of https://developer.microsoft.com/json-schemas; without it JSON
// schemas are not checked. Nothing is fetched from the network.
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import https from 'node:https';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseDax, nodes, DaxError } from './dax.mjs';
import { columnsOf, madeOf, modelDax, modelType, nameOf } from './generate.mjs';
import { projects } from './layout.mjs';
import { tableName } from './names.mjs';
import { checkRules, notHere, ruleTable } from './rules.mjs';
import { readModel, splitReference, TmdlError } from './tmdl.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** The rows of a query, by psql; before it, statements that prepare it in the same session. */
export function query(sql, before = '') {
	const text = execFileSync('psql', ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1'], {
		input: `${before}\nSELECT coalesce(json_agg(q), '[]') FROM (${sql}) q`, encoding: 'utf8', maxBuffer: 1 << 30,
	});
	return JSON.parse(text);
}
const ident = (name) => `"${name.replaceAll('"', '""')}"`;

export const schemaFolder = () => [process.env.PBI_SCHEMA_DIR, join(here, '../../../shared/powerbi-schemas')].find((d) => d && existsSync(join(d, 'fabric')));

// Microsoft's validator: the report, the .pbip and .pbir files ------------------------

/** While it works, the validator's requests for schemas are answered from the copy, and no other is sent. */
async function withSchemas(schemas, work) {
	const send = https.get;
	https.get = (url, options, answer) => {
		const path = String(url).match(/^https:\/\/developer\.microsoft\.com\/json-schemas\/([\w./-]+)$/)?.[1];
		const file = schemas && path && !path.includes('..') && join(schemas, path);
		const there = Boolean(file) && existsSync(file);
		const response = Object.assign(Readable.from(there ? [readFileSync(file)] : []), { statusCode: there ? 200 : 404, headers: {} });
		queueMicrotask(() => answer(response));
		return new EventEmitter();
	};
	try { return await work(); } finally { https.get = send; }
}

export async function reportProblems(folder, project, schemas) {
	const { getMetadataProvider, locateReport, runReportValidation } = await import('@microsoft/powerbi-report-authoring-cli');
	try {
		const provider = await getMetadataProvider();
		const result = await withSchemas(schemas, () =>
			runReportValidation({ ...locateReport(join(folder, `${project.name}.pbip`)), provider, skipSchema: !schemas }));
		const found = Object.entries(result.diagnostics ?? {}).flatMap(([code, { items }]) => items.map((item) => `${code}: ${item.message}`));
		// whatever it says, only "succeeded" is success
		return result.result === 'succeeded' ? found : [...found, result.result];
	} catch (error) {
		return [`${error.code ?? 'error'}: ${error.message}`];
	}
}

/** The JSON files that the validator does not look at, against their schemas. */
export async function otherSchemaProblems(folder, project, schemas) {
	const { default: Ajv } = await import('ajv');
	const found = [];
	for (const path of [`${project.name}.pbip`, `${project.name}.Report/.platform`, `${project.name}.SemanticModel/.platform`, `${project.name}.SemanticModel/definition.pbism`]) {
		const value = JSON.parse(readFileSync(join(folder, path), 'utf8'));
		const file = join(schemas, value.$schema.replace('https://developer.microsoft.com/json-schemas/', ''));
		const ajv = new Ajv.default({ strict: false, validateFormats: false });
		const check = ajv.compile(JSON.parse(readFileSync(file, 'utf8')));
		if (!check(value)) found.push(...check.errors.map((e) => `${path}: ${e.instancePath} ${e.message}`));
	}
	return found;
}

// M, by Microsoft's parser ---------------------------------------------------------------

const library = new Set(['PostgreSQL.Database', 'Table.SelectColumns', 'Table.TransformColumnTypes', 'Table.RenameColumns', 'Table.SelectRows', 'Table.Distinct',
	'List.Transform', 'DateTime.LocalNow', 'Int64.Type', 'Currency.Type', '#table', '#datetime', '_']);

export async function mProblems(model, project) {
	const { default: pq } = await import('@microsoft/powerquery-parser');
	const found = [];
	const global = new Set([...library, ...model.expressions.map((e) => e.name)]);
	const texts = [...model.expressions.map((e) => [e.name, e.value]),
		...model.tables.flatMap((t) => t.partitions.map((p) => [t.name, p.properties.source ?? '']))];
	for (const [name, text] of texts) {
		const task = await pq.TaskUtils.tryLexParse(pq.DefaultSettings, text);
		if (!pq.TaskUtils.isParseStageOk(task)) {
			found.push(`${name}: ${task.error?.message ?? 'does not parse'}`);
			continue;
		}
		// what is named must be a step, a parameter, an argument or a function that we know
		const tree = [...task.nodeIdMapCollection.astNodeById.values()];
		const literal = (kind) => tree.filter((n) => n.kind === kind);
		const defined = new Set([...global,
			...literal('IdentifierPairedExpression').map((n) => n.key.literal),
			...literal('Parameter').map((n) => n.name.literal)]);
		for (const n of literal('IdentifierExpression')) {
			if (!defined.has(n.identifier.literal)) found.push(`${name}: ${n.identifier.literal} is not defined`);
		}
	}
	const reads = new Map([...project.tables.map((view) => [tableName(view), view]), ...madeOf(project).map((made) => [tableName(made.name), made.of])]);
	for (const table of model.tables) {
		if (!reads.has(table.name)) continue;
		const source = table.partitions[0]?.properties.source ?? '';
		if (!source.includes('PostgreSQL.Database(Server, Database, [CreateNavigationProperties = false])')) found.push(`${table.name}: does not read from the parameters`);
		if (!source.includes(`[Schema = Mart, Item = "${reads.get(table.name)}"]`)) found.push(`${table.name}: does not read the view of its name`);
		const day = madeOf(project).some((made) => tableName(made.name) === table.name) ? undefined : project.days?.[reads.get(table.name)];
		if (day && !source.includes(`each [${day.of}] >= RangeStart and [${day.of}] < RangeEnd`)) found.push(`${table.name}: is not cut by RangeStart and RangeEnd`);
		const renamed = new Map([...source.matchAll(/RenameColumns\(\w+, \{\{"(\w+)", "(\w+)"\}\}\)/g)].map((m) => [m[1], m[2]]));
		const typed = [...source.matchAll(/\{"(\w+)", ([\w.]+(?: \w+)?)\}/g)].filter((m) => m[2] !== renamed.get(m[1])).map((m) => [renamed.get(m[1]) ?? m[1], m[2]]);
		const mTypes = { 'type text': 'string', 'type logical': 'boolean', 'type date': 'dateTime', 'type datetime': 'dateTime', 'Int64.Type': 'int64', 'Currency.Type': 'decimal', 'type number': 'double' };
		const fromM = typed.filter(([, t]) => mTypes[t]).map(([c, t]) => `${c} ${mTypes[t]}`).join(', ');
		const fromModel = table.columns.map((c) => `${c.properties.sourceColumn} ${c.properties.dataType}`).join(', ');
		if (fromM !== fromModel) found.push(`${table.name}: columns of its M are not those of the table`);
	}
	return found;
}

// The model --------------------------------------------------------------------------

export function modelProblems(model, folder, project) {
	const found = [];
	const unique = (names, what) => {
		const seen = new Set();
		for (const name of names) {
			const key = name.toLowerCase();
			if (seen.has(key)) found.push(`${what} ${name} is there twice`);
			seen.add(key);
		}
	};
	const table = (name) => model.tables.find((t) => t.name === name);
	const column = (t, c) => table(t)?.columns.find((x) => x.name === c);
	unique(model.tables.map((t) => t.name), 'table');
	unique(model.expressions.map((e) => e.name), 'expression');
	unique(model.relationships.map((r) => r.name), 'relationship');
	unique(model.tables.flatMap((t) => t.measures.map((m) => m.name)), 'measure');
	for (const t of model.tables) {
		unique([...t.columns, ...t.measures].map((c) => c.name), `${t.name}:`);
		unique(t.columns.map((c) => c.properties.sourceColumn ?? ''), `${t.name}: sourceColumn`);
		if (t.partitions.length !== 1) found.push(`${t.name}: ${t.partitions.length} partitions`);
		if (t.partitions[0]?.properties.mode !== 'import') found.push(`${t.name}: not in Import mode`);
		if (!t.description) found.push(`${t.name}: no description`);
		for (const c of t.columns) {
			if (c.properties.summarizeBy !== 'none') found.push(`${t.name}[${c.name}]: would be summed by default`);
			if (!c.properties.dataType || !c.properties.sourceColumn) found.push(`${t.name}[${c.name}]: no dataType or no sourceColumn`);
			if (!c.description) found.push(`${t.name}[${c.name}]: no description`);
			const sort = c.properties.sortByColumn;
			if (sort && !column(t.name, sort)) found.push(`${t.name}[${c.name}]: sorted by ${sort}, which is no column`);
			if (/_(key|sort)$/.test(c.properties.sourceColumn ?? '') && !c.properties.isHidden) found.push(`${t.name}[${c.name}]: is not hidden`);
		}
		for (const level of t.hierarchies.flatMap((h) => h.children.map((l) => [h.name, l.properties.column]))) {
			if (!column(t.name, level[1])) found.push(`${t.name}: hierarchy ${level[0]} has the column ${level[1]}, which is not there`);
		}
		for (const m of t.measures) {
			if (!m.description) found.push(`[${m.name}]: no description`);
		}
	}
	if (model.model?.properties.discourageImplicitMeasures !== true) found.push('implicit measures are not discouraged');
	const refs = model.refs.filter((r) => r.what === 'table').map((r) => r.name);
	if (refs.slice().sort().join() !== model.tables.map((t) => t.name).sort().join()) found.push('model.tmdl does not name the tables that there are');
	for (const r of model.relationships) {
		const ends = ['fromColumn', 'toColumn'].map((end) => {
			if (!r.properties[end]) { found.push(`relationship ${r.name}: no ${end}`); return undefined; }
			const [t, c] = splitReference(r.properties[end]);
			return column(t, c) ?? void found.push(`relationship ${r.name}: no column ${t}[${c}]`);
		});
		if (ends[0] && ends[1] && ends[0].properties.dataType !== ends[1].properties.dataType) found.push(`relationship ${r.name}: ${ends[0].properties.dataType} to ${ends[1].properties.dataType}`);
	}
	for (const t of model.tables.filter((x) => x.properties.dataCategory === 'Time')) {
		const keys = t.columns.filter((c) => c.properties.isKey);
		if (keys.length !== 1 || keys[0].properties.dataType !== 'dateTime') found.push(`${t.name}: a date table has one key, which is a date`);
	}
	const pbir = JSON.parse(readFileSync(join(folder, `${project.name}.Report/definition.pbir`), 'utf8'));
	const path = pbir.datasetReference?.byPath?.path;
	if (!path || !existsSync(join(folder, `${project.name}.Report`, path, 'definition.pbism'))) found.push('the report does not lead to the model');
	return found;
}

/** Every reference of every measure leads to a column or measure; all of it is DAX that we can read. */
export function daxProblems(model) {
	const found = [];
	const measures = new Set(model.tables.flatMap((t) => t.measures.map((m) => m.name)));
	const uses = new Map();
	for (const m of model.tables.flatMap((t) => t.measures)) {
		try {
			const tree = parseDax(m.value);
			const all = [...nodes(tree)];
			// columns of a table constructor are [Value1], [Value2], ...
			const constructed = new Set(all.filter((n) => n.type === 'rows').flatMap((n) => n.rows[0].map((_, i) => `Value${i + 1}`)));
			uses.set(m.name, []);
			for (const n of all) {
				if (n.type === 'measure' && !constructed.has(n.name)) {
					if (!measures.has(n.name)) found.push(`[${m.name}]: there is no measure [${n.name}]`);
					uses.get(m.name).push(n.name);
				}
				if (n.type === 'column' && !model.tables.find((t) => t.name === n.table)?.columns.some((c) => c.name === n.name)) found.push(`[${m.name}]: there is no column ${n.table}[${n.name}]`);
				if (n.type === 'table' && !model.tables.some((t) => t.name === n.name)) found.push(`[${m.name}]: there is no table ${n.name}`);
			}
		} catch (error) {
			if (!(error instanceof DaxError)) throw error;
			found.push(`[${m.name}]: ${error.message}`);
		}
	}
	const reaches = (from, to, seen = new Set()) => (uses.get(from) ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
	for (const name of uses.keys()) if (reaches(name, name)) found.push(`[${name}]: needs itself`);
	return found;
}

// Report against model ------------------------------------------------------------------

export function* visualsOf(folder, project) {
	const pages = join(folder, `${project.name}.Report/definition/pages`);
	for (const page of readdirSync(pages).filter((p) => existsSync(join(pages, p, 'visuals'))).sort()) {
		for (const name of readdirSync(join(pages, page, 'visuals')).sort()) {
			yield { page, name, json: JSON.parse(readFileSync(join(pages, page, 'visuals', name, 'visual.json'), 'utf8')) };
		}
	}
}

/** All {kind, table, name} that the JSON refers to; filters name their table by an alias. */
function* fields(value, aliases = {}) {
	if (Array.isArray(value)) { for (const v of value) yield* fields(v, aliases); return; }
	if (value === null || typeof value !== 'object') return;
	const known = Array.isArray(value.From) ? { ...aliases, ...Object.fromEntries(value.From.map((f) => [f.Name, f.Entity])) } : aliases;
	for (const kind of ['Column', 'Measure', 'HierarchyLevel', 'Aggregation']) {
		const ref = value[kind]?.Expression?.SourceRef;
		if (ref) yield { kind, table: ref.Entity ?? known[ref.Source], name: value[kind].Property };
		else if (value[kind] && kind === 'Aggregation') yield { kind };
	}
	for (const v of Object.values(value)) yield* fields(v, known);
}

export function bindingProblems(model, folder, project) {
	const found = [];
	const orders = new Map();
	const used = new Set(model.relationships.flatMap((r) => [r.properties.fromColumn, r.properties.toColumn]).filter((v) => v).map((v) => splitReference(v)[0]));
	for (const { page, name, json } of visualsOf(folder, project)) {
		const where = `${page}/${name}`;
		for (const f of fields(json)) {
			const table = model.tables.find((t) => t.name === f.table);
			if (f.kind === 'Aggregation') found.push(`${where}: an implicit measure`);
			else if (!table) found.push(`${where}: there is no table ${f.table}`);
			else if (f.kind === 'Measure' && !table.measures.some((m) => m.name === f.name)) found.push(`${where}: there is no measure ${f.table}[${f.name}]`);
			else if (f.kind === 'Column' && !table.columns.some((c) => c.name === f.name)) found.push(`${where}: there is no column ${f.table}[${f.name}]`);
			else if (table.columns.find((c) => c.name === f.name)?.properties.isHidden) found.push(`${where}: shows the hidden ${f.table}[${f.name}]`);
			used.add(f.table);
		}
		for (const { projections } of Object.values(json.visual?.query?.queryState ?? {})) {
			for (const p of projections) {
				const [kind] = Object.keys(p.field);
				const ref = p.field[kind];
				if (p.queryRef !== `${ref.Expression.SourceRef?.Entity}.${ref.Property}`) found.push(`${where}: queryRef ${p.queryRef} is not its field`);
			}
		}
		const alt = json.visual?.visualContainerObjects?.general?.[0]?.properties?.altText?.expr?.Literal?.Value;
		if (!alt || alt.length < 10) found.push(`${where}: no alternative text`);
		const shown = json.visual?.visualContainerObjects?.title?.[0]?.properties;
		if (!['slicer', 'cardVisual', 'textbox', 'actionButton'].includes(json.visual?.visualType) && !(shown?.show?.expr?.Literal?.Value === 'true' && shown.text)) found.push(`${where}: no title`);
		const seen = orders.get(page) ?? orders.set(page, new Set()).get(page);
		if (seen.has(json.position.tabOrder)) found.push(`${where}: its place in the tab order is taken`);
		seen.add(json.position.tabOrder);
	}
	for (const t of model.tables.filter((x) => x.measures.length === 0)) if (!used.has(t.name)) found.push(`table ${t.name} is loaded, but nothing shows it`);
	return found;
}

/** Visuals of a page neither overlap nor hide each other. */
export function layoutProblems(folder, project) {
	const found = [];
	const placed = [...visualsOf(folder, project)].map((v) => ({ ...v, ...v.json.position }));
	for (const [i, a] of placed.entries()) {
		for (const b of placed.slice(i + 1)) {
			if (a.page === b.page && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height) found.push(`${a.page}: ${a.name} overlaps ${b.name}`);
		}
	}
	return found;
}

/** The phone layout has each visual once, none over another, in the order of the tab key. */
export function phoneProblems(folder, project) {
	const found = [];
	const pages = new Map();
	for (const { page, name, json } of visualsOf(folder, project)) {
		const path = join(folder, `${project.name}.Report/definition/pages`, page, 'visuals', name, 'mobile.json');
		if (!existsSync(path)) { found.push(`${page}/${name}: is not in the phone layout`); continue; }
		const { position } = JSON.parse(readFileSync(path, 'utf8'));
		if (position.x < 0 || position.x + position.width > 324) found.push(`${page}/${name}: is wider than a phone`);
		pages.set(page, [...pages.get(page) ?? [], { name, ...position, order: json.position.tabOrder }]);
	}
	for (const [page, list] of pages) {
		const sorted = list.sort((a, b) => a.y - b.y);
		for (const [i, v] of sorted.entries()) {
			if (i && v.y < sorted[i - 1].y + sorted[i - 1].height) found.push(`${page}: on a phone ${v.name} overlaps ${sorted[i - 1].name}`);
			if (i && v.order < sorted[i - 1].order) found.push(`${page}: on a phone ${v.name} comes out of order`);
		}
	}
	return found;
}

/** The bookmark takes back every slicer there is, the buttons lead to it; slicers of one field are synchronised; who is drilled to is bound. */
export function bookmarkProblems(folder, project) {
	const found = [];
	const base = join(folder, `${project.name}.Report/definition`);
	const { items } = JSON.parse(readFileSync(join(base, 'bookmarks/bookmarks.json'), 'utf8'));
	const bookmarks = new Map(items.map(({ name }) => [name, JSON.parse(readFileSync(join(base, `bookmarks/${name}.bookmark.json`), 'utf8'))]));
	const sync = new Map();
	for (const { page, name, json } of visualsOf(folder, project)) {
		if (json.visual.visualType === 'slicer') {
			const ref = json.visual.query.queryState.Values.projections[0].queryRef;
			const group = json.visual.syncGroup?.groupName;
			if (!group) found.push(`${page}/${name}: is synchronised with no other slicer`);
			if (sync.has(ref) && sync.get(ref) !== group) found.push(`${page}/${name}: is not synchronised with the other slicers of ${ref}`);
			sync.set(ref, group);
			for (const [title, b] of bookmarks) if (!b.explorationState.sections[page]?.visualContainers[name]) found.push(`bookmark ${title}: leaves ${page}/${name} as it is`);
		}
		const link = json.visual.visualContainerObjects?.visualLink?.[0]?.properties;
		const to = link?.bookmark?.expr.Literal.Value.slice(1, -1);
		if (json.visual.visualType === 'actionButton' && !link) found.push(`${page}/${name}: a button that does nothing`);
		if (to && !bookmarks.has(to)) found.push(`${page}/${name}: leads to the bookmark ${to}, which is not there`);
	}
	for (const page of project.pages) {
		const json = JSON.parse(readFileSync(join(base, `pages/${page.name}/page.json`), 'utf8'));
		if (json.type !== 'Drillthrough') continue;
		const filters = new Set((json.filterConfig?.filters ?? []).map((f) => f.name));
		const parameters = json.pageBinding?.parameters ?? [];
		if (parameters.length === 0 || parameters.some((x) => !filters.has(x.boundFilter))) found.push(`${page.name}: nothing is bound to what is drilled from`);
	}
	return found;
}

// Model against contract and live views ----------------------------------------------------

export function contractProblems(model, contract, project) {
	const found = [];
	for (const name of project.tables) {
		const table = model.tables.find((t) => t.name === tableName(name));
		const view = contract.kinds[project.kind].views.find((v) => v.view === name);
		if (!table || !view) { found.push(`${name}: not in the model or not in the contract`); continue; }
		if (table.description !== view.description) found.push(`${name}: its description is not that of the contract`);
		const own = table.columns.filter((c) => c.properties.sourceColumn !== project.days?.[name]?.column);
		if (own.map((c) => c.properties.sourceColumn).join() !== columnsOf(project, name).map((c) => c.column).join()) found.push(`${name}: its columns are not those of the contract`);
		for (const c of own) {
			const given = view.columns.find((x) => x.column === c.properties.sourceColumn);
			if (!given) continue;
			const sort = given.sort && nameOf(project, name, given.sort);
			if (c.name !== nameOf(project, name, given.column)) found.push(`${name}[${given.column}]: is called ${c.name}`);
			if (c.properties.dataType !== modelType(given)[0]) found.push(`${name}[${given.column}]: ${c.properties.dataType} for ${given.type}`);
			if (c.description !== given.description) found.push(`${name}[${given.column}]: its description is not that of the contract`);
			if (c.properties.sortByColumn !== sort) found.push(`${name}[${given.column}]: sorted by ${c.properties.sortByColumn ?? 'itself'}, not by ${sort ?? 'itself'}`);
		}
	}
	const expected = contract.measures.filter((m) => m.kinds.includes(project.kind) && project.tables.includes(m.table));
	for (const m of expected) {
		const there = model.tables.find((t) => t.name === tableName(m.table))?.measures.find((x) => x.name === m.measure);
		if (!there) found.push(`[${m.measure}]: is missing`);
		else if (there.value.trim() !== modelDax(project, m.dax) || there.description !== m.description) found.push(`[${m.measure}]: is not as in the contract`);
	}
	return found;
}

// What a column of the view may be for a type of the model.
const liveTypes = {
	string: /^(text|bigint|integer|smallint)$/, int64: /^(bigint|integer|smallint)$/, boolean: /^boolean$/,
	dateTime: /^(date|timestamp without time zone)$/, decimal: /^numeric\(\d+,\d+\)$/, double: /^double precision$/,
};

export function liveProblems(model, contract, project, mart) {
	const found = [];
	const live = new Map(query(`
		SELECT c.relname AS view, obj_description(c.oid, 'pg_class') AS description, json_agg(json_build_object(
			'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'description', col_description(c.oid, a.attnum)) ORDER BY a.attnum) AS columns
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		WHERE c.relnamespace = '${ident(mart)}'::regnamespace AND c.relkind = 'v' GROUP BY c.oid, c.relname`).map((v) => [v.view, v]));
	const roles = new Set(query(`SELECT jsonb_object_keys(roles) AS role FROM ${ident(mart)}.mart`).map((r) => r.role));
	for (const { view: name, needs, columns: promised } of contract.kinds[project.kind].views) {
		const view = live.get(name);
		const expected = needs.every((role) => roles.has(role));
		if (Boolean(view) !== expected) found.push(`${name}: ${view ? 'is' : 'is not'} in the mart, whose roles say otherwise`);
		if (!view) continue;
		// the mart's own dimensions may stand between
		const columns = view.columns.filter((c) => promised.some((p) => p.column === c.name));
		if (columns.map((c) => c.name).join() !== promised.map((p) => p.column).join()) found.push(`${name}: the view has not the columns of the contract in this order`);
		if (columns.length !== view.columns.length && name !== 'fact_purchase') found.push(`${name}: the view has columns that are not in the contract`);
		const table = model.tables.find((t) => t.name === tableName(name));
		if (!table) continue;
		if (table.description !== view.description) found.push(`${name}: its description is not the COMMENT`);
		for (const c of table.columns) {
			if (c.properties.sourceColumn === project.days?.[name]?.column) continue;
			const there = view.columns.find((x) => x.name === c.properties.sourceColumn);
			if (!there) { found.push(`${name}[${c.name}]: the view has no such column`); continue; }
			if (!liveTypes[c.properties.dataType].test(there.type)) found.push(`${name}[${c.name}]: ${c.properties.dataType} for ${there.type}`);
			if (c.description !== there.description) found.push(`${name}[${c.name}]: its description is not the COMMENT`);
		}
	}
	return found;
}

/** Keys, relationships and sort columns, in the data of the mart. Text as Power BI compares it: without case, without blanks at the end. */
export function dataProblems(model, contract, project, mart) {
	const there = new Set(query(`SELECT relname AS view FROM pg_class WHERE relnamespace = '${ident(mart)}'::regnamespace AND relkind = 'v'`).map((v) => v.view));
	const views = contract.kinds[project.kind].views.filter((v) => there.has(v.view) && project.tables.includes(v.view));
	const checks = [];	// [what it means if there are rows, with %s for their number; SQL of the rows]
	const folded = (column, type) => (type === 'string' ? `lower(rtrim(${ident(column)}::text))` : ident(column));
	const data = (view) => `pg_temp.${ident(view)}`;
	for (const { view, key, columns } of views) {
		if (key.length) checks.push([`${view}: several rows for one (${key.join(', ')})`, `SELECT FROM ${data(view)} GROUP BY ${key.map(ident).join(', ')} HAVING count(*) > 1`]);
		const never = columns.filter((c) => !c.nullable).map((c) => c.column);
		if (never.length) checks.push([`${view}: NULL in (${never.join(', ')})`, `SELECT FROM ${data(view)} WHERE ${never.map((c) => `${ident(c)} IS NULL`).join(' OR ')}`]);
	}
	// a table of the model with the view that its rows are of; text is compared as Power BI does it
	const known = [...views.map((v) => v.view), ...madeOf(project).map((m) => m.name)];
	const dataOf = (name) => { const made = madeOf(project).find((m) => m.name === name); return made ? `(SELECT DISTINCT ${made.columns.map((c) => ident(c.column)).join(', ')} FROM ${data(made.of)})` : data(name); };
	const tables = new Map(known.map((name) => [tableName(name), name]));
	for (const table of model.tables.filter((t) => tables.has(t.name))) {
		const view = tables.get(table.name);
		for (const c of table.columns.filter((x) => x.properties.sortByColumn)) {
			const sort = table.columns.find((x) => x.name === c.properties.sortByColumn)?.properties.sourceColumn;
			checks.push([`${view}[${c.properties.sourceColumn}]: %s values have several ${sort}`,
				`SELECT FROM ${dataOf(view)} x GROUP BY ${folded(c.properties.sourceColumn, 'string')} HAVING count(DISTINCT coalesce(${ident(sort)}::text, '')) > 1`]);
		}
	}
	for (const r of model.relationships) {
		const end = (text) => {
			const [t, c] = splitReference(text);
			return { view: tables.get(t), column: model.tables.find((x) => x.name === t)?.columns.find((x) => x.name === c) };
		};
		const [from, to] = [end(r.properties.fromColumn), end(r.properties.toColumn)];
		if (!from.view || !to.view) continue;	// a mart without the view
		const type = to.column?.properties.dataType;
		const day = project.days?.[from.view];
		const value = day?.column === from.column.properties.sourceColumn ? `${ident(day.of)}::date` : folded(from.column.properties.sourceColumn, type);
		const one = `SELECT ${folded(to.column.properties.sourceColumn, type)} AS v FROM ${dataOf(to.view)} x${project.keyed[to.view] ? ` WHERE ${ident(project.keyed[to.view])} IS NOT NULL` : ''}`;
		checks.push([`relationship ${r.name}: ${to.view}[${to.column.properties.sourceColumn}] is not unique, or blank`, `SELECT FROM (${one}) o GROUP BY v HAVING count(*) > 1 OR v IS NULL`],
			[`relationship ${r.name}: %s rows of ${from.view} lead nowhere`,
				`SELECT FROM ${dataOf(from.view)} f WHERE ${value} IS NOT NULL AND NOT EXISTS (SELECT FROM (${one}) o WHERE o.v = ${value.replace(/"\w+"/, 'f.$&')})`]);
	}
	// each view is computed once
	const counts = query(checks.map(([, sql], i) => `SELECT ${i} AS i, count(*) AS n FROM (${sql}) rows`).join(' UNION ALL '),
		views.map((v) => `CREATE TEMP TABLE ${ident(v.view)} AS SELECT * FROM ${ident(mart)}.${ident(v.view)};`).join('\n'));
	return counts.filter((c) => c.n > 0).map((c) => checks[c.i][0].replace('%s', c.n));
}

/** All problems of a project as {check, message}. */
export async function problems(folder, project, { schemas, database, only } = {}) {
	const found = [];
	const contract = JSON.parse(readFileSync(join(here, '../contract.json'), 'utf8'));
	const run = async (check, work) => {
		if (only && !only.includes(check)) return;
		for (const message of await work()) found.push({ check, message });
	};
	await run('validator', () => reportProblems(folder, project, schemas));
	if (schemas) await run('schema', () => otherSchemaProblems(folder, project, schemas));
	await run('layout', () => layoutProblems(folder, project));
	let model;
	try {
		model = readModel(join(folder, `${project.name}.SemanticModel/definition`));
	} catch (error) {
		if (!(error instanceof TmdlError)) throw error;
		found.push({ check: 'tmdl', message: error.message });
		return found;
	}
	await run('m', () => mProblems(model, project));
	await run('model', () => modelProblems(model, folder, project));
	await run('dax', () => daxProblems(model));
	await run('rules', () => checkRules(model).flatMap((rule) => rule.broken.map((object) => `${rule.name}: ${object}`)));
	await run('phone', () => phoneProblems(folder, project));
	await run('bookmark', () => bookmarkProblems(folder, project));
	await run('binding', () => bindingProblems(model, folder, project));
	await run('contract', () => contractProblems(model, contract, project));
	if (database) {
		await run('live', () => liveProblems(model, contract, project, project.mart));
		// what names no column would be an error in SQL
		if (!found.some((f) => ['model', 'live'].includes(f.check))) await run('data', () => dataProblems(model, contract, project, project.mart));
	}
	return found;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const args = process.argv.slice(2);
	const database = args[0] === '--database';
	if (args[0] === '--rules') {
		console.log(ruleTable(projects.map((project) => readModel(join(here, `${project.name}.SemanticModel/definition`)))));
		console.log(`\nNot checked here: ${notHere.join('; ')}.`);
		process.exit(0);
	}
	const schemas = schemaFolder();
	console.log(schemas ? `JSON schemas: ${schemas}` : 'JSON schemas are not checked: there is no copy of them');
	let failed = false;
	for (const project of projects) {
		const found = await problems(args[database ? 1 : 0] ?? here, project, { schemas, database });
		for (const { check, message } of found) console.log(`${project.name}: ${check}: ${message}`);
		console.log(`${project.name}: ${found.length} problems`);
		failed ||= found.length > 0;
	}
	process.exitCode = failed ? 1 : 0;
}
