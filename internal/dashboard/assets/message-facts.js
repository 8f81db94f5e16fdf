// What is known of one message: its content, and its facts in a list.
import { h } from './dom.js';
import { ago, duration, plural, statusBadge, time } from './format.js';
import { link } from './messages-filter.js';

// contentCard shows what it says, as it is: text, with its line ends.
export function contentCard(message) {
  const { content, num_segments: segments, encoding, erased_at: erased } = message;
  return h('section', { class: 'card stack', 'aria-labelledby': 'content-title' },
    h('h2', { id: 'content-title' }, 'Content'),
    h('p', { class: `message-text${erased ? ' muted' : ''}`, dir: 'auto' }, erased ? 'Erased.' : content),
    h('p', { class: 'muted small' }, [segments && `${segments} SMS, ${encoding}`, !erased && plural([...content].length, 'character')].filter(Boolean).join(' · ')));
}

// factsCard shows the rest; what is not known is left out.
export function factsCard(message) {
  const rows = [
    ['Status', [statusBadge(message.status), message.delivery_status ? [' ', statusBadge(message.delivery_status)] : null]],
    ['Reference', message.reference && h('a', { href: link({ reference: message.reference }) }, h('bdi', {}, message.reference))],
    ['Priority', message.priority],
    ['Send at', message.send_at && [time(message.send_at), ` · ${ago(message.send_at)}`]],
    ['Validity', message.validity_period && [duration(message.validity_period * 1000), ', until ', time(message.expires_at)]],
    ['Place in the queue', message.position],
    ['Likely sent', message.estimated_send_at && [time(message.estimated_send_at), ` · ${ago(message.estimated_send_at)}`]],
    ['Note', message.note],
    ['Error', message.error && h('bdi', {}, message.error)],
    ['Error code', message.error_code && h('code', {}, message.error_code)],
    ['Attempts', message.attempt_count > 0 && `${message.attempt_count}, of which ${message.retry_count} failed`],
    ['Provider’s id', message.message_id && h('code', {}, message.message_id)],
    ['Id', h('code', {}, message.id)],
    ['Changed', message.updated_at && [time(message.updated_at), ` · ${ago(message.updated_at)}`]],
  ];
  return h('section', { class: 'card stack', 'aria-labelledby': 'facts-title' }, h('h2', { id: 'facts-title' }, 'Facts'),
    h('dl', { class: 'facts' }, rows.filter(([, value]) => value).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])));
}
