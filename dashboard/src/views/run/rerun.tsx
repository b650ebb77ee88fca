// The dialog that repeats a run for some of its documents.
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { RunReport } from '../../../../shared/api/insights.ts';

import { ApiError, sendJson } from '../../api.ts';
import { freshId } from '../../fresh-id.ts';
import { links } from '../../links.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, type InputTies } from '../../parts/field.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { useResource } from '../../resource.ts';
import { toast } from '../../toasts.tsx';
import { ModelSelect, type ModelsAnswer } from '../runs/start-run-fields.tsx';
import type { RunStatus } from '../runs/steps.ts';
import { formatName } from './format-names.ts';
import { firstStepFor, type RerunForm, rerunCommand, rerunRequestOf } from './rerun-form.ts';
import '../../../style/start-run.css';

interface RerunProps {
  run: RunStatus;
  report: RunReport | undefined;
  onClose: () => void;
}

export function RerunDialog({ run, report, onClose }: RerunProps) {
  const { route } = useLocation();
  const only = run.failed > 0 ? 'failed' : run.review > 0 ? 'review' : 'all';
  const [form, setForm] = useState<RerunForm>({
    ...{ only, from: firstStepFor(only), label: '', code: '', mediaType: '', modelVersion: '', acceptThreshold: '' },
  });
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const { data: models } = useResource<ModelsAnswer>('models');
  const change = (part: Partial<RerunForm>) => setForm((was) => ({ ...was, ...part }));
  const wrong = (field: string) => error?.fields.find((one) => one.field === field)?.message;
  const start = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      const body = rerunRequestOf(form, freshId());
      const started = await sendJson<RunStatus>('POST', `runs/${encodeURIComponent(run.runId)}/rerun`, body);
      onClose();
      route(links.run(started.runId));
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, { detail: String(reason) }));
      setIsBusy(false);
    }
  };
  return (
    <Dialog title="Re-run by filter" onClose={onClose}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <p>Repeats the run for the documents all conditions hold for. What earlier steps stored is used again.</p>
        <div class="fields">
          <Field label="Documents" error={wrong('only')}>
            <Choice
              value={form.only}
              options={ONLY}
              onChange={(value) => {
                const chosen = value as RerunForm['only']; // one of ONLY
                change({ only: chosen, from: firstStepFor(chosen) });
              }}
            />
          </Field>
          <Field label="From step" error={wrong('from')}>
            <Choice
              value={form.from}
              options={FROM}
              onChange={(value) => change({ from: value as RerunForm['from'] })} // one of FROM
            />
          </Field>
          <Field label="Label" error={wrong('label')}>
            <Choice
              value={form.label}
              options={any(report?.labels.map(({ label }) => [label, label]))}
              onChange={(label) => change({ label })}
            />
          </Field>
          <Field label="Failure or review code" error={wrong('code')}>
            <Choice
              value={form.code}
              options={any([...new Set(report?.codes.map(({ code }) => code))].map((code) => [code, code]))}
              onChange={(code) => change({ code })}
            />
          </Field>
          <Field label="Format" error={wrong('mediaType')}>
            <Choice
              value={form.mediaType}
              options={any(Object.keys(run.formats).map((type) => [type, formatName(type)]))}
              onChange={(mediaType) => change({ mediaType })}
            />
          </Field>
          <Field label="Model version" error={wrong('modelVersion')}>
            <ModelSelect
              value={form.modelVersion}
              models={models}
              onChange={(modelVersion) => change({ modelVersion })}
            />
          </Field>
          <Field label="Accept threshold" error={wrong('acceptThreshold')} hint="0 to 1. Empty: as the host is set.">
            <input
              inputMode="decimal"
              value={form.acceptThreshold}
              onInput={({ currentTarget }) => change({ acceptThreshold: currentTarget.value })}
            />
          </Field>
        </div>
        {error !== undefined && <ErrorNote error={error} />}
        <Command text={rerunCommand(run.runId, form)} />
        <div class="row end dialog-actions">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? 'Starting…' : 'Re-run'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const ONLY = [
  ['failed', 'failed'],
  ['review', 'in review'],
  ['all', 'all'],
] as const;

const FROM = [
  ['extract', 'extract: read the files again'],
  ['featurize', 'featurize: count terms again'],
  ['score', 'score: ask the model again'],
  ['classify', 'classify: ask the LLM again'],
] as const;

type Options = readonly (readonly [value: string, name: string])[];

const any = (options: Options = []): Options => [['', 'any'], ...options];

function Choice({
  value,
  options,
  onChange,
  ...ties
}: InputTies & { value: string; options: Options; onChange: (value: string) => void }) {
  return (
    <select
      {...ties}
      value={value}
      onChange={({ currentTarget }: { currentTarget: HTMLSelectElement }) => onChange(currentTarget.value)}
    >
      {options.map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Command({ text }: { text: string }) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => toast('Command copied.', 'good'),
      () => toast('The browser does not let the page copy. Mark the command and copy it yourself.'),
    );
  return (
    <div>
      <div class="command-head">
        <h3>The same on the command line</h3>
        {navigator.clipboard !== undefined && (
          <button type="button" class="quiet" onClick={() => void copy()}>
            Copy
          </button>
        )}
      </div>
      <pre class="command">{text}</pre>
    </div>
  );
}
