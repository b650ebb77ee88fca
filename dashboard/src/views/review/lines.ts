// Which documents the review shows, and in what order.

/** A spot check is drawn at random of what the local stages decided alone; on a disagreement reviewers have said different things. */
export type Line = 'uncertain' | 'teaching' | 'oldest' | 'spot-check' | 'disagreement';

export const LINES: readonly Line[] = ['uncertain', 'teaching', 'oldest', 'spot-check', 'disagreement'];

/** The line of an address; the first for what is none. */
export const lineOf = (name: string | undefined): Line => (isLine(name) ? name : 'uncertain');

/** As the route of the queue takes it. */
export const askOf = (line: Line): { order?: string; queue?: string } =>
  line === 'spot-check' || line === 'disagreement' ? { queue: line } : { order: line };

const isLine = (name: string | undefined): name is Line => LINES.some((line) => line === name);
