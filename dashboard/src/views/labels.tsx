// Labels: what documents are sorted into. Written, imported and checked here; stored as a version that runs from then on use.
import { useEffect, useState } from 'preact/hooks';
import type { TaxonomyEntry, TaxonomyList } from '../../../shared/pipeline/taxonomies.ts';
import type { Taxonomy } from '../../../shared/taxonomy.ts';
import { getJson, sendJson } from '../api.ts';
import { guideMoved } from '../guide.ts';
import { Field } from '../parts/field.tsx';
import { Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { useResource } from '../resource.ts';
import { canOperate, sessionMoved } from '../session.ts';
import { toast, toastError } from '../toasts.tsx';
import '../../style/labels.css';
import { words } from '../words/labels.ts';
import { type Draft, documentOf, draftOf, emptyLabel, isSame, problemsOf } from './labels/draft.ts';
import { Files } from './labels/files.tsx';
import { LabelFields } from './labels/label-fields.tsx';
import { type LabelCheck, remarksAbout, verdictOf } from './labels/remarks.ts';
import { StoreDialog } from './labels/store-dialog.tsx';
import { Versions } from './labels/versions.tsx';

export function LabelsView() {
  useTitle(words.title);
  const list = useResource<TaxonomyList>('taxonomies');
  return (
    <Show resource={list} what={words.theLabels}>
      {(found) => <Loaded key={versionInUse(found)} list={found} onStored={list.reload} />}
    </Show>
  );
}

const versionInUse = ({ taxonomies }: TaxonomyList): string =>
  taxonomies.find(({ isCurrent }) => isCurrent)?.version ?? '';

/** The labels in use are read before the fields are there, so that nothing is written over. */
function Loaded({ list, onStored }: { list: TaxonomyList; onStored: () => void }) {
  const version = versionInUse(list);
  const current = useResource<Taxonomy>(version === '' ? null : `taxonomies/${encodeURIComponent(version)}`);
  if (version === '') return <Editor list={list} current={undefined} onStored={onStored} />;
  return (
    <Show resource={current} what={words.theLabels}>
      {(taxonomy) => <Editor list={list} current={taxonomy} onStored={onStored} />}
    </Show>
  );
}

interface EditorProps {
  list: TaxonomyList;
  current: Taxonomy | undefined;
  onStored: () => void;
}

function Editor({ list, current, onStored }: EditorProps) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(current));
  const [check, setCheck] = useState<LabelCheck>();
  const [isTold, setTold] = useState(false);
  const [isStoring, setStoring] = useState(false);
  const isDirty = !isSame(draft, draftOf(current));
  const problems = isTold ? problemsOf(draft) : new Map<number, string>();
  useUnsaved(isDirty);

  const change = (next: Draft) => {
    setDraft(next);
    setCheck(undefined);
  };
  /** @returns the answer, unless something is wrong, which the fields then say */
  const look = async (): Promise<LabelCheck | undefined> => {
    setTold(true);
    if (problemsOf(draft).size > 0) {
      showFirstProblem();
      return undefined;
    }
    try {
      const answer = await sendJson<LabelCheck>('POST', 'taxonomies/check', documentOf(draft));
      setCheck(answer);
      return answer;
    } catch (error) {
      toastError(error);
      return undefined;
    }
  };
  const store = async () => {
    try {
      const stored = await sendJson<Taxonomy>('POST', 'taxonomies', documentOf(draft));
      toast(words.inUseNow(stored.version), 'good');
      guideMoved();
      sessionMoved();
      onStored();
    } catch (error) {
      toastError(error);
    } finally {
      setStoring(false);
    }
  };
  const take = async (entry: TaxonomyEntry) => {
    if (isDirty && !window.confirm(words.leaveIt)) return;
    try {
      change(draftOf(await getJson<Taxonomy>(`taxonomies/${encodeURIComponent(entry.version)}`)));
      window.scrollTo({ top: 0 });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <div class="stack">
      <div class="view-head">
        <h1>{words.title}</h1>
        <Files draft={draft} onRead={change} />
      </div>
      {current === undefined && <Greeting />}
      <div class="grid">
        <Field label={words.nameOfSet} hint={words.nameHint} error={problems.get(0)}>
          <input
            type="text"
            maxLength={100}
            disabled={!canOperate.value}
            placeholder={words.namePlaceholder}
            value={draft.name}
            onInput={(event) => change({ ...draft, name: event.currentTarget.value })}
          />
        </Field>
        <Field label={words.domain} hint={words.domainHint}>
          <input
            type="text"
            maxLength={300}
            disabled={!canOperate.value}
            placeholder={words.domainPlaceholder}
            value={draft.domain}
            onInput={(event) => change({ ...draft, domain: event.currentTarget.value })}
          />
        </Field>
      </div>
      <ol class="label-list stack">
        {draft.labels.map((label, index) => (
          <LabelFields
            key={label.key}
            label={label}
            index={index}
            problem={problems.get(label.key)}
            remarks={check === undefined ? [] : remarksAbout(label.name.trim(), check.remarks)}
            isReadOnly={!canOperate.value}
            onChange={(next) =>
              change({ ...draft, labels: draft.labels.map((each) => (each.key === next.key ? next : each)) })
            }
            onRemove={() => change({ ...draft, labels: draft.labels.filter(({ key }) => key !== label.key) })}
          />
        ))}
      </ol>
      {canOperate.value && (
        <div class="row">
          <button type="button" onClick={() => change({ ...draft, labels: [...draft.labels, emptyLabel()] })}>
            {words.addLabel}
          </button>
          <button type="button" onClick={look}>
            {words.check}
          </button>
          <button
            type="button"
            class="primary"
            disabled={!isDirty}
            onClick={async () => setStoring((await look()) !== undefined)}
          >
            {words.store}
          </button>
          {isTold && problems.size > 0 && (
            <span class="field-error" role="status">
              {words.toMend(problems.size)}
            </span>
          )}
          {check !== undefined && <span role="status">{verdictOf(check)}</span>}
        </div>
      )}
      <Versions list={list} canEdit={canOperate.value} onTake={take} />
      {isStoring && check !== undefined && (
        <StoreDialog check={check} onStore={store} onClose={() => setStoring(false)} />
      )}
    </div>
  );
}

/** Where something is to be mended may be far above the button. Called in the moment in which the fields are marked. */
const showFirstProblem = (): void => {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main [aria-invalid="true"]')?.focus());
};

function Greeting() {
  return <p class="note">{words.greeting}</p>;
}

/** The browser asks before it leaves what was written. */
function useUnsaved(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isDirty]);
}
