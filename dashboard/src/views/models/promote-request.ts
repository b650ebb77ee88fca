// What is sent to promote a model, and when a refused promotion may be forced.

/** Codes of a refusal that is about the model's judgement, not about the model. */
const FORCEABLE = new Set(['model.not-better', 'model.not-evaluated']);

/** May this refusal be overruled by somebody who has a reason? */
export const canForce = (code: string | undefined): boolean => code !== undefined && FORCEABLE.has(code);

/** Body of a promotion or a roll back; force is sent only where it was asked for. */
export function promoteBody(reason: string, isForced: boolean): { reason: string; force?: true } {
  return isForced ? { reason: reason.trim(), force: true } : { reason: reason.trim() };
}
