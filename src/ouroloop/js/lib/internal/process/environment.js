'use strict';

// A variable of the environment.
//
// Theory of operation. What nearly every start asks for comes with the facts of the process (`js/runtime.py`), and
// holds until this process changes its environment: to set up the natives takes 0.6 ms. Of all others the name is
// written into memory that natives see (`natives/environment.py`); they ask the C library, and no Python runs. An
// operation does the same for names that are not plain ASCII, and where there are no such natives.

const binding = internalBinding('process');

const LONGEST = 255;
const NAME = 8; // where the name begins in the frame
const words = new Int32Array((NAME + LONGEST + 1) / 4);
const nameBytes = new Uint8Array(words.buffer, NAME);
let isShared = false;
let known; // by name: text or null; undefined when no longer to be trusted

function share() {
  binding.shareFrame(words.buffer);
  isShared = true;
}

/** Put a name into the frame. False if that is not for these natives. */
function putName(name) {
  const { length } = name;
  if (length > LONGEST || binding.findVariable === undefined) return false;
  for (let i = 0; i < length; i++) {
    const unit = name.charCodeAt(i);
    if (unit > 0x7f) return false;
    nameBytes[i] = unit;
  }
  nameBytes[length] = 0;
  return true;
}

/** Take what Python has told of the environment; nothing if it may be changed from without. */
function initialize(variables) {
  known = variables ?? undefined;
}

/** To be called before the environment is changed. */
function forget() {
  known = undefined;
}

/** The text of a variable; undefined if there is none of that name. */
function getVariable(name) {
  if (known !== undefined && Object.hasOwn(known, name)) return known[name] ?? undefined;
  if (!putName(name)) return binding.envGet(name) ?? undefined;
  if (!isShared) share();
  binding.findVariable();
  return words[0] === 0 && words[1] === 0 ? undefined : binding.variableText();
}

module.exports = { forget, getVariable, initialize };
