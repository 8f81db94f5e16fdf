// How the parts are that the service needs or uses.
import { h, replace } from './dom.js';
import { ago, duration, time } from './format.js';

const webhookWords = {
  closed: ['ok', 'Takes messages'],
  open: ['open', 'Fails; sending waits'],
  probing: ['probing', 'Is being probed'],
  paused: ['paused', 'Asked for a pause'],
};

export function healthCard() {
  const store = h('div', {});
  const redis = h('div', {});
  const webhook = h('div', {});
  replace(store, row('Store', 'unknown', '…'));
  replace(webhook, row('Webhook', 'unknown', '…'));
  return {
    element: h('section', { class: 'card', 'aria-labelledby': 'health-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'health-title' }, 'Health')),
      h('div', { class: 'stack' }, store, redis, webhook)),
    show({ parts }) {
      const find = (name) => parts.find((part) => part.name === name);
      replace(store, part('Store', find('store')));
      replace(redis, find('redis') ? part('Redis', find('redis')) : row('Redis', 'unknown', 'Not used', 'receipts and limits are kept in process'));
    },
    showWebhook({ state, since, reason, retry_at: retryAt }) {
      const [kind, words] = webhookWords[state] ?? ['unknown', state];
      const details = state === 'closed' ? [since ? ['since ', time(since)] : null] : [
        since ? ['since ', time(since), ` (${ago(since)})`] : null,
        reason ? [since ? ': ' : '', reason] : null,
        retryAt ? ['; next try ', ago(retryAt)] : null,
      ];
      replace(webhook, row('Webhook', kind, words, details));
    },
  };
}

function part(name, found) {
  if (!found) return row(name, 'unknown', 'Unknown');
  if (found.status !== 'ok') return row(name, 'unavailable', 'Away', found.detail);
  return row(name, 'ok', 'Answers', found.duration_ms === undefined ? '' : `in ${duration(found.duration_ms)}`);
}

function row(name, kind, words, ...details) {
  return h('div', { class: 'health-row' }, h('span', { class: 'health-name' }, name),
    h('span', { class: `badge badge-${kind}` }, words), h('span', { class: 'muted small grow' }, details));
}
