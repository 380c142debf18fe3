'use strict';

// Dir: a directory that is read piece by piece (opendir).

const {
  codes: { ERR_DIR_CLOSED, ERR_DIR_CONCURRENT_OPERATION, ERR_MISSING_ARGS, ERR_INVALID_THIS },
} = require('internal/errors');
const { validateFunction, validateUint32 } = require('internal/validators');
const { start } = require('internal/requests');
const { failure, getOptions, getValidatedPath, lateFailure } = require('internal/fs/arguments');
const { Dirent } = require('internal/fs/dirent');

const binding = internalBinding('fs');

function checkOptions(options) {
  options = getOptions(options, { encoding: 'utf8' });
  const { bufferSize = 32 } = options;
  validateUint32(bufferSize, 'options.bufferSize', true);
  return { encoding: options.encoding ?? 'utf8', bufferSize, recursive: options.recursive === true };
}

const asBytes = (encoding) => encoding !== 'utf8' && encoding !== 'utf-8';

class Dir {
  #number;
  #path;
  #options;
  #entries = [];
  #folder; // of the entries that are being given out
  #waiting = null; // calls that came while one was under way
  #isClosed = false;
  #pending = []; // directories still to be read, when recursive

  constructor(number, path, options) {
    if (number === undefined) throw new ERR_MISSING_ARGS('handle');
    this.#number = number;
    this.#path = path;
    this.#folder = path;
    this.#options = options;
  }

  get path() {
    if (!(#path in this)) throw new ERR_INVALID_THIS('Dir');
    return this.#path;
  }

  #next() {
    const entry = this.#entries.shift();
    if (this.#options.recursive && entry.isDirectory()) {
      this.#pending.push(require('path').join(this.#folder, entry.name));
    }
    return entry;
  }

  #take([names, types]) {
    const { encoding } = this.#options;
    const list = typeof names === 'string' ? names.split('/') : names;
    if (types === '') list.length = 0;
    this.#entries = list.map((name, index) => {
      const decoded = asBytes(encoding) ? bufferOrText(name, encoding) : name;
      return new Dirent(decoded, this.#folder, types.charCodeAt(index) - 48);
    });
  }

  read(callback) {
    if (callback === undefined) {
      if (!this.#isClosed && this.#waiting === null && this.#entries.length > 0) return Promise.resolve(this.#next());
      return new Promise((resolve, reject) => {
        this.#read((error, entry) => (error ? reject(error) : resolve(entry)));
      });
    }
    validateFunction(callback, 'callback');
    this.#read(callback);
    return undefined;
  }

  #read(callback) {
    if (this.#isClosed) {
      process.nextTick(callback, new ERR_DIR_CLOSED());
      return;
    }
    if (this.#waiting !== null) {
      this.#waiting.push(() => this.#read(callback));
      return;
    }
    if (this.#entries.length > 0) {
      process.nextTick(callback, null, this.#next());
      return;
    }
    this.#waiting = [];
    this.#fill((error) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      const entry = !error && this.#entries.length > 0 ? this.#next() : null;
      process.nextTick(() => {
        for (const each of waiting) each();
      });
      if (error) callback(error);
      else callback(null, entry);
    });
  }

  #fill(done) {
    const { encoding, bufferSize } = this.#options;
    binding.readDirAsync(start((errno, found) => {
      if (errno < 0) return done(lateFailure(errno, 'scandir', this.#folder));
      this.#take(found);
      if (found[1] === '' && this.#pending.length > 0) return this.#openNext(done);
      return done(null);
    }), this.#number, asBytes(encoding), bufferSize);
  }

  #openNext(done) {
    const folder = this.#pending.shift();
    binding.closeDir(this.#number);
    binding.openDirAsync(start((errno, number) => {
      if (errno < 0) return done(lateFailure(errno, 'opendir', folder));
      this.#number = number;
      this.#folder = folder;
      return this.#fill(done);
    }), folder);
  }

  readSync() {
    if (this.#isClosed) throw new ERR_DIR_CLOSED();
    if (this.#waiting !== null) throw new ERR_DIR_CONCURRENT_OPERATION();
    for (;;) {
      if (this.#entries.length > 0) return this.#next();
      const { encoding, bufferSize } = this.#options;
      const found = binding.readDir(this.#number, asBytes(encoding), bufferSize);
      if (typeof found === 'number') throw failure(found, 'scandir', this.#folder);
      this.#take(found);
      if (found[1] !== '') continue;
      if (this.#pending.length === 0) return null;
      const folder = this.#pending.shift();
      binding.closeDir(this.#number);
      const number = binding.openDir(folder);
      if (number < 0) throw failure(number, 'opendir', folder);
      this.#number = number;
      this.#folder = folder;
    }
  }

  close(callback) {
    if (callback === undefined) {
      if (this.#isClosed) return Promise.reject(new ERR_DIR_CLOSED());
      return new Promise((resolve, reject) => this.#close((error) => (error ? reject(error) : resolve())));
    }
    validateFunction(callback, 'callback');
    this.#close(callback);
    return undefined;
  }

  #close(callback) {
    if (this.#isClosed) {
      process.nextTick(callback, new ERR_DIR_CLOSED());
      return;
    }
    if (this.#waiting !== null) {
      this.#waiting.push(() => this.#close(callback));
      return;
    }
    this.#isClosed = true;
    binding.closeDirAsync(start((errno) => callback(errno < 0 ? lateFailure(errno, 'close') : null)), this.#number);
  }

  closeSync() {
    if (this.#isClosed) throw new ERR_DIR_CLOSED();
    if (this.#waiting !== null) throw new ERR_DIR_CONCURRENT_OPERATION();
    this.#isClosed = true;
    binding.closeDir(this.#number);
  }

  async* entries() {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      await this.close();
    }
  }

  [Symbol.dispose]() {
    if (!this.#isClosed) this.closeSync();
  }

  async [Symbol.asyncDispose]() {
    if (!this.#isClosed) await this.close();
  }
}
Object.defineProperty(Dir.prototype, Symbol.asyncIterator, {
  __proto__: null, value: Dir.prototype.entries, enumerable: false, writable: true, configurable: true,
});

function bufferOrText(name, encoding) {
  const buffer = require('buffer').Buffer.from(name);
  return encoding === 'buffer' ? buffer : buffer.toString(encoding);
}

function opendir(path, options, callback) {
  callback = typeof options === 'function' ? options : callback;
  validateFunction(callback, 'callback');
  path = getValidatedPath(path);
  options = checkOptions(typeof options === 'function' ? undefined : options);
  binding.openDirAsync(start((errno, number) => {
    if (errno < 0) callback(lateFailure(errno, 'opendir', path));
    else callback(null, new Dir(number, path, options));
  }), path);
}

function opendirSync(path, options) {
  path = getValidatedPath(path);
  options = checkOptions(options);
  const number = binding.openDir(path);
  if (number < 0) throw failure(number, 'opendir', path);
  return new Dir(number, path, options);
}

module.exports = { Dir, opendir, opendirSync };
