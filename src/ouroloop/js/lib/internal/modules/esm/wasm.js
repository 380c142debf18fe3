'use strict';

// WebAssembly modules that are imported like any other.
//
// Theory of operation. What such a module imports and exports stands in its binary. From that the loader makes an ES
// module that imports the same; when it runs, the instance is made and its exports get their values.
//
// What surprises people: an exported global is seen as its value, as it is when the module has started; between
// WebAssembly modules the globals themselves are passed on.

const OPTIONS = { builtins: ['js-string'], importedStringConstants: 'wasm:js/string-constants' };
const RESERVED = /^wasm(?:-js)?:/;

const instances = new WeakMap(); // namespace of a WebAssembly module -> its instance's exports

/** The module in `bytes`; names that are kept for what is to come are refused. */
function compile(bytes, name) {
  let compiled;
  try {
    compiled = new WebAssembly.Module(bytes, OPTIONS);
  } catch (error) {
    error.message = `${name}: ${error.message}`;
    throw error;
  }
  for (const { module, name } of WebAssembly.Module.imports(compiled)) {
    if (module.startsWith('wasm-js:')) {
      throw new WebAssembly.LinkError(`Invalid Wasm import "${module}" in "${module}"`);
    }
    if (RESERVED.test(name)) throw new WebAssembly.LinkError(`Invalid Wasm import name "${name}" in "${module}"`);
  }
  for (const { name } of WebAssembly.Module.exports(compiled)) {
    if (RESERVED.test(name)) throw new WebAssembly.LinkError(`Invalid Wasm export name "${name}"`);
  }
  return compiled;
}

/** The specifiers of what a module imports. */
function importsOf(compiled) {
  return [...new Set(WebAssembly.Module.imports(compiled).map(({ module }) => module))];
}

function exportsOf(compiled) {
  return WebAssembly.Module.exports(compiled).map(({ name }) => name);
}

/** The exports of a new instance. `namespaces` are those of `importsOf`, in their order. */
function instantiate(compiled, namespaces) {
  const entries = importsOf(compiled).map((specifier, i) => [specifier, instances.get(namespaces[i]) ?? namespaces[i]]);
  return new WebAssembly.Instance(compiled, { __proto__: null, ...Object.fromEntries(entries) }).exports;
}

/** What an import sees of an export. */
function valueOf(value) {
  if (!(value instanceof WebAssembly.Global)) return value;
  try {
    return value.value;
  } catch {
    return undefined; // a vector, which JavaScript has no value for
  }
}

module.exports = { compile, exportsOf, importsOf, instances, instantiate, valueOf };
