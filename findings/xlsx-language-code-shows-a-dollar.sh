#!/bin/sh
# @e965/xlsx 0.20.3 (SheetJS), Node.js 20 and 24: number formats of workbooks.
# Behaviour: a language without a currency at the beginning of a number format, `[$-407]` (German), which Excel writes into workbooks of other
# countries, is shown as a dollar sign before the number. ECMA-376 part 1, 18.8.31: the currency is what stands between `$` and `-`; here nothing does.
# A currency that is given, `[$EUR-407]`, is shown rightly.
# Seen: [$-407]0.00 of 1 is "$1.00"; [$-407]#,##0.00 "EUR" is "$1.00 EUR"; [$EUR-407]#,##0.00 is "EUR1.00"
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @e965/xlsx@0.20.3 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { createRequire } from 'node:module';
const { SSF } = createRequire(import.meta.url)('@e965/xlsx');
const seen = ['[$-407]0.00', '[$-407]#,##0.00 "EUR"', '[$EUR-407]#,##0.00'].map((format) => SSF.format(format, 1));
console.log(seen.map((text) => JSON.stringify(text)).join('; '));
process.exit(JSON.stringify(seen) === JSON.stringify(['$1.00', '$1.00 EUR', 'EUR1.00']) ? 0 : 1);
JS
node seen.mjs
