// The API, as promises of parsed JSON.
import { learn, mark } from './clock.js';
import { authorization, refused } from './session.js';

const base = '/api/v1';
const longestWait = 60; // seconds that a read is put off after a 429

// ApiError is an answer that is no success, or none at all (status 0).
export class ApiError extends Error {
  constructor(status, problem, headers) {
    super(problem.detail || problem.title || `The service answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.title = problem.title ?? '';
    this.detail = this.message;
    this.errors = problem.errors ?? []; // [{field, message}]
    this.requestId = problem.request_id ?? headers?.get('X-Request-ID') ?? '';
    this.retryAfter = Number(headers?.get('Retry-After')) || 0; // seconds
    this.body = problem;
  }

  // of returns what the API says of a field, empty if nothing.
  of(field) {
    return this.errors.find((wrong) => wrong.field === field)?.message ?? '';
  }
}

export const api = {
  get: (path, options) => call('GET', path, undefined, options),
  post: (path, body, options) => call('POST', path, body, options),
  put: (path, body, options) => call('PUT', path, body, options),
  del: (path, options) => call('DELETE', path, undefined, options),
};

// call makes a request. A body that is a string or a Blob is sent as it is, with the
// Content-Type of options.headers; any other as JSON. query: an object, where null,
// undefined and '' are left out, or URLSearchParams. root: the path is not below /api/v1.
async function call(method, path, body, { query, headers, signal, root } = {}) {
  const raw = typeof body === 'string' || body instanceof Blob;
  const request = {
    method, signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
    headers: {
      Accept: 'application/json, application/problem+json',
      ...(body !== undefined && !raw ? { 'Content-Type': 'application/json' } : {}),
      ...authorization(), ...headers,
    },
    body: body === undefined || raw ? body : JSON.stringify(body),
  };
  const address = (root ? '' : base) + path + search(query);
  let answer = await send(address, request);
  if (answer.status === 429 && method === 'GET') {
    const wait = Math.min(Number(answer.headers.get('Retry-After')) || 1, longestWait);
    await pause(wait * 1000, signal);
    answer = await send(address, request);
  }
  return read(answer, request.headers);
}

async function send(address, request) {
  const asked = mark();
  try {
    const answer = await fetch(address, request);
    learn(asked, answer.headers.get('Date'));
    return answer;
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiError(0, { title: 'No connection', detail: 'The service cannot be reached.' });
  }
}

async function read(answer, headers = {}) {
  const text = await answer.text();
  let value = null;
  try {
    value = text === '' ? null : JSON.parse(text);
  } catch { /* whoever stands in front answered in HTML */ }
  if (answer.ok) return value;
  if (answer.status === 401) refused(headers);
  throw new ApiError(answer.status, value ?? {}, answer.headers);
}

function search(query) {
  if (!query) return '';
  const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const kept = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept)}`;
}

// health returns the answer of /readyz?verbose, which is one with 503 as well.
export async function health({ signal } = {}) {
  const answer = await send('/readyz?verbose', { signal, cache: 'no-store' });
  return answer.status === 200 || answer.status === 503 ? answer.json() : read(answer);
}

// pause waits, and is rejected when the signal aborts.
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

// isAbort tells whether an error only says that the view was left.
export function isAbort(error) {
  return error?.name === 'AbortError';
}
