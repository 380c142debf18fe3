'use strict';
// How inspect puts the parts of a value on lines.
// With `compact` a number n, a value whose innermost n levels fit in `breakLength` stands on one line; everything else
// has a line for each entry, and arrays of more than six short entries are laid out in columns first. `compact: true`
// fills lines as far as they go, `compact: false` never joins them.
// The column count aims at a block about 2.5 times as wide as high, as a character is about 2.5 times as high as wide.

const { getStringWidth, lengthWithoutColors } = require('internal/util/inspect/strings');

const GAP = 2;
const MOST_COLUMNS = 15;
const CHARACTER_ASPECT = 2.5;
const FEWEST_TO_GROUP = 7;

function fitsOnLine(printer, entries, start, base) {
  let length = entries.length + start;
  if (length + entries.length > printer.breakLength) return false;
  for (const entry of entries) {
    length += lengthWithoutColors(entry, printer.colors);
    if (length > printer.breakLength) return false;
  }
  return base === '' || !base.includes('\n');
}

/** Columns for entries of these widths, or 1 when a list reads better. */
function columnCount(printer, widths, entryCount) {
  let total = 0;
  let widest = 0;
  for (const width of widths) {
    total += width + GAP;
    if (width > widest) widest = width;
  }
  const cell = widest + GAP;
  if (cell * 3 + printer.indentation >= printer.breakLength) return 1;
  if (total / cell <= 5 && widest > 6) return 1;
  // One very long entry among short ones must not make all columns as wide as that one looks.
  const typicalCell = Math.max(cell - 3 - Math.sqrt(cell - total / entryCount), 1);
  return Math.min(
    Math.round(Math.sqrt(CHARACTER_ASPECT * typicalCell * widths.length) / typicalCell),
    Math.floor((printer.breakLength - printer.indentation) / cell),
    printer.compact * 4,
    MOST_COLUMNS,
  );
}

function isNumeric(value, count) {
  for (let i = 0; i < count; i++) {
    if (typeof value[i] !== 'number' && typeof value[i] !== 'bigint') return false;
  }
  return true;
}

/** Joins list entries into rows of aligned cells, numbers to the right. Returns `entries` when that reads better. */
function groupEntries(printer, entries, value) {
  // The last entry may be "... n more items", which takes no part.
  const grouped = printer.maxArrayLength < entries.length ? entries.length - 1 : entries.length;
  const widths = new Array(grouped);
  for (let i = 0; i < grouped; i++) widths[i] = getStringWidth(entries[i], printer.colors);
  const columns = columnCount(printer, widths, entries.length);
  if (columns <= 1) return entries;

  const columnWidths = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let i = column; i < grouped; i += columns) width = Math.max(width, widths[i]);
    columnWidths.push(width + GAP);
  }
  const alignRight = value === undefined || isNumeric(value, entries.length);
  const rows = [];
  for (let first = 0; first < grouped; first += columns) {
    const last = Math.min(first + columns, grouped) - 1;
    let row = '';
    for (let i = first; i <= last; i++) {
      const padding = columnWidths[i - first] - widths[i] - GAP;
      const text = i === last ? entries[i] : `${entries[i]}, `;
      if (alignRight) row += ' '.repeat(padding) + text;
      else row += i === last ? text : text + ' '.repeat(padding);
    }
    rows.push(row);
  }
  if (grouped < entries.length) rows.push(entries[grouped]);
  return rows;
}

function compactLayout(printer, entries, base, open, close) {
  const head = base === '' ? '' : ` ${base}`;
  if (fitsOnLine(printer, entries, 0, base)) return `${open}${head} ${entries.join(', ')} ${close}`;
  const newLine = `\n${' '.repeat(printer.indentation)}  `;
  const lead = base === '' && open.length === 1 ? ' ' : `${head}${newLine}`;
  return `${open}${lead}${entries.join(`,${newLine}`)} ${close}`;
}

/** The whole text of one value: `base open entries close`, on one line if it may and fits. */
function layOut(printer, entries, base, open, close, isList, level, value) {
  const { compact } = printer;
  if (compact === true) return compactLayout(printer, entries, base, open, close);
  const head = base === '' ? open : `${base} ${open}`;
  if (typeof compact === 'number' && compact >= 1) {
    const rows = isList && entries.length >= FEWEST_TO_GROUP ? groupEntries(printer, entries, value) : entries;
    if (printer.currentDepth - level < compact && rows.length === entries.length) {
      const start = rows.length + printer.indentation + open.length + base.length + 10;
      if (fitsOnLine(printer, rows, start, base)) {
        const line = rows.join(', ');
        if (!line.includes('\n')) return `${head} ${line} ${close}`;
      }
    }
    entries = rows;
  }
  const newLine = `\n${' '.repeat(printer.indentation)}`;
  return `${head}${newLine}  ${chained(entries, `,${newLine}  `)}${newLine}${close}`;
}

/** `entries.join(separator)`, but V8 only chains the strings: each level of a deep value would copy all below it. */
function chained(entries, separator) {
  let text = entries.length > 0 ? entries[0] : '';
  for (let i = 1; i < entries.length; i++) text += separator + entries[i];
  return text;
}

module.exports = { layOut };
