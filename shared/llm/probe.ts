// One real question to a deployment, as a run would ask it: what it answers, what it teaches, what it says when it refuses.
// Invariants: P1 the document is our own: nothing of the lake is sent. P2 what is learnt is kept, so the next run begins with it.
// P3 whether Azure has the deployment is asked first, with a request that it refuses to answer: nobody pays for a name that is wrong.
import type { Clock, StateTable } from '../ports.ts';
import { parseTaxonomy } from '../taxonomy.ts';
import { labelIndex, readResults } from './answer.ts';
import { chatBody, outputTokens } from './chat-body.ts';
import { choiceOf } from './completion.ts';
import { ruleFor } from './deployments/call-errors.ts';
import { type ChatClient, openAiClient, TransportFailure } from './deployments/client.ts';
import type { DeploymentConfig } from './deployments/deployment.ts';
import { serviceWords } from './deployments/error-words.ts';
import { inWords, LessonBook } from './deployments/lessons.ts';
import { makePack } from './judge.ts';
import { costNano, priceOn } from './money/price.ts';
import { usageOf } from './outcome.ts';
import { documentsMessage, frameFor } from './prompt.ts';
import { lessonFrom } from './reply.ts';
import { loadTokenCounter } from './tokens.ts';

export interface Probe {
  deployment: string;
  isAnswered: boolean;
  /** What was found, in one sentence; the service's own words where it refused. */
  found: string;
  /** What the deployment has taught, ready for a setting. */
  learnt: string[];
  requests: number;
  costUsd: number;
}

const MOST_REQUESTS = 12;
const TIMEOUT_MS = 60_000;
const TEXT =
  'Invoice 4711. Please pay the total of 120.00 EUR within 30 days to the account below. Thank you for your order.';
const taxonomy = parseTaxonomy({
  name: 'doctor',
  labels: [
    { name: 'Invoices', description: 'Bills with an invoice number, amounts due and bank details.' },
    { name: 'Contracts', description: 'Agreements between parties with obligations and governing law.' },
  ],
});

/** A deployment of Azure is found by its name before the request is looked at; elsewhere an empty request says nothing of the model. */
const isAzure = ({ baseUrl, apiVersion }: DeploymentConfig): boolean =>
  apiVersion !== undefined ||
  /\/openai(\/|$)/.test(new URL(baseUrl).pathname) ||
  /\.azure\.com$/.test(new URL(baseUrl).hostname);

/**
 * P3. Names of the deployment, that of batch jobs included, which the resource does not have.
 * @returns each with the service's own words
 */
async function absentNames(config: DeploymentConfig, client: ChatClient): Promise<string[]> {
  if (!isAzure(config)) return [];
  const absent: string[] = [];
  for (const model of new Set([config.model, config.batch?.model ?? config.model])) {
    const reply = await client.send({ model, messages: [] }, { timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
      if (error instanceof TransportFailure) return undefined; // the question itself tells it
      throw error;
    });
    if (reply?.status === 404)
      absent.push(`the resource has no deployment "${model}": ${serviceWords(reply.body) || 'HTTP 404'}`);
  }
  return absent;
}

/** Ask a deployment one question. Never throws for what the service does. */
export async function probeDeployment(
  config: DeploymentConfig,
  { state, clock }: { state: StateTable; clock: Clock },
  client: ChatClient = openAiClient(config),
): Promise<Probe> {
  const frame = frameFor(taxonomy, {}, await loadTokenCounter());
  const sizing = {
    promptVersion: frame.version,
    outputTokensPerDocument: 60,
    reasoningTokens: 0,
    maxOutputTokens: 1000,
  };
  const pack = makePack(['doctor'], sizing);
  const lessons = new LessonBook(config, state, clock);
  await lessons.load();
  const absent = await absentNames(config, client);
  let cost = 0n;
  const end = (requests: number, isAnswered: boolean, found: string): Probe => ({
    deployment: config.name,
    isAnswered,
    found,
    learnt: inWords(lessons.current),
    requests,
    costUsd: Number(cost) / 1e9,
  });
  if (absent.length > 0) return end(absent.length, false, absent.join('; '));
  for (let request = 1; ; request++) {
    const body = chatBody(frame, pack, documentsMessage([TEXT]), config, lessons.current);
    const most = outputTokens(pack, config, lessons.current);
    const reply = await client.send(body, { timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
      if (error instanceof TransportFailure) return error;
      throw error;
    });
    if (reply instanceof TransportFailure) return end(request, false, reply.message);
    const usage = usageOf(reply.body);
    if (usage !== null) cost += costNano(priceOn(config, clock.now()), usage);
    const taught = lessonFrom({ config, lessons }, reply, body, pack, most);
    if (taught !== undefined && Object.keys(taught.lesson).length > 0) await lessons.learn(taught.lesson);
    if (taught?.rule !== undefined && request < MOST_REQUESTS) continue;
    const rule = taught?.rule ?? ruleFor(reply);
    const words = serviceWords(reply.body);
    if (rule !== undefined)
      return end(request, false, `HTTP ${reply.status}, ${rule.id}${words === '' ? '' : `: ${words}`}`);
    const { content, finishReason } = choiceOf(reply.body);
    const results = readResults(content, [TEXT], labelIndex(frame.codes, taxonomy.labels)).found;
    return results.size === 1
      ? end(request, true, 'it labelled a document of ours')
      : end(request, false, `it answered, but without a usable result (finish_reason ${finishReason ?? 'none'})`);
  }
}
