import { describe, expect, test } from 'vitest';
import { commandOf, keysOf, type Press } from '../../../../dashboard/src/views/review/keys.ts';

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  repeat: false,
  isComposing: false,
  on: 'page',
  ...more,
});
const labels = Array.from({ length: 40 }, (_, i) => `label ${i + 1}`);
const keys = keysOf(labels);

describe('review keys', () => {
  test('labels have digits, then letters that no command has; the rest have none', () => {
    expect([...keys.values()].join('')).toBe('123456789abcefghimoqtvwxyz');
    expect(keys.size).toBe(26);
    expect(new Set(keys.values()).size).toBe(26);
  });

  test('a label has its key whatever the document', () => {
    expect(commandOf(press('3'), keys)).toEqual({ kind: 'label', label: 'label 3' });
    expect(commandOf(press('A'), keys)).toEqual({ kind: 'label', label: 'label 10' }); // caps lock
    expect(commandOf(press('3'), keysOf(['only']))).toBeUndefined();
  });

  test('commands', () => {
    const kinds = ['Enter', 's', 'n', 'u', '?', 'j', 'ArrowRight', 'k', 'ArrowLeft', 'd', 'l'].map(
      (key) => commandOf(press(key, { shiftKey: key === '?' }), keys)?.kind,
    );
    expect(kinds).toEqual([
      'accept',
      'skip',
      'note',
      'undo',
      'help',
      'next',
      'next',
      'previous',
      'previous',
      'open',
      'like',
    ]);
  });

  test('mean nothing while typing, with modifiers, or while a word is composed', () => {
    const meanings = [
      press('s', { on: 'text' }),
      press('Enter', { on: 'text' }),
      press('s', { ctrlKey: true }),
      press('u', { metaKey: true }),
      press('1', { altKey: true }),
      press('S', { shiftKey: true }),
      press('1', { isComposing: true }),
      press('Tab'),
    ].map((one) => commandOf(one, keys));
    expect(meanings.every((meaning) => meaning === undefined)).toBe(true);
  });

  test('Enter on a button presses the button', () => {
    expect(commandOf(press('Enter', { on: 'control' }), keys)).toBeUndefined();
    expect(commandOf(press('s', { on: 'control' }), keys)).toEqual({ kind: 'skip' });
  });

  test('a key that stays down moves on, but decides once', () => {
    expect(commandOf(press('1', { repeat: true }), keys)).toBeUndefined();
    expect(commandOf(press('Enter', { repeat: true }), keys)).toBeUndefined();
    expect(commandOf(press('j', { repeat: true }), keys)).toEqual({ kind: 'next' });
  });
});
