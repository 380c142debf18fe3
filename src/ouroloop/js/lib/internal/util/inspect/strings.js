'use strict';
// The text side of inspect: quoting strings as source text, measuring how many terminal columns a string takes, and
// removing terminal control sequences.
// Width is counted for each code point of the NFC form: control characters, combining marks and format characters
// take none, East Asian wide characters and emoji take two. The wide ranges are Unicode 17's and stand here as a table
// because regular expressions cannot ask for East_Asian_Width.
// What counts as a control sequence is a matter of agreement between terminals: CSI sequences end with one letter,
// digit or one of `=><~`, OSC sequences go to the next BEL, ST or ESC \.

const ESCAPES = new Map([
  ['\b', '\\b'], ['\t', '\\t'], ['\n', '\\n'], ['\f', '\\f'], ['\r', '\\r'], ["'", "\\'"], ['\\', '\\\\'],
]);

/* eslint-disable no-control-regex */
const LONE_SURROGATE = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
const UNSAFE = new RegExp(`[\\x00-\\x1f'\\\\\\x7f-\\x9f]|${LONE_SURROGATE}`);
const UNSAFE_ALL = new RegExp(UNSAFE, 'g');
const UNSAFE_BUT_QUOTE = new RegExp(`[\\x00-\\x1f\\\\\\x7f-\\x9f]|${LONE_SURROGATE}`);
const UNSAFE_BUT_QUOTE_ALL = new RegExp(UNSAFE_BUT_QUOTE, 'g');
const COLOR = /\u001b\[\d\d?m/g;

const OSC = '\\u001b\\][^]*?(?:\\u0007|\\u001b\\\\|\\u009c)';
const CSI = '[\\u001b\\u009b][[\\]()#;?]*(?:\\d{1,4}(?:[;:]\\d{0,4})*)?[\\dA-PR-TZcf-nq-uy=><~]';
const CONTROL_SEQUENCE = new RegExp(`${OSC}|${CSI}`, 'g');

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/* eslint-enable no-control-regex */
const NO_WIDTH = /(?!\u00ad)[\p{Cc}\p{Mn}\p{Me}\p{Cf}]/u;

const WIDE_STARTS = [];
const WIDE_ENDS = [];
for (const range of (
  '1100-115f 231a-231b 2329-232a 23e9-23ec 23f0 23f3 25fd-25fe 2614-2615 2630-2637 2648-2653 267f 268a-268f 2693 ' +
  '26a1 26aa-26ab 26bd-26be 26c4-26c5 26ce 26d4 26ea 26f2-26f3 26f5 26fa 26fd 2705 270a-270b 2728 274c 274e ' +
  '2753-2755 2757 2795-2797 27b0 27bf 2b1b-2b1c 2b50 2b55 2e80-2e99 2e9b-2ef3 2f00-2fd5 2ff0-303e 3041-3096 ' +
  '3099-30ff 3105-312f 3131-318e 3190-31e5 31ef-321e 3220-3247 3250-a48c a490-a4c6 a960-a97c ac00-d7a3 f900-faff ' +
  'fe10-fe19 fe30-fe52 fe54-fe66 fe68-fe6b ff01-ff60 ffe0-ffe6 16fe0-16fe4 16ff0-16ff6 17000-18cd5 18cff-18d1e ' +
  '18d80-18df2 1aff0-1aff3 1aff5-1affb 1affd-1affe 1b000-1b122 1b132 1b150-1b152 1b155 1b164-1b167 1b170-1b2fb ' +
  '1d300-1d356 1d360-1d376 1f004 1f0cf 1f18e 1f191-1f19a 1f1e6-1f202 1f210-1f23b 1f240-1f248 1f250-1f251 ' +
  '1f260-1f265 1f300-1f320 1f32d-1f335 1f337-1f37c 1f37e-1f393 1f3a0-1f3ca 1f3cf-1f3d3 1f3e0-1f3f0 1f3f4 ' +
  '1f3f8-1f43e 1f440 1f442-1f4fc 1f4ff-1f53d 1f54b-1f54e 1f550-1f567 1f57a 1f595-1f596 1f5a4 1f5fb-1f64f ' +
  '1f680-1f6c5 1f6cc 1f6d0-1f6d2 1f6d5-1f6d8 1f6dc-1f6df 1f6eb-1f6ec 1f6f4-1f6fc 1f7e0-1f7eb 1f7f0 1f90c-1f93a ' +
  '1f93c-1f945 1f947-1f9ff 1fa70-1fa7c 1fa80-1fa8a 1fa8e-1fac6 1fac8 1facd-1fadc 1fadf-1faea 1faef-1faf8 ' +
  '20000-2fffd 30000-3fffd'
).split(' ')) {
  const [start, end = start] = range.split('-');
  WIDE_STARTS.push(parseInt(start, 16));
  WIDE_ENDS.push(parseInt(end, 16));
}

function escapeUnit(unit) {
  const known = ESCAPES.get(unit);
  if (known !== undefined) return known;
  const code = unit.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}` : `\\u${code.toString(16)}`;
}

/** Escapes control characters, lone surrogates, backslashes and single quotes, without adding quotes. */
function escape(text) {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeUnit) : text;
}

/** `text` as a JavaScript literal, in the first of ' " ` that needs no escaping. */
function quote(text) {
  if (!UNSAFE.test(text)) return `'${text}'`;
  if (!text.includes("'")) return `'${text.replace(UNSAFE_ALL, escapeUnit)}'`;
  let mark;
  if (!text.includes('"')) mark = '"';
  else if (!text.includes('`') && !text.includes('${')) mark = '`';
  else return `'${text.replace(UNSAFE_ALL, escapeUnit)}'`;
  return mark + (UNSAFE_BUT_QUOTE.test(text) ? text.replace(UNSAFE_BUT_QUOTE_ALL, escapeUnit) : text) + mark;
}

function isWide(codePoint) {
  let low = 0;
  let high = WIDE_STARTS.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < WIDE_STARTS[middle]) high = middle - 1;
    else if (codePoint > WIDE_ENDS[middle]) low = middle + 1;
    else return true;
  }
  return false;
}

/** Terminal columns that `text` takes; control sequences count as nothing unless `removeControlCharacters` is false. */
function getStringWidth(text, removeControlCharacters = true) {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  if (removeControlCharacters) text = text.replace(CONTROL_SEQUENCE, '');
  let width = 0;
  for (const character of text.normalize('NFC')) {
    const codePoint = character.codePointAt(0);
    if (codePoint >= 0x20 && codePoint < 0x7f) width++;
    else if (isWide(codePoint)) width += 2;
    else if (!NO_WIDTH.test(character)) width++;
  }
  return width;
}

const withoutControlSequences = (text) => text.replace(CONTROL_SEQUENCE, '');

/** Length in code units, not counting the colors that inspect itself puts in. */
function lengthWithoutColors(text, colors) {
  return colors ? text.replace(COLOR, '').length : text.length;
}

module.exports = { escape, quote, getStringWidth, withoutControlSequences, lengthWithoutColors };
