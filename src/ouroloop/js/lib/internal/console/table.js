'use strict';
// What console.table shows: the head and the columns of a table for any object.
// Maps, Sets and their iterators become one row for each entry; other objects one row for each property, with the
// properties of its value as columns. Values that have none stand in a column of their own, "Values".

const { isMap, isMapIterator, isSet, isSetIterator } = require('internal/util/types');

const natives = internalBinding('util');

const INDEX = '(index)';
const ITERATION = '(iteration index)';
const KEY = 'Key';
const VALUES = 'Values';

const isPrimitive = (value) => value === null || (typeof value !== 'object' && typeof value !== 'function');

function tabulatePairs(pairs, toText) {
  const columns = [[], [], []];
  for (const [key, value] of pairs) {
    columns[0].push(toText(columns[0].length));
    columns[1].push(toText(key));
    columns[2].push(toText(value));
  }
  return { head: [ITERATION, KEY, VALUES], columns };
}

function tabulateList(list, toText) {
  const values = Array.from(list, toText);
  return { head: [ITERATION, VALUES], columns: [values.map((_, index) => toText(index)), values] };
}

function* pairsOf(flat) {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i], flat[i + 1]];
}

function tabulateProperties(data, properties, toText) {
  const index = Object.keys(data);
  const cells = new Map();
  const values = [];
  let hasValues = false;
  index.forEach((key, row) => {
    const item = data[key];
    const isBare = isPrimitive(item);
    if (isBare && properties === undefined) {
      hasValues = true;
      values[row] = toText(item);
      return;
    }
    for (const property of properties ?? Object.keys(item)) {
      const name = String(property);
      if (!cells.has(name)) cells.set(name, []);
      if (!isBare && Object.hasOwn(item, name)) cells.get(name)[row] = toText(item[name]);
    }
  });
  const head = [INDEX, ...inKeyOrder(cells)];
  const columns = [index, ...head.slice(1).map((name) => cells.get(name))];
  if (hasValues) {
    head.push(VALUES);
    columns.push(values);
  }
  return { head, columns };
}

/** The order that properties of an object have: integers first. */
function inKeyOrder(cells) {
  const order = { __proto__: null };
  for (const name of cells.keys()) order[name] = true;
  return Object.keys(order);
}

/** `{ head, columns }` for an object `data`; `properties`, if given, chooses the columns. */
function tabulate(data, properties, toText) {
  if (isMap(data)) return tabulatePairs(data, toText);
  if (isMapIterator(data)) {
    const [entries, isPairs] = natives.previewEntries(data, true);
    return isPairs ? tabulatePairs(pairsOf(entries), toText) : tabulateList(entries, toText);
  }
  if (isSetIterator(data)) return tabulateList(natives.previewEntries(data, true)[0], toText);
  if (isSet(data)) return tabulateList(data, toText);
  return tabulateProperties(data, properties, toText);
}

module.exports = { tabulate };
