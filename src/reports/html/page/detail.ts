/**
 * Everything about one photo: picture, choice, and each face with its eyes, sharpness and reasons.
 */
import type { ReportData } from '../data.js';
import { choiceButtons } from './choice-buttons.js';
import type { Choice, Choices } from './choices.js';
import { button, element } from './dom.js';
import { faceBoxes, meters, reasonLine } from './face.js';
import type { Photo } from './photos.js';

export interface DetailEvents {
  choose(photo: Photo, choice: Choice | undefined): void;
  close(): void;
}

export class Detail {
  readonly root = element('aside', { class: 'detail', 'aria-label': 'Photo' });

  constructor(private readonly report: ReportData, private readonly choices: Choices, private readonly events: DetailEvents) {}

  show(photo: Photo | undefined): void {
    if (photo === undefined) {
      this.root.replaceChildren(element('p', { class: 'empty' }, 'Choose a photo.'));
      return;
    }
    this.root.replaceChildren(element('div', {},
      element('header', {},
        element('h2', {}, photoLink(photo, this.report)),
        button('✕', 'Close (Esc)', () => { this.events.close(); }, 'close')),
      this.picture(photo),
      element('p', { class: 'judged' }, verdictChip(this.choices.verdict(photo)), this.explanation(photo)),
      choiceButtons(this.choices.of(photo), (choice) => { this.events.choose(photo, choice); }),
      ...photo.faces.map((_, index) => this.face(photo, index))));
    this.root.scrollTop = 0;
  }

  private explanation(photo: Photo): string {
    const reasons = photo.error ?? (photo.reasons.length > 0 ? photo.reasons.join('; ') : 'nothing speaks against it');
    return this.choices.of(photo) === undefined ? reasons : `Your choice. The tool says ${photo.verdict}: ${reasons}`;
  }

  private picture(photo: Photo): HTMLElement | undefined {
    const source = photo.thumbnail();
    if (source === undefined) return undefined;
    return element('div', { class: 'whole' }, element('img', { src: source, alt: '' }), faceBoxes(photo));
  }

  private face(photo: Photo, index: number): HTMLElement | undefined {
    const face = photo.faces[index];
    if (face === undefined) return undefined;
    const pictures = photo.pictures(index);
    return element('section', { class: 'face' },
      photo.faces.length > 1 ? element('h3', {}, `Face ${String(index + 1)}`) : undefined,
      pictures.face === undefined ? undefined : element('img', { class: 'portrait', src: pictures.face, alt: `Face ${String(index + 1)}` }),
      element('div', { class: 'measures' },
        ...meters(face, pictures, this.report), reasonLine(face, this.report)));
  }
}

/** A verdict as a coloured word. */
export function verdictChip(verdict: string): HTMLElement {
  return element('span', { class: `verdict tone-${verdict}` }, verdict);
}

/** The photo's name, leading to the file where it is known where that lies. */
export function photoLink(photo: Photo, report: ReportData): HTMLElement {
  if (report.photosAt === undefined) return element('span', {}, photo.photo);
  const href = report.photosAt + photo.photo.split('/').map(encodeURIComponent).join('/');
  return element('a', { href, target: '_blank', rel: 'noopener', title: 'Open the photo' }, photo.photo);
}
