'use strict';

// process.allowedNodeEnvironmentFlags: a Set that cannot be changed, and whose `has` reads flags as the command line
// does.
//
// What surprises people: `_` counts as `-`, dashes in front may be left out, and a value after `=` is not looked at,
// so that `has('stack_trace_limit=100')` holds. The set keeps its flags beside itself, where Set's own methods do not
// reach.

const VALUE = /=.*$/s;

class NodeEnvironmentFlagsSet extends Set {
  #flags;
  #names; // without dashes in front

  constructor(flags) {
    super();
    this.#flags = flags;
    this.#names = new Set(flags.map((flag) => flag.replace(/^--?/, '')));
    Object.freeze(this);
  }

  add() {
    return this; // nothing can be added
  }

  delete() {
    return false;
  }

  clear() {}

  has(key) {
    if (typeof key !== 'string') return false;
    const flag = key.replaceAll('_', '-').replace(VALUE, '');
    return flag.startsWith('-') ? this.#flags.includes(flag) : this.#names.has(flag);
  }

  entries() {
    return new Set(this.#flags).entries();
  }

  forEach(callback, thisArg) {
    for (const flag of this.#flags) Reflect.apply(callback, thisArg, [flag, flag, this]);
  }

  get size() {
    return this.#flags.length;
  }

  values() {
    return new Set(this.#flags).values();
  }
}
const { values } = NodeEnvironmentFlagsSet.prototype;
for (const name of ['keys', Symbol.iterator]) {
  Object.defineProperty(NodeEnvironmentFlagsSet.prototype, name, {
    __proto__: null, value: values, writable: true, enumerable: false, configurable: true,
  });
}
Object.freeze(NodeEnvironmentFlagsSet);
Object.freeze(NodeEnvironmentFlagsSet.prototype);

const makeFlagSet = (flags) => new NodeEnvironmentFlagsSet(flags);

module.exports = { makeFlagSet };
