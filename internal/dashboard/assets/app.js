// The beginning: who is signed in, which view the address names, and what all views
// share – navigation, theme, keys, how current the page is.
import { isAbort } from './api.js';
import { say } from './announce.js';
import { h, replace } from './dom.js';
import { bind, help, listen } from './keyboard.js';
import { onLink } from './live.js';
import { navigate, refresh, start } from './router.js';
import { onSignInNeeded, showSignIn, signedIn, signOut, whoAmI } from './session.js';
import { setTheme, theme } from './theme.js';

const views = [
  { pattern: '/', name: 'overview', load: () => import('./overview.js') },
  { pattern: '/messages', name: 'messages', load: () => import('./messages.js') },
  { pattern: '/messages/:id', name: 'messages', load: () => import('./message.js') },
  { pattern: '/compose', name: 'compose', load: () => import('./compose.js') },
  { pattern: '/audit', name: 'audit', load: () => import('./audit.js') },
  { pattern: '/settings', name: 'settings', load: () => import('./settings.js') },
];

const main = document.getElementById('main');
let me = null; // the answer of GET /me
let leave = () => {}; // ends the view that is shown
let asking = false; // the sign-in is shown
let again; // the timer of the next try
let turn = 0; // of changing the view: only the latest may finish

// render shows a view; row is null where the address names none.
async function render(row, { params, query }) {
  const mine = ++turn;
  leave();
  leave = () => {};
  markNavigation(row?.name);
  if (!me) return; // the sign-in is shown
  if (!row) return showNothing();
  try {
    const view = (await row.load()).default;
    if (mine !== turn) return;
    const gone = new AbortController();
    const root = h('div', { class: 'view' });
    document.title = `${view.title} · auto-message-sender`;
    replace(main, root);
    let unmount;
    leave = () => { gone.abort(); unmount?.(); };
    unmount = view.mount(root, { params, query, me, signal: gone.signal });
    arrive(view.title);
  } catch (error) {
    if (mine === turn && !isAbort(error)) showTrouble(error);
  }
}

let arrived = false;

// arrive takes the focus to the view and says where one is; not at the first one, where
// the browser does that.
function arrive(title) {
  if (arrived) {
    main.focus({ preventScroll: true });
    say(title);
  }
  arrived = true;
}

function markNavigation(name) {
  for (const link of document.querySelectorAll('.nav a')) {
    if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function showNothing() {
  document.title = 'Not found · auto-message-sender';
  replace(main, h('div', { class: 'empty' }, h('h1', {}, 'There is nothing here'),
    h('p', {}, 'This address leads nowhere. ', h('a', { href: '/' }, 'To the overview'))));
}

// showTrouble says why nothing is shown. A service that is away, or waits for its store,
// is asked again until it is there.
function showTrouble(error) {
  document.title = 'Trouble · auto-message-sender';
  const text = error.status ? error.message : 'The service cannot be reached.';
  clearTimeout(again);
  if (!error.status || error.status === 503) again = setTimeout(begin, 3000);
  if (main.querySelector('.trouble')?.textContent === text) return; // not to be read out again
  replace(main, h('div', { class: 'empty', role: 'alert' }, h('h1', {}, 'This cannot be shown'), h('p', { class: 'trouble' }, text),
    h('button', { class: 'button', type: 'button', onClick: begin }, 'Try again')));
}

function askForKey(reason) {
  if (asking && !reason) return; // several calls were refused at once
  asking = true;
  me = null;
  turn++;
  leave();
  leave = () => {};
  showWho();
  document.title = 'Sign in · auto-message-sender';
  showSignIn(main, reason, (found) => {
    me = found;
    asking = false;
    showWho();
    say(`Signed in as ${me.name}, ${me.role}`);
    refresh();
  });
}

// showWho writes who is signed in, and the button to sign out.
function showWho() {
  const who = document.getElementById('who');
  document.body.classList.toggle('signed-out', !me);
  if (!me) return replace(who);
  replace(who,
    me.authenticated ? h('span', { class: 'muted who-name', title: `Role: ${me.role}` }, `${me.name} · ${me.role}`) : null,
    signedIn() ? h('button', { class: 'button button-quiet', type: 'button', onClick: signOut }, 'Sign out') : null);
}

async function begin() {
  clearTimeout(again);
  try {
    me = await whoAmI();
  } catch (error) {
    return showTrouble(error);
  }
  if (!me) return askForKey('');
  showWho();
  return refresh();
}

function wireHeader() {
  const choice = document.getElementById('theme');
  choice.value = theme();
  choice.addEventListener('change', () => setTheme(choice.value));
  document.getElementById('help').addEventListener('click', help);
  const words = { live: 'Live', polling: 'Every 15 s', paused: 'Paused', connecting: 'Connecting', idle: '' };
  const light = document.getElementById('link');
  onLink((state) => {
    light.dataset.state = state;
    light.textContent = words[state];
  });
}

function bindKeys() {
  bind('/', 'Search messages', async () => {
    if (!document.getElementById('search')) await navigate('/messages');
    document.getElementById('search')?.focus();
  });
  bind('g o', 'Go to the overview', () => navigate('/'));
  bind('g m', 'Go to messages', () => navigate('/messages'));
  bind('g c', 'Go to compose', () => navigate('/compose'));
  bind('g a', 'Go to the audit trail', () => navigate('/audit'));
  bind('g s', 'Go to settings', () => navigate('/settings'));
  bind('?', 'Show this help', help);
  listen();
}

onSignInNeeded(askForKey);
wireHeader();
bindKeys();
start(views, render);
begin();
