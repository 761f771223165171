// The only place that talks to PostgreSQL.  Who looks sends one statement, always the
// same; refreshing has two of its own, in sessions of their own.
import pg from 'pg';

const ANSWER = 'SELECT mart_dashboard($1, $2::jsonb, $3)';
// All arguments, with their types: no function beside ours fits better.
const REFRESH = 'SELECT row_to_json(r) FROM refresh_mart($1::text, false::boolean) r';
const REFRESHABLE =
  "SELECT coalesce(json_agg(s.mart ORDER BY s.mart), '[]') FROM mart_status() s JOIN pg_namespace n ON n.nspname = s.mart " +
  "WHERE s.mode = 'kept' AND pg_has_role(n.nspowner, 'USAGE')";

const CONNECTIONS = 4;
const REFRESHING = 2; // sessions that refresh at one time, each another mart
const WAITING = 64; // requests that may wait for a connection
const CONNECT_MS = 10_000; // includes the wait for a free connection
const REFRESH_MS = 600_000; // a full rebuild computes all customers
// Who waits for a strong lock on the source keeps its writers waiting, so not for long.
const LOCK_MS = 5000;
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

const connectionTrouble = (error) =>
  /^(08|57P)/.test(error.code ?? '') ||
  ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EACCES'].includes(error.code) ||
  /Connection terminated|connection error and is not queryable/i.test(error.message);

// What the caller may know of an error, and the HTTP status that says it.
function refusal(error, called = 'mart_dashboard') {
  if (error instanceof Refused) return error;
  const known = { code: error.code, detail: error.detail, hint: error.hint };
  const { code = '' } = error;
  if (code === '3F000') return new Refused(404, error.message, known);
  if (code === '42501') return new Refused(403, error.message, known);
  // data exceptions, and limits of the server that the request has run into
  if (/^22/.test(code) || code === '54001' || code === '54000') return new Refused(400, error.message, known);
  if (code === '57014' || /^Query read timeout/.test(error.message))
    return new Refused(504, 'the database took too long', { code, hint: 'Try fewer filters, or raise DASHBOARD_TIMEOUT.' });
  if (/timeout exceeded when trying to connect/.test(error.message))
    return new Refused(503, 'no connection to the database became free in time', { hint: 'Try again in a moment.' });
  if (connectionTrouble(error))
    return new Refused(503, 'the database cannot be reached', { code, hint: 'It may be starting; try again in a moment.' });
  if (/^53/.test(code) || code === '55P03') return new Refused(503, error.message, known);
  if (code === '42883')
    return new Refused(500, `the database has no function ${called} that this role can see`, {
      code,
      hint: "CREATE EXTENSION purchase_trends there, or name its schema by PGOPTIONS='-c search_path=...'.",
    });
  if (/^28/.test(code) || code === '3D000') return new Refused(503, error.message, known);
  return new Refused(500, 'the database could not answer', { code });
}

// The same of a refresh, of which no part is done if it fails.
function refreshRefusal(error, stopping) {
  const { code } = error;
  if (stopping) return new Refused(503, 'the dashboard server is stopping: the mart was not refreshed', { code });
  if (code === '55P03') return new Refused(503, 'the mart, or its source, is locked by someone else, perhaps by another refresh', { code, hint: 'Try again in a moment.' });
  if (code === '57014' || /^Query read timeout/.test(error.message))
    return new Refused(504, 'the refresh was cancelled, or took too long', { code, hint: 'What was pending is pending still. In psql, refresh_mart() has all the time that it needs.' });
  // a live mart, row security, a standby: it is the state of things that forbids it
  if (['55000', '0A000', '25001', '25006'].includes(code)) return new Refused(409, error.message, { code, detail: error.detail, hint: error.hint });
  return refusal(error, 'refresh_mart');
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

// The one value that the statement returns, as text.
async function valueOf(pool, text, values, { hint, onSession = () => {} }) {
  if (pool.waitingCount >= WAITING)
    throw new Refused(503, 'too many requests at once', { hint: 'Try again in a moment.' });
  const client = await pool.connect();
  let trouble;
  try {
    if (client.isSuperuser) throw new Refused(403, `the role "${client.user}" is a superuser`, { hint });
    onSession(client);
    const answer = await client.query({
      text,
      values,
      rowMode: 'array',
      // the text as it is: numbers keep their digits
      types: { getTypeParser: () => (value) => value },
    });
    return answer.rows[0][0];
  } catch (error) {
    trouble = error;
    throw error;
  } finally {
    // a connection of which we do not know the state is closed
    client.release(trouble !== undefined && (!trouble.code || connectionTrouble(trouble)));
  }
}

// Texts of the database may have anything in them; a log has one line for each event.
const oneLine = (text) => text.replace(/\p{Cc}+/gu, ' ');

function say({ customers, lines, seconds, reason }) {
  return `${customers} customers, ${lines} lines, ${seconds.toFixed(3)} s (${reason})`;
}

// refreshUser: who refreshes, if it is not who looks.
export function openDatabase({ timeoutMs = 15_000, refreshUser, log = console.error } = {}) {
  // As options of the connection: a SET would be a second statement.
  const pool = openPool({
    options: ['-c default_transaction_read_only=on', `-c lock_timeout=${Math.min(timeoutMs, LOCK_MS)}`],
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

  const ask = (values) => valueOf(pool, ANSWER, values, { hint: 'Connect as a role that can only read the marts; grant_mart() makes one.' });
  const running = new Map();

  const sessions = new Set();
  let stopping = false;
  async function change(text, values) {
    let session;
    try {
      return JSON.parse(await valueOf(refreshers, text, values, {
        hint: "Refresh as the marts' owner, or as a role that has the rights of their owner.",
        onSession(client) {
          if (stopping) throw new Error('stopping');
          sessions.add((session = client));
        },
      }));
    } catch (error) {
      throw error instanceof Refused ? error : refreshRefusal(error, stopping);
    } finally {
      sessions.delete(session);
    }
  }
  const refreshing = new Map();
  let known = { marts: [], until: 0 };

  const database = {
    // The JSON text for a mart (null: only the list of marts), the text of the
    // filters, and a page. Equal questions at one time are asked once.
    dashboard(mart, filters, page) {
      const values = [mart, filters, page];
      const key = JSON.stringify(values);
      let answer = running.get(key);
      if (!answer) {
        answer = ask(values)
          // after a restart the connections of the pool are dead: once more
          .catch((error) => (connectionTrouble(error) && !['ECONNREFUSED', 'ENOENT'].includes(error.code) ? ask(values) : Promise.reject(error)))
          .catch((error) => {
            const refused = refusal(error);
            if (refused.status >= 500) log(`database: ${error.code ?? ''} ${error.message}`);
            throw refused;
          })
          .finally(() => running.delete(key));
        running.set(key, answer);
      }
      return answer;
    },

    // The kept marts that the refreshing user may refresh.
    async refreshable() {
      known.until = Date.now() + REMEMBER_MS;
      known.marts = await change(REFRESHABLE, []);
      return known.marts;
    },

    // Whether a mart may be refreshed; null if the answer of the database says it already.
    // No page waits for it: it is what was true half a minute ago.
    mayRefresh(mart) {
      if (refreshUser === undefined) return null;
      if (Date.now() > known.until) database.refreshable().catch((error) => log(oneLine(`refresh: ${error.message}`)));
      return known.marts.includes(mart);
    },

    // What refresh_mart says that it did. Who asks while one is under way shares it.
    refresh(mart) {
      let answer = refreshing.get(mart);
      if (!answer) {
        const called = JSON.stringify(mart);
        answer = change(REFRESH, [mart])
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
