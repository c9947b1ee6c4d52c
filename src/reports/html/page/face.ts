/**
 * Draws what was found on a face: boxes on a photo, eyes with their probability, a bar of sharpness, reasons in words.
 */
import type { EyeData, FaceData, PhotoData, ReportData } from '../data.js';
import { element, svg } from './dom.js';
import { faceTone, type FacePictures } from './photos.js';

/** Boxes of all faces, coloured by what was found; laid over a picture of the photo that is shown whole. */
export function faceBoxes(photo: PhotoData): SVGElement {
  const boxes = photo.faces.map((face) => {
    const [x, y, width, height] = face.box;
    return svg('rect', {
      x: String(x), y: String(y), width: String(width), height: String(height), rx: String(width * 0.06),
      class: `tone-${faceTone(face)}${face.bystander ? ' bystander' : ''}`,
    });
  });
  return svg('svg', { class: 'boxes', viewBox: `0 0 ${photo.width} ${photo.height}`, 'aria-hidden': 'true' }, ...boxes);
}

/** Both eyes side by side as they stand in the photo: the person's right eye first. */
export function eyePair(face: FaceData, pictures: FacePictures, report: ReportData): HTMLElement {
  return element('div', { class: 'eyes' },
    eyeFigure('right eye', face.right, pictures.right, report), eyeFigure('left eye', face.left, pictures.left, report));
}

/** A bar of sharpness, 0 to 100, with marks where blurred ends and sharp begins. */
export function sharpnessBar(face: FaceData, report: ReportData): HTMLElement {
  const tone = { sharp: 'keep', unsure: 'review', blurred: 'reject' }[face.blur];
  const words = { sharp: 'sharp', unsure: 'may be blurred', blurred: 'blurred' }[face.blur];
  return element('div', { class: 'measure' },
    element('span', {}, 'Sharpness'), bar(face.sharpness, 100, report.sharpnessMarks, tone),
    element('span', { class: `value tone-${tone}` }, `${Math.round(face.sharpness)} ${words}`));
}

/** What speaks against a face, or that nothing does. */
export function reasonLine(face: FaceData): HTMLElement {
  const said = face.reasons.length > 0 ? face.reasons.join('; ') : 'eyes open, sharp';
  const note = face.bystander ? ' (bystander: does not decide)' : '';
  return element('p', { class: `reason tone-${faceTone(face)}` }, said + note);
}

function eyeFigure(name: string, eye: EyeData, picture: string | undefined, report: ReportData): HTMLElement {
  const tone = { open: 'keep', unsure: 'review', unknown: 'unknown', closed: 'reject' }[eye.state];
  const image = picture === undefined
    ? element('div', { class: 'no-eye' }, 'not seen')
    : element('img', { src: picture, alt: `${name}, ${eye.state}`, draggable: 'false' });
  const figure = element('figure', { class: 'eye' }, image,
    eye.open === undefined ? undefined : bar(eye.open, 1, report.eyeMarks, tone),
    element('figcaption', {}, element('span', {}, name),
      element('span', { class: `value tone-${tone}` }, eye.open === undefined ? 'unknown' : `${eye.open.toFixed(2)} ${eye.state}`)));
  if (eye.reason !== undefined) figure.title = eye.reason;
  return figure;
}

function bar(value: number, top: number, marks: readonly number[], tone: string): SVGElement {
  const x = (at: number): string => String((100 * Math.min(at, top)) / top);
  return svg('svg', { class: `bar tone-${tone}`, viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: '100', height: '8' }), svg('rect', { class: 'fill', width: x(value), height: '8' }),
    ...marks.map((mark) => svg('line', { x1: x(mark), x2: x(mark), y1: '0', y2: '8' })));
}
