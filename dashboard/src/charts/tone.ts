// Colours of charts.

/** Colour by place in the palette, 1..6, or a meaning. */
export type Tone = number | 'good' | 'warn' | 'bad' | 'dim';

/** Class of the style sheet. */
export const toneClass = (tone: Tone): string => (typeof tone === 'number' ? `c${tone}` : `c-${tone}`);
