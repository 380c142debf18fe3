// xstate: state machines and actors.
import assert from 'node:assert/strict';
import { assign, createActor, fromPromise, setup, waitFor } from 'xstate';
const machine = setup({ actors: { load: fromPromise(async ({ input }) => input.x * 2) } }).createMachine({
  initial: 'idle',
  context: { got: 0 },
  states: {
    idle: { on: { GO: 'busy' } },
    busy: {
      invoke: { src: 'load', input: { x: 4 }, onDone: { target: 'rest', actions: assign({ got: ({ event }) => event.output }) } },
    },
    rest: { after: { 3: 'end' } },
    end: { type: 'final' },
  },
});
const actor = createActor(machine);
const seen = [];
actor.subscribe((snapshot) => seen.push(snapshot.value));
actor.start().send({ type: 'GO' });
await waitFor(actor, (snapshot) => snapshot.status === 'done');
assert.equal(actor.getSnapshot().context.got, 8);
console.log(seen);
