// Labels that descriptions alone gave and that hardly anybody has looked at, as GET /api/guide and GET /api/trust tell them.

export interface UncheckedDescriptions {
  /** Documents whose newest label an encoder gave by the descriptions alone. */
  documents: number;
  /** Documents with such a label that a person decided afterwards, and how many of them kept it. */
  checked: number;
  right: number;
  /** Checks from which nobody is warned any more. */
  wanted: number;
  /** The encoder was tried at its import and did not understand the language of these documents; null: it did, or that is not known. */
  foreign: {
    encoder: string;
    /** ISO 639-1 */
    language: string;
    /** Of `documents`, in that language. */
    documents: number;
    /** Languages it understands, ISO 639-1. */
    understands: string[];
  } | null;
}
