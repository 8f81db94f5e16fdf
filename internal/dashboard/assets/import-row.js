// What a line of a file says: its fields understood, by the same rules as the command
// `import`. Whether a number is one, and a content short enough, is for the server to say.
import { serverNow } from './clock.js';

export const COLUMNS = ['to', 'content', 'priority', 'send_at', 'validity_period', 'reference'];
// FIELDS are these, and what in an exported file says what may not be sent, or not later.
export const FIELDS = [...COLUMNS, 'status', 'expires_at', 'erased_at'];
// PASSED stand in files of refused lines; or in exported ones, and tell what became of a
// message that is sent anew.
export const PASSED = ['line', 'reason', 'unreadable', 'id', 'num_segments', 'encoding', 'created_at', 'updated_at', 'next_attempt_at',
  'sent_at', 'failed_at', 'message_id', 'retry_count', 'attempt_count', 'error', 'error_code', 'delivery_status', 'delivered_at',
  'delivery_error_code', 'attempts', 'position', 'estimated_send_at', 'note'];

const LONGEST_VALIDITY = 366 * 24 * 60 * 60; // seconds

// understand returns {row} or {fault}. A row's sendAt is milliseconds since 1970, 0: at
// once; its validity seconds, 0: the server's default; its expiresAt likewise, 0: never.
export function understand(fields) {
  const { to = '', content = '', priority = '', send_at: at = '', validity_period: validity = '', reference = '', status = '', expires_at: expires = '', erased_at: erased = '' } = fields;
  if (erased.trim()) return { fault: 'was erased: there is nothing left to send' };
  if (!/^\s*(pending|scheduled)?\s*$/i.test(status)) return { fault: `is ${status}: only import --again sends it again` };
  const row = {
    to: to.replace(/[ \t\u00a0\-().]/g, ''), // what people put between digits
    content, priority: priority.trim().toLowerCase() || 'normal', sendAt: parseTime(at), validity: parseValidity(validity), reference: reference.trim(), expiresAt: 0,
  };
  if (row.validity === 0) row.expiresAt = parseTime(expires); // a validity says it better: it counts anew
  const faults = [];
  if (row.to === '') faults.push('to is required');
  if (row.content === '') faults.push('content is required');
  if (!['high', 'normal', 'low'].includes(row.priority)) faults.push('priority must be high, normal or low');
  if (Number.isNaN(row.sendAt)) faults.push('send_at must be like 2026-01-02T15:04 or 2026-01-02T15:04:05Z');
  if (Number.isNaN(row.validity)) faults.push('validity_period must be whole seconds, such as 3600, 1h or 1d');
  if (Number.isNaN(row.expiresAt)) faults.push('expires_at must be like send_at');
  return faults.length ? { fault: faults.join('; ') } : { row };
}

// request is a row as the API takes it, null where its time is over. Of an expiry what is
// left makes the validity, which the server counts from send_at, also where that has passed.
export function request(row, key, now = serverNow()) {
  const message = { to: row.to, content: row.content, priority: row.priority, idempotency_key: key };
  let { sendAt, validity } = row;
  if (row.expiresAt) {
    if (sendAt <= now) sendAt = 0;
    validity = Math.floor((row.expiresAt - (sendAt || now)) / 1000);
    if (validity <= 0) return null;
  }
  if (sendAt) message.send_at = new Date(sendAt).toISOString();
  if (validity) message.validity_period = validity;
  if (row.reference) message.reference = row.reference;
  return message;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?$/;

// parseTime reads RFC 3339, or a date and time in this browser's zone; NaN: neither.
function parseTime(text) {
  if (text.trim() === '') return 0;
  const parts = TIME.exec(text.trim());
  if (!parts) return NaN;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((digits) => Number(digits ?? 0));
  const zone = parts[8];
  if (zone && (parts[6] === undefined || text.trim()[10] !== 'T')) return NaN;
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const there = new Date(utc);
  // The 30th of February is no day, though Date takes it for one of March.
  if (there.getUTCMonth() !== month - 1 || there.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return NaN;
  const at = zone ? utc - offset(zone) : new Date(year, month - 1, day, hour, minute, second, milliseconds).getTime();
  const written = new Date(at).getUTCFullYear();
  return written >= 1970 && written <= 9999 ? at : NaN;
}

function offset(zone) {
  if (zone === 'Z') return 0;
  const [hours, minutes] = zone.slice(1).split(':').map(Number);
  if (hours > 23 || minutes > 59) return NaN;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const UNITS = { d: 86400, h: 3600, m: 60, s: 1, ms: 1e-3 };

// parseValidity reads whole seconds, as 3600, 1h30m or 1d; empty is 0, NaN: neither.
function parseValidity(text) {
  text = text.trim();
  if (text === '') return 0;
  let seconds = NaN;
  if (/^\+?\d+$/.test(text)) {
    seconds = Number(text);
  } else if (/^(\d+d|\+?(?=\d))(\d+(\.\d+)?(h|ms|m|s))*$/.test(text)) {
    seconds = 0;
    for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|m|s)/g)) seconds += Number(number) * UNITS[unit];
  }
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_VALIDITY ? seconds : NaN;
}
