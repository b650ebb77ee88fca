// Text that people type and others read: names, notes, reasons. What would make it look other than it is, or break what it passes through, is refused.
import { z } from 'zod';

/** Controls, line breaks of any kind, marks that turn the direction of what follows, halves of characters. Joiners stay: some scripts need them. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFEFF\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/u;
const UNFIT_BUT_LINES = /[^\P{Cc}\t\n\r]|[\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/u;

/** Something to see: not only blanks, marks without width, fillers and accents of nothing. */
const VISIBLE = /(?![\u115F\u1160\u3164\uFFA0\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

/** One line, trimmed, of 1 to `maxChars` characters, with something to see in it. */
export const lineSchema = (maxChars: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxChars)
    .refine((text) => !UNFIT.test(text), 'must not hold control characters, direction marks or halves of characters')
    .refine((text) => VISIBLE.test(text), 'must have something to see in it');

/** Lines, trimmed, of `minChars` to `maxChars` characters. */
export const linesSchema = (maxChars: number, minChars = 1) =>
  z
    .string()
    .trim()
    .min(minChars)
    .max(maxChars)
    .refine(
      (text) => !UNFIT_BUT_LINES.test(text),
      'must not hold direction marks, halves of characters or control characters other than line ends and tabs',
    );
