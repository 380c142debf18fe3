// Elements of the page. Text goes in as text nodes and nothing else: nothing that a program wrote is read as HTML.

/** Makes an element. `properties` are its attributes, and `on…` its listeners; false and undefined are left out. */
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

export function emptied(node) {
  node.replaceChildren();
  return node;
}
