// A panel as a file: its numbers as CSV, its drawing as SVG or PNG. All of it is made here, so it works in a saved copy, too.
import { csvLine, csvText } from '../csv.mjs';
import { h } from './dom.mjs';
import { clean } from './format.mjs';
import { colors } from './theme.mjs';

const WRITTEN_NUMBER = /^[-+]?[\d.,]+\s*%?$/;
const field = (value) => (typeof value === 'string' ? csvText(value, WRITTEN_NUMBER) : String(value ?? ''));
const plain = (cell) => (cell !== null && typeof cell === 'object' ? (typeof cell.by === 'number' ? cell.by : cell.text) : cell);
export const csvOf = ({ columns, rows }) => [columns, ...rows].map((row) => csvLine(row.map((cell) => field(plain(cell))))).join('');

// What a panel shows without columns of its own: its tables.
const tablesOf = (body) => {
  const rows = [...body.querySelectorAll('table tr')].map((tr) => [...tr.children].map((cell) => cell.innerText.replace(/\s*[▲▼]$/, '').trim()));
  return { columns: rows[0] ?? [], rows: rows.slice(1) };
};

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h('a', { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const SVG = 'http://www.w3.org/2000/svg';
function svgOf(panel) {
  const shown = panel.chart.canvas.querySelector('svg');
  const { width, height } = shown.getBoundingClientRect();
  const top = 34;
  const c = colors();
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height + top}`);
  svg.setAttribute('width', width);
  svg.setAttribute('height', height + top);
  const back = document.createElementNS(SVG, 'rect');
  for (const [key, value] of Object.entries({ width, height: height + top, fill: c.surface })) back.setAttribute(key, value);
  const title = document.createElementNS(SVG, 'text');
  for (const [key, value] of Object.entries({ x: 10, y: 22, fill: c.text, 'font-family': 'system-ui, sans-serif', 'font-size': 15, 'font-weight': 600 })) title.setAttribute(key, value);
  title.textContent = panel.title;
  const drawing = shown.cloneNode(true);
  drawing.setAttribute('y', top);
  svg.append(back, title, drawing);
  return { text: new XMLSerializer().serializeToString(svg), width, height: height + top };
}

async function pngOf(panel) {
  const { text, width, height } = svgOf(panel);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = h('canvas', { width: Math.round(2 * width), height: Math.round(2 * height) });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

// The menu of a panel. behind: shows the purchases behind its numbers, where there is a server
export function menuOf(panel, id, { behind } = {}) {
  const items = h('div.items');
  const node = h('details.menu', {}, h('summary', { 'aria-label': `Save ${panel.title}`, title: 'Save' }, h('span', { 'aria-hidden': 'true' }, '⋯')), items);
  const close = (focus) => {
    node.open = false;
    if (focus) node.firstChild.focus();
  };
  const item = (text, act) => h('button', { type: 'button', onclick: () => { close(true); act(); } }, text);
  node.addEventListener('toggle', () => {
    if (!node.open) return;
    const drawn = panel.chart?.canvas.querySelector('svg') && !panel.plot.hidden;
    items.replaceChildren(
      item('Numbers (CSV)', () => save(new Blob(['\ufeff', csvOf(panel.given ?? tablesOf(panel.body))], { type: 'text/csv' }), `${id}.csv`)),
      ...(drawn ? [item('Picture (SVG)', () => save(new Blob([svgOf(panel).text], { type: 'image/svg+xml' }), `${id}.svg`)), item('Picture (PNG)', async () => save(await pngOf(panel), `${id}.png`))] : []),
      ...(behind ? [item('Purchases behind it', () => behind(`Purchases behind: ${clean(panel.title, 60)}`))] : []));
  });
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !node.open) return;
    event.stopPropagation();
    close(true);
  });
  node.addEventListener('focusout', (event) => { if (event.relatedTarget && !node.contains(event.relatedTarget)) close(false); });
  document.addEventListener('pointerdown', (event) => { if (node.open && !node.contains(event.target)) close(false); });
  return node;
}
