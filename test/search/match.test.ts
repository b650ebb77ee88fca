// The lists of words against a plain scan: whatever is indexed, merged and asked, the same entries are found, with the same scores.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf } from '../../shared/errors.ts';
import { searchPaths } from '../../shared/paths.ts';
import { readEntryColumns, readEntryPlaces } from '../../shared/search/entry-file.ts';
import { matchQuery, type OpenSegment } from '../../shared/search/match.ts';
import { PostingFile } from '../../shared/search/posting-file.ts';
import { type Entry, mergeSegments, readEntryText, type Segment, writeSegment } from '../../shared/search/segment.ts';
import { type Clause, parseTextQuery } from '../../shared/search/text-query.ts';
import { wordsOf } from '../../shared/search/words.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import fc from '../fakes/property.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-match-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const turn = async () => {};
let entries = 0;
const entryOf = (text: string): Entry => ({
  documentId: `d${++entries}`,
  key: BigInt(entries) << 33n,
  documentKey: entries,
  kind: entries % 3 === 0 ? 'reason' : 'text',
  runId: 'r1',
  text,
});

async function openSegment(lake: MemoryLake, segment: Segment): Promise<OpenSegment> {
  const local = { entries: join(folder, `${segment.id}.e`), postings: join(folder, `${segment.id}.p`) };
  await lake.download(searchPaths.entries(segment.id), local.entries);
  await lake.download(searchPaths.postings(segment.id), local.postings);
  const [columns, postings] = [await readEntryColumns(local.entries), await PostingFile.open(local.postings)];
  return { ...segment, local, columns, postings };
}

/** How often a clause stands in a text, by looking at each place. */
function countIn(text: string, { terms, isBeginning }: Clause): number {
  const words = [...wordsOf(text)].map(({ term }) => term);
  const places = words.map((_, at) =>
    terms.map((term, i) => {
      const word = words[at + i] ?? '';
      if (word === term) return 1;
      return isBeginning && i === terms.length - 1 && word.startsWith(term) ? 0.5 : 0;
    }),
  );
  const fits = places.filter((each) => each.every((worth) => worth > 0));
  return fits.reduce((sum, each) => sum + (terms.length === 1 ? (each[0] ?? 0) : 1), 0);
}

function scan(texts: readonly string[], asked: string): Map<number, number> {
  const { must, not } = parseTextQuery(asked);
  const counts = texts.map((text) => must.map((clause) => countIn(text, clause)));
  const lengths = texts.map((text) => [...wordsOf(text)].length);
  const mean = Math.max(1, lengths.reduce((sum, length) => sum + length, 0) / texts.length);
  const rareness = must.map((_, i) => {
    const n = counts.filter((each) => (each[i] ?? 0) > 0).length;
    return Math.log(1 + (texts.length - n + 0.5) / (n + 0.5));
  });
  const fitting = texts.flatMap((text, i): [number, number][] => {
    const here = counts[i] ?? [];
    if (here.some((count) => count === 0) || not.some((clause) => countIn(text, clause) > 0)) return [];
    const length = 0.25 + (0.75 * (lengths[i] ?? 0)) / mean;
    return [[i, here.reduce((sum, tf, c) => sum + ((rareness[c] ?? 0) * tf * 2.2) / (tf + 1.2 * length), 0)]];
  });
  return new Map(fitting);
}

