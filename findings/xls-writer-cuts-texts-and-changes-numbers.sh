#!/bin/sh
# @e965/xlsx 0.20.3 (SheetJS), Node.js 20 and 24: workbooks that are written as xls (BIFF8) or xlsb.
# Behaviour: by default write() cuts each text of an xls at 255 characters, without an error, while xlsx gets all of it and a text over 32,767 is refused
# with one. The record Label has that limit ([MS-XLS] 2.4.148), a cell has not: texts in the shared table hold 32,767 (2.5.293), and with the option
# bookSST, whose description says nothing of it, nothing is lost.
# Numbers at both ends of a double are changed in xls and xlsb, where the same bytes are what IEEE 754 says: the library works them out itself, by powers
# of two that run over. The smallest normal ones come back smaller, those below them as -8, and the largest as Infinity; xlsx keeps them, as text.
# Seen: xls keeps 255 of 1000 characters, with bookSST 1000, xlsx 1000; 1e-300 is 7.466108948025751e-301 in xls and xlsb, 5e-324 is -8,
# 1.7976931348623157e+308 is Infinity; in xlsx all three are as they were
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @e965/xlsx@0.20.3 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { createRequire } from 'node:module';
const { read, utils, write } = createRequire(import.meta.url)('@e965/xlsx');
function again(value, bookType, options = {}) {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet([[value]]), 'one');
  return read(write(book, { type: 'buffer', bookType, ...options }), { type: 'buffer' }).Sheets.one.A1.v;
}
const text = 'x'.repeat(1000);
const lengths = [again(text, 'biff8'), again(text, 'biff8', { bookSST: true }), again(text, 'xlsx')].map(({ length }) => length);
const numbers = ['biff8', 'xlsb', 'xlsx'].map((kind) => [1e-300, Number.MIN_VALUE, Number.MAX_VALUE].map((number) => again(number, kind)));
console.log(`characters of 1000: xls ${lengths[0]}, with bookSST ${lengths[1]}, xlsx ${lengths[2]}`);
console.log(`numbers: xls ${numbers[0].join(', ')}; xlsb ${numbers[1].join(', ')}; xlsx ${numbers[2].join(', ')}`);
const changed = '7.466108948025751e-301,-8,Infinity';
const isSo = lengths.join() === '255,1000,1000' && numbers.map(String).join(' ') === `${changed} ${changed} 1e-300,5e-324,1.7976931348623157e+308`;
process.exit(isSo ? 0 : 1);
JS
node seen.mjs
