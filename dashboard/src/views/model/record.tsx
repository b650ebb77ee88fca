// Where a model comes from and where it has been: parameters of its training, and when it was the champion.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { count, when } from '../../format.ts';
import { Facts } from '../../parts/basics.tsx';

export function Promotions({ report }: { report: ModelReport }) {
  return (
    <section class="card">
      <h2>Promotions</h2>
      {report.promotions.length === 0 ? (
        <p class="dim">Never the champion so far.</p>
      ) : (
        <ol class="promotions">
          {report.promotions.map(({ at, reason }) => (
            <li key={at}>
              <time dateTime={at}>{when(at)}</time>: {reason}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const valueText = (value: string | number | boolean): string =>
  typeof value === 'number'
    ? Number.isInteger(value)
      ? count(value)
      : String(Number(value.toPrecision(6)))
    : typeof value === 'boolean'
      ? value
        ? 'yes'
        : 'no'
      : value;

export function TrainingRecord({ report }: { report: ModelReport }) {
  const { training, features, calibration, width, taxonomyVersion } = report;
  return (
    <section class="card">
      <h2>Training</h2>
      <Facts
        facts={[
          ['taxonomy', taxonomyVersion],
          ['features', count(width)],
          ['words per term', features === null ? null : count(features.ngram)],
          ['calibration', calibration.method],
          ...Object.entries(training)
            .filter(([, value]) => value !== null)
            .map(
              ([name, value]) =>
                [
                  spaced(name),
                  name.endsWith('ingerprint') ? <code>{String(value).slice(0, 16)}</code> : valueText(value ?? ''),
                ] as const,
            ),
        ]}
      />
    </section>
  );
}

/** regParam → reg param */
const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
