// Where a run came from and went to: lineage, its request as it was stored, and the way to other runs.
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { RunReport } from '../../../../shared/api/insights.ts';

import { when } from '../../format.ts';
import { links } from '../../links.ts';
import { Field } from '../../parts/field.tsx';
import { useResource } from '../../resource.ts';
import { words } from '../../words/run.ts';
import { RunLink } from '../runs/run-link.tsx';
import { runName } from '../runs/run-list.ts';
import type { RunStatus } from '../runs/steps.ts';

export function Lineage({ lineage }: { lineage: RunReport['lineage'] }) {
  return (
    <section class="card" aria-labelledby="lineage-title">
      <h3 id="lineage-title">{words.lineage}</h3>
      {lineage === null ? (
        <p class="dim">{words.noEvent}</p>
      ) : (
        <>
          <div class="lineage">
            <Datasets title={words.inputs} names={lineage.inputs} />
            <span class="arrow" aria-hidden="true" />
            <Datasets title={words.job} names={[lineage.job]} />
            <span class="arrow" aria-hidden="true" />
            <Datasets title={words.outputs} names={lineage.outputs} />
          </div>
          <p class="dim">{words.eventOf(when(lineage.eventTime))}</p>
        </>
      )}
    </section>
  );
}

function Datasets({ title, names }: { title: string; names: readonly string[] }) {
  return (
    <div>
      <h4>{title}</h4>
      {names.length === 0 ? (
        <p class="dim">{words.none}</p>
      ) : (
        <ul>
          {names.map((name) => (
            <li key={name} class="path">
              <code>{name}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function StoredRequest({ report }: { report: RunReport }) {
  return (
    <section class="card" aria-labelledby="request-title">
      <h3 id="request-title">{words.request}</h3>
      {report.rerunOf !== null && <Repeats runId={report.runId} of={report.rerunOf} />}
      {report.request === null ? (
        <p class="dim">{words.nobodyAsked}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard (WCAG 2.1.1)
        <pre class="request" tabIndex={0}>
          {JSON.stringify(report.request, null, 2)}
        </pre>
      )}
    </section>
  );
}

/** The run before, by the name people know it by. */
function Repeats({ runId, of }: { runId: string; of: string }) {
  return (
    <p>
      {words.repeats(<RunLink runId={of} />)} <a href={links.compare(of, runId)}>{words.compare}</a>
    </p>
  );
}

/** Choose another completed run to see what differs. */
export function CompareWith({ run }: { run: RunStatus }) {
  const { route } = useLocation();
  const [other, setOther] = useState('');
  const { data } = useResource<{ runs: RunStatus[] }>('runs?limit=100');
  const others = data?.runs.filter(({ runId, state }) => runId !== run.runId && state === 'completed') ?? [];
  return (
    <section class="card" aria-labelledby="compare-title">
      <h3 id="compare-title">{words.compareWith}</h3>
      {data !== undefined && others.length === 0 ? (
        <p class="dim">{words.noOther}</p>
      ) : (
        <form
          class="compare-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (other !== '') route(links.compare(other, run.runId));
          }}
        >
          <Field label={words.otherRun}>
            <select
              value={other}
              onChange={({ currentTarget }: { currentTarget: HTMLSelectElement }) => setOther(currentTarget.value)}
            >
              <option value="">{words.choose}</option>
              {others.map((one) => (
                <option key={one.runId} value={one.runId}>
                  {`${runName(one)} · ${when(one.createdAt)} · ${words.countDocuments(one.documents)} · ${one.modelVersion ?? words.noModel}`}
                </option>
              ))}
            </select>
          </Field>
          <button type="submit" disabled={other === ''}>
            {words.compare}
          </button>
        </form>
      )}
    </section>
  );
}
