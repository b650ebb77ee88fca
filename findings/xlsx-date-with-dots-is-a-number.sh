#!/bin/sh
# @e965/xlsx 0.20.3 (SheetJS), Node.js 20 and 24: dates of workbooks in the form of Germany, Poland, Russia and others.
# Behaviour: a date whose format has plain dots between its parts, `dd.mm.yyyy`, is shown as its serial number: the cell has no text, and sheet_to_csv says
# 45000 where every program shows 15.03.2023. The formatter takes a dot after a part of a date for the one before tenths of seconds and
# throws "bad second format", which the reader swallows. ECMA-376 part 1, 18.8.31, has `s.00` for that: without zeros behind it and after no `s`, the dot
# is a character that is shown. Excel's own dialog escapes the dots (`dd\.mm\.yyyy`, which is read rightly); programs that write workbooks by a library
# give the format as people say it, and Excel shows the date. With dashes or slashes nothing is lost.
# Seen: sheet_to_csv of an xlsx that was read: dd.mm.yyyy 45000, d. mmmm yyyy 45000, hh.mm 45000.5; dd\.mm\.yyyy 15.03.2023, dd-mm-yyyy 15-03-2023
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @e965/xlsx@0.20.3 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { createRequire } from 'node:module';
const { read, utils, write } = createRequire(import.meta.url)('@e965/xlsx');
const formats = { 'dd.mm.yyyy': 45000, 'd. mmmm yyyy': 45000, 'hh.mm': 45000.5, 'dd\\.mm\\.yyyy': 45000, 'dd-mm-yyyy': 45000 };
const sheet = utils.aoa_to_sheet([Object.values(formats)]);
for (const [column, format] of Object.keys(formats).entries()) sheet[utils.encode_cell({ r: 0, c: column })].z = format;
const book = utils.book_new();
utils.book_append_sheet(book, sheet, 'dates');
const bytes = write(book, { type: 'buffer', bookType: 'xlsx' });
const again = read(bytes, { type: 'buffer', cellNF: true }).Sheets.dates;
for (const [column, format] of Object.keys(formats).entries()) {
  const { z } = again[utils.encode_cell({ r: 0, c: column })];
  if (z !== format) throw new Error(`the format ${format} became ${z}`);
}
const seen = utils.sheet_to_csv(again).trim();
console.log(`${Object.keys(formats).join(', ')}: ${seen}`);
process.exit(seen === '45000,45000,45000.5,15.03.2023,15-03-2023' ? 0 : 1);
JS
node seen.mjs
