'use strict';

// Which names a CommonJS module exports, from its source alone: for `import { name } from './file.cjs'`.
//
// Theory of operation. One pass over the text skips strings, comments, regular expressions and templates. Where it
// meets a word that may begin an export (`exports`, `module`, `Object`, `require`, `__export`) it looks ahead for one
// of the forms in which people and compilers write exports, and then goes on behind the word. Nothing is evaluated
// and scopes are not looked at: an export in a function that is never called counts.
//
// What surprises people: an object literal is read up to the first value that is more than a name;
// `Object.defineProperty` counts with a value, or with a getter that only returns a name or a property; and text that
// is no script (an unclosed bracket, an `import` statement) has no exports at all. Both are as in cjs-module-lexer,
// which Node uses.

const { NoScript, SourceText, isDigit, isSpace, isWordPart } = require('internal/modules/source_text');

const SKIP = 0;
const QUOTE = 1;
const BACKTICK = 2;
const SLASH = 3;
const OPEN = 4;
const CLOSE = 5;
const WORD = 6;

// The third letters of the words of interest, by the first: exports, import, module, require, Object, __export.
const thirds = new Uint8Array(128);
for (const word of ['exp', 'imp', 'mod', 'req', 'Obj', '__e']) thirds[word.charCodeAt(0)] = word.charCodeAt(2);

const kinds = new Uint8Array(128);
for (const [characters, kind] of [
  ['\'"', QUOTE], ['`', BACKTICK], ['/', SLASH], ['([{', OPEN], [')]}', CLOSE], ['eimrO_', WORD],
]) {
  for (const character of characters) kinds[character.charCodeAt(0)] = kind;
}

let source = '';
let text; // the source, as something to move in
let pos = 0; // of whoever looks ahead
let names = new Set();
let reexports = new Set();
let requires = new Map(); // variable -> what it requires

// ---- Looking ahead ----

function skipSpace() {
  for (;;) {
    const code = source.charCodeAt(pos);
    if (isSpace(code)) pos++;
    else if (code !== 47 || !skipComment()) return;
  }
}

function skipComment() {
  const code = source.charCodeAt(pos + 1);
  if (code === 47) pos = text.endOfLine(pos);
  else if (code === 42) pos = text.endOfBlockComment(pos);
  else return false;
  return true;
}

/** Go past `token` if it comes next, space before it aside. */
function take(token) {
  skipSpace();
  if (!source.startsWith(token, pos)) return false;
  pos += token.length;
  return true;
}

function takeWord(word) {
  const start = pos;
  if (take(word) && !isWordPart(source.charCodeAt(pos))) return true;
  pos = start;
  return false;
}

/** Each of `tokens` in turn; words must end where they end. */
function takeAll(...tokens) {
  const start = pos;
  for (const token of tokens) {
    if (isWordPart(token.charCodeAt(0)) ? takeWord(token) : take(token)) continue;
    pos = start;
    return false;
  }
  return true;
}

/** @returns {string} '' if none comes next */
function takeIdentifier() {
  skipSpace();
  const start = pos;
  if (isDigit(source.charCodeAt(pos))) return '';
  while (isWordPart(source.charCodeAt(pos)) && !isSpace(source.charCodeAt(pos))) pos++;
  return source.slice(start, pos);
}

/** The value of the string literal that comes next, undefined if none does, or if it is not well-formed. */
function takeString() {
  skipSpace();
  const quote = source.charCodeAt(pos);
  if (quote !== 34 && quote !== 39) return undefined;
  const start = pos;
  pos = text.endOfString(pos, quote);
  const content = source.slice(start + 1, pos - 1);
  return content.includes('\\') ? unescape(content) : content;
}

const SIMPLE_ESCAPES = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', 0: '\0' };
const ESCAPE = /\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|\r\n|([^]))/gi;

function unescape(content) {
  const value = content.replace(ESCAPE, (whole, point, unit, byte, character) => {
    const code = point ?? unit ?? byte;
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    if (character === undefined || character === '\n' || character === '\r') return '';
    return SIMPLE_ESCAPES[character] ?? character;
  });
  return value.isWellFormed() ? value : undefined;
}

/** `require('name')`: the name. */
function takeRequire() {
  const start = pos;
  if (takeAll('require', '(')) {
    const name = takeString();
    if (name !== undefined && take(')')) return name;
  }
  pos = start;
  return undefined;
}

/** `exports` or `module.exports`. */
function takeExports() {
  return takeWord('exports') || takeAll('module', '.', 'exports');
}

// ---- Forms of exports ----

/** What follows `exports` or `module.exports`. */
function readAssignment(isModule) {
  if (take('.')) {
    const name = takeIdentifier();
    if (name !== '' && take('=')) names.add(name);
  } else if (take('[')) {
    const name = takeString();
    if (name !== undefined && takeAll(']', '=')) names.add(name);
  } else if (isModule && take('=')) {
    // It replaces what was assigned before.
    reexports.clear();
    if (take('{')) readLiteral();
    else readReexport();
  }
}

