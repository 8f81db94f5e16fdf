// Which messages are shown: the filter as the address has it, as the API takes it, and in
// words; and what somebody means who types into the one search box.
import { CANCELABLE, RETRYABLE, STATUSES } from './message-rules.js';

export const TIMES = ['created', 'sent', 'failed'];
export const TIME_FIELDS = TIMES.flatMap((name) => [`${name}_after`, `${name}_before`]);
// KINDS are what a text may be searched as.
export const KINDS = { to: 'recipient', reference: 'reference', message_id: 'provider’s id', id: 'message id' };
const SEARCHES = ['to', 'reference', 'message_id'];
const FIELDS = ['status', ...SEARCHES, ...TIME_FIELDS];

// fromQuery reads a filter from an address. What is none is left out.
export function fromQuery(query) {
  const filter = {};
  for (const field of FIELDS) {
    const value = query.get(field);
    if (!value) continue;
    if (field === 'status' && !STATUSES.includes(value)) continue;
    if (TIME_FIELDS.includes(field) && Number.isNaN(Date.parse(value))) continue;
    filter[field] = value;
  }
  return filter;
}

// toQuery returns every parameter of a filter; empty ones are to be taken out.
export function toQuery(filter) {
  return Object.fromEntries(FIELDS.map((field) => [field, filter[field] ?? '']));
}

// link is the address of a filter.
export function link(filter) {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();
  return `/messages${query && `?${query}`}`;
}

// guess returns what a text most likely is: one of KINDS. The service's own ids are
// UUIDs of version 7 or 8, or ObjectIDs; other UUIDs are a provider's.
export function guess(text) {
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) return 'id';
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) return 'message_id';
  const digits = text.replace(/\D/g, '').length;
  if (/^[+(]?[\d\s().\-/]+$/.test(text) && digits >= 7 && digits <= 15) return 'to';
  if (/^[0-9a-f]{24}$/i.test(text)) return 'id';
  return 'reference';
}

// searched returns what a filter searches for: {kind, text}.
export function searched(filter) {
  const kind = SEARCHES.find((name) => filter[name]);
  return kind ? { kind, text: filter[kind] } : { kind: '', text: '' };
}

// withSearch returns a filter that searches for a text, and nothing else in its place.
export function withSearch(filter, kind, text) {
  const changed = { ...filter };
  for (const name of SEARCHES) delete changed[name];
  return text ? { ...changed, [kind]: text } : changed;
}

// orderOf is the time by which the API lists the messages of a filter.
export function orderOf(filter) {
  const name = ['sent', 'failed', 'created'].find((time) => filter[`${time}_after`] || filter[`${time}_before`]);
  if (name) return `${name}_at`;
  return ['sent', 'failed'].includes(filter.status) ? `${filter.status}_at` : 'created_at';
}

// narrowed tells whether more than a status is asked for.
export function narrowed(filter) {
  return FIELDS.some((field) => field !== 'status' && filter[field]);
}

// allows tells whether all messages of a filter may hold one that can be retried or
// canceled.
export function allows(filter, action) {
  return !filter.status || (action === 'retry' ? RETRYABLE : CANCELABLE).includes(filter.status);
}

// describe tells a filter in words, as a list.
export function describe(filter) {
  return FIELDS.filter((field) => filter[field]).map((field) => `${label(field)} ${shown(field, filter[field])}`);
}

// label names a field.
export function label(field) {
  return KINDS[field] ?? field.replace('_after', ' from').replace('_before', ' until');
}

function shown(field, value) {
  return TIME_FIELDS.includes(field) ? new Date(value).toLocaleString() : value;
}
