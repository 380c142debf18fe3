'use strict';

// `path.format`: the parts of a path put together. The two flavours differ in the separator alone.
//
// `base` wins over `name` and `ext`, `dir` over `root`; a root already ends with its separator.

const { validateObject } = require('internal/validators');

function extensionOf({ ext }) {
  if (!ext) return '';
  return ext[0] === '.' ? ext : `.${ext}`;
}

function _format(separator, pathObject) {
  validateObject(pathObject, 'pathObject');
  const { root } = pathObject;
  const directory = pathObject.dir || root;
  const base = pathObject.base || `${pathObject.name || ''}${extensionOf(pathObject)}`;
  if (!directory) return base;
  return directory === root ? directory + base : directory + separator + base;
}

module.exports = { formatWith: (separator) => _format.bind(null, separator) };
