// The azd environment as the hooks read it: same names and defaults as infra/main.parameters.json.
import { readFileSync } from 'node:fs';

/** One model deployment of the Azure OpenAI account; capacity in thousands of tokens a minute. */
export interface ModelDeployment {
  model: string;
  version: string;
  sku: string;
  capacity: number;
}

export interface DeployOptions {
  environmentName: string;
  location: string;
  principalId: string;
  nodeVersion: string;
  eventDelivery: string;
  durableBackend: string;
  schedulerLocation: string;
  llmProvider: string;
  openAiLocation: string;
  chatModel: string;
  chatModelVersion: string;
  chatSku: string;
  /** Thousands of tokens a minute. */
  chatCapacity: number;
  /** Written into the parameters file as a list, not set by a variable. */
  moreDeployments: ModelDeployment[];
  compatibleBaseUrl: string;
  compatibleModel: string;
  compatibleApiKey: string;
  restoreOpenAi: boolean;
  /** Only the hook reads it: a vault is recovered before provisioning, not by the template. */
  restoreVault: boolean;
  isProtected: boolean;
  documentIntelligence: boolean;
  documentIntelligenceLocation: string;
  synapse: boolean;
  synapseAdminId: string;
  synapseAdminLogin: string;
  spark: boolean;
  vnet: boolean;
  authMode: string;
  entraClientId: string;
  alertEmail: string;
  monthlyBudget: number;
  budgetStartDate: string;
}

/** Resolve `${NAME=default}` of every parameter against the environment, as azd does. */
export function readOptions(env: Readonly<Record<string, string | undefined>>): DeployOptions {
  const file = new URL('../main.parameters.json', import.meta.url);
  const { parameters } = JSON.parse(readFileSync(file, 'utf8')) as {
    parameters: Record<string, { value: string } | undefined> & { moreDeployments?: { value: ModelDeployment[] } };
  };
  const text = (name: string): string => {
    const match = /^\$\{([A-Z0-9_]+)(?:=(.*))?\}$/.exec(parameters[name]?.value ?? '');
    if (match === null)
      throw new Error(`infra/main.parameters.json: ${name} has no value of the form \${NAME=default}`);
    const given = env[match[1] ?? ''];
    return given === undefined || given === '' ? (match[2] ?? '') : given;
  };
  const flag = (name: string): boolean => text(name).toLowerCase() === 'true';
  return {
    environmentName: text('environmentName'),
    location: text('location'),
    principalId: text('principalId'),
    nodeVersion: text('nodeVersion'),
    eventDelivery: text('eventDelivery'),
    durableBackend: text('durableBackend'),
    schedulerLocation: text('schedulerLocation') || text('location'),
    llmProvider: text('llmProvider'),
    openAiLocation: text('openAiLocation') || text('location'),
    chatModel: text('chatModel'),
    chatModelVersion: text('chatModelVersion'),
    chatSku: text('chatSku'),
    chatCapacity: Number(text('chatCapacity')),
    moreDeployments: parameters.moreDeployments?.value ?? [],
    compatibleBaseUrl: text('compatibleBaseUrl'),
    compatibleModel: text('compatibleModel'),
    compatibleApiKey: text('compatibleApiKey'),
    restoreOpenAi: flag('restoreOpenAi'),
    restoreVault: (env.SLUICE_RESTORE_VAULT ?? '').toLowerCase() === 'true',
    isProtected: text('size') === 'prod',
    documentIntelligence: flag('documentIntelligence'),
    documentIntelligenceLocation: text('documentIntelligenceLocation') || text('location'),
    synapse: flag('synapse'),
    synapseAdminId: text('synapseAdminId'),
    synapseAdminLogin: text('synapseAdminLogin'),
    spark: flag('spark'),
    vnet: flag('vnet'),
    authMode: text('authMode'),
    entraClientId: text('entraClientId'),
    alertEmail: text('alertEmail'),
    monthlyBudget: Number(text('monthlyBudget')),
    budgetStartDate: text('budgetStartDate'),
  };
}
