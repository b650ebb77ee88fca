// Where a lake stands on the way from a bare list of labels to a model that is trusted, and what is next.
// Invariants: G1 the steps follow from what is in the lake, so whoever skips one or comes back after months is told the same. G2 a model that knows all
// labels in use makes the steps before it needless. G3 nothing is changed by looking.
import type { Guide, GuideStep } from '../api/guide.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { currentTaxonomyVersion, loadTaxonomy } from '../pipeline/taxonomies.ts';
import { BY_RUNS } from './cost-report.ts';

/** From here on a training is worth its time. */
const DECISIONS_TO_TRAIN = 20;
/** Documents checked at random from which on a promise counts as measured: its interval is then about ± 20 points wide at most. */
const CHECKS = 20;

export interface GuideSources extends Pick<DecisionLake, 'services' | 'query'> {
  registry: {
    championVersion(): Promise<string | undefined>;
    manifest(version: string): Promise<{ labels: readonly string[] }>;
  };
}

interface Standing {
  labels: readonly string[] | undefined;
  documents: number;
  decided: number;
  /** The champion, when it knows all labels in use. */
  model: string | undefined;
  /** Documents whose newest decision is of another model or of none, those of people left out. */
  older: number;
  alone: number;
  checked: number;
  newestRun: string | undefined;
}

export async function guideOf(sources: GuideSources): Promise<Guide> {
  return { steps: stepsOf(await standingOf(sources)) };
}

async function standingOf({ services, query, registry }: GuideSources): Promise<Standing> {
  const version = services.config.TAXONOMY_VERSION ?? (await currentTaxonomyVersion(services.lake));
  const labels =
    version === undefined ? undefined : (await loadTaxonomy(services.lake, version)).labels.map(({ name }) => name);
  const champion = await registry.championVersion();
  const known = champion === undefined ? [] : (await registry.manifest(champion)).labels;
  const model = labels?.every((label) => known.includes(label)) === true ? champion : undefined;
  const among = `(${(labels ?? []).map(sqlText).join(', ') || "''"})`;
  const { rows } = await query(`SELECT
    (SELECT count(DISTINCT document_id) FROM results WHERE ${BY_RUNS} AND status <> 'failed') AS documents,
    (SELECT count(DISTINCT document_id) FROM feedback WHERE label IN ${among}) AS decided,
    (SELECT count(*) FROM latest_results WHERE ${BY_RUNS} AND status <> 'failed' AND duplicate_of IS NULL
      AND model_version IS DISTINCT FROM ${sqlText(model ?? '')}) AS older,
    (SELECT count(*) FROM latest_results WHERE status = 'labelled' AND decided_by IN ('model', 'encoder')) AS alone,
    (SELECT max_by(run_id, processed_at) FROM results WHERE ${BY_RUNS}) AS newest_run,
    (SELECT count(DISTINCT feedback.document_id) FROM feedback ASOF JOIN results
      ON feedback.document_id = results.document_id AND feedback.created_at > results.processed_at
      WHERE feedback.label IS NOT NULL AND results.decided_by IN ('model', 'encoder')) AS checked`);
  const count = (name: string) => Number(rows[0]?.[name] ?? 0);
  const newest = rows[0]?.newest_run;
  return {
    labels,
    model,
    documents: count('documents'),
    decided: count('decided'),
    older: model === undefined ? 0 : count('older'),
    alone: count('alone'),
    checked: count('checked'),
    newestRun: typeof newest === 'string' ? newest : undefined,
  };
}

/** @returns the steps with their state: the first that is not done is next */
function stepsOf({ labels, documents, decided, model, older, alone, checked, newestRun }: Standing): GuideStep[] {
  const hasModel = model !== undefined;
  const steps: (Omit<GuideStep, 'state'> & { isDone: boolean })[] = [
    {
      id: 'labels',
      isDone: labels !== undefined,
      title: 'Say what documents are sorted into',
      why: 'Everything else goes by it: models learn the labels, an LLM and an encoder read their descriptions',
      left: null,
      leftCount: null,
      cost: 'nothing',
      command: 'sluice taxonomy set mine.json',
      view: 'labels',
    },
    {
      id: 'documents',
      isDone: documents > 0,
      title: 'Bring documents',
      why: 'Some hundred of the usual kind are a good beginning',
      left: null,
      leftCount: null,
      cost: 'an LLM, where one is configured, is asked about them; --no-llm asks none',
      command: 'sluice upload ./folder, or sluice sources add',
      view: 'sources',
    },
    {
      id: 'review',
      isDone: decided >= DECISIONS_TO_TRAIN,
      title: `Decide ${DECISIONS_TO_TRAIN} documents`,
      why: 'They come in the order that teaches most: each likely label in turn, of near copies one',
      left: decided >= DECISIONS_TO_TRAIN ? null : `${DECISIONS_TO_TRAIN - decided} to go`,
      leftCount: Math.max(0, DECISIONS_TO_TRAIN - decided),
      cost: 'a quarter of an hour of yours',
      command: 'sluice review --order teaching, sluice decide',
      view: 'review?order=teaching',
    },
    {
      id: 'train',
      isDone: hasModel,
      title: 'Train a model of these decisions',
      why: 'It says how good it is on documents it has not seen, and decides only what it keeps its promise on',
      left: hasModel ? null : `${decided} decisions to learn from`,
      leftCount: decided,
      cost: 'seconds to minutes of this app, no LLM',
      command: 'sluice train decisions',
      view: 'models',
    },
    {
      id: 'rerun',
      isDone: hasModel && older === 0,
      title: 'Decide again what is there',
      why: 'What was decided before the model, or by another, gets its word; what people said stays',
      left: older === 0 ? null : `${older} documents were decided without model ${model}`,
      leftCount: older,
      cost: 'only documents that it is unsure of are asked, if an LLM is configured; answers that are there are not paid again',
      command: `sluice rerun ${newestRun ?? '<run>'} --from score`,
      view: 'runs',
    },
    {
      id: 'check',
      isDone: checked >= CHECKS,
      title: 'Check some of what it decided alone',
      why: 'Drawn at random: the promise becomes a number that was measured',
      left: checked >= CHECKS ? null : `${checked} of ${CHECKS} checked`,
      leftCount: CHECKS - checked,
      cost: 'a minute for each three',
      command: 'sluice spot-check, sluice decide',
      view: 'review?order=spot-check',
    },
  ];
  // A model that came another way made decisions needless: nobody is told to have made them.
  const isNeedless = hasModel && decided < DECISIONS_TO_TRAIN;
  const shown = steps.filter(({ id }) => !(isNeedless && (id === 'review' || id === 'train')));
  const next = shown.findIndex(({ isDone, id }) => !isDone && !(id === 'check' && alone === 0));
  return shown.map(({ isDone, ...step }, index) => ({
    ...step,
    state: isDone ? 'done' : index === next ? 'next' : 'later',
    left: isDone || index > next ? null : step.left,
    leftCount: isDone || index > next || step.left === null ? null : step.leftCount,
  }));
}
