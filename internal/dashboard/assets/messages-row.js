// One line of the list of messages.
import { serverNow } from './clock.js';
import { h, replace } from './dom.js';
import { ago, statusBadge, time } from './format.js';
import { messagePath, recipient } from './message-rules.js';

// messageRow returns {element, message, update(message), tick(on), leave()}. select, where
// one may select, is called with (id, on, shift).
export function messageRow(message, { order, select }) {
  // A change event does not tell about shift; a click does, the space bar's as well.
  const box = select && h('input', { type: 'checkbox', 'data-select': message.id, onClick: (event) => select(message.id, box.checked, event.shiftKey) });
  const [badge, to, content, reference, at, note] = ['status', 'to', 'content', 'reference', 'time', 'note'].map((name) => h('td', { role: 'cell', class: `message-${name}` }));
  const element = h('tr', { role: 'row', 'data-id': message.id, class: 'message-row' },
    box ? h('td', { role: 'cell', class: 'message-check' }, box) : null, badge, to, content, reference, at, note);
  let drawn = '';
  const row = {
    element,
    // update draws the row again, if there is anything new.
    update(changed) {
      row.message = changed;
      const text = JSON.stringify(changed);
      if (text === drawn) return;
      drawn = text;
      const name = recipient(changed);
      box?.setAttribute('aria-label', `Select the message to ${name}, ${changed.status}`);
      replace(badge, statusBadge(changed.status));
      replace(to, h('a', { href: messagePath(changed.id) }, h('bdi', {}, name)));
      replace(content, h('span', { class: 'message-excerpt', dir: 'auto' }, changed.content));
      replace(reference, h('bdi', {}, changed.reference));
      replace(at, time(changed[order] || changed.created_at));
      replace(note, noteOf(changed));
    },
    tick(on) {
      if (box) box.checked = on;
      element.classList.toggle('message-selected', on);
    },
    // leave says that the message is not among those of the filter any more. The row
    // stays, so that nothing moves under the hand.
    leave: (left) => element.classList.toggle('message-left', left),
  };
  row.update(message);
  return row;
}

// noteOf is what else is worth knowing, in a few words.
function noteOf(message) {
  const { status, error = '', attempt_count: attempts } = message;
  if (status === 'scheduled') return ['due ', time(message.send_at)];
  if (message.delivery_status) return [statusBadge(message.delivery_status), ` ${message.delivery_error_code ?? ''}`];
  if (status === 'sent') return message.retry_count > 0 ? `at attempt ${attempts}` : null;
  if (status === 'sending') return `attempt ${attempts}`;
  if (status === 'pending' && attempts > 0) {
    const later = Date.parse(message.next_attempt_at) > serverNow();
    return `attempt ${attempts + 1} ${later ? ago(message.next_attempt_at) : 'due'}: ${error}`;
  }
  if (status === 'pending') return message.priority === 'normal' ? null : `${message.priority} priority`;
  return error;
}

// afterEvent is a message as an event leaves it, until the API is asked.
export function afterEvent(message, { type, status, at }) {
  const changed = { ...message, status: status || message.status };
  const what = type.slice('message.'.length);
  if (what === 'sent' || what === 'failed' || what === 'erased') changed[`${what}_at`] = at;
  if (what === 'erased') Object.assign(changed, { to: '', content: '' });
  if (what.endsWith('delivered')) changed.delivery_status = what;
  return changed;
}
