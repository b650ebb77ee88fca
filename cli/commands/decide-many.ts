// `sluice decide` for many documents: those of a file, those that fit a filter or are like one; and taking it all back.
// Invariants: M1 what a person has decided is left alone where documents are chosen by a filter or by likeness, unless it is asked for; a file names each
// document itself. M2 whatever was stored before a failure can be taken back: a batch has its id before it is sent.
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import type { BatchAnswer, Decision, DecisionsPage, UndoneDecision } from '../../shared/api/answers.ts';
import { type BatchRequest, type SearchPage, searchSchema } from '../../shared/api/decisions.ts';
import { parseRequest, RequestError } from '../../shared/api/problem.ts';
import { NEWEST, VERSION } from '../../shared/api/version.ts';
import type { App } from '../../shared/compose.ts';
import { decisionOf } from '../../shared/insight/decision-of-row.ts';
import { listResults } from '../../shared/insight/results.ts';
import { giveFeedbackBatch } from '../../shared/review/feedback-batch.ts';
import { undoBatch } from '../../shared/review/undo-batch.ts';
import { searchDocuments, strayIn } from '../../shared/search/search.ts';
import { readDataset } from '../../shared/training/dataset.ts';
import type { ApiClient } from '../api-client.ts';
import { atLake, queryOf } from '../at-lake.ts';
import { answer, bar, clearBar, note, screenWidth, UsageError, warn } from '../console.ts';
import { documentName } from '../document-name.ts';
import { lakeOption } from '../lake-option.ts';
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
  const stray = strayIn(filter); // a typing error away from deciding all documents
  if (stray !== undefined) throw new UsageError(`--${stray.field} ${stray.message}`);
  if (options.like === undefined && Object.keys(filter).length === 0)
    throw new UsageError(
      'say which documents are meant: by a filter such as --status review, or by --like <document-id>',
    );
  const chosen = await atLake(options, {
    api: (api) => chooseByApi(api, options, filter),
    app: (app) => chooseInLake(app, options, filter),
  });
  clearBar();
  const byId = Map.groupBy(chosen, ({ documentId }) => documentId);
  const newest = [...byId.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
  const byPeople = options.overrulePeople
    ? []
    : newest.filter(({ documentId }) => byId.get(documentId)?.some((row) => row.decidedBy === 'human'));
  const meant = newest.filter((row) => !byPeople.includes(row)); // M1
  if (newest.length > MOST_CHOSEN)
    throw new UsageError(`more than ${MOST_CHOSEN} documents fit; narrow the filter, or decide by a file (--from)`);
  if (!options.yes) {
    answer(options, { label, documents: idsOf(meant), byPeople: idsOf(byPeople) }, () => shownChoice(meant));
    noteByPeople(byPeople.length);
    note(
      meant.length === 0
        ? newest.length === 0
          ? 'No document fits.'
          : 'No other document fits.'
        : `${meant.length} document(s) would be ${label}; nothing is decided yet: add --yes`,
    );
    return;
  }
  const rows = meant.map((row, line) => ({
    line,
    request: {
      ...requestOf(String(row.documentId), label, options.note),
      ...(options.overrulePeople ? {} : { unlessPerson: true }),
    },
  }));
  await decideRows(rows, [], options, {
    nameOf: (line) => pathOf(meant[line]),
    from: 'the choice',
    byPeople: idsOf(byPeople),
  });
}

const idsOf = (rows: readonly Decision[]): string[] => rows.map(({ documentId }) => documentId);

const noteByPeople = (count: number): void => {
  if (count > 0)
    note(`${count} document(s) that a person has decided are left as they are; --overrule-people decides them too`);
};

const pathOf = (decision: Decision | undefined): string =>
  decision === undefined ? '' : documentName(decision.originalPath ?? decision.path ?? '', decision.archivePath);

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
  const unknown: string[] = [];
  const takeBack = async (undo: (id: string) => Promise<UndoneDecision[]>): Promise<void> => {
    for (const id of batchIds)
      try {
        undone.push(...(await undo(id)));
      } catch (error) {
        if (!hasCode(error, 'review.no-batch') || batchIds.length === 1) throw error;
        unknown.push(id); // of a batch that was cut short nothing may be there; the others are taken back all the same
      }
  };
  await atLake(options, {
    api: (api) =>
      takeBack(
        async (id) =>
          (await api.ask<{ decisions: UndoneDecision[] }>('POST', `/api/feedback/batch/${id}/undo`)).decisions,
      ),
    app: (app) => takeBack((id) => undoBatch(app, id, userInfo().username)),
  });
  const refused = undone.filter(({ state }) => state === 'refused');
  const count = (state: UndoneDecision['state']) => undone.filter((each) => each.state === state).length;
  answer(
    options,
    { decisions: undone, unknown },
    () => `${count('undone')} taken back, ${count('unchanged')} taken back before, ${refused.length} left as they are`,
  );
  for (const id of unknown) note(`no decisions are known under ${id}`);
  for (const { message } of refused.slice(0, 10)) note(warn(`  ${message ?? ''}`));
  if (refused.length > 0) throw new Error(`${refused.length} decision(s) do not stand any more as they were given`);
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Decisions that share their commits. */
const DECISIONS_AT_ONCE = 200;

