// Ids that stand before and after those of a text: [CLS] and [SEP], <s> and </s>.
import { type Part, partOf, partsOf, unknownPart } from './part.ts';

export interface Frame {
  before: readonly number[];
  after: readonly number[];
}

const NONE: Frame = { before: [], after: [] };

/** @param description  the post-processor; null: no frame @throws {Error} naming what is not understood */
export function readFrame(description: unknown): Frame {
  if (description === null || description === undefined) return NONE;
  const part = partOf(description, 'post-processor');
  switch (part.type) {
    case 'Sequence':
      return partsOf(part, 'processors', 'post-processor')
        .map(readFrame)
        .reduce(
          (inner, outer) => ({
            before: [...outer.before, ...inner.before],
            after: [...inner.after, ...outer.after],
          }),
          NONE,
        );
    case 'TemplateProcessing':
      return readTemplate(part);
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { before: [idOf(part, 'cls')], after: [idOf(part, 'sep')] };
    case 'ByteLevel':
      return NONE;
    default:
      throw unknownPart('post-processor', part);
  }
}

function readTemplate(part: Part): Frame {
  const known = partOf(part.special_tokens, 'list of special tokens');
  const frame: { before: number[]; after: number[] } = { before: [], after: [] };
  let isBefore = true;
  for (const item of partsOf(part, 'single', 'piece of the template')) {
    if ('Sequence' in item) {
      if (!isBefore) throw new Error('the post-processor "TemplateProcessing" has a text twice');
      isBefore = false;
      continue;
    }
    const name = String(partOf(item.SpecialToken, 'piece of the template').id);
    const { ids } = partOf(known[name], 'special token');
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'number'))
      throw new Error(`the post-processor "TemplateProcessing" has no ids for ${name}`);
    frame[isBefore ? 'before' : 'after'].push(...ids);
  }
  if (isBefore) throw new Error('the post-processor "TemplateProcessing" has no place for a text');
  return frame;
}

function idOf(part: Part, field: string): number {
  const pair = part[field];
  const id: unknown = Array.isArray(pair) ? pair[1] : undefined;
  if (typeof id !== 'number') throw new Error(`the post-processor ${JSON.stringify(part.type)} has no id for ${field}`);
  return id;
}
