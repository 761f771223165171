// The rules of Microsoft's Best Practice Analyzer (microsoft/Analysis-Services, BestPracticeRules) as far as
// they can be checked in the text of a model, under their published names. A rule returns what breaks it;
// what it may not be asked of is an exception with its reason, and is counted.
import { DaxError, nodes, parseDax } from './dax.mjs';
import { splitReference } from './tmdl.mjs';

const field = (t, c) => `${t.name}[${c.name}]`;
const numeric = ['int64', 'double', 'decimal'];

/** What the rules ask of a model, once. */
function facts(model) {
	const columns = model.tables.flatMap((t) => t.columns.map((c) => ({ t, c, p: c.properties, field: field(t, c) })));
	const measures = model.tables.flatMap((t) => t.measures.map((m) => ({ t, m, p: m.properties, field: `[${m.name}]` })));
	const trees = measures.flatMap((x) => {
		try { return [{ ...x, all: [...nodes(parseDax(x.m.value))] }]; } catch (error) { if (error instanceof DaxError) return []; throw error; }
	});
	const ends = (end) => model.relationships.map((r) => splitReference(r.properties[end] ?? "''.''"));
	const [from, to] = [ends('fromColumn'), ends('toColumn')];
	const joined = ([table, column]) => `${table}[${column}]`;
	const inMeasures = new Set(trees.flatMap((x) => x.all.filter((n) => n.type === 'column').map((n) => `${n.table}[${n.name}]`)));
	const sorting = new Set(columns.filter((x) => x.p.sortByColumn).map((x) => `${x.t.name}[${x.p.sortByColumn}]`));
	const levels = new Set(model.tables.flatMap((t) => (t.hierarchies ?? []).flatMap((h) => h.children.map((l) => `${t.name}[${l.properties.column}]`))));
	const named = [...model.tables.map((t) => ({ name: t.name, of: 'table' })), ...columns.map((x) => ({ name: x.c.name, of: x.field, p: x.p })),
		...measures.map((x) => ({ name: x.m.name, of: x.field, p: x.p })), ...model.tables.flatMap((t) => (t.hierarchies ?? []).map((h) => ({ name: h.name, of: t.name })))];
	return {
		columns, measures, trees, named, inMeasures, sorting, levels, fromTables: from.map((e) => e[0]), toTables: to.map((e) => e[0]),
		from: new Set(from.map(joined)), to: new Set(to.map(joined)), sources: model.tables.map((t) => [t.name, t.partitions[0]?.properties.source ?? '']),
	};
}
const calls = (x, ...names) => x.all.filter((n) => n.type === 'call' && names.includes(n.name));
const strip = (text) => text.replace(/"(?:[^"]|"")*"|'(?:[^']|'')+'|\[[^\]]*\]/g, '""');

