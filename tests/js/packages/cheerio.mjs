// cheerio: jQuery on a parsed page.
import assert from 'node:assert/strict';
import * as cheerio from 'cheerio';
const $ = cheerio.load('<ul id=fruits><li class=apple>Apple<li class=pear>Pear</ul>');
$('.apple').addClass('red').after('<li>Plum</li>');
assert.equal($('li').length, 3);
assert.equal($('#fruits > .pear').text(), 'Pear');
console.log($.html());
