// A pool of deployments as JSON: what a setting or a file can say about endpoints, quotas, prices and residency.
// Invariant: a wrong document is refused whole, with every problem named; no secret is part of it (keys are named, not given).
import { z } from 'zod';
import { TerminalError } from '../../errors.ts';
import { sayIssues } from '../../issues.ts';
import { type DeploymentConfig, nanoPerMillion, RESPONSE_FORMS } from './deployment.ts';

import { assertParameters } from './parameters.ts';

const usd = z.number().min(0).max(10_000);

const priceSchema = z.strictObject({
  effectiveFrom: z.iso.date().default('1970-01-01'),
  /** USD per million tokens. */
  input: usd,
  cached: usd.optional(),
  cacheWrite: usd.optional(),
  output: usd,
});

const deploymentSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  model: z.string().trim().min(1).max(200).optional(),
  modelVersion: z.string().trim().min(1).max(200).optional(),
  baseUrl: z.url({ protocol: /^https?$/ }),
  /** Name of a secret in Key Vault; without one the identity signs in (Azure), or nobody does. */
  keySecret: z.string().trim().min(1).max(127).optional(),
  auth: z.enum(['identity', 'key', 'none']).default('identity'),
  apiVersion: z.string().optional(),
  tpm: z.int().min(100),
  rpm: z.int().min(1),
  priority: z.int().min(0).max(1000).default(0),
  kind: z.enum(['standard', 'provisioned']).default('standard'),
  residency: z.string().trim().min(1).max(50).optional(),
  prices: z.array(priceSchema).min(1),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  outputLimit: z.enum(['max_completion_tokens', 'max_tokens']).optional(),
  responseFormat: z.enum(RESPONSE_FORMS).optional(),
  reasoningTokens: z.int().min(0).max(200_000).optional(),
  cacheBreakpoint: z.boolean().optional(),
  logprobs: z.boolean().optional(),
  batch: z
    .strictObject({
      model: z.string().min(1),
      priceShare: z.number().gt(0).max(1).default(0.5),
      enqueuedTokens: z.int().min(1000),
    })
    .optional(),
});

const poolSchema = z.array(deploymentSchema).min(1).max(100);

/** What makes sense of a deployment that gives vectors; it writes nothing, so a price of output says nothing. */
const embeddingSchema = deploymentSchema
  .pick({ name: true, model: true, baseUrl: true, keySecret: true, auth: true, apiVersion: true, tpm: true, rpm: true })
  .extend({
    kind: deploymentSchema.shape.kind,
    residency: deploymentSchema.shape.residency,
    parameters: deploymentSchema.shape.parameters,
    prices: z.array(priceSchema.extend({ output: usd.default(0) })).min(1),
    /** Numbers of a vector to ask for, of models that can shorten theirs. */
    dimensions: z.int().min(1).max(16_384).optional(),
  });

const embeddingsSchema = z.array(embeddingSchema).min(1).max(20);

/** How deployments sign in. */
export interface DeploymentAuth {
  /** Token provider of the identity. */
  identity: () => Promise<string>;
  /** Provider of the key with this name. */
  key: (secretName: string) => () => Promise<string>;
}

/**
 * Parse a pool.
 * @throws {TerminalError} config.invalid naming every problem
 */
export function parseDeployments(text: string, auth: DeploymentAuth): DeploymentConfig[] {
  return deploymentsOf('LLM_DEPLOYMENTS', readPool('LLM_DEPLOYMENTS', text, poolSchema), auth);
}

/**
 * Parse the deployments that give vectors.
 * @throws {TerminalError} config.invalid naming every problem
 */
export function parseEmbeddingDeployments(
  text: string,
  auth: DeploymentAuth,
): (DeploymentConfig & { dimensions?: number })[] {
  return deploymentsOf('EMBEDDING_DEPLOYMENTS', readPool('EMBEDDING_DEPLOYMENTS', text, embeddingsSchema), auth);
}

function readPool<T>(setting: string, text: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(setting, text));
  if (!parsed.success)
    throw new TerminalError('config.invalid', `${setting}: ${sayIssues(parsed.error, 'the setting')}`);
  return parsed.data;
}

type Parsed = z.infer<typeof embeddingSchema> | z.infer<typeof deploymentSchema>;

function deploymentsOf<T extends Parsed>(setting: string, pool: readonly T[], auth: DeploymentAuth) {
  const names = pool.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new TerminalError(
      'config.invalid',
      `${setting}: the name ${twice} is used twice; quota and prices go by name`,
    );
  for (const { name, parameters } of pool) assertParameters(name, parameters, setting);
  return pool.map(({ auth: kind, keySecret, prices, model, ...rest }) => ({
    ...withoutUndefined(rest),
    model: model ?? rest.name,
    apiKey: signIn(setting, rest.name, kind, keySecret, auth),
    prices: prices.map((price) => ({
      id: `${rest.name}-${price.effectiveFrom}`,
      effectiveFrom: price.effectiveFrom,
      input: nanoPerMillion(price.input),
      cached: nanoPerMillion(price.cached ?? price.input),
      cacheWrite: nanoPerMillion(price.cacheWrite ?? price.input),
      output: nanoPerMillion(price.output),
    })),
  }));
}

function signIn(
  setting: string,
  name: string,
  kind: 'identity' | 'key' | 'none',
  keySecret: string | undefined,
  auth: DeploymentAuth,
): DeploymentConfig['apiKey'] {
  if (kind === 'none') return 'none'; // servers of one's own want no key, the client wants a text
  if (kind === 'identity' && keySecret === undefined) return auth.identity;
  if (keySecret === undefined)
    throw new TerminalError('config.invalid', `${setting}: ${name} signs in by key and needs keySecret`);
  return auth.key(keySecret);
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Optional members are left out instead of being undefined, as DeploymentConfig wants them. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>; // only undefined members are dropped
}

function parseJson(setting: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new TerminalError('config.invalid', `${setting}: is not JSON`);
    throw error;
  }
}
