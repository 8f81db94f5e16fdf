// The list of messages: as long as one scrolls, and kept up to date without moving.
import { ApiError, api, isAbort } from './api.js';
import { say } from './announce.js';
import { h, replace } from './dom.js';
import { count, plural } from './format.js';
import { afterEvent, messageRow } from './messages-row.js';
import { orderOf } from './messages-filter.js';

const PAGE = 100;
const BY_ITSELF = 3000; // rows; more only on demand
const REFRESHED = 500; // rows, in one call

// messageList shows the messages of a filter. select(id, on, shift) and selectShown(on)
// are null where nothing may be selected; empty(error or null) returns what is shown in
// place of no rows; news(text) tells of messages that came meanwhile, '' for none.
export function messageList({ signal, select, selectShown, empty, news, loaded }) {
  const rows = new Map();
  const body = h('tbody', { role: 'rowgroup', onKeydown: move });
  const table = h('table', { class: `messages${select ? '' : ' messages-plain'}`, role: 'table', 'aria-label': 'Messages', 'aria-busy': 'true' });
  const status = h('p', { class: 'muted' });
  const button = h('button', { class: 'button', type: 'button', hidden: true, onClick: () => more() }, 'Load more');
  const foot = h('div', { class: 'row messages-foot' }, button, status);
  const none = h('div');
  const everything = select && h('input', { type: 'checkbox', onChange: () => selectShown(everything.checked) });
  let [filter, order, cursor] = [null, '', ''];
  let [busy, near, failed] = [false, false, false];
  let call = new AbortController();
  const observer = new IntersectionObserver((seen) => {
    near = seen.at(-1).isIntersecting; // those before it are of the past
    onward();
  }, { rootMargin: '800px' });
  observer.observe(foot);
  signal.addEventListener('abort', () => {
    observer.disconnect();
    call.abort();
  });

  // load shows the messages of a filter from the beginning.
  function load(wanted) {
    call.abort();
    call = new AbortController();
    [filter, order, cursor] = [wanted, orderOf(wanted), ''];
    news('');
    return page();
  }

  async function more() {
    if (!cursor || busy) return;
    const [before, focused] = [rows.size, document.activeElement === button];
    await page();
    // Whoever pressed the button goes on where the new rows begin.
    if (focused && button.hidden) body.children[before]?.querySelector('a, input').focus();
  }

  // onward goes on by itself where the end is in sight.
  function onward() {
    if (near && !failed && rows.size < BY_ITSELF) more();
  }

  // page fetches the next page, or the first one.
  async function page() {
    const mine = call;
    const first = !cursor;
    busy = true;
    table.setAttribute('aria-busy', 'true');
    try {
      const answer = await api.get('/messages', { query: { ...filter, limit: PAGE, cursor }, signal: mine.signal });
      if (mine !== call) return;
      if (first) clear();
      failed = false;
      cursor = answer.next_cursor ?? '';
      body.append(...answer.messages.filter(({ id }) => !rows.has(id)).map((message) => {
        const row = messageRow(message, { order, select });
        rows.set(message.id, row);
        return row.element;
      }));
      show();
      say(status.textContent);
    } catch (error) {
      if (isAbort(error) || mine !== call) return;
      if (!(error instanceof ApiError)) throw error;
      failed = true;
      if (first) clear();
      show(error);
    } finally {
      if (mine === call) busy = false;
    }
    loaded();
    // A page may hold few messages, or none, and still go on. Observed anew, the end of the
    // list says whether it is in sight now.
    observer.unobserve(foot);
    observer.observe(foot);
  }

  function clear() {
    rows.clear();
    replace(body);
    const time = { created_at: 'Created', sent_at: 'Sent', failed_at: 'Failed' }[order];
    replace(table, h('thead', { role: 'rowgroup' }, h('tr', { role: 'row', class: 'message-head' },
      select ? h('th', { role: 'columnheader', class: 'message-check' }, h('label', {}, everything, h('span', {}, 'Select all that are shown'))) : null,
      ['Status', 'To', 'Content', 'Reference', time, 'Note'].map((name) => h('th', { role: 'columnheader' }, name)))), body);
  }

  // show brings what is around the rows up to date.
  function show(error) {
    const nothing = rows.size === 0 && !cursor;
    table.setAttribute('aria-busy', 'false');
    table.hidden = nothing;
    button.hidden = !cursor;
    replace(button, error ? 'Try again' : 'Load more');
    replace(none, nothing ? empty(error) : null);
    replace(status, nothing ? null : error?.message ?? `${plural(rows.size, 'message')} shown${cursor ? '' : ', that is all'}`);
  }

  // tick shows what is selected.
  function tick(selection) {
    let ticked = 0;
    for (const [id, row] of rows) {
      row.tick(selection.has(id));
      if (selection.has(id)) ticked++;
    }
    if (!everything) return;
    everything.checked = ticked > 0 && ticked === rows.size;
    everything.indeterminate = ticked > 0 && ticked < rows.size;
  }

  // apply takes in what events say of messages that are shown.
  function apply(events) {
    for (const event of events) {
      const row = rows.get(event.id);
      row?.update(afterEvent(row.message, event));
    }
  }

  // refresh asks how the rows stand, and whether there are new ones, in one call.
  async function refresh() {
    if (busy) return;
    const mine = call;
    if (rows.size === 0) return page();
    const answer = await api.get('/messages', { query: { ...filter, limit: Math.min(Math.max(rows.size, PAGE), REFRESHED) }, signal: mine.signal });
    if (mine !== call) return;
    const there = new Map(answer.messages.map((message) => [message.id, message]));
    const known = answer.messages.findIndex(({ id }) => rows.has(id));
    const fresh = known < 0 ? there.size : known;
    const beyond = known < 0 && answer.next_cursor; // nobody knows how many more
    news(fresh ? `${count(fresh)}${beyond ? ' or more' : ''} new ${fresh === 1 ? 'message' : 'messages'}` : '');
    if (beyond) return;
    // What is missing up to the last row that is there has left the list.
    const ids = [...rows.keys()];
    const last = answer.next_cursor ? ids.findLastIndex((id) => there.has(id)) : ids.length - 1;
    for (const [i, id] of ids.entries()) {
      const now = there.get(id);
      if (now) rows.get(id).update(now);
      if (i <= last) rows.get(id).leave(!now);
    }
  }

  // move goes up and down between the rows; with shift it takes the selection along.
  function move(event) {
    const row = event.target.closest('tr');
    const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
    if (!next) return;
    event.preventDefault();
    next.querySelector(event.target.matches('input') ? 'input' : 'a').focus();
    if (event.shiftKey && select) select(next.dataset.id, true, true);
  }

  return {
    element: h('div', { id: 'message-list', role: 'tabpanel', 'aria-label': 'Messages' }, table, none, foot),
    load, refresh, apply, tick,
    ids: () => [...rows.keys()],
    messages: () => [...rows.values()].map((row) => row.message),
  };
}
