import { count, percent } from '../../format.ts';
import type { words } from '../offer.ts';

export const offer: typeof words = {
  title: 'Entscheidungen genug für ein Training',
  decided: (all, learnt) =>
    `Menschen haben ${count(all)} Dokumente entschieden${learnt > 0 ? `; ${count(learnt)} davon sind schon gelernt` : ''}.`,
  expected: (right, low, high, documents) =>
    `Ein Modell daraus wird voraussichtlich ${percent(right)} richtig zuordnen (${percent(low)} bis ${percent(high)}; kreuzvalidiert an ${count(documents)} davon).`,
  before: (documents, right, model) =>
    `Von den ${count(documents)} mit Vorschlag war er bei ${percent(right)} richtig; das Modell wäre es bei ${percent(model)}.`,
  alone: (alone, aim) => `Es würde ${percent(alone)} allein entscheiden, davon ${percent(aim)} richtig.`,
  nothingAlone: (missing, aim) =>
    missing > 0
      ? `Es würde nichts allein entscheiden: Mindestens ${count(missing)} weitere Entscheidungen fehlen, um ${percent(aim)} zu belegen.`
      : `Es würde nichts allein entscheiden.`,
  twice: (right) => `Mit doppelt so vielen Entscheidungen: etwa ${percent(right)}.`,
  unknown:
    'Was es brächte, lässt sich nicht sagen: Zu wenige Texte sind noch da, oder alle Entscheidungen nennen dieselbe Kategorie.',
  train: 'Mit Entscheidungen trainieren …',
  open: 'Ein Modell daraus trainieren',
  operator: 'Wer die Rolle operator hat, kann ein Modell daraus trainieren.',
};
