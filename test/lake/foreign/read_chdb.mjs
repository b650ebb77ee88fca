// Rows of some versions of a Delta table as ClickHouse with delta-kernel-rs reads them: read_chdb.mjs <module> <table folder> <version>...
// The table must lie below the working directory. One JSON document on stdout.
import { createRequire } from 'node:module';

const [module, folder, ...versions] = process.argv.slice(2);
const { query } = createRequire(import.meta.url)(module);
const answers = {};
for (const version of versions) {
  const text = query(
    `SELECT * FROM deltaLakeLocal('${folder}') SETTINGS allow_experimental_delta_kernel_rs = 1, delta_lake_snapshot_version = ${version},
     output_format_json_quote_64bit_integers = 0, date_time_output_format = 'iso', session_timezone = 'UTC'`,
    'JSONEachRow',
  );
  answers[version] = text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}
process.stdout.write(JSON.stringify(answers));
