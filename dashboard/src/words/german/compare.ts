import { count } from '../../format.ts';
import { pluralDe } from '../../language/plural.ts';
import type { words } from '../compare.ts';

export const compare: typeof words = {
  titled: (a, b) => `${a} und ${b} im Vergleich`,
  title: 'Zwei Läufe im Vergleich',
  fromTo: (a, b) => ['Von ', a, ' nach ', b],
  swap: '(tauschen)',
  theComparison: 'Vergleich',
  inBoth: 'In beiden Läufen',
  beforeAndAfter: (a, b) => `von ${count(a)} vorher und ${count(b)} nachher`,
  same: 'Gleich',
  noneShared: 'keine gemeinsam',
  flipped: 'Gekippt',
  shareNone: 'Die Läufe haben kein Dokument gemeinsam',
  nothingDiffers: 'Nichts unterscheidet sich',
  shareNoneNote:
    'Dokumente sind dieselben, wenn sie denselben Pfad im selben Container haben. Vergleichen Sie einen Lauf mit seiner Wiederholung, oder zwei Läufe über einen Ordner.',
  allSame: (n) =>
    `Alle ${count(n)} gemeinsamen Dokumente haben in beiden Läufen dieselbe Kategorie und denselben Status.`,
  byLabel: 'Gekippt nach Kategorie',
  before: 'Vorher',
  after: 'Nachher',
  flips: 'Anzahl',
  shareAndChoice: 'Anteil und Auswahl',
  ofTheFlips: (share) => `${share} der gekippten`,
  showFlips: (from, to) => `Gekippte von ${from} nach ${to} zeigen`,
  all: 'Alle',
  show: 'Zeigen',
  byReason: 'Gekippt nach Grund',
  oneReason: 'Jedes hat einen Grund: den ersten in dieser Reihenfolge, der sich zwischen den Läufen geändert hat.',
  flippedDocuments: 'Gekippte Dokumente',
  reason: 'Grund',
  any: 'beliebig',
  documents: (n) => `${count(n)} ${pluralDe(n, 'Dokument', 'Dokumente')}`,
  chosen: (from, to) => ` von ${from} nach ${to}`,
  amongFirst: (n, all) => ` unter den ersten ${count(n)} von ${count(all)}`,
  table: 'Tabelle der gekippten Dokumente',
  document: 'Dokument',
  showMore: (n) => `${count(n)} weitere zeigen`,
  by: (who) => `von: ${who}`,
  reasons: {
    content: {
      name: 'Inhalt',
      meaning: 'Die Datei wurde zwischen den Läufen ersetzt: anderer Inhalt, andere Entscheidung.',
    },
    reading: { name: 'Lesen', meaning: 'Ein Lauf konnte das Dokument lesen, der andere nicht.' },
    taxonomy: { name: 'Kategorien', meaning: 'Die Läufe wählten unter anderen oder anders beschriebenen Kategorien.' },
    model: { name: 'Modell', meaning: 'Eine andere Version des Modells bewertete das Dokument.' },
    prompt: { name: 'Prompt', meaning: 'Beide Läufe fragten das LLM, mit anderer Version des Prompts.' },
    route: {
      name: 'Weg',
      meaning:
        'Jemand anders entschied: Modell, LLM oder Duplikat – durch andere Schwelle, anderes Budget oder anderen Weg.',
    },
    answer: { name: 'Antwort', meaning: 'Alles war gleich, und das LLM antwortete anders.' },
  },
};
