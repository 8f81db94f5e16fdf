// A script of its own, before anything is painted: a page must not flash white first.
try {
  const choice = localStorage.getItem('ams-theme');
  if (choice === 'dark' || choice === 'light') document.documentElement.dataset.theme = choice;
} catch { /* the system's theme then */ }
