// A failure on its way through the durable engine: text alone arrives, so the code is the first thing in it, in brackets.

const TOLD = /\[([a-z]+(?:[.-][a-z-]+)*)\] ([^\n]*)/;

/** The text with which an activity fails for good. */
export const failureText = (code: string, message: string): string => `[${code}] ${message}`;

/**
 * Whether one of our activities said it. Text without a code is the engine's own: the process that ran the activity ended, or its time was up.
 */
export const isToldFailure = (text: string): boolean => TOLD.test(text);

/** The code and message of `failureText`, wherever the host wrapped it. */
export function parseFailure(text: string): { code: string; message: string } {
  const match = TOLD.exec(text);
  return { code: match?.[1] ?? 'internal', message: (match?.[2] ?? text.split('\n')[0] ?? '').slice(0, 500) };
}
