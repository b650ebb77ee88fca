// What people complained about in programs that read SharePoint, each as a test on the emulator: docs/sources.md lists where they were said.
import { describe, expect, test } from 'vitest';
import { sitePath } from '../../shared/sources/graph/sites.ts';
import { killedAt } from './killed.ts';
import { Tenant } from './tenant.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('sources: changes are seen, once', () => {
  test('1 a deletion is seen though its row has no name: the policy is applied once, nothing is downloaded, the source goes on', async () => {
    const t = new Tenant();
    const file = t.library.putFile('a.txt', bytes('one'));
    t.library.putFile('b.txt', bytes('two'));
    const entry = t.entry({ deletion: 'remove' });
    await t.sync({ entry });
    t.library.delete(file.id);
    t.graph.log.length = 0;
    expect(await t.sync({ entry })).toMatchObject({ removed: 1, landed: 0 });
    expect(t.graph.log.filter((line) => line.endsWith('/content'))).toEqual([]);
    expect(await t.landed()).toEqual(['two']);
    expect(await t.sync({ entry })).toMatchObject({ removed: 0, failed: 0 });
  });

  test('2 edits and deletions are seen though no date of site or library moves', async () => {
    const t = new Tenant();
    const file = t.library.putFile('old/a.txt', bytes('one'), { modifiedAt: Date.UTC(2019, 0, 1) });
    const other = t.library.putFile('old/b.txt', bytes('two'), { modifiedAt: Date.UTC(2019, 0, 1) });
    await t.sync();
    t.library.putFile('old/a.txt', bytes('one, edited'), { modifiedAt: Date.UTC(2019, 0, 1) });
    t.library.delete(other.id);
    expect(await t.sync()).toMatchObject({ landed: 1, removed: 1 });
    expect(await t.landed()).toContain('one, edited');
    expect(file.id).toBeDefined();
  });

  test('3 an edit of bytes alone is seen, and an item that is gone before it is asked for fails no round', async () => {
    const t = new Tenant();
    const edited = t.library.putFile('edited.txt', bytes('one'), { modifiedAt: Date.UTC(2019, 0, 1) });
    const gone = t.library.putFile('gone.txt', bytes('two'));
    await t.sync();
    t.library.putFile('edited.txt', bytes('eno'), { modifiedAt: Date.UTC(2019, 0, 1) }); // same size, same date
    t.library.putFile('gone.txt', bytes('two, edited'));
    const handle = t.graph.handle.bind(t.graph);
    t.graph.handle = async (request) => {
      // Deleted between the page that shows it and its download.
      if (request.url.pathname.endsWith(`${gone.id}/content`) && t.library.get(gone.id)) t.library.delete(gone.id);
      return handle(request);
    };
    expect(await t.sync()).toMatchObject({ landed: 2, failed: 0 }); // the old version of what is gone stays for the policy
    expect(await t.landed()).toEqual(['eno', 'two']);
    expect(await t.sync()).toMatchObject({ removed: 1, failed: 0 });
    expect(edited.contentVersion).toBe(2);
  });

  test('30 of two files of one name the one that was deleted goes, through the whole way and by its own key', async () => {
    const t = new Tenant();
    t.library.putFile('2025/report.txt', bytes('of 2025'));
    const deleted = t.library.putFile('2026/report.txt', bytes('of 2026'));
    const entry = t.entry({ deletion: 'erase' });
    await t.sync({ entry });
    const path = t.puts[(await t.contents()).indexOf('of 2026')];
    t.library.delete(deleted.id);
    expect(await t.sync({ entry })).toMatchObject({ removed: 1 });
    expect(await t.landed()).toEqual(['of 2025']);
    expect(t.erased).toEqual([path]);
  });

  test('4 a 410 leads to a fresh enumeration that decides nothing twice; an empty last page moves the cursor', async () => {
    const t = new Tenant();
    for (let i = 0; i < 7; i++) t.library.putFile(`f${i}.txt`, bytes(`text ${i}`));
    await t.sync();
    t.graph.faults.push({ kind: 'resync', on: /GET .*delta.*token/ });
    t.library.putFile('new.txt', bytes('new'));
    expect(await t.sync()).toMatchObject({ landed: 1, failed: 0 });
    expect(t.puts).toHaveLength(8);
    const { state } = await t.sync();
    expect((await t.sync()).state.deltaLink).not.toBe(state.deltaLink);
    expect(t.puts).toHaveLength(8);
  });

  test('5 a 410 whose own link fails falls back to a plain enumeration, within bounds', async () => {
    const t = new Tenant();
    t.library.putFile('a.txt', bytes('one'));
    await t.sync();
    t.graph.faults.push(
      { kind: 'resync', on: /GET .*delta.*token/ },
      { kind: 'bad-token', on: /GET .*\/root\/delta$/ },
    );
    t.library.putFile('b.txt', bytes('two'));
    expect(await t.sync()).toMatchObject({ landed: 1 });
  });

  test('6 a delta without end is given up within a bounded number of pages; the old cursor stays and nothing is decided again', async () => {
    const t = new Tenant();
    t.library.putFile('a.txt', bytes('one'));
    const before = await t.sync();
    t.library.putFile('b.txt', bytes('two'));
    t.graph.faults.push({ kind: 'endless', on: /delta/, times: 1000 });
    t.graph.log.length = 0;
    await expect(t.sync()).rejects.toMatchObject({ code: 'sync.endless' });
    expect(t.graph.log.length).toBeLessThan(40);
    t.graph.faults.length = 0;
    expect(before.state.round).toBe(1);
  });

  test('7 a stored link that the service calls malformed leads to one enumeration, diffed', async () => {
    const t = new Tenant();
    t.library.putFile('a.txt', bytes('one'));
    await t.sync();
    t.graph.faults.push({ kind: 'bad-token', on: /delta.*token/ });
    expect(await t.sync()).toMatchObject({ status: 'done', landed: 0 });
    expect(t.puts).toHaveLength(1);
  });

  test('9 a lost tombstone is found by a full enumeration and confirmed by id; a short listing never removes many', async () => {
    const t = new Tenant();
    const files = Array.from({ length: 100 }, (_, i) => t.library.putFile(`f${i}.txt`, bytes(`text ${i}`)));
    const entry = t.entry({ deletion: 'remove' });
    await t.sync({ entry });
    t.library.delete(files[0]!.id, { tombstone: false });
    expect(await t.sync({ entry })).toMatchObject({ removed: 0 });
    expect(await t.sync({ entry, isFull: true })).toMatchObject({ removed: 1 });
    for (const { id } of files.slice(1, 60)) t.library.delete(id);
    const asked = await t.sync({ entry });
    expect(asked).toMatchObject({ removed: 0, state: { unconfirmedRemovals: 59 } });
    expect(await t.landed()).toHaveLength(99);
    expect(await t.sync({ entry, confirmRemovals: true })).toMatchObject({
      removed: 59,
      state: { unconfirmedRemovals: 0 },
    });
    expect(await t.landed()).toHaveLength(40);
  });

  test('10 a change that shows late is taken by the round after it shows', async () => {
    const t = new Tenant({ lagMs: 30_000 });
    t.library.putFile('a.txt', bytes('one'));
    await t.clock.sleep(60_000);
    await t.sync();
    t.library.putFile('b.txt', bytes('two'));
    expect(await t.sync()).toMatchObject({ landed: 0 });
    await t.clock.sleep(60_000);
    expect(await t.sync()).toMatchObject({ landed: 1 });
  });

  test('11 a new copy with an old date lands', async () => {
    const t = new Tenant();
    await t.sync();
    t.library.putFile('copy.txt', bytes('of 2019'), { modifiedAt: Date.UTC(2019, 5, 1) });
    expect(await t.sync()).toMatchObject({ landed: 1 });
  });

  test('22 a renamed folder of 300 files downloads and decides nothing, and shows the new paths', async () => {
    const t = new Tenant();
    for (let i = 0; i < 300; i++) t.library.putFile(`Old name/f${i}.txt`, bytes(`text ${i}`));
    await t.sync();
    const folder = t.library.putFolder('Old name');
    t.library.move(folder.id, 'New name');
    t.graph.log.length = 0;
    expect(await t.sync()).toMatchObject({ landed: 0, renamed: 300 });
    expect(t.graph.log.filter((line) => line.includes('/content'))).toEqual([]);
    expect(t.puts).toHaveLength(300);
    expect(t.renamed.map(({ name }) => name)).toContain('New name/f7.txt');
  });

  test('28 an Office file that SharePoint rewrites after its upload lands once', async () => {
    const t = new Tenant({ rewriteAfterMs: 2000 });
    await t.sync();
    t.library.putFile('contract.docx', bytes('docx'));
    expect(await t.sync()).toMatchObject({ landed: 0, skipped: 1 });
    expect(await t.items()).toEqual({ 'contract.docx': 'skipped sync.settling' });
    await t.clock.sleep(60_000);
    await t.sync();
    await t.clock.sleep(60_000);
    await t.sync();
    expect(t.puts).toHaveLength(1);
    expect(await t.landed()).toEqual(['docx\n']);
  });

  test('31 permissions, views and fields write nothing into the landing container', async () => {
    const t = new Tenant();
    const file = t.library.putFile('a.txt', bytes('one'));
    await t.sync();
    for (let i = 0; i < 5; i++) {
      t.library.touchMetadata(file.id);
      await t.sync();
    }
    expect(t.puts).toHaveLength(1);
    expect(t.graph.log.filter((line) => line.includes('/content'))).toHaveLength(1);
  });
});

