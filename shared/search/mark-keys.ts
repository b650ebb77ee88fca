// How a row of the results and what was indexed of it are known to belong together: by 64 bits of MD5 of the document and of what the entry was read
// from. A text is read from the same bytes however often it is decided; reasons are of one decision.
// Invariant: M1 an entry counts while a row that counts has its key: what was decided anew, replaced or erased is not found, however old the index is.
// (Two of a million documents have one key with a chance of 10^-7; then one is found by a text that was the other's, of which its owner shows nothing.)

/** SQL over `results`. Worked out by DuckDB alone, for rows and for entries. */
const ofDocument = (mark: string): string => `md5_number_lower(document_id || ${mark})`;

export const TEXT_KEY = ofDocument(`' t:' || coalesce(content_sha256, source_etag, '') || ':' || coalesce(chars, 0)`);
export const REASON_KEY = ofDocument(`' r:' || run_id || ':' || epoch_us(processed_at)`);

/** A document by 52 bits, an exact number. */
export const DOCUMENT_KEY = '(md5_number_lower(document_id) >> 12)::DOUBLE';

/** Rows whose texts and reasons are searched. */
export const SEARCHED = "failure_code IS DISTINCT FROM 'document.erased'";
/** Of them, those with a text. */
export const HAS_TEXT = 'coalesce(chars, 0) > 0';
