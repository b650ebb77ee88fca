// Widths of page pictures that can be asked for, pixels: a thumbnail, a page on the screen, a page to zoom into. A closed list bounds what is kept.
export const PAGE_WIDTHS = [240, 1000, 2000] as const;
export type PageWidth = (typeof PAGE_WIDTHS)[number];
