// An encoder that hears ideas: synonyms share a vector, other words are faint. Counts what it is asked.
import type { Encoder } from '../../shared/models/encoder/encoder.ts';

export const IDEA_DIMENSIONS = 32;

export class IdeaEncoder implements Encoder {
  readonly version = 'ideas-00000001';
  readonly dimensions = IDEA_DIMENSIONS;
  readonly seen: string[] = [];
  /** Thrown by the next calls. */
  failure: Error | undefined;
  readonly #ideaOf = new Map<string, number>();

  constructor(ideas: readonly (readonly string[])[]) {
    ideas.forEach((words, idea) => {
      for (const word of words) this.#ideaOf.set(word.toLowerCase(), idea);
    });
  }

  async encode(texts: readonly string[]): Promise<Float32Array> {
    if (this.failure !== undefined) throw this.failure;
    this.seen.push(...texts);
    const out = new Float32Array(texts.length * IDEA_DIMENSIONS);
    texts.forEach((text, row) => {
      const vector = out.subarray(row * IDEA_DIMENSIONS, (row + 1) * IDEA_DIMENSIONS);
      vector[IDEA_DIMENSIONS - 1] = 0.05;
      for (const word of text.toLowerCase().split(/\W+/)) {
        const idea = this.#ideaOf.get(word);
        if (idea !== undefined) vector[idea % (IDEA_DIMENSIONS - 1)]! += 1;
      }
      const length = Math.hypot(...vector);
      for (let d = 0; d < IDEA_DIMENSIONS; d++) vector[d]! /= length;
    });
    return out;
  }

  async close(): Promise<void> {}
}
