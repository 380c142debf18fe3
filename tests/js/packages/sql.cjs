// sql.js: SQLite in WebAssembly.
const assert = require('assert/strict');
require('sql.js')().then((SQL) => {
  const db = new SQL.Database();
  db.run('CREATE TABLE t (a INT, b CHAR, c BLOB); INSERT INTO t VALUES (0, "hello", x\'0102\'), (1, "é", NULL);');
  console.log(db.exec('SELECT * FROM t'));
  const statement = db.prepare('SELECT * FROM t WHERE a = :a');
  console.log(statement.getAsObject({ ':a': 1 }));
  statement.free();
  db.create_function('twice', (x) => x * 2);
  for (let i = 0; i < 500; i++) db.run('INSERT INTO t VALUES (?, ?, ?)', [i, `x${i}`, new Uint8Array([i])]);
  console.log(db.exec('SELECT sum(twice(a)), count(*) FROM t')[0].values);
  assert.throws(() => db.exec('SELEC'), /syntax error/);
  console.log(new SQL.Database(db.export()).exec('SELECT count(*) FROM t')[0]);
  db.close();
});
