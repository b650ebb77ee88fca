/** The name of a blob as it is kept: storage takes a backslash for a slash. */
export const nameOf = (path: string): string => path.replaceAll('\\', '/');
