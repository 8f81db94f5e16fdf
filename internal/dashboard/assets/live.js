// What happens, as it does: one stream of server-sent events for the whole page, read
// by fetch because EventSource cannot send a key. Where it fails, whoever follows is
// told to ask anew every so often; while nobody looks at the page, it is closed.
import { authorization, refused } from './session.js';
import { readEvents } from './sse.js';

const gather = 2000; // milliseconds between two calls of one follower
const first = 150; // how long the first of a burst waits for the others
const most = 500; // events that are told one by one; of more, only that there were
const polling = 15_000;
const silence = 45_000; // the server says something every 15 s
const retries = [2000, 5000, 15_000, 30_000];

const followers = new Set();
const watchers = new Set();
let place = ''; // the id of the last event seen
let failures = 0;
let link = null; // the controller of the stream that is open
let state = 'idle';
let retry, poll, change;

// follow calls onEvents with an array of {type, id, status, at}, at most every 2 s, of
// the types – 'message.sent', 'message.*' –, and onReset when events may be missing: ask
// the API how things stand. Returns what ends it.
export function follow(types, onEvents, onReset) {
  const follower = { types, onEvents, onReset, events: [], overflow: false, last: -Infinity, timer: 0 };
  followers.add(follower);
  reconnectSoon();
  return () => {
    followers.delete(follower);
    clearTimeout(follower.timer);
    reconnectSoon();
  };
}

// onLink tells of 'live', 'polling', 'paused', 'connecting' and 'idle' (nobody follows) as they come. Returns what ends it.
export function onLink(watcher) {
  watchers.add(watcher);
  watcher(state);
  return () => watchers.delete(watcher);
}

function become(next) {
  if (next === state) return;
  state = next;
  for (const watcher of watchers) watcher(state);
}

// The types asked for are of all followers; when they change, a new stream goes on at the
// place of the old one. Views come and go: it waits until the page has settled.
function reconnectSoon() {
  clearTimeout(change);
  change = setTimeout(connect, 50);
}

function wanted() {
  return [...new Set([...followers].flatMap((follower) => follower.types))].sort().join(',');
}

async function connect() {
  const types = wanted();
  if (link?.types === types && !link.signal.aborted) return;
  disconnect();
  if (types === '') become('idle');
  if (types === '' || document.hidden) return;
  const mine = new AbortController();
  if (state === 'idle') become('connecting');
  link = { types, signal: mine.signal, abort: () => mine.abort() };
  try {
    await stream(types, mine);
  } catch { /* told below, like an end without an error */ }
  if (mine.signal.aborted && link?.signal !== mine.signal) return; // another took its place, or nobody looks
  mine.abort();
  failed();
}

async function stream(types, mine) {
  let quiet = setTimeout(() => mine.abort(), silence);
  try {
    const headers = { Accept: 'text/event-stream', ...authorization(), ...(place ? { 'Last-Event-ID': place } : {}) };
    const answer = await fetch(`/api/v1/events?types=${encodeURIComponent(types)}`,
      { signal: mine.signal, cache: 'no-store', credentials: 'omit', headers });
    if (answer.status === 401) refused(headers);
    if (!answer.ok || !answer.body) throw new Error(`events: ${answer.status}`);
    clearInterval(poll);
    if (failures > 0) reset(); // what happened between the polls and now
    failures = 0;
    become('live');
    await readEvents(answer.body, (event) => {
      clearTimeout(quiet);
      quiet = setTimeout(() => mine.abort(), silence);
      if (event) take(event);
    });
  } finally {
    clearTimeout(quiet);
  }
}

function failed() {
  link = null;
  become('polling');
  if (failures++ === 0) {
    reset();
    clearInterval(poll);
    poll = setInterval(reset, polling);
  }
  clearTimeout(retry);
  retry = setTimeout(connect, retries[Math.min(failures - 1, retries.length - 1)]);
}

function disconnect() {
  clearTimeout(retry);
  const old = link;
  link = null;
  old?.abort();
}

function take({ id, name, data }) {
  if (id) place = id;
  if (name === 'reset') return reset();
  let event;
  for (const follower of followers) {
    if (!follower.types.some((type) => type === name || (type.endsWith('*') && name.startsWith(type.slice(0, -1))))) continue;
    if (follower.events.length >= most) follower.overflow = true;
    else {
      try {
        event ??= JSON.parse(data);
      } catch {
        return;
      }
      follower.events.push(event);
    }
    schedule(follower);
  }
}

function schedule(follower) {
  if (follower.timer) return;
  const wait = Math.max(first, follower.last + gather - performance.now());
  follower.timer = setTimeout(() => {
    const { events, overflow } = follower;
    Object.assign(follower, { events: [], overflow: false, timer: 0, last: performance.now() });
    if (overflow) follower.onReset();
    else follower.onEvents(events);
  }, wait);
}

function reset() {
  for (const follower of followers) {
    follower.overflow = true;
    schedule(follower);
  }
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    disconnect();
    clearInterval(poll);
    become('paused');
    return;
  }
  become('idle');
  failures = 0;
  reset();
  connect();
});
