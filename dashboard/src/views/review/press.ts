// A key press of the browser as the keys of the review understand it.
import type { Press } from './keys.ts';

export const pressOf = ({
  key,
  ctrlKey,
  metaKey,
  altKey,
  shiftKey,
  repeat,
  isComposing,
}: KeyboardEvent): Omit<Press, 'on'> => ({
  key,
  ctrlKey,
  metaKey,
  altKey,
  shiftKey,
  repeat,
  isComposing,
});

export function placeOf(target: EventTarget | null): Press['on'] {
  if (!(target instanceof Element)) return 'page';
  if (target.closest('input, textarea, select, [contenteditable]') !== null) return 'text';
  return target.closest('button, a, summary') === null ? 'page' : 'control';
}
