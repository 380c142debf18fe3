'use strict';

// node:trace_events: turning the recording of trace events on and off while a program runs.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_TRACE_EVENTS_CATEGORY_REQUIRED } } = require('internal/errors');
const { validateObject, validateStringArray } = require('internal/validators');
const { customInspectSymbol } = require('internal/util');
const events = require('internal/trace_events');

const MANY = 10;
const enabled = new Set(); // what nobody holds stays on all the same

class Tracing {
  #categories;

  constructor(categories) {
    this.#categories = categories;
  }

  enable() {
    if (this.enabled) return;
    require('internal/process/permission').demandFile('fs.write', events.file());
    events.enable(this.#categories);
    enabled.add(this);
    if (enabled.size > MANY) {
      process.emitWarning(
        `Possible trace_events memory leak detected. There are more than ${MANY} enabled Tracing objects.`);
    }
  }

  disable() {
    if (enabled.delete(this)) events.disable(this.#categories);
  }

  get enabled() {
    return enabled.has(this);
  }

  get categories() {
    return this.#categories.join(',');
  }

  [customInspectSymbol](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    return `Tracing ${inspect({ enabled: this.enabled, categories: this.categories }, options)}`;
  }
}

function createTracing(options) {
  validateObject(options, 'options');
  if (!Array.isArray(options.categories)) {
    throw new ERR_INVALID_ARG_TYPE('options.categories', 'Array', options.categories);
  }
  validateStringArray(options.categories, 'options.categories');
  if (options.categories.length === 0) throw new ERR_TRACE_EVENTS_CATEGORY_REQUIRED();
  return new Tracing(options.categories);
}

module.exports = { createTracing, getEnabledCategories: events.enabledCategories };
