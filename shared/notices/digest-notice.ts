// The digest as a message.
import type { Digest } from '../api/notices.ts';
import { percent, sayDrift } from './alarms.ts';
import type { Notice } from './notice.ts';

/** Lines of the digest, the same in messages and on the terminal. */
export function digestLines(digest: Digest): string[] {
  const { documents, byModel, asked, review, failed, waiting, agreement, spotChecks, promised } = digest;
  return [
    `${documents} documents decided: ${percent(byModel, documents)} by the local models alone, ${asked} asked, ${review} left to people, ${failed} not readable`,
    `${waiting} wait for review now`,
    `$${digest.costUsd.toFixed(digest.costUsd < 1 ? 4 : 2)} spent${digest.wastedUsd > 0 ? `, $${digest.wastedUsd.toFixed(4)} of it without an answer` : ''}`,
    agreement.decisions === 0
      ? 'nobody reviewed'
      : `people decided ${agreement.decisions} and kept what was proposed in ${percent(agreement.kept, agreement.decisions)}`,
    spotChecks === null || spotChecks.checked === 0
      ? 'no spot checks: how often labels given alone are right was not measured'
      : `spot checks: ${spotChecks.right} of ${spotChecks.checked} right, 95 % interval ${percent(spotChecks.low, 1)} to ${percent(spotChecks.high, 1)}${promised === null ? '' : `; promised ${percent(promised, 1)}`}`,
    ...digest.labels.map(({ label, documents: count }) => `${label}: ${count}`),
    ...digest.drift.map((measure) => `! ${sayDrift(measure)}`),
  ];
}

/** @param tick  of the schedule, part of the id */
export const digestNotice = (digest: Digest, tick: string, link: string | null): Notice => ({
  id: `digest-${tick.replace(/[^0-9T-]/g, '')}`,
  kind: 'digest',
  title: `Sluice: ${digest.from} to ${digest.to}`,
  lines: digestLines(digest),
  link,
});
