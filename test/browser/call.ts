// A host's API, as tests ask it beside the page.

/** @throws {Error} with the host's words for any answer but a good one */
export type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** @param url  of the host */
export const callerOf =
  (url: string): Call =>
  async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T; // the shapes of shared/api/
  };
