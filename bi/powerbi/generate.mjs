// Writes the Power BI projects as text, from ../contract.json and layout.mjs:
//   node generate.mjs [FOLDER]      (default: this folder)
// Needs Node and nothing else.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { leftOut, colours, projects, resetBookmark, shownToo } from './layout.mjs';
import { columnName, tableName } from './names.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const contract = JSON.parse(readFileSync(join(here, '../contract.json'), 'utf8'));
const main = process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href;
const out = (main && process.argv[2]) || here;

const schemas = 'https://developer.microsoft.com/json-schemas/fabric';
const schema = {
	pbip: `${schemas}/pbip/pbipProperties/1.0.0/schema.json`,
	platform: `${schemas}/gitIntegration/platformProperties/2.0.0/schema.json`,
	pbir: `${schemas}/item/report/definitionProperties/2.0.0/schema.json`,
	pbism: `${schemas}/item/semanticModel/definitionProperties/1.0.0/schema.json`,
	// versions that go together: those of Desktop's March 2026 release
	version: `${schemas}/item/report/definition/versionMetadata/1.0.0/schema.json`,
	report: `${schemas}/item/report/definition/report/3.2.0/schema.json`,
	pages: `${schemas}/item/report/definition/pagesMetadata/1.0.0/schema.json`,
	page: `${schemas}/item/report/definition/page/2.1.0/schema.json`,
	visual: `${schemas}/item/report/definition/visualContainer/2.7.0/schema.json`,
	mobile: `${schemas}/item/report/definition/visualContainerMobileState/2.3.0/schema.json`,
	bookmarks: `${schemas}/item/report/definition/bookmarksMetadata/1.0.0/schema.json`,
	bookmark: `${schemas}/item/report/definition/bookmark/2.1.0/schema.json`,
};

function write(path, text) {
	const file = join(out, path);
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
}
const writeJson = (path, value) => write(path, `${JSON.stringify(value, null, '\t')}\n`);

/** The same id at every run: a GUID made of a hash of the name. */
function guid(name) {
	const hex = createHash('sha256').update(`purchase_trends ${name}`).digest('hex');
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const measuresOf = (project) => contract.measures.filter((m) => m.kinds.includes(project.kind) && tablesOf(project).includes(m.table));
const tablesOf = (project) => project.tables;
const viewOf = (project, table) => {
	const view = contract.kinds[project.kind].views.find((v) => v.view === table);
	if (!view) throw new Error(`${project.name}: no view ${table}`);
	return view;
};

// TMDL ---------------------------------------------------------------------------

/** A name in TMDL, quoted if it must be. */
export const tmdlName = (name) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `'${name.replaceAll("'", "''")}'`);
const indent = (text, tabs) => text.split('\n').map((line) => (line ? '\t'.repeat(tabs) + line : line)).join('\n');
const mText = (value) => `"${value.replaceAll('#(', '#(#)(').replaceAll('"', '""')}"`;

/** The measures that stand at a table of the model, by their names. */
const measureNames = (project, table) => measuresOf(project).filter((m) => m.table === table).map((m) => m.measure);
/** The name of a column in the model. */
export const nameOf = (project, table, column) => columnName(column, measureNames(project, table));

