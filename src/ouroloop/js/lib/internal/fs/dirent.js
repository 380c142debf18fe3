'use strict';

// Dirent: an entry of a directory, its name and its kind.

const { fs: constants } = internalBinding('constants');

const {
  UV_DIRENT_BLOCK, UV_DIRENT_CHAR, UV_DIRENT_DIR, UV_DIRENT_FIFO, UV_DIRENT_FILE, UV_DIRENT_LINK, UV_DIRENT_SOCKET,
} = constants;

const kType = Symbol('type');

class Dirent {
  constructor(name, path, type) {
    this.name = name;
    this.parentPath = path;
    this[kType] = type;
  }

  isDirectory() {
    return this[kType] === UV_DIRENT_DIR;
  }

  isFile() {
    return this[kType] === UV_DIRENT_FILE;
  }

  isBlockDevice() {
    return this[kType] === UV_DIRENT_BLOCK;
  }

  isCharacterDevice() {
    return this[kType] === UV_DIRENT_CHAR;
  }

  isSymbolicLink() {
    return this[kType] === UV_DIRENT_LINK;
  }

  isFIFO() {
    return this[kType] === UV_DIRENT_FIFO;
  }

  isSocket() {
    return this[kType] === UV_DIRENT_SOCKET;
  }
}

const TYPES = new Map([
  [constants.S_IFREG, UV_DIRENT_FILE], [constants.S_IFDIR, UV_DIRENT_DIR], [constants.S_IFLNK, UV_DIRENT_LINK],
  [constants.S_IFIFO, UV_DIRENT_FIFO], [constants.S_IFSOCK, UV_DIRENT_SOCKET], [constants.S_IFCHR, UV_DIRENT_CHAR],
  [constants.S_IFBLK, UV_DIRENT_BLOCK],
]);

/** The entry that Stats, which must be `lstat`'s, are of. */
function direntOf(name, path, stats) {
  return new Dirent(name, path, TYPES.get(stats.mode & constants.S_IFMT) ?? constants.UV_DIRENT_UNKNOWN);
}

/** An entry under another name. */
function renamed(entry, name, path) {
  return new Dirent(name, path, entry[kType]);
}

module.exports = { Dirent, direntOf, renamed };
