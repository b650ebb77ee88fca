// Did the server read all of a prompt? Some cut what is beyond their context without a word (Ollama, LM Studio, proxies that compress); others only count
// with another tokenizer. The usage of single answers tells them apart where it can, other answers of the deployment where it cannot.
// Invariants: R1 an answer of which nobody can say that its prompt was read whole is not used: its documents are asked in less, at last they are for people.
//             R2 another tokenizer costs a few such answers and is then remembered (`tokenShare`).

/** Tokens of a prompt as we count them, and as the answer reports them. */
export interface PromptRead {
  sent: number;
  read: number;
}

/** What the deployment has shown before (lessons.ts). */
interface Known {
  contextTokens?: number;
  tokenShare?: number;
}

/** `suspect`: cut, or another tokenizer. */
export type Reading = 'whole' | 'cut' | 'suspect';

/** Tokenizers differ by less. */
const LEAST_SHARE = 0.6;
const NEARLY_ALL = 0.95;
/** Chat templates and empty members are counted differently; less than the words of a document. */
const LEAST_MISSING = 64;
/** Contexts are multiples of it. */
const CONTEXT_STEP = 256;
/** Two counts that mean the same size of context. */
const SAME_TOKENS = 8;
/** Prompts that differ by so much are of different sizes, whatever the tokenizer; by so much, whatever their language too. */
const OTHER_SIZE = 1.05;
const MUCH_LARGER = 1.25;
/** Shares of one tokenizer lie so close together. */
const SAME_SHARE = 1.04;
const OTHER_SHARE = 1.1;
const SHARE_SPREAD = 0.97;

/** @param reads  earlier prompts of the deployment */
export function readingOf({ sent, read }: PromptRead, current: Known, reads: readonly PromptRead[] = []): Reading {
  if (read <= 0) return 'whole';
  // As much as the context holds, to the token: servers that add to the prompt cut one that seems to fit.
  if (sent - read < LEAST_MISSING) return Math.abs(read - (current.contextTokens ?? -2)) <= 1 ? 'suspect' : 'whole';
  const share = read / sent;
  if (share < LEAST_SHARE) return 'cut';
  if (share >= NEARLY_ALL) return 'whole';
  const isSame = (tokens: number, within = SAME_TOKENS) => Math.abs(read - tokens) <= within;
  const isOtherSize = (other: PromptRead) => Math.max(sent, other.sent) > OTHER_SIZE * Math.min(sent, other.sent);
  if (read % CONTEXT_STEP === 0 || isSame(current.contextTokens ?? -SAME_TOKENS)) return 'cut';
  if (reads.some((other) => isSame(other.read, 1) && isOtherSize(other))) return 'cut';
  const smaller = reads.filter((other) => other.sent * OTHER_SIZE < sent);
  if (smaller.some((other) => other.read >= read && other.sent * MUCH_LARGER < sent)) return 'cut';
  const isRepeated = reads.some((other) => isSame(other.read, 1));
  if (isRepeated && smaller.some((other) => other.read / other.sent > OTHER_SHARE * share)) return 'cut';
  if (current.tokenShare !== undefined && share >= SHARE_SPREAD * current.tokenShare) return 'whole';
  // More was read of a longer prompt, about as much of each token; or a shorter one was counted alike.
  const isProven = reads.some(
    (other) =>
      (other.sent > sent && other.read > read + SAME_TOKENS && other.read / other.sent <= OTHER_SHARE * share) ||
      (other.sent * OTHER_SIZE < sent && other.read / other.sent <= SAME_SHARE * share),
  );
  return isProven ? 'whole' : 'suspect';
}

/** What a prompt that was read whole says of the tokenizer; undefined when it says nothing new. */
export function shareLesson({ sent, read }: PromptRead, { tokenShare = 1 }: Known): Known | undefined {
  const share = Math.floor((100 * read) / sent) / 100;
  return sent - read >= LEAST_MISSING && share < NEARLY_ALL && share < SHARE_SPREAD * tokenShare
    ? { tokenShare: share }
    : undefined;
}
