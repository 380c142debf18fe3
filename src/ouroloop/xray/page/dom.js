// Elements of the page. Text goes in as text nodes and nothing else: nothing that a program wrote is read as HTML.

/** Makes an element: `properties` are its attributes, and `on…` its listeners; false and undefined ones are left out. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ''));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** A coloured mark and a text: how a callback of a family is shown everywhere on the page. */
export function swatch(family) {
  return element('span', { class: 'swatch', style: `--swatch: var(--${family})`, 'aria-hidden': 'true' });
}

export function emptied(node) {
  node.replaceChildren();
  return node;
}
