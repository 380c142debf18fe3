'use strict';

// pipeTo: from a readable stream to a writable one.
//
// Theory of operation. A pipe is the reader core of its source and the writer core of its destination at once. It
// moves chunks as long as the destination wants some and the source has some, without a promise for each. What ends
// it (an error or a close on either side, an abort) is acted upon in a task of its own, when all that was read has
// been written.
//
// What surprises people: until that task has run, chunks go on to be read, and what is read for a destination that
// has failed is lost.
//
// Source: https://streams.spec.whatwg.org/#readable-stream-pipe-to

const { AbortError, codes: { ERR_INVALID_STATE } } = require('internal/errors');
const frames = require('internal/async_context_frame');
const { queueTask, rejectedWith, resolvedWith, then, withResolvers } = require('internal/webstreams/promises');
const { DefaultReaderCore, kNothing } = require('internal/webstreams/readablestream');

/** The web knows no AbortError but its own. */
function toAbortReason(reason) {
  if (!(reason instanceof AbortError)) return reason;
  const { DOMException } = require('internal/dom_exception');
  return new DOMException(reason.message, 'AbortError');
}

class PipeReader extends DefaultReaderCore {
  constructor(core, pipe) {
    super(core);
    this.pipe = pipe;
  }

  becameClosed() {
    super.becameClosed();
    this.pipe.checkSoon();
  }

  becameErrored(error) {
    super.becameErrored(error);
    this.pipe.checkSoon();
  }
}

class Pipe {
  #source;
  #destination;
  #options;
  #reader;
  #finished = withResolvers();
  #isReading = false; // a read request is under way
  #isShuttingDown = false;
  #unwritten = 0; // chunks handed to the destination which it has not written
  #onunwritten = undefined;
  #writeFailure = undefined; // the outcome of a pipe that waits for what then cannot be written
  #isBusy;
  #onabort = undefined;
  #frame = frames.current();

  constructor(source, destination, options) {
    this.#source = source;
    this.#destination = destination;
    this.#options = options;
    source.isDisturbed = true;
    this.#isBusy = destination.backpressure;
    this.#reader = new PipeReader(source, this);
    destination.writer = this;
  }

  start() {
    const { signal } = this.#options;
    if (signal !== undefined) {
      this.#onabort = () => this.#abort(signal);
      if (signal.aborted) {
        this.#onabort();
        return this.#finished.promise;
      }
      signal.addEventListener('abort', this.#onabort);
    }
    this.#check();
    this.#pump();
    return this.#finished.promise;
  }

  // As a writer

  becameBusy() {
    this.#isBusy = true;
  }

  becameReady() {
    this.#isBusy = false;
    this.#pump();
  }

  becameErroring() {}

  becameErrored() {
    this.checkSoon();
  }

  becameClosed() {
    this.checkSoon();
  }

  // As a write request

  resolve() {
    this.#unwritten--;
    if (this.#unwritten === 0) this.#onunwritten?.();
  }

  reject(error) {
    this.#writeFailure = { error };
    this.resolve();
  }

  // As a read request

  chunk(value) {
    // Whoever enqueues shall not find that it has called the sink.
    queueTask(() => {
      this.#isReading = false;
      this.#write(value);
      this.#pump();
    });
  }

  close() {
    this.#isReading = false;
  }

  error() {
    this.#isReading = false;
  }

  get #canMove() {
    return !this.#isBusy && !this.#isReading && !this.#isShuttingDown && this.#source.state === 'readable';
  }

  /** Move what waits in the source; if nothing does, ask for a chunk. */
  #pump() {
    const { controller } = this.#source;
    let hasMoved = false;
    while (this.#canMove) {
      const chunk = controller.takeForPipe();
      if (chunk === kNothing) break;
      hasMoved = true;
      this.#write(chunk);
    }
    if (hasMoved) {
      controller.pullIfNeeded();
      queueTask(() => this.#pump());
      return;
    }
    if (!this.#canMove) return;
    this.#isReading = true;
    this.#reader.read(this);
  }

  #write(chunk) {
    const destination = this.#destination;
    const size = destination.state === 'writable' ? destination.controller.sizeOf(chunk) : 0;
    if (destination.state !== 'writable' || destination.isClosing) return;
    this.#unwritten++;
    destination.write(chunk, size, this);
  }

  // The end

  /** In the context of `pipeTo`: the end comes from the source or the destination, and is the pipe's own doing. */
  checkSoon() {
    queueTask(() => frames.runIn(this.#frame, () => this.#check()));
  }

  #check() {
    if (this.#isShuttingDown) return;
    const source = this.#source;
    const destination = this.#destination;
    const { preventAbort, preventCancel, preventClose } = this.#options;
    if (source.state === 'errored') {
      const error = source.storedError;
      this.#shutdown(preventAbort ? undefined : () => destination.abort(error), { error });
    } else if (destination.state === 'errored') {
      const error = destination.storedError;
      this.#shutdown(preventCancel ? undefined : () => source.cancel(error), { error });
    } else if (source.state === 'closed') {
      this.#shutdown(preventClose ? undefined : () => this.#closeDestination());
    } else if (destination.isClosing || destination.state === 'closed') {
      const error = new ERR_INVALID_STATE.TypeError('Destination WritableStream is closed');
      this.#shutdown(preventCancel ? undefined : () => source.cancel(error), { error });
    }
  }

  #closeDestination() {
    const destination = this.#destination;
    if (destination.isClosing || destination.state === 'closed') return resolvedWith();
    return destination.state === 'errored' ? rejectedWith(destination.storedError) : destination.close();
  }

  #abort(signal) {
    const reason = toAbortReason(signal.reason);
    const { preventAbort, preventCancel } = this.#options;
    const source = this.#source;
    const destination = this.#destination;
    const actions = [];
    if (!preventAbort) actions.push(async () => destination.state === 'writable' && destination.abort(reason));
    if (!preventCancel) actions.push(async () => source.state === 'readable' && source.cancel(reason));
    this.#shutdown(async () => { await Promise.all(actions.map((action) => action())); }, { error: reason });
  }

  /** `outcome.error`, where there is an outcome, is what the pipe is rejected with. */
  #shutdown(action, outcome) {
    if (this.#isShuttingDown) return;
    this.#isShuttingDown = true;
    const frame = frames.current();
    const proceed = () => frames.runIn(frame, () => {
      if (this.#onunwritten !== undefined && this.#writeFailure !== undefined) {
        this.#finalize(this.#writeFailure);
        return;
      }
      this.#onunwritten = undefined;
      if (action === undefined) this.#finalize(outcome);
      else then(action(), () => this.#finalize(outcome), (error) => this.#finalize({ error }));
    });
    const { state, isClosing } = this.#destination;
    if (state !== 'writable' || isClosing) proceed();
    else if (this.#unwritten === 0) queueTask(proceed);
    else this.#onunwritten = () => queueTask(proceed);
  }

  #finalize(outcome) {
    this.#destination.writer = null;
    this.#reader.release();
    this.#options.signal?.removeEventListener('abort', this.#onabort);
    if (outcome === undefined) this.#finished.resolve();
    else this.#finished.reject(outcome.error);
  }
}

/** Pipe between cores that are not locked. */
function pipe(source, destination, options) {
  return new Pipe(source, destination, options).start();
}

module.exports = { pipe };
