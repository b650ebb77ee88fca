// Where functions are registered.
// Invariant: G1 while a setting is wrong nothing is registered but `health`, which tells what is wrong: triggers and orchestrations wait untouched
// until it is right. An entry file that throws would make the Functions host index nothing at all, health included.
import { app as azure } from '@azure/functions';
import df from 'durable-functions';
import { configIfValid } from '../shared/app.ts';

const inert = <T extends object>(real: T): T => new Proxy(real, { get: () => () => {} });
const isConfigured = configIfValid() !== undefined;

export const app: typeof azure = isConfigured ? azure : inert(azure);
export const durable: typeof df.app = isConfigured ? df.app : inert(df.app);
