// The server of the dashboard under hostile input, load and a database restart.
import { execFileSync, spawn } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import { statSync } from 'node:fs';
import { ODD, connect, failures, is, logSize, ok, pg, startServer, statementsSince, web } from './common.mjs';

const before = logSize();
const started = await startServer();
ok(started.base !== null, 'the server starts and prints its address', started.err);
const { port } = new URL(started.base);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1200 });

// status, headers and body; an error of the connection has status 0
function ask(path, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, headers, agent, timeout: 60_000 }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('timeout', () => request.destroy(new Error('hangs')));
    request.on('error', (error) =>
      // a kept connection that the server closed, being idle, just as it was used again: as browsers do
      resolve(request.reusedSocket && error.code === 'ECONNRESET' ? ask(path, { method, headers, body }) : { status: 0, headers: {}, body: error.message }));
    request.end(body);
  });
}
const raw = (text) =>
  new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(30_000, () => { answer = 'hangs'; socket.destroy(); });
    socket.on('data', (data) => (answer += data));
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
function messageOf({ body }) {
  try {
    return JSON.parse(body).error.message;
  } catch {
    return body;
  }
}
const query = (parameters) => `/api/dashboard?${new URLSearchParams(parameters)}`;
const filtered = (filters) => query({ mart: 'shop', filters: typeof filters === 'string' ? filters : JSON.stringify(filters) });
const post = (body, type = 'application/json') => ({ method: 'POST', headers: { 'content-type': type }, body });

