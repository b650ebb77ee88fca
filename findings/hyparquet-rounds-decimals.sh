#!/bin/sh
# hyparquet 1.33.0 (and 1.31.5) reading what DuckDB 1.5.6 (@duckdb/node-api 1.5.6-r.1) wrote, Node.js 20 and 24: sums of money in Parquet.
# Behaviour: an INT64 column comes exactly, as BigInt, but the same eight bytes under the logical type DECIMAL come as the nearest double, and a decimal of
# 16 bytes too, without an error or an option to have the digits (parsers can be given for dates, texts, JSON and the like). Parquet's LogicalTypes has
# DECIMAL as the unscaled whole number times a power of ten, so all digits are there. Numbers in the logical type JSON are rounded likewise, and a
# timestamp before 1970 with microseconds is a millisecond late, because it is cut towards zero. The README says nothing of any.
# Seen: BIGINT 9007199254740993n; DECIMAL(18,2) 90071992547409.93 is 90071992547409.92; DECIMAL(38,9) 12345678901234567890.123456789 is
# 12345678901234570000; JSON {"id":12345678901234567890} is 12345678901234567000; 1969-12-31 23:59:59.123456 is 1969-12-31T23:59:59.124Z
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund hyparquet@1.33.0 @duckdb/node-api@1.5.6-r.1 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run(`COPY (SELECT 9007199254740993::BIGINT AS whole, '90071992547409.93'::DECIMAL(18,2) AS money,
  '12345678901234567890.123456789'::DECIMAL(38,9) AS wide, '{"id":12345678901234567890}'::JSON AS document,
  TIMESTAMP '1969-12-31 23:59:59.123456' AS early) TO 'seen.parquet' (FORMAT parquet, COMPRESSION uncompressed)`);
const [[money]] = (await connection.runAndReadAll(`SELECT money::VARCHAR FROM 'seen.parquet'`)).getRows();
if (money !== '90071992547409.93') throw new Error('the file should hold all digits');
const [row] = await parquetReadObjects({ file: await asyncBufferFromFile('seen.parquet') });
const seen = [`${row.whole}${typeof row.whole === 'bigint' ? 'n' : ''}`, row.money, row.wide, row.document.id, row.early.toISOString()].map(String);
console.log(seen.join('; '));
const expected = ['9007199254740993n', '90071992547409.92', '12345678901234570000', '12345678901234567000', '1969-12-31T23:59:59.124Z'];
process.exit(seen.join() === expected.join() ? 0 : 1);
JS
node seen.mjs
