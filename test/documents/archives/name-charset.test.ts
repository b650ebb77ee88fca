// Names in archives that do not say their charset, as programs of many countries write them.
import iconv from 'iconv-lite';
import { afterAll, describe, expect, test } from 'vitest';
import { charsetOfNames } from '../../../shared/documents/archives/name-charset.ts';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { zip } from '../fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());

describe('names of members', () => {
  test.each([
    ['cp437', 'Prüfung.txt'],
    ['cp437', 'Größe der Bögen.txt'],
    ['windows-1252', 'Prüfung für März.txt'],
    ['cp866', 'Отчет о прибыли.txt'],
    ['windows-1251', 'Отчет о прибыли.txt'],
    ['shift_jis', '請求書.txt'],
    ['shift_jis', 'レポート 2025.txt'],
    ['gbk', '审计报告.txt'],
    ['gbk', '合同编号 2025.txt'],
    ['big5', '審計報告.txt'],
    ['cp949', '세금계산서.txt'],
    ['utf8', 'Prüfung März.txt'],
  ])('%s: %s', async (charset, name) => {
    const bytes = zip([
      { name: 'read.me', content: 'Read' },
      { name: iconv.encode(name, charset), content: 'Royalties' },
    ]);
    expect((await extractor.extract({ name: 'a.zip', bytes })).map((d) => d.archivePath)).toEqual(['read.me', name]);
  });

  test('any bytes have a charset', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }), (names) => {
        expect(iconv.encodingExists(charsetOfNames(names))).toBe(true);
      }),
    );
  });
});
