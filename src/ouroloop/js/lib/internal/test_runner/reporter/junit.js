'use strict';

// junit: an XML document, in the form that JUnit's reports have.

const { inspectSafely } = require('internal/test_runner/reporter/lines');

const ESCAPES = { '__proto__': null, '&': '&amp;', '<': '&lt;', '"': '&quot;' };

const escapeAttribute = (text) => String(text).replace(/[&<"]/g, (char) => ESCAPES[char]).replace(/\n/g, '');
const escapeContent = (text) => String(text).replace(/[&<]/g, (char) => ESCAPES[char]);
const escapeComment = (text) => String(text).replace(/--/g, '&#45;&#45;');

const INSPECT_OPTIONS = { __proto__: null, colors: false, breakLength: Infinity };

function write({ tag, attributes, nesting, children, comment }) {
  const indent = '\t'.repeat(nesting + 1);
  if (comment !== undefined) return `${indent}<!-- ${escapeComment(comment)} -->\n`;
  const list = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`).join('');
  if (children.length === 0) return `${indent}<${tag}${list}/>\n`;
  const writeChild = (child) => (typeof child === 'string' ? `${escapeContent(child)}\n` : write(child));
  const inner = children.map(writeChild).join('');
  return `${indent}<${tag}${list}>\n${inner}${indent}</${tag}>\n`;
}

const is = (node, kind) => node.tag === kind;

function isFailed({ attributes, children }) {
  return attributes?.failure !== undefined || children?.some((each) => is(each, 'failure'));
}

const isSkipped = ({ children }) => children?.some((each) => is(each, 'skipped'));

class Document {
  root = [];
  #current = null; // the innermost test that has started

  add(node) {
    if (this.#current === null) this.root.push(node);
    else this.#current.children.push(node);
  }

  start({ name, nesting }) {
    const suite = {
      nesting, parent: this.#current, tag: 'testsuite', attributes: { __proto__: null, name }, children: [],
      startedAt: new Date().toISOString(),
    };
    this.add(suite);
    this.#current = suite;
  }

  end(data) {
    const open = this.#current;
    if (open === null || open.attributes.name !== data.name || open.nesting !== data.nesting) {
      this.start(data);
    }
    const node = this.#current;
    this.#current = node.parent;
    const { duration_ms } = data.details;
    node.attributes.time = (duration_ms / 1000).toFixed(6);
    const tests = node.children.filter(({ comment }) => comment === undefined);
    if (tests.length > 0) this.#closeSuite(node, tests);
    else this.#closeCase(node, data);
  }

  #closeSuite({ attributes, startedAt }, tests) {
    attributes.disabled = 0;
    attributes.errors = 0;
    attributes.tests = tests.length;
    attributes.failures = tests.filter(isFailed).length;
    attributes.skipped = tests.filter(isSkipped).length;
    attributes.timestamp = startedAt;
    attributes.hostname = require('os').hostname();
  }

  #closeCase(node, { skip, todo, classname, file, details: { error } }) {
    node.tag = 'testcase';
    node.attributes.classname = classname ?? 'test';
    if (file) node.attributes.file = file;
    const inner = { nesting: node.nesting + 1, children: [] };
    if (skip !== undefined) {
      node.children.push({ ...inner, tag: 'skipped', attributes: { __proto__: null, type: 'skipped', message: skip } });
    }
    if (todo !== undefined) {
      node.children.push({ ...inner, tag: 'skipped', attributes: { __proto__: null, type: 'todo', message: todo } });
    }
    if (error === undefined) return;
    const { failureType, message = '' } = error;
    const shown = error.code === 'ERR_TEST_FAILURE' && error.failureType !== undefined ? error : error.cause ?? error;
    node.children.push({
      ...inner,
      tag: 'failure',
      attributes: { __proto__: null, type: failureType || error.code, message },
      children: [inspectSafely(shown, INSPECT_OPTIONS)],
    });
    node.attributes.failure = message;
  }

  get depth() {
    return this.#current === null ? -1 : this.#current.nesting;
  }
}

module.exports = async function* junit(source) {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n';
  const document = new Document();
  for await (const { type, data } of source) {
    switch (type) {
      case 'test:start':
        document.start(data);
        break;
      case 'test:pass':
      case 'test:fail':
        document.end(data);
        break;
      case 'test:diagnostic':
      case 'test:log':
        document.add({ nesting: document.depth + 1, comment: data.message });
        break;
      default:
    }
  }
  for (const node of document.root) yield write(node);
  yield '</testsuites>\n';
};
