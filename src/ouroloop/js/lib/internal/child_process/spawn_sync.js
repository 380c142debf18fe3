'use strict';

// process.binding('spawn_sync'): how `spawnSync` runs a program to its end.
//
// What surprises people: tools that measure coverage replace `spawn` here, and see so every program that is started;
// therefore the environment is a list of `name=value`, as in Node.

const binding = internalBinding('process_wrap');

/** The environment as an object. Without a list it is that of this process. */
function variablesOf(envPairs) {
  if (envPairs === undefined) return { ...process.env };
  return Object.fromEntries(envPairs.map((pair) => {
    const end = pair.indexOf('=');
    return [pair.slice(0, end), pair.slice(end + 1)];
  }));
}

module.exports = {
  spawn: ({ envPairs, ...options }) => binding.spawnSync({ ...options, env: variablesOf(envPairs) }),
};

Object.defineProperty(module.exports, 'variablesOf', { __proto__: null, value: variablesOf });
