// What another threshold would do: at once from the evaluation while the slider moves, on request over the documents of the lake.
import { useId, useState } from 'preact/hooks';
import type { WhatIfReport } from '../../../../shared/api/decisions.ts';
import type { CostReport, ModelReport } from '../../../../shared/api/insights.ts';

import { ApiError, sendJson } from '../../api.ts';
import { count, money, percent } from '../../format.ts';
import { Tile } from '../../parts/basics.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { useResource } from '../../resource.ts';
import { canOperate } from '../../session.ts';
import { words } from '../../words/model.ts';
import { type AtThreshold, atThreshold, perThousand, thresholdText } from './threshold.ts';
import { WhatIfResult } from './what-if-result.tsx';

interface WhatIfProps {
  report: ModelReport;
  /** The threshold tried out, 0..1. */
  chosen: number;
  onChange: (threshold: number) => void;
}

const STEP = 0.005;

export function WhatIf({ report, chosen, onChange }: WhatIfProps) {
  const id = useId();
  const own = report.accept.threshold;
  const curve = report.evaluation?.coverage ?? [];
  return (
    <section class="stack" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{words.whatIf}</h2>
      <div class="what-if-input">
        <label>
          {words.acceptThreshold(thresholdText(chosen))}
          <input
            type="range"
            min="0"
            max="1"
            step={STEP}
            value={chosen}
            onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
          />
        </label>
        <button type="button" disabled={chosen === own} onClick={() => onChange(own)}>
          {words.backTo(thresholdText(own))}
        </button>
      </div>
      {report.acceptByLabel !== null && <p class="dim">{words.byLabelNote}</p>}
      {curve.length > 0 && (
        <Expected at={atThreshold(curve, chosen, report.accept)} now={atThreshold(curve, own, report.accept)} />
      )}
      {canOperate.value && <OverTheLake version={report.version} chosen={chosen} />}
    </section>
  );
}

/** Of 1,000 documents like those of the evaluation. */
function Expected({ at, now }: { at: AtThreshold; now: AtThreshold }) {
  const { data } = useResource<CostReport>('costs?days=90');
  const price = data === undefined || data.total.asked === 0 ? null : data.total.costUsd / data.total.asked;
  const [tried, present] = [perThousand(at, price), perThousand(now, price)];
  const change = Math.round(tried.asked) - Math.round(present.asked);
  const changeText =
    change === 0 ? words.asManyAsNow : words.againstOwn(`${change > 0 ? '+' : '−'}${count(Math.abs(change))}`);
  return (
    <div class="tiles" aria-live="polite" aria-atomic="true">
      <Tile name={words.coverage} value={percent(at.coverage, 1)} note={words.decidedAlone(count(tried.decided))} />
      <Tile
        name={words.precision}
        value={at.precision === null ? '–' : percent(at.precision, 1)}
        note={tried.wrong === null ? words.nothingAccepted : words.wrongOfThose(count(tried.wrong))}
      />
      <Tile name={words.llmAsked} value={words.ofThousand(count(tried.asked))} note={changeText} />
      <Tile
        name={words.costOfThousand}
        value={tried.costUsd === null ? '–' : money(tried.costUsd)}
        note={
          data === undefined ? words.readingPaid : price === null ? words.nothingPaid : words.onAverage(money(price))
        }
      />
    </div>
  );
}

function OverTheLake({ version, chosen }: { version: string; chosen: number }) {
  const [state, setState] = useState<{ report?: WhatIfReport; error?: ApiError; isBusy: boolean }>({ isBusy: false });
  const run = async () => {
    setState((was) => ({ ...was, isBusy: true }));
    try {
      const report = await sendJson<WhatIfReport>('POST', 'whatif', { modelVersion: version, accept: chosen });
      setState({ report, isBusy: false });
    } catch (thrown) {
      const error = thrown instanceof ApiError ? thrown : new ApiError(0, { detail: String(thrown) });
      setState({ error, isBusy: false });
    }
  };
  const { report, error, isBusy } = state;
  return (
    <>
      <div class="row">
        <button type="button" onClick={() => void run()} disabled={isBusy}>
          {isBusy ? words.scoring : words.tryOnLake(thresholdText(chosen))}
        </button>
        <span class="dim">{words.tryNote}</span>
      </div>
      <div aria-live="polite" class="stack">
        {error !== undefined && <ErrorNote error={error} onRetry={() => void run()} />}
        {report !== undefined && <WhatIfResult report={report} />}
      </div>
    </>
  );
}
