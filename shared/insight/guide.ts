// Where a lake stands on the way from a bare list of labels to a model that is trusted, and what is next.
// Invariants: G1 the steps follow from what is in the lake, so whoever skips one or comes back after months is told the same. G2 a model that knows all
// labels in use makes the steps before it needless. G3 nothing is changed by looking.
import type { Guide, GuideStep } from '../api/guide.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { llmUse } from '../pipeline/llm-use.ts';
import { currentTaxonomyVersion, loadTaxonomy } from '../pipeline/taxonomies.ts';
import { BY_RUNS } from './cost-report.ts';
import { checksPerWeek } from './spot-checks.ts';
import { type UncheckedSources, uncheckedDescriptions } from './unchecked-descriptions.ts';

/** Decisions from which a training is worth its time: so many of each label, within bounds. */
const DECISIONS_PER_LABEL = 5;
const DECISIONS_TO_TRAIN = { min: 20, max: 100 };
/** Documents checked at random from which on a promise counts as measured: its interval is then about ± 20 points wide at most. Fewer where fewer are drawn. */
const CHECKS = 20;

/** From what a model that has proven nothing holds likelier than all else together. */
const ON_ONES_WORD = ' --accept 0.5';
/** Uploads that came one after the other are a run each: one command decides so many again. */
const RUNS_AT_ONCE = 20;
/** Documents that one command of the terminal gives. */
const SHEET_ROWS = 50;

export interface GuideSources extends Pick<DecisionLake, 'services' | 'query'>, Pick<UncheckedSources, 'encoders'> {
  registry: {
    /** Oldest first. */
    list(): Promise<{ version: string; labels: readonly string[]; accept: { threshold: number }; champion: boolean }[]>;
  };
}

interface Standing {
  labels: readonly string[] | undefined;
  documents: number;
  decided: number;
  /** The champion, when it knows the labels: all in use, or those that people have given. */
  model: string | undefined;
  /** The newest model that knows them and waits to be promoted. */
  candidate: string | undefined;
  /** Has the champion, or else the candidate, proven no threshold, so that it decides nothing alone? */
  provesNothing: boolean;
  asksLlm: boolean;
  /** Wait for people. */
  waiting: number;
  /** Documents whose newest decision is of another model or of none, those of people left out. */
  older: number;
  alone: number;
  checked: number;
  /** Checks that are wanted: no more than a week draws and than there are. */
  checks: number;
  /** The newest run with such documents; else with some that wait, else of all. */
  runAgain: string | undefined;
  /** All runs with such documents, the largest first, RUNS_AT_ONCE at most; with a blank between. */
  olderRuns: string | undefined;
}

export async function guideOf(sources: GuideSources): Promise<Guide> {
  return { steps: stepsOf(await standingOf(sources)), unchecked: await uncheckedDescriptions(sources) };
}

