// What a model and a threshold would have made of the lake's documents.
import type { WhatIfReport } from '../../../../shared/api/decisions.ts';
import { count, fullPath, money, percent } from '../../format.ts';
import { links } from '../../links.ts';
import { Confidence, TableBox, Tile } from '../../parts/basics.tsx';
import { Head } from '../../parts/table-head.tsx';
import { words } from '../../words/model.ts';
import { RunLink } from '../runs/run-link.tsx';
import { thresholdText } from './threshold.ts';

const SHOWN = 100;

export function WhatIfResult({ report }: { report: WhatIfReport }) {
  const { coverage, againstPeople: people, documents, unavailable, flips } = report;
  if (documents === 0) return <p class="note">{words.nothingToScore(unavailable)}</p>;
  return (
    <div class="stack">
      <h3>{words.ofTheLakeAt(documents, thresholdText(report.accept))}</h3>
      {unavailable > 0 && <p class="note">{words.notScored(unavailable)}</p>}
      <div class="tiles">
        <Tile
          name={words.coverage}
          value={percent(coverage.after, 1)}
          note={words.decidedByModelNow(percent(coverage.before, 1))}
        />
        <Tile name={words.otherLabel} value={count(report.flipped)} note={words.wouldFlip} />
        <Tile name={words.askedFirst} value={count(report.newlyAsked)} note={words.notSeenByLlm} />
        <Tile
          name={words.extraCost}
          value={report.extraCostUsd === null ? '–' : money(report.extraCostUsd)}
          note={report.extraCostUsd === null ? words.nothingPaid : words.atAverage}
        />
        <Tile
          name={words.againstPeople}
          value={people.accepted === 0 ? '–' : percent(people.right / people.accepted, 1)}
          note={
            people.documents === 0 ? words.nobodyDecided : words.agree(people.right, people.accepted, people.documents)
          }
        />
      </div>
      {flips.length > 0 && <Flips flips={flips} flipped={report.flipped} />}
      {report.runs.length > 0 && (
        <p class="dim">
          {words.runsWith}{' '}
          {report.runs.slice(0, 8).map((run, i) => (
            <span key={run}>
              {i > 0 && ', '}
              <RunLink runId={run} />
            </span>
          ))}
          {report.runs.length > 8 && words.andMore(report.runs.length - 8)}. {words.runAgain}
        </p>
      )}
    </div>
  );
}

function Flips({ flips, flipped }: { flips: WhatIfReport['flips']; flipped: number }) {
  return (
    <>
      {flipped > SHOWN && <p class="dim">{words.firstFlips(Math.min(SHOWN, flips.length), flipped)}</p>}
      <TableBox label={words.documentsFlip}>
        <table class="flips">
          <Head columns={[words.document, words.now, words.wouldBe, words.confidence]} />
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
