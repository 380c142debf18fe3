'use strict';
// Draws a table with box characters. Widths are terminal columns, so wide characters and colors keep it straight.

const { getStringWidth } = require('internal/util/inspect');

function renderRow(cells, widths) {
  const padded = cells.map((cell, column) => ` ${cell}${' '.repeat(widths[column] - getStringWidth(cell))} `);
  return `│${padded.join('│')}│\n`;
}

/** @param {string[]} head @param {string[][]} columns cells by column; missing cells stay empty */
function table(head, columns) {
  const rowCount = Math.max(0, ...columns.map((column) => column.length));
  const rows = Array.from({ length: rowCount }, (_, row) => columns.map((column) => column[row] ?? ''));
  const widths = head.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, getStringWidth(row[column])), getStringWidth(title)));
  const rule = (left, middle, right) => left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;

  let text = `${rule('┌', '┬', '┐')}\n${renderRow(head, widths)}${rule('├', '┼', '┤')}\n`;
  for (const row of rows) text += renderRow(row, widths);
  return text + rule('└', '┴', '┘');
}

module.exports = table;