/** A measure's DAX, which speaks of views and their columns, in the names of the model. */
export function modelDax(project, dax) {
	const known = [...project.tables, ...Object.keys(project.made ?? {})];
	const table = (view) => `'${tableName(view)}'`;
	return dax
		.replace(/\b([a-z_]+)\[(\w+)\]/g, (_, view, column) => `${table(view)}[${nameOf(project, view, column)}]`)
		.replace(/(?<!['\w"])([a-z_]+)(?![\w"'[])/g, (word) => (known.includes(word) ? table(word) : word));
}

/** How a column of the view arrives in the model: TMDL type, M type, format. */
export function modelType({ column, type }) {
	if (column.endsWith('_id')) return ['string', 'type text'];	// integers in one mart, text in another
	if (column.endsWith('_key')) return ['int64', 'Int64.Type', '0'];
	if (type === 'text') return ['string', 'type text'];
	if (type === 'boolean') return ['boolean', 'type logical'];
	if (type === 'date') return ['dateTime', 'type date', 'yyyy-mm-dd'];
	// the time of day would make a column of as many values as rows
	if (type.startsWith('timestamp')) return /^(as_of|refreshed_at)/.test(column) ? ['dateTime', 'type datetime', 'yyyy-mm-dd hh:nn:ss'] : ['dateTime', 'type date', 'yyyy-mm-dd'];
	if (['smallint', 'integer', 'bigint'].includes(type)) {
		return ['int64', 'Int64.Type', /^(year|iso_year|period_year)$/.test(column) ? '0' : '#,0'];
	}
	if (type.startsWith('numeric')) return ['decimal', 'Currency.Type', '#,0.00'];
	if (type === 'double precision') {
		return ['double', 'type number', /share|retention|_change$|_rate$|probability|confidence|coverage|^growth$/.test(column) ? '#,0.0%;-#,0.0%;#,0.0%' : /^p_|_p_|^q_value$/.test(column) ? '0.0000' : '#,0.00'];
	}
	throw new Error(`${column}: no type of Power BI for ${type}`);
}

const columnsUsed = new Map();
/** Columns whose sum, mean or other figure is a measure of the project: they are hidden. */
function usedByMeasures(project) {
	if (!columnsUsed.has(project.name)) {
		columnsUsed.set(project.name, new Set(measuresOf(project).flatMap((m) =>
			[...m.dax.matchAll(/\b(?:SUM|AVERAGE|COUNT|MIN|MAX|DISTINCTCOUNTNOBLANK) \( (\w+\[\w+\]) \)/g)].map((found) => found[1]))));
	}
	return columnsUsed.get(project.name);
}

function columnTmdl(table, column, project) {
	const [type, , format] = modelType(column);
	const isDate = project.dateTable?.table === table && project.dateTable.column === column.column;
	const isKey = project.relationships.some((r) => r.to === `${table}[${column.column}]`);
	const field = `${table}[${column.column}]`;
	const hidden = column.hidden && !shownToo.includes(field) || usedByMeasures(project).has(field) && !isDate && !shownToo.includes(field);
	const inHierarchy = (project.hierarchies?.[table] ?? []).some((h) => h.levels.includes(column.column));
	const sorts = project.tables.includes(table) && columnsOf(project, table).some((c) => c.sort === column.column);
	const folder = project.folders?.[table]?.find(([, columns]) => columns.includes(column.column))?.[0];
	const lines = [
		`/// ${column.description}`,
		`column ${tmdlName(nameOf(project, table, column.column))}`,
		`\tdataType: ${type}`,
		...isKey ? ['\tisKey'] : [],
		...hidden ? ['\tisHidden'] : [],
		// spares the attribute that Excel's pivot tables would need; order and hierarchies need it, too
		...hidden && !sorts && !inHierarchy ? ['\tisAvailableInMdx: false'] : [],
		...format ? [`\tformatString: ${type === 'dateTime' && /month/.test(column.column) ? 'mmmm yyyy' : format}`] : [],
		...column.category ? [`\tdataCategory: ${column.category}`] : [],
		...folder && !hidden ? [`\tdisplayFolder: ${folder}`] : [],
		'\tsummarizeBy: none',
		`\tsourceColumn: ${column.column}`,
		...column.sort ? [`\tsortByColumn: ${tmdlName(nameOf(project, table, column.sort))}`] : [],
		'',
		'\tannotation SummarizationSetBy = User',
		...type === 'dateTime' ? ['', `\tannotation UnderlyingDateTimeDataType = ${modelType(column)[1] === 'type date' ? 'Date' : 'DateTime'}`] : [],
	];
	return lines.join('\n');
}

function hierarchyTmdl(project, table, { name, description, levels }) {
	return [`/// ${description}`, `hierarchy ${tmdlName(name)}`,
		...levels.flatMap((column) => ['', `\tlevel ${tmdlName(nameOf(project, table, column))}`, `\t\tcolumn: ${tmdlName(nameOf(project, table, column))}`])].join('\n');
}

function measureTmdl(measure, project) {
	const text = modelDax(project, measure.dax);
	const dax = text.includes('\n') ? `\n${indent(text, 2)}` : ` ${text}`;
	const lines = [
		`/// ${measure.description}`,
		`measure ${tmdlName(measure.measure)} =${dax}`,
		...measure.format ? [`\tformatString: ${measure.format}`] : [],
		...measure.hidden ? ['\tisHidden'] : [],
		...measure.folder ? [`\tdisplayFolder: ${measure.folder}`] : [],
	];
	return lines.join('\n');
}

/** The columns that the model takes from the view, in the view's order: no flag that has a label, and not what is left out. */
export function columnsOf(project, table) {
	const { columns } = viewOf(project, table);
	const out = leftOut[table] ?? [];
	return columns.filter((c) => !out.includes(c.column) && !(c.type === 'boolean' && columns.some((label) => label.column === `${c.column.replace(/^is_/, '')}_label`)))
		.map((c) => ({ ...c, ...c.column === 'location' ? { category: 'Place' } : {} }));
}

const typedM = (columns) => `{\n${indent(columns.map((c) => `{"${c.column}", ${modelType(c)[1]}}`).join(',\n'), 2)}\n\t}`;

function partitionM(project, table) {
	const view = viewOf(project, table);
	const steps = [['Source', 'PostgreSQL.Database(Server, Database, [CreateNavigationProperties = false])']];
	if (view.needs.length === 0) {
		steps.push(['View', `Source{[Schema = Mart, Item = "${table}"]}[Data]`]);
	} else {
		// a mart without these roles has no such view: then the table is empty
		steps.push(['Row', `Source{[Schema = Mart, Item = "${table}"]}?`], ['View', 'if Row = null then null else Row[Data]']);
	}
	let last = 'View';
	const day = project.days?.[table];
	if (day) {
		// what incremental refresh cuts the rows by; the server does it
		steps.push(['InRange', `Table.SelectRows(View, each [${day.of}] >= RangeStart and [${day.of}] < RangeEnd)`]);
		last = 'InRange';
	}
	const own = columnsOf(project, table);
	steps.push(['Typed', `WithTypes(${last}, ${typedM(day ? [...own, { column: day.of, type: 'date' }] : own)})`]);
	if (day) steps.push(['WithDay', `Table.RenameColumns(Typed, {{"${day.of}", "${day.column}"}})`]);
	const key = project.keyed[table];
	if (key) steps.push(['Known', `Table.SelectRows(Typed, each [${key}] <> null)`]);
	return letIn(steps);
}

/** The tables that M makes, with the columns of the view that they are made of. */
export const madeOf = (project) => Object.entries(project.made).map(([name, { description, of, columns }]) =>
	({ name, description, of, columns: columns.map((c) => viewOf(project, of).columns.find((x) => x.column === c)) }));

/** Each combination of the columns once. */
function madeM({ of: view, columns }) {
	return letIn([
		['Source', 'PostgreSQL.Database(Server, Database, [CreateNavigationProperties = false])'],
		['View', `Source{[Schema = Mart, Item = "${view}"]}[Data]`],
		['Each', `Table.Distinct(Table.SelectColumns(View, {${columns.map((c) => `"${c.column}"`).join(', ')}}))`],
		['Typed', `WithTypes(Each, ${typedM(columns)})`]]);
}

const letIn = (steps) => `let\n${steps.map(([name, value]) => `\t${name} = ${value}`).join(',\n')}\nin\n\t${steps.at(-1)[0]}`;

function tableTmdl(name, { description, hidden, dateTable, measures, columns, hierarchies = [], m }) {
	return `${[
		`/// ${description}`,
		`table ${tmdlName(name)}`,
		...hidden ? ['\tisHidden'] : [],
		...dateTable ? ['\tdataCategory: Time'] : [],
		'',
		[...measures, ...columns, ...hierarchies].map((part) => indent(part, 1)).join('\n\n'),
		'',
		`\tpartition ${tmdlName(name)} = m`,
		'\t\tmode: import',
		'\t\tsource =',
		indent(m, 4),
	].join('\n')}\n`;
}

/** Tables that are no views: the definitions, and what the parameters were. */
function ownTables(project) {
	const text = (column, description) => ({ column, type: 'text', description });
	const rows = measuresOf(project).filter((m) => !m.hidden)
		.map((m) => `{${mText(m.measure)}, ${mText(m.description)}}`);
	return {
		definition: {
			description: 'One row per measure of this model: what it means.',
			columns: [text('figure', 'Name of the measure.'), text('meaning', 'What it means, with its unit.')],
			m: letIn([['Rows', `#table(type table [figure = text, meaning = text], {\n${indent(rows.join(',\n'), 2)}\n\t})`]]),
		},
		report_source: {
			description: 'One row: where the data come from, and when they were read.',
			columns: [text('server', 'Server, as the parameter says.'), text('database', 'Database, as the parameter says.'), text('mart', 'Mart, as the parameter says.'),
				{ column: 'refreshed_at', type: 'timestamp', description: 'When the data were read, on the clock of the computer that did it.' }],
			m: letIn([['Rows', '#table(type table [server = text, database = text, mart = text, refreshed_at = datetime],\n\t\t{{Server, Database, Mart, DateTime.LocalNow()}})']]),
		},
	};
}

