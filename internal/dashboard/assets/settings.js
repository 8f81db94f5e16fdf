// What the service runs with: its version, its store, and every setting.
import { api, isAbort } from './api.js';
import { h, replace } from './dom.js';
import { ago, plural, time } from './format.js';
import { setQuery } from './router.js';

export default {
  title: 'Settings',

  mount(root, { query, signal }) {
    const place = h('div', { class: 'view' }, h('p', { class: 'muted' }, 'Loading…'));
    replace(root, h('div', { class: 'view-head' }, h('h1', {}, 'Settings')), place);
    const load = async () => {
      try {
        const answer = await api.get('/settings', { signal });
        replace(place, about(answer), settingsCard(answer.settings, query));
      } catch (error) {
        if (isAbort(error)) return;
        replace(place, h('p', { class: 'notice notice-bad', role: 'alert' },
          error.status === 404 ? 'This service does not tell its settings.' : error.message));
      }
    };
    load();
  },
};

function about({ version, commit, go_version: go, started_at: started, store, redis }) {
  const stores = { sqlite: 'embedded (SQLite)', mongodb: 'MongoDB' };
  const fact = (name, ...value) => [h('dt', {}, name), h('dd', {}, value)];
  return h('section', { class: 'card', 'aria-labelledby': 'about-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'about-title' }, 'This service')),
    h('dl', { class: 'facts' },
      fact('Version', version, commit ? h('span', { class: 'muted mono' }, ` ${commit}`) : null),
      fact('Built with', go),
      fact('Running since', time(started), h('span', { class: 'muted' }, ` (${ago(started)})`)),
      fact('Store', stores[store] ?? store),
      fact('Redis', redis ? 'used' : 'not used'),
      fact('Charts', 'uPlot (', h('a', { href: new URL('./licences.txt', import.meta.url).href }, 'licence'), ')')));
}

function settingsCard(settings, query) {
  const box = h('input', { type: 'search', 'aria-label': 'Filter settings', placeholder: 'Filter by name, value or description', value: query.get('q') ?? '', class: 'grow' });
  const changed = h('input', { type: 'checkbox', id: 'only-set', checked: query.get('set') === '1' });
  const found = h('p', { class: 'muted small', role: 'status' });
  const rows = h('tbody', {});
  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = settings.filter((setting) => {
      const all = `${setting.name} ${setting.value} ${setting.description} ${setting.source}`.toLowerCase();
      return (!changed.checked || setting.source !== 'default') && words.every((word) => all.includes(word));
    });
    replace(rows, matching.length > 0 ? matching.map(row) : h('tr', {}, h('td', { colspan: 4, class: 'muted' }, 'No setting matches.')));
    found.textContent = `${plural(matching.length, 'setting')} of ${settings.length}`;
    setQuery({ q: box.value.trim(), set: changed.checked ? '1' : null });
  };
  box.addEventListener('input', show);
  changed.addEventListener('change', show);
  show();
  return h('section', { class: 'card', 'aria-labelledby': 'settings-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'settings-title' }, 'Effective configuration'), found),
    h('div', { class: 'toolbar settings-filter' }, box,
      h('div', { class: 'row' }, changed, h('label', { for: 'only-set' }, 'Only what is set'))),
    h('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Settings' },
      h('table', { class: 'table settings' },
        h('thead', {}, h('tr', {}, ['Name', 'Value', 'From', 'What it is'].map((name) => h('th', { scope: 'col' }, name)))), rows)));
}

function row({ name, value, default: usual, source, description }) {
  const isDefault = source === 'default';
  return h('tr', {},
    h('td', { class: 'mono' }, name),
    h('td', {}, value === '' ? h('span', { class: 'muted' }, 'empty') : h('code', {}, value),
      !isDefault && usual && usual !== value ? h('div', { class: 'muted small' }, `default ${usual}`) : null),
    h('td', {}, isDefault ? h('span', { class: 'muted' }, 'default') : h('span', { class: 'badge badge-sending' }, source)),
    h('td', { class: 'muted small' }, description));
}
