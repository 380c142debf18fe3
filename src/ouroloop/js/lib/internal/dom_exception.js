'use strict';
// DOMException, the error of the web's APIs.
//
// Its objects are real errors (they have a stack, `Error.isError` knows them) of a class that, as the standard wants,
// does not inherit from `Error` on the constructor's side. So the constructor returns an Error made with its own
// prototype, and the private `Details` are fastened to that. `name`, `message` and `code` are accessors of the
// prototype, and V8 reads them when `stack` is first asked for.

const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { kClone, kDeserialize, CLONEABLE, defineTransferMode } = require('internal/worker/js_transferable');

// Position is the legacy code; the names on the right are those of the errors, where such exist.
const legacyCodes = [
  ['INDEX_SIZE_ERR', 'IndexSizeError'],
  ['DOMSTRING_SIZE_ERR', undefined],
  ['HIERARCHY_REQUEST_ERR', 'HierarchyRequestError'],
  ['WRONG_DOCUMENT_ERR', 'WrongDocumentError'],
  ['INVALID_CHARACTER_ERR', 'InvalidCharacterError'],
  ['NO_DATA_ALLOWED_ERR', undefined],
  ['NO_MODIFICATION_ALLOWED_ERR', 'NoModificationAllowedError'],
  ['NOT_FOUND_ERR', 'NotFoundError'],
  ['NOT_SUPPORTED_ERR', 'NotSupportedError'],
  ['INUSE_ATTRIBUTE_ERR', 'InUseAttributeError'],
  ['INVALID_STATE_ERR', 'InvalidStateError'],
  ['SYNTAX_ERR', 'SyntaxError'],
  ['INVALID_MODIFICATION_ERR', 'InvalidModificationError'],
  ['NAMESPACE_ERR', 'NamespaceError'],
  ['INVALID_ACCESS_ERR', 'InvalidAccessError'],
  ['VALIDATION_ERR', undefined],
  ['TYPE_MISMATCH_ERR', 'TypeMismatchError'],
  ['SECURITY_ERR', 'SecurityError'],
  ['NETWORK_ERR', 'NetworkError'],
  ['ABORT_ERR', 'AbortError'],
  ['URL_MISMATCH_ERR', 'URLMismatchError'],
  ['QUOTA_EXCEEDED_ERR', 'QuotaExceededError'],
  ['TIMEOUT_ERR', 'TimeoutError'],
  ['INVALID_NODE_TYPE_ERR', 'InvalidNodeTypeError'],
  ['DATA_CLONE_ERR', 'DataCloneError'],
];

const codeByName = new Map();

// A constructor that returns its argument lets a derived class fasten private fields to an object made elsewhere.
function Existing(object) {
  return object;
}

class Details extends Existing {
  #name;
  #message;

  constructor(error, name, message) {
    super(error);
    this.#name = name;
    this.#message = message;
  }

  static isOn(value) {
    return typeof value === 'object' && value !== null && #name in value;
  }

  static nameOf(error) {
    return error.#name;
  }

  static messageOf(error) {
    return error.#message;
  }
}

function checkThis(value) {
  if (Details.isOn(value)) return;
  const error = new ERR_INVALID_THIS('DOMException');
  // The one place where this message lacks the word "type".
  error.message = 'Value of "this" must be of DOMException';
  throw error;
}

class DOMException {
  constructor(message = '', options = 'Error') {
    const error = Reflect.construct(Error, [], new.target);
    if (options !== null && typeof options === 'object') {
      new Details(error, `${options.name}`, `${message}`);
      if ('cause' in options) {
        Object.defineProperty(error, 'cause',
          { __proto__: null, value: options.cause, writable: true, enumerable: false, configurable: true });
      }
    } else {
      new Details(error, `${options}`, `${message}`);
    }
    return error;
  }

  get name() {
    checkThis(this);
    return Details.nameOf(this);
  }

  get message() {
    checkThis(this);
    return Details.messageOf(this);
  }

  get code() {
    checkThis(this);
    return codeByName.get(Details.nameOf(this)) ?? 0;
  }

  [kClone]() {
    const { name, message, stack } = this;
    return { type: 'internal/dom_exception:DOMException', data: { name, message, stack } };
  }

  static [kDeserialize]({ name, message, stack }) {
    const error = new DOMException(message, name);
    error.stack = stack;
    return error;
  }
}

defineTransferMode(DOMException, CLONEABLE, Details.isOn);

Object.setPrototypeOf(DOMException.prototype, Error.prototype);
for (const name of ['name', 'message', 'code']) {
  Object.defineProperty(DOMException.prototype, name, { __proto__: null, enumerable: true });
}
for (const [index, [constant, name]] of legacyCodes.entries()) {
  const descriptor = { __proto__: null, value: index + 1, enumerable: true };
  Object.defineProperty(DOMException, constant, descriptor);
  Object.defineProperty(DOMException.prototype, constant, descriptor);
  if (name !== undefined) codeByName.set(name, index + 1);
}
Object.defineProperty(DOMException.prototype, Symbol.toStringTag,
  { __proto__: null, value: 'DOMException', configurable: true });

module.exports = {
  DOMException,
};
