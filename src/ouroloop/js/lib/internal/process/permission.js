'use strict';

// The permission model (--permission): what a refusal becomes, and `process.permission`.
//
// Theory of operation. Python asks at each operation whether it is granted (js/guards.py), and nothing here could
// change what it answers. An operation that is not gives ACCESS_DENIED where another failure gives an errno, so it
// takes the same ways, and `internal/errors` has the error made here: Python tells what was refused last. What there is
// no operation for, because it is not there at all (workers, WASI), is refused by `demand`.

const { codes: { ERR_ACCESS_DENIED, ERR_MISSING_OPTION }, genericNodeError } = require('internal/errors');
const { validateString } = require('internal/validators');
const { getOptionValue } = require('internal/options');
const diagnostics = require('diagnostics_channel');

const binding = internalBinding('permission');

const ACCESS_DENIED = -5000;

/** For each scope: what errors call it, the option that grants it, and the last part of its channel's name. */
const SCOPES = {
  __proto__: null,
  'fs': ['FileSystem', undefined, 'fs'],
  'fs.read': ['FileSystemRead', '--allow-fs-read', 'fs'],
  'fs.write': ['FileSystemWrite', '--allow-fs-write', 'fs'],
  'child': ['ChildProcess', '--allow-child-process', 'child'],
  'worker': ['WorkerThreads', '--allow-worker', 'worker'],
  'inspector': ['Inspector', '--allow-inspector', 'inspector'],
  'wasi': ['WASI', '--allow-wasi', 'wasi'],
  'addon': ['Addon', '--allow-addons', 'addon'],
  'net': ['Net', '--allow-net', 'net'],
};

const scopesByName = { __proto__: null };
for (const scope in SCOPES) scopesByName[SCOPES[scope][0]] = scope;

const channels = { __proto__: null };
for (const scope in SCOPES) {
  const name = SCOPES[scope][2];
  channels[name] ??= diagnostics.channel(`node:permission-model:${name}`);
}

const RESTRICTED = 'Access to this API has been restricted';

// Some of what can be granted lets a program grant itself the rest.
const DANGEROUS = [
  ['--allow-addons', 'PERM0001'], ['--allow-child-process', 'PERM0002'], ['--allow-inspector', 'PERM0004'],
  ['--allow-wasi', 'PERM0005'], ['--allow-worker', 'PERM0006'], ['--allow-openssl-store', 'PERM0007'],
];

const isEnabled = () => getOptionValue('--permission');

function publish(scope, resource, drop = undefined) {
  const channel = channels[SCOPES[scope]?.[2]];
  if (channel?.hasSubscribers) channel.publish({ permission: SCOPES[scope][0], resource, drop });
}

/** The error of what is refused. `form`: see js/guards.py. */
function refused(permission, resource, form, properties) {
  const scope = scopesByName[permission];
  if (scope !== undefined) publish(scope, resource);
  const option = SCOPES[scope]?.[1];
  if (form === 'plain') return new ERR_ACCESS_DENIED(RESTRICTED, permission, resource);
  if (form !== '') return new ERR_ACCESS_DENIED(form);
  return genericNodeError(`${RESTRICTED}. Use ${option} to manage permissions.`,
    { code: 'ERR_ACCESS_DENIED', permission, resource, ...properties });
}

/** The error of the operation that has just been refused. */
function accessDenied(properties = undefined) {
  const refusal = binding.refusal();
  return refused(refusal[0], refusal[1], refusal[2], properties);
}

/** Throw unless a scope is granted. */
function demand(scope, resource = '') {
  if (isEnabled() && !binding.has(scope, null)) throw refused(SCOPES[scope][0], resource, '');
}

/** Throw unless a file may be read (`fs.read`) or written (`fs.write`). `form`: see js/guards.py. */
function demandFile(scope, path, form = '') {
  if (isEnabled() && !binding.has(scope, path)) throw refused(SCOPES[scope][0], path, form);
}

/** The error of a function that is not to be had with the permission model. */
function disabled(name) {
  return new ERR_ACCESS_DENIED(`${name} API is disabled when Permission Model is enabled.`);
}

function areAddonsAllowed() {
  return getOptionValue('--addons') !== false && (!isEnabled() || binding.has('addon', null));
}

/** Throw where some part of Node cannot be had with the permission model. */
function refuse(message) {
  if (isEnabled()) throw new ERR_ACCESS_DENIED(message);
}

function asReference(reference) {
  if (reference === undefined) return null;
  const { isUint8Array } = require('internal/util/types');
  if (isUint8Array(reference)) return require('buffer').Buffer.from(reference).toString();
  if (reference !== null) validateString(reference, 'reference');
  return `${reference}`;
}

function has(scope, reference) {
  validateString(scope, 'scope');
  reference = asReference(reference);
  if (SCOPES[scope] === undefined) return false;
  const isGranted = binding.has(scope, reference);
  if (!isGranted) publish(scope, reference ?? '');
  return isGranted;
}

function drop(scope, reference) {
  validateString(scope, 'scope');
  reference = asReference(reference);
  if (SCOPES[scope] === undefined) return;
  binding.drop(scope, reference);
  publish(scope, reference ?? '', true);
}

/** At start-up: `process.permission`, and what is to be said of the options. */
function initialize() {
  if (!isEnabled()) {
    for (const option of ['--allow-fs-read', '--allow-fs-write']) {
      if (getOptionValue(option)) throw new ERR_MISSING_OPTION('--permission');
    }
    return;
  }
  Object.defineProperty(process, 'permission', {
    __proto__: null, value: { has, drop }, writable: false, enumerable: true, configurable: false,
  });
  warn();
}

function warn() {
  for (const [option, code] of DANGEROUS) {
    if (!getOptionValue(option)) continue;
    process.emitWarning(
      `The flag ${option} must be used with extreme caution. It could invalidate the permission model.`,
      'SecurityWarning', code);
  }
  if (getOptionValue('--allow-net')) {
    process.emitWarning('The flag --allow-net is under experimental phase.', 'ExperimentalWarning');
  }
  for (const option of ['--allow-fs-read', '--allow-fs-write']) {
    if (!getOptionValue(option)?.some((path) => path.includes(','))) continue;
    process.emitWarning(
      `The ${option} CLI flag has changed. Passing a comma-separated list of paths is no longer valid. Documentation ` +
      'can be found at https://nodejs.org/api/permissions.html#file-system-permissions', 'Warning');
  }
}

module.exports = {
  ACCESS_DENIED, accessDenied, areAddonsAllowed, demand, demandFile, disabled, initialize, isEnabled, refuse,
};
