// The way from nothing to a trusted model, as GET /api/guide tells it.
import type { UncheckedDescriptions } from './unchecked.ts';

export interface GuideStep {
  id: 'labels' | 'documents' | 'review' | 'train' | 'promote' | 'rerun' | 'check';
  state: 'done' | 'next' | 'later';
  /** Where reason or cost are other than usual: no LLM is asked; nothing waits for people, as an LLM or an encoder decided all that came; the model in charge has proven nothing and decides nothing alone. */
  case: 'no-llm' | 'none-wait' | 'proves-nothing' | null;
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
  /** View of the page, with its query. */
  view: string;
}

export interface Guide {
  /** In their order; at most one is `next`. Without those that a model from elsewhere has made needless. */
  steps: GuideStep[];
  /** Labels of which nobody knows how often they are right; null: there are none. */
  unchecked: UncheckedDescriptions | null;
}
