import { count, languageName, list } from '../../format.ts';
import { pluralDe } from '../../language/plural.ts';
import type { words } from '../unchecked.ts';

export const unchecked: typeof words = {
  title: 'Kategorien, die niemand geprüft hat',
  fromDescriptions: (documents) =>
    `${count(documents)} ${pluralDe(documents, 'Dokument wurde', 'Dokumente wurden')} allein nach den Beschreibungen der Kategorien eingeordnet: Nehmen Sie das als Vorschlag.`,
  checked: (checked, right, wanted) =>
    checked === 0
      ? `Wie oft das richtig ist, weiß niemand, bis ${count(wanted)} geprüft sind.`
      : `${count(checked)} von ${count(wanted)} sind bisher geprüft, davon ${count(right)} richtig.`,
  foreign: (documents, language, understands) =>
    `${count(documents)} der Dokumente sind auf ${languageName(language)}; das hat der Encoder bei seinem Import nicht verstanden${understands.length === 0 ? '' : ` (er versteht ${list(understands.map(languageName))})`}: Importieren Sie einen, der ${languageName(language)} kann.`,
  check: (link) => [link('Einige prüfen'), ': Sie werden zufällig gezogen, und jedes dauert einige Sekunden.'],
};
