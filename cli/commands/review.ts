// `sluice review` and `sluice decide`: what waits for people, and their decisions, from the terminal.
import { userInfo } from 'node:os';
import type { BatchDecision, FeedbackAnswer, ReviewItem } from '../../shared/api/answers.ts';
import {
  type FeedbackRequest,
  feedbackSchema,
  type ReviewQueue,
  reviewQueueSchema,
} from '../../shared/api/decisions.ts';
import { parseRequest, RequestError } from '../../shared/api/problem.ts';
import { NEWEST, VERSION } from '../../shared/api/version.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { giveFeedbackBatch } from '../../shared/review/feedback-batch.ts';
import { takeForReview } from '../../shared/review/queue.ts';
import { readDataset } from '../../shared/training/dataset.ts';
import { atLake, type LakeOptions, queryOf } from '../at-lake.ts';
import { answer, bar, clearBar, note, print, printJson, screenWidth, UsageError, warn } from '../console.ts';
import { readGivenFile } from '../local-files.ts';
import { offerTraining } from '../offer-training.ts';
import { formatTable, type TableColumn } from '../table.ts';

/** The window of this user's terminal, by which the API knows who asks again. */
const holder = (): string => `cli-${userInfo().username}`.slice(0, 100);

export async function reviewCommand(
  options: LakeOptions & { limit: number; order?: string; run?: string; queue?: ReviewQueue['queue'] },
): Promise<void> {
  const { limit, order, run, queue } = options;
  const request = parseRequest(reviewQueueSchema, {
    limit,
    ...(order === undefined ? {} : { order }),
    ...(run === undefined ? {} : { run }),
    ...(queue === undefined ? {} : { queue }),
  });
  // The same person asking again sees the same documents.
  const items = await atLake(options, {
    api: async (api) => {
      const query = queryOf({ ...request, holder: holder(), [VERSION]: NEWEST });
      return (await api.ask<{ documents: ReviewItem[] }>('GET', `/api/review${query}`)).documents;
    },
    app: (app) => takeForReview(app, request, `cli/${userInfo().username}`),
  });
  if (options.json) {
    printJson(items);
    return;
  }
  if (items.length === 0) {
    note(queue === 'spot-check' ? 'No document is left to check this week.' : 'Nothing waits for you.');
    return;
  }
  const terminal = screenWidth(160);
  print(terminal < WIDE ? describeInLines(items, terminal) : describeInTable(items, terminal));
  note('decide with `sluice decide <document-id> <label>`, or many with `sluice decide --from <file>`');
}

/** Columns of a terminal from which an id fits beside a path. */
const WIDE = 130;

const pathOf = (item: ReviewItem): string =>
  item.archivePath === '' ? item.path : `${item.path} › ${item.archivePath}`;
const confidenceOf = ({ confidence }: ReviewItem): string =>
  confidence === null ? '' : `${Math.floor(confidence * 100)} %`;

const guess: readonly TableColumn[] = [
  { title: 'best guess' },
  { title: 'conf.', align: 'right' },
  { title: 'why', flexible: true },
];
const guessOf = (item: ReviewItem): string[] => [item.label ?? '', confidenceOf(item), item.code ?? ''];

const describeInTable = (items: readonly ReviewItem[], width: number): string =>
  formatTable(
    [{ title: 'document id' }, { title: 'path', flexible: true, cut: 'middle' }, ...guess],
    items.map((item) => [item.documentId, pathOf(item), ...guessOf(item)]),
    width,
  );

/** Two lines a document: what it is, and the id that `sluice decide` takes. */
function describeInLines(items: readonly ReviewItem[], width: number): string {
  const rows = items.map((item) => [pathOf(item), ...guessOf(item)]);
  const [title = '', rule = '', ...lines] = formatTable(
    [{ title: 'path', flexible: true, cut: 'middle' }, ...guess],
    rows,
    width,
  ).split('\n');
  return [title, rule, ...lines.flatMap((line, at) => [line, `  ${items[at]?.documentId ?? ''}`])].join('\n');
}

export interface DecideOptions extends LakeOptions {
  note?: string;
  /** File with the columns document_id and label. */
  from?: string;
}

