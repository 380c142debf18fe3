// vue: components compiled and rendered on the server, and reactive values.
import assert from 'node:assert/strict';
import { computed, createSSRApp, nextTick, reactive, ref, watch } from 'vue';
import { renderToString } from '@vue/server-renderer';
const app = createSSRApp({
  data: () => ({ n: 1, list: ['a', '<b>'] }),
  computed: { double() { return this.n * 2; } },
  template: '<div :class="{ on: n }" @click="n++"><p v-for="x in list" :key="x">{{ x }}-{{ double }}</p></div>',
});
console.log(await renderToString(app));
const n = ref(0);
const seen = [];
watch(n, (now, before) => seen.push([now, before]));
n.value++;
n.value++;
await nextTick();
assert.deepEqual(seen, [[2, 0]]);
console.log(computed(() => n.value * 2).value, reactive({ a: { b: 1 } }));
