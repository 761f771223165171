// DAX as far as our measures use it: reads it into a tree, lists what it refers
// to, and evaluates it over rows. It is our own reading of Microsoft's
// documentation, not Microsoft's engine: it shows that a measure says the same as
// its SQL twin if DAX means what the documentation says.
export class DaxError extends Error {}

// number of arguments: [least, most]
const functions = {
	ABS: [1, 1], AVERAGE: [1, 1], CALCULATE: [1, 99], CONCATENATEX: [2, 3], COUNT: [1, 1], COUNTROWS: [1, 1], DATE: [3, 3], DATEDIFF: [3, 3],
	DATESBETWEEN: [3, 3], DAY: [1, 1],
	DISTINCTCOUNTNOBLANK: [1, 1], DIVIDE: [2, 3], EDATE: [2, 2], FILTER: [2, 2], IF: [2, 3], ISBLANK: [1, 1], ISEMPTY: [1, 1],
	KEEPFILTERS: [1, 1], MAX: [1, 1], MIN: [1, 1], REMOVEFILTERS: [0, 99], SUM: [1, 1], YEAR: [1, 1],
};
const units = ['DAY', 'MONTH', 'QUARTER', 'YEAR'];

function tokens(text) {
	const rules = [
		['space', /\s+|\/\/[^\n]*|--[^\n]*|\/\*[\s\S]*?\*\//y],
		['string', /"(?:[^"]|"")*"/y],
		['table', /'(?:[^']|'')+'/y],
		['column', /\[(?:[^\]]|\]\])+\]/y],
		['number', /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
		['word', /[A-Za-z_]\w*/y],
		['operator', /&&|\|\||<>|<=|>=|[-+*\/&=<>(),{}]/y],
	];
	const found = [];
	let at = 0;
	next: while (at < text.length) {
		for (const [kind, rule] of rules) {
			rule.lastIndex = at;
			const match = rule.exec(text);
			if (match) {
				at += match[0].length;
				if (kind !== 'space') found.push({ kind, text: match[0] });
				continue next;
			}
		}
		throw new DaxError(`not understood: ${text.slice(at, at + 20)}`);
	}
	return found;
}

export function parseDax(text) {
	const list = tokens(text);
	let at = 0;
	const variables = [];
	const peek = (value, ahead = 0) => list[at + ahead]?.text.toUpperCase() === value && list[at + ahead].kind !== 'string';
	const take = (value) => (peek(value) ? list[at++] : null);
	const must = (value) => take(value) ?? fail(`"${value}" is missing`);
	function fail(message) { throw new DaxError(`${message} before: ${list.slice(at, at + 6).map((t) => t.text).join(' ') || 'the end'}`); }

	function expression() {
		if (!peek('VAR')) return binary(0);
		const own = variables.length;
		const defined = [];
		while (take('VAR')) {
			const { kind, text: name } = list[at] ?? {};
			if (kind !== 'word') fail('the name of a variable is missing');
			at += 1;
			must('=');
			defined.push({ name, value: expression() });
			variables.push(name);
		}
		must('RETURN');
		const result = expression();
		variables.length = own;
		return { type: 'let', defined, result };
	}
	const levels = [['||'], ['&&'], ['=', '<>', '<', '>', '<=', '>='], ['&'], ['+', '-'], ['*', '/']];
	function binary(level) {
		if (level === 2 && take('NOT')) return { type: 'not', value: binary(2) };
		if (level === levels.length) return unary();
		let left = binary(level + 1);
		for (;;) {
			const operator = levels[level].find((o) => peek(o));
			if (!operator) return left;
			at += 1;
			left = { type: 'operator', operator, left, right: binary(level + 1) };
		}
	}
	const unary = () => (take('-') ? { type: 'negative', value: unary() } : primary());
	function items(end) {
		const result = [];
		if (take(end)) return result;
		do result.push(expression()); while (take(','));
		must(end);
		return result;
	}
	function primary() {
		const token = list[at] ?? fail('an expression is missing');
		at += 1;
		if (token.kind === 'number') return { type: 'literal', value: Number(token.text) };
		if (token.kind === 'string') return { type: 'literal', value: token.text.slice(1, -1).replaceAll('""', '"') };
		if (token.kind === 'column') return { type: 'measure', name: token.text.slice(1, -1).replaceAll(']]', ']') };
		if (token.text === '(') {
			const inside = items(')');
			return inside.length === 1 ? inside[0] : { type: 'tuple', items: inside };
		}
		if (token.text === '{') return { type: 'rows', rows: items('}').map((i) => (i.type === 'tuple' ? i.items : [i])) };
		if (token.kind === 'word' || token.kind === 'table') {
			const upper = token.text.toUpperCase();
			const name = token.kind === 'table' ? token.text.slice(1, -1).replaceAll("''", "'") : token.text;
			if (list[at]?.kind === 'column') return { type: 'column', table: name, name: list[at++].text.slice(1, -1).replaceAll(']]', ']') };
			if (token.kind === 'word' && take('(')) {
				const args = items(')');
				const limits = Object.hasOwn(functions, upper) ? functions[upper] : fail(`unknown function ${token.text}`);
				if (args.length < limits[0] || args.length > limits[1]) fail(`${upper} with ${args.length} arguments`);
				return { type: 'call', name: upper, args };
			}
			if (token.kind === 'word' && variables.includes(token.text)) return { type: 'variable', name: token.text };
			if (units.includes(upper)) return { type: 'unit', name: upper };
			return { type: 'table', name };
		}
		at -= 1;
		return fail('an expression is missing');
	}
	const tree = expression();
	if (at < list.length) fail('left over');
	return tree;
}

