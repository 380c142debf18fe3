// jsdom: a browser's document.
const assert = require('assert/strict');
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('<p id=x class="a b">Hello <b>you</b></p>', { url: 'https://example.org/' });
const { document } = window;
const seen = [];
document.addEventListener('click', (e) => seen.push(e.target.tagName, e.eventPhase));
document.querySelector('b').click();
document.getElementById('x').insertAdjacentHTML('beforeend', '<i data-n="5">!</i>');
assert.deepEqual(seen, ['B', 3]);
console.log(document.body.innerHTML, document.querySelector('i').dataset.n, window.location.host);
