/**
 * A log of records in one file, in LevelDB's log format as Weights & Biases uses it: blocks of 32 KiB, each record cut where
 * a block ends, each piece with a checksum, its length and which piece it is.
 *
 * A piece's header: CRC-32 of its type and data (uint32), length of the data (uint16), type (uint8), little-endian. The
 * file begins with `:W&B`, 0xBEE1 (uint16) and a version of 0. After
 * https://github.com/google/leveldb/blob/main/doc/log_format.md, but for the checksum, which is zlib's and not Castagnoli's.
 */
import { intAt } from '../../core/typed-array.js';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

const BLOCK = 32_768;
const HEADER = 7;
const FILE_HEADER = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0);
/** Which piece of a record a piece is. */
const WHOLE = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** Appends records; each is in the file when `write` returns, so that a process that is killed leaves whole records. */
export class TransactionLog {
  private readonly file: number;
  private at: number;

  /**
   * Opens a log to go on with, or a new one.
   * @param path a new file where there is none
   * @param keep which of a log's records stay; what follows the first that does not, or is damaged, is cut off
   * @throws what the disk says
   */
  constructor(path: string, keep: (record: Uint8Array) => boolean = () => true) {
    this.file = openSync(path, 'a+');
    this.at = endOf(readFileSync(path), keep);
    ftruncateSync(this.file, this.at);
    if (this.at === 0) this.append(FILE_HEADER);
  }

  /** Adds a record. @throws what the disk says */
  write(record: Uint8Array): void {
    const space = BLOCK - (this.at % BLOCK);
    const padding = space < HEADER ? space : 0;
    const pieces: Uint8Array[] = [new Uint8Array(padding)];
    let room = padding > 0 ? BLOCK : space;
    let at = 0;
    do {
      const data = record.subarray(at, at + room - HEADER);
      const continued = pieces.length > 1;
      at += data.length;
      pieces.push(piece(data, typeOf(continued, at === record.length)));
      room = BLOCK;
    } while (at < record.length);
    this.append(Buffer.concat(pieces));
  }

  close(): void {
    closeSync(this.file);
  }

  /** In one call to the system: what a kill leaves is all of it or nothing. */
  private append(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) written += writeSync(this.file, bytes, written);
    this.at += bytes.length;
  }
}

/** The records of a log, and where each begins; reading ends where it is damaged or was cut off. */
export function* readTransactionLog(bytes: Uint8Array): Generator<{ readonly record: Uint8Array; readonly at: number; readonly end: number }> {
  if (Buffer.compare(bytes.subarray(0, HEADER), FILE_HEADER) !== 0) return;
  let at = HEADER;
  let start = at;
  let pieces: Uint8Array[] = [];
  while (at < bytes.length) {
    if (BLOCK - (at % BLOCK) < HEADER) at += BLOCK - (at % BLOCK);
    const found = pieceAt(bytes, at);
    if (found === undefined) return;
    const begins = found.type === WHOLE || found.type === FIRST;
    if (begins !== (pieces.length === 0)) return;
    if (begins) start = at;
    pieces.push(found.data);
    at += HEADER + found.data.length;
    if (found.type === WHOLE || found.type === LAST) {
      yield { record: Buffer.concat(pieces), at: start, end: at };
      pieces = [];
    }
  }
}

function endOf(bytes: Uint8Array, keep: (record: Uint8Array) => boolean): number {
  if (bytes.length === 0) return 0;
  let last = HEADER;
  for (const { record, end } of readTransactionLog(bytes)) {
    if (!keep(record)) break;
    last = end;
  }
  return last;
}

function typeOf(continued: boolean, ends: boolean): number {
  if (ends) return continued ? LAST : WHOLE;
  return continued ? MIDDLE : FIRST;
}

function piece(data: Uint8Array, type: number): Uint8Array {
  const bytes = Buffer.alloc(HEADER + data.length);
  bytes.writeUInt16LE(data.length, 4);
  bytes.writeUInt8(type, 6);
  bytes.set(data, HEADER);
  bytes.writeUInt32LE(crc32(bytes.subarray(6)), 0);
  return bytes;
}

function pieceAt(bytes: Uint8Array, at: number): { readonly data: Uint8Array; readonly type: number } | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + HEADER > view.length) return undefined;
  const end = at + HEADER + view.readUInt16LE(at + 4);
  if (end > view.length || crc32(view.subarray(at + 6, end)) !== view.readUInt32LE(at)) return undefined;
  return { data: view.subarray(at + HEADER, end), type: view.readUInt8(at + 6) };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** zlib's; its own function is younger than the Node.js that we ask for. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ intAt(CRC_TABLE, (crc ^ byte) & 255);
  return (crc ^ 0xffffffff) >>> 0;
}
