// The only place that talks to PostgreSQL.  Who looks sends the same statements each
// time; refreshing has two of its own, in sessions of their own.
//
// A mart runs what its owner has written: a function in one of its expressions may change
// the session that reads it.  So only marts of trusted owners are read, each question has a
// transaction of its own that can only read, and nothing of the session outlives it.
import pg from 'pg';

// The functions are called in the schema of the extension, with all arguments and their types: whatever
// the search_path is, and whoever may create functions beside ours, these are the ones.
const SCHEMA =
  'SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ' +
  "WHERE e.extname = 'purchase_trends'::name";
// Nobody can make himself one of those that are trusted by default: the owner of the database, superusers, who may read
// what they like anyway, the reading role itself, whoever may grant it to others, and who refreshes for this server.
// (Not those of whom it is a member: before PostgreSQL 16 everybody can make others members of himself.)
const shown = (schema) =>
  `SELECT coalesce(pg_catalog.json_agg(m.mart ORDER BY m.mart), '[]'::json) FROM ${schema}.marts() m ` +
  'JOIN pg_catalog.pg_namespace n ON n.nspname = m.mart JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner ' +
  "JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'mart'::name " +
  "WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE'::text) AND pg_catalog.has_table_privilege(c.oid, 'SELECT'::text) AND CASE " +
  'WHEN $1::text[] IS NOT NULL THEN o.rolname::text = ANY ($1::text[]) ' +
  'ELSE o.rolsuper OR o.rolname = current_user OR o.rolname::text = $2::text ' +
  'OR o.oid = (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) ' +
  'OR EXISTS (SELECT FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles r ON r.oid = a.roleid ' +
  'WHERE r.rolname = current_user AND a.member = o.oid AND a.admin_option) END';
const answerOf = (schema) =>
  `SELECT ${schema}.mart_dashboard($1::text, $2::jsonb, $3::text, $4::jsonb) || pg_catalog.jsonb_build_object('marts'::text, $5::jsonb)`;
// A page in parts: how it is asked for, all but its views (an empty array) or some of them, and what follows from all of it.
const partsOf = (schema) => `SELECT ${schema}.mart_dashboard_parts($1::text, $2::text)`;
const partOf = (schema) => `SELECT ${schema}.mart_dashboard_part($1::text, $2::jsonb, $3::text, $4::jsonb, $5::text[])`;
const findingsOf = (schema) => `SELECT ${schema}.pt_dashboard_findings($1::jsonb || pg_catalog.jsonb_build_object('views'::text, $2::jsonb))`;
const definitionsOf = (schema) => `SELECT ${schema}.pt_mart_dashboard_definitions($1::text)`;
// Customers and purchases behind the numbers, page by page.
const listOf = {
  customers: (schema) => `SELECT ${schema}.mart_customers($1::text, $2::jsonb, $3::jsonb, $4::text, $5::text, $6::boolean, $7::integer, $8::integer, $9::jsonb)`,
  purchases: (schema) => `SELECT ${schema}.mart_purchases($1::text, $2::jsonb, $3::text, $4::text, $5::text, $6::boolean, $7::integer, $8::integer, $9::jsonb)`,
};
// What is visible to a transaction: equal texts are equal databases. Not so on a standby, whose snapshots do not tell which
// transactions were running; after a crash numbers of transactions come again, the configuration is no transaction, and what is in
// the future depends on the day.
const SNAPSHOT =
  'SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.concat_ws(\' \'::text, pg_catalog.pg_current_snapshot(), ' +
  'pg_catalog.pg_postmaster_start_time(), pg_catalog.pg_conf_load_time(), CURRENT_DATE) END';
