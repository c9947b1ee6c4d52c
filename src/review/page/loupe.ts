/**
 * One photo: fitted to the room that there is, or at 100 %, where each pixel of the camera is one of the screen. The pixels come
 * in tiles, only those in sight.
 */
import type { PhotoData } from '../../reports/html/data.js';
import { element } from '../../reports/html/page/dom.js';
import { faceBoxes } from '../../reports/html/page/face.js';
import { fittedAt, partAt, thumbnailSide } from './api.js';
import { hiddenIfUnread, letGo } from './images.js';

/** px of the photo. */
const tile = 512;
/**
 * px of the longest side that a photo is fitted to; the same for all windows, so that what is decoded ahead is what is shown. The most
 * common cameras have three times as many, which is opened sooner than other shares.
 */
const fittedSide = 2000;

/** The whole of a photo for the loupe, which begins to load; none is needed any more where its address is taken away. */
export function fittedPhoto(id: number): HTMLImageElement {
  return hiddenIfUnread(element('img', { class: 'whole-photo', alt: '', draggable: 'false', fetchpriority: 'high', src: fittedAt(id, fittedSide) }));
}

export class Loupe {
  readonly root = element('div', { class: 'loupe', tabindex: '-1' });
  private readonly sheet = element('div', { class: 'photo-sheet' });
  /** What the grid shows, until the whole photo is there. */
  private readonly preview = hiddenIfUnread(element('img', { class: 'preview', alt: '', draggable: 'false' }));
  private image = element('img', { class: 'whole-photo', alt: '' });
  private tiles = new Map<string, HTMLImageElement>();
  private photo: PhotoData | undefined;
  private id = -1;
  private full = false;
  /** Centre of what is seen at 100 %, px of the photo. */
  private center = { x: 0, y: 0 };

  constructor() {
    this.sheet.append(this.preview, this.image);
    this.root.append(this.sheet);
    new ResizeObserver(() => { this.place(); }).observe(this.root);
    this.root.addEventListener('click', (event) => { this.toggle(this.pointAt(event)); });
    this.root.addEventListener('pointermove', (event) => {
      if (!this.full || event.pointerType === 'touch') return;
      // The pointer's place in the room is its place in the photo: no drag is needed to get anywhere.
      const { left, top, width, height } = this.root.getBoundingClientRect();
      this.look((event.clientX - left) / width, (event.clientY - top) / height);
    });
    let touch: { x: number; y: number } | undefined;
    this.root.addEventListener('touchmove', (event) => {
      const [finger] = event.touches;
      if (!this.full || finger === undefined) return;
      event.preventDefault();
      if (touch !== undefined) this.pan(touch.x - finger.clientX, touch.y - finger.clientY);
      touch = { x: finger.clientX, y: finger.clientY };
    }, { passive: false });
    this.root.addEventListener('touchend', () => { touch = undefined; });
  }

  get isFull(): boolean {
    return this.full;
  }

  /** Shows another photo, fitted. @param image the whole of it, see `fittedPhoto` */
  show(id: number, image: HTMLImageElement): void {
    this.id = id;
    this.full = false;
    this.image.replaceWith(image);
    this.image = image;
    // The photo before must not stand under this one's name for as long as this one takes.
    if (image.complete && image.naturalWidth > 0) this.preview.removeAttribute('src');
    else {
      this.preview.src = fittedAt(id, thumbnailSide);
      image.addEventListener('load', () => { if (this.image === image) this.preview.removeAttribute('src'); }, { once: true });
    }
    this.describe(undefined);
  }

  /** Draws the boxes of its faces, as soon as they are known; without them, takes them away. */
  describe(photo: PhotoData | undefined): void {
    this.photo = photo;
    this.sheet.querySelector('.boxes')?.remove();
    if (photo !== undefined && photo.width > 0) this.sheet.append(faceBoxes(photo));
    this.place();
  }

  /** Lights these faces and no other, by their places in the list. */
  light(faces: readonly number[]): void {
    for (const mark of this.sheet.querySelectorAll<SVGElement>('[data-face]')) {
      mark.classList.toggle('lit', faces.some((face) => mark.dataset['face'] === String(face)));
    }
  }

