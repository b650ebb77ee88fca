// A document's message beside the advice on its code.

/** Messages end with the remedy; where that is said already, only what is the document's own remains. */
export const withoutAdvice = (message: string, advice: string): string =>
  (advice !== '' && message.endsWith(advice) ? message.slice(0, -advice.length) : message).trim();
