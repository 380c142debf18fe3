'use strict';

// Decoders of the East Asian encodings, after the WHATWG Encoding Standard.
//
// A machine takes one byte after the other: `next(byte, back)` gives a code point, text, `kMore` or `kError`, and
// puts bytes that have to be looked at again on `back` (a stack: the last one put there comes first). `end(back)` is
// asked when all bytes have been seen, until it says `kDone`. The indexes come from Python when first needed.
//
// What surprises people: an ASCII byte after a lead byte that it does not fit is no part of the error, so markup
// cannot be swallowed.

const binding = internalBinding('buffer');
const strings = require('internal/buffer/strings');

const kMore = -1;
const kError = -2;
const kDone = -3;

const indexes = new Map();

function indexOf(name) {
  let index = indexes.get(name);
  if (index === undefined) {
    index = binding.multiByteIndex(name).split('\0');
    indexes.set(name, index);
  }
  return index;
}

const isBetween = (byte, first, last) => byte >= first && byte <= last;

/** What a pair of bytes stands for, or an error after which an ASCII byte is looked at again. */
function lookUp(index, pointer, byte, back) {
  const found = pointer < 0 ? '' : index[pointer] ?? '';
  if (found !== '') return found;
  if (byte < 0x80) back.push(byte);
  return kError;
}

/** One lead byte, at the most, waits for its trail byte. */
class TwoByteMachine {
  lead = 0;

  next(byte, back) {
    if (this.lead === 0) return this.first(byte);
    const lead = this.lead;
    this.lead = 0;
    return this.second(lead, byte, back);
  }

  wait(byte) {
    this.lead = byte;
    return kMore;
  }

  end() {
    if (this.lead === 0) return kDone;
    this.lead = 0;
    return kError;
  }
}

class Big5Machine extends TwoByteMachine {
  first(byte) {
    if (byte < 0x80) return byte;
    return isBetween(byte, 0x81, 0xfe) ? this.wait(byte) : kError;
  }

  second(lead, byte, back) {
    const isTrail = isBetween(byte, 0x40, 0x7e) || isBetween(byte, 0xa1, 0xfe);
    const pointer = isTrail ? (lead - 0x81) * 157 + byte - (byte < 0x7f ? 0x40 : 0x62) : -1;
    return lookUp(indexOf('big5'), pointer, byte, back);
  }
}

class EucKrMachine extends TwoByteMachine {
  first(byte) {
    if (byte < 0x80) return byte;
    return isBetween(byte, 0x81, 0xfe) ? this.wait(byte) : kError;
  }

  second(lead, byte, back) {
    const pointer = isBetween(byte, 0x41, 0xfe) ? (lead - 0x81) * 190 + byte - 0x41 : -1;
    return lookUp(indexOf('euc-kr'), pointer, byte, back);
  }
}

const kHalfWidthKatakana = 0xff61;

class ShiftJisMachine extends TwoByteMachine {
  first(byte) {
    if (byte <= 0x80) return byte;
    if (isBetween(byte, 0xa1, 0xdf)) return kHalfWidthKatakana + byte - 0xa1;
    return isBetween(byte, 0x81, 0x9f) || isBetween(byte, 0xe0, 0xfc) ? this.wait(byte) : kError;
  }

  second(lead, byte, back) {
    const isTrail = isBetween(byte, 0x40, 0x7e) || isBetween(byte, 0x80, 0xfc);
    const row = (lead - (lead < 0xa0 ? 0x81 : 0xc1)) * 188;
    const pointer = isTrail ? row + byte - (byte < 0x7f ? 0x40 : 0x41) : -1;
    if (isBetween(pointer, 8836, 10715)) return 0xe000 + pointer - 8836;
    return lookUp(indexOf('jis0208'), pointer, byte, back);
  }
}

class EucJpMachine extends TwoByteMachine {
  #isJis0212 = false;

