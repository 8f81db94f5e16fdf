// Sent and failed in each minute of the last hour, as a chart, in words, and as a table.
import { h, replace } from './dom.js';
import { count, plural, time } from './format.js';
import { plotMinutes } from './overview-plot.js';
import { text } from './refresh.js';
import { onThemeChange } from './theme.js';

// chartCard returns {element, show(minutes)}, minutes as in GET /stats.
export function chartCard(signal) {
  const plot = h('div', { class: 'chart', 'aria-hidden': 'true' });
  const words = h('figcaption', { class: 'muted' }, 'Sent and failed in the last hour');
  const pointed = h('span', { class: 'muted' }); // the minute under the pointer
  const rows = h('tbody', {});
  const table = h('details', { class: 'chart-table' }, h('summary', {}, 'The same as a table'),
    h('div', { class: 'table-scroll chart-rows', tabindex: '0', role: 'region', 'aria-label': 'Sent and failed by the minute' },
      h('table', { class: 'table' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Minute'),
        h('th', { scope: 'col', class: 'number' }, 'Sent'), h('th', { scope: 'col', class: 'number' }, 'Failed'))), rows)));
  const element = h('section', { class: 'card', 'aria-labelledby': 'chart-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'chart-title' }, 'The last hour'),
      h('span', { class: 'row small', 'aria-hidden': 'true' }, pointed, key('sent', 'Sent'), key('failed', 'Failed'))),
    h('figure', {}, plot, words), table);

  let minutes = [];
  let drawn = null;
  const draw = () => {
    if (drawn) drawn.update(minutes);
    else drawn = plotMinutes(plot, minutes, (words) => text(pointed, words));
  };
  const unfollow = onThemeChange(() => {
    drawn?.destroy();
    drawn = null;
    draw();
  });
  signal.addEventListener('abort', () => { unfollow(); drawn?.destroy(); }, { once: true });
  table.addEventListener('toggle', () => fill(rows, table, minutes));

  return {
    element,
    show(now) {
      minutes = now;
      text(words, summary(now));
      fill(rows, table, now);
      draw();
    },
  };
}

function key(status, label) {
  return h('span', { class: 'tile-label' }, h('span', { class: `dot chart-${status}` }), label);
}

// summary says what the chart shows.
export function summary(minutes) {
  const sent = minutes.reduce((sum, minute) => sum + minute.sent, 0);
  const failed = minutes.reduce((sum, minute) => sum + minute.failed, 0);
  if (sent + failed === 0) return 'Nothing was sent in the last hour, and nothing failed.';
  const busiest = minutes.reduce((most, minute) => (minute.sent > most.sent ? minute : most));
  const peak = busiest.sent > 0 ? ` The most in one minute: ${count(busiest.sent)} at ${time(busiest.at).textContent.slice(0, -3)}.` : '';
  return `${plural(sent, 'message')} sent and ${count(failed)} failed in the last hour.${peak}`;
}

// fill writes the table while it is open, the newest minute first.
function fill(rows, table, minutes) {
  if (!table.open) return;
  const busy = minutes.filter((minute) => minute.sent + minute.failed > 0).reverse();
  replace(rows, busy.length === 0 ? h('tr', {}, h('td', { colspan: 3, class: 'muted' }, 'Nothing happened.')) : busy.map((minute) => h('tr', {},
    h('td', {}, time(minute.at)), h('td', { class: 'number' }, count(minute.sent)), h('td', { class: 'number' }, count(minute.failed)))));
}
