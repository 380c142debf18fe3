// fast-xml-parser: XML to objects and back.
import assert from 'node:assert/strict';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
const options = { ignoreAttributes: false, attributeNamePrefix: '@' };
const found = new XMLParser(options).parse('<a id="1"><b>x</b><b>2</b><c/><![CDATA[<raw>]]></a>');
assert.deepEqual(found.a.b, ['x', 2]);
console.log(JSON.stringify(found), new XMLBuilder(options).build(found));
