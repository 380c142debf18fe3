'use strict';

// Glob patterns: `*`, `?`, `[a-z]`, `{a,b}`, `{1..3}`, `**`, and `!(a|b)` with its like `?()`, `*()`, `+()`, `@()`.
//
// Theory of operation. Braces are expanded first; each of the patterns that result is cut at its slashes. A part is
// then a string (no magic), a regular expression, or GLOBSTAR (`**`), which stands for any number of folders. A path
// matches if its segments fit the parts of one of the patterns. `compile` gives that list of lists to those who walk
// through folders.
//
// What surprises people: `\` in a pattern is a separator on every platform, not an escape; `*` and `**` pass over
// names that begin with a dot; a path may have one trailing slash more than the pattern. The rules are those of the
// package minimatch.

const { validateString } = require('internal/validators');

const GLOBSTAR = Symbol('globstar **');
const LONGEST_PATTERN = 64 * 1024;

const STAR = '[^/]*?';
const STAR_NOT_EMPTY = '[^/]+?';
const ANY = '[^/]';
const NO_DOT = '(?!\\.)';
const NO_TRAVERSAL = '(?!(?:^|/)\\.{1,2}(?:$|/))';

// ---- Braces ----

/** Where the bracket that opens at `start` closes; -1 if it does not. */
function closingBrace(text, start) {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  return -1;
}

/** The first balanced `{...}`: its place and end; null if there is none. */
function firstBraces(text) {
  for (let start = text.indexOf('{'); start !== -1; start = text.indexOf('{', start + 1)) {
    const end = closingBrace(text, start);
    if (end !== -1) return { start, end };
  }
  return null;
}

/** `text` at its commas that are in no inner braces. */
function splitAtCommas(text) {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    const end = text[i] === '{' ? closingBrace(text, i) : -1;
    if (end !== -1) {
      parts[parts.length - 1] += text.slice(i, end + 1);
      i = end;
    } else if (text[i] === ',') {
      parts.push('');
    } else {
      parts[parts.length - 1] += text[i];
    }
  }
  return parts;
}

const NUMBERS = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/;
const LETTERS = /^([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d+))?$/;
const isPadded = (text) => /^-?0\d/.test(text);

/** The members of `1..5`, `a..e..2` and the like. */
function sequence([, first, last, step], isNumeric) {
  const toCode = (text) => (isNumeric ? Number(text) : text.charCodeAt(0));
  const from = toCode(first);
  const to = toCode(last);
  const by = Math.max(Math.abs(Number(step ?? 1)), 1) * (to < from ? -1 : 1);
  const width = isNumeric && (isPadded(first) || isPadded(last)) ? Math.max(first.length, last.length) : 0;
  const members = [];
  for (let code = from; by < 0 ? code >= to : code <= to; code += by) {
    members.push(isNumeric ? padded(code, width) : String.fromCharCode(code).replace('\\', ''));
  }
  return members;
}

function padded(number, width) {
  const digits = `${Math.abs(number)}`;
  return number < 0 ? `-${digits.padStart(width - 1, '0')}` : digits.padStart(width, '0');
}

// Stands for a brace that is only a character.
const LITERAL_OPEN = '\0open\0';
const LITERAL_CLOSE = '\0close\0';

function expand(text) {
  const braces = firstBraces(text);
  if (braces === null) return [text];
  const before = text.slice(0, braces.start);
  const body = text.slice(braces.start + 1, braces.end);
  const after = text.slice(braces.end + 1);
  if (before.endsWith('$')) return expand(after).map((end) => `${before}{${body}}${end}`);

  const numbers = NUMBERS.exec(body);
  const letters = numbers === null ? LETTERS.exec(body) : null;
  const isSequence = numbers !== null || letters !== null;
  if (!isSequence && !body.includes(',')) {
    // {a},b} is {a},b with an odd brace in it.
    if (/,(?!,).*\}/.test(after)) return expand(`${before}{${body}${LITERAL_CLOSE}${after}`);
    return [text];
  }
  const ends = after === '' ? [''] : expand(after);
  const choices = isSequence ? sequence(numbers ?? letters, numbers !== null) : alternatives(body);
  return choices.flatMap((choice) => ends.map((end) => before + choice + end));
}

function alternatives(body) {
  return splitAtCommas(body).flatMap(expand);
}

