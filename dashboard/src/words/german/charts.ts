import type { words } from '../charts.ts';

export const charts: typeof words = {
  saveSvg: 'Als SVG sichern',
  saveSvgOf: (title) => `: ${title}`,
  asTable: 'Als Tabelle',
  line: 'Linie',
  term: 'Begriff',
  by: (title, y, x) => `${title}: ${y} nach ${x}`,
  truthPredicted: 'wahr \\ vorhergesagt',
  matrixRead: (title) => `${title}: Zeilen sind die Wahrheit, Spalten die Vorhersage`,
  recognised: (label, documents, share) => `${label} erkannt: ${documents} (${share} der Dokumente)`,
  takenFor: (label, other, documents, share) => `${label} für ${other} gehalten: ${documents} (${share} der Dokumente)`,
};
