'use strict';

// The command line's options, as `--name`: value. Python has read them (js/options.py); here they are only looked up.

let options;

/** Once, at start-up. */
function initialize(given) {
  options = given;
}

/** The value of an option: true or false, a string, a number, or a list; undefined for one that does not exist. */
function getOptionValue(name) {
  return options[name];
}

module.exports = { initialize, getOptionValue };
