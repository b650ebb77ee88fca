// Plots: their frame, and what they say to those who cannot see them.
import { catalogue } from '../language/catalogue.ts';

export const words = catalogue('charts', {
  saveSvg: 'Save SVG',
  saveSvgOf: (title: string) => ` of ${title}`,
  asTable: 'As a table',
  line: 'line',
  term: 'term',
  by: (title: string, y: string, x: string) => `${title}: ${y} by ${x}`,
  truthPredicted: 'truth \\ predicted',
  matrixRead: (title: string) => `${title}: rows are the truth, columns the prediction`,
  recognised: (label: string, documents: string, share: string) =>
    `${label} recognised: ${documents} (${share} of its documents)`,
  takenFor: (label: string, other: string, documents: string, share: string) =>
    `${label} taken for ${other}: ${documents} (${share} of its documents)`,
});