// Answers that are answers
const whole = await ask(query({ mart: 'shop' }));
is(whole.status, 200, 'a mart is answered');
is(JSON.parse((await ask('/api/definitions?mart=shop')).body).definitions?.some(({ view }) => view === 'kpi_total'), true, 'what its views mean');
is(JSON.parse((await ask('/api/dashboard')).body).marts, [ODD, 'nothing', 'shop', 'store'].sort(), 'without a mart it lists those that the role may read');
is(whole.headers['cache-control'], 'no-store', 'data are not stored');
const page = await ask('/');
const policy = page.headers['content-security-policy'] ?? '';
ok(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self'") && /frame-ancestors 'none'/.test(policy) && !/unsafe|\*|https?:/.test(policy), 'a strict Content-Security-Policy', policy);
is([page.headers['x-content-type-options'], whole.headers['x-content-type-options'], whole.headers['content-security-policy']], ['nosniff', 'nosniff', policy], 'nosniff and the policy with all answers');
is((await ask('/', { headers: { 'if-none-match': page.headers.etag } })).status, 304, 'unchanged files are not sent again');
is(JSON.parse((await ask('/api/dashboard', post(JSON.stringify({ mart: 'shop', filters: { gender: ['Female'] } })))).body).filters, { gender: ['Female'] }, 'filters by POST');
const odd = JSON.parse((await ask(query({ mart: ODD, filters: '{"constructor": ["__proto__"]}' }))).body);
is([odd.mart, odd.kpi?.purchases], [ODD, 133], 'a mart with an odd name, and a dimension called constructor');

// Errors that are errors: [what, status, path, options]
const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
const attacks = [
  ['an unknown mart', 404, query({ mart: 'nosuch' })],
  ['a mart that this role may not read', 404, query({ mart: 'secret' })],
  ['SQL as a mart', 404, query({ mart: "shop'; DROP TABLE clean_purchases; --" })],
  ['a system schema as a mart', 404, query({ mart: 'pg_catalog' })],
  ['an empty mart', 404, query({ mart: '' })],
  ['a mart of 5,000 characters', 404, query({ mart: 'x'.repeat(5000) })],
  ['a NUL byte in the mart', 404, '/api/dashboard?mart=sh%00op'],
  ['an unknown page', 400, query({ mart: 'shop', page: 'admin' })],
  ['filters that are an array', 400, filtered('[]')],
  ['filters that are a number', 400, filtered('1')],
  ['filters that are null', 400, filtered('null')],
  ['filters that are no JSON', 400, filtered('{gender:')],
  ['filters with a text for an array', 400, filtered({ gender: 'Female' })],
  ['filters with an object', 400, filtered({ gender: [{ a: 1 }] })],
  ['filters with a number', 400, filtered({ gender: [1] })],
  ['an unknown dimension', 400, filtered({ nosuch: ['x'] })],
  ['SQL as a dimension', 400, filtered({ "gender' OR true --": ['x'] })],
  ['a period that is an array', 400, query({ mart: 'store', period: '[]' })],
  ['a period that is no JSON', 400, query({ mart: 'store', period: '{preset' })],
  ['a period with an unknown key', 400, query({ mart: 'store', period: '{"sql": "SELECT 1"}' })],
  ['a period with SQL for a day', 400, query({ mart: 'store', period: '{"from": "2024-01-01\'; SELECT 1"}' })],
  ['a period of a mart without times', 400, query({ mart: 'shop', period: '{"preset": "month"}' })],
  ['a period nested 20 deep', 400, query({ mart: 'store', period: `${'['.repeat(20)}${']'.repeat(20)}` })],
  ['filters nested 5,000 deep', 400, filtered(deep).slice(0, 8000)],
  ['filters nested 20 deep', 400, filtered(`{"gender": ${'['.repeat(20)}${']'.repeat(20)}}`)],
  ['filters nested 5,000 deep by POST', 400, '/api/dashboard', post(`{"mart": "shop", "filters": ${deep}}`)],
  ['NUL in a value', 400, filtered('{"gender": ["a\\u0000b"]}')],
  ['half a surrogate pair', 400, filtered('{"gender": ["\\ud800"]}')],
  ['a bad percent encoding', 400, '/api/dashboard?mart=%zz'],
  ['bytes that are not UTF-8', 400, '/api/dashboard?mart=%ff%fe'],
  ['a parameter twice', 400, '/api/dashboard?mart=shop&mart=store'],
  ['an unknown parameter', 400, query({ mart: 'shop', sql: 'SELECT 1' })],
  ['an address of 20,000 characters', 431, `/${'a'.repeat(20_000)}`],
  ['an address of 10,000 characters', 414, filtered({ gender: ['x'.repeat(10_000)] })],
  ['a body of 100,000 bytes', 413, '/api/dashboard', post(JSON.stringify({ mart: 'shop', filters: { gender: ['x'.repeat(100_000)] } }))],
  ['a form as body', 415, '/api/dashboard', post('mart=shop', 'application/x-www-form-urlencoded')],
  ['a body without a type', 415, '/api/dashboard', { method: 'POST', body: '{}' }],
  ['a body that is no object', 400, '/api/dashboard', post('[]')],
  ['a body that is no JSON', 400, '/api/dashboard', post('{')],
  ['a mart that is a number', 400, '/api/dashboard', post('{"mart": 1}')],
  ['a page that is an array', 400, '/api/dashboard', post('{"mart": "shop", "page": ["about"]}')],
  ['PUT', 405, '/api/dashboard', { method: 'PUT' }],
  ['DELETE', 405, '/', { method: 'DELETE' }],
  ['POST to a file', 405, '/app.js', post('{}')],
  ['an unknown path', 404, '/nosuch'],
  ['a path out of the folder', 404, '/../server.mjs'],
  ['an encoded path out of the folder', 404, '/%2e%2e/%2e%2e/etc/passwd'],
  ['a path with backslashes', 404, '/..\\server.mjs'],
  ['the source', 404, '/page/app.mjs'],
  ['another host name (DNS rebinding)', 403, query({ mart: 'shop' }), { headers: { host: `evil.example:${port}` } }],
  ['a host that starts like ours', 403, '/', { headers: { host: `127.0.0.1.evil.example:${port}` } }],
  ['another origin', 403, query({ mart: 'shop' }), { headers: { origin: 'http://evil.example' } }],
  ['the origin "null"', 403, query({ mart: 'shop' }), { headers: { origin: 'null' } }],
  ['a script of another site', 403, query({ mart: 'shop' }), { headers: { 'sec-fetch-site': 'cross-site' } }],
];
// a page in parts takes the same
for (const [what, status, path, options] of attacks.filter(([, , path]) => path.startsWith('/api/dashboard') && !path.includes('page=')))
  attacks.push([`${what}, in parts`, status, path.replace('/api/dashboard', '/api/page'), options]);
attacks.push(['a page in parts without a mart', 400, '/api/page'], ['an unknown page in parts', 400, '/api/page?mart=shop&page=admin'],
  ['definitions of an unknown mart', 404, '/api/definitions?mart=nosuch'], ['definitions of a mart that this role may not read', 404, '/api/definitions?mart=secret'],
  ['definitions without a mart', 400, '/api/definitions'], ['definitions with a filter', 400, '/api/definitions?mart=shop&filters={}']);
// lists, and their files for tables
for (const kind of ['customers', 'purchases', 'customers.csv', 'purchases.csv']) {
  const list = (parameters) => `/api/${kind}?${new URLSearchParams({ mart: 'shop', ...parameters })}`;
  const one = kind.startsWith('customers') ? 'search' : 'product';
  attacks.push([`${kind}: no mart`, 400, `/api/${kind}`], [`${kind}: an unknown mart`, 404, list({ mart: 'nosuch' })], [`${kind}: a mart that this role may not read`, 404, list({ mart: 'secret' })],
    [`${kind}: SQL to sort by`, 400, list({ sort: 'revenue; DROP TABLE clean_purchases' })], [`${kind}: an expression to sort by`, 400, list({ sort: '1' })], [`${kind}: an unknown parameter`, 400, list({ sql: 'x' })],
    [`${kind}: filters that are an array`, 400, list({ filters: '[]' })], [`${kind}: an unknown dimension`, 400, list({ filters: '{"x": ["y"]}' })], [`${kind}: a direction that is SQL`, 400, list({ descending: 'true; SELECT 1' })],
    [`${kind}: NUL in a text`, 400, list({ [one]: 'a\0b' })], [`${kind}: a period of a mart without times`, 400, list({ period: '{"preset": "month"}' })], [`${kind}: PUT`, 405, `/api/${kind}`, { method: 'PUT' }],
    [`${kind}: another origin`, 403, list({}), { headers: { origin: 'http://evil.example' } }]);
  if (!kind.endsWith('.csv')) attacks.push([`${kind}: a limit of 0`, 400, list({ limit: '0' })], [`${kind}: a limit of 1,001`, 400, list({ limit: '1001' })], [`${kind}: an offset below zero`, 400, list({ offset: '-1' })], [`${kind}: a limit that is SQL`, 400, list({ limit: '1; SELECT 1' })]);
}
attacks.push(['customers: a search of 201 characters', 400, `/api/customers?mart=shop&search=${'x'.repeat(201)}`], ['customers: chosen by a key that there is not', 400, '/api/customers?mart=shop&chosen={"x":["y"]}'],
  ['customers: chosen that is an array', 400, '/api/customers?mart=shop&chosen=[]'], ['customers: a customer', 400, '/api/customers?mart=shop&customer=1']);
const wrong = [];
for (const [what, status, path, options] of attacks) {
  const answer = await ask(path, options);
  let explained = status === 431;
  try {
    explained ||= typeof JSON.parse(answer.body).error.message === 'string';
  } catch {
    // then it is wrong
  }
  if (answer.status !== status || !explained || /node_modules|\.mjs|at \w+ \(/.test(answer.body)) wrong.push([what, `wanted ${status}`, answer.status, answer.body.slice(0, 300)]);
}
is(wrong, [], `${attacks.length} hostile requests: each its status, a message, no stack`);
is((await ask(filtered({ gender: ["' OR '1'='1", '"; SELECT pg_sleep(60); --', 'x'.repeat(3000)] }))).body.match(/"purchases": (\d+)/)?.[1], '0', 'SQL in values selects nothing');
is(4, (await Promise.all([[`search=${encodeURIComponent("' OR '1'='1")}`, 'customers'], [`search=${encodeURIComponent('%')}`, 'customers'], [`chosen=${encodeURIComponent(JSON.stringify({ spend_tier: ["' OR '1'='1"] }))}`, 'customers'], [`product=${encodeURIComponent("' OR '1'='1")}`, 'purchases']].map(async ([text, kind]) => JSON.parse((await ask(`/api/${kind}?mart=shop&${text}`)).body).total))).filter((total) => total === 0).length, 'nor in what lists are narrowed by');
ok(/^HTTP\/1\.1 400/.test(await raw('nonsense\r\n\r\n')), 'no HTTP at all: 400');
ok(/^HTTP\/1\.1 4/.test(await raw('GET / HTTP/1.1\r\n\r\n')), 'HTTP without a host: refused');
ok(/^HTTP\/1\.1 403/.test(await raw('GET / HTTP/1.0\r\n\r\n')), 'HTTP/1.0 without a host: 403');

// Only on the loopback address
const listening = execFileSync('/usr/bin/python3', ['-c', `
import sys
port = '%04X' % int(sys.argv[1])
found = set()
for name in ('tcp', 'tcp6'):
    for line in open('/proc/net/' + name).readlines()[1:]:
        field = line.split()
        if field[3] == '0A' and field[1].endswith(':' + port):
            found.add(name + ' ' + field[1].split(':')[0])
print(','.join(sorted(found)))`, port]).toString().trim();
is(listening, 'tcp 0100007F', 'it listens on 127.0.0.1 only');

// Load
const alike = await Promise.all(Array.from({ length: 1000 }, () => ask(query({ mart: 'shop', page: 'about' }))));
is([...new Set(alike.map((a) => `${a.status} ${a.body.length === alike[0].body.length}`))], ['200 true'], '1,000 equal requests at once are all answered');
const inPartsAlike = await Promise.all(Array.from({ length: 1000 }, () => ask('/api/page?mart=shop&page=products')));
is([...new Set(inPartsAlike.map((a) => `${a.status} ${a.body === inPartsAlike[0].body}`))], ['200 true'], '1,000 equal requests for a page in parts are all answered');
const different = await Promise.all(Array.from({ length: 1000 }, (_, i) => ask(filtered({ gender: [`nobody ${i}`] }))));
const statuses = Object.entries(Object.groupBy?.(different, (a) => a.status) ?? different.reduce((m, a) => ({ ...m, [a.status]: [...(m[a.status] ?? []), a] }), {}));
ok(statuses.every(([status]) => status === '200' || status === '503') && different.some((a) => a.status === 200),
  '1,000 different requests at once: answers, or "too many"', statuses.map(([s, list]) => [s, list.length, list[0].body.slice(0, 200)]));
is((await ask(query({ mart: 'shop' }))).status, 200, 'and the next one is answered');

// A database that does not answer
const admin = await connect();
const impatient = await startServer({ env: { DASHBOARD_TIMEOUT: '1' } });
await admin.query('BEGIN');
await admin.query('LOCK TABLE shop.mart IN ACCESS EXCLUSIVE MODE');
const late = await new Promise((resolve) => http.get(`${impatient.base}api/dashboard?mart=shop`, (r) => { r.resume(); r.on('end', () => resolve(r.statusCode)); }));
ok(late === 503 || late === 504, 'a lock in the database: 503 or 504, not a hang', late);
const stuck = Array.from({ length: 300 }, (_, i) => ask(filtered({ gender: [`stuck ${i}`] })));
const first = await Promise.race(stuck);
is([first.status, messageOf(first), first.headers['retry-after']], [503, 'too many requests at once', '2'], 'a full queue refuses at once');
const sessions = await admin.query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'mart_reader' AND application_name = 'purchase_trends_web'");
is(sessions.rows[0].count, '5', 'at most four sessions of a server (and one of the impatient one)');
await admin.query('ROLLBACK');
ok((await Promise.all(stuck)).every((a) => [200, 503].includes(a.status)), 'all of the others are answered or refused');
is((await impatient.stop()).code, 0, 'SIGTERM ends it with code 0');

// A mart whose name is, without quotes, that of another
await admin.query(`SELECT count(*) FROM create_mart('"Shop"', 'no_orders')`);
await admin.query(`SELECT grant_mart('"Shop"', 'mart_reader')`);
const twins = JSON.parse((await ask('/api/dashboard')).body).marts.filter((mart) => /^shop$/i.test(mart));
const answeredBy = [];
for (const mart of twins) answeredBy.push(JSON.parse((await ask(query({ mart }))).body));
is(answeredBy.map(({ mart, kpi }) => [mart, kpi?.purchases > 0]).sort(), [['Shop', false], ['shop', true]], 'Shop beside shop: each name of the list is answered by that mart');
await admin.query(`SELECT drop_mart('"Shop"')`);

// Sessions can only read, whoever the role is
const defaults = await admin.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'purchase_trends_web' AND state = 'idle in transaction'");
is(defaults.rows[0].count, '0', 'no session is left in a transaction');
// A mart runs what its owner has written: this one leaves what it can in the session of whoever reads it, and tells in
// the log how it has found it.
await admin.query(`
  CREATE ROLE mallory LOGIN;
  GRANT CREATE ON DATABASE demo TO mallory;
  CREATE SCHEMA mallory AUTHORIZATION mallory`);
const mallory = new pg.Client({ user: 'mallory' });
await mallory.connect();
await mallory.query(`
  CREATE TABLE mallory.loot (x text);
  GRANT USAGE ON SCHEMA mallory TO PUBLIC;
  GRANT ALL ON mallory.loot TO PUBLIC;
  CREATE FUNCTION mallory.strike(whatever text) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    attack text;
  BEGIN
    RAISE LOG 'hostile: %', concat_ws(' ', pg_backend_pid(), session_user, current_user, current_setting('transaction_read_only'),
      current_setting('default_transaction_read_only'), current_setting('statement_timeout'), current_setting('lock_timeout'),
      current_setting('search_path'), current_setting('work_mem'), coalesce(nullif(current_setting('mallory.note', true), ''), '-'),
      (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
      (SELECT count(*) FROM pg_prepared_statements WHERE name <> ''), (SELECT count(*) FROM pg_cursors WHERE is_holdable),
      (SELECT count(*) FROM pg_listening_channels()), pg_my_temp_schema() <> 0);
    FOREACH attack IN ARRAY ARRAY[
      'SET default_transaction_read_only = off', 'SET transaction_read_only = off', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
      'SET statement_timeout = 0', 'SET lock_timeout = 0', 'SET idle_in_transaction_session_timeout = 0', 'SET search_path = mallory',
      'SET work_mem = ''1GB''', 'SET mallory.note = ''was here''', 'SET ROLE mallory', 'SELECT pg_advisory_lock(1)', 'PREPARE p AS SELECT 1',
      'DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'LISTEN c', 'CREATE TEMP TABLE t ()', 'COMMIT', 'INSERT INTO mallory.loot VALUES (current_user)',
      'CREATE FUNCTION pg_temp.mart_dashboard(text, jsonb, text, jsonb) RETURNS jsonb LANGUAGE sql AS ''SELECT NULL'''] LOOP
      BEGIN
        EXECUTE attack;
      EXCEPTION WHEN OTHERS THEN
        NULL;
      END;
    END LOOP;
    RETURN whatever;
  END $$;
  CREATE TABLE mallory.sales AS SELECT 1 AS customer_id, 1::numeric AS amount, 'x'::text AS category;
  SELECT count(*) FROM public.create_mart('bait', 'mallory.sales', category => 'mallory.strike(category)');
  SELECT public.grant_mart('bait', 'mart_reader')`);
await mallory.end();
const hostile = (from) => statementsSince(from).filter((text) => /^hostile: /.test(text));
const martsOf = async ({ base }) => JSON.parse(await (await fetch(`${base}api/dashboard`)).text()).marts;
// all but the time
async function wholeAnswer(base, parameters) {
  const answer = await fetch(`${base}${query(parameters).slice(1)}`);
  return [answer.status, [...answer.headers].filter(([name]) => name !== 'date'), await answer.text()];
}

const untold = await startServer({ owners: [] });
is(await martsOf(untold), [ODD, 'nothing', 'shop'].sort(), 'without --owner: the marts of the owner of the database and of superusers');
let from = logSize();
const unknown = await wholeAnswer(untold.base, { mart: 'nosuch' });
const unknownPart = await (await fetch(`${untold.base}api/page?mart=nosuch`)).text();
is(await (await fetch(`${untold.base}api/page?mart=bait`)).text(), unknownPart, 'a mart of an owner that is not trusted, in parts: the very same answer');
is(unknown[0], 404, 'an unknown mart: 404');
for (const [what, mart] of [['a mart of an owner that is not trusted', 'bait'], ['a mart that the role may not read', 'secret'], ['a schema that is no mart', 'mallory'], ['another one that is not trusted', 'store']])
  is(await wholeAnswer(untold.base, { mart }), unknown, `${what}: the very same answer`);
ok(!/nosuch|shop|store|secret|bait|nothing/.test(unknown[2]), 'which has no name in it', unknown[2]);
is(await wholeAnswer(started.base, { mart: 'secret' }), unknown, 'and so with --owner');
is(hostile(from), [], 'and nothing of them has run');
is((await ask('/api/refresh', post('{"mart": "bait"}'))).status, 404, 'nor is one refreshed that is not shown');
await admin.query('GRANT mallory TO mart_reader');
is(await martsOf(untold), [ODD, 'nothing', 'shop'].sort(), 'who makes the reading role a member of himself is not trusted for it');
await admin.query('REVOKE mallory FROM mart_reader; GRANT mart_reader TO mallory WITH ADMIN OPTION');
is((await martsOf(untold)).includes('bait'), true, 'who may grant the reading role is');
await admin.query('REVOKE mart_reader FROM mallory');
await untold.stop();

const told = await startServer({ owners: ['mallory'], env: { DASHBOARD_TIMEOUT: '7', PGOPTIONS: '-c work_mem=5MB -c statement_timeout=0' } });
is(await martsOf(told), ['bait'], '--owner: the marts of this one');
from = logSize();
is([(await wholeAnswer(told.base, { mart: 'bait' }))[0], (await wholeAnswer(told.base, { mart: 'bait', page: 'about' }))[0]], [200, 200], 'whose mart is read');
const reports = hostile(from);
const [pid, ...state] = reports[0]?.split(' ').slice(1) ?? [];
is(state.join(' '), 'mart_reader mart_reader on on 7s 5s pg_catalog, bait, pg_temp 5MB - 0 0 0 0 f', 'its session can only read, and has limits; other settings are those of PGOPTIONS');
ok(reports.some((report) => report !== reports[0]), 'it has changed what it could', reports);
from = logSize();
is((await wholeAnswer(told.base, { mart: 'bait', page: 'customers' }))[0], 200, 'the next question ...');
is(hostile(from)[0], reports[0], '... finds the session as the first one did');
from = logSize();
const inParts = await (await fetch(`${told.base}api/page?mart=bait&page=products`)).text();
ok(/"end": true/.test(inParts) && !/"failed"/.test(inParts), 'a page in parts is answered, too', inParts.slice(0, 300));
// each part begins with one report of the session as it was found; those that follow are of what the mart has done to it itself
const found = (report) => report.split(' ').slice(2).join(' ');
const clean = hostile(from).filter((report) => found(report) === found(reports[0]));
ok(clean.length >= 2, 'and each part finds its session as it should be', hostile(from));
ok(Number(pid) > 0, 'which is the same one');
is((await admin.query('SELECT count(*) FROM mallory.loot WHERE x <> \'mallory\'')).rows[0].count, '0', 'and nothing was written');
await told.stop();
await admin.query('DROP OWNED BY mallory CASCADE; DROP ROLE mallory');

// A role that can do too much
const superuser = await startServer({ env: { PGUSER: 'postgres' } });
if (superuser.base) await superuser.stop();
is([superuser.base, (await superuser.ended).code, /superuser/.test(superuser.err)], [null, 2, true], 'it refuses to run as a superuser');
for (const args of [['nonsense'], ['99999'], ['-1'], ['1', '2']]) {
  const refused = await startServer({ args });
  if (refused.base) await refused.stop();
  if (refused.base !== null || (await refused.ended).code !== 2) ok(false, `argument ${args} is refused`, refused.err);
}
const taken = await startServer({ args: [port] });
if (taken.base) await taken.stop();
is([(await taken.ended).code, /EADDRINUSE/.test(taken.err)], [2, true], 'a port that is taken: a message and code 2');

// A database restart
await admin.end();
const data = `${process.env.PGHOST}/data`;
const pgCtl = (...args) => {
  const owner = statSync(data).uid;
  const command = ['pg_ctl', '-D', data, '-l', `${data}/log`, '-w', ...args];
  const options = { stdio: 'ignore', cwd: '/' };
  const bin = execFileSync('sh', ['-c', 'command -v pg_ctl']).toString().trim();
  command[0] = bin;
  if (process.getuid() === 0) execFileSync('runuser', ['-u', execFileSync('id', ['-nu', String(owner)]).toString().trim(), '--', ...command], options);
  else execFileSync(command[0], command.slice(1), options);
};
await Promise.all(Array.from({ length: 8 }, (_, i) => ask(filtered({ gender: [`warm ${i}`] })))); // all connections are open
pgCtl('-m', 'fast', 'restart');
is((await ask(query({ mart: 'shop' }))).status, 200, 'after a restart of the database the first request is answered');
pgCtl('-m', 'fast', 'stop');
const down = await ask(query({ mart: 'shop' }));
is([down.status, messageOf(down)], [503, 'the database cannot be reached'], 'without a database: 503, and why');
is((await ask('/')).status, 200, 'the page itself is still there');
pgCtl('start');
is((await ask(query({ mart: 'shop' }))).status, 200, 'and when it is back, answers again');
is(started.child.exitCode, null, 'all by the same process');
ok(!/^\s+at /m.test(started.err), 'no stack trace in its log', started.err.slice(-2000));

// What the database has seen of all that
const seen = statementsSince(before).filter((text) => !/^(hostile|duration): /.test(text));
// without the schema and the limits
const shapes = [...new Set(seen.map((text) =>
  /^(?:execute <unnamed>|statement): SELECT .*(?:(marts)\(\) m JOIN|\.(mart_dashboard)\(\$1::text, \$2::jsonb, \$3::text, \$4::jsonb\)|(quote_ident)\(n\.nspname\)|\.(mart_dashboard_parts)\(\$1::text, \$2::text\)|\.(mart_dashboard_part)\(\$1::text, \$2::jsonb, \$3::text, \$4::jsonb, \$5::text\[\]\)|\.(pt_dashboard_findings)\(|\.(pt_mart_dashboard_definitions)\(\$1::text\)|\.(mart_customers)\(\$1::text, \$2::jsonb, \$3::jsonb, \$4::text, \$5::text, \$6::boolean, \$7::integer, \$8::integer, \$9::jsonb\)|\.(mart_purchases)\(\$1::text, \$2::jsonb, \$3::text, \$4::text, \$5::text, \$6::boolean, \$7::integer, \$8::integer, \$9::jsonb\)|pg_catalog\.(pg_current_snapshot)\(\)|pg_catalog\.(pg_export_snapshot)\(\))|^statement: (?:(BEGIN (?:ISOLATION LEVEL REPEATABLE READ )?READ ONLY); SET LOCAL [a-z_ =;0-9LOCASET]*$|(SET TRANSACTION SNAPSHOT) '[0-9A-F-]+'$|(SAVEPOINT part|ROLLBACK TO SAVEPOINT part|ROLLBACK|DISCARD ALL)$)/.exec(text)?.slice(1).find(Boolean) ?? text))];
is(shapes.sort(), ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', 'BEGIN READ ONLY', 'DISCARD ALL', 'ROLLBACK', 'ROLLBACK TO SAVEPOINT part', 'SAVEPOINT part', 'SET TRANSACTION SNAPSHOT', 'mart_customers', 'mart_dashboard', 'mart_dashboard_part',
  'mart_dashboard_parts', 'mart_purchases', 'marts', 'pg_current_snapshot', 'pg_export_snapshot', 'pt_dashboard_findings', 'pt_mart_dashboard_definitions', 'quote_ident'], 'the database saw these statements only');
const asked = seen.filter((text) => /mart_dashboard\(/.test(text));
ok(asked.length > 100 && asked.length < 3000, 'equal requests share a query', asked.length);

// The export, as the same role
const exported = spawn(process.execPath, ['export.mjs', '--mart', 'nosuch'], { cwd: web, env: { ...process.env, PGUSER: 'mart_reader' }, stdio: ['ignore', 'ignore', 'pipe'] });
let message = '';
exported.stderr.on('data', (text) => (message += text));
const code = await new Promise((resolve) => exported.on('exit', resolve));
ok(code === 1 && /no mart "nosuch"/.test(message) && !/^\s+at /m.test(message), 'the export of an unknown mart: a message and code 1', message);

is((await started.stop()).code, 0, 'it stops on SIGTERM');
agent.destroy();
process.exit(failures() ? 1 : 0);
