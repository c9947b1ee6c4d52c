/**
 * The HTML report: one file that opens from disk and lets a person look at the photos and choose.
 */
import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { Config } from '../../config/schema.js';
import type { EyeThresholds } from '../../pipeline/verdict.js';
import { createReportFile } from '../../files/growing-file.js';
import type { ResultSink } from '../../run/sink.js';
import { photoBlocks } from './blocks.js';
import type { ReportData } from './data.js';
import { documentHead, documentTail } from './document.js';

/** What the page says besides the results. */
export interface HtmlReportContext {
  /** The folder that the results' `photo` names are relative to; the page links to the photos there. */
  readonly folder: string;
  /** Drawn as marks on the bars of the eyes; no marks where it is not known. */
  readonly eyes: EyeThresholds | undefined;
  /** Its thresholds are drawn as marks on the bars of sharpness. */
  readonly blur: Config['blur'];
}

/**
 * Begins an HTML report.
 * @param path the file to write; put in place when the report is complete
 * @throws UsageError where the file cannot be written
 */
export async function createHtmlReport(path: string, context: HtmlReportContext): Promise<ResultSink> {
  const head = documentHead(reportData(path, context));
  const tail = documentTail();
  const file = await createReportFile(path, head);
  return {
    write: (result) => file.append(photoBlocks(result)),
    finish: async () => {
      await file.append(tail);
      await file.commit();
    },
    abandon: async () => {
      await file.append(tail);
      await file.keepPartial();
    },
    discard: () => file.discard(),
  };
}

function reportData(path: string, { folder, eyes, blur }: HtmlReportContext): ReportData {
  return {
    title: basename(resolve(folder)) || 'Photos',
    photosAt: folderLink(path, folder),
    eyeMarks: eyes === undefined ? [] : [eyes.closed_below, eyes.open_above],
    sharpnessMarks: [blur.blurred_below, blur.sharp_above],
  };
}

function folderLink(path: string, folder: string): string {
  const parts = relative(dirname(resolve(path)), resolve(folder)).split(sep).filter((part) => part !== '');
  return ['.', ...parts.map(encodeURIComponent)].join('/') + '/';
}
