'use strict';

// node:trace_events: V8's trace log is out of reach here, so tracing cannot be turned on.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_TRACE_EVENTS_CATEGORY_REQUIRED },
} = require('internal/errors');
const { validateObject, validateStringArray } = require('internal/validators');
const { customInspectSymbol } = require('internal/util');
const { notThere } = require('internal/not_there');

class Tracing {
  #categories;

  constructor(categories) {
    this.#categories = categories;
  }

  enable() {
    throw notThere('trace_events: tracing.enable()');
  }

  disable() {}

  get enabled() {
    return false;
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
  if (!Array.isArray(options.categories)) throw new ERR_INVALID_ARG_TYPE('options.categories', 'Array', options.categories);
  validateStringArray(options.categories, 'options.categories');
  if (options.categories.length === 0) throw new ERR_TRACE_EVENTS_CATEGORY_REQUIRED();
  return new Tracing(options.categories);
}

/** The categories that are being traced: none. */
function getEnabledCategories() {
  return undefined;
}

module.exports = { createTracing, getEnabledCategories };
