// Normalizers of tokenizer.json, as the Rust library that encoders are trained with has them.

import { bytesAsText } from './bytes.ts';
import { readCharsmap } from './charsmap.ts';
import { type Part, partOf, partsOf, textOf, unknownPart } from './part.ts';
import { patternOf } from './split.ts';

export type Normalize = (text: string) => string;

/** @param description  null: nothing is changed @throws {Error} naming a part that is not understood */
export function readNormalizer(description: unknown): Normalize {
  if (description === null || description === undefined) return (text) => text;
  const part = partOf(description, 'normalizer');
  switch (part.type) {
    case 'Sequence': {
      const all = partsOf(part, 'normalizers', 'normalizer').map(readNormalizer);
      return (text) => all.reduce((changed, normalize) => normalize(changed), text);
    }
    case 'BertNormalizer':
      return readBert(part);
    case 'Precompiled':
      return readCharsmap(textOf(part, 'precompiled_charsmap'));
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = part.type;
      return (text) => text.normalize(form);
    }
    case 'Nmt':
      return (text) => text.replace(NMT_DROPPED, '').replace(NMT_SPACES, ' ');
    case 'Lowercase':
      return lower;
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '');
    case 'Strip':
      return (text) => strip(text, part.strip_left === true, part.strip_right === true);
    case 'Prepend': {
      const before = textOf(part, 'prepend');
      return (text) => (text === '' ? '' : before + text);
    }
    case 'Replace': {
      const pattern = patternOf(part);
      const content = textOf(part, 'content');
      return (text) => text.replace(pattern, () => content);
    }
    case 'ByteLevel':
      return bytesAsText;
    default:
      throw unknownPart('normalizer', part);
  }
}

const NMT_DROPPED = /[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]/g;
const NMT_SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

/** Letter by letter: a sigma at the end of a word is none of its own kind. */
export const lower = (text: string): string =>
  text.includes('Σ') ? text.replaceAll('Σ', 'σ').toLowerCase() : text.toLowerCase();

const DROPPED = /[[\0\ufffd\p{Cc}\p{Cf}\p{Co}]--[\t\n\r]]/gv;
const HAN =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function readBert(part: Part): Normalize {
  const isLowered = part.lowercase === true;
  const isStripped = typeof part.strip_accents === 'boolean' ? part.strip_accents : isLowered;
  return (text) => {
    let out = text;
    if (part.clean_text === true) out = out.replace(DROPPED, '').replace(/\p{White_Space}/gu, ' ');
    if (part.handle_chinese_chars === true) out = out.replace(HAN, ' $& ');
    if (isStripped) out = out.normalize('NFD').replace(/\p{Mn}/gu, '');
    return isLowered ? lower(out) : out;
  };
}

function strip(text: string, isLeft: boolean, isRight: boolean): string {
  const isSpace = (at: number) => /\p{White_Space}/u.test(text.charAt(at));
  let [from, to] = [0, text.length];
  while (isLeft && from < to && isSpace(from)) from++;
  while (isRight && to > from && isSpace(to - 1)) to--;
  return text.slice(from, to);
}
