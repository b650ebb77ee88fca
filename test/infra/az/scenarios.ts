// What happens to the hooks in a deployment. Each is played twice: by the real az against the resource manager on loopback, which records
// its answers, and in every test run on those answers.
import type { HookDeps } from '../../../infra/scripts/cli.ts';
import { subscribeUploads } from '../../../infra/scripts/postdeploy.ts';
import { applySql, sqlToken } from '../../../infra/scripts/postprovision.ts';
import { predown } from '../../../infra/scripts/predown.ts';
import { preflight } from '../../../infra/scripts/preflight.ts';
import { APP, TARGETS } from '../scripts/deployed.ts';
import type { Refusal } from './resource-manager.ts';
import { PRINCIPAL } from './rest-records.ts';

export interface Scenario {
  name: string;
  isSignedOut?: true;
  refusals?: readonly Refusal[];
  env: Readonly<Record<string, string>>;
  hook: (deps: HookDeps) => Promise<number | string>;
  /** What the hook returns; text for one that throws. */
  result: number | RegExp;
  /** Parts of what it says, in order. */
  says: readonly string[];
}

const PREFLIGHT = { AZURE_ENV_NAME: 'tax-dev', AZURE_LOCATION: 'swedencentral', AZURE_PRINCIPAL_ID: PRINCIPAL };
const GROUP = { AZURE_RESOURCE_GROUP: 'rg-tax-dev' };
const forbidden: Omit<Refusal, 'path' | 'times'> = {
  status: 403,
  body: {
    error: {
      code: 'AuthorizationFailed',
      message: `The client '${PRINCIPAL}' with object id '${PRINCIPAL}' does not have authorization to perform the action over the scope or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    },
  },
};

const subscribe = (deps: HookDeps) => subscribeUploads(deps, APP, async () => ({ status: 200, body: '' }));

/** The SQL step against a server whose firewall refuses the first session. */
async function openThroughFirewall(deps: HookDeps): Promise<number> {
  let isOpen = false;
  const open = async () => {
    if (!isOpen) {
      isOpen = true;
      throw new Error("Client with IP address '203.0.113.7' is not allowed to access the server.");
    }
    return { batch: async () => {}, value: async () => undefined, close: () => {} };
  };
  await applySql(deps, [{ name: 'views.sql', database: 'sluice', batches: ['SELECT 1'] }], open, TARGETS);
  return 0;
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'preflight: a subscription that is ready',
    env: PREFLIGHT,
    hook: preflight,
    result: 0,
    says: ['✓ preflight: nothing stands in the way.'],
  },
  {
    name: 'preflight: nobody is signed in',
    isSignedOut: true,
    env: PREFLIGHT,
    hook: preflight,
    result: 1,
    says: ['az is not signed in'],
  },
  {
    name: 'preflight: the caller may not list providers',
    refusals: [{ path: /\/providers$/, times: 99, ...forbidden }],
    env: PREFLIGHT,
    hook: preflight,
    result: 0,
    says: ['AuthorizationFailed', 'nothing stands in the way'],
  },
  {
    name: 'postprovision: the firewall of Synapse is opened for the moment',
    env: {},
    hook: openThroughFirewall,
    result: 0,
    says: ['opening the Synapse firewall for 203.0.113.7', '✓ views.sql'],
  },
  {
    name: 'postprovision: a firewall rule that cannot be removed is told',
    refusals: [{ path: /^DELETE .*\/firewallRules\//, times: 9, ...forbidden }],
    env: {},
    hook: openThroughFirewall,
    result: 0,
    says: ['opening the Synapse firewall', 'could not be removed'],
  },
  {
    name: 'postprovision: the token for Synapse SQL',
    env: {},
    hook: sqlToken,
    result: /^eyJ/,
    says: [],
  },
  {
    name: 'postdeploy: uploads are subscribed',
    env: {},
    hook: subscribe,
    result: 0,
    says: ['✓ uploads to landing are classified from now on'],
  },
  {
    name: 'postdeploy: the host is not up at first',
    refusals: [
      {
        path: /\/listkeys$/i,
        times: 1,
        status: 400,
        body: { Code: 'BadRequest', Message: 'Encountered an error (ServiceUnavailable) from host runtime.' },
      },
    ],
    env: {},
    hook: subscribe,
    result: 0,
    says: ['✓ uploads to landing are classified from now on'],
  },
  {
    name: 'postdeploy: Event Grid does not reach the webhook at first',
    refusals: [
      {
        path: /\/operationStatuses\/1$/,
        times: 1,
        status: 200,
        body: {
          status: 'Failed',
          error: {
            code: 'DeploymentFailed',
            message:
              'At least one resource deployment operation failed. Please list deployment operations for details.',
            details: [
              {
                code: 'Url validation',
                message: 'Webhook validation handshake failed. Http POST request retuned 2XX response.',
              },
            ],
          },
        },
      },
    ],
    env: {},
    hook: subscribe,
    result: 0,
    says: ['the subscription was refused (attempt 1 of 5)', '✓ uploads to landing'],
  },
  {
    name: 'predown: a lock protects the lake',
    env: GROUP,
    hook: predown,
    result: 1,
    says: ['az lock delete --ids /subscriptions/'],
  },
  {
    name: 'predown: the caller may not list locks',
    refusals: [{ path: /\/locks$/, times: 9, ...forbidden }],
    env: GROUP,
    hook: predown,
    result: 0,
    says: ['locks could not be listed: az lock list --resource-group: ERROR: (AuthorizationFailed)'],
  },
];