interface GivenRow {
  line: number;
  request: BatchRequest;
}
interface Refused {
  line: number;
  documentId: string | null;
  reason: string;
}

/** Every row of a file is a decision; those that are refused do not keep the others. @throws Error when any was refused */
export async function decideFile(file: string, options: DecideOptions): Promise<void> {
  const { rows, refused, open } = await readDecisions(file, options.note);
  if (open > 0) note(`${open} row(s) without a label are left out`);
  await decideRows(rows, refused, options, { nameOf: (line) => `line ${line}`, from: file, byPeople: [], open });
}

/** How rows are told of, and documents that were left alone before any was sent. */
interface Told {
  nameOf: (line: number) => string;
  from: string;
  byPeople: readonly string[];
  /** Rows of the file in which no label is written yet. */
  open?: number;
}

async function decideRows(
  rows: readonly GivenRow[],
  refused: Refused[],
  options: DecideOptions,
  told: Told,
): Promise<void> {
  const batches: string[] = [];
  const byPeople = [...told.byPeople];
  let decided = 0;
  let unchanged = 0;
  const decideAll = async (decide: (requests: BatchRequest[], batchId: string) => Promise<BatchAnswer>) => {
    for (let at = 0; at < rows.length; at += DECISIONS_AT_ONCE) {
      const part = rows.slice(at, at + DECISIONS_AT_ONCE);
      bar(`${at + part.length}/${rows.length} decisions`);
      const id = randomBytes(16).toString('hex');
      batches.push(id); // M2
      const requests = part.map(({ request }) => request);
      const { decisions: answers, batchId } = await decide(requests, id);
      if (batchId === null) batches.pop();
      for (const [index, { documentId, state, code, message }] of answers.entries())
        if (state === 'decided') decided++;
        else if (state === 'unchanged') unchanged++;
        else if (code === 'review.decided-by-person') byPeople.push(documentId);
        else refused.push({ line: part[index]?.line ?? 0, documentId, reason: message?.split('\n')[0] ?? '' });
    }
  };
  try {
    await atLake(options, {
      api: (api) =>
        decideAll((decisions, batchId) => api.ask<BatchAnswer>('POST', '/api/feedback/batch', { decisions, batchId })),
      app: (app) => decideAll((requests, batchId) => giveFeedbackBatch(app, requests, userInfo().username, batchId)),
    });
  } catch (error) {
    clearBar();
    if (batches.length > 0) note(`stopped after ${decided} of ${rows.length} decisions; ${wayBack(batches, options)}`);
    throw error;
  }
  clearBar();
  answer(
    options,
    { decided, unchanged, refused, byPeople, batches, ...(told.open === undefined ? {} : { open: told.open }) },
    () => `${decided} decided, ${unchanged} as decided before, ${refused.length} refused`,
  );
  noteByPeople(byPeople.length);
  if (batches.length > 0) note(wayBack(batches, options));
  await offerTraining(options, decided);
  if (refused.length === 0) return;
  for (const { line, reason } of refused.slice(0, 10)) note(warn(`  ${told.nameOf(line)}: ${reason}`));
  throw new Error(`${refused.length} row(s) of ${told.from} were refused; what the others say is stored`);
}

const wayBack = (batches: readonly string[], lake: DecideOptions): string =>
  `take it back with \`npx sluice decide --undo ${batches.join(' --undo ')}${lakeOption(lake)}\``;

async function readDecisions(
  file: string,
  note: string | undefined,
): Promise<{ rows: GivenRow[]; refused: Refused[]; open: number }> {
  let open = 0;
  const rows: GivenRow[] = [];
  const refused: Refused[] = [];
  const columns = { text: 'document_id', label: 'label' };
  for await (const row of readDataset({ name: file, bytes: readGivenFile(file) }, columns)) {
    const { line } = row;
    if ('problem' in row) refused.push({ line, documentId: null, reason: row.problem });
    else if (row.label === null) open++;
    else
      try {
        rows.push({ line, request: requestOf(row.text.trim(), row.label, note) });
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        refused.push({ line, documentId: row.text, reason: error.message.split('\n')[0] ?? '' });
      }
  }
  return { rows, refused, open };
}
