// All keys of the review.
import { Dialog } from '../../parts/dialog.tsx';
import { words } from '../../words/review.ts';

const KEYS: Readonly<Record<keyof typeof words.commands, readonly string[]>> = {
  accept: ['↵'],
  skip: ['S'],
  note: ['N'],
  undo: ['U'],
  next: ['J', '→'],
  previous: ['K', '←'],
  open: ['D'],
  like: ['L'],
  pages: [',', '.'],
  zoom: ['+', '−', '0'],
  turn: ['R'],
  side: ['P'],
  help: ['?'],
};

export function Help({ keys, onClose }: { keys: ReadonlyMap<string, string>; onClose: () => void }) {
  return (
    <Dialog title={words.keys} onClose={onClose}>
      <div class="help">
        <dl>
          {(Object.keys(KEYS) as (keyof typeof KEYS)[]).map((command) => (
            <div key={command}>
              <dt>
                {KEYS[command].map((name) => (
                  <kbd key={name}>{name === '↵' ? words.enter : name}</kbd>
                ))}
              </dt>
              <dd>{words.commands[command]}</dd>
            </div>
          ))}
        </dl>
        <dl>
          {[...keys].map(([label, key]) => (
            <div key={label}>
              <dt>
                <kbd>{key.toUpperCase()}</kbd>
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
        </dl>
        <p class="dim">{words.sentAfter}</p>
      </div>
    </Dialog>
  );
}
