// Reads marts through node-postgres, as bi/web does.
// Prints what README.md describes. Environment: BI_HOST, BI_PORT, BI_DATABASE,
// BI_USER, BI_SCHEMAS, BI_READ and BI_SKIP (lists separated by blanks).
import { createHash } from 'node:crypto';
import pg from 'pg';

const list = (name) => (process.env[name] ?? '').split(' ').filter(Boolean);
const escapes = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escape = (text) => text.replace(/[\\\t\n\r]/g, (c) => escapes[c]);
const say = (...fields) => process.stdout.write(fields.map((f) => escape(String(f ?? ''))).join('\t') + '\n');

const BOOL = 16, INT8 = 20, INT2 = 21, INT4 = 23, TEXT = 25, FLOAT8 = 701, DATE = 1082, TIMESTAMP = 1114, NUMERIC = 1700;
const digits = (n, width) => String(n).padStart(width, '0');
const day = (d) => `${digits(d.getFullYear(), 4)}-${digits(d.getMonth() + 1, 2)}-${digits(d.getDate(), 2)}`;
const time = (d) => `${digits(d.getHours(), 2)}:${digits(d.getMinutes(), 2)}:${digits(d.getSeconds(), 2)}.${digits(d.getMilliseconds(), 3)}`;

// numeric(p,s) has its modifier on the wire: (p << 16 | s) + 4
const scaleOf = (field) => (field.dataTypeID === NUMERIC && field.dataTypeModifier >= 4 ? (field.dataTypeModifier - 4) & 0xffff : '');
const precisionOf = (field) => (field.dataTypeID === NUMERIC && field.dataTypeModifier >= 4 ? (field.dataTypeModifier - 4) >> 16 : '');

const bits = Buffer.alloc(8);
function canonical(value, field) {
	if (value === null) return '\\N';
	switch (field.dataTypeID) {
		case TEXT: return escape(value);
		case BOOL: return value ? 't' : 'f';
		case INT2: case INT4: return String(value);
		case INT8: return value;	// a string: a number of JavaScript has 53 bits
		case NUMERIC:	// a string too
			if (value.length - value.indexOf('.') - 1 !== scaleOf(field)) throw new Error(`${value} has not the declared scale ${scaleOf(field)}`);
			return value;
		case FLOAT8: bits.writeDoubleBE(value); return bits.toString('hex');
		// Dates of JavaScript, on the clock of this process
		case DATE: return day(value);
		case TIMESTAMP: return `${day(value)}T${time(value)}`;
		default: throw new Error(`${field.dataTypeID} is not a type of the contract`);
	}
}

async function read(client, schema, name) {
	const result = await client.query({ text: `SELECT * FROM "${schema}"."${name}"`, rowMode: 'array' });
	const classes = result.fields.map(() => new Set());
	const lines = result.rows.map((row) => Buffer.from(row.map((value, i) => {
		if (value !== null) classes[i].add(value.constructor.name);
		return canonical(value, result.fields[i]);
	}).join('\t') + '\n'));
	result.fields.forEach((f, i) => say('result', schema, name, i + 1, f.name, f.dataTypeID, precisionOf(f), scaleOf(f), [...classes[i]].sort().join(',')));
	lines.sort(Buffer.compare);
	const hash = createHash('sha256');
	for (const line of lines) hash.update(line);
	say('sum', schema, name, lines.length, hash.digest('hex'));
}

// The error of the last of the statements of one transaction; none is 00000.
async function sqlstate(client, statements) {
	try {
		await client.query('BEGIN');
		for (const statement of statements) await client.query(statement);
		return '00000';
	} catch (error) {
		return error.code;
	} finally {
		await client.query('ROLLBACK');
	}
}

const client = new pg.Client({
	host: process.env.BI_HOST, port: Number(process.env.BI_PORT), database: process.env.BI_DATABASE, user: process.env.BI_USER,
	// It asks for UTF-8 by itself, but not for these, which it cannot read otherwise.
	options: '-c DateStyle=ISO -c extra_float_digits=1',
});
await client.connect();
try {
	const schemas = list('BI_SCHEMAS'), skip = new Set(list('BI_SKIP'));
	const toRead = process.env.BI_READ === undefined ? schemas : list('BI_READ');
	// node-postgres has no catalogue calls: who uses it asks the information schema.
	const relations = await client.query(
		'SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema = ANY ($1) ORDER BY 1, 2', [schemas]);
	for (const r of relations.rows) say('relation', r.table_schema, r.table_name, r.table_type, '');
	const columns = await client.query(
		`SELECT table_schema, table_name, ordinal_position, column_name, data_type, numeric_precision, numeric_scale
		FROM information_schema.columns WHERE table_schema = ANY ($1) ORDER BY 1, 2, 3`, [schemas]);
	for (const c of columns.rows) say('column', ...Object.values(c), '');
	for (const r of relations.rows) {
		if (r.table_type === 'VIEW' && toRead.includes(r.table_schema) && !skip.has(r.table_name)) await read(client, r.table_schema, r.table_name);
	}
	for (const line of (process.env.BI_DENIED ?? '').split('\n').filter(Boolean)) {
		const [name, ...statements] = line.split(';');
		say('state', name, await sqlstate(client, statements));
	}
} finally {
	await client.end();
}
