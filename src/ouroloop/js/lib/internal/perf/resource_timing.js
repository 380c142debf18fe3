'use strict';

// PerformanceResourceTiming: how long the parts of fetching something took (W3C Resource Timing).
//
// Every attribute is a look into the timing info that the fetch kept; `toJSON` has them all in the order of the
// table.

const { codes: { ERR_INTERNAL_ASSERTION, ERR_INVALID_THIS } } = require('internal/errors');
const { kEnumerableProperty } = require('internal/util');
const { PerformanceEntry, kKey } = require('internal/perf/performance_entry');

const HEADERS_SIZE = 300; // what the standard adds to a body for the headers

const transferSize = ({ cacheMode, timing }) => {
  if (cacheMode === 'local') return 0;
  return cacheMode === 'validated' ? HEADERS_SIZE : timing.encodedBodySize + HEADERS_SIZE;
};

const attributes = {
  startTime: ({ timing }) => timing.startTime,
  duration: ({ timing }) => timing.endTime - timing.startTime,
  initiatorType: ({ initiatorType }) => initiatorType,
  nextHopProtocol: ({ timing }) => timing.finalConnectionTimingInfo?.ALPNNegotiatedProtocol,
  workerStart: ({ timing }) => timing.finalServiceWorkerStartTime,
  redirectStart: ({ timing }) => timing.redirectStartTime,
  redirectEnd: ({ timing }) => timing.redirectEndTime,
  fetchStart: ({ timing }) => timing.postRedirectStartTime,
  domainLookupStart: ({ timing }) => timing.finalConnectionTimingInfo?.domainLookupStartTime,
  domainLookupEnd: ({ timing }) => timing.finalConnectionTimingInfo?.domainLookupEndTime,
  connectStart: ({ timing }) => timing.finalConnectionTimingInfo?.connectionStartTime,
  connectEnd: ({ timing }) => timing.finalConnectionTimingInfo?.connectionEndTime,
  secureConnectionStart: ({ timing }) => timing.finalConnectionTimingInfo?.secureConnectionStartTime,
  requestStart: ({ timing }) => timing.finalNetworkRequestStartTime,
  responseStart: ({ timing }) => timing.finalNetworkResponseStartTime,
  responseEnd: ({ timing }) => timing.endTime,
  transferSize,
  encodedBodySize: ({ timing }) => timing.encodedBodySize,
  decodedBodySize: ({ timing }) => timing.decodedBodySize,
  deliveryType: ({ deliveryType }) => deliveryType,
  responseStatus: ({ responseStatus }) => responseStatus,
};

let read;

class PerformanceResourceTiming extends PerformanceEntry {
  #resource;

  static {
    read = (entry, attribute) => {
      if (entry !== Object(entry) || !(#resource in entry)) throw new ERR_INVALID_THIS('PerformanceResourceTiming');
      return attribute(entry.#resource);
    };
  }

  constructor(key, requestedUrl, resource) {
    super(key, requestedUrl, 'resource');
    this.#resource = resource;
  }

  toJSON() {
    const json = { name: this.name, entryType: this.entryType };
    for (const name of Object.keys(attributes)) json[name] = read(this, attributes[name]);
    return json;
  }
}

for (const [name, attribute] of Object.entries(attributes)) {
  const { get } = Object.getOwnPropertyDescriptor({
    get [name]() {
      return read(this, attribute);
    },
  }, name);
  const enumerable = name !== 'startTime' && name !== 'duration';
  Object.defineProperty(PerformanceResourceTiming.prototype, name, {
    __proto__: null, get, enumerable, configurable: true,
  });
}
Object.defineProperties(PerformanceResourceTiming.prototype, {
  toJSON: kEnumerableProperty,
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'PerformanceResourceTiming' },
});

/** Make and keep the entry of something that was fetched; `tellFull` is called when the timeline's buffer is full. */
function markResourceTiming(tellFull, timing, requestedUrl, initiatorType, cacheMode, responseStatus, deliveryType) {
  if (cacheMode !== '' && cacheMode !== 'local') {
    throw new ERR_INTERNAL_ASSERTION("cache must be an empty string or 'local'");
  }
  const resource = { timing, initiatorType, cacheMode, responseStatus, deliveryType };
  const entry = new PerformanceResourceTiming(kKey, requestedUrl, resource);
  require('internal/perf/observe').enqueue(entry);
  require('internal/perf/timeline').addResource(entry, tellFull);
  return entry;
}

module.exports = { PerformanceResourceTiming, markResourceTiming };
