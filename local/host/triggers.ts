// What every listening trigger has in common.

/** A trigger that listens by itself (blob, queue, timer). */
export interface TriggerListener {
  start(): void;
  /** Take nothing new; resolves when running invocations have ended. */
  stop(): Promise<void>;
}
