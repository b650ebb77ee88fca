// What commander says of a wrong argument, in the words of the command line.

/**
 * A value that does not fit, as one sentence: “folder '/nowhere' does not exist” where commander writes
 * “command-argument value '/nowhere' is invalid for argument 'folder'. does not exist”. Other messages stay as they are.
 */
export const usageText = (message: string): string =>
  message
    .replace(/command-argument value '(.*)' is invalid for argument '([^']*)'\. (.*)/s, "$2 '$1' $3")
    .replace(/(argument '.*') is invalid\. (?=(?:must|does) )/s, '$1 ');
