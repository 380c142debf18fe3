// memory-level: a key-value store with iterators, batches and sublevels.
const assert = require('assert/strict');
const { MemoryLevel } = require('memory-level');
(async () => {
  const db = new MemoryLevel({ valueEncoding: 'json' });
  await db.batch([{ type: 'put', key: 'b', value: { x: 1 } }, { type: 'put', key: 'a', value: [2] }]);
  console.log(await db.get('a'), await db.get('none'));
  for await (const entry of db.iterator({ gte: 'a', reverse: true })) console.log(entry);
  const sub = db.sublevel('s');
  await sub.put('q', 'r');
  console.log(await db.keys().all(), await sub.values().all());
  await db.close();
  await assert.rejects(db.get('a'), { code: 'LEVEL_DATABASE_NOT_OPEN' });
})();
