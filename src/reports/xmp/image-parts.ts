/**
 * What of a photo's file a change of its stars and colours must not touch: found in the file's own structure, so that it can be
 * compared byte by byte before a changed file takes the place of the photo.
 *
 * JPEG (ITU-T T.81, annex B): everything but the XMP segments. TIFF 6.0 and DNG: strips, tiles, thumbnails and all fields but
 * XMP, those that only say where something lies, and makers' notes, which may. HEIC and AVIF (ISO/IEC 23008-12): the data, kind
 * and properties of every item but XMP.
 */

/** A piece of a file, bytes `start` to `end` (without it). */
export interface ImagePart {
  /** What it is; equal for the same piece of two versions of a photo. */
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

/** A file is not built as its kind is; the message is the second half of a sentence, with its full stop. */
export class UnknownStructureError extends Error {
  override readonly name = 'UnknownStructureError';
}

/** Endings of files that are looked into; RAWs that are built like TIFF are not among them: nobody writes into those. */
export const endingsWithParts: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.jpe', '.heic', '.heif', '.hif', '.avif', '.dng', '.tif', '.tiff']);

/**
 * The parts of a photo, in an order of its kind.
 * @param bytes the whole file
 * @throws UnknownStructureError
 */
export function imageParts(bytes: Buffer): ImagePart[] {
  try {
    if (bytes.toString('latin1', 0, 2) === '\xff\xd8') return jpegParts(bytes);
    if (['II*\0', 'MM\0*'].includes(bytes.toString('latin1', 0, 4))) return new TiffParts(bytes).all();
    if (bytes.toString('latin1', 4, 8) === 'ftyp') return new HeifParts(bytes).all();
  } catch (error) {
    // What leads beyond the end of the file.
    if (error instanceof RangeError) throw new UnknownStructureError('it ends before its parts do.');
    throw error;
  }
  throw new UnknownStructureError('it is no JPEG, TIFF, DNG, HEIC or AVIF, whatever its name says.');
}

/** Whether two files hold the same picture, byte by byte. @throws UnknownStructureError */
export function isSameImage(a: Buffer, b: Buffer): boolean {
  const [first, second] = [imageParts(a), imageParts(b)];
  return first.length === second.length && first.every(({ what, start, end }, index) => {
    const other = second[index];
    return other?.what === what && a.subarray(start, end).equals(b.subarray(other.start, other.end));
  });
}

const [startOfScan, app1] = [0xda, 0xe1];
const xmpHeads = ['http://ns.adobe.com/xap/1.0/\0', 'http://ns.adobe.com/xmp/extension/\0'];

function jpegParts(bytes: Buffer): ImagePart[] {
  const parts: ImagePart[] = [{ what: 'start', start: 0, end: 2 }];
  for (let at = 2; ;) {
    if (bytes.readUInt8(at) !== 0xff) throw new UnknownStructureError('there is something between its segments.');
    const marker = bytes.readUInt8(at + 1);
    // Markers may be filled up in front.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // From the first scan on all is picture, whatever follows the picture included.
    if (marker === startOfScan) return [...parts, { what: 'scans', start: at, end: bytes.length }];
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) throw new UnknownStructureError('a segment of it is longer than the file.');
    const head = bytes.toString('latin1', at + 4, Math.min(end, at + 40));
    if (marker !== app1 || !xmpHeads.some((xmp) => head.startsWith(xmp))) parts.push({ what: `segment ${String(marker)}`, start: at, end });
    at = end;
  }
}

/** Bytes of a value of each TIFF type. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const tiffTags = {
  stripOffsets: 273, stripBytes: 279, tileOffsets: 324, tileBytes: 325, jpegOffset: 513, jpegBytes: 514,
  subfolders: 330, exif: 34_665, gps: 34_853, interoperability: 40_965, xmp: 700, makerNote: 37_500, dngPrivate: 50_740,
} as const;
const withData: readonly (readonly [offsets: number, bytes: number])[] = [
  [tiffTags.stripOffsets, tiffTags.stripBytes], [tiffTags.tileOffsets, tiffTags.tileBytes], [tiffTags.jpegOffset, tiffTags.jpegBytes],
];
const folderTags: ReadonlySet<number> = new Set([tiffTags.subfolders, tiffTags.exif, tiffTags.gps, tiffTags.interoperability]);
/** Fields that a change of metadata may change, apart from those that lead to folders. */
const looseTags: ReadonlySet<number> = new Set([
  tiffTags.stripOffsets, tiffTags.tileOffsets, tiffTags.jpegOffset, tiffTags.xmp, tiffTags.makerNote, tiffTags.dngPrivate,
]);

