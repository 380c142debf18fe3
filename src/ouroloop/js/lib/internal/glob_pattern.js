'use strict';

// Glob patterns: what `path.matchesGlob` and `fs.glob` take a text to mean.
//
// Theory of operation. Braces are expanded first, so a pattern is a list of alternatives. Each is split at slashes; a segment becomes
// a string, a regular expression or GLOBSTAR (`**`). Within a segment the text is parsed into nodes, and the expression is
// built from its end to its beginning: `!(x)` must know all that follows it.
//
// What surprises people: a backslash separates, it does not escape; wildcards do not match a leading dot; `a/**` matches what
// is in `a`, not `a` itself.

const GLOBSTAR = Symbol('**');

// Braces

/** All texts that a pattern with `{a,b}` and `{1..3}` stands for. */
function expandBraces(pattern) {
  const braces = findBraces(pattern);
  if (braces === undefined) return [pattern];
  const { start, end, parts } = braces;
  const before = pattern.slice(0, start);
  const after = expandBraces(pattern.slice(end + 1));
  const inside = parts.length > 1 ? parts.flatMap(expandBraces) : range(parts[0]);
  return inside.flatMap((middle) => after.map((rest) => before + middle + rest));
}

/** The first pair of braces that has a comma or a range in it. */
function findBraces(pattern) {
  for (let start = pattern.indexOf('{'); start >= 0; start = pattern.indexOf('{', start + 1)) {
    if (pattern[start - 1] === '$') continue;
    const found = splitBraces(pattern, start);
    if (found !== undefined && (found.parts.length > 1 || range(found.parts[0]) !== undefined)) return found;
  }
  return undefined;
}

function splitBraces(pattern, start) {
  const parts = [];
  let depth = 0;
  let from = start + 1;
  for (let end = start; end < pattern.length; end++) {
    const char = pattern[end];
    if (char === '{') depth++;
    if (char === '}' && --depth === 0) return { start, end, parts: [...parts, pattern.slice(from, end)] };
    if (char === ',' && depth === 1) {
      parts.push(pattern.slice(from, end));
      from = end + 1;
    }
  }
  return undefined;
}

function range(text) {
  const found = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.(-?\d+))?$/.exec(text);
  if (found === null) return undefined;
  const [, from, to, step] = found;
  const areNumbers = /\d/.test(from);
  if (areNumbers !== /\d/.test(to)) return undefined;
  const code = (end) => (areNumbers ? Number(end) : end.charCodeAt(0));
  const width = [from, to].some((end) => /^-?0\d/.test(end)) ? Math.max(from.length, to.length) : 0;
  const by = Math.max(1, Math.abs(Number(step ?? 1)));
  const [first, last] = [code(from), code(to)];
  const values = [];
  const direction = first <= last ? 1 : -1;
  for (let at = first; (last - at) * direction >= 0; at += by * direction) {
    values.push(areNumbers ? padded(at, width) : String.fromCharCode(at));
  }
  return values;
}

const padded = (number, width) => (number < 0 ? `-${String(-number).padStart(width - 1, '0')}` : String(number).padStart(width, '0'));

// A segment

const POSIX_CLASSES = {
  '__proto__': null,
  'alnum': '\\p{L}\\p{Nl}\\p{Nd}', 'alpha': '\\p{L}\\p{Nl}', 'ascii': '\\x00-\\x7f', 'blank': '\\p{Zs}\\t', 'cntrl': '\\p{Cc}',
  'digit': '\\p{Nd}', 'graph': '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}', 'lower': '\\p{Ll}', 'print': '\\P{C}', 'punct': '\\p{P}',
  'space': '\\p{Z}\\t\\r\\n\\v\\f', 'upper': '\\p{Lu}', 'word': '\\p{L}\\p{Nl}\\p{Nd}\\p{Pc}', 'xdigit': 'A-Fa-f0-9',
};
const NO_LEADING_DOT = '(?!^\\.)';
const ANY = '[^/]*?';
const SOME = '[^/]+?';