async function standingOf({ services, query, registry }: GuideSources): Promise<Standing> {
  const version = services.config.TAXONOMY_VERSION ?? (await currentTaxonomyVersion(services.lake));
  const labels =
    version === undefined ? undefined : (await loadTaxonomy(services.lake, version)).labels.map(({ name }) => name);
  const among = `(${(labels ?? []).map(sqlText).join(', ') || "''"})`;
  const given = await query(`SELECT DISTINCT label FROM feedback WHERE label IN ${among}`);
  // A label that no document has had so far cannot be learnt, and keeps nobody from going on.
  const wanted = given.rows.length > 1 ? given.rows.map(({ label }) => String(label)) : (labels ?? []);
  const models = (await registry.list()).filter(
    (one) => wanted.length > 0 && wanted.every((label) => one.labels.includes(label)),
  );
  const inCharge = models.find(({ champion }) => champion);
  const model = inCharge?.version;
  const newest = models.at(-1);
  const older = `${BY_RUNS} AND status <> 'failed' AND duplicate_of IS NULL AND model_version IS DISTINCT FROM ${sqlText(model ?? '')}`;
  const { rows } = await query(`SELECT
    (SELECT count(DISTINCT document_id) FROM results WHERE ${BY_RUNS} AND status <> 'failed') AS documents,
    (SELECT count(DISTINCT document_id) FROM feedback WHERE label IN ${among}) AS decided,
    (SELECT count(*) FROM latest_results WHERE ${older}) AS older,
    (SELECT count(*) FROM latest_results WHERE status = 'labelled' AND decided_by IN ('model', 'encoder')) AS alone,
    (SELECT count(*) FROM latest_results WHERE ${BY_RUNS} AND status = 'review') AS waiting,
    coalesce((SELECT max_by(run_id, processed_at) FROM latest_results WHERE ${older}),
      (SELECT max_by(run_id, processed_at) FROM latest_results WHERE ${BY_RUNS} AND status = 'review'),
      (SELECT max_by(run_id, processed_at) FROM results WHERE ${BY_RUNS})) AS run_again,
    (SELECT string_agg(run_id, ' ' ORDER BY documents DESC, run_id) FROM
      (SELECT run_id, count(*) AS documents FROM latest_results WHERE ${older} GROUP BY 1
        ORDER BY documents DESC, run_id LIMIT ${RUNS_AT_ONCE})) AS older_runs,
    (SELECT count(DISTINCT feedback.document_id) FROM feedback ASOF JOIN results
      ON feedback.document_id = results.document_id AND feedback.created_at > results.processed_at
      WHERE feedback.label IS NOT NULL AND results.decided_by IN ('model', 'encoder')) AS checked`);
  const count = (name: string) => Number(rows[0]?.[name] ?? 0);
  const [{ run_again: runAgain, older_runs: olderRuns } = {}] = rows;
  return {
    labels,
    model,
    candidate: inCharge === undefined ? newest?.version : undefined,
    provesNothing: (inCharge ?? newest)?.accept.threshold !== undefined && (inCharge ?? newest)!.accept.threshold > 1,
    asksLlm: llmUse(services, undefined) === 'asked',
    waiting: count('waiting'),
    documents: count('documents'),
    decided: count('decided'),
    older: model === undefined ? 0 : count('older'),
    alone: count('alone'),
    checked: count('checked'),
    checks: Math.min(CHECKS, checksPerWeek(services.config.SPOT_CHECK_INTERVAL), count('alone') + count('checked')),
    runAgain: typeof runAgain === 'string' ? runAgain : undefined,
    olderRuns: model === undefined || typeof olderRuns !== 'string' ? undefined : olderRuns,
  };
}

