// effect: programs as values, with fibers, queues and schedules. Its modules export names like `await`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Duration, Effect, Fiber, Queue, Ref, Schedule, Schema } from 'effect';
const program = Effect.gen(function* () {
  const counter = yield* Ref.make(0);
  const fiber = yield* Effect.forkChild(Effect.repeat(Ref.update(counter, (n) => n + 1), Schedule.recurs(4)));
  yield* Fiber.join(fiber);
  const queue = yield* Queue.unbounded();
  yield* Queue.offerAll(queue, [1, 2, 3]);
  yield* Effect.sleep(Duration.millis(3));
  return [yield* Ref.get(counter), yield* Queue.takeAll(queue)];
});
assert.deepEqual(await Effect.runPromise(program), [5, [1, 2, 3]]);
console.log(await Effect.runPromise(Effect.timeoutOption(Effect.never, '3 millis')));
console.log(await Effect.runPromise(Effect.flip(Effect.fail(new Error('no')).pipe(Effect.retry({ times: 2 })))).then(String));
console.log(Schema.decodeUnknownSync(Schema.Struct({ a: Schema.NumberFromString }))({ a: '4' }));
console.log(typeof createRequire(import.meta.url)('effect').Effect.succeed);
