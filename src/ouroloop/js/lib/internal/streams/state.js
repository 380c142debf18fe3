'use strict';

// What the state of a Readable and of a Writable have in common: every yes/no fact is one bit of `state[kState]`, so
// that a hot path asks several questions with one `&`. The names that packages read (`_readableState.ended` and so on)
// are accessors over those bits. Bits 0-8 mean the same on both sides; the others belong to their side.
// The default high-water marks live here too; setting one changes streams made afterwards only.

const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateInteger } = require('internal/validators');

const kState = Symbol('kState');
const kErroredValue = Symbol('kErroredValue');
const kDefaultEncodingValue = Symbol('kDefaultEncodingValue');
const kOnConstructed = Symbol('kOnConstructed');
/** What `net.Socket` needs of its writing side to write past it (see `internal/streams/writable`). */
const kMayPassBy = Symbol('kMayPassBy');
const kPassedBy = Symbol('kPassedBy');
const kBeginWrite = Symbol('kBeginWrite');

const OBJECT_MODE = 1 << 0;
const ERROR_EMITTED = 1 << 1;
const AUTO_DESTROY = 1 << 2;
const EMIT_CLOSE = 1 << 3;
const DESTROYED = 1 << 4;
const CLOSED = 1 << 5;
const CLOSE_EMITTED = 1 << 6;
const ERRORED = 1 << 7;
const CONSTRUCTED = 1 << 8;

let bytesMark = process.platform === 'win32' ? 16 * 1024 : 64 * 1024;
let objectsMark = 16;

function getDefaultHighWaterMark(objectMode) {
  return objectMode ? objectsMark : bytesMark;
}

function setDefaultHighWaterMark(objectMode, value) {
  validateInteger(value, 'value', 0);
  if (objectMode) objectsMark = value;
  else bytesMark = value;
}

function getHighWaterMark(state, options, sideKey, isDuplex) {
  const mark = options?.highWaterMark ?? (isDuplex ? options?.[sideKey] : null);
  if (mark == null) return getDefaultHighWaterMark(state.objectMode);
  if (!Number.isInteger(mark) || mark < 0) {
    throw new ERR_INVALID_ARG_VALUE(isDuplex ? `options.${sideKey}` : 'options.highWaterMark', mark);
  }
  return mark;
}

/** Accessors `name` for single bits. */
function defineFlags(prototype, flags) {
  for (const [name, bit] of Object.entries(flags)) {
    Object.defineProperty(prototype, name, {
      __proto__: null,
      get() { return (this[kState] & bit) !== 0; },
      set(value) {
        if (value) this[kState] |= bit;
        else this[kState] &= ~bit;
      },
    });
  }
}

/** An accessor for a value kept under `slot`, there only while `bit` is set; `absent()` is what there is else. */
function defineSlot(prototype, name, bit, slot, absent) {
  Object.defineProperty(prototype, name, {
    __proto__: null,
    get() { return (this[kState] & bit) !== 0 ? this[slot] : absent(); },
    set(value) {
      if (value) {
        this[slot] = value;
        this[kState] |= bit;
      } else {
        this[kState] &= ~bit;
      }
    },
  });
}

/** An accessor for a fact that starts out as `absent`: `known` tells whether it was ever set, `bit` to what. */
function defineTristate(prototype, name, known, bit, absent) {
  Object.defineProperty(prototype, name, {
    __proto__: null,
    get() { return (this[kState] & known) !== 0 ? (this[kState] & bit) !== 0 : absent; },
    set(value) {
      if (value == null) this[kState] &= ~(known | bit);
      else if (value) this[kState] |= known | bit;
      else this[kState] = (this[kState] | known) & ~bit;
    },
  });
}

function defineDefaultEncoding(prototype, utf8) {
  Object.defineProperty(prototype, 'defaultEncoding', {
    __proto__: null,
    get() { return (this[kState] & utf8) !== 0 ? 'utf8' : this[kDefaultEncodingValue]; },
    set(value) {
      if (value === 'utf8' || value === 'utf-8') {
        this[kState] |= utf8;
      } else {
        this[kState] &= ~utf8;
        this[kDefaultEncodingValue] = value;
      }
    },
  });
}

function defineSharedState(prototype) {
  defineFlags(prototype, {
    objectMode: OBJECT_MODE,
    errorEmitted: ERROR_EMITTED,
    autoDestroy: AUTO_DESTROY,
    emitClose: EMIT_CLOSE,
    destroyed: DESTROYED,
    closed: CLOSED,
    closeEmitted: CLOSE_EMITTED,
    constructed: CONSTRUCTED,
  });
  defineSlot(prototype, 'errored', ERRORED, kErroredValue, () => null);
}

/** The shared bits as the options want them. */
function initialFlags(options, objectMode) {
  let flags = AUTO_DESTROY | EMIT_CLOSE | CONSTRUCTED;
  if (objectMode) flags |= OBJECT_MODE;
  if (options?.emitClose === false) flags &= ~EMIT_CLOSE;
  if (options?.autoDestroy === false) flags &= ~AUTO_DESTROY;
  return flags;
}

/** The methods that options bring a stream which can be written to. */
function takeWriting(stream, { write, writev, destroy, final, construct }) {
  if (typeof write === 'function') stream._write = write;
  if (typeof writev === 'function') stream._writev = writev;
  if (typeof destroy === 'function') stream._destroy = destroy;
  if (typeof final === 'function') stream._final = final;
  if (typeof construct === 'function') stream._construct = construct;
}

module.exports = {
  kState, kErroredValue, kOnConstructed, kMayPassBy, kPassedBy, kBeginWrite,
  OBJECT_MODE, ERROR_EMITTED, AUTO_DESTROY, EMIT_CLOSE, DESTROYED, CLOSED, CLOSE_EMITTED, ERRORED, CONSTRUCTED,
  defineFlags, defineSlot, defineTristate, defineDefaultEncoding, defineSharedState, initialFlags,
  getHighWaterMark, getDefaultHighWaterMark, setDefaultHighWaterMark, takeWriting,
};