const EXPORT = 'SELECT pg_catalog.pg_export_snapshot()';
const refreshOf = (schema) => `SELECT pg_catalog.row_to_json(r) FROM ${schema}.refresh_mart($1::text, false::boolean) r`;
const refreshableOf = (schema) =>
  `SELECT coalesce(pg_catalog.json_agg(s.mart ORDER BY s.mart), '[]'::json) FROM ${schema}.mart_status() s ` +
  "JOIN pg_catalog.pg_namespace n ON n.nspname = s.mart WHERE s.mode = 'kept'::text AND pg_catalog.pg_has_role(n.nspowner, 'USAGE'::text)";

const CONNECTIONS = 4;
const KEPT_BYTES = 64 * 1024 * 1024; // of answers that are kept
const REFRESHING = 2; // sessions that refresh at one time, each another mart
const WAITING = 64; // requests that may wait for a connection
const CONNECT_MS = 10_000; // includes the wait for a free connection
const REFRESH_MS = 600_000; // a full rebuild computes all customers
// Who waits for a strong lock on the source keeps its writers waiting, so not for long.
const LOCK_MS = 5000;
const MERGE_MS = 2000; // parts that take longer in all are put together under filters
const CANCEL_MS = 2000; // for a cancel to reach the server
const REMEMBER_MS = 30_000; // which marts may be refreshed

export class Refused extends Error {
  constructor(status, message, { detail, hint, code } = {}) {
    super(message);
    Object.assign(this, { status, detail, hint, code });
  }
}

// The server tells whether the role is a superuser when a session starts, so
// that this costs no statement.
class Client extends pg.Client {
  isSuperuser = false;
  constructor(config) {
    super(config);
    this.connection.on('parameterStatus', (message) => {
      if (message.parameterName === 'is_superuser') this.isSuperuser = message.parameterValue === 'on';
    });
  }
}

// The very same for a mart that does not exist, that the role may not read, and whose owner is not trusted.
export const unknownMart = () => new Refused(404, 'there is no such mart, or this server does not show it');

// A name from the lists that the database gives, as its functions read names:
// without quotes, Shop would be the mart shop.
export const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

const connectionTrouble = (error) =>
  /^(08|57P)/.test(error.code ?? '') ||
  ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EACCES'].includes(error.code) ||
  /Connection terminated|connection error and is not queryable/i.test(error.message);

// What the caller may know of an error, and the HTTP status that says it.
// mode: of the mart that was read, where it is known
function refusal(error, { mart, mode } = {}) {
  if (error instanceof Refused) return error;
  if (error instanceof Gone) return new Refused(503, 'nobody waits for this answer any more');
  const known = { code: error.code, detail: error.detail, hint: error.hint };
  const { code = '' } = error;
  if (code === '3F000') return unknownMart();
  if (code === '42501') return new Refused(403, error.message, known);
  // a period of a mart without times
  if (code === '55000' && /has no times$/.test(error.message)) return new Refused(400, error.message, known);
  // data exceptions, and limits of the server that the request has run into
  if (/^22/.test(code) || code === '54001' || code === '54000') return new Refused(400, error.message, known);
  if (code === '57014' || /^Query read timeout/.test(error.message))
    return new Refused(504, 'the database took too long', { code, hint: mode === 'live' ? keepHint(mart) : 'Try fewer filters, or raise DASHBOARD_TIMEOUT.' });
  if (/timeout exceeded when trying to connect/.test(error.message))
    return new Refused(503, 'no connection to the database became free in time', { hint: 'Try again in a moment.' });
  if (connectionTrouble(error))
    return new Refused(503, 'the database cannot be reached', { code, hint: 'It may be starting; try again in a moment.' });
  if (/^53/.test(code) || code === '55P03') return new Refused(503, error.message, known);
  if (/^28/.test(code) || code === '3D000') return new Refused(503, error.message, known);
  return new Refused(500, 'the database could not answer', { code });
}

const literal = (text) => `'${text.replaceAll("'", "''")}'`;
const asTyped = (mart) => (/^[a-z_][a-z0-9_$]*$/.test(mart) ? mart : quoted(mart));
const keepHint = (mart) => `The mart is live: each page reads all of its table. Its owner can keep what it computes: SELECT set_mart_mode(${literal(asTyped(mart))}, 'kept')`;

