'use strict';

// The performance timeline: marks, measures and resources that have been, for as long as the program does not clear
// them.
//
// Resources have a buffer of limited size. What does not fit waits in a second one until the event
// 'resourcetimingbufferfull' has given the program the chance to make room, and is lost if it does not.

const { PerformanceMark, PerformanceMeasure } = require('internal/perf/usertiming');

let marks = [];
let measures = [];
let resources = [];
let resourceLimit = 250;
let waitingResources = [];
let isTellingFull = false;

const byStart = (a, b) => a.startTime - b.startTime;

function add(entry) {
  if (entry instanceof PerformanceMark) marks.push(entry);
  else if (entry instanceof PerformanceMeasure) measures.push(entry);
}

function ofType(type) {
  if (type === 'mark') return marks;
  if (type === 'measure') return measures;
  if (type === 'resource') return resources;
  return [];
}

function getEntries(name, type) {
  let entries = type === undefined ? [...marks, ...measures, ...resources] : [...ofType(type)];
  if (name !== undefined) entries = entries.filter((entry) => entry.name === name);
  return entries.sort(byStart);
}

function clearMarks(name) {
  marks = name === undefined ? [] : marks.filter((mark) => mark.name !== name);
}

function clearMeasures(name) {
  measures = name === undefined ? [] : measures.filter((measure) => measure.name !== name);
}

// Resources

/** Keep a resource's entry; `tellFull` dispatches the event. */
function addResource(entry, tellFull) {
  if (resources.length < resourceLimit && !isTellingFull) {
    resources.push(entry);
    return;
  }
  waitingResources.push(entry);
  if (isTellingFull) return;
  isTellingFull = true;
  require('timers').setImmediate(makeRoom, tellFull);
}

function makeRoom(tellFull) {
  while (waitingResources.length > 0) {
    const before = waitingResources.length;
    if (resources.length >= resourceLimit) tellFull();
    while (waitingResources.length > 0 && resources.length < resourceLimit) resources.push(waitingResources.shift());
    if (waitingResources.length >= before) waitingResources = [];
  }
  isTellingFull = false;
}

function clearResources() {
  resources = [];
}

function setResourceLimit(size) {
  resourceLimit = Number.isInteger(size) && size > 0 ? size : 0;
}

module.exports = { add, addResource, clearMarks, clearMeasures, clearResources, getEntries, setResourceLimit };
