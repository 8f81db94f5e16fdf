({
  // seen returns the elements of a selector that can be seen: those of the dialog on top, if
  // there is one.
  seen(selector) {
    const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
    const found = [...(dialog ?? document).querySelectorAll(selector)];
    if (dialog?.matches(selector)) found.unshift(dialog);
    return found.filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
  },
  plain(text) { return (text ?? '').replace(/\s+/g, ' ').trim(); },
  words(selector, words) {
    return this.seen(selector).filter((e) => this.plain(e.innerText).includes(this.plain(words)));
  },
  name(e) { return this.plain(e.getAttribute('aria-label') ?? e.innerText); },
  // named returns the elements of a name, those that have nothing else in their name first.
  named(selector, name) {
    const some = this.seen(selector).filter((e) => this.name(e).includes(name));
    return [...some.filter((e) => this.name(e) === name), ...some.filter((e) => this.name(e) !== name)];
  },
  spot(selector, name) {
    const wrong = (words) => ({ X: 0, Y: 0, Wrong: words });
    const e = this.named(selector, name)[0];
    if (!e) return wrong('there is none');
    if (e.disabled || e.getAttribute('aria-disabled') === 'true') return wrong('it is disabled');
    e.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    let box = e.getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight) {
      e.scrollIntoView({ block: 'center', behavior: 'instant' });
      box = e.getBoundingClientRect();
    }
    const [X, Y] = [box.left + Math.min(box.width / 2, 24), box.top + box.height / 2];
    let hit = document.elementFromPoint(X, Y);
    if (hit && !e.contains(hit) && !(hit.tagName === 'LABEL' && hit.control === e)) {
      e.scrollIntoView({ block: 'center', behavior: 'instant' });
      return wrong(`${hit.tagName} ${hit.className} is in front of it`);
    }
    if (!hit) return wrong('it is out of sight');
    return { X, Y, Wrong: '' };
  },
})