function parameter(name, value, description) {
	return `/// ${description}\nexpression ${name} = ${mText(value)} meta [IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true]\n\n\tannotation PBI_ResultType = Text\n`;
}

const timeParameter = (name, value, description) =>
	`/// ${description}\nexpression ${name} = ${value} meta [IsParameterQuery = true, Type = "DateTime", IsParameterQueryRequired = true]\n\n\tannotation PBI_ResultType = DateTime\n`;

const withTypes = `/// The columns of a view of the mart with their types; no rows if there is no such view.
expression WithTypes =
		(view as nullable table, columns as list) as table =>
		let
			Names = List.Transform(columns, each _{0}),
			Rows = if view = null then #table(Names, {}) else Table.SelectColumns(view, Names)
		in
			Table.TransformColumnTypes(Rows, columns, "en-US")

	annotation PBI_ResultType = Function
`;

function writeModel(project) {
	const folder = `${project.name}.SemanticModel`;
	const own = ownTables(project);
	const names = [...project.tables, ...Object.keys(project.made), ...Object.keys(own)].map(tableName);
	writeJson(`${folder}/.platform`, platform('SemanticModel', project.name));
	writeJson(`${folder}/definition.pbism`, { $schema: schema.pbism, version: '4.2', settings: {} });
	write(`${folder}/definition/database.tmdl`, 'database\n\tcompatibilityLevel: 1601\n');
	write(`${folder}/definition/model.tmdl`, [
		'model Model', '\tculture: en-US', '\tdefaultPowerBIDataSourceVersion: powerBI_V3', '\tdiscourageImplicitMeasures',
		'\tsourceQueryCulture: en-US', '', 'annotation __PBI_TimeIntelligenceEnabled = 0', '',
		`annotation PBI_QueryOrder = ${JSON.stringify(['Server', 'Database', 'Mart', ...project.days ? ['RangeStart', 'RangeEnd'] : [], 'WithTypes', ...names])}`, '',
		...names.map((name) => `ref table ${tmdlName(name)}`), '',
	].join('\n'));
	write(`${folder}/definition/expressions.tmdl`, [
		parameter('Server', 'localhost:5432', 'Host name of the PostgreSQL server, with :port if that is not 5432.'),
		parameter('Database', 'demo', 'Database that has the mart.'),
		parameter('Mart', project.mart, `Schema of the mart: ${contract.kinds[project.kind].description}.`),
		...project.days ? [
			timeParameter('RangeStart', '#datetime(1000, 1, 1, 0, 0, 0)', 'Purchases before are not read. Incremental refresh sets it; as it stands, nothing is left out.'),
			timeParameter('RangeEnd', '#datetime(3000, 1, 1, 0, 0, 0)', 'Purchases from then on are not read. Incremental refresh sets it; as it stands, nothing is left out.')] : [],
		withTypes].join('\n'));
	const columnRef = (field) => { const [, t, c] = field.match(/^(\w+)\[(\w+)\]$/); return `${tmdlName(tableName(t))}.${tmdlName(nameOf(project, t, c))}`; };
	write(`${folder}/definition/relationships.tmdl`, project.relationships.map((r) =>
		`relationship ${r.name}\n\tfromColumn: ${columnRef(r.from)}\n\ttoColumn: ${columnRef(r.to)}\n`).join('\n'));
	const writeTable = (name, table) => write(`${folder}/definition/tables/${tableName(name)}.tmdl`, tableTmdl(tableName(name), table));
	for (const table of project.tables) {
		const columns = columnsOf(project, table).map((c) => columnTmdl(table, c, project));
		const day = project.days?.[table];
		if (day) columns.push(columnTmdl(table, { column: day.column, type: 'date', hidden: true, description: day.description }, project));
		writeTable(table, {
			description: viewOf(project, table).description,
			dateTable: project.dateTable?.table === table,
			measures: measuresOf(project).filter((m) => m.table === table).map((m) => measureTmdl(m, project)),
			columns, hierarchies: (project.hierarchies?.[table] ?? []).map((h) => hierarchyTmdl(project, table, h)),
			m: partitionM(project, table),
		});
	}
	for (const table of madeOf(project)) {
		writeTable(table.name, { description: table.description, measures: [], columns: table.columns.map((c) => columnTmdl(table.name, c, project)),
			hierarchies: (project.hierarchies?.[table.name] ?? []).map((h) => hierarchyTmdl(project, table.name, h)), m: madeM(table) });
	}
	for (const [name, table] of Object.entries(own)) {
		writeTable(name, { description: table.description, measures: [], columns: table.columns.map((c) => columnTmdl(name, c, project)), m: table.m });
	}
}

