// The dialog that starts a run: what to classify, by which model and labels, for how much – with a quote before.
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { RunQuote } from '../../../../shared/insight/quote-run.ts';
import { ApiError, sendJson } from '../../api.ts';
import { freshId } from '../../fresh-id.ts';
import { links } from '../../links.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { session } from '../../session.ts';
import { toast } from '../../toasts.tsx';
import '../../../style/start-run.css';
import { words } from '../../words/runs.ts';
import { QuoteBox } from './quote-box.tsx';
import { EMPTY_FORM, fieldErrors, quoteKey, quoteRequestOf, type RunForm, runRequestOf } from './run-form.ts';
import { isActive } from './run-list.ts';
import { SettingFields, SourceFields } from './start-run-fields.tsx';
import type { RunStatus } from './steps.ts';

interface StartRunProps {
  /** Filled in before. */
  initial?: Partial<RunForm>;
  /** Ask for the quote at once. */
  isQuoted?: boolean;
  onClose: () => void;
  /** After the start, before the run is opened. */
  onStarted?: (run: RunStatus) => void;
}

interface Quoted {
  key: string;
  quote: RunQuote;
}

/** The run is made in the same minute or it was there before. */
const IS_OLD_MS = 60_000;

export function StartRunDialog({ initial = {}, isQuoted = false, onClose, onStarted }: StartRunProps) {
  const { route } = useLocation();
  const [form, setForm] = useState<RunForm>(() => ({ ...EMPTY_FORM, ...defaults(), ...initial }));
  const [busy, setBusy] = useState<'quote' | 'start' | undefined>(undefined);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const [quoted, setQuoted] = useState<Quoted | undefined>(undefined);
  const errors = fieldErrors(error?.fields ?? []);
  const key = quoteKey(form);
  const canQuote = session.value?.llm !== null && form.useLlm;

  const attempt = async (what: 'quote' | 'start', work: () => Promise<void>) => {
    setBusy(what);
    setError(undefined);
    try {
      await work();
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, { detail: String(reason) }));
    } finally {
      setBusy(undefined);
    }
  };
  const ask = () =>
    attempt('quote', async () => {
      setQuoted({ key, quote: await sendJson<RunQuote>('POST', 'quotes', quoteRequestOf(form)) });
    });
  const start = () =>
    attempt('start', async () => {
      const shown = canQuote && quoted?.key === key ? quoted.quote : undefined;
      const run = await sendJson<RunStatus>('POST', 'runs', runRequestOf(form, shown, freshId()));
      if (!isActive(run) || Date.now() - Date.parse(run.createdAt) > IS_OLD_MS) toast(words.sameRun);
      onStarted?.(run);
      onClose();
      route(links.run(run.runId));
    });
  useEffect(() => {
    if (isQuoted && canQuote) void ask();
  }, []);

  const change = (part: Partial<RunForm>) => setForm((was) => ({ ...was, ...part }));
  return (
    <Dialog title={words.startRun} onClose={onClose}>
      <form
        class="stack start-run"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <SourceFields form={form} change={change} errors={errors.byInput} />
        <SettingFields form={form} change={change} errors={errors.byInput} />
        {canQuote && (
          <QuoteBox
            quote={quoted?.quote}
            isStale={quoted !== undefined && quoted.key !== key}
            isAsking={busy === 'quote'}
            maxCostUsd={form.maxCostUsd}
          />
        )}
        {!canQuote && (
          <p class="note" role="status">
            {session.value?.llmUse === 'off'
              ? words.llmOff
              : session.value?.llm === null
                ? words.llmNone
                : words.llmNotAsked}
          </p>
        )}
        {error !== undefined && (errors.rest.length > 0 || errors.byInput.size === 0) && <ErrorNote error={error} />}
        {errors.byInput.size > 0 && (
          <p class="note bad" role="alert">
            {words.needAttention(errors.byInput.size)}
          </p>
        )}
        <div class="row end dialog-actions">
          <label class="inline again">
            <input
              type="checkbox"
              checked={form.isAgain}
              onChange={(event) => change({ isAgain: event.currentTarget.checked })}
            />
            {words.makeNew}
          </label>
          {canQuote && (
            <button type="button" disabled={busy !== undefined} onClick={() => void ask()}>
              {busy === 'quote' ? words.readingShort : quoted === undefined ? words.quote : words.quoteAgain}
            </button>
          )}
          <button type="submit" class="primary" disabled={busy !== undefined}>
            {busy === 'start' ? words.starting : words.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function defaults(): Partial<RunForm> {
  const budget = session.value?.budget.perRunUsd ?? null;
  return budget === null ? {} : { maxCostUsd: String(budget) };
}
