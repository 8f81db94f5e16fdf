// One message: what it says, its way, and what can be done with it.
import { api, isAbort } from './api.js';
import { say, toast } from './announce.js';
import { serverNow } from './clock.js';
import { codeBlock } from './code.js';
import { confirm, openDialog } from './dialog.js';
import { h, replace } from './dom.js';
import { ago, statusBadge, time } from './format.js';
import { follow } from './live.js';
import { curl, requestOf } from './message-curl.js';
import { contentCard, factsCard } from './message-facts.js';
import { canCancel, canErase, canRetry, may, messagePath, recipient } from './message-rules.js';
import { timeline } from './message-timeline.js';

const AGAIN = 15_000; // milliseconds until what waits is asked for again: its place changes without an event

export default {
  title: 'Message',
  mount(root, { params, me, signal }) {
    const path = messagePath(params.id);
    const head = h('div', { class: 'view-head' }, h('h1', { class: 'grow' }, 'Message'));
    const parts = h('div', { class: 'stack', 'aria-busy': 'true' });
    root.append(h('p', {}, h('a', { href: '/messages' }, '← Messages')), head, parts);
    let shown = null;
    let timer;
    let turn = 0;

    async function load() {
      clearTimeout(timer);
      const mine = ++turn; // an answer that another one overtook is none any more
      try {
        const message = await api.get(path, { signal });
        if (mine !== turn) return;
        show(message);
        if (canCancel(message) || message.status === 'sending') timer = setTimeout(load, AGAIN);
      } catch (error) {
        if (!isAbort(error) && mine === turn && (!shown || error.status === 404)) missing(error);
      }
    }

    // show draws what is new; what has not changed may be being read, or selected.
    function show(message) {
      parts.removeAttribute('aria-busy');
      if (JSON.stringify(message) === JSON.stringify(shown)) return;
      if (shown && shown.status !== message.status) say(`The message is ${message.status} now`);
      shown = message;
      const focused = head.contains(document.activeElement) && document.activeElement.dataset.act;
      replace(head, h('h1', {}, h('bdi', {}, recipient(message))), statusBadge(message.status), h('span', { class: 'grow' }), actions(message));
      if (focused) (head.querySelector(`[data-act="${focused}"]`) ?? head.querySelector('button'))?.focus();
      replace(parts, h('div', { class: 'message-columns' }, h('div', { class: 'stack' }, contentCard(message), wayCard(message)), factsCard(message)));
    }

    function actions(message) {
      return h('div', { class: 'row', role: 'toolbar', 'aria-label': 'What can be done' },
        canRetry(message) && may(me, 'sender') ? action('retry', 'Retry', () => change(message, 'retry'), 'button-primary') : null,
        canCancel(message) && may(me, 'sender') ? action('cancel', 'Cancel', () => change(message, 'cancel')) : null,
        message.erased_at ? null : action('curl', 'Copy as curl', () => showCurl(message)),
        canErase(message) && may(me, 'operator') ? action('erase', 'Erase…', () => erase(message)) : null);
    }

    async function change(message, verb) {
      if (verb === 'retry' && message.error_code === 'outcome_unknown'
        && !await confirm({ title: 'Send it again?', body: 'Nobody knows whether it arrived. If it did, it arrives twice.', action: 'Send again', danger: true })) return;
      try {
        show(await api.post(`${path}/${verb}`, undefined, { signal }));
        toast(verb === 'retry' ? 'It waits to be sent again.' : 'Canceled.');
      } catch (error) {
        if (!isAbort(error)) toast(error.message, { kind: 'error' });
      }
      load();
    }

    async function erase(message) {
      const done = await confirm({
        title: 'Erase this message?', action: 'Erase for good', danger: true,
        body: h('div', { class: 'stack' },
          h('p', {}, 'Recipient, content and error texts go for good; nobody can bring them back. Id, status, times and attempts stay, and an entry in the audit trail.'),
          canCancel(message) ? h('p', { class: 'notice' }, 'It still waits: erasing cancels it.') : null),
        submit: () => api.del(path, { signal }),
      });
      if (!done) return;
      show(done.result);
      toast('Erased.');
    }

    async function showCurl(message) {
      const command = curl(requestOf(message, serverNow()), { origin: location.origin, authenticated: me.authenticated });
      let title = 'Copied';
      try {
        await navigator.clipboard.writeText(command);
      } catch {
        title = 'Copy as curl'; // it is not allowed, or not over https
      }
      openDialog({ title, body: [h('p', {}, 'It puts in another message like this one.'), codeBlock(command, 'Command')] });
    }

    function missing(error) {
      shown = null;
      parts.removeAttribute('aria-busy');
      replace(head, h('h1', {}, 'Message'));
      const gone = error.status === 404;
      replace(parts, h('div', { class: 'empty', role: 'alert' }, h('h2', {}, gone ? 'There is no message with this id' : 'The message cannot be shown'),
        h('p', {}, gone ? h('code', {}, params.id) : error.message),
        gone ? h('p', { class: 'muted' }, 'It was never accepted, or is deleted by now (RETENTION).') : action('again', 'Try again', load)));
    }

    load();
    const unfollow = follow(['message.*'], (events) => { if (events.some((event) => event.id === params.id)) load(); }, load);
    return () => {
      unfollow();
      clearTimeout(timer);
    };
  },
};

function action(name, text, onClick, kind = '') {
  return h('button', { class: `button ${kind}`, type: 'button', 'data-act': name, onClick }, text);
}

function wayCard(message) {
  return h('section', { class: 'card stack', 'aria-labelledby': 'way-title' }, h('h2', { id: 'way-title' }, 'Its way'),
    h('ol', { class: 'timeline' }, timeline(message, serverNow()).map((entry) => h('li', {
      class: `timeline-item message-step message-step-${entry.kind}${entry.ahead ? ' message-step-ahead' : ''}`, 'data-kind': entry.kind,
    },
    h('div', { class: 'row' }, h('strong', {}, entry.title), entry.at ? h('span', { class: 'muted' }, time(entry.at), ` · ${ago(entry.at)}`) : null),
    h('p', { class: 'muted' }, entry.detail.filter(Boolean).join(' · ')),
    h('p', { class: 'small', dir: 'auto' }, entry.error)))));
}
