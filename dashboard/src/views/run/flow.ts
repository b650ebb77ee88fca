// Where a run's documents went, and the picture of it: bands from "in" to the outcomes, and from "labelled" to who decided. Pure.
// Invariants: F1 the bands that leave a node are together as high as the node, save for what is drawn at least a hair high. F2 nothing is drawn
// for zero documents.

import type { RunReport } from '../../../../shared/api/insights.ts';
import type { RunStatus } from '../../../../shared/api/runs.ts';

import { isActive, undecided } from '../runs/run-list.ts';

/** Place in the palette, or a meaning, as plots take it. */
type Tone = number | 'good' | 'warn' | 'bad' | 'dim';

export interface Outcomes {
  documents: number;
  labelled: number;
  review: number;
  failed: number;
  /** In work, or never decided in a run that was stopped. */
  open: number;
  /** Labelled documents by who decided; null before the run has ended. */
  by: { model: number; encoder: number; llm: number; duplicate: number; human: number } | null;
}

/** With the report, what people decided since the run is counted as theirs. */
export function outcomesOf(run: RunStatus, report: RunReport | undefined): Outcomes {
  if (report === undefined || report.labels.length + report.codes.length === 0)
    return {
      documents: run.documents,
      labelled: run.labelled,
      review: run.review,
      failed: run.failed,
      open: isActive(run) || run.state !== 'completed' ? undecided(run) : 0,
      by: null,
    };
  const sum = (of: readonly { documents: number }[]) => of.reduce((total, { documents }) => total + documents, 0);
  const by = { model: 0, encoder: 0, llm: 0, duplicate: 0, human: 0 };
  for (const { byModel, byEncoder, byLlm, byDuplicate, byHuman } of report.labels) {
    by.model += byModel;
    by.encoder += byEncoder;
    by.llm += byLlm;
    by.duplicate += byDuplicate;
    by.human += byHuman;
  }
  return {
    documents: run.documents,
    labelled: sum(report.labels),
    review: sum(report.codes.filter(({ status }) => status === 'review')),
    failed: sum(report.codes.filter(({ status }) => status === 'failed')),
    open: 0,
    by,
  };
}

/** Documents in, less documents out; 0 when the conservation law holds. */
export const missing = ({ documents, labelled, review, failed, open }: Outcomes): number =>
  documents - labelled - review - failed - open;

/** The outcomes and the deciders, which the catalogue names. */
export type FlowKey = 'in' | 'labelled' | 'review' | 'failed' | 'open' | keyof NonNullable<Outcomes['by']>;

export interface FlowNode {
  key: FlowKey;
  documents: number;
  tone: Tone;
  x: number;
  y: number;
  height: number;
}

export interface FlowBand {
  from: FlowKey;
  to: FlowKey;
  tone: Tone;
  documents: number;
  start: { x: number; y: number };
  end: { x: number; y: number };
  height: number;
}

export interface Flow {
  nodes: FlowNode[];
  bands: FlowBand[];
  height: number;
}

export const NODE_WIDTH = 10;
const HAIR = 2;
const GAP = 26;
/** Room above a column for the name of its first node. */
const TOP = 22;

const DECIDERS = [
  { key: 'model', tone: 1 },
  { key: 'encoder', tone: 5 },
  { key: 'llm', tone: 2 },
  { key: 'duplicate', tone: 3 },
  { key: 'human', tone: 4 },
] as const;

/** @param width  CSS pixels @param room  pixels at the right for names @param full  height of all documents, pixels */
export function layOut(outcomes: Outcomes, width: number, room = 150, full = 170): Flow {
  const { documents } = outcomes;
  const scale = documents === 0 ? 0 : full / documents;
  const size = (value: number) => (value === 0 ? 0 : Math.max(HAIR, value * scale));
  const right = Math.max(120, width - room);
  const last = right - NODE_WIDTH;
  const columns = [0, outcomes.by === null ? last : Math.round(right * 0.45), last] as const;
  const nodes: FlowNode[] = [];
  const bands: FlowBand[] = [];
  const source: FlowNode = {
    key: 'in',
    documents,
    tone: 'dim',
    x: columns[0],
    y: TOP,
    height: size(documents),
  };
  nodes.push(source);
  const outs = [
    { key: 'labelled', documents: outcomes.labelled, tone: 'good' },
    { key: 'review', documents: outcomes.review, tone: 'warn' },
    { key: 'failed', documents: outcomes.failed, tone: 'bad' },
    { key: 'open', documents: outcomes.open, tone: 'dim' },
  ] as const;
  const middle = column(source, outs, columns[1], TOP, size, nodes, bands);
  const labelled = nodes.find(({ key }) => key === 'labelled');
  let split = 0;
  if (labelled !== undefined && outcomes.by !== null) {
    const { by } = outcomes;
    const parts = DECIDERS.map((decider) => ({ ...decider, documents: by[decider.key] }));
    split = column(labelled, parts, columns[2], TOP, size, nodes, bands);
  }
  return { nodes, bands, height: Math.max(middle, split, TOP + source.height) + 6 };
}

/** Put nodes below each other with a band to each from `from`. @returns the column's lower end */
function column(
  from: FlowNode,
  parts: readonly { key: FlowKey; documents: number; tone: Tone }[],
  x: number,
  top: number,
  size: (documents: number) => number,
  nodes: FlowNode[],
  bands: FlowBand[],
): number {
  let y = top;
  let leaves = from.y;
  for (const part of parts) {
    if (part.documents === 0) continue; // F2
    const height = size(part.documents);
    nodes.push({ ...part, x, y, height });
    bands.push({
      from: from.key,
      to: part.key,
      tone: part.tone,
      documents: part.documents,
      start: { x: from.x + NODE_WIDTH, y: leaves },
      end: { x, y },
      height,
    });
    leaves += height;
    y += Math.max(height, 4) + GAP;
  }
  return y - (y > top ? GAP : 0);
}

/** SVG path of a band. */
export function bandPath({ start: from, end: to, height }: FlowBand): string {
  const half = (from.x + to.x) / 2;
  return [
    `M${from.x},${from.y}`,
    `C${half},${from.y} ${half},${to.y} ${to.x},${to.y}`,
    `V${to.y + height}`,
    `C${half},${to.y + height} ${half},${from.y + height} ${from.x},${from.y + height}`,
    'Z',
  ].join('');
}
