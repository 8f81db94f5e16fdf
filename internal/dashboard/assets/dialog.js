// Dialogs, by the browser's own <dialog>: it keeps the focus inside, closes by Esc and
// gives the focus back.
import { h, replace } from './dom.js';

let made = 0;

// openDialog shows something, with a button to close it. Returns the <dialog>.
export function openDialog({ title, body }) {
  const dialog = frame(title);
  const close = h('button', { class: 'button', type: 'button', onClick: () => dialog.close() }, 'Close');
  dialog.append(h('div', { class: 'stack dialog-body' }, body), h('div', { class: 'row dialog-actions' }, close));
  return open(dialog);
}

// confirm asks: → null when it was called off (by the button dismiss), else {values, result}. fields are
// {name, label, hint, options: [[value, label]…], and attributes of the input, its value
// among them} or null; values has what was put in, as text. submit(values), where
// there is one, runs while the dialog is open: an ApiError of it is shown at the fields
// it names, and the dialog stays. What it returns is result.
export function confirm({ title, body, action, dismiss = 'Cancel', danger = false, fields = [], submit }) {
  return new Promise((resolve) => {
    const dialog = frame(title);
    const rows = fields.filter(Boolean).map((field) => formField(`${dialog.id}-${field.name}`, field));
    const error = h('p', { class: 'error', role: 'alert' });
    const act = h('button', { class: `button ${danger ? 'button-danger' : 'button-primary'}`, type: 'submit' }, action);
    const cancel = h('button', { class: 'button', type: 'button', onClick: () => dialog.close() }, dismiss);
    let answer = null;
    const send = async (event) => {
      event.preventDefault();
      if (act.disabled) return;
      const values = Object.fromEntries(rows.map((row) => [row.name, row.input.value]));
      error.textContent = '';
      for (const row of rows) row.tell('');
      act.disabled = true;
      try {
        answer = { values, result: await submit?.(values) };
        dialog.close();
      } catch (problem) {
        act.disabled = false;
        showProblem(problem, rows, error);
      }
    };
    dialog.append(h('form', { class: 'stack', novalidate: true, onSubmit: send },
      h('div', { class: 'stack dialog-body' }, typeof body === 'string' ? h('p', {}, body) : body, rows.map((row) => row.element), error),
      h('div', { class: 'row dialog-actions' }, cancel, act)));
    dialog.addEventListener('close', () => resolve(answer));
    open(dialog);
    (rows[0]?.input ?? (danger ? cancel : act)).focus();
  });
}

// formField returns an input with its label, hint and place for an error: {name, input, element, tell(error)}.
export function formField(id, field) {
  const { label, hint, options, ...attributes } = { id, 'aria-describedby': `${id}-hint ${id}-error`, autocomplete: 'off', ...field };
  const input = options
    ? h('select', attributes, options.map(([value, text]) => h('option', { value, selected: value === field.value }, text)))
    : h('input', attributes);
  const error = h('p', { class: 'error', id: `${id}-error` });
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), input,
    h('p', { class: 'hint', id: `${id}-hint` }, hint), error);
  const tell = (text) => {
    replace(error, text);
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  return { name: field.name, input, element, tell };
}

// showProblem writes what is wrong to the fields it is wrong with, and to error what has no field.
function showProblem(problem, rows, error) {
  const wrong = rows.filter((row) => problem.of?.(row.name));
  for (const row of wrong) row.tell(problem.of(row.name));
  if (wrong.length > 0) wrong[0].input.focus();
  else error.textContent = problem.message;
}

function frame(title) {
  const id = `dialog-${++made}`;
  return h('dialog', { id, class: 'dialog', 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title));
}

function open(dialog) {
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
