// The status tabs, with how many messages have each.
import { h, replace } from './dom.js';
import { count } from './format.js';
import { STATUSES } from './message-rules.js';
import { link } from './messages-filter.js';

// statusTabs returns {element, set(filter), counts(counts or null)}; choose(status) is
// called with '' for all.
export function statusTabs(choose) {
  const tabs = ['', ...STATUSES].map((status) => {
    const number = h('span', { class: 'tab-count', 'data-status': status || 'all' });
    const element = h('a', {
      class: 'tab', role: 'tab', href: '/messages', 'aria-controls': 'message-list',
      onClick: (event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return; // in another tab of the browser
        event.preventDefault();
        choose(status);
      },
    }, status ? status[0].toUpperCase() + status.slice(1) : 'All', number);
    return { status, element, number };
  });
  const element = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Status', onKeydown: move }, tabs.map((tab) => tab.element));

  // Arrows go from tab to tab, as everywhere; Enter chooses, for each is a link.
  function move(event) {
    const at = tabs.findIndex((tab) => tab.element === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].element.focus();
  }

  function set(filter) {
    for (const tab of tabs) {
      const chosen = tab.status === (filter.status ?? '');
      tab.element.setAttribute('aria-selected', String(chosen));
      tab.element.setAttribute('tabindex', chosen ? '0' : '-1');
      const { status: _, ...rest } = filter;
      tab.element.setAttribute('href', link(tab.status ? { ...rest, status: tab.status } : rest));
    }
  }

  // null: not known for what is searched.
  function counts(numbers) {
    for (const tab of tabs) {
      const n = numbers && (tab.status ? numbers[tab.status] ?? 0 : Object.values(numbers).reduce((sum, each) => sum + each, 0));
      replace(tab.number, numbers ? count(n) : null);
    }
  }

  return { element, set, counts };
}