/** @returns the steps with their state: the first that is not done is next */
function stepsOf(standing: Standing): GuideStep[] {
  const { labels, documents, decided, model, candidate, provesNothing, asksLlm, older, alone } = standing;
  const { waiting, checked, checks, runAgain, olderRuns } = standing;
  const hasModel = model !== undefined;
  const noneWait = waiting === 0 && decided < documents;
  const hasTrained = hasModel || candidate !== undefined;
  const goal = Math.min(
    DECISIONS_TO_TRAIN.max,
    Math.max(DECISIONS_TO_TRAIN.min, DECISIONS_PER_LABEL * (labels?.length ?? 0)),
  );
  const steps: (Omit<GuideStep, 'state' | 'case'> & { case?: GuideStep['case']; isDone: boolean })[] = [
    {
      id: 'labels',
      isDone: labels !== undefined,
      title: 'Say what documents are sorted into',
      why: 'Everything else goes by it: models learn the labels, an LLM and an encoder read their descriptions',
      left: null,
      leftCount: null,
      cost: 'nothing',
      command: 'sluice taxonomy set labels.csv',
      view: 'labels',
    },
    {
      id: 'documents',
      isDone: documents > 0,
      title: 'Bring documents',
      why: 'Some hundred of the usual kind are a good beginning',
      left: null,
      leftCount: null,
      case: asksLlm ? null : 'no-llm',
      cost: asksLlm
        ? 'the LLM is asked about them; the quote before a run says what that will cost'
        : 'nothing: no LLM is asked here',
      command: 'sluice upload ./folder, or sluice sources add',
      view: 'sources',
    },
    {
      id: 'review',
      isDone: hasTrained || decided >= goal,
      case: noneWait ? 'none-wait' : null,
      title: 'Decide the first documents',
      why: noneWait
        ? 'All that came has a label already and nothing waits, but nobody has looked: confirm or correct some of each label'
        : 'They come in the order that teaches most: a few of each kind before many of one, of near copies one',
      left: decided >= goal ? null : `${goal - decided} to go`,
      leftCount: Math.max(0, goal - decided),
      cost: 'a quarter of an hour of yours',
      command: noneWait
        ? 'sluice export --status labelled -o labels.csv, sluice decide <document-id> <label>'
        : `sluice review --order teaching --limit ${Math.max(1, Math.min(SHEET_ROWS, goal - decided))} -o review.csv, sluice decide --from review.csv`,
      view: noneWait ? 'documents?status=labelled&select=1' : 'review?order=teaching',
    },
    {
      id: 'train',
      isDone: hasTrained,
      title: 'Train a model of these decisions',
      why: 'It says how good it is on documents it has not seen, and decides only what it keeps its promise on',
      left: hasTrained ? null : `${decided} decisions to learn from`,
      leftCount: decided,
      cost: 'seconds to minutes of this app, no LLM',
      command: 'sluice train decisions',
      view: 'models',
    },
    {
      id: 'promote',
      isDone: hasModel,
      title: 'See what it would decide, and promote it',
      why: 'Its page tells how often it agrees with you and what it would make of the documents that are there; from then on it proposes and decides',
      left: null,
      leftCount: null,
      cost: 'nothing; the model before is kept, and one step back',
      command: `sluice whatif --model ${candidate ?? '<model>'}${provesNothing ? ON_ONES_WORD : ''}, sluice models promote ${candidate ?? '<model>'}`,
      view: candidate === undefined ? 'models' : `models/${candidate}`,
    },
    {
      id: 'rerun',
      isDone: hasModel && older === 0 && (alone > 0 || waiting === 0),
      case: provesNothing ? 'proves-nothing' : null,
      title: 'Decide again what is there',
      why: provesNothing
        ? 'So few decisions prove nothing, so the model decides nothing alone: give the re-run the threshold from which its word is enough for you, or go on deciding with its proposals'
        : 'What was decided before the model, or by another, gets its word; what people said stays',
      left:
        older > 0
          ? `${older} documents were decided without model ${model}`
          : waiting > 0
            ? `${waiting} documents wait with its proposals`
            : null,
      leftCount: older > 0 ? older : waiting,
      cost: asksLlm
        ? 'only documents that it is unsure of are asked; answers that are there are not paid again'
        : 'nothing: no LLM is asked here',
      command: `sluice rerun ${olderRuns ?? runAgain ?? '<run>'} --from score${provesNothing ? ON_ONES_WORD : ''}`,
      view: runAgain === undefined ? 'runs' : `runs/${runAgain}`,
    },
    {
      id: 'check',
      isDone: checked > 0 && checked >= checks,
      title: 'Check some of what it decided alone',
      why: 'Drawn at random: the promise becomes a number that was measured',
      left: checked >= checks ? null : `${checked} of ${checks} checked`,
      leftCount: checks - checked,
      cost: 'a minute for each three',
      command: `sluice spot-check --limit ${Math.max(1, checks - checked)} -o checks.csv, sluice decide --from checks.csv`,
      view: 'review?order=spot-check',
    },
  ];
  // A model that came another way made decisions needless: nobody is told to have made them.
  const isNeedless = hasModel && decided < goal;
  const shown = steps.filter(({ id }) => !(isNeedless && (id === 'review' || id === 'train' || id === 'promote')));
  const next = shown.findIndex(({ isDone, id }) => !isDone && !(id === 'check' && alone === 0));
  return shown.map(({ isDone, ...step }, index) => ({
    ...step,
    case: step.case ?? null,
    state: isDone ? 'done' : index === next ? 'next' : 'later',
    left: isDone || index > next ? null : step.left,
    leftCount: isDone || index > next || step.left === null ? null : step.leftCount,
  }));
}
