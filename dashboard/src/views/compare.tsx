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
import { words } from '../words/compare.ts';
import { words as partsWords } from '../words/parts.ts';
import { chosenFlips, type Flip, type FlipChoice, outcomeOf } from './compare/flips.ts';
import { RunLink, useRunName } from './runs/run-link.tsx';

export function CompareView() {
  const { params } = useRoute();
  const { a = '', b = '' } = params;
  useTitle(words.titled(useRunName(a), useRunName(b)));
  const comparison = useResource<RunComparison>(`runs/${encodeURIComponent(a)}/compare/${encodeURIComponent(b)}`);
  return (
    <>
      <div class="view-head">
        <div>
          <h1>{words.title}</h1>
          <p>
            {words.fromTo(<RunLink runId={a} />, <RunLink runId={b} />)}{' '}
            <a class="nowrap" href={links.compare(b, a)}>
              {words.swap}
            </a>
          </p>
        </div>
      </div>
      <Show resource={comparison} what={words.theComparison}>
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
          name={words.inBoth}
          value={count(documents.shared)}
          note={words.beforeAndAfter(documents.a, documents.b)}
        />
        <Tile
          name={words.same}
          value={count(documents.same)}
          note={documents.shared === 0 ? words.noneShared : percent(documents.same / documents.shared, 1)}
        />
        <Tile
          name={words.flipped}
          value={count(flipped)}
          tone={flipped > 0 ? 'warn' : 'good'}
          note={documents.shared === 0 ? words.noneShared : percent(flipped / documents.shared, 1)}
        />
      </div>
      {flipped === 0 ? (
        <Empty title={documents.shared === 0 ? words.shareNone : words.nothingDiffers}>
          <p>{documents.shared === 0 ? words.shareNoneNote : words.allSame(documents.shared)}</p>
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

/** A label is data; a status has a word. */
const outcomeName = (outcome: string): string =>
  outcome === 'review' || outcome === 'failed' ? (partsWords.status[outcome] ?? outcome) : outcome;

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
      <h2 id="by-label-title">{words.byLabel}</h2>
      <table class="small">
        <Head
          columns={[
            words.before,
            words.after,
            number(words.flips),
            { name: <span class="visually-hidden">{words.shareAndChoice}</span>, kind: 'plain' },
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
                  <Meter value={documents / most} label={words.ofTheFlips(percent(documents / data.flipped))} />
                  <button
                    type="button"
                    class="quiet"
                    aria-pressed={isChosen}
                    aria-label={words.showFlips(outcomeName(from), outcomeName(to))}
                    onClick={() => onChoose({ ...choice, ...(isChosen ? { from: '', to: '' } : { from, to }) })}
                  >
                    {isChosen ? words.all : words.show}
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
      <h2 id="by-reason-title">{words.byReason}</h2>
      <p class="dim">{words.oneReason}</p>
      <dl class="reasons">
        {(Object.keys(words.reasons) as FlipReason[]) // keys of a record over FlipReason
          .filter((reason) => (data.byReason[reason] ?? 0) > 0)
          .map((reason) => (
            <div key={reason}>
              <dt>
                {words.reasons[reason].name} <strong>{count(data.byReason[reason] ?? 0)}</strong>
              </dt>
              <dd>{words.reasons[reason].meaning}</dd>
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
        <h2 id="flips-title">{words.flippedDocuments}</h2>
        {Object.keys(data.byReason).length > 1 && (
          <Field label={words.reason}>
            <select
              value={choice.reason}
              onChange={({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
                onChoose({ ...choice, reason: currentTarget.value })
              }
            >
              <option value="">{words.any}</option>
              {(Object.keys(data.byReason) as FlipReason[]).map((reason) => (
                <option key={reason} value={reason}>
                  {words.reasons[reason].name}
                </option>
              ))}
            </select>
          </Field>
        )}
      </div>
      <p class="dim" role="status">
        {words.documents(flips.length)}
        {choice.from !== '' && words.chosen(outcomeName(choice.from), outcomeName(choice.to))}
        {data.flips.length < data.flipped && words.amongFirst(data.flips.length, data.flipped)}
      </p>
      <TableBox label={words.table}>
        <table>
          <Head columns={[words.document, words.before, words.after, words.reason]} />
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
                <td title={words.reasons[flip.reason].meaning}>{words.reasons[flip.reason].name}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {flips.length > shown && (
        <p>
          <button type="button" onClick={() => setShown(shown + PAGE)}>
            {words.showMore(Math.min(PAGE, flips.length - shown))}
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
      {side.decidedBy !== null && (
        <span class="dim nowrap">{words.by(partsWords.deciders[side.decidedBy] ?? side.decidedBy)}</span>
      )}
      {side.confidence !== null && <Confidence value={side.confidence} />}
    </div>
  );
}
