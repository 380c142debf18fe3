'use strict';

// Which names a CommonJS module exports, as far as its source tells: for `import { name } from './file.cjs'`.
// A module that passes on another's exports (`module.exports = require('./other')`) has that one's names too; if the
// other is a core module, Node looks no further.

const { lex } = require('internal/modules/cjs_lexer');

const known = new Map(); // filename -> Set of names

/** The names, as a new set. */
function namesOf(filename, source) {
  const names = known.get(filename);
  if (names !== undefined) return new Set(names);
  const found = new Set();
  known.set(filename, found);
  let lexed;
  try {
    lexed = lex(source);
  } catch {
    return new Set(); // what cannot be read has a default export only
  }
  for (const name of lexed.exports) found.add(name);
  for (const request of lexed.reexports) addFrom(request, filename, found);
  return new Set(found);
}

function addFrom(request, filename, found) {
  const { Module, formatOf, readSource } = require('internal/modules/cjs/loader');
  const parent = { filename, id: filename, paths: Module._nodeModulePaths(require('path').dirname(filename)) };
  let target;
  try {
    target = Module._resolveFilename(request, parent, false);
  } catch {
    return;
  }
  if (!/\.c?js$/.test(target) || formatOf(target) === 'module') return;
  for (const name of namesOf(target, readSource(target))) found.add(name);
}

module.exports = { namesOf };
