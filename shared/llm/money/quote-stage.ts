// The quote with the stage's own prompt, counter and prices: what `sluice quote` prints before a run.
import { TerminalError } from '../../errors.ts';
import type { Taxonomy } from '../../taxonomy.ts';
import { cutToTokens, endsOf } from '../prompt.ts';
import { type LlmDeps, runtimeOf } from '../runtime.ts';
import { batchPriceOn, priceOn } from './price.ts';
import { type Quote, quoteRun } from './quote.ts';

export interface StageQuoteRequest {
  /** Documents of the whole run. */
  documents: number;
  /** Drawn at random from them; 200 give about ±10 % on ordinary mixtures of lengths. */
  sample: readonly { text: string; isAsked: boolean }[];
  taxonomy: Taxonomy;
  /** The run would go by the Batch API: the price is that of its jobs. */
  isBatch?: boolean;
  /** Mean answer tokens per document of earlier runs (llm_calls), if known. */
  outputTokensUsed?: number;
}

/** Quote a run from a sample. Calls nobody and pays nothing. */
export async function quoteStage(request: StageQuoteRequest, deps: LlmDeps): Promise<Quote> {
  const { settings, clock } = deps;
  const runtime = await runtimeOf(deps);
  const question = runtime.question(request.taxonomy);
  const redact = deps.redact ?? ((text: string) => text);
  const allowed = runtime.pool.members.map(({ config }) => config);
  const first = request.isBatch ? allowed.find(({ batch }) => batch !== undefined) : allowed[0];
  if (first === undefined)
    throw new TerminalError(
      'config.invalid',
      `no deployment for a quote of ${request.isBatch ? 'batch jobs' : 'calls'}`,
    );
  const shownTokens = async (text: string): Promise<number> => {
    const { ends } = await endsOf(text.length, settings.documentTokens, (from, to) => ({
      text: redact(text.slice(from, to)),
    }));
    return cutToTokens(ends, settings.documentTokens, runtime.count).tokens;
  };
  const member = runtime.pool.members.find(({ config }) => config === first);
  const learnt = member?.lessons.current;
  const thought = learnt?.thoughtTokens ?? first.reasoningTokens ?? 0;
  const sample: { isAsked: boolean; tokens: number }[] = [];
  for (const { text, isAsked } of request.sample)
    sample.push({ isAsked, tokens: isAsked ? await shownTokens(text) : 0 });
  return quoteRun({
    documents: request.documents,
    sample,
    overheadTokens: question.overheadTokens,
    settings: { ...settings, outputTokensPerDocument: runtime.outputTokensPerDocument() },
    thoughtTokens: settings.reasoningTokens + thought,
    thoughtAllowed: Math.max(first.reasoningTokens ?? 0, learnt?.reasoningTokens ?? 0),
    ...(request.outputTokensUsed === undefined ? {} : { outputTokensUsed: request.outputTokensUsed }),
    price: request.isBatch ? batchPriceOn(first, clock.now()) : priceOn(first, clock.now()),
    isBatch: request.isBatch === true,
    tpm: allowed.reduce((sum, d) => sum + d.tpm, 0),
    rpm: allowed.reduce((sum, d) => sum + d.rpm, 0),
  });
}
