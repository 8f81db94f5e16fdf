// The form for one message: what it will be is shown while one writes.
import { api, isAbort } from './api.js';
import { say } from './announce.js';
import { formField } from './dialog.js';
import { h, replace } from './dom.js';
import { ago, plural, statusBadge } from './format.js';
import { DraftKeys, draft } from './message-draft.js';
import { messagePath } from './message-rules.js';
import { segment } from './segments.js';

const PAUSE = 700; // milliseconds without a key before the service is asked

// messageForm returns {element}.
export function messageForm({ signal }) {
  const keys = new DraftKeys();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = (name, label, more) => formField(name, { name, label, ...more });
  const to = field('to', 'To', { type: 'tel', placeholder: '+905551234567', required: true });
  const content = contentField();
  const priority = field('priority', 'Priority', { options: [['normal', 'Normal'], ['high', 'High'], ['low', 'Low']], value: 'normal' });
  const sendAt = field('send_at', 'Send at', { type: 'datetime-local', hint: ' ' });
  const validity = field('validity_period', 'Valid for', { type: 'number', min: '1', hint: 'What is not sent within that time of being due expires. Empty: the service’s default.' });
  const unit = h('select', { id: 'validity_unit', 'aria-label': 'Unit' }, [['60', 'minutes'], ['3600', 'hours'], ['86400', 'days']].map(([value, text]) => h('option', { value }, text)));
  const reference = field('reference', 'Reference', { maxLength: '64', hint: 'Your own id for it, such as order-4711.' });
  const together = h('div', { class: 'row message-validity' }, unit);
  validity.input.replaceWith(together);
  together.prepend(validity.input);
  const fields = [to, content, priority, sendAt, validity, reference];
  const button = h('button', { class: 'button button-primary', type: 'submit' });
  const note = h('div', { role: 'status' });
  const error = h('p', { class: 'error', role: 'alert' });
  const hint = (of, ...text) => replace(of.element.querySelector('.hint'), text);
  let timer;
  let asked = 0;

  // changed counts at once, and asks the service when the writing pauses.
  function changed({ target } = {}) {
    replace(error);
    replace(note);
    content.count();
    const at = sendAt.input.value && new Date(sendAt.input.value);
    hint(sendAt, `${at ? ago(at.toISOString()) : 'Empty: at once'}. In your time zone, ${zone}.`);
    replace(button, at && at > new Date() ? 'Schedule' : 'Send');
    fields.find(({ input }) => input === target)?.tell('');
    if (target !== to.input && target !== content.input) return;
    clearTimeout(timer);
    timer = setTimeout(preview, PAUSE);
  }

  async function preview() {
    const mine = ++asked;
    const [number, text] = [to.input.value.trim(), content.input.value];
    try {
      const answer = await api.post('/messages/preview', { to: number, content: text }, { signal });
      if (mine !== asked) return;
      to.tell(complaint(answer.errors, 'to'));
      content.tell(text && complaint(answer.errors, 'content'));
      hint(to, answer.to && answer.to !== number ? `Will be sent to ${answer.to}` : null);
      content.cut(answer.segments);
    } catch { /* it is only a preview: sending tells what is wrong */ }
  }

  async function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    const request = draft({
      to: to.input.value, content: content.input.value, priority: priority.input.value, send_at: sendAt.input.value,
      validity: validity.input.value, unit: unit.value, reference: reference.input.value,
    });
    clearTimeout(timer);
    asked++;
    button.disabled = true;
    try {
      const message = await api.post('/messages', request, { headers: { 'Idempotency-Key': keys.of(request) }, signal });
      keys.done(request);
      accepted(message);
    } catch (problem) {
      if (!isAbort(problem)) refused(problem);
    } finally {
      button.disabled = false;
    }
  }

  function accepted(message) {
    form.reset();
    changed();
    hint(to);
    for (const each of fields) each.tell('');
    replace(note, h('div', { class: 'row message-accepted' }, statusBadge(message.status), h('span', {}, message.status === 'scheduled' ? 'Scheduled' : 'Accepted', ': the message to ', h('bdi', {}, message.to), ' is stored.'), h('a', { href: messagePath(message.id) }, 'See the message')));
    to.input.focus();
  }

  function refused(problem) {
    const { errors = [], status } = problem;
    for (const each of fields) each.tell(complaint(errors, each.name));
    const wrong = fields.filter(({ name }) => complaint(errors, name));
    const others = errors.filter(({ field: name }) => !wrong.some((each) => each.name === name));
    wrong[0]?.input.focus();
    if (wrong.length > 0 && others.length === 0) return say(`${plural(wrong.length, 'field')} must be corrected`);
    const lost = status === 0 || status >= 500 ? ' It may be stored or not: sending it again, unchanged, does not send it twice.' : '';
    replace(error, others.map((each) => `${each.field} ${each.message}`).join('; ') || problem.message, lost);
  }

  const form = h('form', { class: 'card stack message-form', novalidate: true, 'aria-label': 'New message', onSubmit: submit, onInput: changed },
    to.element, content.element, h('div', { class: 'columns' }, priority.element, sendAt.element, validity.element, reference.element),
    error, h('div', { class: 'row' }, button), note);
  changed();
  signal.addEventListener('abort', () => clearTimeout(timer));
  return { element: form };
}

// complaint is what the service says of a field, as a sentence.
function complaint(errors, field) {
  const message = errors.find((each) => each.field === field)?.message;
  return message ? `This ${message}` : '';
}

// contentField is the text, with what it comes to: a field with count() and
// cut(segments).
function contentField() {
  const input = h('textarea', { id: 'content', name: 'content', rows: '4', dir: 'auto', required: true, 'aria-describedby': 'content-count content-error' });
  const counted = h('p', { class: 'hint', id: 'content-count' });
  const error = h('p', { class: 'error', id: 'content-error' });
  const pieces = h('ol', { class: 'message-pieces', 'aria-label': 'What each SMS carries', hidden: true });
  return {
    name: 'content', input, element: h('div', { class: 'field' }, h('label', { for: 'content' }, 'Content'), input, counted, error, pieces),
    count() {
      const { encoding, segments, characters, left, odd } = segment(input.value);
      replace(counted, `${plural(characters, 'character')} · ${segments} SMS · ${encoding}${odd.length > 0 ? ` because of ${odd.slice(0, 5).join(' ')}` : ''} · room for ${left}`);
      if (segments < 2) pieces.hidden = true;
    },
    cut(segments) {
      pieces.hidden = segments.length < 2;
      replace(pieces, segments.map((text) => h('li', { dir: 'auto' }, text)));
    },
    tell(text) {
      replace(error, text);
      input.toggleAttribute('aria-invalid', text !== '');
      if (text) input.setAttribute('aria-invalid', 'true');
    },
  };
}
