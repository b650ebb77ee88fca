import { describe, expect, test } from 'vitest';
import {
  cleanPath,
  folderPrefix,
  isArchive,
  isJunk,
  stampedName,
  uploadPath,
} from '../../../dashboard/src/drop/naming.ts';

const NOW = new Date('2025-05-03T14:05:09.876Z');

describe('dashboard: names of added files', () => {
  test('a folder gets the time of its import, and a slash inside its name none', () => {
    expect(folderPrefix('letters of May', NOW)).toBe('letters of May-20250503-140509/');
    expect(folderPrefix('', NOW)).toBe('files-20250503-140509/');
  });

  test('a taken name gets the time before its ending', () => {
    expect(stampedName('scan.v2.pdf', NOW)).toBe('scan.v2-20250503-140509.pdf');
    expect(stampedName('.profile', NOW)).toBe('.profile-20250503-140509');
  });

  test('each part of a path is encoded by itself, and the host reads the same path again', () => {
    const path = 'a b/50 % #1?/ü&=+.pdf';
    const put = uploadPath('imports', path);
    expect(put).toBe('uploads/imports/a%20b/50%20%25%20%231%3F/%C3%BC%26%3D%2B.pdf');
    const { pathname } = new URL(`http://host/api/${put}`);
    expect(pathname.split('/').slice(4).map(decodeURIComponent).join('/')).toBe(path);
  });

  test('names are composed, and hold nothing that no URL or store can say again', () => {
    expect(cleanPath('u\u0308.pdf')).toBe('ü.pdf');
    expect(cleanPath('a\u0000b\\c\u0085.pdf')).toBe('a_b_c_.pdf');
    expect(() => uploadPath('landing', cleanPath('half\ud83d.pdf'))).not.toThrow();
    expect(cleanPath('./a//../b')).toBe('a/b');
  });

  test('junk is told by its whole name only', () => {
    expect(['.DS_Store', 'f/thumbs.db', 'f/._x.pdf', '__MACOSX/a', 'desktop.ini'].every(isJunk)).toBe(true);
    expect(['my.DS_Store.pdf', 'Thumbs.db.txt', 'f/.env', '_a.pdf'].some(isJunk)).toBe(false);
  });

  test('archives are told by their ending, mails and office files are none', () => {
    expect(['a.ZIP', 'a.tar.gz', 'a.7z', 'a.mbox'].every(isArchive)).toBe(true);
    expect(['a.docx', 'a.eml', 'zip', 'a.zip.pdf'].some(isArchive)).toBe(false);
  });
});