const platform = (type, name) => ({
	$schema: schema.platform,
	metadata: { type, displayName: name },
	config: { version: '2.0', logicalId: guid(`${type} ${name}`) },
});

// PBIR -----------------------------------------------------------------------------

const literal = (value) => ({ expr: { Literal: { Value: value } } });
const string = (value) => literal(`'${value.replaceAll("'", "''")}'`);
const bool = (value) => literal(String(value));
const whole = (value) => literal(`${value}L`);
const real = (value) => literal(`${value}D`);
const colour = (value) => ({ solid: { color: string(value) } });
const object = (properties, selector) => [{ properties, ...selector ? { selector } : {} }];

/** "table[column] as Label" or "[Measure] as Label" */
function parseField(project, text) {
	const [, table, name, label] = text.match(/^(\w*)\[([^\]]+)\](?: as (.*))?$/);
	if (table) return { table: tableName(table), name: nameOf(project, table, name), label, kind: 'Column' };
	const measure = contract.measures.find((m) => m.measure === name);
	if (!measure) throw new Error(`no measure ${name}`);
	return { table: tableName(measure.table), name, label, kind: 'Measure' };
}
const fieldExpression = ({ table, name, kind }, source = { Entity: table }) => ({ [kind]: { Expression: { SourceRef: source }, Property: name } });

