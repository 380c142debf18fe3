'use strict';

// Who called? Some deprecations are not told of calls that packages make, which their users cannot change.

const kFrames = 100;

/** Does the nearest code that is not Node's own lie in a `node_modules` folder? */
function isCalledByPackage() {
  const { getCallSites } = require('internal/util/call_sites');
  const { isUnderNodeModules } = require('internal/util');
  let sites;
  try {
    sites = getCallSites(kFrames);
  } catch {
    return false; // V8 gives none while a program's own `Error.prepareStackTrace` runs
  }
  const caller = sites.find(({ scriptName }) => scriptName !== '' && !scriptName.startsWith('node:'));
  return caller !== undefined && isUnderNodeModules(caller.scriptName);
}

module.exports = { isCalledByPackage };
