// How times, numbers and states are written.
import { h } from './dom.js';
import { serverNow } from './clock.js';

const numbers = new Intl.NumberFormat('en');
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const year = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });

// time returns a <time>: the clock alone today, with the day before that; the whole of it as its title.
export function time(iso) {
  if (!iso) return h('span', { class: 'muted' }, '–');
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return h('span', {}, iso);
  return h('time', { datetime: iso, title: iso, class: 'time' }, shortTime(at));
}

function shortTime(at) {
  const now = new Date(serverNow());
  if (at.toDateString() === now.toDateString()) return clock.format(at);
  const date = at.getFullYear() === now.getFullYear() ? day.format(at) : year.format(at);
  return `${date}, ${clock.format(at)}`;
}

// ago returns how long since, or until: '3 min ago', 'in 2 h', 'now'.
export function ago(iso) {
  const distance = serverNow() - Date.parse(iso);
  if (Number.isNaN(distance)) return '';
  if (Math.abs(distance) < 1000) return 'now';
  return distance > 0 ? `${duration(distance)} ago` : `in ${duration(-distance)}`;
}

const units = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];

// duration writes milliseconds with its two largest units: '340 ms', '4.2 s', '3 min 12 s', '2 d 4 h'.
export function duration(milliseconds) {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < 1000) return `${ms} ms`;
  if (ms < 10_000 && ms % 1000 !== 0) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const first = units.findIndex(([size]) => ms >= size);
  const [size, name] = units[first];
  const head = `${Math.floor(ms / size)} ${name}`;
  const next = units[first + 1];
  const rest = next ? Math.floor((ms % size) / next[0]) : 0;
  return rest > 0 ? `${head} ${rest} ${next[1]}` : head;
}

// count writes a number with thousands separators; a text ("10000+") stays what it is.
export function count(n) {
  return typeof n === 'number' ? numbers.format(n) : String(n ?? '–');
}

// plural writes '1 message', '1,200 messages'.
export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

// statusBadge returns the status as a coloured word.
export function statusBadge(status) {
  return h('span', { class: `badge badge-${/^[a-z_]+$/.test(status) ? status : 'unknown'}` }, status);
}

// goMilliseconds reads a duration as the API writes it, such as 1h2m0s or 1.5s; NaN for anything else.
export function goMilliseconds(text) {
  const sizes = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text ?? '')) return NaN;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|h|m|s)/g)) sum += Number(number) * sizes[unit];
  return sum;
}
