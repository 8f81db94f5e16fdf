// The overview: whether messages are sent, how fast, what waits, and what is in the way.
import { api, health, isAbort } from './api.js';
import { h, replace } from './dom.js';
import { follow } from './live.js';
import { every, paced } from './refresh.js';
import { chartCard } from './overview-chart.js';
import { firstMessage } from './overview-empty.js';
import { healthCard } from './overview-health.js';
import { replicasCard } from './overview-replicas.js';
import { schedulerCard } from './overview-scheduler.js';
import { tiles } from './overview-tiles.js';

export default {
  title: 'Overview',

  mount(root, { me, signal }) {
    const trouble = h('p', { class: 'notice notice-bad', role: 'alert', hidden: true });
    const scheduler = schedulerCard({ me, signal, changed: () => { askScheduler(); askStats(); }, due: () => askScheduler() });
    const tileRow = tiles();
    const chart = chartCard(signal);
    const parts = healthCard();
    const replicas = replicasCard();
    const hint = h('div', { hidden: true });
    replace(root,
      h('h1', { class: 'visually-hidden' }, 'Overview'), trouble, scheduler.element, tileRow.element, hint,
      h('div', { class: 'overview-columns' }, chart.element, h('div', { class: 'view' }, parts.element, replicas.element)));

    // guarded keeps what is shown when the API cannot be asked, and says so.
    const troubles = new Map();
    const guarded = (name, work) => async () => {
      try {
        await work();
        troubles.delete(name);
      } catch (error) {
        if (isAbort(error) || signal.aborted || error.status === 401) return;
        troubles.set(name, error.message);
      }
      const all = [...new Set(troubles.values())].join(' ');
      if (trouble.textContent !== all) trouble.textContent = all;
      trouble.hidden = all === '';
    };
    const askStats = paced(3000, guarded('stats', async () => {
      const stats = await api.get('/stats', { signal });
      tileRow.show(stats);
      chart.show(stats.per_minute);
      scheduler.showForecast(stats.forecast);
      parts.showWebhook(stats.webhook);
      const empty = Object.values(stats.counts).every((n) => n === 0);
      if (empty === hint.hidden) replace(hint, empty ? firstMessage(me) : null);
      hint.hidden = !empty;
    }), signal);
    const askScheduler = paced(2000, guarded('scheduler', async () => {
      scheduler.show(await api.get('/scheduler', { signal }));
    }), signal);
    const askParts = paced(5000, guarded('parts', async () => parts.show(await health({ signal }))), signal);
    const askReplicas = paced(5000, guarded('replicas', async () => {
      try {
        replicas.show((await api.get('/replicas', { signal })).replicas);
      } catch (error) {
        if (error.status !== 404) throw error;
        replicas.element.hidden = true;
      }
    }), signal);
    const askAll = () => { askScheduler(); askStats(); askParts(); askReplicas(); };

    askAll();
    every(15_000, askAll, signal); // the webhook's breaker and the parts are in no event
    return follow(['message.*', 'scheduler.*'], (events) => {
      askStats();
      if (events.some((event) => event.type.startsWith('scheduler.'))) askScheduler();
    }, askAll);
  },
};