function projection(project, text, isGrouping) {
	const field = parseField(project, text);
	return {
		field: fieldExpression(field),
		queryRef: `${field.table}.${field.name}`,
		nativeQueryRef: field.label ?? field.name,
		...isGrouping ? { active: true } : {},
		...field.label && field.label !== field.name ? { displayName: field.label } : {},
	};
}

const groupingRoles = new Set(['Category', 'Rows', 'Columns', 'Series']);

function filter(project, page, visual, [text, operator, value], i) {
	const field = parseField(project, text);
	const column = fieldExpression(field, { Source: 't' });
	const asLiteral = (v) => ({ Literal: { Value: typeof v === 'number' ? `${v}L` : `'${v}'` } });
	const condition = operator === 'in'
		? { In: { Expressions: [column], Values: value.map((v) => [asLiteral(v)]) } }
		: { Comparison: { ComparisonKind: { '>': 1, '>=': 2, '<': 3, '<=': 4 }[operator], Left: column, Right: asLiteral(value) } };
	return {
		name: createHash('sha256').update(`${project.name} ${page.name} ${visual.name} ${i}`).digest('hex').slice(0, 20),
		field: fieldExpression(field),
		type: operator === 'in' ? 'Categorical' : 'Advanced',
		filter: { Version: 2, From: [{ Name: 't', Entity: field.table, Type: 0 }], Where: [{ Condition: condition }] },
		howCreated: 'User',
	};
}

