// What Azurite notes of a block blob that was put there in one piece, without a wish about its tier.

export const PLAIN_PROPERTIES = {
  blobType: 'BlockBlob',
  leaseStatus: 'unlocked',
  leaseState: 'available',
  serverEncrypted: true,
  accessTier: 'Hot',
  accessTierInferred: true,
} as const;
