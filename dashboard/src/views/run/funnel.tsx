// The conservation law of a run as a picture: every document that went in came out labelled, in review or failed.
import { Figure } from '../../charts/figure.tsx';
import { toneClass } from '../../charts/tone.ts';
import { count, percent } from '../../format.ts';
import { isActive } from '../runs/run-list.ts';
import type { RunStatus } from '../runs/steps.ts';
import { bandPath, type FlowNode, layOut, missing, NODE_WIDTH, type Outcomes } from './flow.ts';

export function Funnel({ run, outcomes }: { run: RunStatus; outcomes: Outcomes }) {
  const { documents, labelled, review, failed, open, by } = outcomes;
  const table = {
    columns: ['outcome', 'documents'],
    rows: [
      ['in', count(documents)],
      ['labelled', count(labelled)],
      ...(by === null
        ? []
        : [
            ['– by the model', count(by.model)],
            ['– by the LLM', count(by.llm)],
            ['– as duplicate', count(by.duplicate)],
            ['– by people', count(by.human)],
          ]),
      ['in review', count(review)],
      ['failed', count(failed)],
      ...(open === 0 ? [] : [[isActive(run) ? 'in work' : 'not decided', count(open)]]),
    ],
  };
  return (
    <Figure title="From in to decided" table={table} caption={<Law run={run} outcomes={outcomes} />}>
      {(width) => <Picture outcomes={outcomes} width={width} isLive={isActive(run)} />}
    </Figure>
  );
}

/** Loud where the conservation law does not hold for a completed run; nothing where it does. */
export function BrokenLaw({ run, outcomes }: { run: RunStatus; outcomes: Outcomes }) {
  if (run.state !== 'completed' || missing(outcomes) === 0) return null;
  return (
    <p class="note bad" role="alert">
      <strong>
        {count(Math.abs(missing(outcomes)))} documents{' '}
        {missing(outcomes) > 0 ? 'went in and did not come out.' : 'came out and never went in.'}
      </strong>{' '}
      This is a defect of Sluice (run.conservation): keep the run folder and report it.
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
        {count(documents)} in {holds ? '=' : '≠'} {count(labelled)} labelled + {count(review)} review + {count(failed)}{' '}
        failed
        {open > 0 && ` + ${count(open)} ${isActive(run) ? 'in work' : 'not decided'}`}
      </strong>
      {run.review > review && ` · people have decided ${count(run.review - review)} since the run ended`}
    </>
  );
}

function Picture({ outcomes, width, isLive }: { outcomes: Outcomes; width: number; isLive: boolean }) {
  const flow = layOut(outcomes, width, width < 420 ? 118 : 170);
  const said = flow.nodes.map(({ name, documents }) => `${count(documents)} ${name}`).join(', ');
  const nameOf = (node: FlowNode) => (node.key === 'open' && isLive ? 'in work' : node.name);
  return (
    <svg width={width} height={flow.height} role="img" aria-label={`Documents by outcome: ${said}`}>
      {flow.bands.map((band) => (
        <path key={band.key} class={`flow-band ${toneClass(band.tone)}`} d={bandPath(band)}>
          <title>{`${band.key.replace('/', ' → ')}: ${count(band.documents)}`}</title>
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
