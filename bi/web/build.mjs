// Bundles page/ into dist/:  node build.mjs
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const from = fileURLToPath(new URL('page/', import.meta.url));
const to = fileURLToPath(new URL('dist/', import.meta.url));
rmSync(to, { recursive: true, force: true });
mkdirSync(to);
await esbuild.build({
  entryPoints: { app: `${from}app.mjs` },
  outdir: to,
  bundle: true,
  minify: true,
  format: 'iife', // the same file serves the export, which has no origin to import from
  target: 'es2021',
  legalComments: 'inline', // Apache ECharts' notice stays in what is delivered
  logLevel: 'warning',
});
await esbuild.build({ entryPoints: [`${from}app.css`], outdir: to, minify: true, logLevel: 'warning' });
for (const file of ['index.html', 'icon.svg']) copyFileSync(from + file, to + file);
