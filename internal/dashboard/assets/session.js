// Who is signed in. The key is kept for this tab's session and sent as a header; it is
// never part of an address, and gone when the tab is closed.
import { h, replace } from './dom.js';
import { learn, mark } from './clock.js';

const storageKey = 'ams-key';
let key = '';
let askFor = () => {};

try {
  key = sessionStorage.getItem(storageKey) ?? '';
} catch { /* the browser forbids storage: a key lasts as long as the page then */ }

function keep(value) {
  key = value;
  try {
    sessionStorage.setItem(storageKey, value);
  } catch { /* likewise */ }
}

// authorization returns the headers that a request needs.
export function authorization() {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

export function signedIn() { return key !== ''; }

// onSignInNeeded says what is done when the API wants a key: ask(reason).
export function onSignInNeeded(ask) { askFor = ask; }

// refused tells that the API answered 401 to these headers. Where another key is in use
// by now, the answer is about one that is gone.
export function refused(headers) {
  if (headers.Authorization !== authorization().Authorization) return;
  const had = signedIn();
  keep('');
  askFor(had ? 'The API key is not known any more. Sign in again.' : '');
}

export function signOut() {
  keep('');
  askFor('You are signed out.');
}

// whoAmI returns the answer of GET /me, null where a key is needed. A service without
// that endpoint (404) lets everybody be an operator.
export async function whoAmI() {
  const asked = mark();
  const answer = await fetch('/api/v1/me', { headers: { Accept: 'application/json', ...authorization() }, cache: 'no-store' });
  learn(asked, answer.headers.get('Date'));
  if (answer.status === 401) return null;
  if (answer.status === 404) return { name: '', role: 'operator', authenticated: signedIn() };
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(problem.detail ?? `The service answered ${answer.status}.`), { status: answer.status });
  }
  return answer.json();
}

// showSignIn puts the form into root and calls done(me) once a key was accepted.
export function showSignIn(root, reason, done) {
  const input = h('input', {
    id: 'api-key', name: 'key', type: 'password', autocomplete: 'current-password', required: true,
    spellcheck: 'false', autocapitalize: 'off', 'aria-describedby': 'api-key-hint api-key-error',
  });
  const error = h('p', { class: 'error', id: 'api-key-error', role: 'alert', text: reason ?? '' });
  const button = h('button', { class: 'button button-primary', type: 'submit' }, 'Sign in');
  const submit = async (event) => {
    event.preventDefault();
    const candidate = input.value.trim();
    error.textContent = '';
    // A header cannot carry anything else, and no key has it.
    if (!/^[\x21-\x7e]+$/.test(candidate)) {
      error.textContent = 'An API key has letters, digits and signs, without spaces.';
      return;
    }
    button.disabled = true;
    keep(candidate);
    try {
      const me = await whoAmI();
      if (me) return done(me);
      error.textContent = 'This API key is not known.';
    } catch (problem) {
      error.textContent = problem.status ? problem.message : 'The service cannot be reached. Try again.';
    }
    keep('');
    button.disabled = false;
    input.focus();
  };
  replace(root, h('form', { class: 'card sign-in stack', onSubmit: submit, 'aria-labelledby': 'sign-in-title' },
    h('h1', { id: 'sign-in-title' }, 'Sign in'),
    h('p', { class: 'muted' }, 'This service asks for an API key.'),
    h('div', { class: 'field' },
      h('label', { for: 'api-key' }, 'API key'), input,
      h('p', { class: 'hint', id: 'api-key-hint' }, 'Kept until this tab is closed, and never part of an address.'), error),
    h('div', { class: 'row' }, button)));
  input.focus();
}
