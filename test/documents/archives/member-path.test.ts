import { describe, expect, test } from 'vitest';
import { isJunk, memberPath, UniqueNames } from '../../../shared/documents/archives/member-path.ts';
import fc from '../../fakes/property.ts';

describe('memberPath', () => {
  test.each([
    ['../../etc/passwd', 'etc/passwd'],
    ['/abs/a.txt', 'abs/a.txt'],
    ['C:\\Users\\a.txt', 'Users/a.txt'],
    ['a//b/./c.txt', 'a/b/c.txt'],
    ['na\u202eme\0.txt', 'name.txt'],
    ['..', 'unnamed'],
    ['', 'unnamed'],
  ])('%j becomes %s', (name, path) => {
    expect(memberPath(name)).toBe(path);
  });

  test('is relative, harmless and stable for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const path = memberPath(name);
        expect(path.split('/')).not.toContain('..');
        expect(path).not.toMatch(/^\/|[\0-\x1f\\]|^$/);
        expect(path.length).toBeLessThanOrEqual(900);
      }),
    );
  });
});

describe('UniqueNames', () => {
  test('gives every member a name of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'a#2', 'a#3')), (names) => {
        const unique = new UniqueNames();
        const taken = names.map((name) => unique.take(name));
        expect(new Set(taken).size).toBe(names.length);
      }),
    );
  });
});

test('isJunk knows what systems leave behind, not what people write', () => {
  expect(['__MACOSX/a', 'x/.DS_Store', 'x/._a.docx', 'Thumbs.db'].every(isJunk)).toBe(true);
  expect(['a.txt', 'MACOSX/a', '.profile', 'x/thumbs.db.txt'].some(isJunk)).toBe(false);
});
