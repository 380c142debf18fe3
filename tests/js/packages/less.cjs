// less: style sheets.
const assert = require('assert/strict');
const less = require('less');
less.render('@c: #336699; .a { color: darken(@c, 10%); &:hover { .m(2px); } } .m(@w) { border: @w solid; }').then(({ css }) => {
  assert.match(css, /\.a:hover/);
  console.log(css);
});
