// nunjucks: templates with inheritance.
const assert = require('assert/strict');
const nunjucks = require('nunjucks');
const env = new nunjucks.Environment(new (nunjucks.Loader.extend({
  getSource: (name) => ({ src: { base: '<{% block b %}base{% endblock %}>', child: '{% extends "base" %}{% block b %}{{ super() }} {% for x in list %}{{ loop.index }}{{ x | upper }}{% endfor %}{% endblock %}' }[name], path: name, noCache: true }),
}))(), { autoescape: true });
env.addFilter('later', (x, done) => setTimeout(done, 1, null, `${x}!`), true);
assert.equal(env.render('child', { list: ['a', 'b'] }), '<base 1A2B>');
env.renderString('{{ "<x>" }} {{ v | later }}', { v: 5 }, (error, text) => console.log(text));
