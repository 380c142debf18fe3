'use strict';

// Pattern strings of URLPattern (https://urlpattern.spec.whatwg.org/): `:name`, `(regexp)`, `*`, `{...}`, each with
// `?`, `*` or `+`.
//
// Theory of operation. A string becomes tokens, the tokens become parts (fixed text, or something to match with a
// name), and the parts become a regular expression, or a string again: the pattern's normal form.
//
// What surprises people: a `:name` takes with it the separator before it (`/` in paths), so that `/a/:b?` matches `/a`.

// ---- Tokens ----

const IS_NAME_START = /^[\p{ID_Start}$_]$/u;
const IS_NAME_PART = /^[\p{ID_Continue}$\u200c\u200d]$/u;

const isNameCharacter = (character, isFirst) => (isFirst ? IS_NAME_START : IS_NAME_PART).test(character);
const isASCII = (character) => character.codePointAt(0) < 128;

const SINGLE = { '*': 'asterisk', '+': 'modifier', '?': 'modifier', '{': 'open', '}': 'close' };

class Tokenizer {
  constructor(input, isLenient) {
    this.input = input;
    this.isLenient = isLenient;
    this.tokens = [];
    this.index = 0; // of the token
  }

  #characterAt(index) {
    return String.fromCodePoint(this.input.codePointAt(index));
  }

  #add(type, next, start, end = next) {
    this.tokens.push({ type, index: this.index, value: this.input.slice(start, end) });
    this.index = next;
  }

  #invalid(next, start) {
    if (!this.isLenient) throw new TypeError('Invalid pattern');
    this.#add('invalid-char', next, start);
  }

  run() {
    while (this.index < this.input.length) this.#next();
    this.#add('end', this.index, this.index);
    return this.tokens;
  }

  #next() {
    const { index } = this;
    const character = this.#characterAt(index);
    const after = index + character.length;
    if (character in SINGLE) this.#add(SINGLE[character], after, index);
    else if (character === '\\') this.#escaped(after);
    else if (character === ':') this.#name(after);
    else if (character === '(') this.#regexp(after);
    else this.#add('char', after, index);
  }

  #escaped(start) {
    if (start === this.input.length) {
      this.#invalid(start, this.index);
      return;
    }
    this.#add('escaped-char', start + this.#characterAt(start).length, start);
  }

  #name(start) {
    let end = start;
    while (end < this.input.length) {
      const character = this.#characterAt(end);
      if (!isNameCharacter(character, end === start)) break;
      end += character.length;
    }
    if (end === start) this.#invalid(start, this.index);
    else this.#add('name', end, start);
  }

  #regexp(start) {
    const end = this.#endOfRegExp(start);
    if (end === -1 || end === start) this.#invalid(start, this.index);
    else this.#add('regexp', end + 1, start, end);
  }

  /** Where the closing parenthesis is; -1 if this is no expression as they are allowed. */
  #endOfRegExp(start) {
    const { input } = this;
    if (input[start] === '?') return -1;
    let depth = 1;
    for (let i = start; i < input.length; i++) {
      if (!isASCII(input[i])) return -1;
      if (input[i] === '\\') {
        i++;
        if (i >= input.length || !isASCII(input[i])) return -1;
      } else if (input[i] === ')') {
        if (--depth === 0) return i;
      } else if (input[i] === '(') {
        depth++;
        if (input[i + 1] !== '?') return -1; // it would capture
      }
    }
    return -1;
  }
}

function tokenize(input, isLenient) {
  return new Tokenizer(input, isLenient).run();
}

// ---- Parts ----

const escapeRegExp = (text) => text.replace(/[.+*?^${}()[\]|/\\]/g, '\\$&');
const escapePattern = (text) => text.replace(/[+*?:{}()\\]/g, '\\$&');

