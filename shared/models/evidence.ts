// A reason of a model, as results keep it.

/** A term of a document and what it adds to the margin of the label and of the runner-up. */
export interface EvidenceTerm {
  term: string;
  weight: number;
  runner_up_weight: number;
  /** Other terms of the document fall into the same bucket; the weight is shared by counts. */
  collision?: true;
  /** No term, but `like` and the label of a labelled document near to this one; the weight is their cosine. */
  like?: true;
}
