'use strict';

// JavaScript as text: how to get past its strings, comments, templates and regular expressions, without a parser.
//
// What surprises people: whether a slash divides or begins a regular expression depends on what is before it, a word,
// a closed parenthesis (of an `if` or of a call?) or a closed brace (of a block or of an object?). So whoever walks
// through the text keeps the places where the last parenthesis and the last brace that were closed had been opened.

const isPart = new Uint8Array(128); // of an identifier
for (let code = 0; code < 128; code++) isPart[code] = Number(/[\w$]/.test(String.fromCharCode(code)));
const isWordPart = (code) => code >= 128 || isPart[code] === 1;

const isSpace = (code) => code === 32 || (code < 14 && code > 8) || code === 160 || code === 0xFEFF ||
  code === 0x2028 || code === 0x2029;

const isDigit = (code) => code >= 48 && code <= 57;

const BEFORE_REGEXP = new Set([
  'await', 'case', 'debugger', 'delete', 'do', 'else', 'in', 'instanceof', 'new', 'return', 'throw', 'typeof', 'void',
  'yield',
]);
const BEFORE_CONDITION = new Set(['if', 'while', 'for', 'with']);
const BEFORE_BLOCK = new Set(['catch', 'finally', 'else', 'do', 'try']);

/** The text is no script. */
class NoScript extends Error {}

class SourceText {
  #commentStarts = [];
  #commentEnds = [];

  constructor(source) {
    this.source = source;
    this.hasReturns = source.includes('\r'); // CR, which ends a line too
    this.lastParenthesis = 0;
    this.lastBrace = 0;
  }

  endOfLine(start) {
    const { source } = this;
    if (!this.hasReturns) {
      const end = source.indexOf('\n', start);
      return end === -1 ? source.length : end;
    }
    for (let i = start; i < source.length; i++) {
      const code = source.charCodeAt(i);
      if (code === 10 || code === 13) return i;
    }
    return source.length;
  }

  endOfBlockComment(start) {
    const end = this.source.indexOf('*/', start + 2);
    if (end === -1) throw new NoScript();
    return end + 2;
  }

  endOfString(start, quote) {
    const { source } = this;
    for (let i = start + 1; i < source.length; i++) {
      const code = source.charCodeAt(i);
      if (code === quote) return i + 1;
      if (code === 92) {
        i++;
        if (source.charCodeAt(i) === 13 && source.charCodeAt(i + 1) === 10) i++;
      } else if (code === 10 || code === 13) {
        break;
      }
    }
    throw new NoScript();
  }

  endOfRegExp(start) {
    const { source } = this;
    let isInClass = false;
    for (let i = start + 1; i < source.length; i++) {
      const code = source.charCodeAt(i);
      if (code === 92) i++;
      else if (code === 10 || code === 13) break;
      else if (code === 91) isInClass = true;
      else if (code === 93) isInClass = false;
      else if (code === 47 && !isInClass) return i + 1;
    }
    throw new NoScript();
  }

  /** Where a template, or its part up to `${`, ends. */
  endOfTemplate(start) {
    const { source } = this;
    for (let i = start; i < source.length; i++) {
      const code = source.charCodeAt(i);
      if (code === 96) return i + 1;
      if (code === 92) i++;
      else if (code === 36 && source.charCodeAt(i + 1) === 123) return i + 2;
    }
    throw new NoScript();
  }

  /** The last place at or before `i` that is neither space nor comment; -1 at the beginning. */
  lastSignificant(i) {
    const { source } = this;
    const starts = this.#commentStarts;
    const ends = this.#commentEnds;
    let comment = ends.length - 1;
    while (comment >= 0 && ends[comment] > i + 1) comment--;
    for (; i >= 0; i--) {
      if (comment >= 0 && ends[comment] === i + 1) i = starts[comment--];
      else if (!isSpace(source.charCodeAt(i))) return i;
    }
    return -1;
  }

  /** The word that ends at `end`, '' if what is there is no word or is a property. */
  wordAt(end) {
    const { source } = this;
    let start = end + 1;
    while (start > 0 && isWordPart(source.charCodeAt(start - 1))) start--;
    const isProperty = source.charCodeAt(start - 1) === 46 && source.charCodeAt(start - 2) !== 46;
    return isProperty ? '' : source.slice(start, end + 1);
  }

  /** Where what begins with the slash at `i` ends. */
  afterSlash(i) {
    const next = this.source.charCodeAt(i + 1);
    if (next === 47 || next === 42) {
      const end = next === 47 ? this.endOfLine(i) : this.endOfBlockComment(i);
      this.#commentStarts.push(i);
      this.#commentEnds.push(end);
      return end;
    }
    return this.#isRegExpAt(i) ? this.endOfRegExp(i) : i + 1;
  }

  /** Whether a '/' at `i` begins a regular expression. */
  #isRegExpAt(i) {
    const { source } = this;
    const before = this.lastSignificant(i - 1);
    if (before === -1) return true;
    const code = source.charCodeAt(before);
    switch (code) {
      case 41: // )
        return BEFORE_CONDITION.has(this.wordAt(this.lastSignificant(this.lastParenthesis - 1)));
      case 125: // }
        return this.#isBlockAt(this.lastBrace);
      case 93: case 34: case 39: case 96: // ] and ends of strings
        return false;
      case 43: case 45: // ++ and --
        return source.charCodeAt(before - 1) !== code;
      case 46: // a number may end with a dot
        return !isDigit(source.charCodeAt(before - 1));
      default:
        return isWordPart(code) ? BEFORE_REGEXP.has(this.wordAt(before)) : true;
    }
  }

  /** Whether the brace at `start` begins a block, and no object. */
  #isBlockAt(start) {
    const { source } = this;
    const before = this.lastSignificant(start - 1);
    if (before === -1) return true;
    switch (source.charCodeAt(before)) {
      case 41: case 59: case 123: case 125: // ) ; { }
        return true;
      case 62: // =>
        return source.charCodeAt(before - 1) === 61;
      default:
        return BEFORE_BLOCK.has(this.wordAt(before));
    }
  }
}

module.exports = { NoScript, SourceText, isDigit, isSpace, isWordPart };
