// prettier: formats JavaScript, TypeScript, CSS, Markdown.
import assert from 'node:assert/strict';
import * as prettier from 'prettier';
const js = await prettier.format('const a={b:1,c:[1,2,3]};async function f(x){if(x)return await g(x)??1}', { parser: 'babel' });
assert.match(js, /const a = \{ b: 1, c: \[1, 2, 3\] \};/);
console.log(js);
console.log(await prettier.format('interface A<T>{x:T;y?:string|number}', { parser: 'typescript' }));
console.log(await prettier.format('a{color:red;b{margin:0 1px}}', { parser: 'css' }));
console.log(await prettier.format('*  x\n* y\n\n| a|b |\n|-|-|\n|1|2|', { parser: 'markdown' }));
