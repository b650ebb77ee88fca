// The conservation law of a run as a picture: every document that went in came out labelled, in review or failed.
import { Figure } from '../../charts/figure.tsx';
import { toneClass } from '../../charts/tone.ts';
import { count, list, percent } from '../../format.ts';
import { words } from '../../words/run.ts';
import { isActive } from '../runs/run-list.ts';
import type { RunStatus } from '../runs/steps.ts';
import { bandPath, type FlowNode, layOut, missing, NODE_WIDTH, type Outcomes } from './flow.ts';

export function Funnel({ run, outcomes }: { run: RunStatus; outcomes: Outcomes }) {
  const { documents, labelled, review, failed, open, by } = outcomes;
  const table = {
    columns: [words.outcome, words.columnDocuments],
    rows: [
      [words.nodes.in, count(documents)],
      [words.nodes.labelled, count(labelled)],
      ...(by === null
        ? []
        : [
            [`– ${words.nodes.model}`, count(by.model)],
            [`– ${words.nodes.encoder}`, count(by.encoder)],
            [`– ${words.nodes.llm}`, count(by.llm)],
            [`– ${words.nodes.duplicate}`, count(by.duplicate)],
            [`– ${words.nodes.human}`, count(by.human)],
          ]),
      [words.nodes.review, count(review)],
      [words.nodes.failed, count(failed)],
      ...(open === 0 ? [] : [[isActive(run) ? words.nodes.inWork : words.nodes.open, count(open)]]),
    ],
  };
  return (
    <Figure title={words.flow} table={table} caption={<Law run={run} outcomes={outcomes} />}>
      {(width) => <Picture outcomes={outcomes} width={width} isLive={isActive(run)} />}
    </Figure>
  );
}

/** Loud where the conservation law does not hold for a completed run; nothing where it does. */
export function BrokenLaw({ run, outcomes }: { run: RunStatus; outcomes: Outcomes }) {
  if (run.state !== 'completed' || missing(outcomes) === 0) return null;
  return (
    <p class="note bad" role="alert">
      <strong>{words.lost(Math.abs(missing(outcomes)), missing(outcomes) > 0)}</strong> {words.defect}
    </p>
  );
}

/** 92 in = 87 labelled + 0 review + 5 failed */
function Law({ run, outcomes }: { run: RunStatus; outcomes: Outcomes }) {
  const { documents, labelled, review, failed, open } = outcomes;
  const holds = missing(outcomes) === 0;
  return (
    <>
      <strong class={holds ? 'law' : 'law broken'}>
        {words.law(count(documents), holds ? '=' : '≠', count(labelled), count(review), count(failed))}
        {open > 0 && ` + ${count(open)} ${isActive(run) ? words.nodes.inWork : words.nodes.open}`}
      </strong>
      {run.review > review && ` · ${words.peopleDecided(count(run.review - review))}`}
    </>
  );
}

function Picture({ outcomes, width, isLive }: { outcomes: Outcomes; width: number; isLive: boolean }) {
  const flow = layOut(outcomes, width, width < 420 ? 118 : 170);
  const nameOf = ({ key }: Pick<FlowNode, 'key'>) => words.nodes[key === 'open' && isLive ? 'inWork' : key];
  const said = list(flow.nodes.map((node) => `${count(node.documents)} ${nameOf(node)}`));
  return (
    <svg width={width} height={flow.height} role="img" aria-label={words.byOutcome(said)}>
      {flow.bands.map((band) => (
        <path key={`${band.from}/${band.to}`} class={`flow-band ${toneClass(band.tone)}`} d={bandPath(band)}>
          <title>{`${nameOf({ key: band.from })} → ${nameOf({ key: band.to })}: ${count(band.documents)}`}</title>
        </path>
      ))}
      {flow.nodes.map((node) => (
        <rect
          key={node.key}
          class={`bar ${toneClass(node.tone)}`}
          x={node.x}
          y={node.y}
          width={NODE_WIDTH}
          height={node.height}
        />
      ))}
      {flow.nodes.map((node) => {
        const isSplit = node.key === 'in' || (node.key === 'labelled' && outcomes.by !== null);
        return (
          <text
            key={node.key}
            class="flow-name"
            x={isSplit ? node.x : node.x + NODE_WIDTH + 6}
            y={isSplit ? node.y - 7 : node.y + Math.min(node.height / 2 + 4, 16)}
          >
            <tspan class="flow-count">{count(node.documents)}</tspan> {nameOf(node)}
            {node.key !== 'in' && outcomes.documents > 0 && width >= 420 && (
              <tspan class="flow-share"> {percent(node.documents / outcomes.documents)}</tspan>
            )}
          </text>
        );
      })}
    </svg>
  );
}
