// A warning as long as labels that descriptions alone gave stand unchecked.
import type { UncheckedDescriptions } from '../../../shared/api/unchecked.ts';
import { links } from '../links.ts';
import { canReview } from '../session.ts';
import { words } from '../words/unchecked.ts';

export function UncheckedNote({ unchecked }: { unchecked: UncheckedDescriptions | null | undefined }) {
  if (unchecked === null || unchecked === undefined) return null;
  const { documents, checked, right, wanted, foreign } = unchecked;
  return (
    <section class="note warn" aria-label={words.title}>
      <p>
        <strong>{words.fromDescriptions(documents)}</strong> {words.checked(checked, right, wanted)}{' '}
        {canReview.value && words.check((text) => <a href={links.spotChecks}>{text}</a>)}
      </p>
      {foreign !== null && <p>{words.foreign(foreign.documents, foreign.language, foreign.understands)}</p>}
    </section>
  );
}
