// Two runs side by side: what flipped, and why.
import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import type { FlipReason, RunComparison } from '../../../shared/api/runs.ts';
import { Head, number } from '../parts/table-head.tsx';
import '../../style/compare.css';
import { count, fullPath, percent } from '../format.ts';
import { links } from '../links.ts';
import { Confidence, Meter, StatusBadge, TableBox, Tile } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { Empty, Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { useResource } from '../resource.ts';
import { chosenFlips, type Flip, type FlipChoice, outcomeOf, REASONS } from './compare/flips.ts';
import { shortId } from './runs/run-list.ts';

export function CompareView() {
  const { params } = useRoute();
  const { a = '', b = '' } = params;
  useTitle(`Compare ${shortId(a)} and ${shortId(b)}`);
  const comparison = useResource<RunComparison>(`runs/${encodeURIComponent(a)}/compare/${encodeURIComponent(b)}`);
  return (
    <>
      <div class="view-head">
        <div>
          <h1>Two runs compared</h1>
          <p>
            From <a href={links.run(a)}>{a}</a> to <a href={links.run(b)}>{b}</a>{' '}
            <a class="nowrap" href={links.compare(b, a)}>
              (swap)
            </a>
          </p>
        </div>
      </div>
      <Show resource={comparison} what="the comparison">
        {(data) => <Compared data={data} />}
      </Show>
    </>
  );
}

function Compared({ data }: { data: RunComparison }) {
  const { documents, flipped } = data;
  const [choice, setChoice] = useState<FlipChoice>({ reason: '', from: '', to: '' });
  return (
    <div class="stack">
      <div class="tiles">
        <Tile
          name="In both runs"
          value={count(documents.shared)}
          note={`of ${count(documents.a)} before and ${count(documents.b)} after`}
        />
        <Tile
          name="Same"
          value={count(documents.same)}
          note={documents.shared === 0 ? 'none shared' : percent(documents.same / documents.shared, 1)}
        />
        <Tile
          name="Flipped"
          value={count(flipped)}
          tone={flipped > 0 ? 'warn' : 'good'}
          note={documents.shared === 0 ? 'none shared' : percent(flipped / documents.shared, 1)}
        />
      </div>
      {flipped === 0 ? (
        <Empty title={documents.shared === 0 ? 'The runs share no document' : 'Nothing differs'}>
          <p>
            {documents.shared === 0
              ? 'Documents are the same when they have the same path in the same container. Compare a run with its re-run, or two runs over one folder.'
              : `All ${count(documents.shared)} shared documents have the same label and status in both runs.`}
          </p>
        </Empty>
      ) : (
        <>
          <div class="grid">
            <ByLabel data={data} choice={choice} onChoose={setChoice} />
            <ByReason data={data} />
          </div>
          <Flips data={data} choice={choice} onChoose={setChoice} />
        </>
      )}
    </div>
  );
}

const Outcome = ({ outcome }: { outcome: string }) =>
  outcome === 'review' || outcome === 'failed' ? <StatusBadge status={outcome} /> : <span>{outcome}</span>;

interface ChoiceProps {
  data: RunComparison;
  choice: FlipChoice;
  onChoose: (choice: FlipChoice) => void;
}

function ByLabel({ data, choice, onChoose }: ChoiceProps) {
  const most = Math.max(...data.byLabel.map(({ documents }) => documents));
  return (
    <section class="card" aria-labelledby="by-label-title">
      <h2 id="by-label-title">Flips by label</h2>
      <table class="small">
        <Head
          columns={[
            'Before',
            'After',
            number('Flips'),
            { name: <span class="visually-hidden">Share and choice</span>, kind: 'plain' },
          ]}
        />
        <tbody>
          {data.byLabel.map(({ from, to, documents }) => {
            const isChosen = choice.from === from && choice.to === to;
            return (
              <tr key={`${from}\0${to}`}>
                <td>
                  <Outcome outcome={from} />
                </td>
                <td>
                  <Outcome outcome={to} />
                </td>
                <td class="number">{count(documents)}</td>
                <td class="flip-choice">
                  <Meter value={documents / most} label={`${percent(documents / data.flipped)} of the flips`} />
                  <button
                    type="button"
                    class="quiet"
                    aria-pressed={isChosen}
                    aria-label={`Show flips from ${from} to ${to}`}
                    onClick={() => onChoose({ ...choice, ...(isChosen ? { from: '', to: '' } : { from, to }) })}
                  >
                    {isChosen ? 'All' : 'Show'}
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function ByReason({ data }: { data: RunComparison }) {
  return (
    <section class="card" aria-labelledby="by-reason-title">
      <h2 id="by-reason-title">Flips by reason</h2>
      <p class="dim">Each flip has one reason: the first in this order that changed between the runs.</p>
      <dl class="reasons">
        {(Object.keys(REASONS) as FlipReason[]) // keys of a record over FlipReason
          .filter((reason) => (data.byReason[reason] ?? 0) > 0)
          .map((reason) => (
            <div key={reason}>
              <dt>
                {REASONS[reason].name} <strong>{count(data.byReason[reason] ?? 0)}</strong>
              </dt>
              <dd>{REASONS[reason].meaning}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

const PAGE = 100;

function Flips({ data, choice, onChoose }: ChoiceProps) {
  const [shown, setShown] = useState(PAGE);
  const flips = chosenFlips(data.flips, choice);
  return (
    <section aria-labelledby="flips-title" class="stack">
      <div class="flips-head">
        <h2 id="flips-title">Flipped documents</h2>
        {Object.keys(data.byReason).length > 1 && (
          <Field label="Reason">
            <select
              value={choice.reason}
              onChange={({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
                onChoose({ ...choice, reason: currentTarget.value })
              }
            >
              <option value="">any</option>
              {Object.keys(data.byReason).map((reason) => (
                <option key={reason} value={reason}>
                  {reason}
                </option>
              ))}
            </select>
          </Field>
        )}
      </div>
      <p class="dim" role="status">
        {count(flips.length)} {flips.length === 1 ? 'document' : 'documents'}
        {choice.from !== '' && ` from ${choice.from} to ${choice.to}`}
        {data.flips.length < data.flipped && ` among the first ${count(data.flips.length)} of ${count(data.flipped)}`}
      </p>
      <TableBox label="Table of flipped documents">
        <table>
          <Head columns={['Document', 'Before', 'After', 'Reason']} />
          <tbody>
            {flips.slice(0, shown).map((flip) => (
              <tr key={flip.documentId}>
                <td class="flip-path">
                  <a class="path" href={links.document(flip.documentId)}>
                    {fullPath(flip.path, flip.archivePath)}
                  </a>
                </td>
                <td>
                  <Side side={flip.before} />
                </td>
                <td>
                  <Side side={flip.after} />
                </td>
                <td title={REASONS[flip.reason].meaning}>{flip.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {flips.length > shown && (
        <p>
          <button type="button" onClick={() => setShown(shown + PAGE)}>
            Show {count(Math.min(PAGE, flips.length - shown))} more
          </button>
        </p>
      )}
    </section>
  );
}

function Side({ side }: { side: Flip['before'] }) {
  return (
    <div class="flip-side">
      <Outcome outcome={outcomeOf(side)} />
      {side.decidedBy !== null && <span class="dim nowrap">by {side.decidedBy}</span>}
      {side.confidence !== null && <Confidence value={side.confidence} />}
    </div>
  );
}
