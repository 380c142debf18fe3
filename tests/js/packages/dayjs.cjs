// dayjs: small dates, with plugins.
const assert = require('assert/strict');
const dayjs = require('dayjs');
dayjs.extend(require('dayjs/plugin/utc'));
dayjs.extend(require('dayjs/plugin/timezone'));
dayjs.extend(require('dayjs/plugin/relativeTime'));
const day = dayjs.utc('2024-02-29T12:00:00Z');
assert.equal(day.add(1, 'year').format('YYYY-MM-DD'), '2025-02-28');
console.log(day.tz('America/New_York').format('dddd HH:mm Z'), day.from(day.subtract(3, 'day')));
