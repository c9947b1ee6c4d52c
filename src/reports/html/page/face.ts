/**
 * Draws what was found on a face: boxes on a photo, eyes with their probability, a bar of sharpness, reasons in words.
 */
import type { FaceData, MeterData, PhotoData, ReportData } from '../data.js';
import { element, svg } from './dom.js';
import type { FacePictures } from './photos.js';

/** Boxes of all faces, coloured by what was found; laid over a picture of the photo that is shown whole. */
export function faceBoxes(photo: PhotoData): SVGElement {
  const boxes = photo.faces.flatMap((face, index) => {
    const [x, y, width, height] = face.box;
    const size = Math.max(width * 0.22, photo.width / 60);
    const tone = `tone-${face.tone}${face.bystander ? ' bystander' : ''}`;
    const box = svg('rect', {
      x: String(x), y: String(y), width: String(width), height: String(height), rx: String(width * 0.06),
      class: tone, 'data-face': String(index),
    });
    if (photo.faces.length === 1) return [box];
    // The number that reasons speak of. Above the face, or inside where there is no room.
    const text = svg('text', {
      x: String(x + size * 0.1), y: String(y > size * 1.2 ? y - size * 0.2 : y + size), 'font-size': String(size), class: tone, 'data-face': String(index),
    });
    text.textContent = String(index + 1);
    return [box, text];
  });
  return svg('svg', { class: 'boxes', viewBox: `0 0 ${String(photo.width)} ${String(photo.height)}`, 'aria-hidden': 'true' }, ...boxes);
}

/** What was measured: pictures of the eyes side by side, each with its bar; below them the other bars. */
export function meters(face: FaceData, pictures: FacePictures, report: ReportData): HTMLElement[] {
  const eyes = face.meters.filter(({ picture }) => picture !== undefined);
  return [
    element('div', { class: 'eyes' }, ...eyes.map((meter) => eyeFigure(meter, pictures, report))),
    ...face.meters.filter(({ picture }) => picture === undefined).map((meter) => meterLine(meter, report)),
  ];
}

function meterLine({ name, share, text, tone, hint }: MeterData, report: ReportData): HTMLElement {
  const line = element('div', { class: 'measure' },
    element('span', {}, name), share === undefined ? element('span', {}) : bar(share, report.marks[name] ?? [], tone),
    element('span', { class: `value tone-${tone}` }, text));
  if (hint !== undefined) line.title = hint;
  return line;
}

/** What speaks against a face, or that nothing does. */
export function reasonLine(face: FaceData, report: ReportData): HTMLElement {
  const said = face.reasons.length > 0 ? face.reasons.join('; ') : report.praise;
  const note = face.bystander ? ' (bystander: does not decide)' : '';
  return element('p', { class: `reason tone-${face.tone}` }, said + note);
}

function eyeFigure({ name, share, text, tone, picture, hint }: MeterData, pictures: FacePictures, report: ReportData): HTMLElement {
  const source = picture === undefined ? undefined : pictures[picture];
  const image = source === undefined
    ? element('div', { class: 'no-eye' }, 'not seen')
    : element('img', { src: source, alt: `${name}, ${text}`, draggable: 'false' });
  const figure = element('figure', { class: 'eye' }, image,
    share === undefined ? undefined : bar(share, report.marks[name] ?? [], tone),
    element('figcaption', {}, element('span', {}, name), element('span', { class: `value tone-${tone}` }, text)));
  if (hint !== undefined) figure.title = hint;
  return figure;
}

/** @param share 0 to 1 */
function bar(share: number, marks: readonly number[], tone: string): SVGElement {
  const x = (at: number): string => String(100 * Math.min(at, 1));
  return svg('svg', { class: `bar tone-${tone}`, viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: '100', height: '8' }), svg('rect', { class: 'fill', width: x(share), height: '8' }),
    ...marks.map((mark) => svg('line', { x1: x(mark), x2: x(mark), y1: '0', y2: '8' })));
}