function expandBraces(pattern) {
  if (!/\{[^{]*\}/.test(pattern)) return [pattern];
  const text = pattern.startsWith('{}') ? `${LITERAL_OPEN}${LITERAL_CLOSE}${pattern.slice(2)}` : pattern;
  return expand(text).map((each) => each.replaceAll(LITERAL_OPEN, '{').replaceAll(LITERAL_CLOSE, '}'));
}

// ---- Classes ----

const POSIX_CLASSES = {
  alnum: ['\\p{L}\\p{Nl}\\p{Nd}', false], alpha: ['\\p{L}\\p{Nl}', false], ascii: ['\\x00-\\x7f', false],
  blank: ['\\p{Zs}\\t', false], cntrl: ['\\p{Cc}', false], digit: ['\\p{Nd}', false], graph: ['\\p{Z}\\p{C}', true],
  lower: ['\\p{Ll}', false], print: ['\\p{C}', true], punct: ['\\p{P}', false], space: ['\\p{Z}\\t\\r\\n\\v\\f', false],
  upper: ['\\p{Lu}', false], word: ['\\p{L}\\p{Nl}\\p{Nd}\\p{Pc}', false], xdigit: ['A-Fa-f0-9', false],
};

const escapeInClass = (text) => text.replace(/[[\]\\\-^]/g, '\\$&');
const escapeRegExp = (text) => text.replace(/[\^$.*+?()[\]{}|/]/g, '\\$&');

/** The class that begins with the `[` at `start`: its source, end and whether it is magic; null if it is none. */
function parseClass(glob, start) {
  const ranges = [];
  const excluded = [];
  let isNegated = false;
  let rangeStart = '';
  let i = start + 1;
  if (glob[i] === '!' || glob[i] === '^') {
    isNegated = true;
    i++;
  }
  const first = i;
  for (; i < glob.length; i++) {
    const character = glob[i];
    if (character === ']' && i > first) return finishClass(ranges, excluded, isNegated, i + 1);
    const posix = rangeStart === '' ? /^\[:(\w+):\]/.exec(glob.slice(i, i + 12)) : null;
    if (posix !== null && posix[1] in POSIX_CLASSES) {
      const [source, isExcluded] = POSIX_CLASSES[posix[1]];
      (isExcluded ? excluded : ranges).push(source);
      i += posix[0].length - 1;
      continue;
    }
    if (rangeStart !== '') {
      if (character > rangeStart) ranges.push(`${escapeInClass(rangeStart)}-${escapeInClass(character)}`);
      else if (character === rangeStart) ranges.push(escapeInClass(character));
      rangeStart = '';
    } else if (glob.startsWith('-]', i + 1)) {
      ranges.push(escapeInClass(`${character}-`));
      i++;
    } else if (glob[i + 1] === '-') {
      rangeStart = character;
      i++;
    } else {
      ranges.push(escapeInClass(character));
    }
  }
  return null;
}

function finishClass(ranges, excluded, isNegated, end) {
  if (ranges.length === 0 && excluded.length === 0) return { source: '$.', end, isMagic: true };
  if (excluded.length === 0 && ranges.length === 1 && /^\\?.$/.test(ranges[0]) && !isNegated) {
    return { literal: ranges[0].at(-1), end, isMagic: false };
  }
  const included = `[${isNegated ? '^' : ''}${ranges.join('')}]`;
  const others = `[${isNegated ? '' : '^'}${excluded.join('')}]`;
  let source = ranges.length > 0 ? included : others;
  if (ranges.length > 0 && excluded.length > 0) source = `(?:${included}|${others})`;
  return { source, end, isMagic: true };
}

// ---- Parts ----

/** `type(a|b)`. */
class Group {
  constructor(type) {
    this.type = type;
    this.choices = [];
  }
}

/** Where the group whose parenthesis opens at `start` closes; -1 if it does not. */
function endOfGroup(glob, start) {
  let depth = 0;
  for (let i = start; i < glob.length; i++) {
    const skipped = glob[i] === '[' ? parseClass(glob, i) : null;
    if (skipped !== null) i = skipped.end - 1;
    else if (glob[i] === '(' && /[!?*+@]/.test(glob[i - 1])) depth++;
    else if (glob[i] === ')' && --depth === 0) return i;
  }
  return -1;
}

/** A part without slashes as a list of texts and groups. */
function parseSequence(glob) {
  const sequence = [];
  let text = '';
  for (let i = 0; i < glob.length; i++) {
    if (glob[i] === '[') {
      // In a class, even one that does not end, no group begins.
      const end = parseClass(glob, i)?.end ?? glob.length;
      text += glob.slice(i, end);
      i = end - 1;
      continue;
    }
    const end = /[!?*+@]/.test(glob[i]) && glob[i + 1] === '(' ? endOfGroup(glob, i + 1) : -1;
    if (end === -1) {
      text += glob[i];
      continue;
    }
    if (text !== '') sequence.push(text);
    text = '';
    const group = new Group(glob[i]);
    group.choices = splitChoices(glob.slice(i + 2, end)).map(parseSequence);
    sequence.push(group);
    i = end;
  }
  if (text !== '') sequence.push(text);
  return sequence;
}

function splitChoices(body) {
  const choices = [''];
  for (let i = 0; i < body.length; i++) {
    const skipped = body[i] === '[' ? parseClass(body, i) : null;
    const isGroup = /[!?*+@]/.test(body[i]) && body[i + 1] === '(';
    const end = skipped !== null ? skipped.end - 1 : isGroup ? endOfGroup(body, i + 1) : -1;
    if (end !== -1) {
      choices[choices.length - 1] += body.slice(i, end + 1);
      i = end;
    } else if (body[i] === '|') {
      choices.push('');
    } else {
      choices[choices.length - 1] += body[i];
    }
  }
  return choices;
}

/** The source for a text; where there are no groups, a star that stands alone is not empty. */
function textSource(glob, isWhole) {
  if (isWhole && /^\*+$/.test(glob)) return STAR_NOT_EMPTY;
  let source = '';
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i];
    if (character === '*') {
      if (glob[i - 1] !== '*') source += STAR;
    } else if (character === '?') {
      source += ANY;
    } else {
      const found = character === '[' ? parseClass(glob, i) : null;
      if (found === null) {
        source += escapeRegExp(character);
      } else {
        source += found.source ?? escapeRegExp(found.literal);
        i = found.end - 1;
      }
    }
  }
  return source;
}