const word = fc.constantFrom('zoll', 'zollamt', 'amt', 'zo', 'a', 'rechnung', 'Müller', '東京', 'x1', '𝒳𝒴', 'straße');
const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
const asked = fc
  .array(
    fc.record({
      minus: fc.constantFrom('', '', '', '-'),
      words: fc.array(word, { minLength: 1, maxLength: 3 }),
      form: fc.constantFrom('plain', 'phrase', 'star'),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) =>
    parts
      .map(({ minus, words, form }) =>
        form === 'phrase' ? `${minus}"${words.join(' ')}"` : `${minus}${words[0]}${form === 'star' ? '*' : ''}`,
      )
      .join(' '),
  )
  .filter((question) => {
    try {
      return parseTextQuery(question).must.length > 0;
    } catch {
      return false; // nothing to look for
    }
  });

test('match: finds what a scan of all texts finds, with the same scores, in segments as they are written and merged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(text, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      fc.array(asked, { minLength: 1, maxLength: 4 }),
      async (groups, questions) => {
        const lake = new MemoryLake();
        const written: Segment[] = [];
        for (const group of groups) written.push(await writeSegment(lake, group.map(entryOf), folder));
        const open = await Promise.all(written.map((segment) => openSegment(lake, segment)));
        const local = open.map((segment) => segment.local);
        const merged = await mergeSegments(lake, written, { local, isKept: () => true, folder });
        const texts = groups.flat();
        for (const question of questions) {
          const wanted = [...scan(texts, question)];
          for (const segments of [open, [await openSegment(lake, merged)]]) {
            let before = 0;
            const found: [number, number][] = [];
            for (const [i, { docs, scores }] of (
              await matchQuery(parseTextQuery(question), segments, undefined, turn)
            ).entries()) {
              for (const [at, doc] of docs.entries()) found.push([before + doc, scores[at] ?? 0]);
              before += segments[i]?.columns.count ?? 0;
            }
            expect(found.map(([doc]) => doc)).toEqual(wanted.map(([doc]) => doc));
            for (const [i, [, score]] of found.entries()) expect(score).toBeCloseTo(wanted[i]?.[1] ?? 0, 9);
          }
        }
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

test('match: more words than a block holds are each found, alone and by what they begin with', async () => {
  const lake = new MemoryLake();
  const words = Array.from({ length: 700 }, (_, i) => `w${i}`);
  const segment = await writeSegment(lake, [entryOf(words.join(' ')), entryOf(words.slice(0, 350).join(' '))], folder);
  const open = await openSegment(lake, segment);
  expect(open.postings.words).toBe(700);
  for (const [i, term] of words.entries()) {
    const [found] = await matchQuery(parseTextQuery(`"${term}"`), [open], undefined, turn);
    expect([...(found?.docs ?? [])]).toEqual(i < 350 ? [0, 1] : [0]);
  }
  for (const [question, docs] of [
    ['w35*', [0, 1]],
    ['w650*', [0]],
    ['w12 -w651', [1]],
    ['xx*', []],
  ] as const) {
    const [found] = await matchQuery(parseTextQuery(question), [open], undefined, turn);
    expect([...(found?.docs ?? [])]).toEqual(docs);
  }
});

test('merge: entries that are left out are gone, and the texts of the others are read', async () => {
  const lake = new MemoryLake();
  const written = [
    await writeSegment(lake, ['zoll eins', 'zoll zwei'].map(entryOf), folder),
    await writeSegment(lake, [entryOf('zoll drei')], folder),
  ];
  const local = (await Promise.all(written.map((segment) => openSegment(lake, segment)))).map(
    (segment) => segment.local,
  );
  const merged = await mergeSegments(lake, written, {
    local,
    isKept: (segment, entry) => segment + entry !== 0,
    folder,
  });
  expect(merged).toMatchObject({ entries: 2, words: 4 });
  const open = await openSegment(lake, merged);
  const [found] = await matchQuery(parseTextQuery('zoll'), [open], undefined, turn);
  expect([...(found?.docs ?? [])]).toEqual([0, 1]);
  const [gone] = await matchQuery(parseTextQuery('"eins"'), [open], undefined, turn);
  expect(gone?.docs).toHaveLength(0);
  const texts = (await readEntryPlaces(open.local.entries, [1, 0])).map(({ textAt: at, textBytes: bytes }) =>
    readEntryText(lake, { segment: merged.id, at, bytes }),
  );
  expect(await Promise.all(texts)).toEqual(['zoll drei', 'zoll zwei']);
});

test('match: whatever is damaged in a segment is refused as such, or answered from what is there', async () => {
  const lake = new MemoryLake();
  const segment = await writeSegment(lake, ['zoll amt', 'zollamt a', 'rechnung zoll'].map(entryOf), folder);
  const kinds = ['entries', 'postings', 'texts'] as const;
  const whole = await Promise.all(kinds.map((kind) => lake.read(searchPaths[kind](segment.id))));
  const ask = async () => {
    const open = await openSegment(lake, segment);
    await matchQuery(parseTextQuery('zoll* "zoll amt" -rechnung'), [open], undefined, turn);
    for (const { textAt: at, textBytes: bytes } of await readEntryPlaces(open.local.entries, [0, 1, 2]))
      await readEntryText(lake, { segment: segment.id, at, bytes });
    await mergeSegments(lake, [segment], { local: [open.local], isKept: () => true, folder });
  };
  const damage = fc.record({
    file: fc.nat({ max: kinds.length - 1 }),
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.constantFrom([255, 255, 255, 255], [0], [127, 255], [255, 255, 255, 255, 255, 255, 255, 255]),
    isCut: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ file, from, bytes, isCut }) => {
      const path = searchPaths[kinds[file] ?? 'texts'](segment.id);
      const before = whole[file] ?? Buffer.alloc(0);
      const damaged = Buffer.from(before);
      const at = Math.floor(from * (before.length - 1));
      damaged.set(bytes.slice(0, before.length - at), at);
      await lake.write(path, isCut ? damaged.subarray(0, at) : damaged);
      const code = await ask().then(() => 'answered', codeOf);
      await lake.write(path, before);
      expect(['answered', 'lake.corrupt-table']).toContain(code);
    }),
    { numRuns: 120 },
  );
});
