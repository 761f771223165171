// The only place that talks to PostgreSQL: one statement, always the same.
import pg from 'pg';

export const STATEMENT = 'SELECT mart_dashboard($1, $2::jsonb, $3)';

const CONNECTIONS = 4;
const WAITING = 64; // requests that may wait for a connection
const CONNECT_MS = 10_000; // includes the wait for a free connection

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
function refusal(error) {
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
    return new Refused(500, 'the database has no function mart_dashboard that this role can see', {
      code,
      hint: "CREATE EXTENSION purchase_trends there, or name its schema by PGOPTIONS='-c search_path=...'.",
    });
  if (/^28/.test(code) || code === '3D000') return new Refused(503, error.message, known);
  return new Refused(500, 'the database could not answer', { code });
}

export function openDatabase({ timeoutMs = 15_000, log = console.error } = {}) {
  // As options of the connection: a SET would be a second statement.
  const options = [
    process.env.PGOPTIONS,
    '-c default_transaction_read_only=on',
    `-c statement_timeout=${timeoutMs}`,
    '-c idle_in_transaction_session_timeout=10000',
    `-c lock_timeout=${Math.min(timeoutMs, 5000)}`,
  ];
  const pool = new pg.Pool({
    Client,
    options: options.filter(Boolean).join(' '),
    application_name: 'purchase_trends_web',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 60_000,
    query_timeout: timeoutMs + 2000, // should the server itself not answer at all
    keepAlive: true,
  });
  // An idle connection that dies (a restart) is not an error of any request.
  pool.on('error', (error) => log(`database: ${error.message}`));

  async function ask(values) {
    if (pool.waitingCount >= WAITING)
      throw new Refused(503, 'too many requests at once', { hint: 'Try again in a moment.' });
    const client = await pool.connect();
    let trouble;
    try {
      if (client.isSuperuser)
        throw new Refused(403, `the role "${client.user}" is a superuser`, {
          hint: 'Connect as a role that can only read the marts; grant_mart() makes one.',
        });
      const answer = await client.query({
        text: STATEMENT,
        values,
        rowMode: 'array',
        // the text as it is: numbers keep their digits
        types: { getTypeParser: () => (text) => text },
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

  const running = new Map();
  return {
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
    close: () => pool.end(),
  };
}
