// Document Intelligence by the app's identity (role Cognitive Services User).

import type { TokenCredential } from '@azure/identity';
import { DocumentIntelligenceOcr } from './document-intelligence.ts';

/** Nothing is sent, and no identity is asked, before the first page image. */
export function openDocumentIntelligence(endpoint: string, credential: () => TokenCredential): DocumentIntelligenceOcr {
  return new DocumentIntelligenceOcr({
    endpoint,
    credential: { getToken: (...args) => credential().getToken(...args) },
  });
}
