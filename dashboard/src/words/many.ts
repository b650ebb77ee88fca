// Deciding many documents in one go.
import { count } from '../format.ts';
import { catalogue, type Shown, type Wrap } from '../language/catalogue.ts';
import { pluralEn } from '../language/plural.ts';

const documents = (n: number) => `${count(n)} ${pluralEn(n, 'document', 'documents')}`;

export const words = catalogue('many', {
  title: 'Decide many',
  theDocuments: 'documents',
  indexing: 'Texts are still being indexed, once for each document; what is found then appears by itself.',
  noneFits: 'No document fits',
  narrow: 'Remove a filter, or look for documents like another.',
  howTo: 'Choose documents with Space or a click, give them a label by its key, and press Enter.',
  loaded: (n: number) => `${documents(n)} so far…`,
  fit: (n: number) => `${documents(n)} ${pluralEn(n, 'fits', 'fit')}`,
  cut: (n: number) =>
    `More than ${count(n)} documents fit; these are the first. Narrow the filter to reach the others.`,
  chosen: (n: number) => `${count(n)} chosen`,
  chooseAll: (n: number) => `Choose all ${count(n)}`,
  chooseNone: 'Choose none',
  byPeople: (n: number) =>
    n === 1
      ? 'One was decided by a person: it is left out unless you choose it by itself.'
      : `${count(n)} were decided by people: they are left out unless you choose them one by one.`,
  byPerson: 'decided by a person',
  alike: (share: string) => `${share} alike`,
  open: (name: string) => `Open ${name}`,
  label: 'Label for the chosen documents',
  noTaxonomy: 'There are no labels yet.',
  chooseFirst: 'Choose documents, then a label.',
  chooseLabel: (n: number) => `${documents(n)} chosen: now a label.`,
  get: (n: number, label: string, bold: Wrap): Shown => [`${documents(n)} ${pluralEn(n, 'gets', 'get')} `, bold(label)],
  correct: (n: number) =>
    `${pluralEn(n, 'one of them was decided by a person and is', `${count(n)} of them were decided by people and are`)} corrected`,
  decide: 'Decide',
  deciding: (done: number, total: number) => `Deciding: ${count(done)} of ${count(total)}`,
  undoing: 'Taking back…',
  progress: 'Decisions stored',
  undo: 'Undo',
  got: (n: number, label: string) => `${documents(n)} got ${label}.`,
  had: (n: number) => `${count(n)} had it from you already.`,
  leftOut: (n: number) => `${documents(n)} ${pluralEn(n, 'was', 'were')} left as ${pluralEn(n, 'it is', 'they are')}:`,
  unsure: (n: number) =>
    `Of ${documents(n)} no answer came: Undo takes back what was stored of ${pluralEn(n, 'it', 'them')}.`,
  unsent: (n: number) => `${documents(n)} ${pluralEn(n, 'was', 'were')} not sent.`,
  takenBack: (n: number) => `${pluralEn(n, 'One decision was', `${count(n)} decisions were`)} taken back.`,
  undoAgain: 'Some could not be taken back yet.',
  andMore: (n: number) => `and ${count(n)} more`,
});
