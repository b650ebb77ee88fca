import { afterEach, beforeEach, expect, test } from 'vitest';
import { uncheckedDescriptions } from '../../shared/insight/unchecked-descriptions.ts';
import type { Row } from '../../shared/lake/tables.ts';
import type { EncoderManifest } from '../../shared/models/encoder/manifest.ts';
import { runPaths } from '../../shared/paths.ts';
import type { PipelineServices } from '../../shared/pipeline/services.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let store: TestTables;
let lake: MemoryLake;
let config: PipelineServices['config'];
beforeEach(async () => {
  store = openTestTables();
  config = (await fakeWorld()).services.config;
  lake = new MemoryLake();
  await lake.write(runPaths.plan('run-1'), JSON.stringify({ runId: 'run-1', encoder: 'mini-12345678' }));
});
afterEach(() => store.close());

const idOf = (n: number) => String(n).padStart(64, '0');
const decided = (count: number, given: Row = {}): Row[] =>
  Array.from({ length: count }, (_, n) =>
    resultRow({
      ...{ document_id: idOf(n), label: 'Rent', status: 'labelled', decided_by: 'encoder', model_version: null },
      ...{ run_id: 'run-1', language: 'de', processed_at: '2026-11-20T10:00:00Z', ...given },
    }),
  );
const said = (count: number, label = 'Rent'): Row[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ feedback_id: `f${n}`, document_id: idOf(n), label, reviewer: 'ann' },
    ...{ created_at: '2026-11-21T10:00:00Z', run_date: '2026-11-21' },
  }));
const look = (understands?: Record<string, number>) =>
  uncheckedDescriptions({
    services: { lake, config },
    query: store.query,
    encoders: {
      manifest: async (version) =>
        ({
          kind: 'onnx',
          version,
          ...(understands === undefined ? {} : { understands }),
        }) as unknown as EncoderManifest, // what is read of it
    },
  });

test('what a model, a person or the LLM decided is nobody’s unchecked description', async () => {
  await store.add('results', [
    ...decided(3, { model_version: 'v1' }),
    ...decided(3, { decided_by: 'llm', document_id: idOf(50) }),
    ...decided(3, { decided_by: null, status: 'review', document_id: idOf(60) }),
  ]);
  expect(await look()).toBeNull();
});

test('labels by descriptions are told until as many of them were checked as a week draws, with how many were right', async () => {
  await store.add('results', decided(40));
  expect(await look()).toEqual({ documents: 40, checked: 0, right: 0, wanted: 19, foreign: null });
  await store.add('feedback', said(5));
  await store.add(
    'feedback',
    said(18, 'Repairs')
      .slice(5)
      .map((row) => ({ ...row, feedback_id: `x${row.document_id}` })),
  );
  expect(await look()).toMatchObject({ checked: 18, right: 5 });
  await store.add('feedback', [{ ...said(19)[18], feedback_id: 'last' }]);
  expect(await look()).toBeNull();
});

test('decisions about what waited, or about other descriptions, check nothing', async () => {
  await store.add('results', decided(30, { taxonomy_version: 'older', processed_at: '2026-11-19T10:00:00Z' }));
  await store.add('feedback', [{ ...said(1)[0], created_at: '2026-11-19T11:00:00Z' }]);
  await store.add('results', decided(30, { taxonomy_version: 'newer' }));
  await store.add('results', [
    resultRow({ document_id: idOf(90), status: 'review', decided_by: null, processed_at: '2026-11-20T10:00:00Z' }),
  ]);
  await store.add('feedback', [{ ...said(1)[0], feedback_id: 'waited', document_id: idOf(90) }]);
  expect(await look()).toMatchObject({ documents: 30, checked: 0 });
});

test('an encoder that was measured not to understand the documents’ language is named with it', async () => {
  await store.add('results', [
    ...decided(30),
    ...decided(5, { language: 'en' }).map((row, n) => ({ ...row, document_id: idOf(70 + n) })),
  ]);
  const foreign = { encoder: 'mini-12345678', language: 'de', documents: 30, understands: ['en'] };
  expect(await look({ en: 8, de: 1 })).toMatchObject({ documents: 35, foreign });
  expect(await look({ en: 8, de: 7 })).toMatchObject({ foreign: null });
  expect(await look({ en: 8 })).toMatchObject({ foreign: null });
  expect(await look()).toMatchObject({ foreign: null });
});

test('an encoder or run that is no longer kept leaves the warning without languages', async () => {
  await store.add('results', decided(30, { run_id: 'run-of-old' }));
  expect(await look({ en: 8, de: 1 })).toMatchObject({ documents: 30, foreign: null });
});

test('of few labels all are wanted, so that the warning can be answered', async () => {
  await store.add('results', decided(3));
  expect(await look()).toMatchObject({ documents: 3, wanted: 3 });
  await store.add('feedback', said(2));
  await store.add('results', decided(2, { decided_by: 'human', processed_at: '2026-11-21T10:00:00Z' }));
  expect(await look()).toMatchObject({ documents: 1, checked: 2, wanted: 3 });
  await store.add('feedback', [{ ...said(3)[2], feedback_id: 'last' }]);
  await store.add('results', decided(3, { decided_by: 'human', processed_at: '2026-11-21T11:00:00Z' }).slice(2));
  expect(await look()).toBeNull();
});
