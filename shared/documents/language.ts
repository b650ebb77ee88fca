// Language of a text by eld's smallest n-gram database, loaded on first use: 'large' costs 1.5 s and 400 MB per reader and gains nothing on whole documents.
const MIN_LETTERS = 20;
const SAMPLE_CHARS = 8000;

type Detect = (text: string) => { language: string; isReliable(): boolean };
let detect: Promise<Detect> | undefined;

/** ISO 639-1 code; null when the text is too short or the detector is not sure. */
export async function detectLanguage(text: string): Promise<string | null> {
  const sample = text.slice(0, SAMPLE_CHARS);
  if ((sample.match(/\p{L}/gu)?.length ?? 0) < MIN_LETTERS) return null;
  detect ??= import('eld/extrasmall').then(
    ({ eld }) =>
      (s) =>
        eld.detect(s),
  );
  const { language, isReliable } = (await detect)(sample);
  return language === '' || !isReliable() ? null : language;
}