// [name, what it asks, what breaks it, exception: [reason, is one]]
const rules = {
	Performance: [
		['AVOID_FLOATING_POINT_DATA_TYPES', 'no column of type double', (f) => f.columns.filter((x) => x.p.dataType === 'double').map((x) => x.field),
			['shares, probabilities and statistics: four decimals are too few for them', (name, f) => !['Purchase', 'Date', 'Product'].includes(name.split('[')[0])]],
		['ISAVAILABLEINMDX_FALSE_NONATTRIBUTE_COLUMNS', 'hidden columns that sort nothing and are in no hierarchy are not offered to MDX', (f) =>
			f.columns.filter((x) => x.p.isHidden && !f.sorting.has(x.field) && !f.levels.has(x.field) && x.p.isAvailableInMdx !== false).map((x) => x.field)],
		['CHECK_IF_BI-DIRECTIONAL_AND_MANY-TO-MANY_RELATIONSHIPS_ARE_VALID', 'relationships filter in one direction', (f, model) =>
			model.relationships.filter((r) => r.properties.crossFilteringBehavior === 'bothDirections').map((r) => r.name)],
		['SNOWFLAKE_SCHEMA_ARCHITECTURE', 'a star: no table filters and is filtered', (f) => f.fromTables.filter((t) => f.toTables.includes(t))],
		['MODEL_SHOULD_HAVE_A_DATE_TABLE', 'there is a date table', (f, model) =>
			(model.tables.some((t) => t.properties.dataCategory === 'Time') ? [] : ['no date table']),
		['a mart without times', (name, f) => !f.columns.some((x) => x.p.dataType === 'dateTime' && /Purchase|Month/.test(x.c.name))]],
		['DATE/CALENDAR_TABLES_SHOULD_BE_MARKED_AS_A_DATE_TABLE', 'a table of dates is marked as one, with a key', (f, model) =>
			model.tables.filter((t) => /^(date|calendar)/i.test(t.name) && !(t.properties.dataCategory === 'Time' && t.columns.some((c) => c.properties.isKey && c.properties.dataType === 'dateTime'))).map((t) => t.name)],
		['REMOVE_AUTO-DATE_TABLE', 'no date tables that Desktop makes by itself', (f, model) => [...model.tables.filter((t) => /^(LocalDateTable|DateTableTemplate)_/.test(t.name)).map((t) => t.name),
			...model.annotations.some((a) => a.name === '__PBI_TimeIntelligenceEnabled' && a.value === '0') ? [] : ['automatic date tables are on']]],
		['REDUCE_USAGE_OF_CALCULATED_TABLES', 'no calculated tables', (f, model) => model.tables.filter((t) => t.partitions.some((p) => p.value !== 'm')).map((t) => t.name)],
		['REDUCE_NUMBER_OF_CALCULATED_COLUMNS', 'no calculated columns', (f) => f.columns.filter((x) => !x.p.sourceColumn).map((x) => x.field)],
		['UNPIVOT_PIVOTED_(MONTH)_DATA', 'months are rows, not columns', (f) => f.columns.filter((x) => /^(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sep(tember)?|oct(ober)?|nov(ember)?|dec(ember)?)$/i.test(x.c.name)).map((x) => x.field)],
		['MINIMIZE_POWER_QUERY_TRANSFORMATIONS', 'M joins, groups, sorts and computes nothing', (f) =>
			f.sources.filter(([, m]) => /Table\.(Combine|Join|NestedJoin|AddColumn|Group|Sort|Pivot|Unpivot|UnpivotOtherColumns|Distinct)\(|\[Query *=/.test(m)).map(([name]) => name),
		['the products are the different ones of the purchases: one SELECT DISTINCT on the server', (name) => name === 'Product']],
		['SPLIT_DATE_AND_TIME', 'no column with date and time', (f) => f.columns.filter((x) => x.p.dataType === 'dateTime' && x.c.children.some((a) => a.name === 'UnderlyingDateTimeDataType' && a.value === 'DateTime')).map((x) => x.field),
			['one row each: the moment that the mart looks from, and that of the refresh', (name) => /^(Mart as of|Database Total|Report Source)\[/.test(name)]],
		['REDUCE_USAGE_OF_LONG-LENGTH_COLUMNS_WITH_HIGH_CARDINALITY', 'no id or text of each row in the fact', (f) =>
			f.columns.filter((x) => x.t.name === 'Purchase' && x.p.dataType === 'string' && /_id$/.test(x.p.sourceColumn)).map((x) => x.field)],
	],
	'DAX expressions': [
		['DAX_COLUMNS_FULLY_QUALIFIED', 'columns with their table', (f) => f.trees.flatMap((x) => x.all.filter((n) => n.type === 'measure' && !f.measures.some((m) => m.m.name === n.name) && !/^Value\d*$/.test(n.name)).map((n) => `${x.field}: [${n.name}]`))],
		['DAX_MEASURES_UNQUALIFIED', 'measures without a table', (f) => f.trees.flatMap((x) => x.all.filter((n) => n.type === 'column' && f.measures.some((m) => m.m.name === n.name && m.t.name === n.table) && !f.columns.some((c) => c.field === `${n.table}[${n.name}]`)).map((n) => `${x.field}: ${n.table}[${n.name}]`))],
		['AVOID_DUPLICATE_MEASURES', 'no two measures say the same', (f) => f.measures.filter((x, i) => f.measures.some((y, j) => j < i && x.m.value.replace(/\s/g, '') === y.m.value.replace(/\s/g, ''))).map((x) => x.field)],
		['MEASURES_SHOULD_NOT_BE_DIRECT_REFERENCES_OF_OTHER_MEASURES', 'no measure that is only another', (f) => f.measures.filter((x) => /^\s*\[[^\]]+\]\s*$/.test(x.m.value)).map((x) => x.field)],
		['USE_THE_DIVIDE_FUNCTION_FOR_DIVISION', 'DIVIDE instead of /', (f) => f.measures.filter((x) => /[^/*]\/[^/*]/.test(strip(x.m.value))).map((x) => x.field)],
		["AVOID_USING_'1-(X/Y)'_SYNTAX", 'no 1 - x / y', (f) => f.measures.filter((x) => /\b1\s*[-+]\s*(\(.*\/|DIVIDE)/s.test(strip(x.m.value))).map((x) => x.field)],
		['AVOID_USING_THE_IFERROR_FUNCTION', 'no IFERROR', (f) => f.measures.filter((x) => /\bIFERROR\b/i.test(strip(x.m.value))).map((x) => x.field)],
		['USE_THE_TREATAS_FUNCTION_INSTEAD_OF_INTERSECT', 'no INTERSECT', (f) => f.measures.filter((x) => /\bINTERSECT\b/i.test(strip(x.m.value))).map((x) => x.field)],
		['FILTER_COLUMN_VALUES', 'CALCULATE filters columns, not FILTER of a table', (f) => f.trees.filter((x) => calls(x, 'CALCULATE').some((n) => n.args.slice(1).some((a) => [...nodes(a)].some((k) => k.type === 'call' && k.name === 'FILTER' && k.args[0].type === 'table')))).map((x) => x.field)],
		['INACTIVE_RELATIONSHIPS_THAT_ARE_NEVER_ACTIVATED', 'no inactive relationships', (f, model) => model.relationships.filter((r) => r.properties.isActive === false).map((r) => r.name)],
		['EVALUATEANDLOG_SHOULD_NOT_BE_USED_IN_PRODUCTION_MODELS', 'no EVALUATEANDLOG', (f) => f.measures.filter((x) => /\bEVALUATEANDLOG\b/i.test(x.m.value)).map((x) => x.field)],
	],
	'Error prevention': [
		['DATA_COLUMNS_MUST_HAVE_A_SOURCE_COLUMN', 'columns have a source column', (f) => f.columns.filter((x) => !x.p.sourceColumn).map((x) => x.field)],
		['EXPRESSION_RELIANT_OBJECTS_MUST_HAVE_AN_EXPRESSION', 'measures have an expression', (f) => f.measures.filter((x) => !x.m.value?.trim()).map((x) => x.field)],
		['RELATIONSHIP_COLUMNS_SAME_DATA_TYPE', 'both ends of a relationship have one type', (f, model) => model.relationships.filter((r) => {
			const [a, b] = ['fromColumn', 'toColumn'].map((end) => { const [t, c] = splitReference(r.properties[end] ?? "''.''"); return f.columns.find((x) => x.t.name === t && x.c.name === c)?.p.dataType; });
			return a !== b;
		}).map((r) => r.name)],
		['AVOID_INVALID_NAME_CHARACTERS', 'no control characters in names', (f) => f.named.filter((x) => /[\u0000-\u001f]/.test(x.name)).map((x) => x.of)],
		['AVOID_INVALID_DESCRIPTION_CHARACTERS', 'no control characters in descriptions', (f) => [...f.columns.map((x) => [x.field, x.c.description]), ...f.measures.map((x) => [x.field, x.m.description])].filter(([, d]) => /[\u0000-\u0009\u000b-\u001f]/.test(d)).map(([n]) => n)],
		['SET_ISAVAILABLEINMDX_TO_TRUE_ON_NECESSARY_COLUMNS', 'what sorts or is a level is offered to MDX', (f) => f.columns.filter((x) => x.p.isAvailableInMdx === false && (f.sorting.has(x.field) || f.levels.has(x.field))).map((x) => x.field)],
	],
	Maintenance: [
		['ENSURE_TABLES_HAVE_RELATIONSHIPS', 'tables have a relationship', (f, model) => model.tables.map((t) => t.name).filter((t) => !f.fromTables.includes(t) && !f.toTables.includes(t)),
			['results that the database computes over the whole mart, which no filter may change', (name) => !['Purchase', 'Customer', 'Product', 'Date'].includes(name)]],
		['OBJECTS_WITH_NO_DESCRIPTION', 'what is visible has a description', (f, model) => [...model.tables.filter((t) => !t.description).map((t) => t.name), ...f.columns.filter((x) => !x.p.isHidden && !x.c.description).map((x) => x.field), ...f.measures.filter((x) => !x.m.description).map((x) => x.field)]],
		['UNNECESSARY_COLUMNS', 'what is hidden is used', (f) => f.columns.filter((x) => x.p.isHidden && !f.inMeasures.has(x.field) && !f.from.has(x.field) && !f.to.has(x.field) && !f.sorting.has(x.field) && !f.levels.has(x.field)).map((x) => x.field)],
		['UNNECESSARY_MEASURES', 'hidden measures are used', (f) => f.measures.filter((x) => x.p.isHidden && !f.trees.some((y) => y.all.some((n) => n.type === 'measure' && n.name === x.m.name))).map((x) => x.field)],
	],
	Naming: [
		['PARTITION_NAME_SHOULD_MATCH_TABLE_NAME_FOR_SINGLE_PARTITION_TABLES', 'a partition is named like its table', (f, model) => model.tables.filter((t) => t.partitions.length === 1 && t.partitions[0].name !== t.name).map((t) => t.name)],
		['SPECIAL_CHARS_IN_OBJECT_NAMES', 'no tabs or line ends in names', (f) => f.named.filter((x) => /[\t\r\n]/.test(x.name)).map((x) => x.of)],
		['OBJECTS_SHOULD_NOT_START_OR_END_WITH_A_SPACE', 'no blank at an end of a name', (f) => f.named.filter((x) => x.name !== x.name.trim()).map((x) => x.of)],
		['FIRST_LETTER_OF_OBJECTS_MUST_BE_CAPITALIZED', 'names begin with a capital letter', (f) => f.named.filter((x) => !/^[A-Z]/.test(x.name)).map((x) => x.of)],
		['NAMES_FOR_PEOPLE (ours)', 'blanks instead of underscores', (f) => f.named.filter((x) => /_/.test(x.name)).map((x) => x.of)],
	],
	Formatting: [
		['PROVIDE_FORMAT_STRING_FOR_MEASURES', 'measures have a format', (f) => f.measures.filter((x) => !x.p.formatString).map((x) => x.field), ['a text', (name) => name === '[Model against Database]']],
		['PERCENTAGE_FORMATTING', 'percentages as #,0.0%', (f) => [...f.measures, ...f.columns].filter((x) => /%/.test(x.p.formatString ?? '') && !/^\+?#,0\.0%;-#,0\.0%;#,0\.0%$/.test(x.p.formatString)).map((x) => x.field)],
		['INTEGER_FORMATTING', 'whole numbers as #,0', (f) => [...f.measures, ...f.columns.filter((x) => x.p.dataType === 'int64')].filter((x) => /^[#0,]+$/.test(x.p.formatString ?? '') && x.p.formatString !== '#,0').map((x) => x.field),
			['years, and keys that nobody sees', (name) => /Year\]$| Key\]$/.test(name)]],
		['MONTHCOLUMN_FORMATSTRING', 'months as mmmm yyyy', (f) => f.columns.filter((x) => x.p.dataType === 'dateTime' && /month/i.test(x.c.name) && x.p.formatString !== 'mmmm yyyy').map((x) => x.field)],
		['DATECOLUMN_FORMATSTRING', 'dates have a format', (f) => f.columns.filter((x) => x.p.dataType === 'dateTime' && !x.p.formatString).map((x) => x.field)],
		['MONTH_(AS_A_STRING)_MUST_BE_SORTED', 'names of months are sorted by a number', (f) => f.columns.filter((x) => x.p.dataType === 'string' && /^month$/i.test(x.c.name) && !x.p.sortByColumn).map((x) => x.field)],
		['RELATIONSHIP_COLUMNS_SHOULD_BE_OF_INTEGER_DATA_TYPE', 'relationships are by whole numbers', (f) => [...f.from, ...f.to].filter((name) => f.columns.find((x) => x.field === name)?.p.dataType !== 'int64'),
			['the day: what marks a date table is a date', (name) => /\[(Purchase )?Day\]$/.test(name)]],
		['NUMERIC_COLUMN_SUMMARIZE_BY', 'numbers are not summed by themselves', (f) => f.columns.filter((x) => numeric.includes(x.p.dataType) && x.p.summarizeBy !== 'none').map((x) => x.field)],
		['HIDE_FOREIGN_KEYS', 'the many side of relationships is hidden', (f) => f.columns.filter((x) => f.from.has(x.field) && !x.p.isHidden).map((x) => x.field)],
		['MARK_PRIMARY_KEYS', 'the one side of relationships is marked as key', (f) => f.columns.filter((x) => f.to.has(x.field) && !x.p.isKey).map((x) => x.field)],
		['HIDE_FACT_TABLE_COLUMNS', 'numbers that a measure adds up are hidden', (f) => f.trees.flatMap((x) => calls(x, 'SUM', 'AVERAGE', 'COUNT', 'DISTINCTCOUNTNOBLANK').map((n) => `${n.args[0].table}[${n.args[0].name}]`))
			.filter((name, i, all) => all.indexOf(name) === i && !f.columns.find((x) => x.field === name)?.p.isHidden)],
		['ADD_DATA_CATEGORY_FOR_COLUMNS', 'places have a data category', (f) => f.columns.filter((x) => x.p.dataType === 'string' && /\b(city|country|continent|location|state or province)\b/i.test(x.c.name) && !x.p.dataCategory).map((x) => x.field)],
		['FORMAT_FLAG_COLUMNS_AS_YES/NO_VALUE_STRINGS', 'flags are Yes and No', (f) => f.columns.filter((x) => x.p.dataType === 'boolean').map((x) => x.field)],
	],
};

// What only a running engine knows.
export const notHere = ['REDUCE_SIZE_OF_COLUMNS and other rules by VertiPaq statistics', 'LARGE_TABLES_SHOULD_BE_PARTITIONED (incremental refresh does it)',
	'FIX_REFERENTIAL_INTEGRITY_VIOLATIONS (checked in the data of the mart instead)', 'rules for row-level security, perspectives, calculation groups, translations and DirectQuery: the models have none'];

/** Each rule with what breaks it, and the number of its exceptions. */
export function checkRules(model) {
	const f = facts(model);
	return Object.entries(rules).flatMap(([category, list]) => list.map(([name, asks, broken, exception]) => {
		const all = broken(f, model);
		const excepted = exception ? all.filter((object) => exception[1](object, f)) : [];
		return { category, name, asks, broken: all.filter((object) => !excepted.includes(object)), excepted: excepted.length, reason: exception?.[0] };
	}));
}

/** The table of the README: both models together. */
export function ruleTable(models) {
	const results = models.map(checkRules);
	return ['| rule | asks | result |', '|---|---|---|', ...results[0].map((rule, i) => {
		const [broken, excepted] = ['broken', 'excepted'].map((what) => results.reduce((sum, r) => sum + (what === 'broken' ? r[i].broken.length : r[i].excepted), 0));
		return `| ${rule.name.replaceAll('_', '\\_')} | ${rule.asks} | ${broken ? `${broken} faults` : excepted ? `holds but for ${excepted}: ${rule.reason}` : 'holds'} |`;
	})].join('\n');
}
