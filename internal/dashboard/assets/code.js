// Commands to copy.
import { h } from './dom.js';
import { toast } from './announce.js';

// codeBlock shows text to be copied, with a button that does; label names it to a screen reader.
export function codeBlock(text, label = 'Command') {
  const pre = h('pre', { tabindex: '0', 'aria-label': label }, h('code', {}, text));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast('Copied');
    } catch { // not allowed, or not over https
      getSelection().selectAllChildren(pre);
      toast('Selected: copy it with the keyboard');
    }
  };
  return h('div', { class: 'code' }, pre,
    h('button', { class: 'button button-quiet', type: 'button', 'aria-label': `Copy: ${label}`, onClick: copy }, 'Copy'));
}
