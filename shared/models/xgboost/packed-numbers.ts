// An array of numbers that stays in the bytes of the file until somebody asks for it: a booster's nodes are decoded once, into their
// last place.
export type NumberTarget = Float64Array | Float32Array | Int32Array | Uint8Array;

export abstract class PackedNumbers {
  readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  /** Decode into `target` from `at` on, as assigning each number would. @throws {TerminalError} model.corrupt */
  abstract copyTo(target: NumberTarget, at: number): void;

  toArray(): Float64Array {
    const numbers = new Float64Array(this.length);
    this.copyTo(numbers, 0);
    return numbers;
  }

  /** They are known to be bytes. */
  get isByte(): boolean {
    return false;
  }

  /** They are known to be int32 or smaller. */
  get isInt32(): boolean {
    return false;
  }
}
