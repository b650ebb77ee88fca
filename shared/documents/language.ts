// Language of a text by eld's smallest n-gram database, loaded on first use: 'large' costs 1.5 s and 400 MB per reader and gains nothing on whole documents.
import { readFile } from 'node:fs/promises';
import { type EldParts, LanguageScores } from './language-scores.ts';
import { NgramTable } from './ngram-table.ts';

const MIN_LETTERS = 20;
const SAMPLE_CHARS = 8000;
const ENOUGH_LETTERS = new RegExp(`(?:\\p{L}\\P{L}*){${MIN_LETTERS}}`, 'u');

let scores: Promise<LanguageScores> | undefined;

/** ISO 639-1 code; null when the text is too short or the detector is not sure. */
export async function detectLanguage(text: string): Promise<string | null> {
  const sample = text.slice(0, SAMPLE_CHARS);
  if (!ENOUGH_LETTERS.test(sample)) return null;
  scores ??= loadScores();
  return (await scores).languageOf(sample);
}

/** The package names only its entry; what that is made of lies beside it. */
export async function loadScores(): Promise<LanguageScores> {
  const entry = import.meta.resolve('eld/extrasmall');
  const urlOf = (name: string) => new URL(`../${name}.js`, entry);
  const part = (name: string) => import(urlOf(name).href) as Promise<Partial<EldParts>>;
  const parts = await Promise.all(['dictionary', 'regexPatterns', 'avgScore'].map(part));
  const ngrams = new NgramTable(await readFile(urlOf('ngrams/extrasmall'), 'utf8'));
  return new LanguageScores({ ...(Object.assign({}, ...parts) as EldParts), ngrams }); // the three modules export its other members; the version is pinned
}