  /** 100 % with this point in the middle, or fitted where it is 100 % already. Without a point the middle of the photo. */
  toggle(at?: { readonly x: number; readonly y: number }): void {
    if (this.photo === undefined || this.photo.width === 0) return;
    this.full = !this.full;
    if (this.full) this.center = at ?? { x: this.photo.width / 2, y: this.photo.height / 2 };
    this.place();
  }

  /** 100 % with this point in the middle. */
  focus(at: { readonly x: number; readonly y: number }): void {
    this.full = false;
    this.toggle(at);
  }

  /** Moves what is seen at 100 %, px of the screen. */
  pan(right: number, down: number): void {
    this.center = { x: this.center.x + right * devicePixelRatio, y: this.center.y + down * devicePixelRatio };
    this.place();
  }

  private look(across: number, down: number): void {
    const { width = 0, height = 0 } = this.photo ?? {};
    const [halfX, halfY] = [(this.root.clientWidth * devicePixelRatio) / 2, (this.root.clientHeight * devicePixelRatio) / 2];
    this.center = { x: halfX + across * Math.max(0, width - 2 * halfX), y: halfY + down * Math.max(0, height - 2 * halfY) };
    this.place();
  }

  private place(): void {
    const { width = 3, height = 2 } = this.photo ?? {};
    const room = { width: this.root.clientWidth, height: this.root.clientHeight };
    if (room.width === 0) return;
    this.root.classList.toggle('full', this.full);
    this.sheet.classList.toggle('unmeasured', this.photo === undefined || this.photo.width === 0);
    const scale = this.full ? 1 / devicePixelRatio : Math.min(room.width / width, room.height / height);
    this.sheet.style.width = `${String(width * scale)}px`;
    this.sheet.style.height = `${String(height * scale)}px`;
    const left = edge(room.width, width * scale, this.center.x * scale);
    const top = edge(room.height, height * scale, this.center.y * scale);
    this.sheet.style.transform = `translate(${String(Math.round(left))}px, ${String(Math.round(top))}px)`;
    this.drawTiles(scale, -left / scale, -top / scale, room.width / scale, room.height / scale);
  }

  private drawTiles(scale: number, left: number, top: number, width: number, height: number): void {
    const wanted = new Map<string, HTMLImageElement>();
    const { width: photoWidth = 0, height: photoHeight = 0 } = this.photo ?? {};
    if (this.full) {
      for (let y = Math.max(0, Math.floor(top / tile)) * tile; y < Math.min(photoHeight, top + height); y += tile) {
        for (let x = Math.max(0, Math.floor(left / tile)) * tile; x < Math.min(photoWidth, left + width); x += tile) {
          const key = `${String(this.id)} ${String(x)} ${String(y)}`;
          wanted.set(key, this.tiles.get(key) ?? this.tile(x, y, Math.min(tile, photoWidth - x), Math.min(tile, photoHeight - y), scale));
        }
      }
    }
    for (const [key, image] of this.tiles) {
      if (wanted.has(key)) continue;
      letGo(image);
      image.remove();
    }
    this.tiles = wanted;
  }

  private tile(x: number, y: number, width: number, height: number, scale: number): HTMLImageElement {
    const image = element('img', { class: 'tile', alt: '', draggable: 'false', src: partAt(this.id, x, y, width, height) });
    image.style.left = `${String(x * scale)}px`;
    image.style.top = `${String(y * scale)}px`;
    image.style.width = `${String(width * scale)}px`;
    image.style.height = `${String(height * scale)}px`;
    this.image.after(image);
    return image;
  }

  private pointAt(event: MouseEvent): { x: number; y: number } {
    const { left, top, width } = this.sheet.getBoundingClientRect();
    const scale = (this.photo?.width ?? 1) / width;
    return { x: (event.clientX - left) * scale, y: (event.clientY - top) * scale };
  }
}

/** Where a sheet begins so that a point of it is in the middle of the room, or its edge at the room's edge. */
function edge(room: number, sheet: number, center: number): number {
  if (sheet <= room) return (room - sheet) / 2;
  return Math.min(0, Math.max(room - sheet, room / 2 - center));
}
