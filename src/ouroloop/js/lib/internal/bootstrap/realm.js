'use strict';

// The realm: core modules and operations, before there is anything else.
//
// Theory of operation. This script runs last when the snapshot is built. It finds every core module's body in `__files`
// and what Python offers in `__config`, gives modules their `require` and `internalBinding`, and runs
// `internal/bootstrap/node`, which makes the globals. What it leaves on the global object is one function, `__start`,
// which Python calls once the snapshot has been taken up in a process: from then on operations and natives work.
//
// What surprises people: an operation is a number. `internalBinding('fs').open(a, b)` calls Python's only host function
// with that number, so that a process pays for the operations it uses and not for those that exist.

(() => {
  // A program may take these away before the last native is made and the last module run.
  const { Error, Map, Object, Reflect } = globalThis;
  const { defineProperty } = Object;
  const { apply } = Reflect;
  const files = globalThis.__files; // the bodies, while the snapshot is built
  const ids = Object.keys(files);
  const known = new Set(ids);
  const { operations, natives: namesOfNatives, intrinsics, ...config } = globalThis.__config;
  delete globalThis.__files;
  delete globalThis.__config;

  let operation = () => {
    throw new Error('An operation was called while the snapshot was built');
  };
  const bindings = Object.create(null);
  bindings.config = config;
  bindings.constants = config.constants;

  const parameters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];
  const makers = parameters.map((_, count) => {
    const list = parameters.slice(0, count).join();
    // In parentheses, V8 compiles what will be called at once, and with the snapshot.
    return new Function('call', 'number', `'use strict'; return ((${list}) => call()(number${list && ','}${list}))`);
  });
  let calls = 0; // how many operations were ever called
  const current = () => {
    calls++;
    return operation;
  };
  for (const [name, functions] of Object.entries(operations)) {
    const binding = bindings[name] = Object.create(null);
    for (const [key, number, count] of functions) binding[key] = makers[count](current, number);
  }
  const natives = { __proto__: null, make: undefined }; // what js/natives/ offers, from start-up on

  /**
   * A native is made when first looked at: a process uses few of them. Undefined while the snapshot is built, and for
   * one that is not there on this kind of machine.
   */
  function defineNative(binding, group, name) {
    Object.defineProperty(binding, name, {
      __proto__: null,
      get() {
        if (natives.make === undefined) return undefined;
        const value = natives.make(group, name);
        defineProperty(binding, name, { __proto__: null, value });
        return value;
      },
      configurable: true,
      enumerable: true,
    });
  }

  for (const [group, names] of Object.entries(namesOfNatives)) {
    const binding = bindings[group] ??= Object.create(null);
    for (const name of names) defineNative(binding, group, name);
  }

  function internalBinding(name) {
    const binding = bindings[name];
    if (binding === undefined) return bindings[name] = Object.create(null);
    return binding;
  }

  // The language's own constructors and namespaces are parameters too: what a program makes of the globals of these
  // names is nothing to core modules.
  const parametersOfBodies = ['exports', 'require', 'module', 'process', 'internalBinding', ...intrinsics];
  const valuesOfIntrinsics = intrinsics.map((name) => globalThis[name]);
  const process = { moduleLoadList: [] };
  const modules = new Map();

  function requireBuiltin(id) {
    const loaded = modules.get(id);
    if (loaded !== undefined) return loaded.exports;
    if (!known.has(id)) throw new Error(`No such built-in module: ${id}`);
    const body = files[id] ?? bindings.builtins.compile(id, parametersOfBodies);
    const module = { exports: {}, id, loaded: false };
    modules.set(id, module);
    try {
      const given = [module.exports, requireBuiltin, module, process, internalBinding];
      // Without an iterator, which a program may have deleted.
      for (let i = 0; i < valuesOfIntrinsics.length; i++) given[given.length] = valuesOfIntrinsics[i];
      apply(body, module.exports, given);
    } catch (error) {
      modules.delete(id);
      throw error;
    }
    module.loaded = true;
    process.moduleLoadList.push(`NativeModule ${id}`);
    return module.exports;
  }

  Object.assign(bindings.builtins, {
    operationsCalled: () => calls,
    ids,
    has: (id) => known.has(id),
    isLoaded: (id) => modules.get(id)?.loaded === true,
  });

  const THROWN = -5001; // what operations give that are refused, and to be thrown (js/guards.py)

  /** The host's operation, with what it refuses thrown. */
  function throwing(call) {
    return (...args) => {
      const result = apply(call, undefined, args);
      if (result === THROWN) throw requireBuiltin('internal/process/permission').accessDenied();
      return result;
    };
  }

  const { start } = requireBuiltin('internal/bootstrap/node');

  // A module runs once. Without what has run, and what is seldom asked for, the snapshot is a quarter smaller.
  for (const id of ids) delete files[id];

  globalThis.__start = (facts) => {
    operation = facts.options['--permission'] ? throwing(globalThis.__operation) : globalThis.__operation;
    globalThis.__natives = natives;
    globalThis.__installNatives();
    for (const name of ['__operation', '__natives', '__installNatives', '__start']) delete globalThis[name];
    return start(facts);
  };
})();
