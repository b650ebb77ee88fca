// The laptop's cloud: storage always; the simulator and the functions host when asked for. Started here, or joined when it runs already.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment } from '../shared/config.ts';
import { type Child, startChild } from './child.ts';
import { UsageError } from './console.ts';
import { type CloudState, DataFolder } from './data-folder.ts';

export interface LocalCloud extends CloudState {
  isOwner: boolean;
  /** Resolves with a sentence when a part of an owned cloud ends unexpectedly. */
  broken: Promise<string>;
  /** Stop what this process started; an owner waits for those who joined. */
  stop(): Promise<void>;
}

export interface CloudOptions {
  dataFolder: string;
  /** The project root: where host.json and package.json are. */
  appFolder: string;
  withHost: boolean;
  port: number;
  /** A folder that plays a library of SharePoint, or a mailbox of Exchange. */
  source?: { kind: 'sharepoint' | 'exchange'; folder: string } | undefined;
  /** True: the host asks no LLM, whatever the settings say. */
  isLlmOff?: boolean;
  /** Extra settings for the host. */
  env?: Readonly<Record<string, string>>;
  onProgress?: (what: string) => void;
  /** Work that needs storage only; runs while the servers start. */
  onStorage?: (state: CloudState) => Promise<void>;
}

// A quota large enough that the demo shows the pipeline and not the waiting.
const SIMULATED_TPM = '2000000';
const SIMULATED_RPM = '20000';

interface StorageReady {
  ready: true;
  lake: string;
  webJobsStorage: string;
}
interface GraphReady {
  ready: true;
  root: string;
  site: string;
  mailbox: string;
}
interface ServerReady {
  ready: true;
  port: number;
}

/** Start the local cloud, or join the one that runs in this data folder. */
export async function openLocalCloud(options: CloudOptions): Promise<LocalCloud> {
  const folder = new DataFolder(options.dataFolder);
  for (let waited = 0; waited < 90_000; waited += 200) {
    const state = folder.state();
    if (state !== undefined && (state.hostUrl !== null || !options.withHost)) {
      if (options.isLlmOff === true && !state.isLlmOff)
        throw new UsageError(
          `the Sluice that runs in ${options.dataFolder} (process ${state.pid}) asks the LLM about uncertain documents; end it, then start with --no-llm`,
        );
      folder.join();
      try {
        await options.onStorage?.(state);
      } catch (error) {
        folder.leave(); // the owner would wait for this process to its end
        throw error;
      }
      return joined(folder, state);
    }
    if (folder.tryOwn()) return owned(folder, options);
    await sleep(200); // another process is starting, or holds storage only and will be done soon
  }
  throw new Error(
    `another process uses ${options.dataFolder} and does not get ready; end it, or choose another --data folder`,
  );
}

function joined(folder: DataFolder, state: CloudState): LocalCloud {
  return {
    ...state,
    isOwner: false,
    broken: new Promise(() => {}),
    stop: async () => folder.leave(),
  };
}

/** What a person knows of the processes that are started here. */
const NAMES: Readonly<Record<string, string>> = {
  'local/emulators/main': "This machine's storage",
  'local/emulators/openai-main': 'The LLM simulator',
  'local/emulators/graph/main': 'The Microsoft Graph emulator',
  'local/host/main': 'The functions host',
};

