// The lines that were refused: a table of the first, and all of them as a file, in a form
// that can be corrected and imported.
import { quote } from './csv.js';
import { append, h, replace } from './dom.js';
import { count } from './format.js';
import { FIELDS } from './import-row.js';

const SHOWN = 200;
const KEPT = 100_000; // more than anybody corrects

// refusals collects them: {element, add(item, reason), show()}. show brings element up to
// date after some were added.
export function refusals(name) {
  const lines = []; // {line, reason, fields, raw}
  let total = 0;
  let address = '';
  const body = h('tbody');
  const more = h('p', { class: 'muted' });
  const save = h('a', { class: 'button', download: `${name}.errors.csv`, href: '#', onClick: link }, 'Download refused lines');
  const element = h('section', { class: 'card stack', 'aria-labelledby': 'refused-title', hidden: true },
    h('div', { class: 'row' }, h('h2', { id: 'refused-title', class: 'grow' }, 'Refused lines'), save),
    h('div', { class: 'import-errors', tabindex: '0', role: 'region', 'aria-labelledby': 'refused-title' }, h('table', { class: 'table' },
      h('thead', {}, h('tr', {}, ['Line', 'What is wrong', 'To', 'Content'].map((column) => h('th', { scope: 'col' }, column)))), body)),
    more);

  // link makes the file when it is asked for. It never leaves the browser.
  function link() {
    URL.revokeObjectURL(address);
    const rows = lines.map(({ line, reason, fields, raw }) => [line, reason, ...FIELDS.map((column) => fields?.[column]), fields ? '' : raw]);
    const text = [['line', 'reason', ...FIELDS, 'unreadable'], ...rows].map((row) => `${row.map(quote).join(',')}\n`);
    address = URL.createObjectURL(new Blob(text, { type: 'text/csv' }));
    save.setAttribute('href', address);
  }

  return {
    element,
    add({ line, fields, raw }, reason) {
      total++;
      if (lines.length < KEPT) lines.push({ line, reason, fields, raw });
    },
    show() {
      element.hidden = total === 0;
      append(body, lines.slice(body.childElementCount, SHOWN).map(({ line, reason, fields, raw }) => h('tr', {}, h('td', {}, line), h('td', {}, reason),
        h('td', {}, h('bdi', {}, fields?.to)), h('td', { class: 'message-excerpt', dir: 'auto' }, (fields ? fields.content : raw)?.slice(0, 200)))));
      if (total > SHOWN) replace(more, `The first ${SHOWN} of ${count(total)} are shown; the file has ${total > KEPT ? `the first ${count(KEPT)}` : 'all'}.`);
    },
  };
}