function readReexport() {
  const name = takeRequire();
  if (name !== undefined) reexports.add(name);
  return name !== undefined;
}

/** The properties of an object literal, as long as each is plainly a name with a name. */
function readLiteral() {
  do {
    if (take('...')) {
      if (!readReexport() && takeIdentifier() === '') return;
      continue;
    }
    const name = takeIdentifier();
    if (name === '' ? !readQuotedProperty() : !readProperty(name)) return;
  } while (take(','));
}

function readProperty(name) {
  if (!take(':')) {
    // Accessors are no names.
    if (name === 'get' && takeIdentifier() !== '') return false;
    names.add(name);
    return true;
  }
  return readValue(name);
}

function readQuotedProperty() {
  const name = takeString();
  return name !== undefined && take(':') && readValue(name);
}

function readValue(name) {
  if (readReexport()) {
    names.add(name);
    return false;
  }
  if (takeIdentifier() === '') return false;
  names.add(name);
  return true;
}

function takeFunctionHead() {
  if (take(':')) {
    if (!takeWord('function')) return false;
    skipSpace();
    if (source.charCodeAt(pos) !== 40) takeIdentifier();
  }
  return takeAll('(', ')', '{', 'return');
}

function takeGetterEnd() {
  take(';');
  if (!take('}')) return false;
  take(',');
  return takeAll('}', ')');
}

/** `.defineProperty(exports, 'name', {...})`. */
function readDefinition() {
  if (!take('(') || !takeExports() || !take(',')) return;
  const name = takeString();
  if (name === undefined || !takeAll(',', '{')) return;
  takeAll('enumerable', ':', 'true', ',');
  if (takeAll('value', ':')) {
    names.add(name);
    return;
  }
  if (!takeWord('get') || !takeFunctionHead() || takeIdentifier() === '') return;
  if (take('.')) {
    if (takeIdentifier() === '') return;
  } else if (take('[') && (takeString() === undefined || !take(']'))) {
    return;
  }
  if (takeGetterEnd()) names.add(name);
}

/** `.keys(x).forEach(function (k) {...})` that copies all of x to the exports. */
function readStarExport() {
  if (!take('(')) return;
  const variable = takeIdentifier();
  if (variable === '' || !takeAll(')', '.', 'forEach', '(', 'function', '(')) return;
  const key = takeIdentifier();
  if (key === '' || !takeAll(')', '{')) return;
  if (!takeKeyFilter(key, variable) || !takeCopy(key, variable) || !takeAll('}', ')')) return;
  const name = requires.get(variable);
  if (name !== undefined) reexports.add(name);
}

function takeQuoted(...allowed) {
  return allowed.includes(takeString());
}

/** `if (k === 'default' || ...) return;` or `if (k !== 'default' ...)`. */
function takeKeyFilter(key, variable) {
  if (!takeAll('if', '(', key)) return false;
  if (take('!==')) {
    if (!takeQuoted('default')) return false;
    if (take('&&') && !(take('!') && takeHasOwn(key))) return false;
    return take(')');
  }
  if (!take('===') || !takeQuoted('default') || !takeAll('||', key, '===')) return false;
  if (!takeQuoted('__esModule') || !takeAll(')', 'return')) return false;
  take(';');
  return takeFurtherFilters(key, variable);
}

function takeHasOwn(key) {
  const start = pos;
  if (takeAll('Object', '.')) {
    takeAll('prototype', '.');
    if (takeAll('hasOwnProperty', '.', 'call', '(') && takeIdentifier() !== '' && takeAll(',', key, ')')) return true;
  }
  pos = start;
  return takeIdentifier() !== '' && takeAll('.', 'hasOwnProperty', '(', key, ')');
}

/** `if (Object.prototype.hasOwnProperty.call(_exports, k)) return; if (k in exports && exports[k] === x[k]) return;` */
function takeFurtherFilters(key, variable) {
  for (let start = pos; takeAll('if', '('); start = pos) {
    const isSeen = takeAll(key, 'in') ? takeSameValue(key, variable) : takeHasOwn(key);
    if (!isSeen || !takeAll(')', 'return')) {
      pos = start;
      return false;
    }
    take(';');
  }
  return true;
}

function takeSameValue(key, variable) {
  return takeExports() && take('&&') && takeExports() && takeAll('[', key, ']', '===', variable, '[', key, ']');
}

/** `exports[k] = x[k];` or `Object.defineProperty(exports, k, { enumerable: true, get() { return x[k] } });` */
function takeCopy(key, variable) {
  if (takeExports()) {
    if (!takeAll('[', key, ']', '=', variable, '[', key, ']')) return false;
  } else {
    if (!takeAll('Object', '.', 'defineProperty', '(') || !takeExports()) return false;
    if (!takeAll(',', key, ',', '{', 'enumerable', ':', 'true', ',', 'get')) return false;
    if (!takeFunctionHead() || !takeAll(variable, '[', key, ']') || !takeGetterEnd()) return false;
  }
  take(';');
  return true;
}

