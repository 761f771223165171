// Elements are only ever made of text nodes: what the data say is never HTML.

// h('button.quiet', { onclick, 'aria-label': ... }, 'text', child, ...)
export function h(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'style') Object.assign(node.style, value);
    else node.setAttribute(key, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const fill = (node, ...children) => {
  node.replaceChildren(...children.flat().filter(Boolean));
  return node;
};

let lastId = 0;
export const newId = (stem) => `${stem}-${++lastId}`;

// Where the focus was, by data-focus, after the nodes have been made anew.
export function keepFocus(node, rebuild) {
  const key = node.contains(document.activeElement) ? document.activeElement.closest('[data-focus]')?.dataset.focus : undefined;
  rebuild();
  if (key === undefined) return;
  for (const candidate of node.querySelectorAll('[data-focus]')) {
    if (candidate.dataset.focus === key) {
      candidate.focus({ preventScroll: true });
      return;
    }
  }
}