/** All nodes of a tree. */
export function* nodes(tree) {
	if (Array.isArray(tree)) { for (const t of tree) yield* nodes(t); return; }
	if (tree === null || typeof tree !== 'object') return;
	if (tree.type) yield tree;
	for (const value of Object.values(tree)) yield* nodes(value);
}

// Evaluation -------------------------------------------------------------------

const blank = (value) => value === null || value === undefined;

// Dates are texts as 2024-01-31 here, and have no time of day.
const isDate = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
const partsOf = (day) => day.split('-').map(Number);
const dayNumber = (day) => Date.parse(`${day}T00:00:00Z`) / 86400000;
const dayOf = (number) => new Date(number * 86400000).toISOString().slice(0, 10);
const makeDay = (y, m, d) => dayOf(Date.UTC(y, m - 1, d) / 86400000);
/** The same day of another month, or the last one of a shorter month. */
function monthsOn(day, months) {
	const [y, m, d] = partsOf(day);
	return makeDay(y, m + months, Math.min(d, new Date(Date.UTC(y, m + months, 0)).getUTCDate()));
}

function compare(a, b) {
	// a blank is as 0 to a number, "" to a text, FALSE to a truth value; text without regard to case
	const as = (value, other) => (blank(value) ? (typeof other === 'string' ? '' : typeof other === 'boolean' ? false : 0) : value);
	const [x, y] = [as(a, b), as(b, a)];
	if (typeof x !== typeof y) throw new DaxError(`${typeof x} compared with ${typeof y}`);
	if (typeof x === 'string') { const [u, v] = [x.toLowerCase(), y.toLowerCase()]; return u < v ? -1 : u > v ? 1 : 0; }
	return x - y;
}

/**
 * data: rows of each table; measures: trees by name; relationships: [{fromTable, fromColumn, toTable, toColumn}];
 * dateTable: {table, column}. evaluate(name, filters): filters are {table, column, test(value)}.
 */
export class Evaluator {
	constructor({ data, measures, relationships = [], dateTable }) {
		Object.assign(this, { data, measures, relationships, dateTable });
	}