/** A field of a TIFF folder (IFD). */
interface TiffField {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

class TiffParts {
  private readonly isLittle: boolean;
  private readonly seen = new Set<number>();
  private readonly parts: ImagePart[] = [];

  constructor(private readonly bytes: Buffer) {
    this.isLittle = bytes.toString('latin1', 0, 2) === 'II';
  }

  all(): ImagePart[] {
    let number = 0;
    for (let at = this.long(4); at !== 0; number += 1) at = this.folder(at, String(number));
    return this.parts;
  }

  /** @returns where the next folder of its chain lies; 0: nowhere */
  private folder(at: number, name: string): number {
    if (this.seen.has(at)) throw new UnknownStructureError('its folders lead in a circle.');
    this.seen.add(at);
    const count = this.short(at);
    const fields = Array.from({ length: count }, (_, index) => this.field(at + 2 + 12 * index)).sort((a, b) => a.tag - b.tag);
    for (const { tag, type, count: values, start, end } of fields) {
      if (!looseTags.has(tag) && !folderTags.has(tag)) this.parts.push({ what: `${name} field ${String(tag)} ${String(type)} ${String(values)}`, start, end });
    }
    for (const [offsets, bytes] of withData) this.data(fields, offsets, bytes, name);
    for (const field of fields.filter(({ tag }) => folderTags.has(tag))) {
      for (const [index, inner] of this.numbers(field).entries()) this.folder(inner, `${name}.${String(field.tag)}.${String(index)}`);
    }
    return this.long(at + 2 + 12 * count);
  }

  private data(fields: readonly TiffField[], offsetsTag: number, bytesTag: number, name: string): void {
    const [offsets, lengths] = [offsetsTag, bytesTag].map((wanted) => {
      const field = fields.find(({ tag }) => tag === wanted);
      return field === undefined ? [] : this.numbers(field);
    });
    for (const [index, start] of (offsets ?? []).entries()) {
      const end = start + (lengths?.[index] ?? Number.NaN);
      // Not a number, too, is not within the file.
      if (!(end <= this.bytes.length)) throw new UnknownStructureError('its picture leads beyond its end.');
      this.parts.push({ what: `${name} data ${String(offsetsTag)} ${String(index)}`, start, end });
    }
  }

  private field(at: number): TiffField {
    const [tag, type, count] = [this.short(at), this.short(at + 2), this.long(at + 4)];
    const length = (typeBytes[type] ?? 0) * count;
    const start = length <= 4 ? at + 8 : this.long(at + 8);
    if (start + length > this.bytes.length) throw new UnknownStructureError('a field of it leads beyond its end.');
    return { tag, type, count, start, end: start + length };
  }

  private numbers({ type, count, start }: TiffField): number[] {
    return Array.from({ length: count }, (_, index) => (type === 3 ? this.short(start + 2 * index) : this.long(start + 4 * index)));
  }

  private short(at: number): number {
    return this.isLittle ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  private long(at: number): number {
    return this.isLittle ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }
}

/** A box of an ISO file: its content, without its head. */
interface Box {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** Boxes that a change of metadata makes anew, or that hold nothing. */
const looseBoxes = new Set(['meta', 'mdat', 'free', 'skip']);

class HeifParts {
  constructor(private readonly bytes: Buffer) {}

  all(): ImagePart[] {
    const top = this.boxes(0, this.bytes.length);
    // Its tables say where each picture of a sequence lies, and nothing here reads them.
    if (top.some(({ kind }) => kind === 'moov')) throw new UnknownStructureError('it holds a sequence of pictures, which is not written into.');
    const meta = top.find(({ kind }) => kind === 'meta');
    if (meta === undefined) throw new UnknownStructureError('it has no list of what it holds.');
    const inner = this.boxes(meta.start + 4, meta.end);
    const box = (kind: string): Box => {
      const found = inner.find((each) => each.kind === kind);
      if (found === undefined) throw new UnknownStructureError(`it has no box ${kind}.`);
      return found;
    };
    const items = this.items(box('iinf'));
    const metadata = new Set(items.filter(({ isXmp }) => isXmp).map(({ id }) => id));
    const data = inner.find(({ kind }) => kind === 'idat');
    const extents = this.extents(box('iloc'), data);
    return [
      ...top.filter(({ kind }) => !looseBoxes.has(kind)).map((each) => partOf(each, '')),
      ...['pitm', 'iprp'].map((kind) => partOf(box(kind), 'meta ')),
      ...inner.filter(({ kind }) => kind === 'iref').flatMap((each) => this.references(each, metadata)),
      ...items.filter(({ isXmp }) => !isXmp).flatMap(({ id, start, end }) => [
        { what: `item ${String(id)}`, start, end },
        ...(extents.get(id) ?? []).map((extent, index) => ({ what: `item ${String(id)} data ${String(index)}`, ...extent })),
      ]),
    ];
  }

