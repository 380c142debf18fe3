'use strict';

// `readable.pipe(writable)`: data goes over at the writable's pace (a `write` that returns false pauses the source
// until 'drain'); the source's end ends the destination; an error of the destination undoes the pipe, an error
// of the source does nothing (that is what `pipeline` is for).
// `awaitDrainWriters` of the source says who has to drain: one writable, or, with several pipes, a set of them.

const { prependListener } = require('internal/streams/legacy');
const { errorOrDestroy } = require('internal/streams/destroy');

function start(source, destination, options) {
  const state = source._readableState;
  if (state.pipes.length === 1 && !state.multiAwaitDrain) {
    state.multiAwaitDrain = true;
    state.awaitDrainWriters = new Set(state.awaitDrainWriters ? [state.awaitDrainWriters] : []);
  }
  state.pipes.push(destination);

  const ends = options?.end !== false && destination !== process.stdout && destination !== process.stderr;
  const onSourceEnd = ends ? onend : unpipe;
  if (state.endEmitted) process.nextTick(onSourceEnd);
  else source.once('end', onSourceEnd);
  destination.on('unpipe', onunpipe);

  let ondrain = null;
  let over = false;

  function onend() {
    destination.end();
  }

  function unpipe() {
    source.unpipe(destination);
  }

  function onunpipe(readable, info) {
    if (readable !== source || info?.hasUnpiped !== false) return;
    info.hasUnpiped = true;
    cleanup();
  }

  function cleanup() {
    destination.removeListener('close', onclose);
    destination.removeListener('finish', onfinish);
    if (ondrain) destination.removeListener('drain', ondrain);
    destination.removeListener('error', onerror);
    destination.removeListener('unpipe', onunpipe);
    source.removeListener('end', onend);
    source.removeListener('end', unpipe);
    source.removeListener('data', ondata);
    over = true;
    // Others may wait for a drain that this destination, now out of the game, would no longer report.
    const drains = !destination._writableState || destination._writableState.needDrain;
    if (ondrain && state.awaitDrainWriters && drains) ondrain();
  }

  function pause() {
    // A destination may unpipe itself inside `write`: then nobody waits for it.
    if (!over) {
      if (state.pipes.length === 1 && state.pipes[0] === destination) {
        state.awaitDrainWriters = destination;
        state.multiAwaitDrain = false;
      } else if (state.pipes.length > 1 && state.pipes.includes(destination)) {
        state.awaitDrainWriters.add(destination);
      }
      source.pause();
    }
    if (ondrain) return;
    ondrain = drainListener(source, destination);
    destination.on('drain', ondrain);
  }

  function ondata(chunk) {
    try {
      if (destination.write(chunk) === false) pause();
    } catch (error) {
      destination.destroy(error);
    }
  }

  function onerror(error) {
    unpipe();
    destination.removeListener('error', onerror);
    if (destination.listenerCount('error') !== 0) return;
    const target = destination._writableState || destination._readableState;
    if (target && !target.errorEmitted) errorOrDestroy(destination, error);
    else destination.emit('error', error);
  }

  function onclose() {
    destination.removeListener('finish', onfinish);
    unpipe();
  }

  function onfinish() {
    destination.removeListener('close', onclose);
    unpipe();
  }

  source.on('data', ondata);
  // First, so that the pipe is undone before anybody else hears of the error.
  prependListener(destination, 'error', onerror);
  destination.once('close', onclose);
  destination.once('finish', onfinish);
  destination.emit('pipe', source);
  if (destination.writableNeedDrain === true) pause();
  else if (!state.flowing) source.resume();
  return destination;
}

function drainListener(source, destination) {
  return function ondrain() {
    const state = source._readableState;
    if (state.awaitDrainWriters === destination) state.awaitDrainWriters = null;
    else if (state.multiAwaitDrain) state.awaitDrainWriters.delete(destination);
    const waiting = state.awaitDrainWriters && state.awaitDrainWriters.size !== 0;
    if (!waiting && source.listenerCount('data')) source.resume();
  };
}

function stop(source, destination) {
  const state = source._readableState;
  const { pipes } = state;
  if (pipes.length === 0) return;
  if (!destination) {
    state.pipes = [];
    source.pause();
    for (const each of pipes) each.emit('unpipe', source, { hasUnpiped: false });
    return;
  }
  const index = pipes.indexOf(destination);
  if (index === -1) return;
  pipes.splice(index, 1);
  if (pipes.length === 0) source.pause();
  destination.emit('unpipe', source, { hasUnpiped: false });
}

module.exports = { start, stop };
