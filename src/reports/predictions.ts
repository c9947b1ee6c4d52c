/**
 * What an evaluation made of each image, as CSV (RFC 4180).
 */
import { stringify } from 'csv-stringify/sync';
import type { ImagePrediction } from '../train/data/evaluate.js';
import { escaped } from './csv.js';

/** A row an image, in the order of the images. */
export function predictionsCsv(predictions: readonly ImagePrediction[]): string {
  return stringify(predictions.map(({ path, label, open, verdict, reasons }) => ({
    path: escaped(path), label, open: open?.toFixed(4), verdict, kept_closed: label === 'closed' && verdict === 'keep' ? 'yes' : 'no',
    reasons: escaped(reasons.join('; ')),
  })), { header: true, columns: ['path', 'label', 'open', 'verdict', 'kept_closed', 'reasons'], record_delimiter: '\r\n', quoted_match: /[\r\n]/ });
}