/** Formatting that is of the type of the visual. */
function objectsOf(project, visual) {
	switch (visual.type) {
		case 'slicer':
			return {
				data: object({ mode: string(visual.mode) }),
				header: object({ show: bool(true), text: string(visual.header) }),
				...visual.mode === 'Dropdown' ? { selection: object({ singleSelect: bool(false), selectAllCheckboxEnabled: bool(false) }) } : {},
			};
		case 'cardVisual':
			return {
				layout: object({ orientation: real(0), columnCount: whole(visual.roles.Data.length), alignment: string('middle') }),
				value: object({ fontSize: real(visual.bare || visual.small ? 12 : 20), labelDisplayUnits: real(1), horizontalAlignment: string('center'), showBlankAs: string('-') }, { id: 'default' }),
				label: object({ show: bool(!visual.bare), fontSize: real(visual.small ? 9 : 11), horizontalAlignment: string('center') }, { id: 'default' }),
			};
		case 'donutChart':
			return {
				legend: object({ show: bool(true), position: string('Bottom'), showTitle: bool(true) }),
				labels: object({ show: bool(true), labelStyle: string('Data value, percent of total'), percentageLabelPrecision: whole(1) }),
				...visual.fill ? {
					dataPoint: Object.entries(visual.fill.values).map(([value, fill]) => ({
						properties: { fill: colour(fill) },
						selector: { data: [{ scopeId: { Comparison: { ComparisonKind: 0, Left: fieldExpression(parseField(project, visual.fill.field)), Right: { Literal: { Value: `'${value}'` } } } } }] },
					})),
				} : {},
			};
		case 'pivotTable': {
			const heat = parseField(project, visual.heat);
			const stop = (value) => ({ color: { Literal: { Value: `'${value}'` } } });
			return {
				values: [{
					properties: { backColor: { solid: { color: { expr: { FillRule: {
						Input: fieldExpression(heat),
						FillRule: { linearGradient2: { min: stop(colours.low), max: stop(colours.high), nullColoringStrategy: { strategy: { Literal: { Value: "'noColor'" } } } } },
					} } } } } },
					selector: { data: [{ dataViewWildcard: { matchingOption: 1 } }], metadata: `${heat.table}.${heat.name}` },
				}],
				...visual.totals === false ? { subTotals: object({ rowSubtotals: bool(true), columnSubtotals: bool(false) }) } : {},
			};
		}
		case 'tableEx':
			return { total: object({ totals: bool(false) }) };
		case 'clusteredBarChart':
		case 'clusteredColumnChart':
			return { labels: object({ show: bool(true) }), valueAxis: object({ show: bool(false), gridlineShow: bool(false), start: real(0) }) };
		case 'scatterChart':
			return { legend: object({ show: bool(true), position: string('Bottom') }) };
		case 'lineClusteredColumnComboChart':
			return { legend: object({ show: bool(true), position: string('Bottom') }), valueAxis: object({ start: real(0), secStart: real(0), secShow: bool(true) }) };
		case 'lineChart':
			return {
				valueAxis: object({ start: real(0) }),
				...visual.legend ? { legend: object({ show: bool(true), position: string('Bottom') }) } : {},
				...visual.markers ? { lineStyles: object({ showMarker: bool(true) }) } : {},
			};
		case 'columnChart':
			return { legend: object({ show: bool(true), position: string('Bottom') }) };
		default:
			return {};
	}
}

