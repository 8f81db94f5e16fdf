// The way of one message, as a list of what happened and what lies ahead.

// timeline returns entries in the order of time: {at: RFC 3339 or '', kind, title, detail:
// [text, or nothing…], error: text, ahead: true for what has not happened yet}. kind is a
// status, or attempt-ok, attempt-bad, due, delivered, undelivered, erased.
export function timeline(message, now) {
  const entries = [{ at: message.created_at, kind: 'accepted', title: 'Accepted', detail: [] }];
  if (message.send_at) {
    const ahead = message.status === 'scheduled' || Date.parse(message.send_at) > now;
    const gone = ['canceled', 'expired'].includes(message.status) && Date.parse(message.updated_at) < Date.parse(message.send_at);
    if (!gone) entries.push({ at: message.send_at, kind: 'due', title: ahead ? 'Due' : 'Became due', detail: [], ahead });
  }
  for (const attempt of message.attempts ?? []) entries.push(attempted(attempt));
  entries.push(...ended(message));
  // What has the same time stays in the order of the message's way: sort is stable.
  const done = entries.filter((entry) => !entry.ahead).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return [...done, ...entries.filter((entry) => entry.ahead), ...ahead(message, now)];
}

function attempted(attempt) {
  return {
    at: attempt.started_at, kind: attempt.error ? 'attempt-bad' : 'attempt-ok', error: attempt.error,
    title: `Attempt ${attempt.number} ${attempt.error ? 'failed' : 'succeeded'}`,
    detail: [attempt.status_code ? `status ${attempt.status_code}` : 'no answer', `${attempt.duration_ms} ms`, `by ${attempt.replica}`],
  };
}

// ended is how it came to its end, if it has.
function ended(message) {
  const { status, error_code: code } = message;
  const entries = [];
  const add = (at, title, detail, error) => entries.push({ at, kind: status, title, detail: [detail], error });
  if (status === 'sent') add(message.sent_at, 'Sent', message.message_id ? `the provider calls it ${message.message_id}` : 'the webhook took it');
  if (status === 'failed') add(message.failed_at, code === 'outcome_unknown' ? 'Held: nobody knows whether it arrived' : 'Failed for good', code, message.attempts?.length ? '' : message.error);
  if (status === 'canceled') add(message.erased_at || message.updated_at, 'Canceled', '');
  if (status === 'expired') add(message.expires_at || message.updated_at, 'Expired', 'its validity ran out before it was sent');
  if (message.erased_at) entries.push({ at: message.erased_at, kind: 'erased', title: 'Erased', detail: [] });
  if (message.delivery_status) {
    entries.push({ at: message.delivered_at, kind: message.delivery_status, title: message.delivery_status === 'delivered' ? 'Delivered' : 'Not delivered', detail: ['says the provider', message.delivery_error_code] });
  }
  return entries;
}

// ahead is what comes next, as far as anybody knows.
function ahead(message, now) {
  const { status, attempt_count: begun = 0, next_attempt_at: next, estimated_send_at: estimate } = message;
  const entries = [];
  const add = (at, kind, title, detail = []) => entries.push({ at, kind, title, detail, ahead: true });
  const later = status === 'pending' && Date.parse(next) > now;
  if (status === 'sending') add('', 'sending', `Attempt ${begun} is under way`);
  if (status === 'pending' || (status === 'scheduled' && estimate)) {
    add(later ? next : estimate, 'pending', begun > 0 ? `Attempt ${begun + 1}` : 'First attempt',
      [later ? 'not before this time' : estimate ? 'estimated' : 'waits for its turn', message.position && `${message.position} in the queue`, message.note]);
  }
  if (['scheduled', 'pending'].includes(status) && message.expires_at) add(message.expires_at, 'expired', 'Expires, if it is not sent before');
  return entries;
}
