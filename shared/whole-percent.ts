/**
 * A confidence in whole percent, downwards: 0.999 is 99, as no document is decided with 100 % that is not.
 * What was given in hundredths keeps its number (0.57 × 100 is a little below 57).
 */
export const wholePercent = (share: number): number => Math.floor(share * 100 + 1e-9);