function visualJson(project, page, visual, order) {
	const [x, y, width, height] = visual.at;
	const body = { visualType: visual.type };
	if (visual.type === 'actionButton') {
		body.objects = {
			icon: object({ shapeType: string(visual.back ? 'back' : 'reset') }, { id: 'default' }),
			text: [...object({ show: bool(true) }), ...object({ text: string(visual.text) }, { id: 'default' })],
		};
	} else if (visual.type === 'textbox') {
		body.objects = { general: [{ properties: { paragraphs: visual.text.map((runs) => ({ textRuns: runs.map((run) => (typeof run === 'string' ? { value: run } : run)) })) } }] };
	} else {
		body.query = { queryState: Object.fromEntries(Object.entries(visual.roles).map(([role, fields]) =>
			[role, { projections: fields.map((f) => projection(project, f, groupingRoles.has(role))) }])) };
		if (visual.sort) {
			body.query.sortDefinition = { sort: [{ field: fieldExpression(parseField(project, visual.sort[0])), direction: visual.sort[1] }], isDefaultSort: false };
		}
		body.objects = objectsOf(project, visual);
		if (visual.sync) body.syncGroup = { groupName: visual.sync, fieldChanges: true, filterChanges: true };
	}
	body.visualContainerObjects = {
		title: object(visual.title ? { show: bool(true), text: string(visual.title) } : { show: bool(false) }),
		...visual.subtitle ? { subTitle: object({ show: bool(true), text: string(visual.subtitle) }) } : {},
		general: object({ altText: string(visual.alt) }),
		...visual.back ? { visualLink: object({ show: bool(true), type: string('Back') }) } : {},
		...visual.bookmark ? { visualLink: object({ show: bool(true), type: string('Bookmark'), bookmark: string(visual.bookmark) }) } : {},
	};
	body.drillFilterOtherVisuals = true;
	return {
		$schema: schema.visual,
		name: visual.name,
		position: { x, y, z: order * 1000, height, width, tabOrder: order * 1000 },
		visual: body,
		...visual.where ? { filterConfig: { filters: visual.where.map((w, i) => filter(project, page, visual, w, i)) } } : {},
	};
}

function theme() {
	const text = (size, face = 'Segoe UI', color = colours.text) => ({ fontSize: size, fontFace: face, color });
	return {
		name: 'PurchaseTrends.json',	// as report.json calls the file
		dataColors: colours.data,
		background: '#FFFFFF',
		foreground: colours.text,
		tableAccent: colours.data[0],
		textClasses: { callout: text(20), title: text(11, 'Segoe UI Semibold'), header: text(11, 'Segoe UI Semibold'), label: text(10) },
		visualStyles: {
			page: { '*': { background: [{ color: { solid: { color: colours.page } }, transparency: 0 }] } },
			'*': { '*': {
				background: [{ show: true, color: { solid: { color: '#FFFFFF' } }, transparency: 0 }],
				title: [{ titleWrap: true }],
				subTitle: [{ fontColor: { solid: { color: colours.quiet } } }],
			} },
		},
	};
}

