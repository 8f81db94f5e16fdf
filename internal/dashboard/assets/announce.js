// What happens without the eye being on it: for screen readers, and as notes that
// come and go. The live regions are part of index.html: one added later may be missed.
import { h } from './dom.js';

const shownFor = 6000; // milliseconds; errors stay until they are closed

// say tells a screen reader, politely.
export function say(text) {
  const region = document.getElementById('announcer');
  region.textContent = '';
  // The same text again is a change only after the region was empty for a moment.
  setTimeout(() => { region.textContent = text; }, 50);
}

// toast shows a note, and says it.
export function toast(text, { kind = 'ok' } = {}) {
  const close = () => note.remove();
  const note = h('div', { class: `toast toast-${kind}`, role: kind === 'error' ? 'alert' : 'status' },
    h('span', { class: 'grow' }, text),
    h('button', { class: 'button button-quiet', type: 'button', 'aria-label': 'Close this note', onClick: close }, '×'));
  document.getElementById('toasts').append(note);
  if (kind !== 'error') setTimeout(close, shownFor);
}
