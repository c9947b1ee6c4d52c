/**
 * The HTML report: one file that opens from disk and lets a person look at the photos and choose.
 */
import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { Config } from '../../pipeline/config.js';
import { faceStages } from '../../pipeline/face-stages.js';
import { withSettings } from '../../pipeline/stages.js';
import { createReportFile } from '../../files/growing-file.js';
import type { ResultSink } from '../../run/sink.js';
import { photoBlocks } from './blocks.js';
import type { ReportData } from './data.js';
import { documentHead, documentTail } from './document.js';

/** What the page says besides the results. */
export interface HtmlReportContext {
  /** The folder that the results' `photo` names are relative to; the page links to the photos there. */
  readonly folder: string;
  /** Its thresholds are drawn as marks on the bars. */
  readonly config: Config;
}

/**
 * Begins an HTML report.
 * @param path the file to write; put in place when the report is complete
 * @throws UsageError where the file cannot be written
 */
export async function createHtmlReport(path: string, context: HtmlReportContext): Promise<ResultSink> {
  const head = documentHead(await reportData(path, context));
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

/** What a page says of itself. */
export async function reportData(path: string, { folder, config }: HtmlReportContext): Promise<ReportData> {
  const marks = await Promise.all(withSettings(config).map(({ stage, settings }) => stage.page.marks(settings)));
  return {
    title: basename(resolve(folder)) || 'Photos',
    photosAt: folderLink(path, folder),
    marks: Object.fromEntries(marks.flatMap((each) => Object.entries(each))),
    orders: faceStages.flatMap(({ page: { order } }) => order === undefined ? [] : { value: order.value, text: order.text }),
    praise: faceStages.flatMap(({ page }) => page.praise ?? []).join(', '),
  };
}

function folderLink(path: string, folder: string): string {
  const parts = relative(dirname(resolve(path)), resolve(folder)).split(sep).filter((part) => part !== '');
  return ['.', ...parts.map(encodeURIComponent)].join('/') + '/';
}
