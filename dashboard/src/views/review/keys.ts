// Keys of the review. One key is one label for the whole session, whatever the document proposes.
import { LOOK_KEYS } from '../../parts/page/look.ts';

export type Command =
  | { kind: 'label'; label: string }
  | { kind: 'accept' | 'skip' | 'note' | 'undo' | 'help' | 'next' | 'previous' | 'open' | 'like' };

const COMMANDS: Readonly<Record<string, Exclude<Command['kind'], 'label'>>> = {
  enter: 'accept',
  s: 'skip',
  n: 'note',
  u: 'undo',
  '?': 'help',
  j: 'next',
  arrowright: 'next',
  k: 'previous',
  arrowleft: 'previous',
  d: 'open',
  l: 'like',
};

const LABEL_KEYS = [...'123456789', ...'abcdefghijklmnopqrstuvwxyz'].filter(
  (key) => COMMANDS[key] === undefined && LOOK_KEYS[key] === undefined,
);

/** Key by label, in the order of the taxonomy; labels beyond the keys have none. */
export const keysOf = (labels: readonly string[]): ReadonlyMap<string, string> =>
  new Map(labels.slice(0, LABEL_KEYS.length).map((label, i) => [label, LABEL_KEYS[i] ?? '']));

export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  /** Sent again by a key that is held down. */
  repeat: boolean;
  isComposing: boolean;
  /** What has the focus: a field that takes text, a control with keys of its own, or anything else. */
  on: 'text' | 'control' | 'page';
}

/** What a key means; undefined where it means nothing here. */
export function commandOf(press: Press, keys: ReadonlyMap<string, string>): Command | undefined {
  if (press.ctrlKey || press.metaKey || press.altKey || press.isComposing || press.on === 'text') return undefined;
  if (press.shiftKey && press.key !== '?') return undefined;
  const key = press.key.toLowerCase();
  const kind = COMMANDS[key];
  if (press.on === 'control' && kind === 'accept') return undefined; // Enter presses the control
  // A key that stays down must not decide ten documents.
  if (press.repeat && kind !== 'next' && kind !== 'previous') return undefined;
  if (kind !== undefined) return { kind };
  for (const [label, of] of keys) if (of === key) return { kind: 'label', label };
  return undefined;
}
