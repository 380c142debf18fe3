'use strict';

// `fs.readFile` in steps: open, fstat, read, close; each a request of its own, started by the one before, as in Node.
//
// Theory of operation. The steps are calls on the ring (`internal/fs/ring`), so a file takes as many turns through the
// thread pool as it does in Node. Where there is no ring, Python reads a whole file in one job instead, at a fraction
// of what four would cost.
//
// What surprises people: a file that tells its size is read up to that size, in pieces of 512 KiB; one that does not (a
// pipe, a file in /proc) until nothing more comes.

const hooks = require('internal/async_hooks');

const CHUNK = 512 * 1024;
const UNKNOWN_SIZE = 64 * 1024;
const MOST = 2 ** 31 - 1;

/** Whether files are to be read in steps: there is a ring, or hooks that are to see each step. */
function isInSteps() {
  return hooks.enabled || require('internal/fs/ring').isUsable();
}

/** One file on its way. `fs` has the functions for the steps. */
class Reading {
  constructor(fs, isOurs, signal, callback) {
    this.fs = fs;
    this.isOurs = isOurs; // to be closed
    this.signal = signal;
    this.callback = callback;
    this.fd = -1;
    this.size = 0; // 0: not known
    this.have = 0;
    this.whole = undefined; // where a file of known size is read to
    this.parts = undefined;
  }

  look(fd) {
    this.fd = fd;
    this.fs.fstat(fd, (error, stats) => {
      if (error) {
        this.finish(error);
        return;
      }
      const size = stats.isFile() ? stats.size : 0;
      if (size > MOST) {
        const { codes: { ERR_FS_FILE_TOO_LARGE } } = require('internal/errors');
        this.finish(new ERR_FS_FILE_TOO_LARGE(size));
        return;
      }
      this.size = size;
      if (size === 0) this.parts = [];
      else this.whole = require('buffer').Buffer.allocUnsafeSlow(size);
      this.readOn();
    });
  }

  readOn() {
    const { signal, size, have } = this;
    if (signal?.aborted) {
      const { AbortError } = require('internal/errors');
      this.finish(new AbortError(undefined, { cause: signal.reason }));
      return;
    }
    const buffer = this.whole ?? require('buffer').Buffer.allocUnsafeSlow(UNKNOWN_SIZE);
    const offset = this.whole === undefined ? 0 : have;
    const length = this.whole === undefined ? UNKNOWN_SIZE : Math.min(size - have, CHUNK);
    this.fs.read(this.fd, buffer, offset, length, -1, (error, count) => {
      if (error) {
        this.finish(error);
        return;
      }
      this.have += count;
      if (this.whole === undefined) this.parts.push(buffer.subarray(0, count));
      if (count === 0 || this.have === size) this.finish();
      else this.readOn();
    });
  }

  finish(error) {
    const done = (closing) => {
      const failure = error ?? closing;
      hooks.recorder?.called(this.callback);
      if (failure) this.callback(failure);
      else this.callback(null, this.content());
    };
    if (this.isOurs) this.fs.close(this.fd, done);
    else process.nextTick(done);
  }

  content() {
    const { whole, have } = this;
    if (whole === undefined) return require('buffer').Buffer.concat(this.parts, have);
    return have === whole.length ? whole : whole.subarray(0, have);
  }
}

/** `callback(error, bytes)`; `file` is a path or a descriptor. */
function readInSteps(fs, file, flag, signal, callback) {
  const reading = new Reading(fs, typeof file !== 'number', signal, callback);
  if (!reading.isOurs) {
    reading.look(file);
    return;
  }
  fs.open(file, flag, 0o666, (error, fd) => {
    if (error) callback(error);
    else reading.look(fd);
  });
}

module.exports = { isInSteps, readInSteps };
