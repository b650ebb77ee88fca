// What a store in memory keeps of content it is given.
import type { FileContent } from '../../shared/ports.ts';

/** A copy. Content that is made is made twice, as by a real store whose first try failed. */
export function bytesOf(content: FileContent): Buffer {
  if (typeof content === 'string') return Buffer.from(content, 'utf8');
  if (!('pieces' in content)) return Buffer.from(content);
  const [first, again] = [Buffer.concat([...content.pieces()]), Buffer.concat([...content.pieces()])];
  if (!first.equals(again) || first.length !== content.byteLength)
    throw new Error('made content differs from try to try, or from its length');
  return again;
}
