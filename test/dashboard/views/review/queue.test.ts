import { describe, expect, test } from 'vitest';
import { type Event, emptyQueue, type Queue, type Step, step } from '../../../../dashboard/src/views/review/queue.ts';
import type { ReviewItem } from '../../../../shared/api/answers.ts';

const NOW = Date.parse('2026-05-04T10:00:00Z');
const LEASED = '2026-05-04T10:10:00.000Z';
const item = (documentId: string, leasedUntil = LEASED) => ({ documentId, label: 'VAT', leasedUntil }) as ReviewItem; // what the queue reads
const arrived = (ids: string, limit = 10): Event => ({
  kind: 'arrived',
  items: [...ids].map((id) => item(id)),
  limit,
  nowMs: NOW,
});
const decided = (label: string): Event => ({ kind: 'decided', label });

/** Several events, and all they sent: 'a=VAT' for a decision, 'a skipped' for one put aside. */
function play(events: readonly Event[], from: Queue = emptyQueue): { queue: Queue; sent: string[]; last: Step } {
  let last: Step = { queue: from, effects: [] };
  const sent: string[] = [];
  for (const event of events) {
    last = step(last.queue, event);
    for (const effect of last.effects)
      sent.push(
        effect.kind === 'send'
          ? `${effect.decision.item.documentId}=${effect.decision.label}`
          : `${effect.documentId} skipped`,
      );
  }
  return { queue: last.queue, sent, last };
}
const shown = ({ items }: Queue) => items.map(({ documentId }) => documentId).join('');
const focus = ({ items, at }: Queue) => items[at]?.documentId;

describe('review queue: deciding', () => {
  test('a decision is held back, and sent when the next one is made', () => {
    const first = play([arrived('abc'), decided('VAT')]);
    expect([first.sent, focus(first.queue), first.queue.held?.label]).toEqual([[], 'b', 'VAT']);
    const second = play([decided('Customs')], first.queue);
    expect([second.sent, focus(second.queue), second.queue.held?.label]).toEqual([['a=VAT'], 'c', 'Customs']);
  });

  test('or when the time to undo it is over; a timer of an earlier decision sends nothing', () => {
    const { queue } = play([arrived('abc'), decided('VAT'), decided('Customs')]);
    expect(play([{ kind: 'elapsed', documentId: 'a' }], queue).sent).toEqual([]);
    expect(play([{ kind: 'elapsed', documentId: 'b' }], queue).sent).toEqual(['b=Customs']);
  });

  test('or when the viewer leaves, with all that could not be sent before', () => {
    const { queue } = play([arrived('abc'), decided('VAT'), { kind: 'elapsed', documentId: 'a' }]);
    const past = queue.past[0];
    const decision = past?.kind === 'decided' ? past.decision : undefined;
    const failed = play([{ kind: 'send-failed', decision: decision! }, decided('Customs'), { kind: 'left' }], queue);
    expect(failed.sent).toEqual(['a=VAT', 'b=Customs']);
    expect(failed.queue.unsent).toEqual([]);
    expect(play([{ kind: 'left' }], failed.queue).sent).toEqual([]);
  });

  test('a note goes with its document only', () => {
    const { queue } = play([arrived('ab'), { kind: 'noted', text: ' see annex ' }, decided('VAT')]);
    expect(queue.held?.note).toBe('see annex');
    expect(play([decided('VAT')], queue).queue.held?.note).toBe('');
  });

  test('deciding or skipping nothing does nothing', () => {
    for (const event of [decided('VAT'), { kind: 'skipped' }, { kind: 'noted', text: 'x' }] as Event[])
      expect(step(emptyQueue, event)).toEqual({ queue: emptyQueue, effects: [] });
  });
});

describe('review queue: undo', () => {
  test('of a held decision puts the document back where it was and sends nothing', () => {
    const { queue, sent } = play([arrived('abc'), { kind: 'moved', by: 1 }, decided('VAT'), { kind: 'undone' }]);
    expect([shown(queue), focus(queue), queue.held, sent]).toEqual(['abc', 'b', undefined, []]);
  });

  test('of a sent one brings it back, and the next decision corrects it', () => {
    const { queue, sent } = play([
      arrived('abc'),
      decided('VAT'),
      { kind: 'elapsed', documentId: 'a' },
      { kind: 'stored', documentId: 'a' },
      { kind: 'undone' },
    ]);
    expect([focus(queue), queue.items[0]?.storedLabel, sent]).toEqual(['a', 'VAT', ['a=VAT']]);
    expect(queue.message?.text).toContain('correction');
    expect(play([decided('Customs'), { kind: 'elapsed', documentId: 'a' }], queue).sent).toEqual(['a=Customs']);
  });

  test('goes back step by step', () => {
    const { queue } = play([
      arrived('abc'),
      decided('VAT'),
      { kind: 'skipped' },
      decided('Customs'),
      { kind: 'undone' },
      { kind: 'undone' },
      { kind: 'undone' },
    ]);
    expect(shown(queue)).toBe('abc');
    expect(queue.items.map(({ storedLabel }) => storedLabel)).toEqual(['VAT', null, null]);
    expect(play([{ kind: 'undone' }], queue).queue.message?.text).toBe('There is nothing to undo.');
  });

  test('of one that could not be sent leaves nothing to send', () => {
    const { queue } = play([arrived('ab'), decided('VAT'), { kind: 'elapsed', documentId: 'a' }]);
    const past = queue.past[0];
    const decision = past?.kind === 'decided' ? past.decision : undefined;
    const undone = play([{ kind: 'send-failed', decision: decision! }, { kind: 'undone' }, { kind: 'retried' }], queue);
    expect([undone.sent, focus(undone.queue), undone.queue.items[0]?.storedLabel]).toEqual([[], 'a', null]);
  });
});

