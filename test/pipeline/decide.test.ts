import { expect, test } from 'vitest';
import type { LlmAnswer } from '../../shared/llm/classify.ts';
import { decide } from '../../shared/pipeline/decide-batch.ts';
import type { ExtractedRow } from '../../shared/pipeline/extracted.ts';
import type { ScoreRow } from '../../shared/pipeline/score-rows.ts';

const document = (over: Partial<ExtractedRow> = {}): ExtractedRow => ({
  document_id: 'd1',
  source_path: 'a.txt',
  archive_path: '',
  source_etag: 'e',
  content_sha256: 'h',
  media_type: 'text/plain',
  size_bytes: 3,
  pages: null,
  chars: 3,
  language: 'en',
  status: 'ok',
  code: null,
  message: null,
  duplicate_of: null,
  warnings_json: '[]',
  text: '',
  ...over,
});
const score = (over: Partial<ScoreRow> = {}): ScoreRow => ({
  document_id: 'd1',
  label: 'VAT',
  confidence: 0.6,
  route: 'ask',
  top_labels_json: '[{"label":"VAT","probability":0.6}]',
  evidence_json: '[{"term":"vat","weight":1,"runner_up_weight":0}]',
  ...over,
});
const answer = (over: Partial<LlmAnswer> = {}): LlmAnswer => ({
  id: 'd1',
  outcome: 'label',
  label: 'Customs',
  confidence: 0.8,
  quote: 'import duty',
  quoteVerified: true,
  code: null,
  message: null,
  deployment: 'simulator',
  promptVersion: 'p1',
  tokensIn: 100,
  tokensOut: 10,
  costUsd: 0.001,
  cached: false,
  ...over,
});
const scores = (row: ScoreRow) => new Map([[row.document_id, row]]);
const answers = (row?: LlmAnswer) => new Map(row === undefined ? [] : [[row.id, row]]);
const llm = { llm: true };

test('decide: a document that could not be read is failed, with its code and what to do', () => {
  const row = decide(document({ status: 'failed', code: 'extract.encrypted' }), new Map(), new Map(), llm);
  expect(row).toMatchObject({ status: 'failed', failure_code: 'extract.encrypted', label: null, decided_by: null });
  expect(row.failure_message).toContain('password');
});

test('decide: an accepted score is the model’s label with its reasons', () => {
  const row = decide(document(), scores(score({ route: 'accept', confidence: 0.97 })), answers(), llm);
  expect(row).toMatchObject({ status: 'labelled', label: 'VAT', confidence: 0.97, decided_by: 'model', cost_usd: 0 });
  expect(row.evidence_json).toContain('vat');
});

test('decide: an answer replaces the model’s guess and brings quote, tokens and cost', () => {
  const row = decide(document(), scores(score()), answers(answer()), llm);
  expect(row).toMatchObject({
    status: 'labelled',
    label: 'Customs',
    confidence: 0.8,
    decided_by: 'llm',
    llm_quote: 'import duty',
    tokens_in: 100,
    cost_usd: 0.001,
  });
});

test('decide: an unsure or failed answer goes to people with the best guess and the reason', () => {
  const unsure = decide(
    document(),
    scores(score()),
    answers(answer({ outcome: 'review', label: null, confidence: null, code: 'llm.unsure' })),
    llm,
  );
  expect(unsure).toMatchObject({ status: 'review', label: 'VAT', failure_code: 'llm.unsure', cost_usd: 0.001 });
  const failed = decide(
    document(),
    scores(score()),
    answers(answer({ outcome: 'failed', label: null, code: 'llm.rejected' })),
    llm,
  );
  expect(failed).toMatchObject({ status: 'review', failure_code: 'llm.rejected' });
});

test('decide: a document that was to be asked and has no answer is in review, never lost', () => {
  expect(decide(document(), scores(score()), answers(), llm)).toMatchObject({
    status: 'review',
    failure_code: 'llm.no-answer',
  });
  expect(decide(document(), new Map(), new Map(), llm).status).toBe('review');
});

test('decide: without an LLM the reason says so', () => {
  const row = decide(document(), scores(score({ route: 'review' })), answers(), { llm: false });
  expect(row).toMatchObject({ status: 'review', failure_code: 'route.llm-disabled' });
});

test('decide: a duplicate takes the label of its twin and costs nothing', () => {
  const twin = document({ document_id: 'd2', duplicate_of: 'd1' });
  const row = decide(twin, scores(score()), answers(answer()), llm);
  expect(row).toMatchObject({
    status: 'labelled',
    label: 'Customs',
    decided_by: 'duplicate',
    tokens_in: 0,
    tokens_out: 0,
    cost_usd: 0,
  });
});

test('decide: a doubtful text is in review with that reason, and its warnings stand in the row', () => {
  const warnings_json = '["needs-ocr: 2 page(s) not read (1, 3)"]';
  const row = decide(document({ warnings_json }), scores(score({ route: 'review', confidence: 0.99 })), answers(), {
    llm: false,
  });
  expect(row).toMatchObject({ status: 'review', failure_code: 'extract.doubtful', label: 'VAT' });
  expect(row.failure_message).toContain('OCR');
  const answered = decide(document({ warnings_json }), scores(score()), answers(answer()), llm);
  expect(answered).toMatchObject({ status: 'labelled', decided_by: 'llm' });
});

test('decide: what is missing without doubt in the rest changes no reason', () => {
  const warnings_json = '["pictures: 1 picture(s) not read","formulas: 3 formula(s) hold no result"]';
  const row = decide(document({ warnings_json }), scores(score({ route: 'review' })), answers(), llm);
  expect(row.failure_code).toBe('route.low-confidence');
});
