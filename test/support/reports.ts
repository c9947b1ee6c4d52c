/**
 * Reports of results that tests have made up.
 */
import type { PhotoResult } from '../../src/core/result.js';
import { createReport } from '../../src/reports/create.js';
import type { ReportHeader } from '../../src/reports/header.js';
import { loadConfig } from '../../src/pipeline/config.js';

export const header: ReportHeader = {
  format: 'portrait-pipeline report', format_version: 1, tool_version: '1.2.3', root: '/photos',
  config: { detect: { min_score: 0.6 } }, models: { 'a.onnx': '00'.repeat(32) },
};

/** Writes results as `pipeline run` does, in the format that the name ends in. */
export async function writeReport(path: string, results: readonly PhotoResult[]): Promise<void> {
  const report = await createReport(path, { folder: '/photos', config: loadConfig(), times: false, header: () => Promise.resolve(header) });
  for (const result of results) await report.write(result);
  await report.finish();
}
