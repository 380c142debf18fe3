// exceljs: a workbook is a zip file.
const ExcelJS = require('exceljs');
(async () => {
  const book = new ExcelJS.Workbook();
  const sheet = book.addWorksheet('One');
  for (let row = 1; row <= 200; row++) sheet.addRow([row, `text ${row}`, new Date(Date.UTC(2020, 0, row))]);
  const bytes = await book.xlsx.writeBuffer();
  const read = new ExcelJS.Workbook();
  await read.xlsx.load(bytes);
  const again = read.getWorksheet('One');
  console.log(again.rowCount, again.getCell('A200').value, again.getCell('B7').value, again.getCell('C31').value);
})();
