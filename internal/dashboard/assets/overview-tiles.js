// How many messages there are in each status; each tile leads to them.
import { h } from './dom.js';
import { count, duration } from './format.js';
import { text } from './refresh.js';

const kinds = [
  { status: 'pending', label: 'Pending', note: ({ oldest_waiting: oldest }) => (oldest?.age_seconds ? `oldest waits ${duration(oldest.age_seconds * 1000)}` : '') },
  { status: 'sending', label: 'Sending', note: () => '' },
  { status: 'sent', label: 'Sent', note: ({ per_minute: minutes }) => `${count(sum(minutes, 'sent'))} in the last hour` },
  { status: 'failed', label: 'Failed', note: ({ per_minute: minutes }) => `${count(sum(minutes, 'failed'))} in the last hour` },
  { status: 'scheduled', label: 'Scheduled', note: () => '' },
];

export function tiles() {
  const made = kinds.map((kind) => {
    const value = h('span', { class: 'tile-value' }, '–');
    const note = h('span', { class: 'tile-note' });
    const element = h('a', { class: 'tile', href: `/messages?status=${kind.status}` },
      h('span', { class: 'tile-label' }, h('span', { class: `dot dot-${kind.status}`, 'aria-hidden': 'true' }), kind.label), value, note);
    return { ...kind, value, note, element, describe: kind.note };
  });
  return {
    element: h('nav', { class: 'tiles', 'aria-label': 'Messages by status' }, made.map((tile) => tile.element)),
    show(stats) {
      for (const tile of made) {
        text(tile.value, count(stats.counts[tile.status]));
        text(tile.note, tile.describe(stats));
      }
    },
  };
}

function sum(minutes, name) {
  return minutes.reduce((total, minute) => total + minute[name], 0);
}