/** Parses a segment; a node is { text }, { source } or { operator, alternatives }. */
class SegmentParser {
  #text;
  #at = 0;
  isMagic = false;
  needsUnicode = false;

  constructor(text) {
    this.#text = text;
  }

  /** The nodes up to the end, or to one of the characters in `until`. */
  sequence(until = '') {
    const nodes = [];
    while (this.#at < this.#text.length && !until.includes(this.#text[this.#at])) nodes.push(this.#node());
    return nodes;
  }

  #node() {
    const char = this.#text[this.#at];
    const node = this.#extended(char) ?? (char === '[' ? this.#class() : undefined);
    if (node !== undefined) {
      if (node.text === undefined) this.isMagic = true;
      return node;
    }
    this.#at++;
    if (char === '*') {
      while (this.#text[this.#at] === '*' && this.#text[this.#at + 1] !== '(') this.#at++;
      this.isMagic = true;
      return { source: ANY };
    }
    if (char === '?') {
      this.isMagic = true;
      return { source: '[^/]' };
    }
    return { text: char };
  }

  /** `?(a|b)` and its like. */
  #extended(operator) {
    const start = this.#at;
    if (this.#text[start + 1] !== '(' || !'?*+@!'.includes(operator)) return undefined;
    this.#at += 2;
    const alternatives = [this.sequence('|)')];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      alternatives.push(this.sequence('|)'));
    }
    if (this.#at < this.#text.length) {
      this.#at++;
      return { operator, alternatives };
    }
    this.#at = start; // never closed: plain characters
    return undefined;
  }

  /** `[a-z]`; undefined if it is not closed. */
  #class() {
    const text = this.#text;
    let at = this.#at + 1;
    const isNegated = text[at] === '!' || text[at] === '^';
    if (isNegated) at++;
    const first = at;
    let source = '';
    while (at < text.length && (text[at] !== ']' || at === first)) {
      const posix = /^\[:([a-z]+):\]/.exec(text.slice(at));
      if (posix !== null && posix[1] in POSIX_CLASSES) {
        source += POSIX_CLASSES[posix[1]];
        this.needsUnicode = true;
        at += posix[0].length;
        continue;
      }
      const [from, to] = [text[at], text[at + 1] === '-' && text[at + 2] !== ']' ? text[at + 2] : undefined];
      if (to === undefined) source += escapedInClass(from);
      else if (from <= to) source += `${escapedInClass(from)}-${escapedInClass(to)}`;
      at += to === undefined ? 1 : 3;
    }
    if (at >= text.length) return undefined;
    this.#at = at + 1;
    if (!isNegated && at === first + 1) return { text: text[first] };
    if (source === '') return { source: isNegated ? '[^/]' : '(?!)' };
    return { source: isNegated ? `[^/${source}]` : `[${source}]` };
  }
}

const escapedInClass = (char) => ('\\]^-['.includes(char) ? `\\${char}` : char);
const escaped = (char) => ('\\^$.*+?()[]{}|/'.includes(char) ? `\\${char}` : char);

/** The expression of nodes, with `after` behind it; `isFirst` if the nodes begin the segment. */
function sourceOf(nodes, after, isFirst) {
  let source = after;
  for (let index = nodes.length - 1; index >= 0; index--) {
    source = nodeSource(nodes[index], source, isFirst && index === 0) + source;
  }
  return source;
}

function nodeSource(node, after, isFirst) {
  if (node.text !== undefined) return escaped(node.text);
  const guard = isFirst ? NO_LEADING_DOT : '';
  if (node.source !== undefined) return guard + node.source;
  const { operator, alternatives } = node;
  if (operator === '!') {
    const refused = alternatives.map((nodes) => sourceOf(nodes, '', false)).join('|');
    return `(?!(?:${refused})${after === ANY ? SOME : after}$)${guard}${ANY}`;
  }
  const source = alternatives.map((nodes) => sourceOf(nodes, '', isFirst)).join('|');
  return `(?:${source})${operator === '@' ? '' : operator}`;
}

