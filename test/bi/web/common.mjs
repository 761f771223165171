// What the parts of the test share.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';

export const web = fileURLToPath(new URL('../../../bi/web/', import.meta.url));
export const { default: pg } = await import(`${web}node_modules/pg/lib/index.js`);
export const ODD = 'Mart "x" <b>\'&amp;\\';

let failed = 0;
export function ok(passed, what, ...diagnostics) {
  console.log(`${passed ? 'ok' : 'not ok'} - dashboard: ${what}`);
  if (passed) return;
  failed++;
  for (const text of diagnostics) console.error('   ', typeof text === 'string' ? text : JSON.stringify(text, null, 1));
}
export const is = (got, wanted, what) => ok(isDeepStrictEqual(got, wanted), what, { got, wanted });
export const failures = () => failed;

// As the superuser: what we compare with is plain SQL over the source tables.
export async function connect() {
  const client = new pg.Client({ types: { getTypeParser: () => (text) => text } });
  await client.connect();
  client.on('error', () => {}); // the test restarts the server
  return client;
}

const children = [];
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

// owners: whose marts it shows; empty for those that are trusted without being named
export async function startServer({ env = {}, args = ['0'], owners = ['postgres', 'mart_keeper'] } = {}) {
  const child = spawn(process.execPath, ['server.mjs', ...owners.flatMap((owner) => ['--owner', owner]), ...args], { cwd: web, env: { ...process.env, PGUSER: 'mart_reader', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { child, out: '', err: '' };
  child.stderr.on('data', (data) => (server.err += data));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  server.ended = ended;
  const base = new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      server.out += data;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(server.out);
      if (found) resolve(found[0]);
    });
  });
  server.base = await Promise.race([base, ended.then(() => null)]);
  server.stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  children.push(child);
  return server;
}

// The statements of a role since the log had so many bytes.
export const logFile = `${process.env.PGHOST}/data/log`;
export const logSize = () => readFileSync(logFile).length;
export function statementsSince(start, user = 'mart_reader') {
  const lines = readFileSync(logFile).subarray(start).toString('utf8').split('\n');
  return lines
    .map((line) => /^\S+ \S+ \S+ \[\d+\] user=(\S*) app=\S* LOG: {2}(.*)$/.exec(line) ?? [])
    .filter(([, role]) => role === user)
    .map(([, , text]) => text)
    .filter((text) => text && !/^(connection|disconnection|could not (send|receive)|unexpected EOF)/.test(text));
}
