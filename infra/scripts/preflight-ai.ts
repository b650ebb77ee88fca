// Preflight checks of the AI accounts: is each model offered and is there quota for it; does a deleted account hold the name.
import { askAz, type RunCli } from './cli.ts';
import { type Finding, problem, remark } from './findings.ts';
import type { DeployOptions, ModelDeployment } from './options.ts';

interface ListedModel {
  model: { name: string; version: string; skus?: { name: string; usageName?: string }[] };
}
interface Usage {
  name: { value: string };
  currentValue: number;
  limit: number;
}

/** Offer and quota of the chat model and of every further deployment, in the region of Azure OpenAI. */
export async function checkModels(run: RunCli, options: DeployOptions): Promise<Finding[]> {
  if (options.llmProvider !== 'azure-openai') return [];
  const region = options.openAiLocation;
  const listed = await askAz<ListedModel[]>(run, ['cognitiveservices', 'model', 'list', '--location', region]);
  const usage = await askAz<Usage[]>(run, ['cognitiveservices', 'usage', 'list', '--location', region]);
  const { chatModel, chatModelVersion, chatSku, chatCapacity, moreDeployments } = options;
  const chat = { model: chatModel, version: chatModelVersion, sku: chatSku, capacity: chatCapacity };
  const findings: Finding[] = [];
  // Deployments of one model and type draw on the same quota.
  const wanted = new Map<string, { first: ModelDeployment; capacity: number; isChat: boolean }>();
  for (const one of [chat, ...moreDeployments]) {
    const offer = offerOf(listed, one);
    if (typeof offer === 'string') {
      findings.push(notOffered(one, region, offer, one === chat));
      continue;
    }
    const known = wanted.get(offer.usageName);
    if (known === undefined) wanted.set(offer.usageName, { first: one, capacity: one.capacity, isChat: one === chat });
    else known.capacity += one.capacity;
  }
  for (const [usageName, { first, capacity, isChat }] of wanted) {
    const quota = usage.find(({ name }) => name.value.toLowerCase() === usageName.toLowerCase());
    findings.push(...checkQuota({ ...first, capacity }, region, quota, isChat));
  }
  return findings;
}

/** Under which name the quota of a deployment is kept, or as what else the model is offered. */
function offerOf(listed: readonly ListedModel[], wanted: ModelDeployment): { usageName: string } | string {
  const versions = listed.map((one) => one.model).filter((one) => one.name === wanted.model);
  // A model is listed once per kind of account (OpenAI, AIServices).
  for (const { version, skus = [] } of versions)
    for (const sku of skus)
      if (version === wanted.version && sku.name === wanted.sku)
        return { usageName: sku.usageName ?? `OpenAI.${wanted.sku}.${wanted.model}` };
  const offered = new Set(versions.flatMap(({ version, skus = [] }) => skus.map(({ name }) => `${version} ${name}`)));
  return offered.size === 0 ? 'not at all' : `only as ${[...offered].join(', ')}`;
}

const notOffered = (one: ModelDeployment, region: string, offered: string, isChat: boolean): Finding =>
  problem(
    `${one.model} ${one.version} (${one.sku}) is not offered in ${region}: ${offered}`,
    isChat
      ? 'Set SLUICE_OPENAI_LOCATION, or SLUICE_CHAT_MODEL, SLUICE_CHAT_MODEL_VERSION and SLUICE_CHAT_SKU with azd env set.'
      : 'Set SLUICE_OPENAI_LOCATION, or change moreDeployments in infra/main.parameters.json.',
  );

function checkQuota(wanted: ModelDeployment, region: string, quota: Usage | undefined, isChat: boolean): Finding[] {
  const { model, sku, capacity } = wanted;
  if (quota === undefined)
    return [remark(`no quota is listed for ${model} (${sku}) in ${region}`, 'Look at the quota page of Azure OpenAI.')];
  const free = quota.limit - quota.currentValue;
  if (free >= capacity) return [];
  const text = `${model} (${sku}) in ${region} has quota for ${Math.max(0, free)} of ${capacity} thousand tokens a minute`;
  const less = isChat ? `azd env set SLUICE_CHAT_CAPACITY ${free}` : 'less capacity in infra/main.parameters.json';
  const remedy =
    free > 0
      ? `${isChat ? 'Run' : 'Set'}: ${less}, or ask for more quota.`
      : 'Free quota of another deployment, choose another region or model, or ask for more quota.';
  // A second provisioning of the same environment already holds its share.
  const isHeld = quota.currentValue >= capacity;
  return [isHeld ? remark(`${text}; ignore this when the environment exists already`, remedy) : problem(text, remedy)];
}

interface DeletedAccount {
  id: string;
  name: string;
  location: string;
  kind?: string;
}

/** Deleted accounts of this environment keep their names for 48 hours; that of Azure OpenAI can be taken back. */
export async function checkDeletedAccounts(run: RunCli, options: DeployOptions): Promise<Finding[]> {
  const kinds = new Map<string, string>();
  if (options.llmProvider === 'azure-openai' && !options.restoreOpenAi) kinds.set('OpenAI', 'Azure OpenAI');
  if (options.documentIntelligence) kinds.set('FormRecognizer', 'Document Intelligence');
  if (kinds.size === 0) return [];
  const group = `/resourcegroups/rg-${options.environmentName}/`.toLowerCase();
  const deleted = await askAz<DeletedAccount[]>(run, ['cognitiveservices', 'account', 'list-deleted']);
  return deleted
    .filter(({ id, kind = 'OpenAI' }) => kinds.has(kind) && id.toLowerCase().includes(group))
    .map(({ name, location, kind = 'OpenAI' }) => {
      const purge = `az cognitiveservices account purge --name ${name} --resource-group rg-${options.environmentName} --location ${location}`;
      const restore = kind === 'OpenAI' ? ', or: azd env set SLUICE_RESTORE_OPENAI true' : '';
      return problem(`the deleted ${kinds.get(kind)} account ${name} still holds its name`, `Run: ${purge}${restore}`);
    });
}
