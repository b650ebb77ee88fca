// The way from nothing to a trusted model, as GET /api/guide tells it.

export interface GuideStep {
  id: 'labels' | 'documents' | 'review' | 'train' | 'rerun' | 'check';
  state: 'done' | 'next' | 'later';
  title: string;
  /** What it is good for. */
  why: string;
  /** What is left of it, in numbers; null where it is done or not begun. */
  left: string | null;
  /** The number that `left` speaks of. */
  leftCount: number | null;
  /** What it costs. */
  cost: string;
  /** On the terminal. */
  command: string;
  /** View of the page. */
  view: 'labels' | 'sources' | 'review?order=teaching' | 'models' | 'runs' | 'review?order=spot-check';
}

export interface Guide {
  /** In their order; at most one is `next`. Without those that a model from elsewhere has made needless. */
  steps: GuideStep[];
}
