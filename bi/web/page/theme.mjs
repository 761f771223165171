// Colours of the charts; those of the page are in app.css.  The hues are those
// of Okabe and Ito, which people with any colour vision can tell apart.

const LIGHT = {
  text: '#1b2430', muted: '#566273', line: '#dde2e8', surface: '#ffffff', ghost: '#dbe1e8', small: '#a9b3be', bar: '#0072b2',
  series: ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#8c7f00', '#6b7683'],
  ramp: ['#eef4f9', '#a9cfe8', '#4a9bd0', '#0b61a4', '#063e70'],
};
const DARK = {
  text: '#e8edf3', muted: '#a5b1bf', line: '#303b47', surface: '#1a212a', ghost: '#37434f', small: '#6c7885', bar: '#56b4e9',
  series: ['#56b4e9', '#e69f00', '#2fbf93', '#e39ac4', '#f0813c', '#9ad3f5', '#d9cb3c', '#9aa6b3'],
  ramp: ['#1e2a36', '#1f4a6b', '#24729f', '#4fa8da', '#b5dcf3'],
};
export const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'roundRect', 'arrow'];

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set();
let chosen = null;
try {
  chosen = localStorage.getItem('purchase-trends-theme');
} catch {
  // a file from disk may have no storage
}

export const isDark = () => (chosen === 'dark' || chosen === 'light' ? chosen === 'dark' : systemDark.matches);
export const colors = () => (isDark() ? DARK : LIGHT);
export const onTheme = (listener) => listeners.add(listener);

function apply() {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  for (const listener of listeners) listener();
}
systemDark.addEventListener('change', apply);
apply();

export function toggleTheme() {
  chosen = isDark() ? 'light' : 'dark';
  try {
    localStorage.setItem('purchase-trends-theme', chosen);
  } catch {
    // then it holds until the page is closed
  }
  apply();
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

// The colour of a share from 0 to 1, and a text colour that is readable on it.
export function shade(share) {
  const { ramp } = colors();
  const at = Math.min(Math.max(share, 0), 1) * (ramp.length - 1);
  const low = Math.min(Math.floor(at), ramp.length - 2);
  const [from, to] = [channels(ramp[low]), channels(ramp[low + 1])];
  const rgb = from.map((c, i) => Math.round(c + (to[i] - c) * (at - low)));
  const light = luminance(rgb);
  const onDark = 1.05 / (light + 0.05) > (light + 0.05) / 0.05;
  return { background: `rgb(${rgb.join(' ')})`, text: onDark ? '#ffffff' : '#000000' };
}
