// Benchmark of promises: over how many group-aware splits is what a model decides alone as right as it promised?
// `npm run bench promise -- [--json] [--splits 300] [--rows 36,120,500,2000] [--sets tax_seed,ag_news,banking77] [--encode tax_seed,banking77]
//    [--aim 0.95] [--judges 3000] [--keep file] [--data folder] [--encoder folder] [--vectors folder]`
// Method: `rows` rows, near copies together, train and promise; the others judge, `judges` at most. A split holds where it promised nothing or the share
// of right ones among what it decided alone is at least the aim: chance is not allowed for. --keep: what was measured is kept there and not measured again.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Children } from './decisions/children.ts';
import { type Kept, measurePromise, measureSplits, type PromiseOrder } from './decisions/promise.ts';

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: resolve('../shared/data/text') },
      encoder: { type: 'string', default: resolve('../shared/data/encoder/minilm-l6-v2-int8') },
      vectors: { type: 'string', default: join(tmpdir(), 'sluice-bench-vectors') },
      sets: { type: 'string', default: 'tax_seed,ag_news,banking77' },
      encode: { type: 'string', default: 'tax_seed,banking77' },
      rows: { type: 'string', default: '36,120,500,2000' },
      splits: { type: 'string', default: '300' },
      judges: { type: 'string', default: '3000' },
      aim: { type: 'string', default: '0.95' },
      keep: { type: 'string' },
      child: { type: 'string' },
    },
  });
  if (values.child !== undefined) {
    process.stdout.write(JSON.stringify(await measureSplits(JSON.parse(values.child) as PromiseOrder))); // our own words
    return;
  }
  const list = (text: string) => text.split(',').filter(Boolean);
  const children = new Children('promise', values.keep);
  const absent: string[] = [];
  const promises: Kept[] = [];
  const hasEncoder = existsSync(join(values.encoder, 'model.onnx'));
  if (!hasEncoder) absent.push(`${values.encoder}: no encoder, so nothing is encoded`);
  for (const set of list(values.sets)) {
    const file = join(values.data, `${set}.jsonl.gz`);
    if (!existsSync(file)) {
      absent.push(file);
      continue;
    }
    for (const rows of list(values.rows).map(Number)) {
      if (set === 'tax_seed' && rows > 250) continue; // half of it must be left to judge
      const order = {
        ...{ set, file, rows, judges: Number(values.judges), aim: Number(values.aim) },
        vectors: join(values.vectors, `${set}.vectors`),
      };
      const sides = [
        order,
        ...(hasEncoder && list(values.encode).includes(set) ? [{ ...order, encoder: values.encoder }] : []),
      ];
      for (const side of sides) promises.push(await measurePromise(children, side, Number(values.splits)));
    }
  }
  if (json) process.stdout.write(`${JSON.stringify({ promises, absent })}\n`);
  else {
    console.table(promises.map(({ interval, ...row }) => ({ ...row, interval: interval.join(' to ') })));
    for (const what of absent) console.log(`absent: ${what}`);
  }
}
