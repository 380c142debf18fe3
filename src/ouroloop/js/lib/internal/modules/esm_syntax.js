'use strict';

// Is this text an ES module? Does it wait at its top level?
//
// Theory of operation. Whether a source is a module is asked of V8: it is one if it does not compile as CommonJS
// because of `import`, `export` or `import.meta`, or for what a module may do and CommonJS may not (`await` at the
// top level, a variable of its own named `require`), and does compile without that bar. Whether a module waits is
// found in its text, as V8 does not tell.
//
// What surprises people: `await` in a function is nothing special; in an arrow function without braces it takes some
// care to see where that function ends. Methods, fields and exports may be called `await`.

const { SourceText, isDigit, isSpace, isWordPart } = require('internal/modules/source_text');

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

const ONLY_IN_MODULES = new Set([
  'Cannot use import statement outside a module', "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
]);
const NOT_IN_COMMONJS = new Set([
  'await is only valid in async functions and the top level bodies of modules', 'Unexpected reserved word',
  'missing ) after argument list', ...PARAMETERS.map((name) => `Identifier '${name}' has already been declared`),
]);

const AsyncFunction = (async () => {}).constructor;

/** What V8 says against `source` as the body of a function; undefined for nothing. */
function problemOf(source, Kind, parameters) {
  try {
    Reflect.construct(Kind, [...parameters, source]);
  } catch (error) {
    return error.message;
  }
  return undefined;
}

/** In the middle of an expression `await` is a name, and what follows it is unexpected. */
function mayBeForAwait(problem, source) {
  return /^Unexpected (?:identifier|number|string|token|template string)/.test(problem) && /\bawait\b/.test(source);
}

/** Whether `source`, of which nothing is known, is an ES module rather than CommonJS. */
function containsModuleSyntax(source) {
  if (source.startsWith('#!')) source = `//${source}`;
  const problem = problemOf(source, Function, PARAMETERS);
  if (problem === undefined) return false;
  if (ONLY_IN_MODULES.has(problem)) return true;
  if (!NOT_IN_COMMONJS.has(problem) && !mayBeForAwait(problem, source)) return false;
  const problemIfAsync = problemOf(source, AsyncFunction, []);
  return problemIfAsync === undefined || ONLY_IN_MODULES.has(problemIfAsync);
}

// ---- Top-level await ----

const CONDITIONS = new Set(['if', 'for', 'while', 'switch', 'catch', 'with']);
const GO_ON = new Set(['in', 'instanceof', 'of', 'as', 'from']);
const NEEDS_MORE = new Set([
  'await', 'case', 'delete', 'do', 'else', 'extends', 'in', 'instanceof', 'new', 'of', 'return', 'throw', 'typeof',
  'void', 'yield',
]);
const BEFORE_A_NAME = new Set(['as', 'async', 'get', 'set', 'static']);
const NO_OPERAND = new Set([...'),:;=]}'].map((character) => character.charCodeAt(0)));

/** A walk through a module, for each `await` that is in no function. */
class Walk {
  constructor(source) {
    this.source = source;
    this.text = new SourceText(source);
    this.opened = []; // places of brackets, of `${` their complement
    this.functions = []; // how many brackets were open when each function's body began
    this.arrows = []; // the same, for bodies without braces
    this.classHeads = []; // the same, at each `class` whose body is yet to come
    this.classBodies = []; // the same, for those that have begun
    this.isAfterValue = false; // what came last could end an expression
    this.lastWord = '';
    this.candidates = []; // { place, depth }; with a depth it may yet turn out to be a method's name
  }

  /** The places of those. */
  *awaits() {
    const { source, text, candidates } = this;
    let i = source.startsWith('#!') ? text.endOfLine(0) : 0;
    while (i < source.length) {
      const code = source.charCodeAt(i);
      if (isSpace(code)) {
        i++;
      } else if (isWordPart(code)) {
        const end = this.#endOfWord(i);
        if (!isDigit(code)) this.#word(source.slice(i, end), i, end);
        this.isAfterValue = isDigit(code) || this.isAfterValue;
        i = end;
      } else {
        i = this.#punctuator(code, i);
      }
      while (candidates.length > 0 && candidates[0].depth === undefined) yield candidates.shift().place;
    }
  }

