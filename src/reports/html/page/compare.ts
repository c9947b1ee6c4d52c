/**
 * Two or more photos side by side, the same face of each, zoomed and moved together.
 */
import type { FaceData, ReportData } from '../data.js';
import { choiceButtons } from './choice-buttons.js';
import type { Choice, Choices } from './choices.js';
import { photoLink, verdictChip } from './detail.js';
import { button, element } from './dom.js';
import { meters, reasonLine } from './face.js';
import type { Photo } from './photos.js';

const maxZoom = 8;

export class Compare {
  readonly root = element('dialog', { class: 'compare', 'aria-label': 'Compare photos' });
  private readonly stage = element('div', { class: 'columns', tabindex: '-1', autofocus: '' });
  private readonly zoomSlider = element('input', { type: 'range', min: '1', max: String(maxZoom), step: '0.1', 'aria-label': 'Zoom' });
  private readonly faceLabel = element('span', { class: 'face-label' });
  private photos: readonly Photo[] = [];
  private focus = 0;
  private place = 0;
  private zoom = 1;
  private shift = { x: 0, y: 0 };

  constructor(
    private readonly report: ReportData,
    private readonly choices: Choices,
    private readonly choose: (photo: Photo, choice: Choice | undefined) => void,
  ) {
    this.zoomSlider.addEventListener('input', () => { this.zoomTo(Number(this.zoomSlider.value)); });
    this.root.append(element('header', {},
      element('h2', {}, 'Compare'),
      element('span', { class: 'faces' },
        button('‹', 'The face to the left ([)', () => { this.turnFace(-1); }), this.faceLabel,
        button('›', 'The face to the right (])', () => { this.turnFace(1); })),
      element('label', { class: 'zoom' }, 'Zoom', this.zoomSlider),
      button('✕', 'Close (Esc)', () => { this.root.close(); }, 'close')), this.stage);
    this.listen();
  }

  get isOpen(): boolean {
    return this.root.open;
  }

  /** The photo that keys apply to. */
  get current(): Photo | undefined {
    return this.photos[this.focus];
  }

  show(photos: readonly Photo[]): void {
    this.photos = photos;
    this.focus = 0;
    this.place = 0;
    this.shift = { x: 0, y: 0 };
    this.draw();
    this.zoomTo(1);
    this.root.showModal();
  }

  /** Keys while the photos are compared, the choices apart. @returns whether the key meant something */
  key(key: string): boolean {
    switch (key) {
      case 'ArrowLeft': this.move(-1); return true;
      case 'ArrowRight': this.move(1); return true;
      case '[': this.turnFace(-1); return true;
      case ']': this.turnFace(1); return true;
      case '+': case '=': case 'ArrowUp': this.zoomTo(this.zoom * 1.25); return true;
      case '-': case 'ArrowDown': this.zoomTo(this.zoom / 1.25); return true;
      case 'c': this.root.close(); return true;
      default: return false;
    }
  }

  draw(): void {
    const faces = Math.max(...this.photos.map((photo) => photo.faces.length));
    this.faceLabel.textContent = faces > 1 ? `face ${String(this.place + 1)} of ${String(faces)}, from the left` : 'one face each';
    this.stage.replaceChildren(...this.photos.map((photo, index) => this.column(photo, index)));
    this.applyZoom();
    this.stage.children[this.focus]?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }

  private move(by: number): void {
    this.focus = Math.min(Math.max(this.focus + by, 0), this.photos.length - 1);
    this.draw();
  }

  private turnFace(by: number): void {
    const faces = Math.max(1, ...this.photos.map((photo) => photo.faces.length));
    this.place = (this.place + by + faces) % faces;
    this.draw();
  }

  private zoomTo(zoom: number): void {
    this.zoom = Math.min(Math.max(zoom, 1), maxZoom);
    if (this.zoom === 1) this.shift = { x: 0, y: 0 };
    this.zoomSlider.value = String(this.zoom);
    this.applyZoom();
  }

  private applyZoom(): void {
    const reach = 50 * (this.zoom - 1);
    this.shift = { x: within(this.shift.x, reach), y: within(this.shift.y, reach) };
    for (const image of this.stage.querySelectorAll<HTMLElement>('.zoomed')) {
      image.style.transform = `translate(${String(this.shift.x)}%, ${String(this.shift.y)}%) scale(${String(this.zoom)})`;
    }
  }

  private column(photo: Photo, index: number): HTMLElement {
    const { face, number } = faceAt(photo, this.place);
    const pictures = number === undefined ? undefined : photo.pictures(number);
    const source = pictures?.face ?? photo.thumbnail();
    const verdict = this.choices.verdict(photo);
    const column = element('section', { class: index === this.focus ? 'column focus' : 'column' },
      element('h3', {}, verdictChip(verdict), photoLink(photo, this.report)),
      element('div', { class: 'lens' },
        source === undefined ? undefined : element('img', { class: 'zoomed', src: source, alt: '', draggable: 'false' })),
      ...(face === undefined || pictures === undefined
        ? [element('p', { class: 'empty' }, photo.error ?? 'No such face in this photo.')]
        : [...meters(face, pictures, this.report), reasonLine(face, this.report)]),
      choiceButtons(this.choices.of(photo), (choice) => { this.choose(photo, choice); }));
    column.addEventListener('pointerdown', () => { this.setFocus(index); });
    return column;
  }

  /** Marks a column without drawing it anew, so that what was pressed in it still gets its click. */
  private setFocus(index: number): void {
    this.focus = index;
    [...this.stage.children].forEach((column, position) => { column.classList.toggle('focus', position === index); });
  }

  private listen(): void {
    this.stage.addEventListener('wheel', (event) => {
      if (!inLens(event.target)) return;
      event.preventDefault();
      this.zoomTo(this.zoom * Math.exp(-event.deltaY / 400));
    }, { passive: false });
    this.stage.addEventListener('pointermove', (event) => {
      if (event.buttons === 0 || !inLens(event.target) || !(event.target instanceof Element)) return;
      const { width, height } = event.target.getBoundingClientRect();
      const zoomed = event.target.classList.contains('zoomed') ? this.zoom : 1;
      this.shift = {
        x: this.shift.x + (100 * event.movementX * zoomed) / width,
        y: this.shift.y + (100 * event.movementY * zoomed) / height,
      };
      this.applyZoom();
    });
  }
}

/** Faces are counted from the left: people of a group keep their places from frame to frame, their sizes change. */
function faceAt(photo: Photo, place: number): { face: FaceData | undefined; number: number | undefined } {
  const ordered = photo.faces.map((face, number) => ({ face, number })).sort((a, b) => a.face.box[0] - b.face.box[0]);
  const found = ordered[place];
  return { face: found?.face, number: found?.number };
}

function inLens(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('.lens') !== null;
}

function within(value: number, reach: number): number {
  return Math.min(Math.max(value, -reach), reach);
}
