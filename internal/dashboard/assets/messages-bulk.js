// Many messages retried or canceled: those selected one by one, or all that match.
import { api, isAbort, pause } from './api.js';
import { serverNow } from './clock.js';
import { confirm, openDialog } from './dialog.js';
import { h } from './dom.js';
import { count, plural } from './format.js';
import { messagePath, recipient } from './message-rules.js';
import { describe } from './messages-filter.js';

const AT_ONCE = 3; // calls
const PER_MINUTE = 100; // calls that the service takes by default
const TOLD = 50; // problems that are listed
const words = {
  retry: ['Retry', 'retried', 'They wait to be sent again, with as many attempts as new ones. One that failed with outcome_unknown may have arrived, and would arrive twice.'],
  cancel: ['Cancel', 'canceled', 'They are not sent. What is being sent already is not stopped.'],
};

// changeSelected asks, and changes messages one by one. false: it was called off.
export async function changeSelected(action, messages, { progress, signal }) {
  const [verb, done] = words[action];
  const minutes = Math.ceil(messages.length / PER_MINUTE);
  const slow = minutes > 1 && `Each is one request, of which the service takes about ${PER_MINUTE} a minute: this takes some ${minutes} minutes. All that match go faster.`;
  if (!await ask(action, plural(messages.length, 'message'), slow && h('p', { class: 'muted' }, slow))) return false;
  const stopped = progress.begin(`${verb}: ${plural(messages.length, 'message')}`, signal);
  const left = [...messages];
  const problems = [];
  let changed = 0;
  const tell = (more = '') => progress.tell(`${count(changed)} of ${count(messages.length)} ${done}${more}`, (changed + problems.length) / messages.length);
  const worker = async () => {
    for (let message = left.shift(); message; message = left.shift()) {
      try {
        await patiently(() => api.post(`${messagePath(message.id)}/${action}`, undefined, { signal: stopped }), stopped, tell);
        changed++;
      } catch (error) {
        if (isAbort(error)) return;
        problems.push({ message, error });
      }
      tell();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const untouched = messages.length - changed - problems.length;
  progress.end(`${plural(changed, 'message')} ${done}${problems.length ? `, ${count(problems.length)} could not be` : ''}${untouched ? `, stopped before ${count(untouched)}` : ''}`,
    h('ul', { class: 'message-problems' }, problems.slice(0, TOLD).map(({ message, error }) => h('li', {}, h('a', { href: messagePath(message.id) }, h('bdi', {}, recipient(message))), ` ${error.message}`)),
      problems.length > TOLD ? h('li', {}, '…') : null));
  return true;
}

// changeMatching counts what matches a filter, asks, and changes it, going on until all of
// it is done. What comes to match after the count was not asked about, and is left alone.
// false: it was called off.
export async function changeMatching(action, filter, { progress, signal }) {
  const [verb, done] = words[action];
  const path = `/messages/${action}`;
  const filters = describe(filter);
  const body = bounded(action, filter);
  let { matched, complete: counted, before } = await api.post(path, body, { query: { dry_run: 'true' }, signal });
  if (matched === 0) {
    openDialog({ title: 'Nothing to do', body: `None of those that match can be ${done}.` });
    return false;
  }
  const total = `${counted ? '' : 'more than '}${plural(matched, 'message')}`;
  const which = filters.length > 0 ? h('ul', { class: 'message-problems' }, filters.map((text) => h('li', {}, h('bdi', {}, text))))
    : h('p', { class: 'notice' }, 'No filter is set: all that can be changed are meant.');
  if (!await ask(action, total, [h('p', {}, 'All that match are meant, whether shown or not:'), which])) return false;
  const stopped = progress.begin(`${verb}: ${total}`, signal);
  let changed = 0;
  const known = () => `${plural(changed, 'message')} ${done}`;
  const tell = (more = '') => progress.tell(`${known()} of ${total}${more}`, Math.min(changed / matched, 1));
  try {
    for (let complete = false; !complete; tell()) {
      const answer = await patiently(() => api.post(path, { ...body, before }, { signal: stopped }), stopped, tell);
      changed += answer[done];
      ({ before, complete } = answer);
    }
    progress.end(known());
  } catch (error) {
    progress.end(isAbort(error) ? `Stopped. ${known()}, and what the last request came to` : `${known()}, then: ${error.message} Repeat it to go on.`);
  }
  return true;
}

// bounded is a filter as the API takes it. A retry is bounded by the time of its count,
// which the answer tells; a cancellation by when messages were accepted, a second more
// than the server's clock says here.
function bounded(action, filter) {
  if (action === 'retry') return describe(filter).length > 0 ? filter : { all: true };
  return { ...filter, created_before: filter.created_before || new Date(serverNow() + 1000).toISOString() };
}

function ask(action, total, more) {
  const [verb, , consequence] = words[action];
  return confirm({ title: `${verb} ${total}?`, body: h('div', { class: 'stack' }, more, h('p', {}, consequence)), action: `${verb} ${total}`, danger: action === 'cancel', dismiss: 'Not now' });
}

// patiently repeats a call as long as the service asks for less.
async function patiently(call, signal, tell) {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (error.status !== 429) throw error;
      const seconds = Math.max(1, error.retryAfter);
      tell(`. Waiting ${seconds} s, as the service asks`);
      await pause(seconds * 1000, signal);
    }
  }
}
