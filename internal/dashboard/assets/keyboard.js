// Keys that do something wherever one is, and the help that lists them.
import { h } from './dom.js';
import { openDialog } from './dialog.js';

const bindings = new Map(); // 'g o' → {description, run}
let begun = ''; // the first key of two
let forget;

// bind makes keys ('?', or two in a row: 'g o') run something. Returns what undoes it.
export function bind(keys, description, run) {
  const binding = { description, run };
  bindings.set(keys, binding);
  return () => { if (bindings.get(keys) === binding) bindings.delete(keys); };
}

// help shows all that is bound now.
export function help() {
  const rows = [...bindings].map(([keys, { description }]) => h('tr', {},
    h('td', {}, keys.split(' ').flatMap((key, i) => [i > 0 ? ' then ' : null, h('kbd', {}, key)])),
    h('td', {}, description)));
  openDialog({
    title: 'Keyboard',
    body: h('table', { class: 'table keys' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Key'), h('th', { scope: 'col' }, 'What it does'))),
      h('tbody', {}, rows, h('tr', {}, h('td', {}, h('kbd', {}, 'Esc')), h('td', {}, 'Close what is open')))),
  });
}

export function listen() {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writing(event.target)) return;
    if (document.querySelector('dialog[open]')) return;
    const keys = begun ? `${begun} ${event.key}` : event.key;
    begun = '';
    clearTimeout(forget);
    const binding = bindings.get(keys) ?? bindings.get(event.key);
    if (binding) {
      event.preventDefault();
      binding.run();
    } else if ([...bindings.keys()].some((known) => known.startsWith(`${event.key} `))) {
      begun = event.key;
      forget = setTimeout(() => { begun = ''; }, 1500);
    }
  });
}

function writing(target) {
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
    && !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
}
