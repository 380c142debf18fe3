'use strict';

// tty: terminals as streams.

const { codes: { ERR_INVALID_FD }, errnoException } = require('internal/errors');
const { validateInteger } = require('internal/validators');
const { warnOnce } = require('internal/util');
const { Socket } = require('net');
const { TTY } = require('internal/stream_handle');

const binding = internalBinding('stream_wrap');

function isatty(fd) {
  return Number.isInteger(fd) && fd >= 0 && fd <= 2147483647 && binding.isTTY(fd);
}

function openTty(fd) {
  if (fd >> 0 !== fd || fd < 0) throw new ERR_INVALID_FD(fd);
  const handle = new TTY(fd);
  const { errno } = handle;
  if (errno === 0) return handle;
  const { codes: { ERR_TTY_INIT_FAILED } } = require('internal/errors');
  const { errname, errmessage } = require('internal/uv');
  throw new ERR_TTY_INIT_FAILED({ errno, code: errname(errno), message: errmessage(errno), syscall: 'uv_tty_init' });
}

class ReadStreamClass extends Socket {
  constructor(fd, options) {
    super({ highWaterMark: 0, manualStart: true, ...options, handle: openTty(fd) });
    this.fd = fd;
    this.isRaw = false;
    this.isTTY = true;
  }

  setRawMode(flag) {
    flag = !!flag;
    const errno = this._handle.setRawMode(flag);
    if (errno < 0) {
      this.emit('error', errnoException(errno, 'setRawMode'));
      return this;
    }
    this.isRaw = flag;
    return this;
  }
}

class WriteStreamClass extends Socket {
  constructor(fd) {
    super({ handle: openTty(fd), manualStart: true });
    this.fd = fd;
    this.isTTY = true;
    this.columns = undefined;
    this.rows = undefined;
    const size = this._handle.getWindowSize();
    if (Array.isArray(size)) [this.columns, this.rows] = size;
    this._handle.watchSize((columns, rows) => {
      this.columns = columns;
      this.rows = rows;
      this.emit('resize');
    });
  }

  _refreshSize() {
    const size = this._handle.getWindowSize();
    if (!Array.isArray(size)) {
      this.emit('error', errnoException(size, 'getWindowSize'));
      return;
    }
    const [columns, rows] = size;
    if (this.columns === columns && this.rows === rows) return;
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }

  // Cursor

  cursorTo(x, y, callback) {
    return require('readline').cursorTo(this, x, y, callback);
  }

  moveCursor(dx, dy, callback) {
    return require('readline').moveCursor(this, dx, dy, callback);
  }

  clearLine(direction, callback) {
    return require('readline').clearLine(this, direction, callback);
  }

  clearScreenDown(callback) {
    return require('readline').clearScreenDown(this, callback);
  }

  getWindowSize() {
    return [this.columns, this.rows];
  }

  getColorDepth(env) {
    return getColorDepth(env);
  }

  hasColors(count, env) {
    return hasColors(count, env);
  }
}

// How many colours a terminal shows, told by its environment

const DEPTHS = { monochrome: 1, ansi16: 4, ansi256: 8, trueColor: 24 };
const TERMS = {
  '__proto__': null, 'eterm': 4, 'cons25': 4, 'console': 4, 'cygwin': 4, 'dtterm': 4, 'gnome': 4,
  'hurd': 4, 'jfbterm': 4, 'konsole': 4, 'kterm': 4, 'mlterm': 4, 'mosh': 24, 'putty': 4, 'st': 4,
  'rxvt-unicode-24bit': 24, 'terminator': 24, 'xterm-kitty': 24,
};
const TERM_PATTERNS = /ansi|color|linux|direct|^con\d*x\d|^rxvt|^screen|^xterm|^vt100|^vt220/;

function warnOnDeactivatedColors(env) {
  const names = ['NODE_DISABLE_COLORS', 'NO_COLOR'].filter((name) => env[name] !== undefined && env[name] !== '');
  if (names.length === 0) return;
  warnOnce('FORCE_COLOR', `The '${names.at(-1)}' env is ignored due to the 'FORCE_COLOR' env being set.`);
}

function getColorDepth(env = process.env) {
  const { FORCE_COLOR } = env;
  if (FORCE_COLOR !== undefined) {
    switch (FORCE_COLOR) {
      case '': case '1': case 'true': warnOnDeactivatedColors(env); return DEPTHS.ansi16;
      case '2': warnOnDeactivatedColors(env); return DEPTHS.ansi256;
      case '3': warnOnDeactivatedColors(env); return DEPTHS.trueColor;
      default: return DEPTHS.monochrome;
    }
  }
  if ((env.NODE_DISABLE_COLORS !== undefined && env.NODE_DISABLE_COLORS !== '') ||
      (env.NO_COLOR !== undefined && env.NO_COLOR !== '') || env.TERM === 'dumb') return DEPTHS.monochrome;
  if (env.TMUX) return DEPTHS.trueColor;
  if ('TF_BUILD' in env && 'AGENT_NAME' in env) return DEPTHS.ansi16;
  if ('CI' in env) {
    if (['CIRCLECI', 'GITEA_ACTIONS', 'GITHUB_ACTIONS'].some((name) => name in env)) return DEPTHS.trueColor;
    const builders = ['APPVEYOR', 'BUILDKITE', 'DRONE', 'GITLAB_CI', 'TRAVIS'];
    if (builders.some((name) => name in env) || env.CI_NAME === 'codeship') {
      return DEPTHS.ansi256;
    }
    return DEPTHS.monochrome;
  }
  if ('TEAMCITY_VERSION' in env) {
    return /^(9\.(0*[1-9]\d*)\.|\d{2,}\.)/.test(env.TEAMCITY_VERSION) ? DEPTHS.ansi16 : DEPTHS.monochrome;
  }
  switch (env.TERM_PROGRAM) {
    case 'iTerm.app':
      return !env.TERM_PROGRAM_VERSION || /^[0-2]\./.test(env.TERM_PROGRAM_VERSION) ? DEPTHS.ansi256 : DEPTHS.trueColor;
    case 'HyperTerm': case 'MacTerm': return DEPTHS.trueColor;
    case 'Apple_Terminal': return DEPTHS.ansi256;
  }
  if (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit') return DEPTHS.trueColor;
  if (env.TERM) {
    if (/truecolor/.test(env.TERM)) return DEPTHS.trueColor;
    if (env.TERM.startsWith('xterm-256')) return DEPTHS.ansi256;
    const term = env.TERM.toLowerCase();
    if (TERMS[term]) return TERMS[term];
    if (TERM_PATTERNS.test(term)) return DEPTHS.ansi16;
  }
  return env.COLORTERM ? DEPTHS.ansi16 : DEPTHS.monochrome;
}

function hasColors(count, env) {
  if (env === undefined && (count === undefined || (typeof count === 'object' && count !== null))) {
    env = count;
    count = 16;
  } else {
    validateInteger(count, 'count', 2);
  }
  return count <= 2 ** getColorDepth(env);
}

// Both may be called without `new`.
function callable(constructor, name) {
  function make(...args) {
    return Reflect.construct(constructor, args, new.target ?? make);
  }
  make.prototype = constructor.prototype;
  Object.setPrototypeOf(make, Object.getPrototypeOf(constructor));
  constructor.prototype.constructor = make;
  Object.defineProperty(make, 'name', { value: name });
  return make;
}

module.exports = {
  isatty,
  ReadStream: callable(ReadStreamClass, 'ReadStream'),
  WriteStream: callable(WriteStreamClass, 'WriteStream'),

};
