'use strict';

// Punycode (RFC 3492): Unicode in the letters that domain names allow. Deprecated in Node; kept for programs that
// have it.
//
// `decode` and `encode` work on one label without its `xn--`; `toUnicode` and `toASCII` on whole domains or mail
// addresses, label by label, leaving alone what needs no conversion. Nothing is normalized or checked: that is what
// `url` is for.

const kBase = 36;
const kFirstThreshold = 1;
const kLastThreshold = 26;
const kSkew = 38;
const kDamp = 700;
const kInitialBias = 72;
const kInitialPoint = 0x80;
const kMaxInt = 0x7fffffff;
const kDelimiter = '-';

const kOverflow = 'Overflow: input needs wider integers to process';
const kNotBasic = 'Illegal input >= 0x80 (not a basic code point)';
const kInvalid = 'Invalid input';

/** The code points of a string; halves of surrogate pairs stay as they are. */
function ucs2decode(string) {
  return Array.from(string, (character) => character.codePointAt(0));
}

function ucs2encode(codePoints) {
  return String.fromCodePoint(...codePoints);
}

/** The value of a digit, `kBase` if it is none. */
function digitValue(unit) {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30 + 26;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x61 : kBase;
}

const digit = (value) => String.fromCharCode(value < 26 ? value + 0x61 : value - 26 + 0x30);

const thresholdAt = (k, bias) => Math.min(Math.max(k - bias, kFirstThreshold), kLastThreshold);

/** RFC 3492, section 6.1. */
function adapt(delta, count, isFirst) {
  let rest = isFirst ? Math.floor(delta / kDamp) : delta >> 1;
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((kBase - kFirstThreshold) * kLastThreshold) >> 1; k += kBase) {
    rest = Math.floor(rest / (kBase - kFirstThreshold));
  }
  return Math.floor(k + (kBase - kFirstThreshold + 1) * rest / (rest + kSkew));
}

/** RFC 3492, section 6.2. */
function decode(input) {
  const basicLength = Math.max(input.lastIndexOf(kDelimiter), 0);
  const output = [];
  for (let i = 0; i < basicLength; i++) {
    if (input.charCodeAt(i) >= 0x80) throw new RangeError(kNotBasic);
    output.push(input.charCodeAt(i));
  }

  let point = kInitialPoint;
  let bias = kInitialBias;
  let place = 0;
  for (let at = basicLength > 0 ? basicLength + 1 : 0; at < input.length; place++) {
    const before = place;
    for (let weight = 1, k = kBase; ; k += kBase) {
      if (at >= input.length) throw new RangeError(kInvalid);
      const value = digitValue(input.charCodeAt(at++));
      if (value >= kBase) throw new RangeError(kInvalid);
      if (value > Math.floor((kMaxInt - place) / weight)) throw new RangeError(kOverflow);
      place += value * weight;
      const threshold = thresholdAt(k, bias);
      if (value < threshold) break;
      if (weight > Math.floor(kMaxInt / (kBase - threshold))) throw new RangeError(kOverflow);
      weight *= kBase - threshold;
    }
    const count = output.length + 1;
    bias = adapt(place - before, count, before === 0);
    if (Math.floor(place / count) > kMaxInt - point) throw new RangeError(kOverflow);
    point += Math.floor(place / count);
    place %= count;
    output.splice(place, 0, point);
  }
  return String.fromCodePoint(...output);
}

/** RFC 3492, section 6.3. */
function encode(input) {
  const points = ucs2decode(input);
  const basic = points.filter((point) => point < kInitialPoint);
  let output = String.fromCharCode(...basic);
  if (basic.length > 0) output += kDelimiter;

  let point = kInitialPoint;
  let bias = kInitialBias;
  let delta = 0;
  for (let handled = basic.length; handled < points.length;) {
    const next = points.reduce((least, each) => (each >= point && each < least ? each : least), kMaxInt);
    if (next - point > Math.floor((kMaxInt - delta) / (handled + 1))) throw new RangeError(kOverflow);
    delta += (next - point) * (handled + 1);
    point = next;
    for (const each of points) {
      if (each < point && ++delta > kMaxInt) throw new RangeError(kOverflow);
      if (each !== point) continue;
      output += variableLength(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled++;
    }
    delta++;
    point++;
  }
  return output;
}

function variableLength(delta, bias) {
  let digits = '';
  let rest = delta;
  for (let k = kBase; ; k += kBase) {
    const threshold = thresholdAt(k, bias);
    if (rest < threshold) return digits + digit(rest);
    digits += digit(threshold + (rest - threshold) % (kBase - threshold));
    rest = Math.floor((rest - threshold) / (kBase - threshold));
  }
}

/** Convert each label of a domain, also of one that stands in a mail address. */
function mapLabels(domain, convert) {
  const parts = domain.split('@');
  const head = parts.length > 1 ? `${parts[0]}@` : '';
  const labels = (parts.length > 1 ? parts[1] : domain).replace(/[\u3002\uff0e\uff61]/g, '.').split('.');
  // From the last one on, which tells when two of them are wrong.
  for (let i = labels.length - 1; i >= 0; i--) labels[i] = convert(labels[i]);
  return head + labels.join('.');
}

function toUnicode(input) {
  return mapLabels(input, (label) => (label.startsWith('xn--') ? decode(label.slice(4).toLowerCase()) : label));
}

function toASCII(input) {
  // eslint-disable-next-line no-control-regex
  return mapLabels(input, (label) => (/[^\0-\x7f]/.test(label) ? `xn--${encode(label)}` : label));
}

module.exports = {
  version: '2.1.0',
  ucs2: { decode: ucs2decode, encode: ucs2encode },
  decode,
  encode,
  toASCII,
  toUnicode,
};
