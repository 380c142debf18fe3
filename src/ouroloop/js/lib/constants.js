'use strict';

// constants: those of os and fs together, the old way to get at them (DEP0008). Those of crypto are not there yet.

const { os, fs } = internalBinding('constants');

const { dlopen, errno, priority, signals } = os;

module.exports = Object.freeze({ ...dlopen, ...errno, ...priority, ...signals, ...fs });
