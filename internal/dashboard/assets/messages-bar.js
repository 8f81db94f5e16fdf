// What can be done with the messages that are selected.
import { h, replace } from './dom.js';
import { count } from './format.js';
import { canCancel, canRetry, may } from './message-rules.js';
import { allows } from './messages-filter.js';

// selectionBar returns {element, show(messages, filter)}: messages are those selected.
// act(action, messages) is called with null for all that match.
export function selectionBar({ me, act, selection }) {
  const element = h('div', { class: 'message-bar', role: 'toolbar', 'aria-label': 'Selected messages', hidden: true });

  function show(messages, filter) {
    const { all } = selection;
    element.hidden = !all && messages.length === 0;
    const focused = element.contains(document.activeElement) && document.activeElement.dataset.act;
    const offers = [['retry', 'Retry', canRetry, 'button-primary'], ['cancel', 'Cancel', canCancel, 'button-danger']].map(([action, verb, can, kind]) => {
      const some = messages.filter(can);
      if (all) return allows(filter, action) ? button(action, `${verb}…`, () => act(action, null), kind) : null;
      const label = `${verb} ${count(some.length)}${some.length < messages.length ? ` of ${count(messages.length)}` : ''}`;
      return some.length > 0 ? button(action, label, () => act(action, some), kind) : null;
    });
    replace(element, h('span', { class: 'grow' }, all ? 'All that match are selected' : `${count(messages.length)} selected`),
      offers, offers.some(Boolean) ? null : h('span', { class: 'muted' }, 'They can neither be retried nor canceled'),
      !all && may(me, 'operator') ? button('all', 'Select all that match', () => selection.matching()) : null,
      button('clear', 'Clear', () => selection.clear()));
    if (focused) element.querySelector(`[data-act="${focused}"]`)?.focus();
  }

  return { element, show };
}

function button(act, text, onClick, kind = 'button-quiet') {
  return h('button', { class: `button ${kind}`, type: 'button', 'data-act': act, onClick }, text);
}
