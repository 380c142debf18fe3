// CommonJS: require, its cache, its cycles; import() from it.
'use strict';
const log = console.log;

//// a cycle sees what is there so far
const a = require('./a.js');
log('main', a.done);
//// + a.js
exports.done = false;
console.log('a before');
console.log('b in a', require('./b.js').done);
exports.done = true;
//// + b.js
exports.done = false;
console.log('a in b', require('./a.js').done);
exports.done = true;

//// a module is loaded once
log(require('./m.js') === require('./m.js'), require.cache[require.resolve('./m.js')].loaded);
delete require.cache[require.resolve('./m.js')];
require('./m.js');
//// + m.js
console.log('load', module.parent === undefined, module.id.endsWith('m.js'), module.loaded, require.main === module);

//// the wrapper
log(this === exports, exports === module.exports, arguments.length, __filename.endsWith('main.js'));
log(require.main === module, module.children.length, module.paths.length > 0, __dirname === process.cwd());

//// folders, index files, JSON and package.json
log(require('./folder'), require('./data').x, require('pkg'), require('pkg/sub'));
try {
  require('pkg/hidden');
} catch (e) {
  log(e.code);
}
//// + folder/index.js
module.exports = 'index';
//// + data.json
{"x": 1}
//// + node_modules/pkg/package.json
{"name": "pkg", "exports": {".": "./main.js", "./sub": "./lib/sub.js"}}
//// + node_modules/pkg/main.js
module.exports = 'main of pkg';
//// + node_modules/pkg/lib/sub.js
module.exports = 'sub';
//// + node_modules/pkg/hidden.js
module.exports = 'hidden';

//// what is not there
for (const name of ['./none', 'none', 'node:none', '']) {
  try {
    require(name);
  } catch (e) {
    log(e.code, e.message.split('\n')[0].replace(/'.*'/, 'X'));
  }
}

//// import() from CommonJS
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));
import('./m.mjs').then((m) => log('imported', m.default));
log('main');
//// + m.mjs
console.log('module');
export default 5;

//// import() of CommonJS with names
import('./c.js').then((m) => log(Object.keys(m).sort().join(), m.default.a, m.a));
//// + c.js
exports.a = 1;
exports.b = 2;

//// conditions of exports
log(require('dual').kind);
import('dual').then((m) => log(m.kind));
//// + node_modules/dual/package.json
{"name": "dual", "exports": {"import": "./m.mjs", "require": "./c.cjs"}}
//// + node_modules/dual/m.mjs
export const kind = 'import';
//// + node_modules/dual/c.cjs
exports.kind = 'require';

//// type module by package.json
import('./sub/x.js').then((m) => {
  log(m.isModule);
  log(require('./sub/y.cjs'));
});
//// + sub/package.json
{"type": "module"}
//// + sub/x.js
export const isModule = typeof require === 'undefined';
//// + sub/y.cjs
module.exports = 'cjs';

//// ticks while modules load
process.nextTick(log, 'tick of main');
require('./a.js');
log('main');
//// + a.js
process.nextTick(console.log, 'tick of a');
Promise.resolve().then(() => console.log('micro of a'));
console.log('a');

//// builtins with and without node:
log(require('fs') === require('node:fs'), require('module').isBuiltin('fs'), require('module').isBuiltin('x'));
log(require.resolve('fs'), require.resolve('node:fs'));

//// import() in a tick, a timer and an immediate
const get = (name) => import('./m.mjs').then(() => log(name));
process.nextTick(get, 'tick');
setTimeout(() => get('timer').then(() => setImmediate(() => get('immediate'))), 20);
//// + m.mjs
console.log('m');
