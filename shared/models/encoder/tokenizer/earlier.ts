// Which tokenizers earlier builds read as this one does: they read all parts by @huggingface/tokenizers, which gives other ids for some. What was
// imported by such a build, and trained with its vectors, is no encoder of this build; it has the same version only where the ids are the same.
import { readNormalizer } from './normalizer.ts';
import type { Part } from './part.ts';

/** Parts that gave the same ids but for characters that hardly any text has. */
const SAME = new Set<unknown>([
  'BertNormalizer',
  'NFC',
  'NFD',
  'NFKC',
  'NFKD',
  'Lowercase',
  'StripAccents',
  'Strip',
  'Prepend',
  'Replace',
  'BertPreTokenizer',
  'WhitespaceSplit',
  'Metaspace',
  'ByteLevel',
  'WordPiece',
  'BPE',
  'Unigram',
]);

/** @param file  content of tokenizer.json that can be read */
export function isReadAsEver({ normalizer, pre_tokenizer, model }: Readonly<Record<string, unknown>>): boolean {
  return [normalizer, pre_tokenizer, model].every(isSame);
}

function isSame(description: unknown): boolean {
  if (description === null || description === undefined) return true;
  const part = description as Part; // it was read
  const inner = part.normalizers ?? part.pretokenizers;
  if (Array.isArray(inner)) return inner.every(isSame);
  if (part.type === 'Precompiled') return readNormalizer(part)(USUAL) === USUAL.normalize('NFKC');
  if (part.type === 'Split') return part.behavior === 'Isolated' && part.invert !== true;
  const isModel = 'vocab' in part;
  return isModel
    ? part.type === undefined || (SAME.has(part.type) && part.byte_fallback !== true)
    : SAME.has(part.type);
}

/** The table was not asked, and NFKC was taken instead: that is what most tables say, and those that fold case do not. */
const USUAL = 'Aa Éé Ωω Жж ﬁ ① Ａ ｶﾞ ㌔ ½ ™';
