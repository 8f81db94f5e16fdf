// A message as a form has it, and as the API takes it.

// draft makes a request of the form's values: {to, content, priority, send_at: local time,
// validity: a number, unit: seconds of one, reference}. What is empty is left out.
export function draft(values) {
  const request = { to: values.to.trim(), content: values.content };
  if (values.priority !== 'normal') request.priority = values.priority;
  if (values.send_at) request.send_at = new Date(values.send_at).toISOString();
  if (values.validity) request.validity_period = Math.round(Number(values.validity) * Number(values.unit));
  if (values.reference.trim()) request.reference = values.reference.trim();
  return request;
}

// DraftKeys names each message that is sent from one form, so that a second click, or another
// try after an answer that was lost, cannot send it twice: the same message has the same
// key until done says that it is accepted. A changed one is another.
export class DraftKeys {
  constructor(random = randomKey) {
    this.random = random;
    this.keys = new Map();
  }

  of(request) {
    const text = JSON.stringify(request);
    if (!this.keys.has(text)) this.keys.set(text, this.random());
    return this.keys.get(text);
  }

  done(request) { this.keys.delete(JSON.stringify(request)); }
}

// randomKey does without crypto.randomUUID, which only secure contexts have.
function randomKey() {
  return `page-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
