// Work that takes a while: how far it is, a way to stop it, and what came of it.
import { say } from './announce.js';
import { h, replace } from './dom.js';

const SAID = 8000; // milliseconds between two announcements

// Progress shows one such work at a time, in element, which is hidden until it begins.
export class Progress {
  constructor() {
    this.bar = h('progress', { max: '1', 'aria-label': 'Progress' });
    this.text = h('p', { class: 'grow' });
    this.button = h('button', { class: 'button', type: 'button', onClick: () => this.press() });
    this.details = h('div');
    this.element = h('section', { class: 'card stack message-progress', 'aria-label': 'Progress', hidden: true },
      h('div', { class: 'row' }, this.text, this.button), this.bar, this.details);
    this.running = false;
  }

  press() {
    if (this.running) this.stopped.abort();
    else this.element.hidden = true;
  }

  // begin returns the signal that Stop, or the view's end, aborts.
  begin(text, signal) {
    this.stopped = new AbortController();
    this.signal = AbortSignal.any([this.stopped.signal, signal]);
    this.show(true, text);
    this.bar.removeAttribute('value');
    return this.signal;
  }

  // tell says how far it is; part is from 0 to 1.
  tell(text, part) {
    replace(this.text, text);
    this.bar.value = part;
    if (performance.now() - this.said > SAID) this.say(text);
  }

  // end says what came of it, with details below.
  end(text, details) {
    this.show(false, text, details);
  }

  show(running, text, details) {
    this.running = running;
    this.element.hidden = false;
    this.bar.hidden = !running;
    replace(this.button, running ? 'Stop' : 'Close');
    replace(this.text, text);
    replace(this.details, details);
    this.say(text);
  }

  say(text) {
    this.said = performance.now();
    say(text);
  }
}
