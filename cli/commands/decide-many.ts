// `sluice decide` for many documents: those of a file, those that fit a filter or are like one; and taking it all back.
import { userInfo } from 'node:os';
import type { BatchAnswer, Decision, DecisionsPage, UndoneDecision } from '../../shared/api/answers.ts';
import { type FeedbackRequest, type SearchPage, searchSchema } from '../../shared/api/decisions.ts';
import { parseRequest, RequestError } from '../../shared/api/problem.ts';
import { NEWEST, VERSION } from '../../shared/api/version.ts';
import type { App } from '../../shared/compose.ts';
import { decisionOf } from '../../shared/insight/decision-of-row.ts';
import { listResults } from '../../shared/insight/results.ts';
import { giveFeedbackBatch } from '../../shared/review/feedback-batch.ts';
import { undoBatch } from '../../shared/review/undo-batch.ts';
import { searchDocuments } from '../../shared/search/search.ts';
import { readDataset } from '../../shared/training/dataset.ts';
import type { ApiClient } from '../api-client.ts';
import { atLake, queryOf } from '../at-lake.ts';
import { answer, bar, clearBar, note, screenWidth, UsageError, warn } from '../console.ts';
import { readGivenFile } from '../local-files.ts';
import { offerTraining } from '../offer-training.ts';
import { formatTable } from '../table.ts';
import { type ChooseOptions, type DecideOptions, requestOf } from './decision-request.ts';
import { filterOf } from './export.ts';

/** Documents of one command: who means more writes a file. */
const MOST_CHOSEN = 2000;
/** Documents that are shown before they are decided. */
const SHOWN = 20;

/** Without --yes it is only said which documents are meant. */
export async function decideChosen(options: ChooseOptions): Promise<void> {
  const { as: label } = options;
  const filter = filterOf(options);
  if (options.like !== undefined && filter.text !== undefined)
    throw new UsageError('--like and --text exclude each other');
  if (options.like === undefined && Object.keys(filter).length === 0)
    throw new UsageError(
      'say which documents are meant: by a filter such as --status review, or by --like <document-id>',
    );
  const chosen = await atLake(options, {
    api: (api) => chooseByApi(api, options, filter),
    app: (app) => chooseInLake(app, options, filter),
  });
  clearBar();
  if (chosen.length > MOST_CHOSEN)
    throw new UsageError(`more than ${MOST_CHOSEN} documents fit; narrow the filter, or decide by a file (--from)`);
  if (!options.yes) {
    answer(options, { label, documents: chosen.map((row) => row.documentId) }, () => shownChoice(chosen));
    note(
      chosen.length === 0
        ? 'No document fits.'
        : `${chosen.length} document(s) would be ${label}; nothing is decided yet: add --yes`,
    );
    return;
  }
  const rows = chosen.map((row, i) => ({ line: i, request: requestOf(String(row.documentId), label, options.note) }));
  await decideRows(rows, [], options, (line) => pathOf(chosen[line]), 'the choice');
}

const pathOf = (decision: Decision | undefined): string => decision?.originalPath ?? decision?.path ?? '';

const shownChoice = (chosen: readonly Decision[]): string =>
  formatTable(
    [{ title: 'document', flexible: true, cut: 'middle' }, { title: 'label now' }, { title: 'status' }],
    chosen.slice(0, SHOWN).map((row) => [pathOf(row), String(row.label ?? ''), String(row.status)]),
    screenWidth(160),
  ) + (chosen.length > SHOWN ? `\n… and ${chosen.length - SHOWN} more` : '');

const likeQuery = ({ like, similarity }: ChooseOptions, filter: object) => ({
  ...filter,
  like,
  ...(similarity === undefined ? {} : { similarity }),
});

type Page = { rows: readonly Decision[]; next: string | null };

/** Pages until the last, or until there are too many. */
async function allPages(pageAt: (cursor: string | undefined) => Promise<Page>): Promise<Decision[]> {
  const rows: Decision[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await pageAt(cursor);
    rows.push(...page.rows);
    bar(`${rows.length} documents chosen`);
    if (page.next === null || rows.length > MOST_CHOSEN) return rows;
    cursor = page.next;
  }
}