	/** Rows of the table under the filters on it and on the tables that it leads to. */
	rows(table, filters) {
		if (!this.data[table]) throw new DaxError(`no table ${table}`);
		const own = filters.filter((f) => f.table === table);
		const byKey = this.relationships.filter((r) => r.fromTable === table && filters.some((f) => f.table === r.toTable))
			.map((r) => ({ column: r.fromColumn, keys: new Set(this.rows(r.toTable, filters).map((row) => row[r.toColumn])) }));
		return this.data[table].filter((row) => own.every((f) => f.test(row[f.column])) && byKey.every((k) => k.keys.has(row[k.column])));
	}

	evaluate(name, filters = []) {
		const tree = this.measures.get(name);
		if (!tree) throw new DaxError(`no measure ${name}`);
		return this.value(tree, { filters, variables: new Map() });
	}

	value(node, context) {
		const of = (n) => this.value(n, context);
		switch (node.type) {
			case 'literal': return node.value;
			case 'measure':
				if (context.row && node.name in context.row) return context.row[node.name];
				return this.evaluate(node.name, context.filters);
			case 'variable': return context.variables.get(node.name);
			case 'column':
				if (context.row && node.name in context.row) return context.row[node.name];
				throw new DaxError(`${node.table}[${node.name}] outside of a row`);
			case 'table': return this.rows(node.name, context.filters);
			case 'unit': return node.name;
			case 'not': return !of(node.value);
			case 'negative': { const v = of(node.value); return blank(v) ? null : -v; }
			case 'rows': return node.rows.map((row) => Object.fromEntries(row.map((n, i) => [`Value${row.length === 1 ? '' : i + 1}`, of(n)])));
			case 'let': {
				const variables = new Map(context.variables);
				const inner = { ...context, variables };
				for (const { name, value } of node.defined) variables.set(name, this.value(value, inner));
				return this.value(node.result, inner);
			}
			case 'operator': return this.operator(node.operator, of(node.left), of(node.right));
			case 'call': return this.call(node.name, node.args, context);
			default: throw new DaxError(`cannot evaluate ${node.type}`);
		}
	}

	operator(operator, a, b) {
		switch (operator) {
			case '+': return blank(a) && blank(b) ? null : isDate(a) ? dayOf(dayNumber(a) + (b ?? 0)) : (a ?? 0) + (b ?? 0);
			case '-':
				if (isDate(b) && blank(a)) return null;
				if (isDate(a)) return isDate(b) ? dayNumber(a) - dayNumber(b) : dayOf(dayNumber(a) - (b ?? 0));
				return blank(a) && blank(b) ? null : (a ?? 0) - (b ?? 0);
			case '*': return blank(a) || blank(b) ? null : a * b;
			case '/': return blank(a) && blank(b) ? null : (a ?? 0) / (b ?? 0);
			case '&': return `${a ?? ''}${b ?? ''}`;
			case '&&': return Boolean(a && b);
			case '||': return Boolean(a || b);
			case '=': return compare(a, b) === 0;
			case '<>': return compare(a, b) !== 0;
			case '<': return compare(a, b) < 0;
			case '<=': return compare(a, b) <= 0;
			case '>': return compare(a, b) > 0;
			case '>=': return compare(a, b) >= 0;
			default: throw new DaxError(`operator ${operator}`);
		}
	}

