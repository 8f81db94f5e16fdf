// The processes that share the work.
import { h, replace } from './dom.js';
import { ago, count, time } from './format.js';

export function replicasCard() {
  const list = h('ul', { class: 'replicas' });
  const element = h('section', { class: 'card', 'aria-labelledby': 'replicas-title', hidden: true },
    h('div', { class: 'card-head' }, h('h2', { id: 'replicas-title' }, 'Replicas')), list);
  return {
    element,
    show(replicas) {
      element.hidden = false;
      replace(list, replicas.length === 0 ? h('li', { class: 'muted' }, 'None has reported yet.') : replicas.map(replica));
    },
  };
}

function replica({ id, version, started_at: started, seen_at: seen, state, in_flight: flying, max_in_flight: most, webhook, self }) {
  return h('li', { class: 'replica' },
    h('div', { class: 'row' },
      h('span', { class: 'mono grow' }, id),
      self ? h('span', { class: 'muted small' }, 'answers you') : null,
      webhook && webhook.state !== 'closed' ? h('span', { class: `badge badge-${webhook.state}`, title: webhook.reason }, `webhook ${webhook.state}`) : null,
      h('span', { class: `badge badge-${state === 'live' ? 'live' : 'unavailable'}` }, state)),
    h('div', { class: 'muted small' }, `${version}, up since `, time(started), ', ',
      state === 'live' ? `${count(flying)} of ${count(most)} in flight` : `last seen ${ago(seen)}`));
}
