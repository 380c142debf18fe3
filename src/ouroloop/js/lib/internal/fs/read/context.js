'use strict';

// `fs.readFile` in steps: open, fstat, read, close.
//
// Theory of operation. A whole file is read by one operation, at a fraction of the cost. But to async hooks each step is
// a request of its own, started by the one before; so while there are hooks, a file is read in steps.

const CHUNK = 512 * 1024;
const UNKNOWN_SIZE = 64 * 1024;

/** `callback(error, bytes)`; `file` is a path or a descriptor. `fs` has the functions for the steps. */
function readInSteps(fs, file, flag, signal, callback) {
  const isOurs = typeof file !== 'number';
  const parts = [];
  let total = 0;

  const finish = (fd, error) => {
    const { Buffer } = require('buffer');
    const done = (closing) => {
      const failure = error ?? closing;
      if (failure) callback(failure);
      else callback(null, Buffer.concat(parts, total));
    };
    if (isOurs) fs.close(fd, done);
    else process.nextTick(done);
  };

  const readOn = (fd, size) => {
    if (signal?.aborted) {
      const { AbortError } = require('internal/errors');
      finish(fd, new AbortError(undefined, { cause: signal.reason }));
      return;
    }
    const length = size === 0 ? UNKNOWN_SIZE : Math.min(size - total, CHUNK);
    const buffer = require('buffer').Buffer.allocUnsafeSlow(length);
    fs.read(fd, buffer, 0, length, -1, (error, count) => {
      if (error) return finish(fd, error);
      parts.push(buffer.subarray(0, count));
      total += count;
      if (count === 0 || total === size) return finish(fd);
      return readOn(fd, size);
    });
  };

  const look = (fd) => {
    fs.fstat(fd, (error, stats) => {
      if (error) return finish(fd, error);
      const size = stats.isFile() ? stats.size : 0;
      const { codes: { ERR_FS_FILE_TOO_LARGE } } = require('internal/errors');
      if (size > 2 ** 31 - 1) return finish(fd, new ERR_FS_FILE_TOO_LARGE(size));
      return readOn(fd, size);
    });
  };

  if (!isOurs) {
    look(file);
    return;
  }
  fs.open(file, flag, 0o666, (error, fd) => {
    if (error) callback(error);
    else look(fd);
  });
}

module.exports = { readInSteps };
