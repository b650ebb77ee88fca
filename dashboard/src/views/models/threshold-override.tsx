// Says when a setting of the host overrules the thresholds shown with the models.
import { session } from '../../session.ts';
import { words } from '../../words/models.ts';
import { thresholdText } from '../model/threshold.ts';

export function ThresholdOverride() {
  const accept = session.value?.acceptThreshold ?? null;
  if (accept === null) return null;
  return (
    <p class="note warn">
      {words.override(
        (text) => (
          <code>{text}</code>
        ),
        thresholdText(accept),
      )}
    </p>
  );
}
