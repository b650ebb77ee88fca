// Labels by descriptions that hardly anybody has checked, in words: how many, how to check them, and whether the encoder reads their language at all.
import type { UncheckedDescriptions } from '../shared/api/unchecked.ts';
import type { LakeOptions } from './at-lake.ts';
import { lakeOption } from './lake-option.ts';
import { wrapped } from './wrap.ts';

/** Lines for the screen; none where there is nothing to warn of. */
export function describeUnchecked(
  unchecked: UncheckedDescriptions | null,
  lake: Pick<LakeOptions, 'data' | 'url'>,
  width: number,
): string[] {
  if (unchecked === null) return [];
  const { documents, checked, right, wanted, foreign } = unchecked;
  const seen = checked === 0 ? 'nobody has checked any' : `${checked} checked so far, ${right} right`;
  const told =
    documents === 1
      ? '1 label comes from descriptions alone and is unproven'
      : `${documents} labels come from descriptions alone and are unproven`;
  return [
    ...wrapped(
      `! ${told}: ${seen}, ${wanted} wanted.${foreign === null ? '' : ` ${describeForeign(foreign)}`}`,
      0,
      width,
    ),
    `    npx sluice spot-check --limit ${wanted - checked} -o checks.csv${lakeOption(lake)}`,
    `    npx sluice decide --from checks.csv${lakeOption(lake)}`,
  ];
}

function describeForeign({ language, documents, understands }: NonNullable<UncheckedDescriptions['foreign']>): string {
  const names = new Intl.DisplayNames('en', { type: 'language' });
  const nameOf = (code: string): string => names.of(code) ?? code;
  const own = understands.length === 0 ? '' : ` (it does read ${understands.map(nameOf).join(', ')})`;
  return `${documents} of the documents are in ${nameOf(language)}, which the encoder did not understand when it was imported${own}: take one that knows ${nameOf(language)} (docs/models.md, Encoders).`;
}
