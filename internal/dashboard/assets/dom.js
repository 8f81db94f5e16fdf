// Elements are made here and nowhere else: what users wrote gets into the page as
// text nodes, never as markup.

// Where a link may lead: into this page, to the web, or to a file made here.
const linkTarget = /^(\/(?!\/)|#|\?|https?:|blob:)/;

// h makes an element: h('a', {class: 'button', href: '/', onClick: fn}, 'text', node…).
// Props are class, text, on<Event> functions, booleans, DOM properties that hold what a
// form says (value, checked…), and attributes; null and undefined are left out.
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined) return;
  if (name === 'class') element.className = value;
  else if (name === 'text') element.textContent = value;
  else if (/^on[A-Z]/.test(name)) element.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === 'href') {
    if (linkTarget.test(value)) element.setAttribute('href', value);
  } else if (name === 'value' || name === 'checked' || name === 'indeterminate' || name === 'selected') element[name] = value;
  else if (typeof value === 'boolean' && !name.startsWith('aria-') && !name.startsWith('data-')) element.toggleAttribute(name, value);
  else element.setAttribute(name, String(value));
}

// append adds children: nodes, strings, numbers, and lists of them; null and false are left out.
export function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
  return parent;
}

// replace puts children in the place of all that the parent has.
export function replace(parent, ...children) {
  parent.replaceChildren();
  return append(parent, children);
}