  first(byte) {
    if (byte < 0x80) return byte;
    return byte === 0x8e || byte === 0x8f || isBetween(byte, 0xa1, 0xfe) ? this.wait(byte) : kError;
  }

  second(lead, byte, back) {
    if (lead === 0x8e && isBetween(byte, 0xa1, 0xdf)) return kHalfWidthKatakana + byte - 0xa1;
    if (lead === 0x8f && isBetween(byte, 0xa1, 0xfe)) {
      this.#isJis0212 = true;
      return this.wait(byte);
    }
    const index = indexOf(this.#isJis0212 ? 'jis0212' : 'jis0208');
    this.#isJis0212 = false;
    const isPair = isBetween(lead, 0xa1, 0xfe) && isBetween(byte, 0xa1, 0xfe);
    return lookUp(index, isPair ? (lead - 0xa1) * 94 + byte - 0xa1 : -1, byte, back);
  }

  end() {
    this.#isJis0212 = false;
    return super.end();
  }
}

class Gb18030Machine {
  #first = 0;
  #second = 0;
  #third = 0;

  next(byte, back) {
    if (this.#third !== 0) return this.#fourth(byte, back);
    if (this.#second !== 0) {
      if (isBetween(byte, 0x81, 0xfe)) {
        this.#third = byte;
        return kMore;
      }
      back.push(byte, this.#second);
      this.#clear();
      return kError;
    }
    if (this.#first !== 0) return this.#pair(byte, back);
    if (byte < 0x80) return byte;
    if (byte === 0x80) return 0x20ac;
    if (byte === 0xff) return kError;
    this.#first = byte;
    return kMore;
  }

  #pair(byte, back) {
    if (isBetween(byte, 0x30, 0x39)) {
      this.#second = byte;
      return kMore;
    }
    const row = (this.#first - 0x81) * 190;
    this.#clear();
    const isTrail = isBetween(byte, 0x40, 0x7e) || isBetween(byte, 0x80, 0xfe);
    return lookUp(indexOf('gb18030'), isTrail ? row + byte - (byte < 0x7f ? 0x40 : 0x41) : -1, byte, back);
  }

  #fourth(byte, back) {
    const [first, second, third] = [this.#first, this.#second, this.#third];
    this.#clear();
    if (!isBetween(byte, 0x30, 0x39)) {
      back.push(byte, third, second);
      return kError;
    }
    const pointer = (((first - 0x81) * 10 + second - 0x30) * 126 + third - 0x81) * 10 + byte - 0x30;
    if (isBetween(pointer, 189000, 1237575)) return 0x10000 + pointer - 189000;
    return indexOf('gb18030-four-bytes')[pointer] || kError;
  }

  #clear() {
    this.#first = this.#second = this.#third = 0;
  }

  end() {
    if (this.#first === 0) return kDone;
    this.#clear();
    return kError;
  }
}

const kEscape = 0x1b;
// What an escape sequence switches to, by its last two bytes.
const kSwitches = new Map([
  [0x2842, 'ascii'], [0x284a, 'roman'], [0x2849, 'katakana'], [0x2440, 'lead'], [0x2442, 'lead'],
]);

class Iso2022JpMachine {
  #state = 'ascii';
  #outputState = 'ascii';
  #lead = 0;
  #hasSwitched = false;

  next(byte, back) {
    switch (this.#state) {
      case 'escape start': return this.#escapeStart(byte, back);
      case 'escape': return this.#escape(byte, back);
      case 'trail': return this.#trail(byte);
    }
    if (byte === kEscape) {
      this.#state = 'escape start';
      return kMore;
    }
    this.#hasSwitched = false;
    switch (this.#state) {
      case 'katakana': return isBetween(byte, 0x21, 0x5f) ? kHalfWidthKatakana + byte - 0x21 : kError;
      case 'lead': return this.#leadByte(byte);
      case 'roman':
        if (byte === 0x5c) return 0xa5;
        if (byte === 0x7e) return 0x203e;
    }
    return byte < 0x80 && byte !== 0x0e && byte !== 0x0f ? byte : kError;
  }

  #leadByte(byte) {
    if (!isBetween(byte, 0x21, 0x7e)) return kError;
    this.#lead = byte;
    this.#state = 'trail';
    return kMore;
  }

  #trail(byte) {
    this.#state = byte === kEscape ? 'escape start' : 'lead';
    if (!isBetween(byte, 0x21, 0x7e)) return kError;
    return indexOf('jis0208')[(this.#lead - 0x21) * 94 + byte - 0x21] || kError;
  }

  #escapeStart(byte, back) {
    if (byte === 0x24 || byte === 0x28) {
      this.#lead = byte;
      this.#state = 'escape';
      return kMore;
    }
    back.push(byte);
    return this.#giveUp();
  }

  #escape(byte, back) {
    const state = kSwitches.get(this.#lead << 8 | byte);
    if (state === undefined) {
      back.push(byte, this.#lead);
      return this.#giveUp();
    }
    this.#state = this.#outputState = state;
    // Two switches with nothing between them hide something.
    const result = this.#hasSwitched ? kError : kMore;
    this.#hasSwitched = true;
    return result;
  }

  #giveUp() {
    this.#hasSwitched = false;
    this.#state = this.#outputState;
    return kError;
  }

  end(back) {
    switch (this.#state) {
      case 'escape': back.push(this.#lead); return this.#giveUp();
      case 'escape start': return this.#giveUp();
      case 'trail': this.#state = 'lead'; return kError;
      default: return kDone;
    }
  }
}

const machines = {
  __proto__: null,
  'big5': Big5Machine,
  'euc-jp': EucJpMachine,
  'euc-kr': EucKrMachine,
  'gb18030': Gb18030Machine,
  'gbk': Gb18030Machine,
  'iso-2022-jp': Iso2022JpMachine,
  'shift_jis': ShiftJisMachine,
};

class Output {
  #units;
  #length = 0;

  constructor(size) {
    this.#units = new Uint16Array(size);
  }

  add(result) {
    const text = typeof result === 'string' ? result : String.fromCodePoint(result);
    if (this.#length + text.length > this.#units.length) this.#grow();
    for (let i = 0; i < text.length; i++) this.#units[this.#length++] = text.charCodeAt(i);
  }

  addUnit(unit) {
    if (this.#length === this.#units.length) this.#grow();
    this.#units[this.#length++] = unit;
  }

  #grow() {
    const units = new Uint16Array(this.#units.length * 2 + 8);
    units.set(this.#units);
    this.#units = units;
  }

  toString() {
    return strings.ucs2Slice(new Uint8Array(this.#units.buffer), 0, this.#length * 2);
  }
}

class MultiByteDecoder {
  #encoding;
  #isFatal;
  #machine;
  #back = [];

  constructor(encoding, isFatal) {
    this.#encoding = encoding;
    this.#isFatal = isFatal;
    this.#reset();
  }

  #reset() {
    this.#machine = new machines[this.#encoding]();
    this.#back.length = 0;
  }

  decode(bytes, isLast) {
    const back = this.#back;
    const machine = this.#machine;
    const output = new Output(bytes.length + 8);
    for (let i = 0; ;) {
      let result;
      if (back.length > 0) result = machine.next(back.pop(), back);
      else if (i < bytes.length) result = machine.next(bytes[i++], back);
      else if (isLast) result = machine.end(back);
      else break;
      if (result === kMore) continue;
      if (result === kDone) break;
      if (result !== kError) {
        if (typeof result === 'number' && result < 0x10000) output.addUnit(result);
        else output.add(result);
        continue;
      }
      if (this.#isFatal) {
        this.#reset();
        return undefined;
      }
      output.addUnit(0xfffd);
    }
    if (isLast) this.#reset();
    return output.toString();
  }
}

module.exports = { MultiByteDecoder };
