// When a run goes to the Batch API, and how its packs are divided into jobs. Pure.

export interface BatchLaneLimits {
  linesPerPart: number;
  bytesPerPart: number;
}

/** OpenAI takes 50,000 lines, Azure 100,000; both 200 MB. */
export const defaultBatchLaneLimits: BatchLaneLimits = { linesPerPart: 50_000, bytesPerPart: 150 * 1024 * 1024 };

const DAY_MS = 24 * 3_600_000;
const WORTH_DOCUMENTS = 5000;

/** Which lane a run takes: what was asked for, or batch when there is a day's time and enough to gain. */
export function chooseLane(options: {
  mode: 'auto' | 'live' | 'batch';
  documents: number;
  deadlineMs: number | undefined;
  nowMs: number;
  canBatch: boolean;
}): 'live' | 'batch' {
  if (!options.canBatch || options.mode === 'live') return 'live';
  if (options.mode === 'batch') return 'batch';
  const hasADay = options.deadlineMs !== undefined && options.deadlineMs - options.nowMs >= DAY_MS;
  return hasADay && options.documents > WORTH_DOCUMENTS ? 'batch' : 'live';
}

/** Split packs so that no part exceeds lines, bytes or queued tokens. */
export function splitParts<T>(
  packs: readonly T[],
  lineOf: (pack: T) => string,
  tokensOf: (pack: T) => number,
  limits: BatchLaneLimits & { tokens: number },
): T[][] {
  const parts: T[][] = [];
  let [bytes, tokens] = [0, 0];
  for (const pack of packs) {
    const [packBytes, packTokens] = [Buffer.byteLength(lineOf(pack)) + 1, tokensOf(pack)];
    const last = parts.at(-1);
    const fits =
      last !== undefined &&
      last.length < limits.linesPerPart &&
      bytes + packBytes <= limits.bytesPerPart &&
      tokens + packTokens <= limits.tokens;
    if (fits) last.push(pack);
    else {
      parts.push([pack]);
      [bytes, tokens] = [0, 0];
    }
    bytes += packBytes;
    tokens += packTokens;
  }
  return parts;
}
