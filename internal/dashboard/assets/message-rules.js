// What may be done with a message: by whom, and where it stands. The service decides;
// this only keeps the page from offering what it would refuse.

export const STATUSES = ['scheduled', 'pending', 'sending', 'sent', 'failed', 'canceled', 'expired'];
export const RETRYABLE = ['failed', 'expired'];
export const CANCELABLE = ['scheduled', 'pending'];

const ranks = { reader: 0, sender: 1, operator: 2 };

// may tells whether somebody has at least a role.
export function may(me, role) {
  return (ranks[me?.role] ?? 0) >= ranks[role];
}

export function canRetry(message) {
  return RETRYABLE.includes(message.status) && !message.erased_at && message.error_code !== 'invalid';
}

export function canCancel(message) {
  return CANCELABLE.includes(message.status);
}

export function canErase(message) {
  return message.status !== 'sending' && !message.erased_at;
}

// messagePath is the message's page.
export function messagePath(id) {
  return `/messages/${encodeURIComponent(id)}`;
}

// recipient is what to call a message by.
export function recipient(message) {
  return message.erased_at ? 'erased' : message.to || 'no recipient';
}
