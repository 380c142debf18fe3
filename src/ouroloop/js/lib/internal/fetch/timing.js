'use strict';

// FetchTiming: when each part of a fetch was, for the entries of performance that tell of resources.
// Source: https://fetch.spec.whatwg.org/#fetch-timing-info
//
// What surprises people: a connection that was used again counts as made at once, when the fetch began; the name of the
// entry is the URL that was asked for, whatever the redirects were.

const { performance } = require('perf_hooks');

class FetchTiming {
  startTime = performance.now();
  redirectStartTime = 0;
  redirectEndTime = 0;
  postRedirectStartTime = this.startTime;
  finalServiceWorkerStartTime = 0;
  finalNetworkRequestStartTime = 0;
  finalNetworkResponseStartTime = 0;
  endTime = 0;
  encodedBodySize = 0;
  decodedBodySize = 0;
  finalConnectionTimingInfo = null;

  redirected() {
    if (this.redirectStartTime === 0) this.redirectStartTime = this.startTime;
    this.redirectEndTime = this.postRedirectStartTime = performance.now();
  }

  /** The request has its connection, which was begun when the last redirect, or the fetch, began. */
  connected() {
    const begin = this.postRedirectStartTime;
    const now = performance.now();
    this.finalConnectionTimingInfo = {
      domainLookupStartTime: begin,
      domainLookupEndTime: begin,
      connectionStartTime: begin,
      connectionEndTime: now,
      secureConnectionStartTime: begin,
      ALPNNegotiatedProtocol: undefined,
    };
    this.finalNetworkRequestStartTime = now;
  }

  responded() {
    this.finalNetworkResponseStartTime = performance.now();
  }

  /** It is over; `status` is 0 if it failed. */
  report(url, status) {
    if (this.endTime !== 0) return;
    this.endTime = performance.now();
    performance.markResourceTiming(this, url, 'fetch', globalThis, '', {}, status, '');
  }
}

module.exports = { FetchTiming };
