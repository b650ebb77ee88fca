/** What the fit of a linear model makes small: see linear-svm.ts and logistic-regression.ts. */
export const LOSSES = ['squared-hinge', 'logistic'] as const;
export type Loss = (typeof LOSSES)[number];
