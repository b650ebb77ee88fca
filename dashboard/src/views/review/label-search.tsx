// A field that narrows labels by what is typed, where there are more of them than keys.
import { words } from '../../words/review.ts';

/** Labels from which on they are looked for by their names: those beyond have no key. */
export const MANY_LABELS = 25;

interface LabelSearchProps {
  typed: string;
  /** What is left of the labels. */
  found: readonly string[];
  onType: (typed: string) => void;
  /** Enter, with something typed. */
  onFirst: (label: string, event: Event) => void;
}

export function LabelSearch({ typed, found, onType, onFirst }: LabelSearchProps) {
  return (
    <>
      <input
        type="search"
        aria-label={words.findLabel}
        placeholder={words.findLabel}
        value={typed}
        onInput={(event) => onType(event.currentTarget.value)}
        onKeyDown={(event) => {
          const [first] = found;
          if (event.key === 'Enter' && typed.trim() !== '' && first !== undefined) {
            event.preventDefault();
            onFirst(first, event);
          } else if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      {found.length === 0 && typed !== '' && <p class="dim">{words.noSuchLabel}</p>}
    </>
  );
}
