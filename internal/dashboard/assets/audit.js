// The audit trail: who started and stopped sending, changed its pace, and canceled,
// retried or erased messages.
import { api, isAbort } from './api.js';
import { say } from './announce.js';
import { runs } from './audit-runs.js';
import { codeBlock } from './code.js';
import { h, replace } from './dom.js';
import { count, plural, time } from './format.js';
import { follow } from './live.js';
import { every, paced } from './refresh.js';
import { setQuery } from './router.js';

const perPage = 50;

export default {
  title: 'Audit',

  mount(root, { query, me, signal }) {
    let page = Math.max(1, Math.floor(Number(query.get('page'))) || 1);
    const total = h('span', { class: 'muted' });
    const trouble = h('p', { class: 'notice notice-bad', role: 'alert', hidden: true });
    const place = h('div', {}, h('p', { class: 'muted' }, 'Loading…'));
    const newer = h('button', { class: 'button', type: 'button', disabled: true, onClick: () => turn(-1) }, 'Newer');
    const older = h('button', { class: 'button', type: 'button', disabled: true, onClick: () => turn(1) }, 'Older');
    const where = h('span', { class: 'muted' });
    const pages = h('nav', { class: 'row', 'aria-label': 'Pages', hidden: true }, newer, where, older);
    replace(root, h('div', { class: 'view-head' }, h('h1', {}, 'Audit'), total), trouble,
      h('section', { class: 'card', 'aria-label': 'Entries' }, place), pages);

    const load = async () => {
      try {
        const answer = await api.get('/scheduler/logs', { query: { page, per_page: perPage }, signal });
        const logs = await withStarts(answer, signal);
        trouble.hidden = true;
        total.textContent = plural(answer.total, 'entry', 'entries');
        replace(place, answer.total === 0 ? nothing(me) : table(answer.logs, logs));
        where.textContent = `Page ${count(page)} of ${count(Math.max(1, answer.total_pages))}`;
        newer.disabled = page <= 1;
        older.disabled = page >= answer.total_pages;
        pages.hidden = answer.total_pages <= 1 && page === 1;
      } catch (error) {
        if (isAbort(error)) return;
        trouble.textContent = error.message;
        trouble.hidden = false;
      }
    };
    const ask = paced(1000, load, signal);
    const turn = async (by) => {
      page += by;
      newer.disabled = older.disabled = true;
      setQuery({ page: page > 1 ? page : null });
      await load();
      say(where.textContent);
      scrollTo(0, 0);
    };

    ask();
    every(30_000, ask, signal); // what was done to messages comes in events of the messages alone
    return follow(['scheduler.*'], ask, ask);
  },
};

// withStarts returns the entries of a page and, where a stop's start is not among them,
// those of the next: without it nobody could tell how long it ran.
async function withStarts({ logs, page, total_pages: last }, signal) {
  const there = new Set(logs.map((entry) => entry.id));
  const missing = logs.some((entry) => entry.start_id && !there.has(entry.start_id));
  if (!missing || page >= last) return logs;
  const next = await api.get('/scheduler/logs', { query: { page: page + 1, per_page: perPage }, signal });
  return [...logs, ...next.logs.filter((entry) => !there.has(entry.id))];
}

function table(shown, known) {
  const told = runs(known);
  return h('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Audit trail' }, h('table', { class: 'table audit' },
    h('thead', {}, h('tr', {}, ['When', 'What', 'Who', 'Run', 'Reason', 'Replica'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, shown.map((entry) => row(entry, told.get(entry.id))))));
}

function row({ id, action, timestamp, actor, reason, replica }, { text, running }) {
  return h('tr', { class: running ? `in-run run-${action}` : null, 'data-id': id },
    h('td', {}, time(timestamp)), h('td', {}, h('span', { class: `badge badge-${action}` }, action)),
    h('td', {}, actor), h('td', { class: 'muted nowrap' }, text),
    h('td', { class: 'audit-reason' }, reason || h('span', { class: 'muted' }, '–')), h('td', { class: 'mono muted' }, replica));
}

function nothing(me) {
  const key = me.authenticated ? ' \\\n  -H "Authorization: Bearer $AMS_API_KEY"' : '';
  return h('div', { class: 'empty' }, h('h2', {}, 'Nothing has been done yet'),
    h('p', { class: 'muted' }, 'Who starts and stops sending, changes its pace, or cancels, retries or erases messages, is written down here.'),
    codeBlock(`curl -s -X POST ${location.origin}/api/v1/scheduler/start${key} \\\n  -H 'Content-Type: application/json' -d '{"reason":"first try"}'`, 'Start sending'));
}
