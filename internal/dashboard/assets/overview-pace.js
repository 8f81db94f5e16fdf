// The pace in words, and the dialog that changes it.
import { api } from './api.js';
import { toast } from './announce.js';
import { confirm } from './dialog.js';
import { duration, goMilliseconds, plural } from './format.js';

// paceText writes a pace: '2 messages every 2 min'.
export function paceText({ messages_per_interval: n, interval }) {
  if (n === 0) return 'no cap';
  return `${plural(n, 'message')} every ${duration(goMilliseconds(interval))}`;
}

// changePace asks for another pace than the state's. What is wrong with one is for the
// API to say: it is shown at the field. → whether it was changed.
export async function changePace({ interval, messages_per_interval: n }) {
  const answer = await confirm({
    title: 'Change the pace',
    body: 'For all replicas, without a restart. A lower cap holds for the current window too; a higher one begins with the next.',
    action: 'Change the pace',
    fields: [
      { name: 'messages_per_interval', label: 'Messages per window', value: String(n), inputMode: 'numeric', hint: 'First attempts on all replicas together; 0 means no cap.' },
      { name: 'interval', label: 'A window opens every', value: shorter(interval), hint: 'A duration from 100ms to 720h, such as 30s, 2m or 1h30m.' },
      { name: 'reason', label: 'Reason', maxLength: 200, hint: 'Optional; kept in the audit trail.' },
    ],
    submit: (values) => api.put('/scheduler/pace', {
      messages_per_interval: number(values.messages_per_interval),
      interval: values.interval.trim() || undefined,
      reason: values.reason || undefined,
    }),
  });
  if (answer) toast(`The pace is ${paceText(answer.result)} now`);
  return answer !== null;
}

// number leaves what is none as it is, for the API to refuse.
function number(value) {
  const text = value.trim();
  if (text === '') return undefined;
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

// shorter writes 2m0s as 2m, 1h0m0s as 1h.
function shorter(interval) {
  return interval.replace(/([hm])0s$/, '$1').replace(/h0m$/, 'h');
}
