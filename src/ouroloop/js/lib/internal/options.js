'use strict';

// The command line's options, as `--name`: value. Python has read them (js/options.py); here they are only looked up.

const binding = internalBinding('options');

let options;

/** The value of an option: true or false, a string, a number, or a list; undefined for one that does not exist. */
function getOptionValue(name) {
  options ??= binding.getOptions();
  return options[name];
}

/** Change an option for what runs from now on, as `process.traceDeprecation = true` does. */
function setOptionValue(name, value) {
  options ??= binding.getOptions();
  options[name] = value;
}

module.exports = { getOptionValue, setOptionValue };