/** What holds for all patterns of a component: the characters that separate and that come before a name. */
class Options {
  constructor(delimiter = '', prefix = '', ignoreCase = false) {
    this.prefix = prefix;
    this.ignoreCase = ignoreCase;
    this.segment = `[^${escapeRegExp(delimiter)}]+?`;
  }
}

class Part {
  constructor(type, value, modifier, name = '', prefix = '', suffix = '') {
    this.type = type; // 'fixed', 'regexp', 'segment' or 'wildcard'
    this.value = value;
    this.modifier = modifier; // '', '?', '*' or '+'
    this.name = name;
    this.prefix = prefix;
    this.suffix = suffix;
  }

  get hasCustomName() {
    return this.name !== '' && !/^\d/.test(this.name);
  }
}

class PatternParser {
  constructor(input, options, encode) {
    this.tokens = tokenize(input, false);
    this.options = options;
    this.encode = encode;
    this.index = 0;
    this.parts = [];
    this.pending = ''; // fixed text that may go on
    this.nextNumber = 0;
  }

  #take(type) {
    return this.tokens[this.index].type === type ? this.tokens[this.index++] : undefined;
  }

  #require(type) {
    const token = this.#take(type);
    if (token === undefined) throw new TypeError('Invalid pattern');
    return token;
  }

  #takeMatcher(name) {
    return this.#take('regexp') ?? (name === undefined ? this.#take('asterisk') : undefined);
  }

  #takeModifier() {
    return (this.#take('modifier') ?? this.#take('asterisk'))?.value ?? '';
  }

  #takeText() {
    let text = '';
    for (let token; (token = this.#take('char') ?? this.#take('escaped-char')) !== undefined;) text += token.value;
    return text;
  }

  run() {
    while (this.index < this.tokens.length) this.#next();
    return this.parts;
  }

  #next() {
    const character = this.#take('char');
    const name = this.#take('name');
    const matcher = this.#takeMatcher(name);
    if (name !== undefined || matcher !== undefined) {
      let prefix = character?.value ?? '';
      if (prefix !== this.options.prefix) {
        this.pending += prefix;
        prefix = '';
      }
      this.#flush();
      this.#addPart(prefix, name, matcher, '', this.#takeModifier());
      return;
    }
    const fixed = character ?? this.#take('escaped-char');
    if (fixed !== undefined) {
      this.pending += fixed.value;
    } else if (this.#take('open') !== undefined) {
      this.#group();
    } else {
      this.#flush();
      this.#require('end');
    }
  }

  #group() {
    const prefix = this.#takeText();
    const name = this.#take('name');
    const matcher = this.#takeMatcher(name);
    const suffix = this.#takeText();
    this.#require('close');
    this.#addPart(prefix, name, matcher, suffix, this.#takeModifier());
  }

  #flush() {
    if (this.pending === '') return;
    this.parts.push(new Part('fixed', this.encode(this.pending), ''));
    this.pending = '';
  }

  #addPart(prefix, name, matcher, suffix, modifier) {
    const isFixed = name === undefined && matcher === undefined;
    if (isFixed && modifier === '') {
      this.pending += prefix;
      return;
    }
    this.#flush();
    if (isFixed) {
      if (prefix !== '') this.parts.push(new Part('fixed', this.encode(prefix), modifier));
      return;
    }
    const [type, value] = this.#kindOf(matcher);
    const partName = name?.value ?? `${this.nextNumber++}`;
    if (this.parts.some((part) => part.name === partName)) throw new TypeError('Duplicate name in a pattern');
    this.parts.push(new Part(type, value, modifier, partName, this.encode(prefix), this.encode(suffix)));
  }

  #kindOf(matcher) {
    if (matcher === undefined || matcher.value === this.options.segment) return ['segment', ''];
    if (matcher.type === 'asterisk' || matcher.value === '.*') return ['wildcard', ''];
    return ['regexp', matcher.value];
  }
}

function parsePattern(input, options, encode) {
  return new PatternParser(input, options, encode).run();
}

