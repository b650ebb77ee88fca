// Whether an identity has every right that a source needs, and no more: each is asked for by itself, and nothing is left behind.
import type { SourceEntry } from '../api/source-entry.ts';
import type { SourceCheck } from '../api/source-status.ts';
import { SluiceError } from '../errors.ts';
import type { Drive, Service } from './feed.ts';
import type { Subscriptions } from './subscriptions.ts';

type Found = Pick<SourceCheck, 'detail'> & Partial<SourceCheck>;

export async function checkSource(
  { name: source, kind, since }: SourceEntry,
  service: Service,
  subscriptions: Subscriptions,
): Promise<SourceCheck[]> {
  const checks: SourceCheck[] = [];
  const attempt = async (
    what: string,
    work: () => Promise<Found | undefined>,
    onFailure: Partial<SourceCheck> = {},
  ) => {
    try {
      const found = await work();
      if (found !== undefined) checks.push({ what, isOk: true, isWarning: false, remedy: null, ...found });
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const detail = `[${error.code}] ${error.message}`;
      checks.push({ what, isOk: false, isWarning: false, detail, remedy: error.remedy, ...onFailure });
    }
  };
  let drives: Drive[] = [];
  await attempt('address', async () => {
    drives = await service.drives();
    return { detail: drives.map(({ name }) => name).join(', ') };
  });
  for (const drive of drives) {
    await attempt(`changes of ${drive.name}`, async () => {
      await service.probe(drive);
      return { detail: 'can be read' };
    });
    await attempt(`columns of ${drive.name}`, async () => {
      if (service.probeWrite === undefined) return undefined;
      await service.probeWrite(drive);
      return { detail: 'can be written to' };
    });
    // Without notifications rounds go by the clock.
    await attempt(`notifications of ${drive.name}`, () => subscriptions.probe(source, drive, service), {
      ...{ isOk: true, isWarning: true },
    });
  }
  if (since !== undefined) {
    const isMail = kind === 'exchange' || kind === 'imap';
    const which = isMail
      ? `mails that came before ${since}`
      : `files that were there before and have not changed since ${since}`;
    checks.push({ what: 'since', isOk: true, isWarning: false, detail: `${which} are not read`, remedy: null });
  }
  if (service.outside !== undefined) {
    const { what, ask } = service.outside;
    await attempt(`outside: ${what ?? 'not asked'}`, async () => verdict(await ask()));
  }
  return checks;
}

function verdict(answer: 'refused' | 'given' | 'absent' | 'unnamed'): Found {
  switch (answer) {
    case 'refused':
      return { detail: 'is refused, as it should be' };
    case 'given':
      return {
        ...{ detail: 'can be read: the identity has more rights than this source needs', isWarning: true },
        remedy:
          'grant Sites.Selected with single sites, or a scope of mailboxes, in place of rights on all (docs/sources.md)',
      };
    case 'absent':
      return {
        ...{ detail: 'there is no such thing, so nothing is proven', isWarning: true },
        remedy: 'name in "outside" of the source something that exists and is not granted',
      };
    case 'unnamed':
      return {
        ...{ detail: 'whether all others are refused was not asked', isWarning: true },
        remedy: 'name in "outside" of the source a mailbox or person that the identity must not read',
      };
  }
}
