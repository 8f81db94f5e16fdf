// Light, dark, or as the system says. themeboot.js sets a stored choice before the
// first paint; here it is changed.
const storageKey = 'ams-theme';
const listeners = new Set();
const system = matchMedia('(prefers-color-scheme: dark)');

export function theme() {
  return document.documentElement.dataset.theme ?? 'system';
}

export function setTheme(choice) {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  try {
    if (choice === 'system') localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, choice);
  } catch { /* it lasts as long as the page then */ }
  tell();
}

// onThemeChange calls back when colours change: what is drawn on a canvas needs to know.
// Returns what ends it.
export function onThemeChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  for (const listener of listeners) listener();
}

system.addEventListener('change', tell);