const chooseByApi = (api: ApiClient, options: ChooseOptions, filter: Record<string, unknown>): Promise<Decision[]> =>
  allPages(async (cursor) => {
    const more = cursor === undefined ? {} : { cursor };
    if (options.like === undefined && filter.text === undefined) {
      const path = `/api/results${queryOf({ ...filter, limit: 1000, ...more, [VERSION]: NEWEST })}`;
      const { results, next } = await api.ask<DecisionsPage>('GET', path);
      return { rows: results, next };
    }
    const path = `/api/search${queryOf({ ...likeQuery(options, filter), limit: 100, ...more })}`;
    const { results, next } = await api.ask<SearchPage>('GET', path);
    return { rows: results.map(({ decision }) => decision), next };
  });

async function chooseInLake(app: App, options: ChooseOptions, filter: Record<string, unknown>): Promise<Decision[]> {
  const isSearch = options.like !== undefined || filter.text !== undefined;
  if (isSearch) await app.search.refresh();
  return await allPages(async (cursor) => {
    const more = cursor === undefined ? {} : { cursor };
    if (!isSearch) {
      const { results, next } = await listResults(app.query, { ...filterOf(options), limit: 1000, cursor });
      return { rows: results.map(decisionOf), next };
    }
    const request = parseRequest(searchSchema, { ...likeQuery(options, filter), limit: 100, ...more });
    const { results, next } = await searchDocuments(app, request);
    return { rows: results.map(({ decision }) => decision), next };
  });
}

/** Take batches back. @throws Error when a decision was refused */
export async function undoDecisions(batchIds: readonly string[], options: DecideOptions): Promise<void> {
  const undone: UndoneDecision[] = [];
  await atLake(options, {
    api: async (api) => {
      for (const id of batchIds)
        undone.push(
          ...(await api.ask<{ decisions: UndoneDecision[] }>('POST', `/api/feedback/batch/${id}/undo`)).decisions,
        );
    },
    app: async (app) => {
      for (const id of batchIds) undone.push(...(await undoBatch(app, id, userInfo().username)));
    },
  });
  const refused = undone.filter(({ state }) => state === 'refused');
  const count = (state: UndoneDecision['state']) => undone.filter((each) => each.state === state).length;
  answer(
    options,
    { decisions: undone },
    () => `${count('undone')} taken back, ${count('unchanged')} taken back before, ${refused.length} left as they are`,
  );
  for (const { message } of refused.slice(0, 10)) note(warn(`  ${message ?? ''}`));
  if (refused.length > 0) throw new Error(`${refused.length} decision(s) do not stand any more as they were given`);
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

/** Every row of a file is a decision; those that are refused do not keep the others. @throws Error when any was refused */
export async function decideFile(file: string, options: DecideOptions): Promise<void> {
  const { rows, refused } = await readDecisions(file, options.note);
  await decideRows(rows, refused, options, (line) => `line ${line}`, file);
}

async function decideRows(
  rows: readonly GivenRow[],
  refused: Refused[],
  options: DecideOptions,
  nameOf: (line: number) => string,
  from: string,
): Promise<void> {
  const batches: string[] = [];
  let decided = 0;
  let unchanged = 0;
  const decideAll = async (decide: (requests: FeedbackRequest[]) => Promise<BatchAnswer>): Promise<void> => {
    for (let at = 0; at < rows.length; at += DECISIONS_AT_ONCE) {
      const part = rows.slice(at, at + DECISIONS_AT_ONCE);
      bar(`${at + part.length}/${rows.length} decisions`);
      const { decisions: answers, batchId } = await decide(part.map(({ request }) => request));
      if (batchId !== null) batches.push(batchId);
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
      decideAll(async (decisions) => await api.ask<BatchAnswer>('POST', '/api/feedback/batch', { decisions })),
    app: (app) => decideAll((requests) => giveFeedbackBatch(app, requests, userInfo().username)),
  });
  clearBar();
  answer(
    options,
    { decided, unchanged, refused, batches },
    () => `${decided} decided, ${unchanged} as decided before, ${refused.length} refused`,
  );
  if (batches.length > 0) note(`take it back with \`sluice decide --undo ${batches.join(' --undo ')}\``);
  await offerTraining(options, decided);
  if (refused.length === 0) return;
  for (const { line, reason } of refused.slice(0, 10)) note(warn(`  ${nameOf(line)}: ${reason}`));
  throw new Error(`${refused.length} row(s) of ${from} were refused; what the others say is stored`);
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
