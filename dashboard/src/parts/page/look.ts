// How a page is looked at: which one, how close, which way up. One key each, the same in every view.

export interface Look {
  /** From 1. */
  page: number;
  /** Widths of the frame the page is wide. */
  zoom: number;
  /** Quarter turns clockwise, 0 to 3. */
  quarters: number;
}

export type LookCommand = 'next-page' | 'previous-page' | 'closer' | 'farther' | 'whole' | 'turn' | 'other-side';

export const FIRST_LOOK: Look = { page: 1, zoom: 1, quarters: 0 };
const ZOOMS = [1, 1.5, 2, 3];

/** Digits from 1 on and most letters are labels in the review. */
export const LOOK_KEYS: Readonly<Record<string, LookCommand>> = {
  '.': 'next-page',
  ',': 'previous-page',
  '+': 'closer',
  '=': 'closer',
  '-': 'farther',
  '0': 'whole',
  r: 'turn',
  p: 'other-side',
};

/** @param pages  of the document; undefined while nobody knows */
export function looked(look: Look, command: LookCommand, pages: number | undefined): Look {
  const at = ZOOMS.indexOf(look.zoom);
  const turnTo = (page: number): Look => ({ ...look, page: Math.max(1, Math.min(pages ?? 1, page)) });
  if (command === 'next-page') return turnTo(look.page + 1);
  if (command === 'previous-page') return turnTo(look.page - 1);
  if (command === 'closer') return { ...look, zoom: ZOOMS[at + 1] ?? look.zoom };
  if (command === 'farther') return { ...look, zoom: ZOOMS[Math.max(0, at - 1)] ?? 1 };
  if (command === 'whole') return { ...look, zoom: 1, quarters: 0 };
  if (command === 'turn') return { ...look, quarters: (look.quarters + 1) % 4 };
  return look;
}

/** Pages that a warning names as not read, 1-based: "needs-ocr: 2 page(s) not read (3, 5)". */
export function doubtfulPages(warnings: readonly string[]): number[] {
  const named = warnings
    .filter((warning) => warning.startsWith('needs-ocr:'))
    .flatMap((warning) => /\(([\d, ]+)[^)]*\)\s*$/.exec(warning)?.[1]?.split(',') ?? [])
    .map(Number);
  return [...new Set(named)].filter((page) => Number.isInteger(page) && page > 0).sort((a, b) => a - b);
}

/** Pixels to ask for: enough for the screen. */
export const widthFor = (cssPx: number, zoom: number, pixelRatio: number): 1000 | 2000 =>
  cssPx * zoom * pixelRatio > 1150 ? 2000 : 1000;
