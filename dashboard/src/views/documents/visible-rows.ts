// Which rows of a long list are in the page: those in sight, some around them, and the one that has the focus.
// Invariant: R1 the heights of the gaps and of the rows add up to that of the whole list, so that nothing jumps while scrolling.

export interface Viewport {
  /** Of the list, CSS pixels above the window's upper edge; negative while the list begins below it. */
  scrolled: number;
  /** Height of the window. */
  height: number;
}

export interface VisibleRows {
  /** Indices in order. */
  rows: number[];
  /** Rows missing before each of `rows`. */
  gapBefore: number[];
  /** Rows missing after the last. */
  gapAfter: number;
  /** Is the end of what is loaded so near that more is to be asked for? */
  isNearEnd: boolean;
}

/** Rows kept ready above and below the window. */
const AROUND = 12;
/** Windows of rows below the visible one at which more is asked for. */
const AHEAD = 2;

/** @param focused  index of the row with the focus, which stays in the page wherever one scrolls; -1 for none */
export function planVisibleRows(count: number, rowHeight: number, view: Viewport, focused = -1): VisibleRows {
  const first = clamp(Math.floor(view.scrolled / rowHeight) - AROUND, count);
  const last = clamp(Math.ceil((view.scrolled + view.height) / rowHeight) + AROUND, count);
  const rows = Array.from({ length: last - first }, (_, i) => first + i);
  if (focused >= 0 && focused < count) {
    if (focused < first) rows.unshift(focused);
    else if (focused >= last) rows.push(focused);
  }
  return {
    rows,
    gapBefore: rows.map((row, i) => row - (i === 0 ? 0 : (rows[i - 1] ?? 0) + 1)),
    gapAfter: count - ((rows.at(-1) ?? -1) + 1),
    isNearEnd: view.scrolled + view.height * (1 + AHEAD) >= count * rowHeight,
  };
}

const clamp = (row: number, count: number): number => Math.min(count, Math.max(0, row));

/** Row to focus next for a key, or undefined where the key means nothing here. @param page  rows in a window */
export function rowAfterKey(key: string, row: number, count: number, page: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: count - 1,
  };
  const next = moves[key];
  return next === undefined ? undefined : Math.min(count - 1, Math.max(0, next));
}
