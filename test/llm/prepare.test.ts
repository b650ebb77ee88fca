import { expect, test } from 'vitest';
import { showDocuments } from '../../shared/llm/prepare.ts';
import { runtimeOf } from '../../shared/llm/runtime.ts';
import { documents, Stage, taxonomy } from './stage.ts';

test('showing documents gives others a turn for every 50,000 characters, however many they are', async () => {
  const stage = await Stage.open({});
  const deps = stage.instance();
  const runtime = await runtimeOf(deps);
  const long = documents(40).map((one) => ({ ...one, text: `${one.text} ${'ledger entry '.repeat(800)}` }));
  let turns = 0;
  const clock = { now: () => 0, sleep: async () => void turns++ };
  const shown = await showDocuments(long, runtime.question(taxonomy), runtime, { ...deps, clock });
  expect(shown.size).toBe(40);
  expect(turns).toBe(8); // five of 10,400 characters pass 50,000
});