  private boxes(from: number, to: number): Box[] {
    const boxes: Box[] = [];
    for (let at = from; at < to;) {
      const size = this.bytes.readUInt32BE(at);
      const kind = this.bytes.toString('latin1', at + 4, at + 8);
      const isLong = size === 1;
      const end = isLong ? at + Number(this.bytes.readBigUInt64BE(at + 8)) : size === 0 ? to : at + size;
      const start = at + (isLong ? 16 : 8);
      if (end < start || end > to) throw new UnknownStructureError(`its box ${kind} is longer than what it lies in.`);
      boxes.push({ kind, start, end });
      at = end;
    }
    return boxes;
  }

  private items({ start, end }: Box): { readonly id: number; readonly isXmp: boolean; readonly start: number; readonly end: number }[] {
    const isShort = this.bytes.readUInt8(start) === 0;
    return this.boxes(start + (isShort ? 6 : 8), end).map((entry) => {
      const version = this.bytes.readUInt8(entry.start);
      if (version < 2) throw new UnknownStructureError('its list of what it holds is of an old kind.');
      const id = version === 2 ? this.bytes.readUInt16BE(entry.start + 4) : this.bytes.readUInt32BE(entry.start + 4);
      const rest = this.bytes.toString('latin1', entry.start + (version === 2 ? 8 : 10), entry.end);
      return { id, isXmp: rest.startsWith('mime') && rest.includes('application/rdf+xml'), start: entry.start, end: entry.end };
    });
  }

  /** References from one item to others, but for those of XMP. */
  private references({ start, end }: Box, metadata: ReadonlySet<number>): ImagePart[] {
    const isShort = this.bytes.readUInt8(start) === 0;
    return this.boxes(start + 4, end).flatMap((box) => {
      const from = isShort ? this.bytes.readUInt16BE(box.start) : this.bytes.readUInt32BE(box.start);
      return metadata.has(from) ? [] : [partOf(box, 'reference ')];
    });
  }

  /** Where the data of each item lie in the file. */
  private extents({ start }: Box, data: Box | undefined): Map<number, { readonly start: number; readonly end: number }[]> {
    const version = this.bytes.readUInt8(start);
    const sizes = this.bytes.readUInt16BE(start + 4);
    const [offsetSize, lengthSize, baseSize, indexSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15, version === 0 ? 0 : sizes & 15];
    let at = start + 6;
    const next = (size: number): number => {
      const value = size === 0 ? 0 : size === 8 ? Number(this.bytes.readBigUInt64BE(at)) : this.bytes.readUIntBE(at, size);
      at += size;
      return value;
    };
    const items = new Map<number, { readonly start: number; readonly end: number }[]>();
    for (let left = next(version < 2 ? 2 : 4); left > 0; left -= 1) {
      const id = next(version < 2 ? 2 : 4);
      const method = version === 0 ? 0 : next(2) & 15;
      next(2);
      const base = next(baseSize);
      const extents = Array.from({ length: next(2) }, () => {
        next(indexSize);
        const offset = next(offsetSize);
        return { offset, length: next(lengthSize) };
      });
      if (method > 1 || (method === 1 && data === undefined)) throw new UnknownStructureError('its items are made of other items.');
      const from = base + (method === 1 ? data?.start ?? 0 : 0);
      items.set(id, extents.map(({ offset, length }) => ({ start: from + offset, end: from + offset + length })));
    }
    for (const { end } of [...items.values()].flat()) if (end > this.bytes.length) throw new UnknownStructureError('an item leads beyond its end.');
    return items;
  }
}

function partOf({ kind, start, end }: Box, where: string): ImagePart {
  return { what: `${where}${kind}`, start, end };
}
