'use strict';

// Prints, as JSON, the public names of each core module: what it exports, and the methods of the classes among that.
// A name that is only there to say that it is not (`… is not in this version of Ouroloop`) is left out.

const OURS = 'ouroloop' in process.versions;

/** Whether a function of ours says nothing but that it is not there. Node's functions are not looked at. */
function isEmptyRoom(module, name, value) {
  if (!OURS || typeof value !== 'function') return false;
  const text = Function.prototype.toString.call(value);
  return text.includes(`notThere('${module}.${name}`) || (text.length < 200 && text.includes('notThere('));
}

/** Ours with those that are inherited: they are there, whichever class has them. */
function methodsOf(prototype) {
  const names = new Set();
  for (let each = prototype; each && each !== Object.prototype; each = OURS && Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) names.add(name);
  }
  return names;
}

function namesOf(module) {
  const names = [];
  const exported = require(`node:${module}`);
  for (const name of Object.getOwnPropertyNames(exported)) {
    if (name.startsWith('_') || ['length', 'name', 'prototype'].includes(name)) continue;
    let value;
    try { value = exported[name]; } catch { continue; }
    if (isEmptyRoom(module, name, value)) continue;
    names.push(name);
    if (typeof value !== 'function' || !/^[A-Z]/.test(name) || !value.prototype) continue;
    for (const method of methodsOf(value.prototype)) {
      if (!method.startsWith('_') && method !== 'constructor') names.push(`${name}.prototype.${method}`);
    }
  }
  return names.sort();
}

const modules = {};
for (const module of require('node:module').builtinModules) {
  const plain = module.replace(/^node:/, '');
  if (plain.startsWith('_') || ['sys', 'constants'].includes(plain)) continue;
  try { modules[plain] = namesOf(plain); } catch { modules[plain] = []; }
}
console.log(JSON.stringify(modules));
