import { expect, test } from 'vitest';
import { documentOf } from '../../../../dashboard/src/views/labels/draft.ts';
import { readLabelFile } from '../../../../dashboard/src/views/labels/label-file.ts';

const labelsOf = (name: string, text: string) => documentOf(readLabelFile(name, text)).labels;
const two = [
  { name: 'Miete', description: 'Erhöhung; Senkung', aliases: ['Rent', 'Zins'] },
  { name: 'Reparatur', description: 'was "kaputt" ist,\nund wer zahlt' },
];

test.each([
  [
    'commas',
    'name,description,aliases\nMiete,Erhöhung; Senkung,Rent|Zins\nReparatur,"was ""kaputt"" ist,\nund wer zahlt",\n',
  ],
  [
    'semicolons, as German spreadsheets save',
    '\ufeffKategorie;Beschreibung;Auch\r\nMiete;"Erhöhung; Senkung";Rent|Zins\r\nReparatur;"was ""kaputt"" ist,\nund wer zahlt"\r\n',
  ],
  [
    'tabs, without names of columns',
    'Miete\tErhöhung; Senkung\tRent|Zins\n\nReparatur\t"was ""kaputt"" ist,\nund wer zahlt"',
  ],
])('a table with %s gives its labels', (_, text) => {
  expect(labelsOf('labels.csv', text)).toEqual(two);
});

test('JSON as `sluice taxonomy show` prints it gives name, domain and labels', () => {
  const given = { name: 'letters', domain: 'Letters', labels: two };
  expect(documentOf(readLabelFile('labels.json', JSON.stringify(given)))).toEqual(given);
});

test.each([
  ['{"labels": [', 'x.json is no JSON.'],
  ['{"labels": [{"name": "a"}]}', 'x.json has no list labels of {name, description}.'],
  ['{"labels": "a"}', 'x.json has no list labels of {name, description}.'],
  ['name,description\n', 'x.json holds no labels: a row for each, name and description.'],
  ['', 'x.json holds no labels: a row for each, name and description.'],
])('%j is told in words', (text, problem) => {
  expect(() => readLabelFile('x.json', text)).toThrow(problem);
});
