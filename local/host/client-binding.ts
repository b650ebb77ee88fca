// The value of the durableClient input binding: where a function finds the management API.
// Invariants: every management URL is a string; rpcBaseUrl ends in '/'; INSTANCEID is the placeholder that the SDK replaces.

/** Base of the public webhook API. */
export function durableWebhookBase(origin: string): string {
  return `${origin}/runtime/webhooks/durabletask`;
}

/** JSON text of the binding. `origin` like `http://localhost:7071`; `rpcOrigin` is where the SDK sends its own calls. */
export function durableClientBinding(options: {
  origin: string;
  rpcOrigin: string;
  hubName: string;
  key: string;
}): string {
  const base = durableWebhookBase(options.origin);
  return JSON.stringify({
    taskHubName: options.hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?code=${options.key}`,
      createAndWaitOnNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${options.key}`,
    },
    managementUrls: { id: 'INSTANCEID', ...managementUrls(base, 'INSTANCEID', options) },
    baseUrl: base,
    requiredQueryStringParameters: `code=${options.key}`,
    rpcBaseUrl: `${options.rpcOrigin}/durabletask/`,
  });
}

/** Management URLs of one instance. */
export function managementUrls(
  base: string,
  id: string,
  options: { hubName: string; key: string },
): Record<string, string> {
  const query = `taskHub=${options.hubName}&connection=Storage&code=${options.key}`;
  const at = `${base}/instances/${id}`;
  return {
    statusQueryGetUri: `${at}?${query}`,
    sendEventPostUri: `${at}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${at}/terminate?reason={text}&${query}`,
    rewindPostUri: `${at}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${at}?${query}`,
    restartPostUri: `${at}/restart?${query}`,
    suspendPostUri: `${at}/suspend?reason={text}&${query}`,
    resumePostUri: `${at}/resume?reason={text}&${query}`,
  };
}
