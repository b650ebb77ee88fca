// The resources of a foreseen deployment as text, one a line, in a stable order: type, name, and what a reviewer asks first.

/** Of `bicep snapshot`; values that only Azure knows are expressions in brackets. */
export interface Snapshot {
  predictedResources: {
    type: string;
    name: string;
    sku?: { name?: string; capacity?: number };
    properties?: Record<string, unknown>;
  }[];
}

/** Ids of the built-in roles that the templates may assign → names. */
export const ROLES: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a': 'Storage Queue Data Message Sender',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd': 'Cognitive Services OpenAI User',
  'a97b65f3-24c7-4388-baec-2e87135dc908': 'Cognitive Services User',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '0ad04412-c4d5-4796-b79c-f76d14c8d402': 'Durable Task Data Contributor',
};

/** One resource a line, sorted; names without the token of the environment, so that only a change of the templates changes the list. */
export function listResources({ predictedResources }: Snapshot): string {
  const group = predictedResources.find(({ type }) => type === 'Microsoft.Resources/resourceGroups')?.name ?? '';
  const lines = predictedResources.map((resource) => {
    const { type, name, sku, properties = {} } = resource;
    const acls = properties.networkAcls as { defaultAction?: string; bypass?: string } | undefined;
    const facts = [
      sku?.name === undefined ? '' : `sku ${sku.name}${sku.capacity === undefined ? '' : ` × ${sku.capacity}`}`,
      typeof properties.publicNetworkAccess === 'string' ? `public ${properties.publicNetworkAccess}` : '',
      acls?.defaultAction === undefined
        ? ''
        : `others ${acls.defaultAction}${acls.bypass === undefined ? '' : `, but ${acls.bypass}`}`,
      ...('roleDefinitionId' in properties ? [`role ${roleOf(properties)}`, `for ${principalOf(properties)}`] : []),
    ];
    const title = type === 'Microsoft.Authorization/roleAssignments' ? `on ${scopeOf(name)}` : name;
    return [type, title, ...facts.filter((fact) => fact !== '')].join(' | ');
  });
  // Every name ends with the token of the environment; that of the identity is nothing else.
  const identity = predictedResources.find(({ type }) => type.endsWith('/userAssignedIdentities'))?.name ?? '';
  const withoutNames = (text: string): string =>
    [[identity.slice(identity.indexOf('-') + 1), '<token>'] as const, [group, '<group>'] as const]
      .filter(([name]) => name !== '')
      .reduce((left, [name, stands]) => left.replaceAll(name, stands), text);
  return `${withoutNames([...lines].sort().join('\n'))}\n`;
}

const roleOf = ({ roleDefinitionId }: Record<string, unknown>): string => {
  const id = /[0-9a-f-]{36}(?='?\)?\]?$)/.exec(String(roleDefinitionId))?.[0] ?? '';
  return ROLES[id] ?? String(roleDefinitionId);
};

/** Whose identity it is: the resource in the expression, or who deploys. */
const principalOf = ({ principalId }: Record<string, unknown>): string =>
  /providers\/([\w.]+\/[\w/-]+?)'/.exec(String(principalId))?.[1] ?? 'who deploys';

/** A role assignment is named guid(scope, …); one whose name is known already does not tell its scope. */
const scopeOf = (name: string): string => /guid\('[^']*?providers\/([^']+)'/.exec(name)?.[1] ?? 'the lake';
