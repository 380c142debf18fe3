// date-fns: dates by functions.
import assert from 'node:assert/strict';
import { addMonths, differenceInCalendarDays, format, parseISO } from 'date-fns';
import { de } from 'date-fns/locale';
const day = new Date(2024, 0, 31, 12, 30);
assert.equal(format(addMonths(day, 1), 'yyyy-MM-dd'), '2024-02-29');
console.log(format(day, 'EEEE, do MMMM yyyy HH:mm', { locale: de }), differenceInCalendarDays(parseISO('2024-03-01'), day));
