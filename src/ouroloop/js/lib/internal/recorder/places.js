'use strict';

// Places in the sources, for the recorder: where the program is, and where a function of its stands.
//
// Theory of operation. Natives (`js/natives/recorder.py`) write a script's number, a line and a column into memory that
// lies here; each such triple gets a number, and is described once, when it is new. Which scripts are core modules'
// stands in a table of bytes that the natives look into, so that they pass over their frames.
//
// The stack itself is described by a number (`readStack`), which takes a fiftieth of the time; a table has the place
// for each such number that was seen. What code there is may change when memory is collected: then it is emptied.
//
// What surprises people: a script that no one has asked about before is first taken for the program's, then looked up,
// and if it is a core module's after all, the stack is read again.

const binding = internalBinding('recorder');

const TABLE = 64; // where in the frame the table begins
const SCRIPTS = 65536; // that it has room for
const UNKNOWN = 0;
const CORE = 1;
const PROGRAM = 2;
const NO_PLACE = -1;

// Places in the frame: words of 64 bits, whose lower half comes first.
const SCRIPT = 0;
const LINE = 2;
const COLUMN = 4;
const STACK_LOW = 6;
const STACK_HIGH = 7;
const GENERATION = 8;
const IS_CUT = 12;

const ROOM = 8192; // stacks in the table, three words each: two of the number, and the place
const MASK = ROOM - 1;
const SHIFT = 2; // places begin at -1, and 0 is an empty slot

const COLUMNS = 2 ** 17;
const LINES = 2 ** 20;

let words; // Int32Array
let table; // Uint8Array
let readPlace;
let readFunction;
let readStack; // undefined where it cannot be relied on
let stacks; // Int32Array
let stackCount = 0;
let generation = 0; // of the code that the table is about
const files = new Map(); // script -> its name
const ofCallers = new Map(); // script, line and column as a number -> place
const ofFunctions = new Map(); // likewise
const ofModules = new Map(); // URL -> place
let functions; // WeakMap: functions that were seen -> place
const sightings = []; // how many functions of a place were seen
const MOST_SIGHTINGS = 100; // a place of more is one whose functions are made anew each time
const MODULE = '<module>'; // in place of a function's name
const areCore = []; // whether a place is in a core module
let unknown = []; // places that Python has not been told of yet: [file, line, column, function]

function start() {
  const frame = new ArrayBuffer(TABLE + SCRIPTS);
  words = new Int32Array(frame, 0, TABLE / 4);
  table = new Uint8Array(frame, TABLE);
  binding.sharePlaces(frame);
  functions = new WeakMap();
  ({ readPlace, readFunction } = binding);
  if (!learn()) return;
  ({ readStack } = binding);
  stacks = new Int32Array(ROOM * 3);
}

/** Whether it could be found out how V8's frames are laid out. The functions called here have never run before. */
function learn() {
  const { readFrame } = binding;
  if (readFrame === undefined) return false;
  const ask = () => {
    readFrame();
  };
  ask();
  readFrame();
  if (!binding.learnFrames()) return false;
  let isKnown = false;
  internalBinding('errors').callCatching(() => {
    readFrame();
    isKnown = binding.learnEntry();
  }, undefined, []);
  return isKnown;
}

const key = () => (words[SCRIPT] * LINES + words[LINE]) * COLUMNS + Math.min(words[COLUMN], COLUMNS - 1);

function add(file, line, column, name) {
  areCore.push(isCoreFile(file));
  sightings.push(0);
  unknown.push([file, line, column, name]);
  return areCore.length - 1;
}

/** Code without a name of its own, as `new Function` makes it, is passed over too. */
const isCoreFile = (file) => file === '' || file.startsWith('node:');

function kindOf(script) {
  return script < SCRIPTS ? table[script] : PROGRAM;
}

function remember(script, file) {
  files.set(script, file ?? '');
  if (script < SCRIPTS) table[script] = isCoreFile(file ?? '') ? CORE : PROGRAM;
}

/** The number of the place where the program is; -1 if no function of its is running. */
function placeOfCaller() {
  if (readStack === undefined) return findPlace();
  readStack();
  if (words[GENERATION] !== generation) forget();
  if (words[IS_CUT] !== 0) return findPlace();
  const low = words[STACK_LOW];
  const high = words[STACK_HIGH];
  let slot = low & MASK;
  for (; stacks[slot * 3 + 2] !== 0; slot = slot + 1 & MASK) {
    if (stacks[slot * 3] === low && stacks[slot * 3 + 1] === high) return stacks[slot * 3 + 2] - SHIFT;
  }
  const place = findPlace();
  if (words[GENERATION] !== generation) return place; // the number means nothing any more
  stacks[slot * 3] = low;
  stacks[slot * 3 + 1] = high;
  stacks[slot * 3 + 2] = place + SHIFT;
  if (++stackCount > ROOM / 2) forget();
  return place;
}

function forget() {
  generation = words[GENERATION];
  stackCount = 0;
  stacks.fill(0);
}

function findPlace() {
  readPlace();
  const script = words[SCRIPT];
  if (script < 0) return NO_PLACE;
  return ofCallers.get(key()) ?? newPlace(script);
}

function newPlace(script) {
  const line = words[LINE];
  const column = words[COLUMN];
  const number = key();
  const stack = binding.describeStack(); // script, its name, the function's name …
  if (kindOf(script) === UNKNOWN) {
    for (let i = 0; i < stack.length; i += 3) remember(stack[i], stack[i + 1]);
    return findPlace();
  }
  const place = add(files.get(script), line, column, stack[stack.indexOf(script) + 2] ?? '');
  ofCallers.set(number, place);
  return place;
}

/** The number of the place where a function stands; -1 if it is none, or none that JavaScript's sources have. */
function placeOfFunction(callback) {
  if (typeof callback !== 'function') return NO_PLACE;
  const known = functions.get(callback);
  if (known !== undefined) return known;
  readFunction(callback);
  if (words[SCRIPT] <= 0) return NO_PLACE;
  const place = ofFunctions.get(key()) ?? newFunction(callback);
  if (sightings[place]++ < MOST_SIGHTINGS) functions.set(callback, place);
  return place;
}

function newFunction(callback) {
  const number = key();
  const script = words[SCRIPT];
  const line = words[LINE] + 1;
  const column = words[COLUMN] + 1;
  if (!files.has(script)) remember(script, binding.describeFunction(callback));
  const name = Object.getOwnPropertyDescriptor(callback, 'name')?.value;
  const place = add(files.get(script), line, column, typeof name === 'string' ? name : '');
  ofFunctions.set(number, place);
  return place;
}

/** The number of the place where an ES module begins. */
function placeOfModule(url) {
  let place = ofModules.get(url);
  if (place === undefined) ofModules.set(url, place = add(url, 1, 1, MODULE));
  return place;
}

const isCore = (place) => areCore[place];

/** The places that are new since the last time. */
function news() {
  const list = unknown;
  unknown = [];
  return list;
}

module.exports = { start, placeOfCaller, placeOfFunction, placeOfModule, isCore, isCoreFile, news };
