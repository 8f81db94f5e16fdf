// Whether messages are being sent, at what pace, when the next window opens, and when
// the backlog will be gone.
import { api } from './api.js';
import { toast } from './announce.js';
import { serverNow } from './clock.js';
import { confirm } from './dialog.js';
import { h, replace } from './dom.js';
import { ago, count, duration, goMilliseconds, plural, time } from './format.js';
import { changePace, paceText } from './overview-pace.js';
import { every, text } from './refresh.js';

// Windows that open faster than this are not counted down to: nobody could read it.
const countable = 3000;

// schedulerCard returns {element, show(state), showForecast(forecast)}. changed is called
// when a person changed something, due when the window that was counted down to is open.
export function schedulerCard({ me, signal, changed, due }) {
  const operator = me.role === 'operator';
  const badge = h('span', { class: 'badge badge-large' }, '…');
  const since = h('span', { class: 'muted' });
  const pace = h('span', {}, '–');
  const next = h('span', { role: 'timer', 'aria-label': 'Next window' }, '–');
  const left = h('dd', { class: 'muted small' });
  const drains = h('dd', { class: 'fact-value' }, '–');
  const why = h('dd', { class: 'muted small' });
  const edit = h('button', { class: 'button button-quiet', type: 'button', disabled: true, hidden: !operator, 'aria-label': 'Change the pace' }, 'Change');
  const toggle = h('button', { class: 'button', type: 'button', disabled: true, hidden: !operator }, 'Start sending');
  const element = h('section', { class: 'card scheduler', 'aria-labelledby': 'scheduler-title' },
    h('div', { class: 'scheduler-state' },
      h('div', { class: 'row' }, h('h2', { id: 'scheduler-title' }, 'Sending'), badge, since), toggle),
    h('dl', { class: 'scheduler-facts' },
      h('div', {}, h('dt', {}, 'Pace'), h('dd', { class: 'fact-value row' }, pace, edit)),
      h('div', {}, h('dt', {}, 'Next window'), h('dd', { class: 'fact-value' }, next), left),
      h('div', {}, h('dt', {}, 'Backlog'), drains, why)));

  let state = null;
  edit.addEventListener('click', async () => { if (await changePace(state)) changed(); });
  toggle.addEventListener('click', async () => { if (await (state.is_active ? stop() : start())) changed(); });

  const tick = () => {
    if (!state) return;
    text(since, state.is_active ? `since ${shown(state.started_at)}` : state.stopped_at ? `since ${shown(state.stopped_at)}` : 'not started yet');
    const wait = Date.parse(state.window.next_at ?? '') - serverNow();
    if (!state.is_active || Number.isNaN(wait)) return text(next, state.is_active ? '–' : 'when sending starts');
    if (goMilliseconds(state.interval) < countable) return text(next, `every ${duration(goMilliseconds(state.interval))}`);
    text(next, wait > 0 ? `in ${countdown(wait)}` : 'opens now');
    if (wait <= 0) due();
  };
  every(250, tick, signal);

  return {
    element,
    show(now) {
      const first = !state;
      state = now;
      const running = now.is_active;
      badge.className = `badge badge-large badge-${running ? 'ok' : 'stop'}`;
      text(badge, running ? 'Running' : 'Stopped');
      text(pace, paceText(now));
      text(left, !running || now.messages_per_interval === 0 ? '' : `this window allows ${count(now.window.remaining)} more`);
      text(toggle, running ? 'Stop sending' : 'Start sending');
      toggle.className = `button ${running ? '' : 'button-primary'}`;
      if (first) edit.disabled = toggle.disabled = false;
      tick();
    },
    showForecast(forecast) {
      const { waiting, note, drains_at: at, per_minute: rate } = forecast;
      const all = plural(waiting, 'message');
      if (waiting === 0) replace(drains, 'Nothing waits');
      else if (at) replace(drains, 'Sent by about ', time(at), h('span', { class: 'muted' }, ` (${ago(at)})`));
      else replace(drains, `${all}, no estimate`);
      text(why, note === 'nothing waits' ? '' : note || `${all} at ${count(rate)} a minute`);
    },
  };
}

function shown(iso) {
  return `${time(iso).textContent}, ${ago(iso)}`;
}

// countdown writes 0:07, 1:59 or 1:02:03, rounded up: at 0:01 there is something left.
function countdown(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

const reason = { name: 'reason', label: 'Reason', hint: 'Optional; kept in the audit trail.', maxLength: 200 };

function start() {
  return ask({
    title: 'Start sending?', body: 'Messages go out on all replicas, at the pace that is set. The first window opens at once.',
    action: 'Start sending', fields: [reason],
    submit: ({ reason: why }) => api.post('/scheduler/start', why ? { reason: why } : {}),
  }, () => 'Sending has started');
}

function stop() {
  return ask({
    title: 'Stop sending?', body: 'No new attempt begins on any replica. Those that are under way end by themselves and are recorded.',
    action: 'Stop sending', danger: true, fields: [reason],
    submit: ({ reason: why }) => api.post('/scheduler/stop', why ? { reason: why } : {}),
  }, ({ in_flight: flying }) => (flying > 0 ? `Sending has stopped; ${plural(flying, 'attempt')} still under way` : 'Sending has stopped'));
}

async function ask(question, told) {
  const answer = await confirm(question);
  if (answer) toast(told(answer.result));
  return answer !== null;
}
