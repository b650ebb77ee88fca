// Deployments that give vectors, as encoders: what is sent of a text, on whose account, and by which deployment of the settings.
// Invariants: D1 a text is sent as the LLM would be shown it: redacted, and of a long one its two ends. D2 where no text may go to an LLM, none goes to
// an encoder that is a deployment. D3 a vector is found again by the text it was made of, not by what was shown of it, so that erasure finds it;
// another rule of showing is another folder of vectors (shownAs).
import type { Config } from '../config.ts';
import { TerminalError } from '../errors.ts';
import { canonicalJson, sha256Hex } from '../ids.ts';
import { llmSettingsFromConfig } from '../llm/deployments/deployment.ts';
import { parseEmbeddingDeployments } from '../llm/deployments/deployment-json.ts';
import { type EmbeddingDeployment, type EmbeddingDeps, EmbeddingService } from '../llm/embeddings/embed.ts';
import { type EmbeddingProbe, probeEmbedding } from '../llm/embeddings/probe-embedding.ts';
import { costNanoAtMost, priceOn } from '../llm/money/price.ts';
import { cutToTokens } from '../llm/prompt.ts';
import { loadTokenCounter } from '../llm/tokens.ts';
import { type Encoder, type EncoderAccount, PartlyEncoded } from '../models/encoder/encoder.ts';
import type { DeploymentDescription, DeploymentManifest } from '../models/encoder/manifest.ts';
import type { EncoderDeployments } from '../models/encoder/registry.ts';
import { shownText } from './ask-documents.ts';
import { type LlmAuth, openDeployments, residencyOf } from './llm-stage.ts';

export interface Embeddings extends EncoderDeployments {
  /** Names of the deployments. */
  readonly names: readonly string[];
  /** Ask each deployment one question about a text of our own; may cost a fraction of a cent each. */
  probe(): Promise<EmbeddingProbe[]>;
  /**
   * What a deployment is as an encoder: it is asked one question, to learn its dimensions.
   * @throws {TerminalError} encoder.no-deployment, encoder.refused
   */
  describe(name: string): Promise<DeploymentDescription>;
}

/**
 * Undefined where none is configured, or no text may be sent to one.
 * @throws {TerminalError} config.invalid when EMBEDDING_DEPLOYMENTS is wrong
 */
export function openEmbeddings(
  config: Config,
  deps: Omit<EmbeddingDeps, 'settings'>,
  auth: LlmAuth,
): Embeddings | undefined {
  if (config.EMBEDDING_DEPLOYMENTS === undefined || !config.LLM_ENABLED) return undefined;
  const deployments = parseEmbeddingDeployments(config.EMBEDDING_DEPLOYMENTS, {
    identity: auth.azureToken(config.AZURE_OPENAI_SCOPE),
    key: (name) => () => auth.secret(name),
  });
  const asked = new Set(openDeployments(config, auth).map(({ name }) => name));
  const twice = deployments.find(({ name }) => asked.has(name));
  if (twice !== undefined)
    throw new TerminalError(
      'config.invalid',
      `EMBEDDING_DEPLOYMENTS: ${twice.name} is the name of a deployment that is asked questions; quota and prices go by name`,
    );
  const full: EmbeddingDeps = {
    ...deps,
    settings: { ...llmSettingsFromConfig(config), residency: residencyOf(config) },
  };
  const services = new Map<string, EmbeddingService>();
  const serviceOf = (deployment: EmbeddingDeployment): EmbeddingService => {
    const known = services.get(deployment.name);
    if (known !== undefined) return known;
    const service = new EmbeddingService(deployment, full);
    services.set(deployment.name, service);
    return service;
  };
  /** @throws {TerminalError} encoder.no-deployment */
  const deploymentOf = ({ version, name, model, dimensions }: DeploymentManifest): EmbeddingDeployment => {
    const found = deployments.find((known) => known.name === name && known.model === model);
    if (found === undefined || (found.dimensions ?? dimensions) !== dimensions)
      throw new TerminalError(
        'encoder.no-deployment',
        `Encoder ${version} is deployment ${name} of ${model} with ${dimensions} dimensions; the settings have none like it`,
        { ids: { encoder: version } },
      );
    return found;
  };
  return {
    names: deployments.map(({ name }) => name),
    shownAs: sha256Hex(canonicalJson(rulesOf(config))).slice(0, 8),
    probe: () =>
      Promise.all(deployments.map((deployment) => probeEmbedding(deployment, deps, clientOf(full, deployment)))),
    async describe(name) {
      const deployment = deployments.find((known) => known.name === name);
      if (deployment === undefined)
        throw new TerminalError(
          'encoder.no-deployment',
          `EMBEDDING_DEPLOYMENTS has no ${name.slice(0, 100)}; have ${deployments.map((known) => known.name).join(', ')}`,
        );
      serviceOf(deployment); // refuses one that documents may not be sent to
      const { dimensions, found } = await probeEmbedding(deployment, deps, clientOf(full, deployment));
      if (dimensions === undefined) throw new TerminalError('encoder.refused', `Deployment ${name}: ${found}`);
      return { format: 1, kind: 'deployment', name, model: deployment.model, dimensions };
    },
    open(manifest, account) {
      const deployment = deploymentOf(manifest);
      return new DeploymentEncoder(manifest, { config, account, service: () => serviceOf(deployment) });
    },
    async quote(manifest, texts) {
      const deployment = deploymentOf(manifest);
      const shown = await showTexts(config, [...new Set(texts)]);
      const tokens = shown.reduce((sum, text) => sum + text.tokens, 0);
      const price = priceOn(deployment, deps.clock.now());
      return { tokens, usd: Number(costNanoAtMost(price, tokens, 0)) / 1e9 };
    },
  };
}

