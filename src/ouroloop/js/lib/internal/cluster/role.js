'use strict';

// Whether this process is a worker of a cluster: `worker` is `cluster` then, and servers ask it for their handles.

module.exports = { worker: undefined };
