'use strict';

// constants: those of os, fs and crypto together, the old way to get at them (DEP0008).

const { os, fs, crypto } = internalBinding('constants');

const { dlopen, errno, priority, signals } = os;

module.exports = Object.freeze({ ...dlopen, ...errno, ...priority, ...signals, ...fs, ...crypto });
