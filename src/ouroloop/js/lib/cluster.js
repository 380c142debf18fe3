'use strict';

// cluster: several processes that share ports. What it is depends on whether this process is one of the workers.

module.exports = require('NODE_UNIQUE_ID' in process.env ? 'internal/cluster/child' : 'internal/cluster/primary');
