// rxjs: observables with schedulers.
const assert = require('assert/strict');
const { from, interval, of, asyncScheduler, asapScheduler, merge } = require('rxjs');
const { concatMap, delay, filter, map, observeOn, take, toArray, catchError } = require('rxjs/operators');
const log = [];
of('asap').pipe(observeOn(asapScheduler)).subscribe((x) => log.push(x));
of('async').pipe(observeOn(asyncScheduler)).subscribe((x) => log.push(x));
of('sync').subscribe((x) => log.push(x));
merge(
  interval(1).pipe(take(3), map((x) => x * 10)),
  from([1, 2, 3, 4]).pipe(filter((x) => x % 2 === 0), concatMap((x) => of(x).pipe(delay(30)))),
).pipe(toArray()).subscribe((all) => {
  assert.deepEqual(all, [0, 10, 20, 2, 4]);
  from(Promise.reject(new Error('bad'))).pipe(catchError((e) => of(e.message))).subscribe((m) => console.log(all.join(), log.join(), m));
});