/** What must not be at a segment's beginning: a hidden name, or '.' and '..' themselves. */
function guard(source, mayHaveDot) {
  const isMagicAt = (index) => source[index] === '[' || source[index] === '.';
  if ((source.startsWith('\\.') && isMagicAt(2)) || (source.startsWith('\\.\\.') && isMagicAt(4))) return NO_TRAVERSAL;
  return !mayHaveDot && isMagicAt(0) ? NO_DOT : '';
}

/**
 * The source for a sequence. `isStart` and `isEnd`: it is at the part's beginning, end; `rest` is the sequence that
 * follows it.
 */
function sequenceSource(sequence, isStart, isEnd, rest, mayHaveDot) {
  const isWhole = isStart && isEnd && !sequence.some((item) => item instanceof Group);
  let source = '';
  for (const [i, item] of sequence.entries()) {
    if (!(item instanceof Group)) {
      source += textSource(item, isWhole);
      continue;
    }
    const isFirst = isStart && sequence.slice(0, i).every((each) => each instanceof Group && each.type === '!');
    const isLast = isEnd && i === sequence.length - 1;
    source += groupSource(item, isFirst, isLast, [...sequence.slice(i + 1), ...rest], mayHaveDot);
  }
  const isDots = sequence.length === 1 && (sequence[0] === '.' || sequence[0] === '..');
  const needsGuard = isStart && typeof sequence[0] === 'string' && !isDots;
  return needsGuard ? guard(source, mayHaveDot) + source : source;
}

function groupSource({ type, choices }, isStart, isEnd, rest, mayHaveDot) {
  const noDot = isStart && !mayHaveDot ? NO_DOT : '';
  if (type === '!') {
    if (choices.length === 1 && choices[0].length === 0) return noDot + STAR_NOT_EMPTY;
    const bodies = choices.map((choice) => sequenceSource([...choice, ...rest], isStart, true, [], mayHaveDot));
    return `(?:(?!(?:${bodies.join('|')})(?:$|/))${noDot}${STAR})`;
  }
  const bodyOf = (dot) => choices.map((choice) => sequenceSource(choice, isStart, isEnd, rest, dot)).join('|');
  const body = bodyOf(mayHaveDot);
  const isRepeated = type === '*' || type === '+';
  const laterBody = isRepeated && !mayHaveDot ? bodyOf(true) : body;
  if (laterBody === body) return `(?:${body})${type === '@' ? '' : type}`;
  // Only the first of the repetitions is at the beginning.
  return `(?:(?:${body})(?:${laterBody})*?)${type === '*' ? '?' : ''}`;
}

function hasMagic(sequence) {
  return sequence.some((item) => item instanceof Group || /[*?]/.test(item) || hasMagicClass(item));
}

function hasMagicClass(glob) {
  for (let i = glob.indexOf('['); i !== -1; i = glob.indexOf('[', i + 1)) {
    if (parseClass(glob, i)?.isMagic) return true;
  }
  return false;
}

/** The text that a part without magic stands for: classes of one character are that character. */
function plainText(glob) {
  let text = '';
  for (let i = 0; i < glob.length; i++) {
    const found = glob[i] === '[' ? parseClass(glob, i) : null;
    text += found?.literal ?? glob[i];
    if (found !== null) i = found.end - 1;
  }
  return text;
}

