// All keys of the review.
import { Dialog } from '../../parts/dialog.tsx';

const COMMANDS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['Enter'], 'accept the proposal'],
  [['S'], 'skip: others may take it, you see it again later'],
  [['N'], 'write a note; Escape goes back'],
  [['U'], 'undo; what was stored already is corrected by the next decision'],
  [['J', '→'], 'next document'],
  [['K', '←'], 'previous document'],
  [['D'], 'open the document with its history'],
  [[',', '.'], 'previous, next page'],
  [['+', '−', '0'], 'closer, farther, whole page'],
  [['R'], 'turn the page'],
  [['P'], 'page or text, where there is room for one'],
  [['?'], 'these keys'],
];

export function Help({ keys, onClose }: { keys: ReadonlyMap<string, string>; onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <div class="help">
        <dl>
          {COMMANDS.map(([names, what]) => (
            <div key={what}>
              <dt>
                {names.map((name) => (
                  <kbd key={name}>{name}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
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
        <p class="dim">
          A decision is sent after five seconds, or when you make the next one. Until then an undo leaves no trace.
        </p>
      </div>
    </Dialog>
  );
}
