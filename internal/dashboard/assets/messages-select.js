// Which messages are selected: by their ids, or all that match, whether shown or not.

export class Selection {
  constructor(changed) {
    this.ids = new Set();
    this.all = false; // all that match the filter
    this.anchor = ''; // where a range begins
    this.changed = changed;
  }

  has(id) { return this.all || this.ids.has(id); }

  // toggle selects one, or no more. With range, all between it and the one before, in the
  // order given.
  toggle(id, on, { range = false, order = [] } = {}) {
    this.all = false;
    const [from, to] = [order.indexOf(this.anchor), order.indexOf(id)].toSorted((a, b) => a - b);
    for (const each of range && from >= 0 ? order.slice(from, to + 1) : [id]) this.set(each, on);
    this.anchor = id;
    this.changed();
  }

  set(id, on) {
    if (on) this.ids.add(id);
    else this.ids.delete(id);
  }

  // shown selects all of these, or none.
  shown(ids, on) {
    this.all = false;
    for (const id of ids) this.set(id, on);
    this.changed();
  }

  matching() {
    this.all = true;
    this.changed();
  }

  clear() {
    this.ids.clear();
    this.all = false;
    this.anchor = '';
    this.changed();
  }
}