function compilePart(glob, ignoreCase) {
  if (glob === '**') return GLOBSTAR;
  if (!/[*?[@!+]/.test(glob)) return glob;
  const sequence = parseSequence(glob);
  if (!hasMagic(sequence)) return plainText(glob);
  const flags = (ignoreCase ? 'i' : '') + (/\[:\w+:\]/.test(glob) ? 'u' : '');
  return new RegExp(`^${sequenceSource(sequence, true, true, [], false)}$`, flags);
}

// ---- Patterns ----

function splitAtSlashes(text, isWindows) {
  const parts = text.split(/\/+/);
  return isWindows && /^\/\/[^/]+/.test(text) ? ['', ...parts] : parts;
}

/** Without '.', '' and `folder/..` in the middle. */
function withoutDetours(parts, isFolder) {
  const kept = [];
  for (const [i, part] of parts.entries()) {
    const isInner = i > 0 && i < parts.length - 1 && !(i === 1 && part === '' && parts[0] === '');
    if (isInner && (part === '.' || part === '')) continue;
    const last = kept[kept.length - 1];
    if (part === '..' && kept.length > 0 && isFolder(last)) kept.pop();
    else kept.push(part);
  }
  if (kept.length === 2 && kept[0] === '.' && (kept[1] === '.' || kept[1] === '')) kept.pop();
  return kept.length === 0 ? [''] : kept;
}

const isFolderName = (part) => part !== '' && part !== '.' && part !== '..' && part !== '**';

/** `**` before '..' stands for no folder, or for one more than what '..' leads back from. */
function withoutGlobstarParents(parts) {
  const isBeforeParent = (part, i) => (
    part === '**' && parts[i + 1] === '..' && isFolderName(parts[i + 2] ?? '') && isFolderName(parts[i + 3] ?? ''));
  const index = parts.findIndex(isBeforeParent);
  if (index === -1) return [parts];
  const before = parts.slice(0, index);
  const after = parts.slice(index + 2);
  return [[...before, '..', ...after], [...before, '**', ...after]].flatMap(withoutGlobstarParents);
}

function simplify(parts) {
  return withoutGlobstarParents(withoutDetours(parts, isFolderName))
    .map((each) => each.filter((part, i) => part !== '**' || each[i - 1] !== '**'));
}

/**
 * What `pattern` means: a list of patterns without braces, each a list of parts (a string, a RegExp, or GLOBSTAR).
 * `platform` is 'posix' or 'win32'.
 */
function compile(pattern, platform) {
  if (pattern.length > LONGEST_PATTERN) throw new TypeError('pattern is too long');
  const ignoreCase = process.platform === 'win32' || process.platform === 'darwin';
  return expandBraces(pattern.replaceAll('\\', '/'))
    .flatMap((each) => simplify(splitAtSlashes(each, platform === 'win32')))
    .map((parts) => parts.map((part) => compilePart(part, ignoreCase)));
}

// ---- Matching ----

const isHidden = (segment) => segment[0] === '.';

function fits(part, segment) {
  return typeof part === 'string' ? part === segment : part.test(segment);
}

/** Whether the segments from `i` on fit the parts from `j` on. */
function matchesParts(segments, parts, i, j) {
  for (; i < segments.length && j < parts.length; i++, j++) {
    if (parts[j] === GLOBSTAR) return matchesGlobstar(segments, parts, i, j + 1);
    if (!fits(parts[j], segments[i])) return false;
  }
  if (j < parts.length) return false;
  return i === segments.length || (i === segments.length - 1 && segments[i] === '');
}

function matchesGlobstar(segments, parts, i, j) {
  if (j === parts.length) return !segments.slice(i).some(isHidden);
  for (; i < segments.length; i++) {
    if (matchesParts(segments, parts, i, j)) return true;
    if (isHidden(segments[i])) return false;
  }
  return false;
}

const isDrive = (segment) => typeof segment === 'string' && /^[a-zA-Z]:$/.test(segment);

const areSameDrives = (segment, part) =>
  isDrive(segment) && isDrive(part) && segment.toLowerCase() === part.toLowerCase();

let lastPattern;
let lastPlatform;
let lastCompiled;

/** Whether `path` matches `pattern`. The pattern asked for last is kept, as many paths are asked about one pattern. */
function matchesGlob(path, pattern, platform) {
  validateString(path, 'path');
  validateString(pattern, 'pattern');
  if (pattern !== lastPattern || platform !== lastPlatform) {
    lastCompiled = compile(pattern, platform);
    lastPattern = pattern;
    lastPlatform = platform;
  }
  if (pattern === '') return path === '';
  const isWindows = platform === 'win32';
  const text = isWindows ? path.replaceAll('\\', '/') : path;
  const segments = withoutDetours(splitAtSlashes(text, isWindows), (part) => isFolderName(part) || part === '**');
  return lastCompiled.some((parts) => {
    const start = isWindows && areSameDrives(segments[0], parts[0]) ? 1 : 0;
    return matchesParts(segments, parts, start, start);
  });
}

module.exports = { GLOBSTAR, compile, matchesGlob };
