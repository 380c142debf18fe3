'use strict';

// The command line's options, as `--name`: value. Python has read them (js/options.py); here they are only looked up.
// Their defaults are in the snapshot, so that only what is other than those has to come at a start.

const { options: defaults } = internalBinding('config');
let options;

/** Once, at start-up. */
function initialize(given) {
  options = given;
}

/** The value of an option: true or false, a string, a number, or a list; undefined for one that does not exist. */
function getOptionValue(name) {
  return Object.hasOwn(options, name) ? options[name] : defaults[name];
}

module.exports = { initialize, getOptionValue };
