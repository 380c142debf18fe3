'use strict';

// `onopen` and the like of WebSocket and EventSource.
//
// What surprises people: unlike those of MessagePort, they are null for whatever is no function, and a handler that
// replaces another one is called after the listeners that were added in between.

function defineHandler(prototype, event) {
  const handlers = new WeakMap();
  const name = `on${event}`;
  const { get, set } = Object.getOwnPropertyDescriptor({
    get [name]() {
      return handlers.get(this) ?? null;
    },
    set [name](handler) {
      const before = handlers.get(this);
      if (before !== undefined) this.removeEventListener(event, before);
      handlers.delete(this);
      if (typeof handler !== 'function') return;
      handlers.set(this, handler);
      this.addEventListener(event, handler);
    },
  }, name);
  Object.defineProperty(prototype, name, { __proto__: null, get, set, configurable: true, enumerable: true });
}

/** Gives `Class.prototype` a handler for each of `events`, and both `Class` and it their constants. */
function defineHandlersAndConstants(Class, events, constants) {
  for (const event of events) defineHandler(Class.prototype, event);
  for (const [name, value] of Object.entries(constants)) {
    for (const owner of [Class, Class.prototype]) {
      Object.defineProperty(owner, name, { __proto__: null, value, enumerable: true });
    }
  }
}

module.exports = { defineHandlersAndConstants };
