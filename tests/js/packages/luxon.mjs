// luxon: dates on Intl.
import assert from 'node:assert/strict';
import { DateTime, Duration, Interval } from 'luxon';
const t = DateTime.fromISO('2024-03-10T01:30:00', { zone: 'America/New_York' });
assert.equal(t.plus({ hours: 1 }).toISO(), '2024-03-10T03:30:00.000-04:00');
console.log(t.setLocale('fr').toLocaleString(DateTime.DATE_FULL), t.setZone('Asia/Tokyo').toFormat('cccc HH:mm ZZZZ'));
console.log(Duration.fromObject({ minutes: 135 }).shiftTo('hours', 'minutes').toHuman(), Interval.after(t, { days: 2 }).count('days'));