function writeReport(project) {
	const folder = `${project.name}.Report`;
	writeJson(`${folder}/.platform`, platform('Report', project.name));
	writeJson(`${folder}/definition.pbir`, { $schema: schema.pbir, version: '4.0', datasetReference: { byPath: { path: `../${project.name}.SemanticModel` } } });
	writeJson(`${folder}/definition/version.json`, { $schema: schema.version, version: '2.0.0' });
	writeJson(`${folder}/definition/report.json`, {
		$schema: schema.report,
		themeCollection: { customTheme: { name: 'PurchaseTrends.json', reportVersionAtImport: { visual: '2.7.0', report: '3.2.0', page: '2.1.0' }, type: 'RegisteredResources' } },
		resourcePackages: [{ name: 'RegisteredResources', type: 'RegisteredResources', items: [{ name: 'PurchaseTrends.json', path: 'PurchaseTrends.json', type: 'CustomTheme' }] }],
		settings: {
			useStylableVisualContainerHeader: true,
			exportDataMode: 'AllowSummarized',
			defaultFilterActionIsDataFilter: true,
			defaultDrillFilterOtherVisuals: true,
			allowChangeFilterTypes: true,
			useEnhancedTooltips: true,
		},
	});
	writeJson(`${folder}/StaticResources/RegisteredResources/PurchaseTrends.json`, theme());
	writeJson(`${folder}/definition/pages/pages.json`, { $schema: schema.pages, pageOrder: project.pages.map((p) => p.name), activePageName: project.pages[0].name });
	writeJson(`${folder}/definition/bookmarks/bookmarks.json`, { $schema: schema.bookmarks, items: [{ name: resetBookmark.name }] });
	writeJson(`${folder}/definition/bookmarks/${resetBookmark.name}.bookmark.json`, resetJson(project));
	for (const page of project.pages) {
		const base = `${folder}/definition/pages/${page.name}`;
		writeJson(`${base}/page.json`, pageJson(project, page));
		const hasReset = page.visuals.some((v) => v.bookmark);
		const heading = {
			name: 'heading', type: 'textbox', at: [16, 8, hasReset ? 1088 : 1248, 48], alt: `${page.title}. ${page.note}`,
			text: [[{ value: page.title, textStyle: { fontWeight: 'bold', fontSize: '18pt', color: colours.text } },
				{ value: `    ${page.note}`, textStyle: { fontSize: '10pt', color: colours.quiet } }]],
		};
		let top = 0;
		[heading, ...page.visuals].forEach((visual, order) => {
			writeJson(`${base}/visuals/${visual.name}/visual.json`, visualJson(project, page, visual, order));
			const height = mobileHeight(visual);
			writeJson(`${base}/visuals/${visual.name}/mobile.json`, { $schema: schema.mobile, position: { x: 0, y: top, z: order * 1000, height, width: PHONE, tabOrder: order * 1000 } });
			top += height + 8;
		});
	}
}

const PHONE = 320;	// what the phone layout is wide
/** On a phone all visuals of a page stand one below the other, in the order of the tab key. */
function mobileHeight(visual) {
	if (visual.type === 'cardVisual') return visual.bare ? 60 : Math.ceil(visual.roles.Data.length / 2) * 72;
	return { textbox: 72, actionButton: 40, slicer: visual.mode === 'Between' ? 88 : 68, tableEx: 240, pivotTable: 240 }[visual.type] ?? 220;
}

function pageJson(project, page) {
	const json = { $schema: schema.page, name: page.name, displayName: page.title, displayOption: 'FitToPage', height: 720, width: 1280 };
	if (!page.drillthrough) return json;
	const field = fieldExpression(parseField(project, page.drillthrough));
	const bound = `drill_${page.name}`;
	return {
		...json, type: 'Drillthrough', visibility: 'HiddenInViewMode',
		filterConfig: { filters: [{ name: bound, field, type: 'Categorical', howCreated: 'Drillthrough' }] },
		pageBinding: { name: `binding_${page.name}`, type: 'Drillthrough', parameters: [{ name: `parameter_${page.name}`, boundFilter: bound, fieldExpr: field }] },
	};
}

/** The bookmark that takes back the choice of every slicer, and leaves the page as it is. */
function resetJson(project) {
	const cleared = { singleVisual: { visualType: 'slicer', objects: { remove: [{ object: 'general', property: 'filter' }] } } };
	const sections = project.pages.map((page) => [page.name, page.visuals.filter((v) => v.type === 'slicer').map((v) => v.name)]).filter(([, names]) => names.length);
	return {
		$schema: schema.bookmark, name: resetBookmark.name, displayName: resetBookmark.title,
		options: { applyOnlyToTargetVisuals: true, targetVisualNames: [...new Set(sections.flatMap(([, names]) => names))], suppressActiveSection: true, suppressDisplay: true },
		explorationState: {
			version: '1.3', activeSection: project.pages[0].name,
			sections: Object.fromEntries(sections.map(([page, names]) => [page, { visualContainers: Object.fromEntries(names.map((name) => [name, cleared])) }])),
		},
	};
}

for (const project of main ? projects : []) {
	// what is not written any more must not stay
	for (const part of ['Report', 'SemanticModel']) rmSync(join(out, `${project.name}.${part}`, 'definition'), { recursive: true, force: true });
	writeJson(`${project.name}.pbip`, { $schema: schema.pbip, version: '1.0', artifacts: [{ report: { path: `${project.name}.Report` } }], settings: { enableAutoRecovery: true } });
	writeModel(project);
	writeReport(project);
}
