// moment: dates.
const assert = require('assert/strict');
const moment = require('moment');
const day = moment.utc('2024-01-31T10:00:00Z');
assert.equal(day.clone().add(1, 'month').format('YYYY-MM-DD'), '2024-02-29');
console.log(day.format('dddd, MMMM Do YYYY, h:mm a'), moment.duration(100, 'minutes').humanize(), day.isoWeek());