const clientOf = ({ createClient }: EmbeddingDeps, deployment: EmbeddingDeployment) => createClient?.(deployment);

/** What decides how a text is shown. */
const rulesOf = ({ REDACT, REDACT_KINDS, REDACT_REGION, LLM_DOCUMENT_TOKENS }: Config) => ({
  kinds: REDACT ? REDACT_KINDS : '',
  region: REDACT ? REDACT_REGION : '',
  tokens: LLM_DOCUMENT_TOKENS,
});

/** D1. */
async function showTexts(config: Config, texts: readonly string[]): Promise<{ text: string; tokens: number }[]> {
  const count = await loadTokenCounter();
  const shown: { text: string; tokens: number }[] = [];
  for (const text of texts)
    shown.push(cutToTokens((await shownText(config, text)).ends, config.LLM_DOCUMENT_TOKENS, count));
  return shown;
}

class DeploymentEncoder implements Encoder {
  readonly version: string;
  readonly dimensions: number;
  readonly #for: { config: Config; account: EncoderAccount | undefined; service: () => EmbeddingService };

  constructor(
    { version, dimensions }: DeploymentManifest,
    work: { config: Config; account: EncoderAccount | undefined; service: () => EmbeddingService },
  ) {
    this.version = version;
    this.dimensions = dimensions;
    this.#for = work;
  }

  async encode(texts: readonly string[]): Promise<Float32Array> {
    const { config, account, service } = this.#for;
    if (account === undefined || !account.mayAsk)
      throw new TerminalError(
        'encoder.not-allowed',
        account === undefined
          ? `Encoder ${this.version} is a deployment, and nobody pays for vectors here`
          : `Encoder ${this.version} is a deployment, and run ${account.runId} sends no texts`,
        { ids: { encoder: this.version } },
      );
    if (texts.length === 0) return new Float32Array(0);
    const shown = await showTexts(config, texts);
    const asked = shown.map(({ text }) => text);
    const { vectors, missing, code } = await service().embed(asked, this.dimensions, account);
    if (missing.size === 0) return vectors;
    const rows = vectors.length > 0 ? vectors : new Float32Array(texts.length * this.dimensions);
    throw new PartlyEncoded(
      code ?? 'encoder.bad-output',
      `Encoder ${this.version}: ${missing.size} of ${texts.length} texts have no vector`,
      { vectors: rows, missing },
    );
  }

  async close(): Promise<void> {}
}
