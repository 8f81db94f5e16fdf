// What to do with a store that has no messages.
import { codeBlock } from './code.js';
import { h } from './dom.js';

export function firstMessage(me) {
  const key = me.authenticated ? ' \\\n  -H "Authorization: Bearer $AMS_API_KEY"' : '';
  return h('section', { class: 'card empty', 'aria-labelledby': 'first-title' },
    h('h2', { id: 'first-title' }, 'No messages yet'),
    h('p', { class: 'muted' }, 'Put one in, from ', h('a', { href: '/compose' }, 'a form'), ' or from a command line:'),
    codeBlock(`curl -s ${location.origin}/api/v1/messages${key} \\\n  -H 'Content-Type: application/json' -d '{"to":"+905551111111","content":"Merhaba!"}'`, 'Send a first message'));
}
