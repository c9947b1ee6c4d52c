/**
 * Photos side by side: above the whole of each, below it the same person at 100 % in each of them.
 */
import { button, element } from '../../reports/html/page/dom.js';
import { faceBoxes } from '../../reports/html/page/face.js';
import { shortName } from '../../reports/html/page/name.js';
import type { ReviewFace, ReviewPhoto } from '../data.js';
import { fetchPhoto, fittedAt } from './api.js';
import { choiceBar, type Act } from './choice-bar.js';
import { hiddenIfUnread, replaceChildren } from './images.js';
import type { Model } from './model.js';
import { faceAt100, faceFacts } from './strip.js';

/** px; several stand side by side. */
const side = 1024;

export class Compare {
  readonly root = element('section', { class: 'side-by-side', 'aria-label': 'Compare' });
  private readonly head = element('header', {});
  private readonly columns = element('div', { class: 'columns', tabindex: '-1' });
  private ids: readonly number[] = [];
  private known = new Map<number, ReviewPhoto>();
  /** Place in the list of people; -1: all, below each other. */
  private person = -1;

  constructor(private readonly model: Model, private readonly act: Act, private readonly pick: (id: number) => void) {
    this.root.append(this.head, this.columns);
  }

  get photos(): readonly number[] {
    return this.ids;
  }

  show(ids: readonly number[]): void {
    this.ids = ids;
    this.person = -1;
    this.known = new Map();
    this.draw();
    for (const id of ids) {
      fetchPhoto(id).then((photo) => {
        this.known.set(id, photo);
        if (this.ids === ids && this.known.size === ids.length) this.draw();
      }, () => undefined);
    }
  }

  /** The photos are not to be seen any more. */
  leave(): void {
    this.ids = [];
    replaceChildren(this.columns);
  }

  refresh(): void {
    if (this.ids.length > 0) this.draw();
  }

  /** One person of all, then the next, then all again. */
  nextFace(): void {
    const people = this.people().length;
    this.person = this.person + 1 >= people ? -1 : this.person + 1;
    this.draw();
  }

  /** The photo to the right or left becomes the one that keys apply to. */
  next(by: number): number {
    const at = this.ids.indexOf(this.model.cursor);
    return this.ids[Math.min(Math.max(at + by, 0), this.ids.length - 1)] ?? this.model.cursor;
  }

  private draw(): void {
    const people = this.people();
    const scene = this.model.items[this.ids[0] ?? -1]?.scene;
    const isScene = scene !== undefined && this.ids.every((id) => this.model.items[id]?.scene?.scene === scene.scene);
    this.head.replaceChildren(
      element('h2', {}, isScene ? `Scene ${String(scene.scene)}: ${String(this.ids.length)} frames` : `${String(this.ids.length)} photos`),
      element('span', { class: 'faces' },
        people.length > 1 ? button('Next face', 'One person in all frames (n)', () => { this.nextFace(); }) : undefined,
        people.length < 2 ? '' : this.person < 0 ? `all ${String(people.length)} people` : `person ${String(this.person + 1)} of ${String(people.length)}`));
    const { scrollLeft: left, scrollTop: top } = this.columns;
    replaceChildren(this.columns, ...this.ids.map((id) => this.column(id, people)));
    this.columns.scrollTo(left, top);
    this.columns.querySelector('.focus')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }

  private column(id: number, people: readonly (ReadonlyMap<number, number>)[]): HTMLElement {
    const item = this.model.items[id];
    const known = this.known.get(id);
    const verdict = this.model.verdict(id);
    const shown = this.person < 0 ? people : people.slice(this.person, this.person + 1);
    const column = element('section', { class: id === this.model.cursor ? 'column focus' : 'column' },
      element('h3', { title: item?.photo ?? '' },
        element('span', { class: `verdict tone-${verdict ?? 'unknown'}` }, verdict ?? '…'), shortName(item?.photo.split('/').at(-1) ?? '')),
      element('div', { class: 'whole' }, wholePicture(id, item?.photo ?? '', known), known === undefined ? undefined : faceBoxes(known)),
      element('p', { class: 'why-scene' }, item?.scene?.reason ?? item?.reasons ?? ''),
      choiceBar(this.model.choices.get(id), { ...this.act, choose: (change) => { this.pick(id); this.act.choose(change); } }),
      ...shown.map((faces) => this.face(id, known, faces.get(id))));
    // Each part as high as in the frames beside it: eyes go from one frame to the next on one line.
    column.style.gridRow = `span ${String(column.childElementCount)}`;
    column.addEventListener('pointerdown', () => { if (this.model.cursor !== id) this.pick(id); });
    return column;
  }

  private face(id: number, known: ReviewPhoto | undefined, index: number | undefined): HTMLElement {
    const face: ReviewFace | undefined = index === undefined ? undefined : known?.faces[index];
    if (face === undefined || index === undefined) return element('section', { class: 'face-row' }, element('p', { class: 'empty' }, 'not found in this frame'));
    const label = `Face ${String(index + 1)}`;
    return element('section', { class: 'face-row' }, element('h4', {}, label), faceAt100(id, face, label),
      element('div', { class: 'measures' }, ...faceFacts(id, face, this.model.report)));
  }

  /** A map a person: which face it is in each photo. Where persons are not known, faces are counted from the left. */
  private people(): ReadonlyMap<number, number>[] {
    const people = new Map<number, Map<number, number>>();
    for (const id of this.ids) {
      const faces = this.known.get(id)?.faces ?? [];
      const fromLeft = faces.map((_, index) => index).sort((a, b) => (faces[a]?.box[0] ?? 0) - (faces[b]?.box[0] ?? 0));
      for (const [index, face] of faces.entries()) {
        const person = face.person ?? fromLeft.indexOf(index);
        people.set(person, (people.get(person) ?? new Map<number, number>()).set(id, index));
      }
    }
    // Who is in most frames comes first: the people whom the scene is about.
    return [...people].sort((a, b) => b[1].size - a[1].size || a[0] - b[0]).map(([, faces]) => faces);
  }
}

/** The whole of a photo, which takes its room before it is there. */
function wholePicture(id: number, name: string, known: ReviewPhoto | undefined): HTMLImageElement {
  const size = known === undefined || known.width === 0 ? {} : { width: String(known.width), height: String(known.height) };
  return hiddenIfUnread(element('img', { src: fittedAt(id, side), alt: name, ...size }));
}
