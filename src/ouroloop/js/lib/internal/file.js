'use strict';

// File: a Blob with a name and a time.

const { codes: { ERR_INVALID_THIS, ERR_MISSING_ARGS } } = require('internal/errors');
const { customInspectSymbol, kEmptyObject, kEnumerableProperty, toUSVString } = require('internal/util');
const { CLONEABLE, defineTransferMode, kClone, kDeserialize } = require('internal/worker/js_transferable');
const { Blob, inspectAs } = require('internal/blob');

class File extends Blob {
  #name;
  #lastModified;

  constructor(fileBits, fileName, options = kEmptyObject) {
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('fileBits', 'fileName');
    super(fileBits, options);
    const { lastModified } = options ?? kEmptyObject;
    this.#lastModified = lastModified === undefined ? Date.now() : +lastModified || 0;
    this.#name = toUSVString(fileName);
  }

  static #isFile(value) {
    return typeof value === 'object' && value !== null && #name in value;
  }

  static #check(value) {
    if (!File.#isFile(value)) throw new ERR_INVALID_THIS('File');
  }

  static {
    defineTransferMode(File, CLONEABLE, (value) => File.#isFile(value));
  }

  get name() {
    File.#check(this);
    return this.#name;
  }

  get lastModified() {
    File.#check(this);
    return this.#lastModified;
  }

  [customInspectSymbol](depth, options) {
    const { size, type, name, lastModified } = this;
    return inspectAs('File', { size, type, name, lastModified }, depth, options);
  }

  [kClone]() {
    const { data: blob } = super[kClone]();
    return { type: 'internal/file:File', data: { blob, name: this.name, lastModified: this.lastModified } };
  }

  static [kDeserialize]({ blob, name, lastModified }) {
    const bytes = Blob[kDeserialize](blob);
    return new File([bytes], name, { lastModified, type: bytes.type });
  }
}

for (const member of ['name', 'lastModified']) Object.defineProperty(File.prototype, member, kEnumerableProperty);
Object.defineProperty(File.prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: 'File' });

module.exports = { File };
