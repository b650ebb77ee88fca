// Step 5: extraction, scores and answers → exactly one result row per document, staged as one part file.
// Invariants: D1 rows out = documents in, each labelled, review or failed. D2 what a person has decided about the same content stands.
import type { EncoderCounts, LlmUse } from '../api/runs.ts';
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { ERROR_REMEDIES, type ErrorCode, isErrorCode } from '../errors.ts';
import type { Row } from '../lake/tables.ts';
import type { LlmAnswer } from '../llm/classify.ts';
import { readAnswers } from './ask-documents.ts';
import { BatchData } from './batch-data.ts';
import type { ExtractedRow } from './extracted.ts';
import { llmUse } from './llm-use.ts';
import type { Inherited } from './near-duplicate-index.ts';
import { readInherited } from './near-duplicates.ts';
import type { PersonsDecision } from './people-decisions.ts';
import { type Plan, readStep, type StepRecord } from './records.ts';
import type { ScoreRow } from './scores.ts';
import type { Original, PipelineServices } from './services.ts';
import { runStep, type StepDone, type StepInput, type StepResult } from './step.ts';
import { countBy } from './tally.ts';

/** What the LLM stage did before, as far as decisions and records need it. */
export interface Classified {
  /** Questions before near duplicates were taken out; 0: nothing was asked, and no files of answers exist. */
  questions: number;
  asked: number;
  costNanoUsd: string;
  /** What the encoder did, where one was at work: the record that ends a batch tells it. */
  encoder?: EncoderCounts | undefined;
}

export const NOTHING_ASKED: Classified = { questions: 0, asked: 0, costNanoUsd: '0' };

/** What a batch has cost: its questions, and the vectors of its texts. */
export const costWith = (questions: string, scored: Pick<StepRecord, 'costNanoUsd'> | undefined): string =>
  String(BigInt(questions) + BigInt(scored?.costNanoUsd ?? '0'));

export const decideBatch = (services: PipelineServices, input: StepInput): Promise<StepResult> =>
  runStep(services, 'decide', input, async (plan) => {
    const record = (step: 'score' | 'classify') => readStep(services.lake, input.runId, input.batchId, step);
    const [classified, scored] = await Promise.all([
      record('classify'),
      typeof plan.encoder === 'string' ? record('score') : undefined,
    ]);
    const done = { asked: classified?.asked ?? 0, costNanoUsd: costWith(classified?.costNanoUsd ?? '0', scored) };
    return decideAll(services, plan, new BatchData(services, input), { ...done, encoder: scored?.encoder });
  });

/** @param classified  without `questions` what lies in the lake is looked for */
export async function decideAll(
  services: PipelineServices,
  plan: Plan,
  data: BatchData,
  classified: Omit<Classified, 'questions'> & Partial<Classified>,
): Promise<StepDone> {
  const { input } = data;
  const hasAnswers = classified.questions !== 0;
  const documents = await data.extracted({ withText: false });
  const scores = new Map((await data.scores()).map((score) => [score.document_id, score]));
  const answers = hasAnswers ? await readAnswers(services, input) : new Map<string, LlmAnswer>();
  const inherited = hasAnswers ? await readInherited(services, input) : {};
  const said = await data.said(plan.taxonomyVersion);
  const originals = await services.originals?.of(documents.map((document) => document.source_path));
  // Switched off after the plan was made: what is not answered yet is not asked any more.
  const asking = services.llm === undefined && plan.llm ? { llm: false, llmUse: llmUse(services, undefined) } : plan;
  const stamp = {
    run_id: input.runId,
    batch_id: input.batchId,
    taxonomy_version: plan.taxonomyVersion,
    model_version: plan.modelVersion,
    pipeline_version: services.pipelineVersion,
    processed_at: new Date(services.clock.now()).toISOString(),
    run_date: plan.runDate,
  };
  const rows = documents.map((document) => ({
    ...stamp,
    ...documentColumns(document),
    ...originalColumns(originals?.get(document.source_path)),
    ...asPeopleSaid(decide(document, scores, answers, asking, inherited), document, said(document)),
  }));
  const part = rows.length === 0 ? null : await services.tables.stageResults(rows);
  const status = countBy(rows, (row) => String(row.status));
  return {
    documents: rows.length,
    asked: classified.asked,
    costNanoUsd: classified.costNanoUsd,
    ...(classified.questions === undefined ? {} : { questions: classified.questions }),
    ...(classified.encoder === undefined ? {} : { encoder: classified.encoder }),
    counts: {
      documents: documents.length,
      labelled: status.labelled ?? 0,
      review: status.review ?? 0,
      failed: status.failed ?? 0,
    },
    failures: countBy(
      rows.filter((row) => row.failure_code !== null),
      (row) => String(row.failure_code),
    ),
    formats: countBy(documents, (document) => document.media_type ?? 'unknown'),
    part,
  };
}

const documentColumns = (document: ExtractedRow): Row => ({
  document_id: document.document_id,
  source_path: document.source_path,
  archive_path: document.archive_path,
  source_etag: document.source_etag,
  content_sha256: document.content_sha256,
  media_type: document.media_type,
  size_bytes: document.size_bytes,
  pages: document.pages,
  chars: document.chars,
  language: document.language,
  warnings_json: document.warnings_json,
});

