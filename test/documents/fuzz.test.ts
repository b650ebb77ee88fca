// A short seeded run of the fuzzer over documents made here; `npm run fuzz extract` is the long one.
import { afterAll, expect, test } from 'vitest';
import { brokenPromise, mutate } from '../../bench/fuzz-extract.ts';
import { Extractor } from '../../shared/documents/extract.ts';
import { seededRandom, silentLogger } from '../../shared/ports.ts';
import { docx, mail, paragraph, pdf, pptx, sevenZip, tar, xlsx, zip } from './fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 2, limits: { timeoutMs: 20_000 } });
afterAll(() => extractor.close());

const ROUNDS = 400;

test('every mutant of every kind ends as text or as a code', async () => {
  const files: Record<string, Buffer> = {
    'a.pdf': pdf(['Page one of the agreement', 'Page two of it']),
    'a.docx': docx(paragraph('A lease of premises').repeat(20)),
    'a.pptx': pptx([{ text: 'First' }, { text: 'Second', notes: 'Notes' }]),
    'a.xlsx': xlsx('<row r="1"><c><v>1</v></c><c><v>2</v></c></row>'),
    'a.eml': mail('Subject', 'Body of the mail', { 'a.txt': Buffer.from('attached') }),
    'a.zip': zip([
      { name: 'a.txt', content: 'alpha' },
      { name: 'b.zip', content: zip([{ name: 'c.txt', content: 'gamma' }]) },
    ]),
    'a.7z': sevenZip({ 'a.txt': 'alpha', 'b.txt': 'beta' }),
    'a.tar': tar({ 'a.txt': 'alpha' }),
    'a.rtf': Buffer.from(String.raw`{\rtf1\ansi{\fonttbl{\f0 Arial;}}caf\'e9 \u8364? {\b bold}\par}`),
    'a.html': Buffer.from('<html><body><table><tr><td>a<td>b</table><p>text</body></html>'),
    'a.csv': Buffer.from('a,"b ""c""",d\n1,2,3\n'),
    'a.json': Buffer.from('{"a":[1,{"b":"text"}]}'),
  };
  const names = Object.keys(files);
  const problems: string[] = [];
  await Promise.all(
    Array.from({ length: ROUNDS }, async (_, round) => {
      const random = seededRandom(round);
      const name = names[round % names.length]!; // a remainder is an index
      const other = names[Math.floor(random.next() * names.length)]!; // next() < 1
      const bytes = mutate(files[name]!, files[other]!, random); // both are keys
      const problem = brokenPromise(await extractor.extract({ name, bytes }), 0, extractor.limits);
      if (problem !== undefined) problems.push(`${name}, round ${round}: ${problem}`);
    }),
  );
  expect(problems).toEqual([]);
});
