/**
 * Saves all photos with the verdict that counts; `pipeline sort` reads the CSV as it reads a report.
 */
import { element } from './dom.js';
import type { Choices } from './choices.js';
import type { Photo } from './photos.js';

/** CSV, RFC 4180: photo, verdict, stars, chosen_by (me or tool), tool_verdict, reasons, file_size, file_modified. */
export function choicesCsv(photos: readonly Photo[], choices: Choices): string {
  const rows = photos.map((photo) => Object.values(rowOf(photo, choices)).map((value) => cell(String(value))).join(','));
  return ['photo,verdict,stars,chosen_by,tool_verdict,reasons,file_size,file_modified', ...rows, ''].join('\r\n');
}

/** The same as JSON. */
export function choicesJson(photos: readonly Photo[], choices: Choices): string {
  return `${JSON.stringify(photos.map((photo) => rowOf(photo, choices)), undefined, 1)}\n`;
}

/** Hands a text to the reader as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element('a', { href: url, download: name });
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 10_000);
}

interface Row {
  readonly photo: string;
  readonly verdict: string;
  readonly stars: number;
  readonly chosen_by: 'me' | 'tool';
  readonly tool_verdict: string;
  readonly reasons: string;
  /** Of the photo's file; empty where they are not known. */
  readonly file_size: number | '';
  readonly file_modified: string;
}

function rowOf(photo: Photo, choices: Choices): Row {
  const choice = choices.of(photo);
  return {
    photo: photo.photo,
    verdict: choices.verdict(photo),
    stars: choices.stars(photo),
    chosen_by: choice === undefined ? 'tool' : 'me',
    tool_verdict: photo.verdict,
    reasons: photo.reasons.join('; '),
    file_size: photo.file?.[0] ?? '',
    file_modified: photo.file?.[1] ?? '',
  };
}

/** Quoted where needed; an apostrophe keeps spreadsheets from running a name as a formula, as in the CSV report. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r'＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
