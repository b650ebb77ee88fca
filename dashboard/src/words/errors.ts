// What went wrong and what to do, by code. English is the API's own text, which says more: it names the document, the field or the setting.
import { catalogue } from '../language/catalogue.ts';

export const words = catalogue('errors', {
  byCode: {} as Readonly<Record<string, Told | undefined>>,
});

/** What happened, and what to do about it. */
export type Told = readonly [what: string, advice: string];