// ---- Regular expressions ----

function partSource(part, options) {
  const { type, value, modifier } = part;
  if (type === 'fixed') return modifier === '' ? escapeRegExp(value) : `(?:${escapeRegExp(value)})${modifier}`;
  const matcher = { segment: options.segment, wildcard: '.*', regexp: value }[type];
  const prefix = escapeRegExp(part.prefix);
  const suffix = escapeRegExp(part.suffix);
  const isRepeated = modifier === '*' || modifier === '+';
  if (prefix === '' && suffix === '') return isRepeated ? `((?:${matcher})${modifier})` : `(${matcher})${modifier}`;
  if (!isRepeated) return `(?:${prefix}(${matcher})${suffix})${modifier}`;
  const repeated = `(?:${prefix}((?:${matcher})(?:${suffix}${prefix}(?:${matcher}))*)${suffix})`;
  return modifier === '*' ? `${repeated}?` : repeated;
}

// ---- The normal form ----

function needsGroup(part, previous, next, options) {
  if (part.suffix !== '' || (part.prefix !== '' && part.prefix !== options.prefix)) return true;
  const couldRunOn = part.hasCustomName && part.type === 'segment' && part.modifier === '' && next !== undefined &&
    next.prefix === '' && next.suffix === '';
  if (couldRunOn) {
    const isRunOn = next.type === 'fixed' ?
      isNameCharacter(String.fromCodePoint(next.value.codePointAt(0) ?? 0), false) : /^\d/.test(next.name);
    if (isRunOn) return true;
  }
  if (part.prefix !== '' || previous?.type !== 'fixed' || options.prefix === '') return false;
  return previous.value.endsWith(options.prefix);
}

function matcherString(part, previous, isGrouped, options) {
  if (part.type === 'regexp') return `(${part.value})`;
  if (part.type === 'segment') return part.hasCustomName ? '' : `(${options.segment})`;
  if (part.hasCustomName) return '(.*)';
  const standsAlone = isGrouped || part.prefix !== '' || previous === undefined || previous.type === 'fixed';
  return standsAlone || previous.modifier !== '' ? '*' : '(.*)';
}

function partString(part, previous, next, options) {
  if (part.type === 'fixed') {
    const text = escapePattern(part.value);
    return part.modifier === '' ? text : `{${text}}${part.modifier}`;
  }
  const isGrouped = needsGroup(part, previous, next, options);
  let text = escapePattern(part.prefix);
  if (part.hasCustomName) text += `:${part.name}`;
  text += matcherString(part, previous, isGrouped, options);
  const wouldRunOn = part.type === 'segment' && part.hasCustomName && part.suffix !== '' &&
    isNameCharacter(String.fromCodePoint(part.suffix.codePointAt(0)), false);
  if (wouldRunOn) text += '\\';
  text += escapePattern(part.suffix);
  return (isGrouped ? `{${text}}` : text) + part.modifier;
}

/** A compiled pattern: for one component of URLs. */
class Component {
  constructor(pattern, encode, options) {
    const parts = parsePattern(pattern, options, encode);
    this.pattern = parts.map((part, i) => partString(part, parts[i - 1], parts[i + 1], options)).join('');
    this.names = parts.filter((part) => part.type !== 'fixed').map((part) => part.name);
    this.hasRegExpGroups = parts.some((part) => part.type === 'regexp');
    const source = parts.map((part) => partSource(part, options)).join('');
    this.regexp = new RegExp(`^${source}$`, options.ignoreCase ? 'vi' : 'v');
  }

  /** `{ input, groups }`, or null. */
  exec(input) {
    const match = this.regexp.exec(input);
    if (match === null) return null;
    const groups = {};
    for (const [i, name] of this.names.entries()) groups[name] = match[i + 1];
    return { groups, input };
  }

  matches(input) {
    return this.regexp.test(input);
  }
}

module.exports = { Component, Options, escapePattern, tokenize };
