'use strict';

// `fs.openAsBlob`: a Blob of a file's bytes, read when they are asked for.

const { createBlobFromFilePath } = require('internal/blob');

function openAsBlob(path, type) {
  return Promise.resolve(createBlobFromFilePath(path, { type }));
}

module.exports = { openAsBlob };