describe('review queue: skipping', () => {
  test('sends what was held, then the skip, and shows the next', () => {
    const { queue, sent } = play([arrived('abc'), decided('VAT'), { kind: 'skipped' }]);
    expect([sent, focus(queue)]).toEqual([['a=VAT', 'b skipped'], 'c']);
  });

  test('the skipped come back in their order when asked for', () => {
    const { queue } = play([arrived('abc'), { kind: 'skipped' }, { kind: 'skipped' }, { kind: 'skipped' }]);
    expect(shown(queue)).toBe('');
    expect(shown(play([{ kind: 'skipped-shown' }, arrived('')], queue).queue)).toBe('abc');
  });
});

describe('review queue: answers', () => {
  test('add what is new behind what is there, and keep the focus', () => {
    const { queue } = play([arrived('abc'), { kind: 'moved', by: 1 }, arrived('xabc')]);
    expect([shown(queue), focus(queue)]).toEqual(['abcx', 'b']);
  });

  test('show nothing again that was decided or skipped', () => {
    const { queue } = play([arrived('abc'), decided('VAT'), { kind: 'skipped' }, arrived('abcd')]);
    expect(shown(queue)).toBe('cd');
  });

  test('renew leases', () => {
    const later = '2026-05-04T10:20:00.000Z';
    const renewed: Event = { kind: 'arrived', items: [item('a', later)], limit: 10, nowMs: NOW };
    expect(play([arrived('a'), renewed]).queue.items[0]?.leasedUntil).toBe(later);
  });

  test('drop what others have by now: missing from an answer with room, or with a lease that is over', () => {
    expect(shown(play([arrived('abc'), arrived('bc')]).queue)).toBe('bc');
    expect(shown(play([arrived('abc', 3), arrived('bcd', 3)]).queue)).toBe('abcd');
    const over: Event = { ...arrived('bcd', 3), nowMs: Date.parse(LEASED) } as Event;
    const { queue } = play([arrived('abc', 3), over]);
    expect([shown(queue), focus(queue), queue.message?.tone]).toEqual(['bcd', 'b', 'plain']);
  });

  test('keep what was brought back, though they do not name it', () => {
    const { queue } = play([arrived('ab'), { kind: 'skipped' }, { kind: 'undone' }, arrived('b')]);
    expect(shown(queue)).toBe('ab');
  });

  test('with fewer than asked for say that nothing more waits; a failed one is not asked again at once', () => {
    expect(play([arrived('abc', 10)]).queue.isExhausted).toBe(true);
    expect(play([arrived('abc', 3)]).queue.isExhausted).toBe(false);
    expect(play([{ kind: 'asked' }, { kind: 'ask-failed' }]).queue).toMatchObject({
      isAsking: false,
      isExhausted: true,
    });
  });

  test('another filter begins anew without forgetting what can be undone', () => {
    const { queue } = play([arrived('abc'), decided('VAT'), { kind: 'left' }, { kind: 'restarted' }, arrived('ad')]);
    expect(shown(queue)).toBe('d');
    expect(focus(play([{ kind: 'undone' }], queue).queue)).toBe('a');
  });
});

describe('review queue: what the server says to a decision', () => {
  const sentOne = () => {
    const { queue } = play([arrived('abc'), decided('VAT'), { kind: 'elapsed', documentId: 'a' }]);
    const past = queue.past[0];
    if (past?.kind !== 'decided') throw new Error('a was decided');
    return { queue, decision: past.decision };
  };

  test('somebody else was faster: a note, the next document, nothing to undo', () => {
    const { queue, decision } = sentOne();
    const after = play([{ kind: 'lost', decision, text: 'Decided by somebody else.' }], queue).queue;
    expect([focus(after), after.message, after.past, after.sending]).toEqual([
      'b',
      { text: 'Decided by somebody else.', tone: 'plain' },
      [],
      [],
    ]);
    expect(shown(play([arrived('abc')], after).queue)).toBe('bc');
  });

  test('it does not take the label: the document comes back into focus', () => {
    const { queue, decision } = sentOne();
    const after = play([{ kind: 'refused', decision, text: 'No such label.' }], queue).queue;
    expect([focus(after), shown(after), after.message?.tone, after.past]).toEqual(['a', 'abc', 'bad', []]);
  });

  test('it does not answer: the decision waits and is sent again', () => {
    const { queue, decision } = sentOne();
    const failed = play([{ kind: 'send-failed', decision }], queue).queue;
    expect(failed.unsent).toHaveLength(1);
    const again = play([{ kind: 'retried' }], failed);
    expect([again.sent, again.queue.unsent, again.queue.sending]).toEqual([['a=VAT'], [], ['a']]);
  });

  test('it does not answer, and the document was brought back meanwhile: only the new decision is sent', () => {
    const { queue, decision } = sentOne();
    const back = play([{ kind: 'undone' }, { kind: 'send-failed', decision }], queue).queue;
    expect([back.unsent, back.items[0]?.storedLabel]).toEqual([[], null]);
    expect(play([decided('Customs'), { kind: 'left' }], back).sent).toEqual(['a=Customs']);
  });
});
