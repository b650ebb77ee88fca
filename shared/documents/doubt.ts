// When a text is not the whole document: pages that are images or garbage and were not read, or left out as damaged. The model's word alone is not enough then.
// Other warnings (small pictures, formulas without results, cells over a limit) say what is missing, and do not make the text doubtful.

const DOUBTFUL = new Set(['needs-ocr', 'pdf']);

/** Kind of a warning, as runs count them: what stands before its colon. */
export const warningKind = (warning: string): string => /^([\w-]{1,40}):/.exec(warning)?.[1] ?? 'other';

/** Does the text rest on pages nobody could read? */
export const isDoubtful = (warnings: readonly string[]): boolean =>
  warnings.some((warning) => DOUBTFUL.has(warningKind(warning)));

/** Warnings as a column holds them: a JSON list. Anything else is none. */
export function parseWarnings(json: string | null | undefined): string[] {
  if (json === null || json === undefined || json === '' || json === '[]') return [];
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  } catch {
    return []; // a column of another make
  }
}