async function owned(folder: DataFolder, options: CloudOptions): Promise<LocalCloud> {
  const children: Child<{ ready: true }>[] = [];
  const stopAll = async () => {
    for (const child of children.reverse()) await child.stop();
    folder.disown();
  };
  try {
    options.onProgress?.('storage');
    const storage = await startChild<StorageReady>(
      'local/emulators/main',
      ['--folder', folder.file('azurite'), '--key-file', folder.keyFile()],
      { logFile: folder.file('storage.log') },
    );
    children.push(storage);
    const state: CloudState = {
      pid: process.pid,
      lake: storage.ready.lake,
      webJobsStorage: storage.ready.webJobsStorage,
      hostUrl: null,
      hostPid: null,
      simulatorUrl: null,
      isLlmOff: isSwitchedOff(hostSettings(options, storage.ready)),
    };
    const prepared = options.onStorage?.(state);
    prepared?.catch(() => {}); // awaited below; must not count as unhandled while the servers start
    if (options.withHost) await startServers(folder, options, state, children);
    await prepared;
    folder.publish(state);
    return {
      ...state,
      isOwner: true,
      broken: Promise.race(
        children.map(
          async (child) => `${NAMES[child.name] ?? child.name} (pid ${child.process.pid}) ended: ${await child.ended}`,
        ),
      ),
      async stop() {
        while (folder.clients().length > 0) await sleep(200);
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startServers(
  folder: DataFolder,
  options: CloudOptions,
  state: CloudState,
  children: Child<{ ready: true }>[],
): Promise<void> {
  const settings = hostSettings(options, state);
  if (!namesLlm(settings) && !state.isLlmOff) {
    options.onProgress?.('LLM simulator');
    const args = ['--tpm', settings.LLM_TPM ?? SIMULATED_TPM, '--rpm', settings.LLM_RPM ?? SIMULATED_RPM, '--quiet'];
    const simulator = await startChild<ServerReady>('local/emulators/openai-main', args, {
      logFile: folder.file('simulator.log'),
    });
    children.push(simulator);
    state.simulatorUrl = `http://127.0.0.1:${simulator.ready.port}/v1`;
    Object.assign(settings, simulatorSettings(state.simulatorUrl, settings));
  }
  if (options.source !== undefined) {
    const { kind, folder: played } = options.source;
    options.onProgress?.('Microsoft Graph emulator');
    const token = randomUUID();
    const graph = await startChild<GraphReady>('local/emulators/graph/main', ['--folder', played, '--token', token], {
      logFile: folder.file('graph.log'),
    });
    children.push(graph);
    const { site, mailbox } = graph.ready;
    const where = kind === 'sharepoint' ? { site } : { mailbox };
    const source = { name: kind, kind, ...where, deletion: 'remove', everyMinutes: 1 };
    Object.assign(settings, { GRAPH_ROOT: graph.ready.root, GRAPH_TOKEN: token, SOURCES: JSON.stringify([source]) });
  }
  options.onProgress?.('functions host');
  const startHost = (port: number) =>
    startChild<ServerReady>(
      'local/host/main',
      ['--app-dir', options.appFolder, '--port', String(port), '--hub', folder.file('taskhub.sqlite')],
      { logFile: folder.file('host.log'), env: settings },
    );
  const host = await startHost(options.port).catch((error: Error) => {
    if (!/Port \d+ is in use/.test(error.message)) throw error;
    return startHost(0); // somebody else has the port: any free one will do
  });
  children.push(host);
  state.hostPid = host.process.pid ?? null;
  state.hostUrl = `http://127.0.0.1:${host.ready.port}`;
}

/** Settings of the host: the emulators, then local.settings.json, then the environment; the last one given wins. */
export function hostSettings(
  options: CloudOptions,
  state: Pick<CloudState, 'lake' | 'webJobsStorage'>,
): Record<string, string | undefined> {
  const given = { ...readLocalSettings(options.appFolder), ...options.env, ...definedOnly(readEnvironment()) };
  return {
    UPLOAD_TRIGGER_SOURCE: 'LogsAndContainerScan',
    UPLOAD_WINDOW_SECONDS: '2',
    ...given,
    ...(options.isLlmOff === true ? { LLM_ENABLED: 'false' } : {}),
    INSTANCE_ID: 'local', // the task hub's lock lets one host live in a data folder
    LAKE: state.lake,
    AzureWebJobsStorage: state.webJobsStorage,
  };
}

/** LLM_ENABLED says no. */
const isSwitchedOff = ({ LLM_ENABLED }: Readonly<Record<string, string | undefined>>): boolean =>
  /^(false|0|no|off)$/i.test(LLM_ENABLED?.trim() ?? '');

/** Settings that point at the simulator; what the user set of quota and prices stays. */
export function simulatorSettings(
  url: string,
  given: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return {
    OPENAI_BASE_URL: url,
    OPENAI_MODEL: 'simulator',
    OPENAI_API_KEY: 'simulator',
    LLM_INPUT_USD_PER_MTOK: given.LLM_INPUT_USD_PER_MTOK ?? '0.20',
    LLM_CACHED_USD_PER_MTOK: given.LLM_CACHED_USD_PER_MTOK ?? '0.02',
    LLM_OUTPUT_USD_PER_MTOK: given.LLM_OUTPUT_USD_PER_MTOK ?? '1.20',
    LLM_TPM: given.LLM_TPM ?? SIMULATED_TPM,
    LLM_RPM: given.LLM_RPM ?? SIMULATED_RPM,
  };
}

/** Do environment or local.settings.json name an LLM? */
export const isLlmConfigured = (appFolder: string): boolean =>
  namesLlm({ ...readLocalSettings(appFolder), ...readEnvironment() });

const namesLlm = (settings: Readonly<Record<string, string | undefined>>): boolean =>
  settings.OPENAI_BASE_URL !== undefined ||
  settings.AZURE_OPENAI_ENDPOINT !== undefined ||
  settings.LLM_DEPLOYMENTS !== undefined;

/** `Values` of local.settings.json; storage settings of a `func start` setup do not apply here. */
export function readLocalSettings(appFolder: string): Record<string, string> {
  const file = `${appFolder}/local.settings.json`;
  if (!existsSync(file)) return {};
  const { Values = {} } = JSON.parse(readFileSync(file, 'utf8')) as { Values?: Record<string, string> }; // Functions' own format
  return Values;
}

const definedOnly = (env: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
