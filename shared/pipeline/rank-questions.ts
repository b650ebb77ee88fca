// Which questions a limited budget is spent on: over the whole run, the least certain documents first.
// Written once, between scoring and asking; a run without a budget has no such files and asks batch by batch, as does one with money for everything.
// Invariant: R1 this only decides the order; the budget itself stays the limit.
import { batchId } from '../ids.ts';
import { runPaths } from '../paths.ts';
import { readExtracted } from './extracted.ts';
import { type GroupMembers, groupId } from './group-questions.ts';
import { isBatchLane } from './lane.ts';
import { settleNearDuplicates } from './near-duplicates.ts';
import { createJson, type Plan, readJson, readPlan, requireJson } from './records.ts';
import { readScores } from './score-rows.ts';
import type { PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';
import { loadTaxonomy } from './taxonomies.ts';

export interface Question {
  id: string;
  /** The model's; 0 where no model speaks the labels. */
  confidence: number;
}

/** Questions of one batch. `documents` counts all of its rows. */
export interface BatchQuestions {
  documents: number;
  questions: readonly Question[];
}

export interface Ranking {
  questions: number;
  /** The first question of every group. Empty: the money pays for everything, and batches ask for themselves. */
  groups: readonly Question[];
}

// Two groups of this size keep all calls of a process busy; smaller ones would follow the order more strictly.
const GROUP = 128;
// A run whose expected cost is below this share of its money is not worth the detour.
const AMPLE = 0.5;
// Texts looked at to learn what a question costs.
const PRICED_TEXTS = 200;
const FILES_AT_ONCE = 16;

/** May the money not reach for every question? */
export const isBudgeted = (plan: Plan, { config }: Pick<PipelineServices, 'config'>): boolean =>
  plan.llm && (plan.maxCostUsd !== null || config.LLM_MAX_COST_USD_PER_DAY !== undefined);

/** List the questions of a batch, once. Near duplicates inherit their label and are none. */
export async function listQuestions(services: PipelineServices, input: StepInput): Promise<BatchQuestions> {
  const { runId, batchId } = input;
  const path = runPaths.batchQuestions(runId, batchId);
  const known = await readJson<BatchQuestions>(services.lake, path);
  if (known !== undefined) return known;
  const scores = new Map((await readScores(services, input)).map((score) => [score.document_id, score]));
  const rows = await readExtracted(services, runId, batchId, { withText: true });
  const uncertain = rows.filter(
    (row) => row.status === 'ok' && row.duplicate_of === null && scores.get(row.document_id)?.route === 'ask',
  );
  const inherited = await settleNearDuplicates(services, await readPlan(services.lake, runId), input, uncertain);
  const questions = uncertain
    .filter((row) => !Object.hasOwn(inherited, row.document_id))
    .map(({ document_id: id }) => ({ id, confidence: scores.get(id)?.confidence ?? 0 }));
  await createJson(services.lake, path, { documents: rows.length, questions } satisfies BatchQuestions);
  return requireJson<BatchQuestions>(services.lake, path); // another attempt may have been first
}

export const readQuestions = ({ lake }: PipelineServices, { runId, batchId }: StepInput): Promise<BatchQuestions> =>
  requireJson<BatchQuestions>(lake, runPaths.batchQuestions(runId, batchId));

/** The ranking of a run; undefined when it has no budget. */
export const readRanking = ({ lake }: Pick<PipelineServices, 'lake'>, runId: string): Promise<Ranking | undefined> =>
  readJson<Ranking>(lake, runPaths.ranking(runId));

/** Rank the run's questions, once. */
export async function rankQuestions(services: PipelineServices, runId: string): Promise<Ranking> {
  const known = await readRanking(services, runId);
  if (known !== undefined) return known;
  const plan = await readPlan(services.lake, runId);
  const all: (Question & { batchId: string })[] = [];
  for (let from = 0; from < plan.batches; from += FILES_AT_ONCE) {
    const ids = Array.from({ length: Math.min(FILES_AT_ONCE, plan.batches - from) }, (_, i) => batchId(from + i));
    const lists = await Promise.all(ids.map((id) => readQuestions(services, { runId, batchId: id })));
    for (const [i, { questions }] of lists.entries())
      for (const question of questions) all.push({ ...question, batchId: ids[i] ?? '' });
  }
  const isScarce = all.length > 0 && !(await isAmple(services, plan, all.length));
  const groups = isScarce ? cutGroups(all) : [];
  for (let from = 0; from < groups.length; from += FILES_AT_ONCE)
    await Promise.all(
      groups
        .slice(from, from + FILES_AT_ONCE)
        .map((group, i) => createJson(services.lake, runPaths.group(runId, groupId(from + i)), membersOf(group))),
    );
  const ranking: Ranking = {
    questions: all.length,
    groups: groups.flatMap(([first]) => (first === undefined ? [] : [{ id: first.id, confidence: first.confidence }])),
  };
  await createJson(services.lake, runPaths.ranking(runId), ranking);
  services.logger.info('questions.ranked', { runId, questions: all.length, groups: groups.length });
  return (await readRanking(services, runId)) ?? ranking; // another attempt may have been first
}

/** Sort by certainty and cut. Equal questions always give equal groups. */
export function cutGroups<T extends Question>(questions: readonly T[], size = GROUP): T[][] {
  const sorted = [...questions].sort(compare);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) => sorted.slice(i * size, (i + 1) * size));
}

/** Index of the group that holds a question. */
export function groupOf({ groups }: Ranking, question: Question): number {
  let [low, high] = [0, groups.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const first = groups[middle];
    if (first !== undefined && compare(first, question) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

const compare = (a: Question, b: Question): number =>
  a.confidence - b.confidence || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

function membersOf(group: readonly (Question & { batchId: string })[]): GroupMembers {
  const members: Record<string, string[]> = {};
  for (const { id, batchId } of group) members[batchId] = [...(members[batchId] ?? []), id];
  return members;
}

/** Is there much more money than all questions are expected to cost, by the same estimate as a quote? */
async function isAmple(services: PipelineServices, plan: Plan, questions: number): Promise<boolean> {
  const { llm } = services;
  if (llm === undefined) return true;
  const taxonomy = await loadTaxonomy(services.lake, plan.taxonomyVersion);
  const isBatch = await isBatchLane(services, plan);
  const maxCostUsd = plan.maxCostUsd ?? undefined;
  const left = await llm.moneyLeft?.({ runId: plan.runId, taxonomy, maxCostUsd, isBatch });
  const leftUsd = left === undefined ? (maxCostUsd ?? Number.POSITIVE_INFINITY) : left.nanoUsd / 1e9;
  const sample = (await someTexts(services, plan)).map((text) => ({ text, isAsked: true }));
  const { usd } = await llm.quote({ taxonomy, documents: questions, sample, isBatch });
  return usd <= leftUsd * AMPLE;
}

async function someTexts(services: PipelineServices, { runId, batches }: Plan): Promise<string[]> {
  const texts: string[] = [];
  for (let index = 0; index < batches && texts.length < PRICED_TEXTS; index++) {
    const input = { runId, batchId: batchId(index) };
    const asked = new Set((await readQuestions(services, input)).questions.map(({ id }) => id));
    if (asked.size === 0) continue;
    for (const row of await readExtracted(services, runId, input.batchId, { withText: true }))
      if (asked.has(row.document_id)) texts.push(row.text);
  }
  return texts.slice(0, PRICED_TEXTS);
}
