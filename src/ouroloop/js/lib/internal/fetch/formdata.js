'use strict';

// FormData: the fields of a form, texts and files, in the order in which they were appended.

const { customInspectSymbol, isObject } = require('internal/util');
const { defineEnumerable, defineTag } = require('internal/util/class_looks');
const { NEITHER, defineTransferMode } = require('internal/worker/js_transferable');
const { Blob, isBlob } = require('internal/blob');
const { File } = require('internal/file');
const { defineIteration } = require('internal/fetch/iterator');
const { illegalInvocation, inspectFields, requireArguments, requireInstance, toScalarString } =
  require('internal/fetch/webidl');

/** The value of a field: a text, or a File, made of a Blob that is none or that gets another name. */
function toValue(value, filename) {
  if (!isBlob(value)) return toScalarString(value);
  if (value instanceof File && filename === undefined) return value;
  const { type, lastModified } = value;
  return new File([value], filename ?? 'blob', { type, lastModified });
}

/** The arguments of append() and set(), converted. */
function toField(args, context) {
  const [name, value, filename] = args;
  requireArguments(args, 2, context);
  if (args.length === 3 && !isBlob(value)) requireInstance(value, Blob, context, 'value');
  const field = toScalarString(name);
  return [field, toValue(value, args.length === 3 ? toScalarString(filename) : undefined)];
}

let isFormData;
let pairsOf;

class FormData {
  #pairs = [];

  static {
    isFormData = (value) => isObject(value) && #pairs in value;
    pairsOf = (form) => {
      if (!isFormData(form)) throw illegalInvocation('FormData');
      return form.#pairs;
    };
  }

  constructor(form = undefined) {
    if (form !== undefined) {
      throw new TypeError('FormData constructor: Argument 1 could not be converted to: undefined.');
    }
  }

  append(name, value, filename = undefined) {
    pairsOf(this).push(toField(arguments, 'FormData.append'));
  }

  delete(name) {
    pairsOf(this);
    requireArguments(arguments, 1, 'FormData.delete');
    const wanted = toScalarString(name);
    this.#pairs = this.#pairs.filter(([each]) => each !== wanted);
  }

  get(name) {
    pairsOf(this);
    requireArguments(arguments, 1, 'FormData.get');
    const wanted = toScalarString(name);
    return this.#pairs.find(([each]) => each === wanted)?.[1] ?? null;
  }

  getAll(name) {
    pairsOf(this);
    requireArguments(arguments, 1, 'FormData.getAll');
    const wanted = toScalarString(name);
    return this.#pairs.filter(([each]) => each === wanted).map(([, value]) => value);
  }

  has(name) {
    pairsOf(this);
    requireArguments(arguments, 1, 'FormData.has');
    const wanted = toScalarString(name);
    return this.#pairs.some(([each]) => each === wanted);
  }

  set(name, value, filename = undefined) {
    const pairs = pairsOf(this);
    const field = toField(arguments, 'FormData.set');
    const place = pairs.findIndex(([each]) => each === field[0]);
    if (place === -1) {
      pairs.push(field);
      return;
    }
    this.#pairs = pairs.filter(([each], index) => index <= place || each !== field[0]);
    this.#pairs[place] = field;
  }

  [customInspectSymbol](depth, options) {
    const fields = Object.entries(Object.groupBy(pairsOf(this), ([name]) => name))
      .map(([name, pairs]) => [name, pairs.length === 1 ? pairs[0][1] : pairs.map(([, value]) => value)]);
    return inspectFields('FormData', Object.fromEntries(fields), depth, options);
  }
}

defineEnumerable(FormData, 'append', 'delete', 'get', 'getAll', 'has', 'set');
defineIteration(FormData, (form) => pairsOf(form));
defineTag(FormData);
defineTransferMode(FormData, NEITHER, isFormData);

module.exports = { FormData, isFormData, pairsOf };
