'use strict';

// process.report: what a process can tell of itself, as JSON, on request, on a signal, or when an exception ends it.
//
// What surprises people: there is no native stack here, and no report when memory runs out; V8 is past helping then.

const path = require('path');
const { codes: { ERR_SYNTHETIC }, hideStackFrames } = require('internal/errors');
const { validateBoolean, validateObject, validateSignalName, validateString } = require('internal/validators');
const { getOptionValue } = require('internal/options');
const { notThere } = require('internal/not_there');

const binding = internalBinding('process');

let sequence = 0;
let settings;

/** The settings; at first what the command line says. */
function current() {
  settings ??= {
    compact: getOptionValue('--report-compact'),
    directory: getOptionValue('--report-dir'),
    excludeEnv: getOptionValue('--report-exclude-env'),
    excludeNetwork: getOptionValue('--report-exclude-network'),
    filename: getOptionValue('--report-filename'),
    reportOnSignal: getOptionValue('--report-on-signal'),
    reportOnUncaughtException: getOptionValue('--report-uncaught-exception'),
    signal: getOptionValue('--report-signal'),
  };
  return settings;
}

function header(event, trigger, filename) {
  const os = require('os');
  const now = new Date();
  return {
    reportVersion: 5,
    event,
    trigger,
    filename,
    dumpEventTime: `${now.toISOString().slice(0, 19)}Z`,
    dumpEventTimeStamp: `${now.getTime()}`,
    processId: process.pid,
    threadId: 0,
    cwd: process.cwd(),
    commandLine: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    nodejsVersion: process.version,
    ...binding.libraryVersion(),
    wordSize: 64,
    arch: process.arch,
    platform: process.platform,
    componentVersions: process.versions,
    release: process.release,
    osName: os.type(),
    osRelease: os.release(),
    osVersion: os.version(),
    osMachine: os.machine(),
    cpus: os.cpus().map(({ model, speed, times: { user, nice, sys, idle, irq } }) => (
      { model, speed, user, nice, sys, idle, irq })),
    ...(current().excludeNetwork ? {} : { networkInterfaces: interfaces(os) }),
    host: os.hostname(),
  };
}

function interfaces(os) {
  return Object.entries(os.networkInterfaces()).flatMap(([name, addresses]) => addresses.map(
    ({ internal, mac, address, netmask, family, scopeid }) => (
      { name, internal, mac, address, netmask, family, scopeid })));
}

function stackOf(error) {
  if (error === undefined) return { message: '', errorProperties: {} }; // on a signal nothing is running
  if (typeof error !== 'object' || error === null || typeof error.stack !== 'string') {
    return { message: `Exception: ${String(error)}`, stack: ['Unavailable.'] };
  }
  const [message, ...lines] = error.stack.split('\n');
  const properties = Object.entries(error).map(([key, value]) => [key, String(value)]);
  return { message, stack: lines.map((line) => line.trim()), errorProperties: Object.fromEntries(properties) };
}

function heap() {
  const [
    totalMemory, executableMemory, totalCommittedMemory, availableMemory, usedMemory, memoryLimit, mallocedMemory,
    externalMemory, peakMallocedMemory, nativeContextCount, detachedContextCount, doesZapGarbage,
    totalGlobalHandlesMemory, usedGlobalHandlesMemory,
  ] = internalBinding('util').getHeapStatistics();
  return {
    totalMemory, executableMemory, totalCommittedMemory, availableMemory, totalGlobalHandlesMemory,
    usedGlobalHandlesMemory, usedMemory, memoryLimit, mallocedMemory, externalMemory, peakMallocedMemory,
    nativeContextCount, detachedContextCount, doesZapGarbage, heapSpaces: {},
  };
}

function usage() {
  const os = require('os');
  const {
    userCPUTime, systemCPUTime, maxRSS, majorPageFault, minorPageFault, fsRead, fsWrite,
  } = process.resourceUsage();
  const percent = (time) => time / 1e4 / process.uptime();
  return {
    free_memory: os.freemem(),
    total_memory: os.totalmem(),
    rss: process.memoryUsage.rss(),
    constrained_memory: process.constrainedMemory(),
    available_memory: process.availableMemory(),
    userCpuSeconds: userCPUTime / 1e6,
    kernelCpuSeconds: systemCPUTime / 1e6,
    cpuConsumptionPercent: percent(userCPUTime + systemCPUTime),
    userCpuConsumptionPercent: percent(userCPUTime),
    kernelCpuConsumptionPercent: percent(systemCPUTime),
    maxRss: maxRSS * 1024,
    pageFaults: { IORequired: majorPageFault, IONotRequired: minorPageFault },
    fsActivity: { reads: fsRead, writes: fsWrite },
  };
}

