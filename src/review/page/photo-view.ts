/**
 * One photo with all that is known of it: the picture, its faces at 100 %, what speaks against it, and the choice.
 */
import { readReason } from '../../core/face-reason.js';
import { button, element } from '../../reports/html/page/dom.js';
import type { ReviewPhoto } from '../data.js';
import { fetchPhoto } from './api.js';
import { choiceBar, type Act } from './choice-bar.js';
import { letGo, replaceChildren } from './images.js';
import { Loupe, fittedPhoto } from './loupe.js';
import type { Model } from './model.js';
import { faceAt100, faceFacts } from './strip.js';

/** Milliseconds after which somebody looks at a photo and does not leaf on: its faces at 100 % are fetched then. */
const settling = 200;
/** Photos that are made ready, in the order of it: on from the one that is shown, the way that somebody goes, and the one behind. */
const ahead = [1, 2, 3, -1];
/** Photos that load at once, unless one more is to be seen now: with more of them, none would be there soon. */
const atOnce = 2;
/** Photos that are kept ready; who goes back and forth finds them again. */
const mostReady = 10;

export class PhotoView {
  readonly root = element('section', { class: 'photo-view', 'aria-label': 'Photo' });
  readonly loupe = new Loupe();
  private readonly side = element('aside', { class: 'side' });
  private id = -1;
  /** 1: on, -1: back. */
  private way = 1;
  private face = -1;
  private settled = 0;
  private known: ReviewPhoto | undefined;
  /** Those that were wanted last come last. */
  private readonly ready = new Map<number, HTMLImageElement>();

  constructor(private readonly model: Model, private readonly act: Act) {
    this.root.append(this.loupe.root, this.side);
  }

  show(id: number): void {
    const isOther = id !== this.id;
    if (isOther) this.way = id < this.id ? -1 : 1;
    this.id = id;
    this.makeReady();
    if (isOther) {
      this.known = undefined;
      this.face = -1;
      this.loupe.show(id, this.ready.get(id) ?? fittedPhoto(id));
      this.side.scrollTop = 0;
      clearTimeout(this.settled);
      this.settled = setTimeout(() => {
        this.settled = 0;
        this.draw();
      }, settling);
    }
    this.draw();
    if (this.model.items[id]?.verdict === undefined) return;
    fetchPhoto(id).then((known) => {
      if (this.id !== id) return;
      this.known = known;
      this.loupe.describe(known);
      this.draw();
    }, () => undefined);
  }

  /** The choice has changed, or what is known. */
  refresh(): void {
    if (this.id >= 0) this.draw();
  }

  /** 100 % on the next face, largest first. */
  nextFace(): void {
    const faces = this.known?.faces ?? [];
    if (faces.length === 0) return;
    this.face = (this.face + 1) % faces.length;
    this.lookAt(this.face);
  }

  private lookAt(index: number): void {
    const face = this.known?.faces[index];
    if (face === undefined) return;
    this.loupe.focus({ x: face.look[0], y: face.look[1] });
    this.loupe.light([index]);
  }

  private draw(): void {
    const item = this.model.items[this.id];
    if (item === undefined) return;
    const verdict = this.model.verdict(this.id);
    const scene = item.scene;
    replaceChildren(this.side,
      element('h2', {}, item.photo),
      element('p', { class: 'judged' },
        element('span', { class: `verdict tone-${verdict ?? 'unknown'}` }, verdict ?? 'not judged yet'),
        verdict === item.verdict || item.verdict === undefined ? '' : `The tool says ${item.verdict}.`,
        element('span', { class: 'place' }, `${String(this.model.shown.indexOf(this.id) + 1)} of ${String(this.model.shown.length)}`)),
      choiceBar(this.model.choices.get(this.id), this.act),
      ...(scene === undefined ? [] : [element('p', { class: 'scene' },
        `Scene ${String(scene.scene)}, ${String(scene.frames)} frames: ${scene.reason}. `,
        button('Compare', 'Compare the frames of the scene (c)', () => { this.act.compare(); }))]),
      this.reasons(),
      ...(this.known?.faces ?? []).map((face, index) => {
        const label = `Face ${String(index + 1)}`;
        const section = element('section', { class: 'face-facts', tabindex: '0' }, element('h3', {}, label),
          ...(this.settled === 0 ? [
            faceAt100(this.id, face, label), element('div', { class: 'measures' }, ...faceFacts(this.id, face, this.model.report)),
          ] : [element('div', { class: 'face-100' })]));
        this.lightOn(section, [index]);
        section.querySelector('.face-100')?.addEventListener('click', () => { this.lookAt(index); });
        return section;
      }));
  }

  /** Reasons name faces; whoever points at one sees which. */
  private reasons(): HTMLElement {
    const { known } = this;
    const said = known === undefined ? [] : known.error === undefined ? known.reasons : [known.error];
    if (known !== undefined && said.length === 0) return element('p', { class: 'reasons' }, 'Nothing speaks against it.');
    return element('ul', { class: 'reasons' }, ...said.map((reason) => {
      const line = element('li', { tabindex: '0' }, reason);
      const { faces } = readReason(reason);
      if (faces.length > 0) this.lightOn(line, faces.map((number) => number - 1));
      else if (known?.faces.length === 1) this.lightOn(line, [0]);
      return line;
    }));
  }

  private lightOn(target: HTMLElement, faces: readonly number[]): void {
    for (const begin of ['pointerenter', 'focus']) target.addEventListener(begin, () => { this.loupe.light(faces); });
    for (const end of ['pointerleave', 'blur']) target.addEventListener(end, () => { this.loupe.light([]); });
  }

  /** Decodes the next photos before they are asked for; those that have gone by are not waited for. */
  private makeReady(): void {
    const wanted = new Set([this.id, ...ahead.map((by) => this.model.next(by * this.way))]);
    for (const [id, image] of this.ready) {
      if (wanted.has(id) || (image.naturalWidth > 0 && this.ready.size <= mostReady)) continue;
      letGo(image);
      this.ready.delete(id);
    }
    for (const id of wanted) {
      const image = this.ready.get(id) ?? (id === this.id || this.loading() < atOnce ? this.begin(id) : undefined);
      if (image === undefined) return;
      this.ready.delete(id);
      this.ready.set(id, image);
    }
  }

  private loading(): number {
    return [...this.ready.values()].filter(({ complete }) => !complete).length;
  }

  /** Loads and decodes a photo, and then the next one that is wanted. */
  private begin(id: number): HTMLImageElement {
    const image = fittedPhoto(id);
    if (this.model.items[id]?.verdict !== undefined) fetchPhoto(id).catch(() => undefined);
    image.decode().catch(() => undefined).finally(() => { if (this.ready.get(id) === image) this.makeReady(); });
    return image;
  }
}
