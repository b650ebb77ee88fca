/** An error as the system gives it. */
export const systemError = (code: string, path: string | undefined): Error =>
  Object.assign(new Error(`${code}: something, write`), { code, ...(path === undefined ? {} : { path }) });