/** What this thread alone has used. */
function threadUsage() {
  const { user, system } = process.threadCpuUsage();
  const percent = (time) => time / 1e4 / process.uptime();
  const { fsRead, fsWrite } = process.resourceUsage();
  return {
    userCpuSeconds: user / 1e6,
    kernelCpuSeconds: system / 1e6,
    cpuConsumptionPercent: percent(user + system),
    userCpuConsumptionPercent: percent(user),
    kernelCpuConsumptionPercent: percent(system),
    fsActivity: { reads: fsRead, writes: fsWrite },
  };
}

function makeReport(event, trigger, filename, error) {
  const { limits, libraries } = binding.reportFacts();
  return {
    header: header(event, trigger, filename),
    javascriptStack: stackOf(error),
    javascriptHeap: heap(),
    nativeStack: [],
    resourceUsage: usage(),
    uvthreadResourceUsage: threadUsage(),
    libuv: binding.active().map(([type]) => ({ type: type.toLowerCase(), is_active: true, is_referenced: true })),
    workers: [],
    ...(current().excludeEnv ? {} : { environmentVariables: { ...process.env } }),
    userLimits: limits,
    sharedObjects: libraries,
  };
}

/** As Node names them: report.20240131.235959.PID.0.001.json. */
function defaultName() {
  const two = (number) => String(number).padStart(2, '0');
  const now = new Date();
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `report.${date}.${time}.${process.pid}.0.${String(++sequence).padStart(3, '0')}.json`;
}

function write(event, trigger, file, error) {
  const { compact, directory } = current();
  const name = file || current().filename || defaultName();
  const report = makeReport(event, trigger, name, error);
  const text = `${JSON.stringify(report, null, compact ? 0 : 2)}\n`;
  const { writeFileSync, writeSync } = require('fs');
  if (name === 'stdout' || name === 'stderr') {
    writeSync(name === 'stdout' ? 1 : 2, text);
    return name;
  }
  const target = directory ? path.join(directory, name) : name;
  try {
    writeFileSync(target, text);
  } catch (failure) {
    const place = directory && ` directory: ${directory}`;
    process._rawDebug(`\nFailed to open Node.js report file: ${name}${place} (errno: ${-failure.errno})`);
    return '';
  }
  process._rawDebug(`\nWriting Node.js report to file: ${name}\nNode.js report completed`);
  return name;
}

const synthetic = hideStackFrames(() => new ERR_SYNTHETIC());

function writeReport(file, error) {
  if (typeof file === 'object' && file !== null) {
    error = file;
    file = undefined;
  } else if (file !== undefined) {
    validateString(file, 'file');
  }
  if (error === undefined) error = synthetic();
  else validateObject(error, 'err');
  require('internal/process/permission').demandFile('fs.write', file ?? process.cwd(), 'plain');
  return write('JavaScript API', 'API', file, error);
}

function getReport(error) {
  if (error === undefined) error = synthetic();
  else validateObject(error, 'err');
  return JSON.parse(JSON.stringify(makeReport('JavaScript API', 'GetReport', null, error)));
}

/** What has ended the process is reported, if that is wanted. */
function onUncaughtException(error) {
  if (current().reportOnUncaughtException) write('Exception', 'Exception', undefined, error);
}

function onSignal(signal) {
  write(signal, 'Signal');
}

/** Listen for the signal, or no longer. */
function listen(isWanted) {
  const { signal } = current();
  process.removeListener(signal, onSignal);
  if (isWanted) process.on(signal, onSignal);
}

const report = { writeReport, getReport };

function setting(name, validate, changed) {
  Object.defineProperty(report, name, {
    __proto__: null,
    get: () => current()[name],
    set(value) {
      validate(value, name);
      current();
      changed?.(value);
      settings[name] = value;
    },
    enumerable: true,
    configurable: true,
  });
}

setting('directory', (value) => validateString(value, 'directory'));
setting('filename', (value) => validateString(value, 'name'));
setting('compact', validateBoolean);
setting('excludeNetwork', validateBoolean);
setting('signal', (value) => validateSignalName(value, 'signal'), (value) => {
  if (!settings.reportOnSignal) return;
  listen(false);
  settings.signal = value;
  listen(true);
});
Object.defineProperty(report, 'reportOnFatalError', {
  __proto__: null,
  get: () => false,
  set(value) {
    validateBoolean(value, 'trigger');
    if (value) throw notThere('process.report.reportOnFatalError');
  },
  enumerable: true,
  configurable: true,
});
setting('reportOnSignal', (value) => validateBoolean(value, 'trigger'), (value) => listen(value));
setting('reportOnUncaughtException', (value) => validateBoolean(value, 'trigger'));
setting('excludeEnv', validateBoolean);

/** Once, if the command line asks for reports on a signal. */
function initialize() {
  if (current().reportOnSignal) listen(true);
}

module.exports = { report, initialize, onUncaughtException };