// The same of a refresh, of which no part is done if it fails.
function refreshRefusal(error, stopping) {
  const { code } = error;
  if (stopping) return new Refused(503, 'the dashboard server is stopping: the mart was not refreshed', { code });
  if (code === '55P03') return new Refused(503, 'the mart, or its source, is locked by someone else, perhaps by another refresh', { code, hint: 'Try again in a moment.' });
  if (code === '57014' || /^Query read timeout/.test(error.message))
    return new Refused(504, 'the refresh was cancelled, or took too long', { code, hint: 'What was pending is pending still. In psql, refresh_mart() has all the time that it needs.' });
  // a live mart, row security, a standby: it is the state of things that forbids it
  if (['55000', '0A000', '25001', '25006'].includes(code)) return new Refused(409, error.message, { code, detail: error.detail, hint: error.hint });
  return refusal(error);
}

function openPool({ user, options, timeoutMs, log, ...rest }) {
  const pool = new pg.Pool({
    Client,
    user,
    options: [process.env.PGOPTIONS, ...options, `-c statement_timeout=${timeoutMs}`, '-c idle_in_transaction_session_timeout=10000']
      .filter(Boolean)
      .join(' '),
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: timeoutMs + 2000, // should the server itself not answer at all
    keepAlive: true,
    ...rest,
  });
  // An idle connection that dies (a restart) is not an error of any request.
  pool.on('error', (error) => log(`database: ${error.message}`));
  return pool;
}

// Nobody waits for the answer any more.
class Gone extends Error {}

