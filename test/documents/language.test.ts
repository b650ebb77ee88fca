// Languages: the answers of eld, at a fraction of its time.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eld } from 'eld/extrasmall';
import { expect, test } from 'vitest';
import { detectLanguage, loadScores } from '../../shared/documents/language.ts';
import fc from '../fakes/property.ts';

const scores = await loadScores();

const byEld = (text: string): string | null => {
  const found = eld.detect(text);
  return found.language === '' || !found.isReliable() ? null : found.language;
};

const PHRASES: Readonly<Record<string, string>> = {
  en: 'The tax authority sent a letter about the return that was filed late this year.',
  de: 'Das Finanzamt hat über die Umsatzsteuervoranmeldung noch nicht entschieden, schreibt uns die Behörde.',
  fr: "L'administration fiscale n'a pas encore répondu à la demande que nous lui avons adressée.",
  es: 'La administración tributaria todavía no ha respondido a la solicitud que le enviamos ayer.',
  ru: 'Налоговая служба ещё не ответила на письмо, которое мы отправили на прошлой неделе.',
  el: 'Η φορολογική αρχή δεν έχει απαντήσει ακόμη στην επιστολή που στείλαμε.',
  ja: '税務署からの回答はまだ届いていませんので、来週もう一度問い合わせる予定です。',
  zh: '税务机关尚未答复我们上周寄出的申请，请耐心等待进一步的通知。',
  ar: 'لم ترد مصلحة الضرائب بعد على الرسالة التي أرسلناها الأسبوع الماضي.',
  vi: 'Cơ quan thuế vẫn chưa trả lời bức thư mà chúng tôi đã gửi vào tuần trước.',
};

test('language: it is named in many scripts, and as eld names it', async () => {
  for (const [language, phrase] of Object.entries(PHRASES)) {
    expect(await detectLanguage(phrase)).toBe(language);
    expect(scores.languageOf(phrase)).toBe(byEld(phrase));
  }
});

test('language: every text of the samples has the language that eld finds', () => {
  const texts = readFileSync('samples/training.jsonl', 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text);
  for (const text of texts) expect(scores.languageOf(text)).toBe(byEld(text));
});

test('language: mixtures, capitals, long words, odd letters and no letters at all give the answer of eld', () => {
  const piece = fc.oneof(
    fc.constantFrom(...Object.values(PHRASES)),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('a', 'é', "'", '’', '`', 'ß', 'İ', '中', '9', ' ', '\n'), maxLength: 120 }),
    fc.constant('Donaudampfschifffahrtsgesellschaft'.repeat(3)),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom(' ', '', '\n'),
      fc.boolean(),
      (parts, between, isUpper) => {
        const text = isUpper ? parts.join(between).toUpperCase() : parts.join(between);
        expect(scores.languageOf(text)).toBe(byEld(text));
      },
    ),
    { numRuns: 500 },
  );
});

test('language: a text of fewer than twenty letters has none', async () => {
  expect(await detectLanguage('The tax authority')).toBeNull();
  expect(await detectLanguage(`${'1 2 3 '.repeat(5000)} the tax authority has answered`)).toBeNull();
  expect(await detectLanguage('The tax authority has answered us today')).toBe('en');
});

const DOCS = join(import.meta.dirname, '../../../shared/data/docs');

test.skipIf(!existsSync(DOCS))(
  'language: the bytes of foreign documents, taken as text, have the language that eld finds',
  () => {
    for (const name of readdirSync(DOCS)) {
      const bytes = readFileSync(join(DOCS, name));
      for (const encoding of ['utf8', 'latin1'] as const) {
        const text = bytes.toString(encoding, 0, 40_000);
        for (let from = 0; from < text.length; from += 5000) {
          const part = text.slice(from, from + 5000);
          expect(scores.languageOf(part)).toBe(byEld(part));
        }
      }
    }
  },
);
