// Reads the part of TMDL that our projects use, strictly: what it does not know
// is an error, with file and line. TMDL has no open parser or schema of Microsoft's.
// https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const flag = /^(true|false)$/;
const any = /./s;
const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|'(?:[^']|'')+')$/;
const reference = /^(?:[A-Za-z_][A-Za-z0-9_]*|'(?:[^']|'')+')\.(?:[A-Za-z_][A-Za-z0-9_]*|'(?:[^']|'')+')$/;

// What an object may have: properties with the form of their value, and objects in it.
const grammar = {
	database: { properties: { compatibilityLevel: /^\d{4}$/ }, children: [] },
	model: {
		properties: { culture: /^[a-z]{2}-[A-Z]{2}$/, defaultPowerBIDataSourceVersion: /^powerBI_V3$/, discourageImplicitMeasures: flag, sourceQueryCulture: /^[a-z]{2}-[A-Z]{2}$/ },
		children: [],
	},
	annotation: { value: true, properties: {}, children: [] },
	expression: { value: true, described: true, properties: {}, children: ['annotation'] },
	relationship: { properties: { fromColumn: reference, toColumn: reference, isActive: flag, crossFilteringBehavior: /^(oneDirection|bothDirections|automatic)$/ }, children: [] },
	table: { described: true, properties: { isHidden: flag, dataCategory: /^Time$/ }, children: ['column', 'measure', 'hierarchy', 'partition', 'annotation'] },
	column: {
		described: true,
		properties: {
			dataType: /^(string|int64|double|decimal|boolean|dateTime|binary)$/, isHidden: flag, isKey: flag, formatString: any, displayFolder: any,
			summarizeBy: /^(none|sum|average|min|max|count|distinctCount|default)$/, sourceColumn: any, sortByColumn: name,
			isAvailableInMdx: flag, dataCategory: /^(Place|City|Country|StateOrProvince|PostalCode)$/,
		},
		children: ['annotation'],
	},
	measure: { value: true, described: true, properties: { formatString: any, isHidden: flag, displayFolder: any }, children: ['annotation'] },
	hierarchy: { described: true, properties: { isHidden: flag, displayFolder: any }, children: ['level'] },
	level: { properties: { column: name }, children: [] },
	partition: { value: /^m$/, properties: { mode: /^(import|directQuery)$/, source: 'expression' }, children: [] },
};
const topLevel = { 'database.tmdl': ['database'], 'model.tmdl': ['model', 'annotation', 'ref'], 'expressions.tmdl': ['expression'], 'relationships.tmdl': ['relationship'] };

export class TmdlError extends Error {}

const unquote = (text) => (text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text);
export const splitReference = (text) => text.match(/^('(?:[^']|'')+'|\w+)\.('(?:[^']|'')+'|\w+)$/).slice(1).map(unquote);

/** One file as a list of objects: {type, name, description, value, properties, children, line}. */
export function parse(text, file, allowed) {
	const fail = (line, message) => { throw new TmdlError(`${file}:${line}: ${message}`); };
	if (text.includes('\r')) fail(1, 'carriage return');
	if (!text.endsWith('\n')) fail(1, 'no line end at the end of the file');
	const lines = text.split('\n');
	const depthOf = (line) => line.match(/^\t*/)[0].length;
	let at = 0;
	let description = [];

	/** The lines of an expression: all that are at least two tabs deeper than the line that it belongs to. */
	function block(depth) {
		const from = at;
		while (at < lines.length && (lines[at].trim() === '' || depthOf(lines[at]) >= depth + 2)) at += 1;
		while (at > from && lines[at - 1].trim() === '') at -= 1;
		if (at === from) fail(from + 1, 'an expression is missing, or not indented by two more tabs');
		return lines.slice(from, at).map((line) => line.slice(depth + 2)).join('\n');
	}

	function objects(depth, types, owner) {
		const found = [];
		while (at < lines.length) {
			const line = lines[at];
			if (line.trim() === '') {
				if (description.length) fail(at + 1, 'a description is not followed by its object');
				at += 1;
				continue;
			}
			if (/^\t* /.test(line)) fail(at + 1, 'indented by spaces');
			if (/\s$/.test(line)) fail(at + 1, 'white space at the end');
			const here = depthOf(line);
			if (here < depth) break;
			if (here > depth) fail(at + 1, `indented by ${here} tabs where ${depth} are expected`);
			const content = line.slice(here);
			if (content.startsWith('///')) {
				description.push(content.slice(3).trim());
				at += 1;
				continue;
			}
			const [, type, rest] = content.match(/^([A-Za-z]+)(.*)$/) ?? fail(at + 1, `not understood: ${content}`);
			if (types.includes(type) && (type === 'ref' || grammar[type])) found.push(object(type, rest, depth, owner));
			else if (owner) property(owner, type, rest, depth);
			else fail(at + 1, `${type} cannot stand here`);
		}
		if (description.length) fail(at + 1, 'a description is not followed by its object');
		return found;
	}

	function object(type, rest, depth) {
		const line = at + 1;
		const described = description.join('\n');
		description = [];
		if (type === 'ref') {
			const [, what, to] = rest.match(/^ (table|role|cultureInfo) (.+)$/) ?? fail(line, `not understood: ref${rest}`);
			if (!name.test(to)) fail(line, `a name that must be quoted: ${to}`);
			at += 1;
			return { type, what, name: unquote(to), line, file };
		}
		const rule = grammar[type];
		if (described && !rule.described) fail(line, `${type} takes no description`);
		const [, given, value] = rest.match(/^(?: ('(?:[^']|'')*'|[^\s=']+))?(?: =(?: (.*))?)?$/s) ?? fail(line, `not understood: ${type}${rest}`);
		const hasValue = / =( |$)/.test(rest.slice(given ? given.length + 1 : 0));
		if (type !== 'database' && !(given && name.test(given))) fail(line, `no name, or one that must be quoted: ${type}${rest}`);
		if (Boolean(rule.value) !== hasValue) fail(line, rule.value ? `${type} has no expression` : `${type} takes no expression`);
		const result = { type, name: given && unquote(given), description: described, properties: {}, children: [], line, file };
		at += 1;
		if (hasValue) result.value = value ?? block(depth);
		if (rule.value instanceof RegExp && !rule.value.test(result.value)) fail(line, `${type} of kind ${result.value}`);
		if (type !== 'annotation') result.children = objects(depth + 1, rule.children, result);
		return result;
	}

	function property(owner, key, rest, depth) {
		const line = at + 1;
		const form = Object.hasOwn(grammar[owner.type].properties, key) ? grammar[owner.type].properties[key] : fail(line, `${owner.type} has no property ${key}`);
		if (description.length) fail(line, 'a property takes no description');
		if (key in owner.properties) fail(line, `${key} is given twice`);
		if (owner.children.length) fail(line, `${key} stands after the objects in ${owner.type}`);
		at += 1;
		if (form === 'expression') {
			if (rest !== ' =') fail(line, `${key} must be an expression`);
			owner.properties[key] = block(depth);
			return;
		}
		if (rest === '' && form === flag) { owner.properties[key] = true; return; }
		const value = rest.match(/^: (.+)$/)?.[1] ?? fail(line, `${key} has no value`);
		if (!form.test(value)) fail(line, `${key} cannot be ${value}`);
		owner.properties[key] = form === flag ? value === 'true' : form === name ? unquote(value) : value;
	}

	return objects(0, allowed, null);
}

/** The model in a folder: tables, relationships, expressions and what model.tmdl says. */
export function readModel(folder) {
	const file = (path) => readFileSync(join(folder, path), 'utf8');
	const result = { tables: [], relationships: [], expressions: [], model: null, refs: [], annotations: [] };
	for (const [path, allowed] of Object.entries(topLevel)) {
		for (const o of parse(file(path), path, allowed)) {
			if (o.type === 'relationship') result.relationships.push(o);
			if (o.type === 'expression') result.expressions.push(o);
			if (o.type === 'model') result.model = o;
			if (o.type === 'ref') result.refs.push(o);
			if (o.type === 'annotation') result.annotations.push(o);
		}
	}
	for (const path of readdirSync(join(folder, 'tables')).sort()) {
		const tables = parse(file(`tables/${path}`), `tables/${path}`, ['table']);
		if (tables.length !== 1) throw new TmdlError(`tables/${path}: ${tables.length} tables`);
		const [table] = tables;
		for (const [list, type] of [['columns', 'column'], ['measures', 'measure'], ['hierarchies', 'hierarchy'], ['partitions', 'partition']]) {
			table[list] = table.children.filter((c) => c.type === type);
		}
		result.tables.push(table);
	}
	return result;
}