/** `var x = require('name')`, seen from the `require` at `start`: keep the variable. */
function keepRequire(start) {
  pos = start;
  const name = takeRequire();
  if (name === undefined) return;
  let i = text.lastSignificant(start - 1);
  if (source.charCodeAt(i) === 40) {
    i = text.lastSignificant(i - 1);
    const callee = text.wordAt(i);
    if (callee !== '_interopRequireWildcard') return;
    i = text.lastSignificant(i - callee.length);
  }
  if (source.charCodeAt(i) !== 61) return;
  const end = text.lastSignificant(i - 1);
  const variable = text.wordAt(end);
  if (variable === '') return;
  const declaration = text.wordAt(text.lastSignificant(end - variable.length));
  if (declaration === 'var' || declaration === 'let' || declaration === 'const') requires.set(variable, name);
}

// ---- The pass ----

/** A statement of ES modules, not `import()`. */
function refuseModuleSyntax(word, start, depth) {
  pos = start + word.length;
  skipSpace();
  const next = source.charCodeAt(pos);
  if (word === 'import') {
    if (next === 40 || next === 58) return;
    const mayBegin = next === 34 || next === 39 || next === 123 || next === 42 || isWordPart(next);
    if (next === 46 || (depth === 0 && mayBegin)) throw new NoScript();
  } else if (depth === 0 && (next === 123 || next === 42 || isWordPart(next))) {
    throw new NoScript();
  }
}

/** What the word at `start` may begin; where the pass goes on. */
function readWord(start, depth) {
  if (start > 0 && isWordPart(source.charCodeAt(start - 1))) return start + 1;
  pos = start;
  const code = source.charCodeAt(start);
  const isProperty = source.charCodeAt(start - 1) === 46 && source.charCodeAt(start - 2) !== 46;
  if (code === 95) { // _
    const isStar = source.startsWith('__export(', start) || source.startsWith('__exportStar(', start);
    if (isStar) {
      pos = source.indexOf('(', start) + 1;
      readReexport();
    }
    return start + 1;
  }
  if (isProperty) return start + 1;
  if (code === 101) { // e
    if (takeWord('exports')) readAssignment(false);
    else if (takeWord('export')) refuseModuleSyntax('export', start, depth);
    return start + 1;
  }
  if (code === 109) { // m
    if (takeAll('module', '.', 'exports')) {
      const end = pos;
      readAssignment(true);
      return end;
    }
  } else if (code === 79) { // O
    if (takeAll('Object', '.', 'defineProperty')) readDefinition();
    else if (takeAll('Object', '.', 'keys')) readStarExport();
  } else if (code === 114) { // r
    if (source.startsWith('require', start)) keepRequire(start);
  } else if (takeWord('import')) { // i
    refuseModuleSyntax('import', start, depth);
  }
  return start + 1;
}

/** '(' of ')', '[' of ']', '{' of '}'. */
const openerOf = (code) => (code === 41 ? 40 : code - 2);

function pass() {
  const opened = []; // places of open brackets; of `${`, their complement
  let i = source.startsWith('#!') ? text.endOfLine(0) : 0;
  while (i < source.length) {
    const code = source.charCodeAt(i);
    if (code >= 128) {
      i++;
      continue;
    }
    switch (kinds[code]) {
      case SKIP:
        i++;
        break;
      case WORD:
        i = source.charCodeAt(i + 2) === thirds[code] ? readWord(i, opened.length) : i + 1;
        break;
      case QUOTE:
        i = text.endOfString(i, code);
        break;
      case BACKTICK:
        i = template(i + 1, opened);
        break;
      case OPEN:
        opened.push(i++);
        break;
      case CLOSE: {
        const start = opened.length === 0 ? NaN : opened.pop();
        if (source.charCodeAt(start < 0 ? ~start : start) !== openerOf(code)) throw new NoScript();
        if (code === 41) text.lastParenthesis = start;
        else if (code === 125) text.lastBrace = start;
        i = start < 0 ? template(i + 1, opened) : i + 1;
        break;
      }
      default:
        i = text.afterSlash(i);
    }
  }
  if (opened.length > 0) throw new NoScript();
}

function template(start, opened) {
  const end = text.endOfTemplate(start);
  if (source.charCodeAt(end - 1) === 123) opened.push(~(end - 1));
  return end;
}

/** @returns {{exports: string[], reexports: string[]}} the names, and what else's names are passed on */
function lex(content) {
  source = content;
  text = new SourceText(content);
  names = new Set();
  reexports = new Set();
  requires = new Map();
  try {
    pass();
  } catch (error) {
    if (!(error instanceof NoScript)) throw error;
    return { exports: [], reexports: [] };
  } finally {
    source = '';
    text = undefined;
  }
  return { exports: [...names], reexports: [...reexports] };
}

module.exports = { lex };
