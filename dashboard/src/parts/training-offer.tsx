// A card where a training is worth its time: what people have decided, what a model of it is expected to give, and the way there.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { TrainingOffer } from '../../../shared/api/training.ts';
import { useResource } from '../resource.ts';
import { words } from '../words/offer.ts';
import { sentencesOf } from './offer-sentences.ts';

const POLL_MS = 60_000;

/**
 * Nothing while no training is due, or the offer cannot be had: nobody waits for it.
 * @param decided   decisions stored so far by this viewer: at each tenth it is looked again
 * @param children  the way to the training
 */
export function TrainingOfferCard({ decided = 0, children }: { decided?: number; children: ComponentChildren }) {
  const { data: offer, reload } = useResource<TrainingOffer>('models/training-offer', POLL_MS);
  const tenths = Math.floor(decided / 10);
  useEffect(() => {
    if (tenths > 0) reload();
  }, [tenths, reload]);
  if (offer === undefined || !offer.isDue) return null;
  return (
    <section class="card training-offer" aria-label={words.title}>
      <h2>{words.title}</h2>
      <p>
        {words.decided(offer.decided, offer.learnt)} {sentencesOf(offer).join(' ')}
      </p>
      <p>{children}</p>
    </section>
  );
}
