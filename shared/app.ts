// The app of a process of functions, once. Invariant: what registering the functions needs is imported here, what only a call needs comes with the
// first call (compose.ts, by import()): a start reads a third less source text for it.
import { type AuthMode, type Principal, type Role, requireRole } from './azure/client-principal.ts';
import type { App } from './compose.ts';
import { type Config, inspectConfig, loadConfig } from './config.ts';
import { boundHeapGrowth } from './heap.ts';
import type { PipelineServices } from './pipeline/services.ts';
import { PIPELINE_VERSION } from './pipeline-version.ts';

let config: Config | undefined;
let app: App | undefined;
let ready: Promise<App> | undefined;

/** The process's configuration. @throws {TerminalError} config.invalid */
export function getConfig(): Config {
  config ??= loadConfig();
  return config;
}

/** The process's configuration, or undefined when a setting is wrong. */
export function configIfValid(): Config | undefined {
  config ??= inspectConfig().config;
  return config;
}

/** The process's app, with its containers in place. */
export function getApp(): Promise<App> {
  ready ??= openApp().catch((error: unknown) => {
    ready = undefined; // storage was not there yet: the next call tries again
    throw error;
  });
  return ready;
}

async function openApp(): Promise<App> {
  boundHeapGrowth();
  const settings = getConfig();
  const { createApp } = await import('./compose.ts');
  app ??= createApp(settings);
  await app.ensureContainers();
  return app;
}

export const getServices = async (): Promise<PipelineServices> => (await getApp()).services;
export const getTraining = async (): Promise<App['training']> => (await getApp()).training;
export const getWatchdog = async (): Promise<App['watchdog']> => (await getApp()).watchdog;
export const getProgress = async (): Promise<App['progress']> => (await getApp()).progress;

/**
 * Who calls the API. @param header  x-ms-client-principal
 * @throws {TerminalError} request.unauthenticated, request.forbidden
 */
export const whoCalls = (header: string | null, role: Role): Principal =>
  requireRole(getConfig().AUTH_MODE as AuthMode, header, role); // the setting's choices are the modes

/** What GET /api/health tells; touches nothing. Anybody may ask: names of settings and what to do, never their values. */
export function describeApp(): Record<string, unknown> & { status: string } {
  if (configIfValid() === undefined) {
    const problems = inspectConfig().problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
    return { status: 'misconfigured', version: PIPELINE_VERSION, problems };
  }
  const { LLM_ENABLED, OPENAI_MODEL, AZURE_OPENAI_CHAT_DEPLOYMENT } = getConfig();
  const llm = LLM_ENABLED ? (AZURE_OPENAI_CHAT_DEPLOYMENT ?? OPENAI_MODEL ?? null) : null;
  return { status: 'ok', version: PIPELINE_VERSION, llm };
}

export { uploadedPath } from './azure/blob-events.ts';
export { type BlobReference, registerBlobReferences } from './azure/blob-reference.ts';
export type { Role as CallerRole } from './azure/client-principal.ts';
export { PIPELINE_VERSION } from './pipeline-version.ts';