// Asks the server to cancel what a session is doing, on a connection that needs no log-in; the server closes it once the signal
// is sent. A session that does nothing is not disturbed.
function cancelStatement(pool, client) {
  client.cancelling ??= new Promise((resolve) => {
    const { connection, host, port, ssl } = new Client(pool.options);
    const send = () => connection.cancel(client.processID, client.secretKey);
    const end = () => { connection.stream.destroy(); clearTimeout(late); resolve(); };
    const late = setTimeout(end, CANCEL_MS);
    connection.on('connect', () => (ssl ? connection.requestSsl() : send()));
    connection.on('sslconnect', send);
    connection.on('error', end);
    connection.on('end', end);
    if (host?.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}

// A signal that comes when all who have joined are gone.
class Waiting {
  #controller = new AbortController();
  #count = 0;
  signal = this.#controller.signal;
  join(signal) {
    this.#count++;
    if (signal === undefined) return;
    const leave = () => { if (--this.#count === 0) this.#controller.abort(); };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  }
}

// What ask(value, client) returns, in a session of the pool; value(text, values) is the one value that a statement
// returns, as text. release() leaves nothing of it in the session.
// When signal says that nobody wants the answer any more, the statement under way is cancelled.
async function inSession(pool, ask, { hint, release = async () => {}, signal }) {
  if (signal?.aborted) throw new Gone();
  if (pool.waitingCount >= WAITING)
    throw new Refused(503, 'too many requests at once', { hint: 'Try again in a moment.' });
  const client = await pool.connect();
  const cancel = () => cancelStatement(pool, client);
  let trouble;
  try {
    signal?.addEventListener('abort', cancel);
    if (client.isSuperuser) throw new Refused(403, `the role "${client.user}" is a superuser`, { hint });
    const value = async (text, values = []) => {
      if (signal?.aborted) throw new Gone();
      const answer = await client.query({
        text,
        values,
        rowMode: 'array',
        // the text as it is: numbers keep their digits
        types: { getTypeParser: () => (field) => field },
      });
      return answer.rows[0]?.[0] ?? null;
    };
    return await ask(value, client);
  } catch (error) {
    trouble = error;
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    await client.cancelling; // or it would meet the next statement
    client.cancelling = null;
    // a connection of which we do not know the state is closed
    let close = trouble !== undefined && !(trouble instanceof Gone) && (!trouble.code || connectionTrouble(trouble));
    if (!close) await release(client).catch(() => (close = true));
    client.release(close);
  }
}

async function schemaOf(value) {
  const schema = await value(SCHEMA);
  if (schema === null) throw new Refused(500, 'the database has no extension purchase_trends', { hint: 'CREATE EXTENSION purchase_trends makes it.' });
  return schema;
}

// A page as it is computed: its lines, and who listens to them.
class Answer {
  lines = [];
  early = []; // before the first one, which has all but the views
  listeners = new Set();
  size = 1000;
  whole = true;
  failure = null;
  dropped = false; // as nobody listened
  ended = false;
  queue = []; // parts that are still to be computed
  sessions = new Set(); // that compute one
  constructor(how, cancel) {
    Object.assign(this, { how, cancel });
    this.finished = new Promise((resolve) => (this.finish = resolve));
  }

  listen(listener) {
    if (this.listeners.has(listener)) return;
    if (!this.ended) {
      this.listeners.add(listener); // what is kept keeps nobody
      listener.signal.addEventListener('abort', () => this.drop(), { once: true });
    }
    this.lines.forEach((text) => listener.line(text));
  }

  add(text, first = false) {
    this.size += text.length;
    if (!first && !this.lines.length) {
      this.early.push(text);
      return;
    }
    for (const line of first ? [text, ...this.early] : [text]) {
      this.lines.push(line);
      this.listeners.forEach((listener) => listener.line(line));
    }
  }

  fail(refused, again) {
    this.failure = Object.assign(refused, { again });
  }

  abandoned() {
    return this.failure !== null || [...this.listeners].every((listener) => listener.gone);
  }

  // Nobody listens: what is under way is cancelled, and whoever comes now begins anew.
  drop() {
    if (this.dropped || this.ended || !this.abandoned()) return;
    this.dropped = true;
    this.sessions.forEach(this.cancel);
  }

  complete() {
    return this.whole && this.failure === null && this.lines.length >= 1 && this.parts === 0;
  }

  end() {
    // what no session was left for
    const views = this.queue.flat();
    if (views.length && this.lines.length && !this.dropped) {
      this.whole = false;
      this.add(JSON.stringify({ failed: views, error: { message: 'the database cannot be reached' } }));
    }
    this.ended = true;
    this.listeners.clear();
    this.finish();
  }
}

// Texts of the database may have anything in them; a log has one line for each event.
const oneLine = (text) => text.replace(/\p{Cc}+/gu, ' ');

function say({ customers, lines, seconds, reason }) {
  return `${customers} customers, ${lines} lines, ${seconds.toFixed(3)} s (${reason})`;
}

// refreshUser: who refreshes, if it is not who looks.  owners: whose marts are read; without, those that are trusted
// by default; any: everybody's.
export function openDatabase({ timeoutMs = 15_000, refreshUser, owners, any = false, mergeMs = MERGE_MS, log = console.error } = {}) {
  const limits = {
    statement_timeout: timeoutMs,
    lock_timeout: Math.min(timeoutMs, LOCK_MS),
    idle_in_transaction_session_timeout: 10_000,
  };
  const BEGIN = ['BEGIN READ ONLY', ...Object.entries(limits).map(([name, value]) => `SET LOCAL ${name} = ${value}`)].join('; ');
  const pool = openPool({
    options: ['-c default_transaction_read_only=on'],
    timeoutMs,
    log,
    application_name: 'purchase_trends_web',
    max: CONNECTIONS,
    idleTimeoutMillis: 60_000,
  });
  // These can write, so each is opened for one statement and closed after it.
  const refreshers = openPool({
    user: refreshUser,
    options: ['-c default_transaction_read_only=off', '-c default_transaction_isolation=read\\ committed', `-c lock_timeout=${LOCK_MS}`],
    timeoutMs: REFRESH_MS,
    log,
    application_name: 'purchase_trends_refresh',
    max: REFRESHING,
    maxUses: 1,
  });

  const begin = (client, isolation = '') => client.query(BEGIN.replace('READ ONLY', `${isolation}READ ONLY`));
  const SUPERUSER = 'Connect as a role that can only read the marts; grant_mart() makes one.';
  // Undone, and not committed: settings that something has changed go with it.
  const release = async (client) => {
    await client.query('ROLLBACK');
    await client.query('DISCARD ALL');
  };
  // Nothing that belongs to a mart runs before it is known whose it is: [schema, the marts that are shown].
  async function enter(value, mart) {
    const schema = await schemaOf(value);
    const marts = any ? null : await value(shown(schema), [owners ?? null, refreshUser ?? null]);
    if (mart !== null && !any && !JSON.parse(marts).includes(mart)) throw unknownMart();
    return [schema, marts];
  }
  const ask = ([mart, filters, page, period], signal) =>
    inSession(
      pool,
      async (value, client) => {
        await begin(client);
        const [schema, marts] = await enter(value, mart);
        if (mart === null) return `{"marts": ${marts}}`;
        return value(answerOf(schema), [any ? mart : quoted(mart), filters, page, period, marts ?? '[]']);
      },
      { hint: SUPERUSER, release, signal },
    );
  // receive(text) is called with each page of a list of at most so many rows, until one is not full; all in one snapshot
  const list = (kind, mart, values, limit, offset, most, receive, signal) =>
    inSession(
      pool,
      async (value, client) => {
        await begin(client, 'ISOLATION LEVEL REPEATABLE READ ');
        const [schema] = await enter(value, mart);
        const [filters, first, second, sort, descending, period] = values;
        for (let at = offset; at < offset + most; at += limit) {
          await client.query('SAVEPOINT part');
          const text = await value(listOf[kind](schema), [quoted(mart), filters, first, second, sort, descending, Math.min(limit, offset + most - at), at, period]);
          await client.query('ROLLBACK TO SAVEPOINT part');
          if (!(await receive(text))) return;
        }
      },
      { hint: SUPERUSER, release, signal },
    );
  const definitions = (mart) =>
    inSession(
      pool,
      async (value, client) => {
        await begin(client);
        const [schema] = await enter(value, mart);
        return value(definitionsOf(schema), [mart]);
      },
      { hint: SUPERUSER, release },
    );

  // Pages in parts. Those of marts of which equal snapshots give equal answers are kept, the last ones asked for, by question and
  // snapshot: whatever is committed anywhere in the database server, they are computed anew.
  const pages = new Map();
  const took = new Map(); // part of a page of a mart, under filters or not: the fewest milliseconds; what waited for a lock is not slow
  function keep(key, answer) {
    pages.delete(key);
    pages.set(key, answer);
    let bytes = 0;
    for (const [old, { size }] of [...pages].reverse()) {
      bytes += size;
      if (bytes > KEPT_BYTES && old !== key) pages.delete(old);
    }
  }
  // One session computes the parts; others help while nobody waits for one.  All see what the first one sees.
  async function compute([mart, filters, page, period], answer, { schema, value, client }) {
    const { parts, mode } = answer.how;
    // Each part selects its rows anew: under filters or in a period that is much of what it does, and of slow pages two parts have all views.
    const id = (views) => JSON.stringify([mart, page, filters !== '{}' || period !== null, views]);
    const known = (views) => took.get(id(views)) ?? 0;
    const order = [...parts].sort((a, b) => known(b) - known(a));
    const sum = order.reduce((all, views) => all + known(views), 0);
    const merged = mode === 'kept' && (filters !== '{}' || period !== null) && order.length > 2 && order.every(known) && sum > mergeMs;
    const bins = [{ parts: [], ms: 0 }, { parts: [], ms: 0 }];
    if (merged)
      for (const views of order) {
        const bin = bins[bins[0].ms <= bins[1].ms ? 0 : 1];
        bin.parts.push(views);
        bin.ms += known(views);
      }
    const partsOfMerged = new Map(bins.map((bin) => [bin.parts.flat(), bin.parts]));
    const queue = (answer.queue = [[], ...(merged ? partsOfMerged.keys() : parts)]);
    const done = { figures: null, views: [] };
    let left = queue.length;
    const work = async (tell, session) => {
      while (queue.length) {
        if (answer.abandoned()) {
          answer.dropped = true;
          return;
        }
        const views = queue.shift();
        answer.sessions.add(session);
        const start = performance.now();
        try {
          const text = await tell(partOf(schema), [quoted(mart), filters, page, period, views]);
          if (views.length) {
            if (!merged) took.set(id(views), Math.min(performance.now() - start, took.get(id(views)) ?? Infinity));
            done.views.push(/^\{"views": \{(.*)\}\}$/s.exec(text)[1]);
            answer.add(text);
          } else {
            done.figures = text;
            answer.add(`{"page": ${text}, "expected": ${JSON.stringify(parts.flat())}, "mode": ${JSON.stringify(mode)}}`, true);
          }
        } catch (error) {
          if (answer.dropped && error.code === '57014') return;
          // one that fails takes no others with it
          if (partsOfMerged.get(views)?.length > 1 && error.code && error.code !== '57014' && !connectionTrouble(error)) {
            const alone = partsOfMerged.get(views);
            left += alone.length - 1;
            queue.push(...alone);
            continue;
          }
          const refused = refusal(error, { mart, mode });
          if (refused.status >= 500) log(`database: ${error.code ?? ''} ${error.message}`);
          const { message, detail, hint, code } = refused;
          if (!views.length) answer.fail(refused, connectionTrouble(error));
          else answer.add(JSON.stringify({ failed: views, error: { message, detail, hint, code } }));
          answer.whole = false;
          if (!error.code || connectionTrouble(error)) throw error;
        } finally {
          answer.sessions.delete(session);
        }
        answer.parts = --left;
        if (left === 0 && done.figures !== null && page !== 'overview')
          answer.add(`{"findings": ${await tell(findingsOf(schema), [done.figures, `{${done.views.join(', ')}}`])}}`);
      }
    };
    // What a mart runs may change settings: undone after each part.
    const inSavepoint = (value, client) => async (text, values) => {
      await client.query('SAVEPOINT part');
      try {
        return await value(text, values);
      } finally {
        await client.query('ROLLBACK TO SAVEPOINT part').catch(() => {});
      }
    };
    const snapshot = queue.length > 1 && pool.waitingCount === 0 && pool.totalCount - pool.idleCount < CONNECTIONS ? await value(EXPORT) : null;
    const helpers = [];
    while (snapshot !== null && helpers.length < queue.length - 1 && pool.waitingCount === 0 && pool.totalCount - pool.idleCount < CONNECTIONS) {
      let started;
      const ready = new Promise((resolve) => (started = resolve));
      const helping = inSession(
        pool,
        async (value, client) => {
          await begin(client, 'ISOLATION LEVEL REPEATABLE READ ');
          await client.query(`SET TRANSACTION SNAPSHOT ${literal(snapshot)}`);
          started();
          await work(inSavepoint(value, client), client);
        },
        { hint: SUPERUSER, release },
      ).catch(() => {}).finally(started); // its parts are said to have failed, the others are left to the others
      helpers.push({ ready, helping });
      if (helpers.length >= CONNECTIONS - 2) break; // who else asks has one
    }
    try {
      await work(inSavepoint(value, client), client);
      await Promise.all(helpers.map(({ ready }) => ready)); // the snapshot is there as long as this transaction is
    } finally {
      answer.helpers = Promise.all(helpers.map(({ helping }) => helping));
    }
  }
  // group: those who wait for this page; who comes before the database has said what is visible joins them
  const heads = new Map();
  const asPage = (asked, group) =>
    inSession(
      pool,
      async (value, client) => {
        const [mart, , page] = asked;
        if (heads.get(group.key) === group) heads.delete(group.key);
        if ([...group.listeners].every((listener) => listener.gone)) throw new Gone();
        await begin(client, 'ISOLATION LEVEL REPEATABLE READ ');
        const [schema, marts] = await enter(value, mart);
        const seen = await value(SNAPSHOT);
        const key = JSON.stringify([asked, seen]);
        group.listeners.forEach((listener) => listener.head(marts));
        // what others compute: also asked after the wait for the parts, or two who come together would not share
        const listenTo = () => {
          const shared = seen === null ? undefined : pages.get(key);
          if (!shared || shared.dropped || shared.failure) return null;
          group.listeners.forEach((listener) => shared.listen(listener));
          keep(key, shared);
          return shared;
        };
        const before = listenTo();
        if (before) return before;
        const how = JSON.parse(await value(partsOf(schema), [quoted(mart), page]));
        const meanwhile = listenTo();
        if (meanwhile) return meanwhile;
        const answer = new Answer(how, (session) => cancelStatement(pool, session));
        const repeatable = answer.how.repeatable && seen !== null;
        if (repeatable) keep(key, answer);
        group.listeners.forEach((listener) => answer.listen(listener));
        try {
          // they may have gone meanwhile
          if (answer.abandoned()) answer.dropped = true;
          else await compute(asked, answer, { schema, value, client });
        } catch (error) {
          answer.whole = false;
          throw error;
        } finally {
          answer.ending = (answer.helpers ?? Promise.resolve()).then(() => {
            answer.end();
            if (!repeatable) return;
            if (pages.get(key) !== answer) return;
            if (answer.complete()) keep(key, answer);
            else pages.delete(key);
          });
        }
        return answer;
      },
      { hint: SUPERUSER, release },
    );
  const running = new Map();

  const sessions = new Set();
  let stopping = false;
  async function change(statement, values) {
    let session;
    try {
      return JSON.parse(
        await inSession(
          refreshers,
          async (value, client) => {
            if (stopping) throw new Error('stopping');
            sessions.add((session = client));
            return value(statement(await schemaOf(value)), values);
          },
          { hint: "Refresh as the marts' owner, or as a role that has the rights of their owner." },
        ),
      );
    } catch (error) {
      throw error instanceof Refused ? error : refreshRefusal(error, stopping);
    } finally {
      sessions.delete(session);
    }
  }
  const refreshing = new Map();
  let known = { marts: [], until: 0 };

  const database = {
    // The JSON text for a mart (its name in full, or, where any is read, as SQL reads it; null: only the list of
    // marts), the text of the filters, a page, and the text of a period or null. Equal questions at one time
    // are asked once.
    dashboard(mart, filters, page, period = null, signal = undefined) {
      const values = [mart, filters, page, period];
      const key = JSON.stringify(values);
      let asked = running.get(key);
      if (!asked || asked.waiting.signal.aborted) {
        const waiting = new Waiting();
        const ours = { waiting };
        ours.answer = ask(values, waiting.signal)
          // after a restart the connections of the pool are dead: once more
          .catch((error) => (connectionTrouble(error) && !['ECONNREFUSED', 'ENOENT'].includes(error.code) ? ask(values, waiting.signal) : Promise.reject(error)))
          .catch((error) => {
            const refused = any && error.code === '3F000' ? new Refused(404, error.message, { code: error.code, detail: error.detail, hint: error.hint }) : refusal(error);
            if (refused.status >= 500 && !waiting.signal.aborted) log(`database: ${error.code ?? ''} ${error.message}`);
            throw refused;
          })
          .finally(() => { if (running.get(key) === ours) running.delete(key); });
        running.set(key, (asked = ours));
      }
      asked.waiting.join(signal);
      return asked.answer;
    },

    // A page of a mart in parts: calls listener.head(text of the list of marts), and listener.line(text) for each line of
    // JSON; the first line has the page without rows of views.  Returns when all are there; signal says that this one
    // listens no more. What nobody waits for is cancelled, here and below.
    async page(asked, listener, signal = new AbortController().signal) {
      const key = JSON.stringify(asked);
      let group = heads.get(key);
      if (!group) {
        group = { key, listeners: new Set(), told: false };
        const ours = group;
        heads.set(key, ours);
        const once = async () => {
          const answer = await asPage(asked, ours);
          await answer.finished;
          if (answer.failure) throw answer.failure;
        };
        group.done = once()
          // after a restart the connections of the pool are dead: once more
          .catch((error) => {
            if (ours.told || !(error.again || (connectionTrouble(error) && !['ECONNREFUSED', 'ENOENT'].includes(error.code)))) throw error;
            return once();
          })
          .catch((error) => {
            if (error instanceof Gone) return;
            const refused = refusal(error);
            if (ours.told || (refused.status >= 500 && !(error instanceof Refused))) log(`database: ${error.code ?? ''} ${error.message}`);
            if (!ours.told) throw refused; // else what is missing has been said
          })
          .finally(() => { if (heads.get(key) === ours) heads.delete(key); });
      }
      const joined = group;
      joined.listeners.add({ head: (marts) => listener.head(marts), line: (text) => { joined.told = true; listener.line(text); }, signal, get gone() { return signal.aborted; } });
      await joined.done;
    },

    // Rows of mart_customers or mart_purchases (kind), as JSON text: limit of them from the offset on.
    async list(kind, mart, values, { limit, offset }, signal) {
      try {
        let answer;
        await list(kind, mart, values, limit, offset, limit, (text) => { answer = text; }, signal);
        return answer;
      } catch (error) {
        throw refusal(error);
      }
    },

    // All of them, at most so many, in one snapshot: receive() gets the texts, and says whether there shall be more.
    async wholeList(kind, mart, values, most, receive, signal) {
      try {
        await list(kind, mart, values, 1000, 0, most, receive, signal);
      } catch (error) {
        throw refusal(error);
      }
    },

    // The COMMENTs of the views of a mart and of their columns, as JSON text.
    async definitions(mart) {
      try {
        return await definitions(mart);
      } catch (error) {
        throw refusal(error);
      }
    },

    // The kept marts that the refreshing user may refresh.
    async refreshable() {
      known.until = Date.now() + REMEMBER_MS;
      known.marts = await change(refreshableOf, []);
      return known.marts;
    },

    // Whether a mart may be refreshed; null if the answer of the database says it already.
    // No page waits for it: it is what was true half a minute ago.
    mayRefresh(mart) {
      if (refreshUser === undefined) return null;
      if (Date.now() > known.until) database.refreshable().catch((error) => log(oneLine(`refresh: ${error.message}`)));
      return known.marts.includes(mart);
    },

    // What refresh_mart says that it did with a mart of the lists. Who asks while one is under way shares it.
    refresh(mart) {
      let answer = refreshing.get(mart);
      if (!answer) {
        const called = JSON.stringify(mart);
        answer = change(refreshOf, [quoted(mart)])
          .then(
            (done) => {
              if (done.customers > 0 || done.full_rebuild) log(oneLine(`refreshed ${called}: ${say(done)}`));
              return done;
            },
            (error) => {
              log(oneLine(`refresh of ${called}: ${error.message}`));
              throw error;
            },
          )
          .finally(() => refreshing.delete(mart));
        refreshing.set(mart, answer);
      }
      return answer;
    },

    // A refresh under way is cancelled: it would go on in the database without us.
    async stopRefreshing() {
      stopping = true;
      if (!sessions.size) return;
      const client = new Client(refreshers.options);
      try {
        await client.connect();
        await client.query('SELECT pg_cancel_backend(p) FROM unnest($1::integer[]) p', [[...sessions].map((session) => session.processID)]);
      } catch (error) {
        log(oneLine(`database: ${error.message}`));
      } finally {
        await client.end().catch(() => {});
      }
    },

    close: () => Promise.all([pool.end(), refreshers.end()]),
  };
  return database;
}
