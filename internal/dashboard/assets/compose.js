// New messages: one by a form, or many from a file.
import { h, replace } from './dom.js';
import { importPanel } from './import.js';
import { messageForm } from './message-form.js';
import { may } from './message-rules.js';
import { setQuery } from './router.js';

const TABS = [['', 'Write one'], ['import', 'Import a file']];

export default {
  title: 'Compose',
  mount(root, { query, me, signal }) {
    root.append(h('div', { class: 'view-head' }, h('h1', {}, 'Compose')));
    if (!may(me, 'sender')) {
      root.append(h('div', { class: 'empty' }, h('h2', {}, 'You may look, not send'), h('p', {}, `The role of the key ${me.name} is ${me.role}.`)));
      return undefined;
    }
    const panel = h('div', { role: 'tabpanel', id: 'compose-panel', class: 'view' });
    // Each is made once, when it is first asked for: what was written stays.
    const made = new Map();
    const content = (name) => {
      if (!made.has(name)) made.set(name, name === 'import' ? importPanel({ signal }) : messageForm({ signal }));
      return made.get(name);
    };
    const tabs = TABS.map(([name, text]) => h('button', { class: 'tab', type: 'button', role: 'tab', id: `tab-${name || 'one'}`, 'aria-controls': 'compose-panel', onClick: () => choose(name) }, text));

    function choose(name, { first = false } = {}) {
      if (!first) setQuery({ tab: name });
      TABS.forEach(([each], i) => {
        tabs[i].setAttribute('aria-selected', String(each === name));
        tabs[i].setAttribute('tabindex', each === name ? '0' : '-1');
      });
      panel.setAttribute('aria-labelledby', `tab-${name || 'one'}`);
      replace(panel, content(name).element);
    }

    function move(event) {
      if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
      const other = tabs.find((tab) => tab !== document.activeElement);
      other.focus();
      other.click();
    }

    root.append(h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'How', onKeydown: move }, tabs), panel);
    choose(query.get('tab') === 'import' ? 'import' : '', { first: true });
    return () => made.get('import')?.leave();
  },
};
