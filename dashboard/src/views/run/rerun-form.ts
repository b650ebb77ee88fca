// The form that repeats a run for some of its documents, and the same as a command. Pure.
import type { RerunRequest } from '../../../../shared/api/runs.ts';
import { typedNumber } from '../runs/run-form.ts';

/** All as typed; '' is "any". */
export interface RerunForm {
  only: RerunRequest['only'];
  from: RerunRequest['from'];
  label: string;
  code: string;
  mediaType: string;
  modelVersion: string;
  acceptThreshold: string;
}

/** Body of POST /api/runs/{id}/rerun. @param requestId  makes every repetition a run of its own */
export function rerunRequestOf(form: RerunForm, requestId: string): RerunRequest {
  const accept = form.acceptThreshold.trim();
  return {
    only: form.only,
    from: form.from,
    ...(form.label === '' ? {} : { label: form.label }),
    ...(form.code === '' ? {} : { code: form.code }),
    ...(form.mediaType === '' ? {} : { mediaType: form.mediaType }),
    ...(form.modelVersion === '' ? {} : { modelVersion: form.modelVersion }),
    // What is no number is sent as typed: the API names the field.
    ...(accept === '' ? {} : { acceptThreshold: typedNumber(accept) ?? (accept as unknown as number) }),
    requestId,
  };
}

/** The command line that does the same. */
export function rerunCommand(runId: string, form: RerunForm): string {
  const options: [name: string, value: string][] = [
    ['only', form.only === 'all' ? '' : form.only],
    ['from', form.from === 'extract' ? '' : form.from],
    ['label', form.label],
    ['code', form.code],
    ['media-type', form.mediaType],
    ['model', form.modelVersion],
    ['accept', form.acceptThreshold.trim().replace(',', '.')],
  ];
  return ['npx sluice rerun', quoted(runId)]
    .concat(options.filter(([, value]) => value !== '').map(([name, value]) => `--${name} ${quoted(value)}`))
    .join(' ');
}

/** A word of a POSIX shell. */
export const quoted = (word: string): string =>
  /^[A-Za-z0-9_./:=+@,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/**
 * Where a repetition usually begins: what could not be read is read again, what waits for a person is only asked again, unless another model than
 * the run had is to have its word.
 */
export const firstStepFor = (only: RerunRequest['only'], hasOtherModel: boolean): RerunRequest['from'] =>
  only === 'failed' ? 'extract' : hasOtherModel ? 'score' : only === 'review' ? 'classify' : 'extract';

/** What a repetition is usually about: with another model than the run had, everything it has not seen; else what failed, else what waits. */
export const onlyFor = (
  { failed, review }: { failed: number; review: number },
  hasOtherModel: boolean,
): RerunRequest['only'] => (hasOtherModel ? 'all' : failed > 0 ? 'failed' : review > 0 ? 'review' : 'all');