const originalColumns = (original: Original | undefined): Row => ({
  source: original?.source ?? null,
  source_name: original?.name ?? null,
  source_url: original?.url ?? null,
});

type Asking = Pick<Plan, 'llm' | 'llmUse'>;

type Decision = Row & { status: 'labelled' | 'review' | 'failed'; failure_code: string | null };

const UNDECIDED = {
  label: null,
  confidence: null,
  decided_by: null,
  top_labels_json: '[]',
  evidence_json: '[]',
  llm_quote: null,
  llm_quote_verified: null,
  failure_code: null,
  failure_message: null,
  duplicate_of: null,
  llm_deployment: null,
  prompt_version: null,
  tokens_in: 0,
  tokens_out: 0,
  cost_usd: 0,
} as const;

/** The decision on one document; a duplicate takes the decision of the document it points to, at no cost. */
export function decide(
  document: ExtractedRow,
  scores: ReadonlyMap<string, ScoreRow>,
  answers: ReadonlyMap<string, LlmAnswer>,
  plan: Asking,
  inherited: Readonly<Record<string, Inherited>> = {},
): Decision {
  if (document.status === 'failed')
    return {
      ...UNDECIDED,
      status: 'failed',
      failure_code: document.code,
      failure_message: document.message ?? remedyOf(document.code),
    };
  const subject = document.duplicate_of ?? document.document_id;
  const isDoubted = isDoubtful(parseWarnings(document.warnings_json));
  const decision = decideSubject(scores.get(subject), answers.get(subject), plan, inherited[subject], isDoubted);
  if (document.duplicate_of === null) return decision;
  return {
    ...decision,
    decided_by: decision.status === 'labelled' ? 'duplicate' : null,
    duplicate_of: document.duplicate_of,
    tokens_in: 0,
    tokens_out: 0,
    cost_usd: 0,
  };
}

/** What a person has said about the content stands: about this document, or about a copy of it. */
function asPeopleSaid(
  decision: Decision,
  { document_id: id }: Pick<ExtractedRow, 'document_id'>,
  said: PersonsDecision | undefined,
): Decision {
  if (said === undefined) return decision;
  const isOwn = said.documentId === id;
  return {
    ...decision,
    status: 'labelled',
    label: said.label,
    confidence: null,
    decided_by: isOwn ? 'human' : 'duplicate',
    duplicate_of: isOwn ? null : said.documentId,
    failure_code: null,
    failure_message: null,
  };
}

function decideSubject(
  score: ScoreRow | undefined,
  answer: LlmAnswer | undefined,
  plan: Asking,
  inherited: Inherited | undefined,
  isDoubted: boolean,
): Decision {
  const scored = {
    ...UNDECIDED,
    label: score?.label ?? null,
    confidence: score?.confidence ?? null,
    top_labels_json: score?.top_labels_json ?? '[]',
    evidence_json: score?.evidence_json ?? '[]',
  };
  if (score?.route === 'accept') return { ...scored, status: 'labelled', decided_by: score.stage ?? 'model' };
  if (score?.route === 'ask' && inherited !== undefined) {
    const { label, confidence, from } = inherited;
    return { ...scored, status: 'labelled', label, confidence, decided_by: 'duplicate', duplicate_of: from };
  }
  if (score?.route === 'review' || answer === undefined) {
    const code: ErrorCode =
      score?.route === 'ask' && plan.llm
        ? 'llm.no-answer'
        : isDoubted
          ? 'extract.doubtful'
          : score?.is_foreign === true
            ? 'route.foreign'
            : plan.llm
              ? 'route.low-confidence'
              : unaskedCode(plan);
    return { ...scored, status: 'review', failure_code: code, failure_message: ERROR_REMEDIES[code] };
  }
  const asked = {
    ...scored,
    llm_quote: answer.quote,
    llm_quote_verified: answer.quoteVerified,
    llm_deployment: answer.deployment,
    prompt_version: answer.promptVersion,
    tokens_in: answer.tokensIn,
    tokens_out: answer.tokensOut,
    cost_usd: answer.costUsd,
  };
  if (answer.outcome === 'label' && answer.label !== null)
    return { ...asked, status: 'labelled', label: answer.label, confidence: answer.confidence, decided_by: 'llm' };
  const code = answer.code ?? 'llm.no-answer';
  // The document was read, so an answer that failed leaves it to people, with the model's best guess beside it.
  return {
    ...asked,
    status: 'review',
    ...(answer.label === null ? {} : { label: answer.label, confidence: answer.confidence }),
    failure_code: code,
    failure_message: answer.message ?? ERROR_REMEDIES[code],
  };
}

/** Why nobody was asked. Plans of earlier versions do not tell a wish from a lack. */
const UNASKED: Record<LlmUse, ErrorCode> = {
  asked: 'llm.no-answer',
  off: 'route.llm-off',
  none: 'route.llm-disabled',
  'too-many-labels': 'route.too-many-labels',
};
const unaskedCode = ({ llmUse = 'none' }: Asking): ErrorCode => UNASKED[llmUse];

const remedyOf = (code: string | null): string | null =>
  code !== null && isErrorCode(code) ? ERROR_REMEDIES[code] : null;
