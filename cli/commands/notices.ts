// `sluice digest`, `drift`, `notices`: the last days in numbers, whether what arrives has changed, and the messages that tell people of it.
import type { Digest, DriftReport, NoticeList } from '../../shared/api/notices.ts';
import { digestOf } from '../../shared/insight/digest.ts';
import { driftReport, MIN_DOCUMENTS } from '../../shared/insight/drift-report.ts';
import { sayDrift } from '../../shared/notices/alarms.ts';
import { digestLines } from '../../shared/notices/digest-notice.ts';
import { testNotice } from '../../shared/notices/test-notice.ts';
import { atLake, type LakeOptions, lookAt, queryOf } from '../at-lake.ts';
import { answer, screenWidth } from '../console.ts';
import { formatTable } from '../table.ts';

export async function digestCommand(options: LakeOptions & { days: number }): Promise<void> {
  const digest = await lookAt(options, {
    api: (api) => api.ask<Digest>('GET', `/api/digest${queryOf({ days: options.days })}`),
    app: (app) => digestOf(app, options.days),
  });
  answer(options, digest, () => [`${digest.from} to ${digest.to}`, ...digestLines(digest)].join('\n'));
}

export async function driftCommand(options: LakeOptions): Promise<void> {
  const report = await lookAt(options, {
    api: (api) => api.ask<DriftReport>('GET', '/api/drift'),
    app: (app) => driftReport(app),
  });
  answer(options, report, () => describeDrift(report));
}

function describeDrift({ recentFrom, from, measures, documents, models }: DriftReport): string {
  const counts = measures[0];
  const [recent, before] = [counts?.recent.whole ?? 0, counts?.before.whole ?? 0];
  const head = `since ${recentFrom}: ${recent} documents; from ${from} until then: ${before}`;
  if (recent < MIN_DOCUMENTS || before < MIN_DOCUMENTS)
    return `${head}. Too few to compare: ${MIN_DOCUMENTS} on either side are needed`;
  const seen = measures.filter(({ isSeen }) => isSeen);
  if (seen.length === 0) return `${head}. No difference that is large and unlikely to be chance`;
  const isOtherModel = models.recent.join() !== models.before.join();
  return [
    head,
    ...seen.map((measure) => `! ${sayDrift(measure)}`),
    ...(isOtherModel
      ? [
          `models: ${models.recent.join(', ') || 'none'} now, ${models.before.join(', ') || 'none'} before: that may be why`,
        ]
      : []),
    '',
    formatTable(
      [
        { title: 'document' },
        { title: 'why' },
        { title: 'label', flexible: true },
        { title: 'path', flexible: true, cut: 'middle' },
      ],
      documents.map((each) => [
        each.documentId.slice(0, 12),
        each.what,
        each.label ?? '',
        `${each.path} ${each.archivePath}`.trim(),
      ]),
      screenWidth(),
    ),
  ].join('\n');
}

export async function noticesCommand(options: LakeOptions): Promise<void> {
  const list = await lookAt(options, {
    api: (api) => api.ask<NoticeList>('GET', '/api/notices'),
    app: (app) => app.notices.list(),
  });
  answer(options, list, () => describeNotices(list));
}

function describeNotices({ channels, notices }: NoticeList): string {
  const where =
    channels.length === 0
      ? 'nothing is sent: NOTIFY_WEBHOOK or NOTIFY_EMAIL_TO names where to (docs/operations.md)'
      : `sent by ${channels.join(' and ')}; \`sluice notices test\` tries ${channels.length === 1 ? 'it' : 'them'}`;
  if (notices.length === 0) return where;
  return [
    where,
    '',
    formatTable(
      [
        { title: 'made' },
        { title: 'state' },
        { title: 'notice', flexible: true },
        { title: 'why not', flexible: true },
      ],
      notices.map(({ createdAt, state, title, failed }) => [
        createdAt.slice(0, 16).replace('T', ' '),
        state,
        title,
        Object.entries(failed)
          .map(([channel, words]) => `${channel}: ${words}`)
          .join('; '),
      ]),
      screenWidth(),
    ),
  ].join('\n');
}

/** @throws Error when a channel did not take the message, or there is none */
export async function testNoticesCommand(options: LakeOptions): Promise<void> {
  const { channels } = await atLake(options, {
    api: (api) => api.ask<{ channels: Record<string, string | null> }>('POST', '/api/notices/test'),
    app: async ({ notices, config, clock }) => ({ channels: await notices.trySend(testNotice(config, clock.now())) }),
  });
  const all = Object.entries(channels);
  if (all.length > 0 || options.json)
    answer(options, { channels }, () => all.map(([name, why]) => `${name}: ${why ?? 'taken'}`).join('\n'));
  if (all.length === 0) throw new Error('no channel is set: NOTIFY_WEBHOOK or NOTIFY_EMAIL_TO (docs/operations.md)');
  const refused = all.filter(([, why]) => why !== null);
  if (refused.length > 0) throw new Error(`${refused.length} of ${all.length} channel(s) did not take the message`);
}
