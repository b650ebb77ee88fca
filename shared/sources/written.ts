// What a decision says in columns of a library.
export interface Written {
  label: string;
  /** 0..1, two digits */
  confidence: number;
}
