// `sluice review` and `sluice decide`: what waits for people, and their decisions, from the terminal.
import { userInfo } from 'node:os';
import type { FeedbackAnswer, ReviewItem } from '../../shared/api/answers.ts';
import { type ReviewQueue, reviewQueueSchema } from '../../shared/api/decisions.ts';
import type { DocumentText, ReviewProgress } from '../../shared/api/insights.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { NEWEST, VERSION } from '../../shared/api/version.ts';
import { readDocumentText } from '../../shared/insight/document-text.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { releaseDocuments } from '../../shared/review/lease.ts';
import { reviewProgress } from '../../shared/review/progress.ts';
import { takeForReview } from '../../shared/review/queue.ts';
import { wholePercent } from '../../shared/whole-percent.ts';
import { atLake, type LakeOptions, queryOf } from '../at-lake.ts';
import { answer, bar, clearBar, note, print, printJson, screenWidth, UsageError } from '../console.ts';
import { documentName } from '../document-name.ts';
import { lakeOption } from '../lake-option.ts';
import { offerTraining } from '../offer-training.ts';
import { formatTable, type TableColumn } from '../table.ts';
import { type ChooseOptions, type DecideOptions, requestOf } from './decision-request.ts';
import { SHEET_TEXT_CHARS, writeReviewSheet } from './review-sheet.ts';

/** The window of this user's terminal, by which the API knows who asks again. */
const holder = (): string => `cli-${userInfo().username}`.slice(0, 100);

export async function reviewCommand(
  options: LakeOptions & {
    limit: number;
    order?: string;
    run?: string;
    queue?: ReviewQueue['queue'];
    hold?: boolean;
    /** A table to fill in, instead of a list. */
    output?: string;
  },
): Promise<void> {
  const { limit, order, run, queue, hold = false, output } = options;
  const request = parseRequest(reviewQueueSchema, {
    limit,
    ...(order === undefined ? {} : { order }),
    ...(run === undefined ? {} : { run }),
    ...(queue === undefined ? {} : { queue }),
  });
  // The same person asking again sees the same documents. They are free for others when the command ends, or it would keep documents from everybody
  // that nobody is looking at any more; two who decide at once are told (feedback.ts).
  const texts = new Map<string, string | null>();
  const { items, waiting } = await atLake(options, {
    api: async (api) => {
      const query = queryOf({ ...request, holder: holder(), [VERSION]: NEWEST });
      const items = (await api.ask<{ documents: ReviewItem[] }>('GET', `/api/review${query}`)).documents;
      const documentIds = items.map(({ documentId }) => documentId);
      if (!hold && items.length > 0) await api.ask('POST', '/api/review/release', { documentIds, holder: holder() });
      if (output !== undefined)
        for (const id of documentIds) {
          bar(`${texts.size}/${documentIds.length} texts`);
          const path = `/api/documents/${id}/text${queryOf({ limit: SHEET_TEXT_CHARS })}`;
          texts.set(id, (await api.ask<DocumentText>('GET', path)).text);
        }
      const asked =
        items.length > 0
          ? undefined
          : await api.ask<ReviewProgress>('GET', `/api/review/progress${queryOf({ since: now() })}`);
      return { items, waiting: asked?.waiting ?? 0 };
    },
    app: async (app) => {
      const mine = `cli/${userInfo().username}`;
      const items = await takeForReview(app, request, mine, userInfo().username);
      if (!hold)
        await releaseDocuments(
          app.services,
          items.map(({ documentId }) => documentId),
          mine,
        );
      if (output !== undefined)
        for (const { documentId } of items)
          texts.set(documentId, (await readDocumentText(app, documentId, { limit: SHEET_TEXT_CHARS })).text);
      return { items, waiting: items.length > 0 ? 0 : (await reviewProgress(app.query, now(), mine)).waiting };
    },
  });
  clearBar();
  if (output !== undefined && items.length > 0) await writeReviewSheet(output, items, (id) => texts.get(id));
  if (options.json) {
    printJson(items);
    return;
  }
  if (items.length === 0) {
    const isWhole = (queue ?? 'waiting') === 'waiting' && run === undefined;
    note(isWhole && waiting > 0 ? heldByOthers(waiting) : NOTHING[queue ?? 'waiting']);
    return;
  }
  if (output !== undefined) {
    note(
      `${items.length} document(s) in ${output}. Fill in its column label, then: npx sluice decide --from ${JSON.stringify(output)}${lakeOption(options)}`,
    );
    return;
  }
  const terminal = screenWidth(160);
  print(terminal < WIDE ? describeInLines(items, terminal) : describeInTable(items, terminal));
  const lake = lakeOption(options);
  note(
    `decide with \`npx sluice decide <document-id> <label>${lake}\`; with -o review.csv here as a table to fill in, for \`npx sluice decide --from review.csv${lake}\``,
  );
}

const now = (): string => new Date().toISOString();

const heldByOthers = (waiting: number): string =>
  `${waiting} ${waiting === 1 ? 'document waits, but somebody is' : 'documents wait, but others are'} looking at ${waiting === 1 ? 'it' : 'them'}. They are free again when their windows close, REVIEW_LEASE_SECONDS after they were shown at the latest.`;

const NOTHING: Record<ReviewQueue['queue'], string> = {
  waiting: 'Nothing waits for you.',
  'spot-check': 'No document is left to check this week.',
  disagreement: 'Reviewers agree, or you spoke last.',
};

/** Columns of a terminal from which an id fits beside a path. */
const WIDE = 130;

const pathOf = (item: ReviewItem): string => documentName(item.path, item.archivePath);
const confidenceOf = ({ confidence }: ReviewItem): string =>
  confidence === null ? '' : `${wholePercent(confidence)} %`;

const guess: readonly TableColumn[] = [
  { title: 'best guess' },
  { title: 'conf.', align: 'right' },
  { title: 'why', flexible: true },
];
const guessOf = (item: ReviewItem): string[] => [
  item.label ?? '',
  confidenceOf(item),
  item.said.length === 0
    ? (item.code ?? '')
    : item.said.map(({ reviewer, label }) => `${reviewer}: ${label}`).join(', '),
];

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

export async function decideCommand(
  documentId: string | undefined,
  label: string | undefined,
  options: DecideOptions,
): Promise<void> {
  const isChosen = options.as !== undefined;
  if (
    [documentId !== undefined, options.from !== undefined, isChosen, options.undo !== undefined].filter(Boolean)
      .length > 1
  )
    throw new UsageError('a document, --from, --as and --undo exclude each other');
  if (options.undo !== undefined) return await (await import('./decide-many.ts')).undoDecisions(options.undo, options);
  if (isChosen) return await (await import('./decide-many.ts')).decideChosen(options as ChooseOptions); // as commander made it
  if (options.from !== undefined) {
    return await (await import('./decide-many.ts')).decideFile(options.from, options);
  }
  if (documentId === undefined || label === undefined)
    throw new UsageError(
      'name a document and its label, or --from a file with the columns document_id and label: `sluice review -o review.csv` writes one to fill in',
    );
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
