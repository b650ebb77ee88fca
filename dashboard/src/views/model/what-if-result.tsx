// What a model and a threshold would have made of the lake's documents.
import type { WhatIfReport } from '../../../../shared/api/decisions.ts';
import { count, fullPath, money, percent } from '../../format.ts';
import { links } from '../../links.ts';
import { Confidence, TableBox, Tile } from '../../parts/basics.tsx';
import { Head } from '../../parts/table-head.tsx';
import { thresholdText } from './threshold.ts';

const SHOWN = 100;

export function WhatIfResult({ report }: { report: WhatIfReport }) {
  const { coverage, againstPeople: people, documents, unavailable, flips } = report;
  if (documents === 0)
    return (
      <p class="note">
        There is no document to score
        {unavailable > 0 ? `: of ${count(unavailable)} the text is no longer kept` : ' yet'}.
      </p>
    );
  return (
    <div class="stack">
      <h3>
        {count(documents)} documents of the lake at {thresholdText(report.accept)}
      </h3>
      {unavailable > 0 && (
        <p class="note">{count(unavailable)} more could not be scored: their text is no longer kept.</p>
      )}
      <div class="tiles">
        <Tile
          name="Coverage"
          value={percent(coverage.after, 1)}
          note={`decided by a model now: ${percent(coverage.before, 1)}`}
        />
        <Tile name="Other label" value={count(report.flipped)} note="documents that would flip" />
        <Tile name="Asked for the first time" value={count(report.newlyAsked)} note="documents the LLM has not seen" />
        <Tile
          name="Extra cost"
          value={report.extraCostUsd === null ? '–' : money(report.extraCostUsd)}
          note={report.extraCostUsd === null ? 'no answer was paid for yet' : 'at the average paid so far'}
        />
        <Tile
          name="Against people"
          value={people.accepted === 0 ? '–' : percent(people.right / people.accepted, 1)}
          note={
            people.documents === 0
              ? 'nobody has decided any of them'
              : `${count(people.right)} of ${count(people.accepted)} decided alone agree; people decided ${count(people.documents)}`
          }
        />
      </div>
      {flips.length > 0 && <Flips flips={flips} flipped={report.flipped} />}
      {report.runs.length > 0 && (
        <p class="dim">
          Runs with documents that would change:{' '}
          {report.runs.slice(0, 8).map((run, i) => (
            <span key={run}>
              {i > 0 && ', '}
              <a href={links.run(run)}>{run}</a>
            </span>
          ))}
          {report.runs.length > 8 && ` and ${count(report.runs.length - 8)} more`}. Run them again for the change to
          take effect.
        </p>
      )}
    </div>
  );
}

function Flips({ flips, flipped }: { flips: WhatIfReport['flips']; flipped: number }) {
  return (
    <>
      {flipped > SHOWN && (
        <p class="dim">
          The first {count(Math.min(SHOWN, flips.length))} of {count(flipped)} flips.
        </p>
      )}
      <TableBox label="Documents that would flip">
        <table class="flips">
          <Head columns={['Document', 'Now', 'Would be', 'Confidence']} />
          <tbody>
            {flips.slice(0, SHOWN).map((flip) => (
              <tr key={`${flip.documentId}/${flip.runId}`}>
                <td class="path">
                  <a href={links.document(flip.documentId)}>{fullPath(flip.path, flip.archivePath)}</a>
                </td>
                <td>{flip.before}</td>
                <td>{flip.after}</td>
                <td>
                  <Confidence value={flip.confidence} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </>
  );
}