describe('sources: nothing is left out, and what is not read is said', () => {
  test('12 a folder that comes from elsewhere with 450 children: all land, none is taken for deleted', async () => {
    const t = new Tenant();
    t.library.putFile('a.txt', bytes('one'));
    await t.sync();
    for (let i = 0; i < 450; i++) t.library.putFile(`in/f${i}.txt`, bytes(`text ${i}`));
    for (const item of t.library.items.values()) if (item.name.startsWith('f')) item.sequence = 0; // the feed shows the folder only
    expect(await t.sync()).toMatchObject({ landed: 450, removed: 0 });
    expect(await t.sync({ isFull: true })).toMatchObject({ landed: 0, removed: 0 });
  });

  test('13 a library on the second page of a site with 230 is found by its name', async () => {
    const t = new Tenant();
    t.addSite(
      '/sites/many',
      Array.from({ length: 230 }, (_, i) => `Library ${i}`),
    );
    const entry = t.entry({
      name: 'many',
      site: 'https://contoso.sharepoint.example/sites/many',
      libraries: ['library 221'],
    });
    expect((await t.drives(entry)).map(({ name }) => name)).toEqual(['Library 221']);
    const wrong = t.entry({
      name: 'many',
      site: 'https://contoso.sharepoint.example/sites/many',
      libraries: ['Nowhere'],
    });
    await expect(t.drives(wrong)).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('"Nowhere"'),
    });
  });

  test('14 a round that is slower than the life of download addresses lands everything, one more call for each at most', async () => {
    const t = new Tenant({ downloadLifeMs: 60_000 });
    for (let i = 0; i < 200; i++) t.library.putFile(`f${i}.txt`, bytes(`text ${i}`));
    t.graph.faults.push({ kind: 'unauthorized', on: /tempauth/, times: 20 });
    const first = await t.sync();
    expect(first.landed + first.failed).toBe(200);
    const second = await t.sync({ isFull: true });
    expect(first.landed + second.landed).toBe(200);
    expect(await t.landed()).toHaveLength(200);
  });

  test('15 the secret of a download address is in no log, state or journal', async () => {
    const t = new Tenant();
    for (let i = 0; i < 5; i++) t.library.putFile(`f${i}.txt`, bytes(`text ${i}`));
    t.graph.faults.push(
      { kind: 'unauthorized', on: /tempauth/, times: 2 },
      { kind: 'cut-body', on: /tempauth/, times: 2 },
    );
    await t.sync();
    await t.sync();
    const kept: string[] = [...t.logged];
    for await (const { path } of t.lake.list('')) kept.push(path, (await t.lake.read(path)).toString('latin1'));
    for await (const { path } of t.landing.list('')) kept.push(path);
    expect(kept.join('\n')).not.toMatch(/tempauth|v1\.secret/);
  });

  test('16 a file that the service calls infected is skipped with its reason; the refusal never becomes the file', async () => {
    const t = new Tenant();
    const file = t.library.putFile('bad.txt', bytes('harmless stand-in'));
    t.library.set(file.id, { isMalware: true });
    expect(await t.sync()).toMatchObject({ landed: 0, skipped: 1 });
    expect(await t.items()).toEqual({ 'bad.txt': 'skipped sync.malware' });
    expect(await t.landed()).toEqual([]);
  });

  test('20, 21 notebooks, shortcuts and items of no kind are one skipped entry each, with advice', async () => {
    const t = new Tenant();
    t.library.putOther('Notes', 'notebook');
    t.library.putOther('Their library', 'shortcut');
    t.library.putOther('odd', 'unknown');
    expect(await t.sync()).toMatchObject({ landed: 0, skipped: 3, removed: 0 });
    expect(await t.items()).toEqual({
      Notes: 'skipped sync.notebook',
      'Their library': 'skipped sync.shortcut',
      odd: 'skipped sync.unknown-kind',
    });
  });

  test('27 names with #, %, quotes, pictures and 300 characters land and are shown as they are', async () => {
    const t = new Tenant();
    const names = ['a#b.txt', '100 %.txt', "it's.txt", '📄 Ünïcode.txt', `${'x'.repeat(300)}.txt`, 'no ending'];
    for (const name of names) t.library.putFile(`Folder #1/${name}`, bytes(name));
    expect(await t.sync()).toMatchObject({ landed: names.length, failed: 0 });
    expect(Object.keys(await t.items()).sort()).toEqual(names.map((name) => `Folder #1/${name}`).sort());
    expect(await t.landed()).toEqual([...names].sort());
  });

  test('32 every form of a site address finds the site, and what is none is refused with what to do', async () => {
    const t = new Tenant();
    t.addSite('/teams/legal', ['Documents']);
    const forms = [
      'https://contoso.sharepoint.example/sites/tax',
      'https://contoso.sharepoint.example/sites/tax/',
      'https://contoso.sharepoint.example/sites/tax/Shared%20Documents/Forms/AllItems.aspx?id=%2Fsites',
      'https://contoso.sharepoint.example/:f:/r/sites/tax/Shared%20Documents',
    ];
    for (const site of forms) expect(await t.drives(t.entry({ site }))).toHaveLength(1);
    expect(sitePath('https://contoso.sharepoint.example/teams/legal/x')).toBe(
      '/sites/contoso.sharepoint.example:/teams/legal',
    );
    const nowhere = t.entry({ site: 'https://contoso.sharepoint.example/sites/nowhere' });
    await expect(t.drives(nowhere)).rejects.toMatchObject({
      code: 'sync.not-found',
      message: expect.stringContaining('browser'),
    });
  });
});

