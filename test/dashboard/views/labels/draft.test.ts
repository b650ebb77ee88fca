import { expect, test } from 'vitest';
import {
  type Draft,
  documentOf,
  draftOf,
  emptyLabel,
  isSame,
  problemsOf,
} from '../../../../dashboard/src/views/labels/draft.ts';
import { changesIn, remarksAbout } from '../../../../dashboard/src/views/labels/remarks.ts';
import { parseTaxonomy, taxonomyDocument } from '../../../../shared/taxonomy.ts';
import { diffTaxonomies } from '../../../../shared/taxonomy-diff.ts';

const letters = parseTaxonomy({
  name: 'letters',
  domain: 'Letters of a tenants’ association',
  labels: [
    { name: 'Rent', description: 'Raises and cuts of the rent', aliases: ['Miete', 'Rent raise'] },
    { name: 'Repairs', description: 'What is broken and who pays' },
  ],
});

const draft = (labels: [name: string, description: string, aliases?: string][], name = 'letters'): Draft => ({
  name,
  domain: '',
  labels: labels.map(([label, description, aliases = '']) => ({ ...emptyLabel(), name: label, description, aliases })),
});

test('labels that are edited and not changed are the document they came from', () => {
  expect(documentOf(draftOf(letters))).toEqual(taxonomyDocument(letters));
  expect(isSame(draftOf(letters), draftOf(letters))).toBe(true);
  expect(problemsOf(draftOf(letters)).size).toBe(0);
});

test('rows in which nothing was written are no labels, and blanks around words are none of theirs', () => {
  const given = draft([
    [' Rent ', ' what it costs ', ' Miete , , Zins\n'],
    ['', ' ', ''],
    ['Repairs', 'what is broken'],
  ]);
  expect(documentOf(given).labels).toEqual([
    { name: 'Rent', description: 'what it costs', aliases: ['Miete', 'Zins'] },
    { name: 'Repairs', description: 'what is broken' },
  ]);
});

test.each<[string, Draft, string]>([
  [
    'no name of the set',
    draft(
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
      ' ',
    ),
    'The set needs a name, such as corporate-tax.',
  ],
  [
    'one label',
    draft([
      ['a', 'x'],
      ['', ''],
    ]),
    'At least two labels make a choice.',
  ],
  [
    'a label without a name',
    draft([
      ['a', 'x'],
      ['', 'y'],
    ]),
    'It needs a name.',
  ],
  [
    'a name given twice',
    draft([
      ['Rent', 'x'],
      ['rent', 'y'],
    ]),
    'rent is a name of Rent already.',
  ],
  [
    'a further name that is another’s name',
    draft([
      ['Rent', 'x'],
      ['b', 'y', 'RENT'],
    ]),
    'RENT is a name of Rent already.',
  ],
])('%s is told before anything is sent, and the server refuses it too', (_, given, problem) => {
  expect([...problemsOf(given).values()]).toEqual([problem]);
  expect(() => parseTaxonomy(documentOf(given))).toThrow();
});

test('remarks of the check stand beside each label they name', () => {
  const remarks = [
    { kind: 'thin' as const, label: 'Rent', words: 1 },
    { kind: 'same' as const, labels: ['Rent', 'Lease'] as [string, string], similarity: 0.9, by: 'words' as const },
  ];
  expect(remarksAbout('Rent', remarks)).toHaveLength(2);
  expect(remarksAbout('Lease', remarks)).toEqual([
    'Nothing tells it from Rent: merge them, or say what only one of them holds.',
  ]);
  expect(remarksAbout('Repairs', remarks)).toEqual([]);
});

test('what storing would change is said in a line each; of the same labels there is nothing to say', () => {
  const next = parseTaxonomy({
    ...taxonomyDocument(letters),
    domain: 'Letters',
    labels: [
      { name: 'Rent', description: 'Raises, cuts and arrears', aliases: ['Miete', 'Rent raise'] },
      { name: 'Keys', description: 'Lost keys' },
      { name: 'Damage', description: 'What is broken and who pays' },
    ],
  });
  expect(changesIn(diffTaxonomies(letters, next), 3)).toEqual([
    'New: Keys',
    'Repairs is called Damage',
    'Rent: another description',
    'Another sentence about the documents',
  ]);
  expect(changesIn(diffTaxonomies(letters, letters), 2)).toEqual([]);
  expect(changesIn(null, 2)).toEqual(['2 labels, the first of this lake']);
});
