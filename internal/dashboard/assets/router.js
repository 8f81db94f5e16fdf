// Paths to views, by the history API. Links are plain <a href>: they can be copied,
// opened in another tab, and work from a bookmark.
let table = [];
let show = async () => {};
let current = Promise.resolve();

// start takes rows of {pattern, load}, such as '/messages/:id', and render(row, context),
// which is called at once and whenever the address changes.
export function start(rows, render) {
  table = rows.map((row) => ({ ...row, match: matcher(row.pattern) }));
  show = render;
  addEventListener('popstate', () => { refresh(); });
  document.addEventListener('click', followLink);
  return refresh();
}

// navigate leads to a path of this page; the promise ends when its view is mounted.
export function navigate(path, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  scrollTo(0, 0);
  return refresh();
}

// setQuery changes the address's query, for what is chosen in a view to be part of its
// link, without a new step back. null, undefined and '' take a parameter out.
export function setQuery(values) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(history.state, '', location.pathname + (text && `?${text}`) + location.hash);
}

// refresh shows what the address says, anew.
export function refresh() {
  const found = find(location.pathname);
  current = show(found?.row ?? null, { params: found?.params ?? {}, query: new URLSearchParams(location.search) });
  return current;
}

function find(path) {
  for (const row of table) {
    const params = row.match(path);
    if (params) return { row, params };
  }
  return null;
}

// matcher returns path → params, or null. An id may have a slash in it, escaped.
function matcher(pattern) {
  const names = pattern.split('/');
  return (path) => {
    const parts = path.split('/');
    if (parts.length !== names.length) return null;
    const params = {};
    for (const [i, name] of names.entries()) {
      if (!name.startsWith(':')) {
        if (name !== parts[i]) return null;
        continue;
      }
      try {
        params[name.slice(1)] = decodeURIComponent(parts[i]);
      } catch {
        return null;
      }
    }
    return params;
  };
}

function followLink(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.('a[href]');
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
  if (!find(link.pathname)) return; // Swagger, say
  event.preventDefault();
  navigate(link.pathname + link.search + link.hash);
}
