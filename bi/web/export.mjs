#!/usr/bin/env node
// Writes a mart as one HTML file that needs no server and no network:
//   node export.mjs --mart NAME [--out FILE]
// The database is found by PGHOST, PGPORT, PGUSER, PGDATABASE, ...
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openDatabase } from './database.mjs';

const PAGES = ['overview', 'customers', 'products', 'trends', 'about'];

function fail(message) {
  console.error(`export: ${message}`);
  process.exit(1);
}

let given;
try {
  given = parseArgs({ options: { mart: { type: 'string' }, out: { type: 'string', default: 'dashboard.html' } } }).values;
} catch (error) {
  fail(error.message);
}
if (!given.mart) fail('usage: node export.mjs --mart NAME [--out FILE]');

const dist = (file) => {
  try {
    return readFileSync(new URL(`dist/${file}`, import.meta.url), 'utf8');
  } catch (error) {
    return fail(`dist/${file} cannot be read (${error.code}): run "npm run build" first`);
  }
};
const script = dist('app.js');
const style = dist('app.css');
if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) fail('the bundle would end its own element');

const database = openDatabase({ timeoutMs: 120_000, any: true }) // whoever owns the mart: it was named;
const pages = {};
try {
  for (const page of PAGES) pages[page] = JSON.parse(await database.dashboard(given.mart, '{}', page));
} catch (error) {
  fail([error.message, error.detail, error.hint].filter(Boolean).join('. '));
}
await database.close();

// Inside a script element only "<" can end it; the others end lines in old parsers.
const { mart } = pages.overview; // its name in full, whatever was given
const data = JSON.stringify({ mart, made: new Date().toISOString(), pages }).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Purchase trends</title>
<style>${style}</style>
</head>
<body>
<noscript>This page needs JavaScript.</noscript>
<script type="application/json" id="purchase-trends-data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
try {
  writeFileSync(given.out, html);
} catch (error) {
  fail(`${given.out} cannot be written: ${error.message}`);
}
console.log(`${given.out}: the mart ${JSON.stringify(mart)}, ${Math.ceil(Buffer.byteLength(html) / 1024)} KiB`);
