// What a start is asked for.

export interface StartOptions {
  once: boolean;
  json: boolean;
  data: string;
  port: number;
  taxonomy?: string;
  maxCost?: number;
  llm: boolean;
  quote: boolean;
  /** The folder plays a library of SharePoint, or a mailbox of Exchange, instead of being imported. */
  source?: 'sharepoint' | 'exchange';
  /** No samples, no labels, no model: whoever opens the page begins. */
  empty?: boolean;
  /** Build page and documentation beside the start: npm start has compiled the rest only. */
  buildPage?: boolean;
}

export interface StartOrder {
  options: StartOptions;
  /** Folder of the demo. */
  samples: string;
  /** What is classified, or plays a source. */
  documents: string;
  /** The user has named it; else those of the demo are meant. */
  hasFolder: boolean;
  /** The document of --taxonomy. */
  own: unknown;
}
