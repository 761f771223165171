// What follows from the numbers: the sentences that the database makes.
import { fill, h } from './dom.mjs';
import { clean } from './format.mjs';

const SEVERITY = { good: 'Good: ', bad: 'Bad: ', watch: 'Look into it: ', neutral: '' };

export function findingsList() {
  const list = h('ul');
  const node = h('section.findings', { 'aria-labelledby': 'findings', hidden: true }, h('h2', { id: 'findings' }, 'What follows'), list);
  return {
    node,
    hide: () => { node.hidden = true; },
    // They need all of the page, so they come last.
    wait() {
      node.classList.add('waiting');
      if (!node.hidden) return;
      node.hidden = false;
      fill(list, Array.from({ length: 4 }, () => h('li', { 'aria-hidden': 'true' }, h('span'), h('span.bone'))));
    },
    // whatever has come has come
    end() {
      node.classList.remove('waiting');
      if (list.querySelector('.bone')) node.hidden = true;
    },
    update({ findings = [] }) {
      node.classList.remove('waiting');
      node.hidden = !findings.length;
      fill(list, findings.map(({ kind, severity, text }) =>
        h('li', { 'data-kind': clean(kind, 40), 'data-severity': Object.hasOwn(SEVERITY, severity) ? severity : 'neutral' }, SEVERITY[severity] ? h('span.unseen', {}, SEVERITY[severity]) : null, h('span', {}, clean(text, 500)))));
    },
  };
}
