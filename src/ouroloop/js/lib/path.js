'use strict';

// Paths: strings only, nothing here looks at a disk; the one thing asked of the system is the working directory.
//
// Both flavours exist on every platform (`path.posix`, `path.win32`), each knows the other, and `path` itself is the
// platform's own. So `require('path') === require('path/posix')` except on Windows.

const posix = require('internal/path/posix');
const win32 = require('internal/path/win32');

for (const flavour of [posix, win32]) {
  flavour.win32 = win32;
  flavour.posix = posix;
  flavour._makeLong = flavour.toNamespacedPath;
}

module.exports = process.platform === 'win32' ? win32 : posix;
