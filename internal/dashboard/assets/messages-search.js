// The search box, and the times that are asked for, each with a way to remove it.
import { h, replace } from './dom.js';
import { KINDS, TIMES, TIME_FIELDS, describe, guess, searched, withSearch } from './messages-filter.js';

// searchBar returns {element, set(filter)}. choose(filter) is called with what is to be
// shown; find(text, otherwise) with what may be a message's own id, and as what to search
// it where there is no such message.
export function searchBar({ choose, find }) {
  let filter = {};
  const input = h('input', {
    id: 'search', type: 'search', class: 'grow', autocomplete: 'off', spellcheck: 'false',
    // The browser's own × empties the box and asks for a search, of nothing.
    onSearch: () => { if (input.value === '' && searched(filter).text) form.requestSubmit(); },
    placeholder: 'Number, reference, provider’s id or message id', 'aria-label': 'Search messages', 'aria-describedby': 'search-kind', onInput: note,
  });
  const kind = h('span', { class: 'hint', id: 'search-kind' });
  const form = h('form', { class: 'toolbar', role: 'search', onSubmit: submit }, input, kind, h('button', { class: 'button' }, 'Search'));
  const inputs = TIME_FIELDS.map((name) => h('input', { type: 'datetime-local', step: '1', name }));
  const times = h('details', { class: 'message-more' }, h('summary', {}, 'Filter by time'), h('form', { class: 'stack', onSubmit: apply },
    TIMES.map((name, i) => h('fieldset', { class: 'row message-times' }, h('legend', {}, name[0].toUpperCase() + name.slice(1)),
      h('label', {}, 'from', inputs[2 * i]), h('label', {}, 'until', inputs[2 * i + 1]))),
    h('div', { class: 'row' }, h('button', { class: 'button' }, 'Apply times'))));
  const chips = h('div', { class: 'row', 'aria-label': 'Times that are asked for', role: 'group', hidden: true });

  // note says as what the text is searched, once it is, or would be.
  function note() {
    const text = input.value.trim();
    const current = searched(filter);
    replace(kind, text && `as ${KINDS[text === current.text ? current.kind : guess(text)]}`);
  }

  function submit(event) {
    event.preventDefault();
    const text = input.value.trim();
    const guessed = guess(text);
    if (guessed === 'id') find(text, 'message_id');
    else choose(withSearch(filter, guessed, text));
  }

  // apply asks for the times that are set, in this browser's zone.
  function apply(event) {
    event.preventDefault();
    choose({ ...filter, ...Object.fromEntries(inputs.map(({ name, value }) => [name, value && new Date(value).toISOString()])) });
  }

  function set(current) {
    filter = current;
    const { text } = searched(filter);
    if (text || document.activeElement !== input) input.value = text;
    note();
    for (const each of inputs) each.value = filter[each.name] ? local(new Date(filter[each.name])) : '';
    const fields = TIME_FIELDS.filter((field) => filter[field]);
    chips.hidden = fields.length === 0;
    replace(chips, fields.map((field) => {
      const [words] = describe({ [field]: filter[field] });
      const remove = () => {
        choose({ ...filter, [field]: '' });
        input.focus();
      };
      return h('button', { class: 'button message-chip', 'aria-label': `Remove the filter ${words}`, onClick: remove }, words, ' ×');
    }));
  }

  return { element: h('div', { class: 'stack message-search' }, form, times, chips), set };
}

// local writes a time as <input type=datetime-local> wants it.
function local(at) {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
