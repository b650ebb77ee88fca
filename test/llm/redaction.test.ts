// What leaves for the LLM: redacted as the settings say, and counted per document.
import { expect, test } from 'vitest';
import { inspectConfig } from '../../shared/config.ts';
import { PII_KINDS } from '../../shared/documents/redact.ts';
import { runPaths } from '../../shared/paths.ts';
import { shownText } from '../../shared/pipeline/ask-documents.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { readStep } from '../../shared/pipeline/records.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { fakeWorld } from '../fakes/pipeline.ts';

const TEXT = 'Please ask jane.roe@example.com or joe@example.com, IBAN DE89 3704 0044 0532 0130 00.';

async function classified(settings: Record<string, string>) {
  const world = await fakeWorld(settings);
  await world.imports.write('in/a.txt', TEXT);
  await world.imports.write('in/b.txt', 'Nothing personal in here, only a question.');
  const shown: string[] = [];
  const { llm } = world.services;
  if (llm === undefined) throw new Error('the fake world has an LLM');
  world.services.llm = {
    ...llm,
    classify(request) {
      shown.push(...request.documents.map(({ text }) => text));
      return llm.classify(request);
    },
  };
  const { runId } = await createRun(world.services, {
    source: { kind: 'prefix', container: 'imports', prefix: 'in' },
  });
  await planRun(world.services, runId);
  const input = { runId, batchId: 'b00000' };
  for (const step of [extractBatch, featurizeBatch, scoreBatch, classifyBatch]) await step(world.services, input);
  const path = `${runPaths.llm(runId, input.batchId)}/answers.json`;
  const { redacted } = JSON.parse((await world.lake.read(path)).toString('utf8')) as {
    redacted: Record<string, unknown>;
  };
  return { shown: shown.join('\n'), redacted, record: await readStep(world.lake, runId, input.batchId, 'classify') };
}

test('redaction: identifiers are replaced before a text is shown, and counted by document and by batch', async () => {
  const { shown, redacted, record } = await classified({});
  expect(shown).not.toMatch(/example\.com|3704/);
  expect(shown).toContain('[EMAIL]');
  expect(Object.values(redacted)).toEqual([{ email: 2, iban: 1 }]);
  expect(record?.redacted).toEqual({ email: 2, iban: 1 });
});

test('redaction: of a text too long to be shown only the ends are looked at, and an identifier at their seams is not shown', async () => {
  const { config } = inspectConfig({ LAKE: 'UseDevelopmentStorage=true' });
  if (config === undefined) throw new Error('bad settings');
  const row = '4400;10 000,00;joe@example.com\n';
  const text = `first@example.com\n${row.repeat(50_000)}last@example.com`;
  const { ends, counts } = await shownText(config, text);
  expect(ends.head.startsWith('[EMAIL]')).toBe(true);
  expect(ends.tail.endsWith('[EMAIL]')).toBe(true);
  expect(ends.head.length + ends.tail.length).toBeLessThan(200_000);
  expect(ends.head + ends.tail.slice(100)).not.toContain('example.com');
  expect(counts.email).toBeLessThan(5000);
  expect(counts.email).toBeGreaterThan(1000);
});

test('redaction: only the kinds of the setting are replaced; switched off, nothing is and nothing is counted', async () => {
  const some = await classified({ REDACT_KINDS: 'iban,card' });
  expect(some.shown).toContain('jane.roe@example.com');
  expect(some.shown).not.toContain('3704');
  expect(some.record?.redacted).toEqual({ iban: 1 });
  const off = await classified({ REDACT: 'false' });
  expect(off.shown).toContain('DE89 3704');
  expect(off.redacted).toEqual({});
  expect(off.record).not.toHaveProperty('redacted');
});

test('redaction: the setting knows every kind, and refuses others', () => {
  const { config } = inspectConfig({ LAKE: 'UseDevelopmentStorage=true' });
  expect(config?.REDACT_KINDS.split(',')).toEqual([...PII_KINDS]);
  expect(inspectConfig({ LAKE: 'UseDevelopmentStorage=true', REDACT_KINDS: 'email,names' }).config).toBeUndefined();
});
