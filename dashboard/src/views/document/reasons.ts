// Why a document has its label, in words and in the order of weight; and what was decided on it, by whom, as one story.

import type { Decision, DecisionHistory, Evidence, FeedbackRecord } from '../../../../shared/api/answers.ts';
import { list } from '../../format.ts';

import { words } from '../../words/document.ts';

/** The label of a decision and the strongest other one; undefined where the model has no second. */
export function rivalsOf(row: Decision): { label: string; runnerUp: string } | undefined {
  const [first, second] = row.topLabels;
  return first === undefined || second === undefined ? undefined : { label: first.label, runnerUp: second.label };
}

/** Terms whose pull is strongest first, to whichever side. */
export const byPull = (evidence: readonly Evidence[]): Evidence[] =>
  [...evidence].sort((a, b) => Math.abs(pullOf(b)) - Math.abs(pullOf(a)));

/** How far a term moves the decision from the runner-up to the label; negative the other way. */
export const pullOf = ({ weight, runnerUpWeight }: Evidence): number => weight - runnerUpWeight;

/** Two sentences at most: what speaks for the label, and what for the runner-up. */
export function sentencesOf(evidence: readonly Evidence[], rivals: { label: string; runnerUp: string }): string[] {
  const sorted = byPull(evidence);
  const side = (isFor: boolean) => sorted.filter((one) => pullOf(one) > 0 === isFor && pullOf(one) !== 0);
  const named = (some: readonly Evidence[]) => list(some.slice(0, 3).map(({ term }) => words.quoted(term)));
  const pro = side(true);
  const contra = side(false);
  return [
    ...(pro.length > 0 ? [words.speakFor(named(pro), pro.length, rivals.label, rivals.runnerUp)] : []),
    ...(contra.length > 0 ? [words.speakForOther(named(contra), contra.length, rivals.runnerUp)] : []),
  ];
}

export interface Chapter {
  row: Decision;
  /** What the person said; only with decisions of people. */
  feedback: FeedbackRecord | undefined;
  /** Was the file another one than in the decision before? */
  isNewContent: boolean;
}

/** Decisions, newest first, each with the feedback it came from: the n-th decision of a human belongs to the n-th feedback. */
export function storyOf({ history, feedback }: Pick<DecisionHistory, 'history' | 'feedback'>): Chapter[] {
  let said = 0;
  return history.map((row, i) => {
    const before = history[i + 1];
    const mine = row.decidedBy === 'human' ? feedback[said++] : undefined;
    return {
      row,
      feedback: mine,
      isNewContent:
        before !== undefined && row.contentSha256 !== null && before.contentSha256 !== null
          ? row.contentSha256 !== before.contentSha256
          : false,
    };
  });
}

/** Different contents this document has had. */
export const versionsOf = (history: readonly Decision[]): number =>
  new Set(history.flatMap(({ contentSha256: sum }) => (sum === null ? [] : [sum]))).size;
