// The list of messages: found, watched, and changed many at a time.
import { api, isAbort } from './api.js';
import { toast } from './announce.js';
import { codeBlock } from './code.js';
import { h, replace } from './dom.js';
import { follow } from './live.js';
import { curl } from './message-curl.js';
import { Progress } from './message-progress.js';
import { may, messagePath } from './message-rules.js';
import { selectionBar } from './messages-bar.js';
import { changeMatching, changeSelected } from './messages-bulk.js';
import { KINDS, fromQuery, narrowed, searched, toQuery, withSearch } from './messages-filter.js';
import { messageList } from './messages-list.js';
import { searchBar } from './messages-search.js';
import { Selection } from './messages-select.js';
import { statusTabs } from './messages-tabs.js';
import { navigate, setQuery } from './router.js';

const GAP = 5000; // milliseconds between two looks at how things stand

export default {
  title: 'Messages',
  mount(root, { query, me, signal }) {
    const selects = may(me, 'sender');
    const selection = new Selection(selected);
    const tabs = statusTabs((status) => choose({ ...filter, status }));
    const search = searchBar({ choose, find });
    const news = h('button', { class: 'button message-news', type: 'button', hidden: true, onClick: showNews });
    const progress = new Progress();
    const list = messageList({
      signal, empty: nothing, loaded: selected, news: tellNews,
      select: selects ? (id, on, range) => selection.toggle(id, on, { range, order: list.ids() }) : null,
      selectShown: (on) => selection.shown(list.ids(), on),
    });
    const bar = selectionBar({ me, selection, act });
    let filter = fromQuery(query);
    let looked = 0;
    let timer = 0;
    root.append(
      h('div', { class: 'view-head' }, h('h1', { class: 'grow' }, 'Messages'), news, selects ? h('a', { class: 'button', href: '/compose' }, 'Compose') : null),
      tabs.element, search.element, progress.element, list.element, bar.element);
    choose(filter);
    const unfollow = follow(['message.*'], (events) => {
      list.apply(events);
      soon();
    }, soon);
    return () => {
      unfollow();
      clearTimeout(timer);
    };

    // choose shows the messages of a filter, and makes it part of the address.
    function choose(wanted) {
      filter = wanted;
      setQuery(toQuery(filter));
      tabs.set(filter);
      search.set(filter);
      selection.clear();
      look(() => list.load(filter));
    }

    // look brings the list up to date, and the numbers on the tabs. They are of all
    // messages, so there are none where only some are asked for. What fails is not told:
    // the page says itself how current it is, and asks again.
    async function look(how) {
      looked = performance.now();
      const told = (error) => { if (!isAbort(error) && error.status === undefined) throw error; };
      how().catch(told);
      if (narrowed(filter)) return tabs.counts(null);
      const { counts } = await api.get('/scheduler', { signal }).catch(told) ?? {};
      if (counts && !narrowed(filter)) tabs.counts(counts);
    }

    // soon looks how things stand, now and then.
    function soon() {
      timer ||= setTimeout(() => {
        timer = 0;
        look(list.refresh);
      }, Math.max(100, looked + GAP - performance.now()));
    }

    function tellNews(text) {
      news.hidden = text === '';
      replace(news, '↑ ', text);
    }

    function showNews() {
      scrollTo(0, 0);
      choose(filter);
      document.getElementById('search').focus({ preventScroll: true });
    }

    // find leads to the message with an id; where there is none, it is searched as another kind.
    async function find(id, otherwise) {
      try {
        await api.get(messagePath(id), { signal });
        await navigate(messagePath(id));
      } catch (error) {
        if (error.status === 404 && otherwise) choose(withSearch(filter, otherwise, id));
        else if (!isAbort(error)) toast(error.message, { kind: 'error' });
      }
    }

    function selected() {
      list.tick(selection);
      bar.show(list.messages().filter(({ id }) => selection.has(id)), filter);
    }

    async function act(action, messages) {
      if (progress.running) return toast('Wait until what is under way has ended, or stop it.', { kind: 'error' });
      const options = { progress, signal };
      try {
        const changed = await (messages ? changeSelected(action, messages, options) : changeMatching(action, filter, options));
        if (changed && !signal.aborted) choose(filter);
      } catch (error) {
        if (!isAbort(error)) toast(error.message, { kind: 'error' });
      }
    }

    // nothing is what stands in the place of no rows: why, and what to do about it.
    function nothing(error) {
      const { kind, text } = searched(filter);
      const others = Object.keys(KINDS).filter((other) => text && other !== kind).map((other) => button(KINDS[other],
        () => (other === 'id' ? find(text) : choose(withSearch(filter, other, text)))));
      if (error) {
        const why = error.errors.map((wrong) => `${wrong.field} ${wrong.message}`).join('; ') || error.message;
        return empty('The messages cannot be listed', text ? `${why}. Search it as:` : why, text ? others : button('Try again', () => choose(filter)));
      }
      if (text) return empty('Nothing found', ['No message has the ', KINDS[kind], ' ', h('bdi', {}, text), '. Search it as:'], others);
      if (narrowed(filter) || filter.status) return empty(narrowed(filter) ? 'No messages match' : `Nothing is ${filter.status}`, '', button('Show all', () => choose({})));
      return empty('No messages yet', 'Compose one here, or put one in by the API:',
        codeBlock(curl({ to: '+905551234567', content: 'Hello' }, { origin: location.origin, authenticated: me.authenticated }), 'Put a message in'));
    }
  },
};

function empty(title, text, ...more) {
  return h('div', { class: 'empty' }, h('h2', {}, title), h('p', {}, text), h('div', { class: 'row' }, more));
}

function button(text, onClick) {
  return h('button', { class: 'button', type: 'button', onClick }, text);
}
