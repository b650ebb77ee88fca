import { count } from '../../format.ts';
import { pluralDe } from '../../language/plural.ts';
import type { words } from '../many.ts';

const documents = (n: number) => `${count(n)} ${pluralDe(n, 'Dokument', 'Dokumente')}`;

export const many: typeof words = {
  title: 'Viele entscheiden',
  theDocuments: 'Dokumente',
  indexing: 'Die Texte werden noch erschlossen, einmal je Dokument; was dann gefunden wird, erscheint von selbst.',
  noneFits: 'Kein Dokument passt',
  narrow: 'Entfernen Sie einen Filter, oder suchen Sie Dokumente wie ein anderes.',
  howTo:
    'Wählen Sie Dokumente mit der Leertaste oder einem Klick, geben Sie ihnen mit deren Taste eine Kategorie, und drücken Sie Enter.',
  loaded: (n) => `bisher ${documents(n)} …`,
  fit: (n) => `${documents(n)} ${pluralDe(n, 'passt', 'passen')}`,
  cut: (n) => `Mehr als ${count(n)} Dokumente passen; dies sind die ersten. Ein engerer Filter zeigt die anderen.`,
  chosen: (n) => `${count(n)} gewählt`,
  chooseAll: (n) => `Alle ${count(n)} wählen`,
  chooseNone: 'Keines wählen',
  byPeople: (n) =>
    n === 1
      ? 'Eines ist von Hand entschieden: Es bleibt weg, wenn Sie es nicht eigens wählen.'
      : `${count(n)} sind von Hand entschieden: Sie bleiben weg, wenn Sie sie nicht einzeln wählen.`,
  byPerson: 'von Hand entschieden',
  alike: (share) => `${share} ähnlich`,
  open: (name) => `${name} öffnen`,
  label: 'Kategorie der gewählten Dokumente',
  noTaxonomy: 'Noch gibt es keine Kategorien.',
  chooseFirst: 'Wählen Sie Dokumente, dann eine Kategorie.',
  chooseLabel: (n) => `${documents(n)} gewählt: jetzt eine Kategorie.`,
  get: (n, label, bold) => [`${documents(n)} ${pluralDe(n, 'bekommt', 'bekommen')} `, bold(label)],
  correct: (n) =>
    pluralDe(
      n,
      'eines davon ist von Hand entschieden und wird berichtigt',
      `${count(n)} davon sind von Hand entschieden und werden berichtigt`,
    ),
  decide: 'Entscheiden',
  deciding: (done, total) => `Wird entschieden: ${count(done)} von ${count(total)}`,
  undoing: 'Wird zurückgenommen …',
  progress: 'Gespeicherte Entscheidungen',
  undo: 'Zurücknehmen',
  got: (n, label) => `${documents(n)} ${pluralDe(n, 'hat', 'haben')} ${label} bekommen.`,
  had: (n) => `${count(n)} ${pluralDe(n, 'hatte', 'hatten')} sie von Ihnen schon.`,
  leftOut: (n) => `${documents(n)} ${pluralDe(n, 'blieb', 'blieben')}, wie ${pluralDe(n, 'es ist', 'sie sind')}:`,
  unsure: (n) =>
    `Zu ${pluralDe(n, 'einem Dokument', `${count(n)} Dokumenten`)} kam keine Antwort: „Zurücknehmen“ nimmt zurück, was davon gespeichert ist.`,
  unsent: (n) => `${documents(n)} ${pluralDe(n, 'wurde', 'wurden')} nicht gesendet.`,
  takenBack: (n) =>
    pluralDe(n, 'Eine Entscheidung ist zurückgenommen.', `${count(n)} Entscheidungen sind zurückgenommen.`),
  undoAgain: 'Manche ließen sich noch nicht zurücknehmen.',
  andMore: (n) => `und ${count(n)} weitere`,
};