  #endOfWord(i) {
    while (i < this.source.length && isWordPart(this.source.charCodeAt(i))) i++;
    return i;
  }

  #nextSignificant(i) {
    while (isSpace(this.source.charCodeAt(i))) i++;
    return this.source.charCodeAt(i);
  }

  #word(word, start, end) {
    const isProperty = this.source.charCodeAt(start - 1) === 46 && this.source.charCodeAt(start - 2) !== 46;
    if (isProperty) {
      this.isAfterValue = true;
      return;
    }
    const { lastWord } = this;
    this.lastWord = word;
    // A value right after a value: a new statement has begun.
    if (this.isAfterValue && !GO_ON.has(word)) this.#endArrows();
    this.isAfterValue = !NEEDS_MORE.has(word);
    if (word === 'class' && this.#isClassHead(end)) this.classHeads.push(this.opened.length);
    if (word === 'await') this.#candidate(start, end, lastWord);
  }

  #isClassHead(end) {
    const next = this.#nextSignificant(end);
    return next === 123 || isWordPart(next);
  }

  #candidate(place, end, lastWord) {
    if (this.functions.length > 0 || this.arrows.length > 0) return;
    if (this.opened.length > 0 && this.classBodies.at(-1) === this.opened.length - 1) return; // a member's name
    const next = this.#nextSignificant(end);
    if (NO_OPERAND.has(next)) return;
    const isName = BEFORE_A_NAME.has(lastWord) && this.#isOnTheLineBefore(lastWord, place);
    if (isName || /^\s+as\s+\w/.test(this.source.slice(end, end + 40))) return;
    const mayBeMethod = next === 40 && lastWord !== 'for';
    this.candidates.push({ place, depth: mayBeMethod ? this.opened.length : undefined });
  }

  #isOnTheLineBefore(word, place) {
    return this.source.slice(0, place).trimEnd().endsWith(word) && !/\n\s*$/.test(this.source.slice(0, place));
  }

  /** The brackets that the last candidate was followed by are closed: what comes after tells whether it is a method. */
  #decide(end) {
    const at = this.candidates.findLastIndex(({ depth }) => depth === this.opened.length);
    if (at === -1) return;
    if (/^[^\S\n]*\{/.test(this.source.slice(end, end + 40))) this.candidates.splice(at, 1);
    else this.candidates[at].depth = undefined;
  }

  #endArrows() {
    while (this.arrows.length > 0 && this.arrows[this.arrows.length - 1] >= this.opened.length) this.arrows.pop();
  }

  #punctuator(code, i) {
    const { source, text } = this;
    switch (code) {
      case 34: case 39: // quotes
        this.isAfterValue = true;
        return text.endOfString(i, code);
      case 96: // `
        return this.#template(i + 1);
      case 47: { // slash
        const end = text.afterSlash(i);
        const next = source.charCodeAt(i + 1);
        if (next !== 47 && next !== 42) this.isAfterValue = end > i + 1;
        return end;
      }
      case 40: case 91: case 123: // ( [ {
        if (code === 123) this.#openBrace(i);
        this.opened.push(i);
        this.isAfterValue = false;
        return i + 1;
      case 41: case 93: case 125: // ) ] }
        return this.#close(code, i);
      case 44: case 59: // , ;
        this.#endArrows();
        break;
      case 61: // =
        if (source.charCodeAt(i + 1) === 62 && this.#nextSignificant(i + 2) !== 123) {
          this.arrows.push(this.opened.length);
        }
        break;
    }
    this.isAfterValue = false;
    return i + 1;
  }

  #openBrace(i) {
    const depth = this.opened.length;
    if (this.classHeads.at(-1) === depth) this.classBodies.push(this.classHeads.pop());
    else if (this.#isFunctionBody(i)) this.functions.push(depth);
  }

  #close(code, i) {
    const { text, functions } = this;
    this.#endArrows();
    const start = this.opened.pop();
    if (start < 0) return this.#template(i + 1);
    if (code === 41) text.lastParenthesis = start;
    if (code === 125) text.lastBrace = start;
    if (functions[functions.length - 1] === this.opened.length) functions.pop();
    if (this.classBodies.at(-1) === this.opened.length) this.classBodies.pop();
    if (code === 41) this.#decide(i + 1);
    this.isAfterValue = true;
    return i + 1;
  }

  #template(start) {
    const end = this.text.endOfTemplate(start);
    const isOpen = this.source.charCodeAt(end - 1) === 123;
    if (isOpen) this.opened.push(~(end - 1));
    this.isAfterValue = !isOpen;
    return end;
  }

  #isFunctionBody(brace) {
    const { source, text } = this;
    const before = text.lastSignificant(brace - 1);
    const code = source.charCodeAt(before);
    if (code === 62) return source.charCodeAt(before - 1) === 61;
    if (code !== 41) return false;
    const word = text.wordAt(text.lastSignificant(text.lastParenthesis - 1));
    return !CONDITIONS.has(word) && word !== 'await'; // for await (...)
  }
}

/** Whether `source`, which is an ES module, has an `await` outside functions. */
function hasTopLevelAwait(source) {
  return /\bawait\b/.test(source) && !new Walk(source).awaits().next().done;
}

/** Where in `source`, which is an ES module, there is an `await` outside functions. */
function topLevelAwaits(source) {
  return [...new Walk(source).awaits()];
}

module.exports = { containsModuleSyntax, hasTopLevelAwait, topLevelAwaits };
