// The quote with the stage's own prompt, counter and prices: what `sluice quote` prints before a run.
import type { Taxonomy } from '../taxonomy.ts';
import { priceOn } from './price.ts';
import { cutToTokens, presentable } from './prompt.ts';
import { type Quote, quoteRun } from './quote.ts';
import { type LlmDeps, runtimeOf } from './runtime.ts';

export interface StageQuoteRequest {
  /** Documents of the whole run. */
  documents: number;
  /** Drawn at random from them; 200 give about ±10 % on ordinary mixtures of lengths. */
  sample: readonly { text: string; isAsked: boolean }[];
  taxonomy: Taxonomy;
  /** Mean answer tokens per document of earlier runs (llm_calls), if known. */
  outputTokensUsed?: number;
}

/** Quote a run from a sample. Calls nobody and pays nothing. */
export async function quoteStage(request: StageQuoteRequest, deps: LlmDeps): Promise<Quote> {
  const { settings, deployments, clock } = deps;
  const runtime = await runtimeOf(deps);
  const question = runtime.question(request.taxonomy);
  const redact = deps.redact ?? ((text: string) => text);
  const first = deployments[0];
  if (first === undefined) throw new RangeError('a quote needs a deployment and its price');
  return quoteRun({
    documents: request.documents,
    sample: request.sample.map(({ text, isAsked }) => ({
      isAsked,
      tokens: isAsked ? cutToTokens(presentable(redact(text)), settings.documentTokens, runtime.count).tokens : 0,
    })),
    overheadTokens: question.overheadTokens,
    settings: { ...settings, outputTokensPerDocument: runtime.outputTokensPerDocument() },
    ...(request.outputTokensUsed === undefined ? {} : { outputTokensUsed: request.outputTokensUsed }),
    price: priceOn(first, clock.now()),
    tpm: deployments.reduce((sum, d) => sum + d.tpm, 0),
    rpm: deployments.reduce((sum, d) => sum + d.rpm, 0),
  });
}
