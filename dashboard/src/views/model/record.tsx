// Where a model comes from and where it has been: parameters of its training, and when it was the champion.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { count, significant, when } from '../../format.ts';
import { Facts } from '../../parts/basics.tsx';
import { words } from '../../words/model.ts';

export function Promotions({ report }: { report: ModelReport }) {
  return (
    <section class="card">
      <h2>{words.promotions}</h2>
      {report.promotions.length === 0 ? (
        <p class="dim">{words.neverChampion}</p>
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
      : significant(value, 6)
    : typeof value === 'boolean'
      ? value
        ? words.yes
        : words.no
      : value;

export function TrainingRecord({ report }: { report: ModelReport }) {
  const { training, features, calibration, width, taxonomyVersion } = report;
  return (
    <section class="card">
      <h2>{words.training}</h2>
      <Facts
        facts={[
          [words.taxonomy, taxonomyVersion],
          [words.features, count(width)],
          [words.wordsPerTerm, features === null ? null : count(features.ngram)],
          [words.calibration, calibration.method],
        ]}
      />
      {/* names of parameters: data, the same in every language */}
      <div lang="en">
        <Facts
          facts={Object.entries(training)
            .filter(([, value]) => value !== null)
            .map(([name, value]) => [
              spaced(name),
              name.endsWith('ingerprint') ? <code>{String(value).slice(0, 16)}</code> : valueText(value ?? ''),
            ])}
        />
      </div>
    </section>
  );
}

/** regParam → reg param */
const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
