import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseTaxonomyFile } from '../../cli/taxonomy-file.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { temporaryFolder } from '../e2e/sluice.ts';

const folder = temporaryFolder('taxonomy-file');
afterAll(() => folder.remove());

function written(name: string, text: string): string {
  const file = join(folder.path, name);
  writeFileSync(file, text);
  return file;
}

test('a table of a spreadsheet is a set of labels that is called as its file, as on the page', () => {
  const file = written(
    'post.csv',
    '\ufeffName;Beschreibung;Auch\r\nMiete;"Erhöhung; Senkung";Rent|Zins\r\nReparatur;\r\n',
  );
  expect(parseTaxonomy(parseTaxonomyFile(file))).toMatchObject({
    name: 'post',
    labels: [
      { name: 'Miete', description: 'Erhöhung; Senkung', aliases: ['Rent', 'Zins'] },
      { name: 'Reparatur', description: '' },
    ],
  });
});

test('JSON is taken as it is, and what holds no labels is told', () => {
  const given = { name: 'pets', labels: [{ name: 'Fish', description: 'fins' }] };
  expect(parseTaxonomyFile(written('mine.json', JSON.stringify(given)))).toEqual(given);
  expect(() => parseTaxonomyFile(written('empty.csv', 'name,description\n'))).toThrow('empty.csv holds no labels');
  expect(() => parseTaxonomyFile(written('broken.json', '{'))).toThrow('broken.json is not JSON');
});

test('a quote that never closes stops with its line instead of swallowing the labels after it', () => {
  const file = written('quote.csv', 'name,description\nRent,"letters of landlords\nRepair,plumbers\n');
  expect(() => parseTaxonomyFile(file)).toThrow('quote.csv, line 2: the record has a quote that never closes');
});
