// sass: compiled from Dart.
const assert = require('assert/strict');
const sass = require('sass');
const { css } = sass.compileString('@use "sass:math"; $w: 10px; .a { width: math.div($w, 4); &-b { @extend .a; color: mix(red, blue); } }');
assert.match(css, /width: 2\.5px/);
sass.compileStringAsync('@each $n in 1, 2 { .x#{$n} { order: $n } }', { style: 'compressed' }).then((r) => console.log(css, r.css));