const DOTS = /^\.{1,2}$/;

/** A segment as something to match with: GLOBSTAR, a string, or an object with `test`. */
function compileSegment(text) {
  if (text === '**') return GLOBSTAR;
  if (!/[*?[(]/.test(text)) return text;
  const parser = new SegmentParser(text);
  const nodes = parser.sequence();
  if (!parser.isMagic) return nodes.map((node) => node.text).join('');
  // A star alone, or one letter alone, is something; what is optional can be nothing.
  const source = nodes.length === 1 && nodes[0].source === ANY ? NO_LEADING_DOT + SOME : sourceOf(nodes, '', true);
  const expression = new RegExp(`^${source}$`, parser.needsUnicode ? 'u' : '');
  return { test: (name) => !DOTS.test(name) && expression.test(name) };
}

// Paths

/** Without empty and `.` segments, and without `x/..`; the first segment and an empty last one stay. */
function simplified(segments) {
  const kept = [];
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (index > 0 && (segment === '' || segment === '.')) {
      if (isLast && kept.at(-1) !== '') kept.push('');
      return;
    }
    if (segment === '**' && kept.at(-1) === '**') return;
    const before = kept.at(-1);
    if (segment === '..' && kept.length > 0 && !['', '.', '..', '**'].includes(before)) kept.pop();
    else kept.push(segment);
  });
  if (segments.length > 1 && segments.every((segment) => segment === '')) return ['', ''];
  return kept.length === 0 ? [''] : kept;
}

const splitPath = (path) => simplified(path.split('/'));

/** The alternatives of a pattern, each a list of compiled segments. */
function compile(pattern) {
  return expandBraces(pattern.replaceAll('\\', '/')).map((each) => splitPath(each).map(compileSegment));
}

const matchesSegment = (segment, name) => (typeof segment === 'string' ? segment === name : segment.test(name));

/** Whether the segments from `at` on match the names from `from` on. */
function matchesFrom(segments, at, names, from) {
  for (; at < segments.length; at++, from++) {
    if (segments[at] === GLOBSTAR) return globstarMatches(segments, at, names, from);
    if (from >= names.length || !matchesSegment(segments[at], names[from])) return false;
  }
  return from === names.length || (from > 0 && from === names.length - 1 && names[from] === '');
}

function globstarMatches(segments, at, names, from) {
  if (at === segments.length - 1) return from < names.length && names.slice(from).every((name) => name[0] !== '.');
  for (; from < names.length; from++) {
    if (matchesFrom(segments, at + 1, names, from)) return true;
    if (names[from][0] === '.') return false;
  }
  return false;
}

class Pattern {
  #alternatives;
  #isEmpty;

  constructor(pattern) {
    this.#alternatives = compile(pattern);
    this.#isEmpty = pattern === '';
  }

  /** Whether a path, with slashes, matches. */
  matches(path) {
    if (this.#isEmpty) return path === '';
    const names = splitPath(path);
    return this.#alternatives.some((segments) => matchesFrom(segments, 0, names, 0));
  }
}

let last; // { pattern, compiled }: most programs ask about many paths with one pattern

function matchesGlob(path, pattern, kind = process.platform === 'win32' ? 'win32' : 'posix') {
  const { validateString } = require('internal/validators');
  validateString(path, 'path');
  validateString(pattern, 'pattern');
  if (last?.pattern !== pattern) last = { pattern, compiled: new Pattern(pattern) };
  return last.compiled.matches(kind === 'win32' ? path.replaceAll('\\', '/') : path);
}

module.exports = { GLOBSTAR, Pattern, compile, matchesGlob, matchesSegment };
