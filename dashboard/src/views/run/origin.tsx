// Where a run came from and went to: lineage, its request as it was stored, and the way to other runs.
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { RunReport } from '../../../../shared/api/insights.ts';

import { when } from '../../format.ts';
import { links } from '../../links.ts';
import { Field } from '../../parts/field.tsx';
import { useResource } from '../../resource.ts';
import { runName } from '../runs/run-list.ts';
import type { RunStatus } from '../runs/steps.ts';

export function Lineage({ lineage }: { lineage: RunReport['lineage'] }) {
  return (
    <section class="card" aria-labelledby="lineage-title">
      <h3 id="lineage-title">Lineage</h3>
      {lineage === null ? (
        <p class="dim">There is no event: it is written a moment after the end of a run.</p>
      ) : (
        <>
          <div class="lineage">
            <Datasets title="Inputs" names={lineage.inputs} />
            <span class="arrow" aria-hidden="true" />
            <Datasets title="Job" names={[lineage.job]} />
            <span class="arrow" aria-hidden="true" />
            <Datasets title="Outputs" names={lineage.outputs} />
          </div>
          <p class="dim">OpenLineage event of {when(lineage.eventTime)}</p>
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
        <p class="dim">none</p>
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
      <h3 id="request-title">Request</h3>
      {report.rerunOf !== null && (
        <p>
          Repeats <a href={links.run(report.rerunOf)}>{report.rerunOf}</a>{' '}
          <a href={links.compare(report.rerunOf, report.runId)}>Compare</a>
        </p>
      )}
      {report.request === null ? (
        <p class="dim">Nobody asked: uploads of one window made the run.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard (WCAG 2.1.1)
        <pre class="request" tabIndex={0}>
          {JSON.stringify(report.request, null, 2)}
        </pre>
      )}
    </section>
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
      <h3 id="compare-title">Compare with another run</h3>
      {data !== undefined && others.length === 0 ? (
        <p class="dim">
          There is no other completed run yet. Re-run this one to see what a model or threshold changes.
        </p>
      ) : (
        <form
          class="compare-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (other !== '') route(links.compare(other, run.runId));
          }}
        >
          <Field label="Earlier or other run">
            <select
              value={other}
              onChange={({ currentTarget }: { currentTarget: HTMLSelectElement }) => setOther(currentTarget.value)}
            >
              <option value="">Choose…</option>
              {others.map((one) => (
                <option key={one.runId} value={one.runId}>
                  {`${runName(one)} · ${when(one.createdAt)} · ${one.documents} documents · ${one.modelVersion ?? 'no model'}`}
                </option>
              ))}
            </select>
          </Field>
          <button type="submit" disabled={other === ''}>
            Compare
          </button>
        </form>
      )}
    </section>
  );
}
