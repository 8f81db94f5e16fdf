// When to ask again: not more often than is good for anybody, and not while nobody looks.

// paced returns a function that asks for work to be done: at once if the last time is
// gap milliseconds ago, later otherwise, and never twice at the same time. It ends with
// the signal.
export function paced(gap, work, signal) {
  let running = false;
  let again = false;
  let last = -Infinity;
  let timer = 0;
  const run = async () => {
    if (signal.aborted) return;
    timer = 0;
    running = true;
    again = false;
    last = performance.now();
    try {
      await work();
    } finally {
      running = false;
      if (again) ask();
    }
  };
  const ask = () => {
    if (running) {
      again = true;
      return;
    }
    if (timer || signal.aborted) return;
    const wait = last + gap - performance.now();
    if (wait <= 0) run();
    else timer = setTimeout(run, wait);
  };
  return ask;
}

// every calls run every so many milliseconds while the page is looked at, until the signal.
export function every(milliseconds, run, signal) {
  const timer = setInterval(() => { if (!document.hidden) run(); }, milliseconds);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

// text sets an element's text where it differs: what stays is not drawn again, nor read out again.
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}
