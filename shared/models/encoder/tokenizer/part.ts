// Parts of tokenizer.json. The file is somebody else's: what a part says is looked at before it is believed.

/** One normalizer, pre-tokenizer, model or post-processor. */
export type Part = Readonly<Record<string, unknown>>;

/** @throws {Error} for what is no object */
export function partOf(value: unknown, kind: string): Part {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`a ${kind} is no object`);
  return value as Part;
}

/** @throws {Error} where the field is no text */
export function textOf(part: Part, field: string): string {
  const value = part[field];
  if (typeof value !== 'string') throw new Error(`${String(part.type)}: ${field} is no text`);
  return value;
}

/** A field that is a list of parts. @throws {Error} */
export function partsOf(part: Part, field: string, kind: string): Part[] {
  const value = part[field];
  if (!Array.isArray(value)) throw new Error(`${String(part.type)}: ${field} is no list`);
  return value.map((item) => partOf(item, kind));
}

/** What an encoder is refused for. */
export const unknownPart = (kind: string, part: Part): Error =>
  new Error(`the ${kind} ${JSON.stringify(part.type ?? null)} is not understood`);