	call(name, args, context) {
		const of = (n) => this.value(n, context);
		const column = (n) => {
			if (n.type !== 'column') throw new DaxError(`${name} needs a column`);
			return this.rows(n.table, context.filters).map((row) => row[n.name]).filter((v) => !blank(v));
		};
		const numbers = (n) => column(n).map((v) => { if (typeof v !== 'number') throw new DaxError(`${name} of ${typeof v}`); return v; });
		switch (name) {
			case 'SUM': { const v = numbers(args[0]); return v.length ? v.reduce((a, b) => a + b, 0) : null; }
			case 'AVERAGE': { const v = numbers(args[0]); return v.length ? v.reduce((a, b) => a + b, 0) / v.length : null; }
			case 'COUNT': return column(args[0]).length || null;
			case 'MAX': { const v = column(args[0]); return v.length ? v.reduce((a, b) => (compare(a, b) < 0 ? b : a)) : null; }
			case 'MIN': { const v = column(args[0]); return v.length ? v.reduce((a, b) => (compare(a, b) > 0 ? b : a)) : null; }
			case 'DISTINCTCOUNTNOBLANK': return new Set(column(args[0]).map((v) => (typeof v === 'string' ? v.toLowerCase() : v))).size || null;
			case 'COUNTROWS': return of(args[0]).length || null;
			case 'ISEMPTY': return of(args[0]).length === 0;
			case 'ISBLANK': return blank(of(args[0]));
			case 'ABS': { const v = of(args[0]); return blank(v) ? null : Math.abs(v); }
			case 'IF': return of(args[0]) ? of(args[1]) : args[2] ? of(args[2]) : null;
			case 'DIVIDE': { const [a, b] = [of(args[0]), of(args[1])]; return blank(b) || b === 0 ? (args[2] ? of(args[2]) : null) : blank(a) ? null : a / b; }
			case 'DATE': return makeDay(...args.map(of));
			case 'YEAR': case 'DAY': { const v = of(args[0]); return blank(v) ? null : partsOf(v)[name === 'YEAR' ? 0 : 2]; }
			case 'EDATE': { const v = of(args[0]); return blank(v) ? null : monthsOn(v, of(args[1])); }
			case 'DATEDIFF': {
				const [a, b] = [of(args[0]), of(args[1])];
				if (args[2].name !== 'MONTH') throw new DaxError('DATEDIFF of something else than months');
				if (blank(a) || blank(b)) return null;
				const [[y, m], [y2, m2]] = [partsOf(a), partsOf(b)];
				return (y2 - y) * 12 + m2 - m;
			}
			case 'FILTER': return of(args[0]).filter((row) => this.value(args[1], { ...context, row }));
			case 'CONCATENATEX': return of(args[0]).map((row) => this.value(args[1], { ...context, row })).join(args[2] ? of(args[2]) : '');
			case 'CALCULATE': {
				// all filters are made in the outer context, then set together
				const changes = args.slice(1).map((arg) => this.change(arg, context));
				const filters = changes.reduce((list, change) => change(list), context.filters);
				return this.value(args[0], { filters, variables: context.variables });
			}
			default: throw new DaxError(`cannot evaluate ${name} here`);
		}
	}

	/** What an argument of CALCULATE does to the list of filters. */
	change(node, context) {
		if (node.type === 'call' && node.name === 'REMOVEFILTERS') {
			if (node.args.length) throw new DaxError('REMOVEFILTERS with arguments');
			return () => [];
		}
		if (node.type === 'call' && node.name === 'DATESBETWEEN') {
			const [day] = node.args;
			const { table, column } = this.dateTable ?? {};
			if (day.table !== table || day.name !== column) throw new DaxError('DATESBETWEEN of something else than the days of the date table');
			const [first, last] = node.args.slice(1).map((n) => this.value(n, context));
			// a filter on the day of a date table takes the place of all filters on that table
			return (list) => [...list.filter((f) => f.table !== table), { table, column, test: (v) => v >= first && v <= last }];
		}
		const keep = node.type === 'call' && node.name === 'KEEPFILTERS';
		const condition = keep ? node.args[0] : node;
		const columns = [...nodes(condition)].filter((n) => n.type === 'column');
		if (columns.length === 0 || columns.some((c) => c.table !== columns[0].table || c.name !== columns[0].name)) throw new DaxError('a filter that is not on one column');
		const { table, name: column } = columns[0];
		const answers = new Map();	// a column has few values and many rows
		const test = (value) => {
			if (!answers.has(value)) answers.set(value, this.value(condition, { filters: [], variables: context.variables, row: { [column]: value } }));
			return answers.get(value);
		};
		return (list) => [...keep ? list : list.filter((f) => f.table !== table || f.column !== column), { table, column, test }];
	}
}
