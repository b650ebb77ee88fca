// What people have said of a document on which they disagree.
import type { ReviewItem } from '../../../../shared/api/answers.ts';
import { when } from '../../format.ts';
import { words } from '../../words/review.ts';

export function SaidByPeople({ said }: { said: ReviewItem['said'] }) {
  if (said.length === 0) return null;
  return (
    <ul class="said-by-people" aria-label={words.saidBefore}>
      {said.map(({ reviewer, label, note, at }) => (
        <li key={`${reviewer} ${at}`}>
          {words.said(
            (text) => (
              <strong>{text}</strong>
            ),
            reviewer,
            label,
          )}{' '}
          <span class="dim">{when(at)}</span>
          {note !== null && <q>{note}</q>}
        </li>
      ))}
    </ul>
  );
}
