'use strict';

// What the two flavours of paths share: the walk over segments, and what an extension is.
//
// `separator` is the only separator in `path` here; its owner has replaced others.

const DOT = 46;

/** The segments of `path` without detours, joined; '..' that lead above the start are kept in relative paths. */
function collapse(path, isAbsolute, separator) {
  const { length } = path;
  let kept = '';
  let depth = 0;
  for (let start = 0, end; start < length; start = end + 1) {
    end = path.indexOf(separator, start);
    if (end === -1) end = length;
    const size = end - start;
    if (size === 0) continue;
    const isDotted = size < 3 && path.charCodeAt(start) === DOT;
    if (isDotted && size === 1) continue;
    if (!isDotted || path.charCodeAt(start + 1) !== DOT) {
      const segment = path.slice(start, end);
      kept = kept === '' ? segment : `${kept}${separator}${segment}`;
      depth++;
    } else if (depth > 0) {
      kept = depth-- === 1 && isAbsolute ? '' : kept.slice(0, Math.max(kept.lastIndexOf(separator), 0));
    } else if (!isAbsolute) {
      kept = kept === '' ? '..' : `${kept}${separator}..`;
    }
  }
  return kept;
}

/** Where the extension of the segment [start, end) begins; -1 if it has none. A segment's first dot begins none. */
function extensionStart(path, start, end) {
  let dot = end - 1;
  while (dot > start && path.charCodeAt(dot) !== DOT) dot--;
  if (dot <= start) return -1;
  const isParent = dot === start + 1 && dot === end - 1 && path.charCodeAt(start) === DOT;
  return isParent ? -1 : dot;
}

module.exports = { collapse, extensionStart };