export async function decideCommand(
  documentId: string | undefined,
  label: string | undefined,
  options: DecideOptions,
): Promise<void> {
  if (options.from !== undefined) {
    if (documentId !== undefined) throw new UsageError('a document and --from exclude each other');
    return await decideMany(options.from, options);
  }
  if (documentId === undefined || label === undefined)
    throw new UsageError('name a document and its label, or --from a file with the columns document_id and label');
  const request = requestOf(documentId, label, options.note);
  const decision = await atLake(options, {
    api: (api) => api.ask<FeedbackAnswer>('POST', '/api/feedback', request),
    app: (app) => giveFeedback(app, request, userInfo().username),
  });
  const { previousLabel, isNew } = decision;
  answer(
    options,
    decision,
    () => `${decision.label} (before: ${previousLabel ?? 'none'})${isNew ? '' : ', as decided before'}`,
  );
  await offerTraining(options, isNew ? 1 : 0);
}

/** Decisions that share their commits. */
const DECISIONS_AT_ONCE = 200;

interface GivenRow {
  line: number;
  request: FeedbackRequest;
}
interface Refused {
  line: number;
  documentId: string | null;
  reason: string;
}

/** Every row is a decision; those that are refused do not keep the others. @throws Error when any was refused */
async function decideMany(file: string, options: DecideOptions): Promise<void> {
  const { rows, refused } = await readDecisions(file, options.note);
  let decided = 0;
  let unchanged = 0;
  const decideAll = async (decide: (requests: FeedbackRequest[]) => Promise<BatchDecision[]>): Promise<void> => {
    for (let from = 0; from < rows.length; from += DECISIONS_AT_ONCE) {
      const part = rows.slice(from, from + DECISIONS_AT_ONCE);
      bar(`${from + part.length}/${rows.length} decisions`);
      const answers = await decide(part.map(({ request }) => request));
      for (const [index, { state, message }] of answers.entries())
        if (state === 'decided') decided++;
        else if (state === 'unchanged') unchanged++;
        else {
          const given = part[index];
          refused.push({
            line: given?.line ?? 0,
            documentId: given?.request.documentId ?? null,
            reason: message?.split('\n')[0] ?? '',
          });
        }
    }
  };
  await atLake(options, {
    api: (api) =>
      decideAll(
        async (decisions) =>
          (await api.ask<{ decisions: BatchDecision[] }>('POST', '/api/feedback/batch', { decisions })).decisions,
      ),
    app: (app) => decideAll((requests) => giveFeedbackBatch(app, requests, userInfo().username)),
  });
  clearBar();
  answer(
    options,
    { decided, unchanged, refused },
    () => `${decided} decided, ${unchanged} as decided before, ${refused.length} refused`,
  );
  await offerTraining(options, decided);
  if (refused.length === 0) return;
  for (const { line, reason } of refused.slice(0, 10)) note(warn(`  line ${line}: ${reason}`));
  throw new Error(`${refused.length} row(s) of ${file} were refused; what the others say is stored`);
}

async function readDecisions(
  file: string,
  note: string | undefined,
): Promise<{ rows: GivenRow[]; refused: Refused[] }> {
  const rows: GivenRow[] = [];
  const refused: Refused[] = [];
  const columns = { text: 'document_id', label: 'label' };
  for await (const row of readDataset({ name: file, bytes: readGivenFile(file) }, columns)) {
    const { line } = row;
    if ('problem' in row) refused.push({ line, documentId: null, reason: row.problem });
    else if (row.label === null) refused.push({ line, documentId: row.text, reason: 'no label' });
    else
      try {
        rows.push({ line, request: requestOf(row.text.trim(), row.label, note) });
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        refused.push({ line, documentId: row.text, reason: error.message.split('\n')[0] ?? '' });
      }
  }
  return { rows, refused };
}

/** What is wrong with this row alone: the next may be right. */
const requestOf = (documentId: string, label: string, note: string | undefined): FeedbackRequest =>
  parseRequest(feedbackSchema, { documentId, label, ...(note === undefined ? {} : { note }) });
