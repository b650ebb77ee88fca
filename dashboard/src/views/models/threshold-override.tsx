// Says when a setting of the host overrules the thresholds shown with the models.
import { session } from '../../session.ts';
import { thresholdText } from '../model/threshold.ts';

export function ThresholdOverride() {
  const accept = session.value?.acceptThreshold ?? null;
  if (accept === null) return null;
  return (
    <p class="note warn">
      The setting <code>ACCEPT_THRESHOLD</code> is {thresholdText(accept)} and replaces every model’s own threshold:
      what they promise at theirs is not promised at this one.
    </p>
  );
}
