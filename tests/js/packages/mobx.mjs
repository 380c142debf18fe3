// mobx: values that are watched.
import assert from 'node:assert/strict';
import { autorun, makeAutoObservable, observable, runInAction, when } from 'mobx';
class Counter {
  n = 1;
  list = [];
  constructor() { makeAutoObservable(this); }
  get double() { return this.n * 2; }
  add() { this.n++; }
  *load() { this.list.push(yield Promise.resolve(9)); }
}
const counter = new Counter();
const stop = autorun(() => console.log('seen', counter.double, counter.list.length));
counter.add();
await counter.load();
runInAction(() => { counter.n = 10; counter.list.push(1); });
stop();
setTimeout(() => counter.add(), 2);
await when(() => counter.n === 11);
assert.deepEqual(counter.list.slice(), [9, 1]);
console.log(counter, observable(new Map([['a', 1]])), counter.list);
