// A name nobody else has.

/** 32 hex digits; crypto.randomUUID exists on secure origins only. */
export const freshId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
