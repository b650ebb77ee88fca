// `sluice review` and `sluice decide`: what waits for people, and their decisions, from the terminal.
import { userInfo } from 'node:os';
import { feedbackSchema, reviewQueueSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { takeForReview } from '../../shared/review/queue.ts';
import { note } from '../console.ts';
import { withLake } from '../local-app.ts';
import { formatTable } from '../table.ts';

export async function reviewCommand(options: {
  data: string;
  json: boolean;
  limit: number;
  order: string;
  run?: string;
}): Promise<void> {
  const { limit, order, run } = options;
  const request = parseRequest(reviewQueueSchema, { limit, order, ...(run === undefined ? {} : { run }) });
  await withLake(options.data, async (app) => {
    // The same person asking again sees the same documents.
    const items = await takeForReview(app, request, `cli/${userInfo().username}`);
    if (options.json) {
      process.stdout.write(`${JSON.stringify(items)}\n`);
      return;
    }
    const columns = [
      { title: 'document id' },
      { title: 'path', flexible: true, cut: 'middle' as const },
      { title: 'best guess' },
      { title: 'conf.', align: 'right' as const },
      { title: 'why' },
    ];
    const rows = items.map((item) => [
      item.documentId,
      item.archivePath === '' ? item.path : `${item.path} › ${item.archivePath}`,
      item.label ?? '',
      item.confidence === null ? '' : `${Math.floor(item.confidence * 100)} %`,
      item.code ?? '',
    ]);
    process.stdout.write(`${formatTable(columns, rows, process.stdout.columns ?? 160)}\n`);
    note('decide with `sluice decide <document-id> <label>`');
  });
}

export async function decideCommand(
  documentId: string,
  label: string,
  options: { data: string; json: boolean; note?: string },
): Promise<void> {
  const request = parseRequest(feedbackSchema, {
    documentId,
    label,
    ...(options.note === undefined ? {} : { note: options.note }),
  });
  const answer = await withLake(options.data, (app) => giveFeedback(app, request, userInfo().username));
  process.stdout.write(
    options.json
      ? `${JSON.stringify(answer)}\n`
      : `${answer.label} (before: ${answer.previousLabel ?? 'none'})${answer.isNew ? '' : ', as decided before'}\n`,
  );
}
