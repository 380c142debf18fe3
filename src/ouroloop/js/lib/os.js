'use strict';

// What the operating system tells of itself.
//
// Python asks the system (`bindings/os.py`); a negative number from there is an error. Most functions can stand for
// their value in a template or a sum: `${os.hostname}` is the name.

const { codes: { ERR_SYSTEM_ERROR } } = require('internal/errors');
const { validateInt32 } = require('internal/validators');
const { getCIDR } = require('internal/util');
const uv = require('internal/uv');

const binding = internalBinding('os');
const isWindows = process.platform === 'win32';

/** `result`, or the error that it stands for. */
function checked(result, syscall) {
  if (typeof result !== 'number' || result >= 0) return result;
  const [code, message] = uv.getErrorMap().get(result) ?? ['UNKNOWN', 'unknown error'];
  throw new ERR_SYSTEM_ERROR({ errno: result, code, message, syscall });
}

function cpus() {
  return checked(binding.cpus(), 'uv_cpu_info');
}

function networkInterfaces() {
  const result = {};
  for (const { name, address, netmask, family, mac, internal, scopeid } of
    checked(binding.interfaces(), 'uv_interface_addresses')) {
    const entry = { address, netmask, family, mac, internal, cidr: getCIDR(address, netmask, family) };
    if (scopeid !== undefined) entry.scopeid = scopeid;
    (result[name] ??= []).push(entry);
  }
  return result;
}

function loadavg() {
  return checked(binding.loadAverage(), 'uv_loadavg');
}

function homedir() {
  const fromEnvironment = isWindows ? process.env.USERPROFILE : process.env.HOME;
  return fromEnvironment ?? checked(binding.homeDirectory(), 'uv_os_homedir');
}

function tmpdir() {
  const { env } = process;
  if (isWindows) {
    const folder = env.TEMP || env.TMP || `${env.SystemRoot || env.windir}\\temp`;
    return folder.length > 1 && folder.endsWith('\\') && !folder.endsWith(':\\') ? folder.slice(0, -1) : folder;
  }
  const folder = env.TMPDIR || env.TMP || env.TEMP || '/tmp';
  return folder.length > 1 && folder.endsWith('/') ? folder.slice(0, -1) : folder;
}

function encoderOf(encoding) {
  const { Buffer } = require('buffer');
  if (encoding === 'buffer') return (text) => Buffer.from(text);
  if (!Buffer.isEncoding(encoding)) return (text) => text;
  return (text) => Buffer.from(text).toString(encoding);
}

function userInfo(options) {
  const encoding = typeof options === 'object' && options !== null ? options.encoding : undefined;
  const { uid, gid, username, homedir, shell } = checked(binding.userInfo(), 'uv_os_get_passwd');
  const encode = encoderOf(encoding);
  return {
    __proto__: null,
    uid,
    gid,
    username: encode(username),
    homedir: encode(homedir),
    shell: shell === null ? null : encode(shell),
  };
}

function getPriority(pid) {
  if (pid === undefined) pid = 0;
  else validateInt32(pid, 'pid');
  return checked(binding.getPriority(pid), 'uv_os_getpriority')[0];
}

function setPriority(pid, priority) {
  if (priority === undefined) {
    priority = pid;
    pid = 0;
  }
  validateInt32(pid, 'pid');
  validateInt32(priority, 'priority', -20, 19);
  checked(binding.setPriority(pid, priority), 'uv_os_setpriority');
}

const kEndianness = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 'LE' : 'BE';

const SYSTEM = 0;
const VERSION = 1;
const RELEASE = 2;
const MACHINE = 3;

let information;

function informationAt(index) {
  information ??= checked(binding.information(), 'uv_os_uname');
  return information[index];
}

const simple = {
  arch: () => process.arch,
  availableParallelism: () => binding.availableParallelism(),
  endianness: () => kEndianness,
  freemem: () => checked(binding.freeMemory(), 'uv_get_free_memory'),
  homedir,
  hostname: () => checked(binding.hostname(), 'uv_os_gethostname'),
  machine: () => informationAt(MACHINE),
  platform: () => process.platform,
  release: () => informationAt(RELEASE),
  tmpdir,
  totalmem: () => checked(binding.totalMemory(), 'uv_get_total_memory'),
  type: () => informationAt(SYSTEM),
  uptime: () => checked(binding.uptime(), 'uv_uptime'),
  version: () => informationAt(VERSION),
};

for (const method of Object.values(simple)) method[Symbol.toPrimitive] = () => method();

/** An object of constants as Node has them: without prototype. */
function withoutPrototype(values) {
  return Object.assign({ __proto__: null }, values);
}

const { UV_UDP_REUSEADDR, dlopen, errno, signals, priority } = internalBinding('constants').os;

module.exports = {
  arch: simple.arch,
  availableParallelism: simple.availableParallelism,
  cpus,
  endianness: simple.endianness,
  freemem: simple.freemem,
  getPriority,
  homedir,
  hostname: simple.hostname,
  loadavg,
  networkInterfaces,
  platform: simple.platform,
  release: simple.release,
  setPriority,
  tmpdir,
  totalmem: simple.totalmem,
  type: simple.type,
  userInfo,
  uptime: simple.uptime,
  version: simple.version,
  machine: simple.machine,
};

Object.defineProperties(module.exports, {
  constants: {
    __proto__: null,
    enumerable: true,
    value: {
      __proto__: null,
      UV_UDP_REUSEADDR,
      dlopen: withoutPrototype(dlopen),
      errno: withoutPrototype(errno),
      signals: Object.freeze(withoutPrototype(signals)),
      priority: withoutPrototype(priority),
    },
  },
  EOL: { __proto__: null, configurable: true, enumerable: true, value: isWindows ? '\r\n' : '\n' },
  devNull: { __proto__: null, configurable: true, enumerable: true, value: isWindows ? '\\\\.\\nul' : '/dev/null' },
});
