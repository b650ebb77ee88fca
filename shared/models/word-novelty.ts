// Whether a text is unlike everything labelled, by its words alone: most of them stand in no labelled document.
// Invariants: N1 never below MOST: documents from elsewhere hold more new words than held-out rows do (of the demo's documents up to 46 %, of 99 in
// a hundred of its labelled rows at most 15 %) and are no less what they are for it. N2 it depends on the text and the model's terms only, never on the label or how sure it is.

/** Share of new words below which no text is called foreign. */
export const MOST = 0.5;

/** Kept in the model's manifest: a document is foreign when the share of its words that stand in no labelled document lies above `above`. */
export interface WordNovelty {
  above: number;
  /** Share of held-out documents of known labels that lie above, and of documents whose label was left out. */
  known: number;
  leftOut: number;
  samples: number;
}
