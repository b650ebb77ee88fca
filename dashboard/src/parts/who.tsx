// Who looks: the signed-in person, or the name that a reviewer with a function key gives themselves.
import { useState } from 'preact/hooks';
import { nameReviewer, reviewerName } from '../reviewer-name.ts';
import { canReview, session } from '../session.ts';
import { words } from '../words/app.ts';
import { Dialog } from './dialog.tsx';

export function Who() {
  const [isOpen, setIsOpen] = useState(false);
  const { name, authMode } = session.value ?? {};
  if (name) return <p class="who">{name}</p>;
  if (authMode !== 'function-keys' || !canReview.value) return null;
  return (
    <>
      <button type="button" class="quiet who" title={words.yourName} onClick={() => setIsOpen(true)}>
        {reviewerName.value || words.nameYourself}
      </button>
      {isOpen && <NameDialog onClose={() => setIsOpen(false)} />}
    </>
  );
}

function NameDialog({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState(reviewerName.value);
  return (
    <Dialog title={words.yourName} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          nameReviewer(typed, localStorage);
          onClose();
        }}
      >
        <p>{words.yourNameNote}</p>
        <label>
          {words.yourName}
          <input
            type="text"
            maxLength={100}
            autocomplete="name"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <div class="row end">
          <button type="submit" class="primary">
            {words.keepName}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
