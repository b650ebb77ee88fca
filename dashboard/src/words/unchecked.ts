// Labels by descriptions that hardly anybody has checked.
import { count, languageName, list } from '../format.ts';
import { catalogue, type Shown, type Wrap } from '../language/catalogue.ts';
import { pluralEn } from '../language/plural.ts';

export const words = catalogue('unchecked', {
  title: 'Labels that nobody has checked',
  fromDescriptions: (documents: number) =>
    `${count(documents)} ${pluralEn(documents, 'label comes', 'labels come')} from the descriptions alone: take ${pluralEn(documents, 'it for a proposal', 'them for proposals')}.`,
  checked: (checked: number, right: number, wanted: number) =>
    checked === 0
      ? `Nobody knows how often such labels are right until ${count(wanted)} are checked.`
      : `${count(checked)} of ${count(wanted)} are checked so far, ${count(right)} of them right.`,
  foreign: (documents: number, language: string, understands: readonly string[]) =>
    `${count(documents)} of the documents are in ${languageName(language)}, which the encoder did not understand when it was imported${understands.length === 0 ? '' : ` (it does understand ${list(understands.map(languageName))})`}: import one that knows ${languageName(language)}.`,
  check: (link: Wrap): Shown => [link('Check some'), ': they are drawn at random, and each takes some seconds.'],
});