describe('sources: a service that pushes back', () => {
  test('8 thousands of rows through 504s land exactly once', async () => {
    const t = new Tenant();
    for (let i = 0; i < 600; i++) t.library.putFile(`d${i % 30}/f${i}.txt`, bytes(`text ${i}`));
    t.graph.faults.push({ kind: 'timeout', on: /delta/, times: 4 }, { kind: 'timeout', on: /content/, times: 12 });
    for (let n = 0; n < 5; n++)
      await t.sync().catch((error) => expect(error).toMatchObject({ code: 'sync.unavailable' }));
    expect(new Set(t.puts).size).toBe(600);
    expect(t.puts).toHaveLength(600);
  });

  test('17 a budget of 100 units a minute: 400 files land and no call leaves inside a Retry-After', async () => {
    const t = new Tenant({ unitsPerMinute: 100 });
    for (let i = 0; i < 400; i++) t.library.putFile(`f${i}.txt`, bytes(`text ${i}`));
    let landed = 0;
    for (let n = 0; landed < 400 && n < 50; n++) {
      await t.sync().then(
        (outcome) => {
          landed += outcome.landed;
        },
        () => t.clock.sleep(60_000),
      );
    }
    expect(t.puts).toHaveLength(400);
    expect(t.graph.callsWhileBlocked).toBeLessThanOrEqual(3); // those in flight when the answer came
  });

  test('18 a Retry-After is waited for as told, whatever the try', async () => {
    const t = new Tenant();
    t.library.putFile('a.txt', bytes('one'));
    t.graph.faults.push({ kind: 'throttle', on: /delta/, times: 3, retryAfterSeconds: 54 });
    await t.sync();
    expect(Math.max(...t.clock.sleeps)).toBeLessThanOrEqual(54_000 * 1.1);
  });

  test('19 a locked site says so and keeps its cursor; another goes on', async () => {
    const t = new Tenant();
    const other = t.addSite('/sites/other', ['Documents']);
    t.library.putFile('a.txt', bytes('one'));
    other.drives[0]!.putFile('b.txt', bytes('two'));
    t.graph.faults.push({ kind: 'locked', on: /drives\/b!_sites_tax-0\/root/ });
    await expect(t.sync()).rejects.toMatchObject({ code: 'sync.locked' });
    const entry = t.entry({ name: 'other', site: 'https://contoso.sharepoint.example/sites/other' });
    expect(await t.sync({ entry, drive: other.drives[0]! })).toMatchObject({ landed: 1 });
    expect(await t.sync()).toMatchObject({ landed: 1 });
  });

  test('24 a refusal of the delta keeps the cursor and names the right that is missing', async () => {
    const t = new Tenant();
    t.library.putFile('a.txt', bytes('one'));
    await t.sync();
    t.library.putFile('b.txt', bytes('two'));
    t.graph.faults.push({ kind: 'forbidden', on: /delta/ });
    await expect(t.sync()).rejects.toMatchObject({
      code: 'sync.forbidden',
      remedy: expect.stringContaining('sources check'),
    });
    expect(await t.sync()).toMatchObject({ landed: 1 });
  });

  test('29 killed at any step of a round: in = landed + skipped + failed, and no file lands twice', async () => {
    for (let step = 0; ; step++) {
      const t = new Tenant();
      for (let i = 0; i < 6; i++) t.library.putFile(`f${i}.txt`, bytes(`text ${i}`));
      t.library.putOther('Notes', 'notebook');
      const first = await killedAt(t, step, () => t.sync());
      await t.sync();
      const states = Object.values(await t.items());
      expect(
        states.filter((state) => state === 'landed'),
        `killed at ${step}`,
      ).toHaveLength(6);
      expect(states).toHaveLength(7);
      expect(await t.landed()).toHaveLength(6);
      expect(t.puts.length, `killed at ${step}`).toBeLessThanOrEqual(6 + 4); // at most what was in hand, tried again before it arrived
      if (first === 'done') break;
    }
  });
});
