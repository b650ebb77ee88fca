#!/bin/sh
# @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6), Node.js 20 and 24: reading a local Parquet file whose content was replaced.
# Behaviour: within one process, read_parquet of a local path goes on with what was read of the file before, without an error, when the file was
# deleted and written anew with the same length soon after: max(x), which is answered from the file's footer, is that of the former content, while
# sum(x) over the pages is right. Where offsets in the two footers differ, reading fails with "Out of buffer". The cause is the cache of external
# files, which is on by default for the local disk too; with enable_external_file_cache=false every answer is right. A different length is noticed.
# Seen: wrong maxima after 5 replacements: 5 by default, 0 without the cache
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @duckdb/node-api@1.5.6-r.1 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
const ROWS = 16384;
async function wrongAnswers(settings) {
  const connection = await (await DuckDBInstance.create(':memory:', settings)).connect();
  const contents = [];
  for (let factor = 1; factor <= 6; factor++) {
    const name = `made-${factor}.parquet`;
    await connection.run(`COPY (SELECT range * ${factor} AS x FROM range(${ROWS})) TO '${name}' (FORMAT parquet, COMPRESSION uncompressed)`);
    contents.push(readFileSync(name));
  }
  if (new Set(contents.map((bytes) => bytes.length)).size !== 1) throw new Error('the files should have one length');
  let wrong = 0;
  for (const [index, bytes] of contents.entries()) {
    rmSync('data.parquet', { force: true });
    writeFileSync('data.parquet', bytes);
    const [[most]] = (await connection.runAndReadAll(`SELECT max(x) FROM read_parquet('data.parquet')`)).getRows();
    if (Number(most) !== (ROWS - 1) * (index + 1)) wrong++;
  }
  return wrong;
}
const [usual, uncached] = [await wrongAnswers({}), await wrongAnswers({ enable_external_file_cache: 'false' })];
console.log(`wrong maxima after 5 replacements: ${usual} by default, ${uncached} without the cache`);
process.exit(usual > 0 && uncached === 0 ? 0 : 1);
JS
node seen.mjs
