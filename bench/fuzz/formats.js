/**
 * What is fuzzed: of each format some whole files, how they are damaged, and how the tool reads them.
 *
 * A format is `prepare(folder)`, which gives `{ whole, damage(number, random), read(bytes) }`; `read` throws where the tool
 * refuses, and must take every file of `whole`.
 * `refusals` are the errors by which it does so in words. Whatever else is thrown is a fault.
 */
/* global Buffer, TextDecoder, URL */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { mutate, mutateTree } from './mutate.js';

const limits = { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 4 };
const demo = () => readFileSync(new URL('../../node_modules/@vladmandic/face-api/demo/sample1.jpg', import.meta.url));
const sha256 = (content) => createHash('sha256').update(content).digest();

async function opener() {
  const { openBytes, decodePhoto, shrinkFor } = await import('../../dist/image/decode.js');
  return async (bytes) => {
    const photo = await openBytes(bytes, limits);
    await decodePhoto(photo, shrinkFor(photo, 1024));
  };
}

const photos = {
  refusals: ['PhotoError'],
  prepare: async () => {
    const small = () => sharp(demo()).resize(480);
    const originals = [demo(), await small().png().toBuffer(), await small().webp().toBuffer(),
      await small().tiff({ compression: 'lzw' }).toBuffer(), await small().gif().toBuffer()];
    return { whole: originals, damage: (number, random) => mutate(originals[number % originals.length], random), read: await opener() };
  },
};

/** A TIFF directory. */
function directory(entries) {
  const bytes = Buffer.alloc(2 + entries.length * 12 + 4);
  bytes.writeUInt16LE(entries.length, 0);
  for (const [index, [tag, type, value]] of entries.entries()) {
    const at = 2 + index * 12;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  }
  return bytes;
}

/** A JPEG in a container as cameras build it: DNG, NEF and ARW (TIFF), CR2, CR3 (ISO base media), RAF, ORF. */
const raw = {
  refusals: ['PhotoError'],
  prepare: async () => {
    const preview = await sharp(demo()).resize(800).jpeg().toBuffer();
    const thumbnail = await sharp(demo()).resize(160).jpeg().toBuffer();
    const tiff = (magic, tags) => {
      const head = Buffer.alloc(2048);
      head.write(magic, 'latin1');
      head.writeUInt32LE(16, 4);
      directory(tags).copy(head, 16);
      directory([[256, 3, 64], [262, 3, 32803], [273, 4, 2048]]).copy(head, 1024);
      return Buffer.concat([head, thumbnail, preview, Buffer.alloc(8192, 0x5a)]);
    };
    const tags = [[274, 3, 6], [330, 4, 1024], [513, 4, 2048], [514, 4, thumbnail.length], [50706, 1, 0x401]];
    const box = (type, content) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(content.length + 8);
      head.write(type, 4, 'latin1');
      return Buffer.concat([head, content]);
    };
    const originals = [tiff('II*\0', tags), tiff('II*\0    CR\x02\0', tags.slice(0, 4)), tiff('IIRO', tags.slice(0, 4)),
      Buffer.concat([box('ftyp', Buffer.from('crx \0\0\0\x01crx isom')), box('moov', box('CMT1', tiff('II*\0', tags).subarray(0, 512))), box('mdat', preview)]),
      Buffer.concat([Buffer.from('FUJIFILMCCD-RAW 0201'.padEnd(160, '\0')), preview, thumbnail])];
    return { whole: originals, damage: (number, random) => mutate(originals[number % originals.length], random), read: await opener() };
  },
};

const journal = {
  refusals: ['UsageError'],
  prepare: async (folder) => {
    const { checkedLine } = await import('../../dist/files/checked-line.js');
    const { openJournal } = await import('../../dist/run/journal.js');
    const { faceStages } = await import('../../dist/pipeline/face-stages.js');
    const { createReport } = await import('../../dist/reports/create.js');
    const { reportHeader } = await import('../../dist/reports/header.js');
    const { loadConfig } = await import('../../dist/pipeline/config.js');
    const config = loadConfig();
    const head = await reportHeader(folder, config);
    const box = { x: 10, y: 20, width: 30, height: 40 };
    const base64 = Buffer.alloc(576, 7).toString('base64');
    const point = { x: 20, y: 30 };
    const eye = { outer: point, inner: point, center: point };
    const landmarks = { left: eye, right: eye, nose: point, mouth: { left: point, right: point }, faceScore: 0.8 };
    const face = {
      box, score: 0.9, eyeBoxes: { left: box, right: box }, landmarks, pose: { yaw: 1, pitch: 2, roll: 3 }, bystander: false, reasons: [{ text: 'eyes closed', verdict: 'reject' }], look: { base64 },
      measured: Object.fromEntries(faceStages.map(({ name, example }) => [name, example])),
    };
    const record = (photo) => ({
      stamp: { size: 1000, modified: 17e11 },
      result: {
        photo, status: 'ok', width: 100, height: 90, faces: [face, face], verdict: 'reject', reasons: ['face 1: eyes closed'], times: { decode: 3.5 },
        capture: { time: 1, camera: 'x' }, look: { base64 }, preview: { thumbnail: { base64 }, faces: [{ face: { base64 } }, { face: { base64 } }] },
      },
    });
    const header = { journal: 'portrait-pipeline', version: 1, fingerprint: 'f', id: '00000000-0000-4000-8000-000000000000' };
    const names = ['a.jpg', 'b.jpg', 'c.jpg'];
    const path = join(folder, 'journal');
    const linesOf = (trees) => Buffer.from(trees.map((tree) => checkedLine(JSON.stringify(tree))).join(''));
    return {
      whole: [linesOf([header, ...names.map(record)])],
      // A third has other bytes; the others are whole lines with checksums that fit, of records that nobody has written.
      damage: (number, random) => {
        const trees = [header, ...names.map(record)];
        if (number % 3 === 0) return mutate(linesOf(trees), random);
        const at = Math.floor(random() * trees.length);
        trees[at] = mutateTree(trees[at], random);
        return linesOf(trees);
      },
      // Everything that is recalled is also written: as CSV, JSON and HTML.
      read: async (bytes) => {
        writeFileSync(path, bytes);
        const opened = await openJournal(path, 'f', { resume: true });
        try {
          for (const extension of ['csv', 'json', 'html']) {
            const sink = await createReport(join(folder, `report.${extension}`), { folder, config, times: true, header: async () => head });
            for (const name of names) {
              if (!opened.knows(name)) continue;
              try {
                await sink.write(await opened.recall(name));
              } catch (error) {
                await sink.discard();
                throw error;
              }
            }
            await sink.discard();
          }
        } finally {
          await opened.close();
        }
        if (opened.size < names.length) throw Object.assign(new Error('records left out'), { name: 'UsageError' });
      },
    };
  },
};

const packed = {
  refusals: ['PackedFileError'],
  prepare: async (folder) => {
    const { datasetOf, openPackedFile, writePackedFile } = await import('../../dist/train/data/packed-file.js');
    const { canvasBytes } = await import('../../dist/train/data/canvas.js');
    const path = join(folder, 'eyes.arrow');
    const rows = Array.from({ length: 12 }, (_, index) => ({
      pixels: Buffer.alloc(canvasBytes('eye'), index), label: index % 2, group: `g${index}`, path: `open/${index}.jpg`, source: 's', cropWidth: 30 + index,
    }));
    writePackedFile(path, datasetOf(rows));
    const whole = readFileSync(path);
    return {
      whole: [whole],
      // Most of a file are pixels, which may be anything: every second one is damaged in its tables.
      damage: (number, random) => {
        if (number % 2 === 0) return mutate(whole, random);
        const changed = Buffer.from(whole);
        for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) {
          changed[changed.length - 1 - Math.floor(random() * 1600)] = Math.floor(random() * 256);
        }
        return changed;
      },
      read: async (bytes) => {
        writeFileSync(path, bytes);
        const { length, pixels, labels, groups } = openPackedFile(path);
        if (labels.length !== length || groups.length !== length || pixels.length !== length * canvasBytes('eye')) throw new Error('columns of other lengths');
      },
    };
  },
};

const checkpoint = {
  refusals: ['CheckpointError'],
  prepare: async (folder) => {
    const { readCheckpoint, writeCheckpoint } = await import('../../dist/train/loop/checkpoint.js');
    const { initialState, layoutOf } = await import('../../dist/train/loop/step.js');
    const { createBackbone } = await import('../../dist/train/backbones/index.js');
    const path = join(folder, 'last.ckpt');
    const backbone = 'plain-nano';
    const layout = layoutOf(createBackbone(backbone));
    writeCheckpoint(path, {
      backbone, optimizer: 'adamw', epoch: 2, batch: 3, learningRate: 0.01, batchSize: 64, partial: { lossSum: 1, seconds: 2 },
      best: { score: 0.5, loss: 1, epoch: 1 }, top: [{ score: 0.5, loss: 1, epoch: 1 }], leg: { epoch: 0, step: 0, until: 10 },
      history: [{ epoch: 1, loss: 0.5, note: 'x' }], state: initialState(layout, 'adamw', 1),
    }, layout);
    const content = readFileSync(path).subarray(0, -32);
    const start = content.indexOf(10) + 1;
    const end = start + 4 + content.readUInt32LE(start);
    const tree = JSON.parse(content.toString('utf8', start + 4, end));
    return {
      whole: [readFileSync(path)],
      // Signed again, for otherwise the hash alone would be tested; a fifth is not.
      damage: (number, random) => {
        if (number % 5 === 0) return mutate(readFileSync(path), random);
        let changed = number % 2 === 0 ? mutate(content, random) : undefined;
        if (changed === undefined) {
          const json = Buffer.from(JSON.stringify(mutateTree(tree, random)));
          const length = Buffer.alloc(4);
          length.writeUInt32LE(json.length);
          changed = Buffer.concat([content.subarray(0, start), length, json, content.subarray(end)]);
        }
        return Buffer.concat([changed, sha256(changed)]);
      },
      read: async (bytes) => {
        const other = join(folder, 'damaged.ckpt');
        writeFileSync(other, bytes);
        const { state } = readCheckpoint(other, backbone, layout);
        if (state.parameters.length !== initialState(layout, 'adamw', 1).parameters.length) throw new Error('parameters of another length');
      },
    };
  },
};

const config = {
  refusals: ['UsageError'],
  prepare: async (folder) => {
    const { loadConfig } = await import('../../dist/pipeline/config.js');
    const text = readFileSync(new URL('../../config.yaml', import.meta.url));
    const tree = loadConfig();
    const path = join(folder, 'config.yaml');
    return {
      whole: [text, Buffer.from(JSON.stringify(tree))],
      damage: (number, random) => number % 2 === 0 ? mutate(text, random) : Buffer.from(JSON.stringify(mutateTree(tree, random))),
      read: async (bytes) => {
        writeFileSync(path, bytes);
        loadConfig(path);
      },
    };
  },
};

const report = {
  refusals: ['UsageError'],
  prepare: async (folder) => {
    const { readVerdicts } = await import('../../dist/sort/verdicts.js');
    const rows = ['a.jpg', 'day 1/b.jpg', "'=c.jpg", '\\xff.jpg'].map((photo) => ({ photo, status: 'ok', verdict: 'keep', reasons: [], file_size: 10, file_modified: '2026-01-01T00:00:00Z', faces: [] }));
    const csv = Buffer.from(`photo,status,verdict,reasons,file_size,file_modified\r\n${rows.map((row) => `${row.photo},ok,keep,"a, ""b""",10,2026-01-01T00:00:00Z\r\n`).join('')}`);
    const arrow = await arrowReport(folder);
    return {
      whole: [csv, Buffer.from(JSON.stringify(rows)), arrow],
      damage: (number, random) => [
        () => mutate(csv, random), () => mutate(Buffer.from(JSON.stringify(rows)), random), () => Buffer.from(JSON.stringify(mutateTree(rows, random))),
        () => mutate(arrow, random),
      ][number % 4](),
      read: async (bytes) => {
        const isJson = bytes[0] === 0x5b || bytes[0] === 0x7b;
        const path = join(folder, bytes.subarray(0, 5).toString('latin1') === 'ARROW' ? 'report.arrow' : isJson ? 'report.json' : 'report.csv');
        writeFileSync(path, bytes);
        const { photos } = await readVerdicts(path);
        if ([...photos.values()].some(({ verdict }) => !['keep', 'review', 'reject'].includes(verdict))) throw new Error('a verdict that there is none of');
      },
    };
  },
};

/** An Arrow report of two photos that could not be read. */
async function arrowReport(folder) {
  const { createArrowReport } = await import('../../dist/reports/arrow.js');
  const path = join(folder, 'whole.arrow');
  const report = await createArrowReport(path, { format: 'portrait-pipeline report', format_version: 1, tool_version: '1', root: folder, config: {}, models: {} });
  for (const photo of ['a.jpg', 'day 1/b.jpg']) {
    await report.write({ photo, status: 'error', width: 0, height: 0, faces: [], verdict: 'review', reasons: ['photo could not be read'], error: 'The file is empty.', times: {}, file: { size: 10, modified: 0 } });
  }
  await report.finish();
  return readFileSync(path);
}

const sidecar = {
  // What is not UTF-8 (a TypeError) is refused before it is parsed.
  refusals: ['Error', 'ParseError', 'TypeError'],
  prepare: async () => {
    const { mergeMarks } = await import('../../dist/reports/xmp/packet.js');
    const whole = mergeMarks(undefined, { rating: 3, label: 'Red' }, 'lightroom', false);
    const edited = whole.replace('<rdf:Description', '<rdf:Description xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.5" xmlns:dc="http://purl.org/dc/elements/1.1/"');
    return {
      whole: [whole, edited].map((text) => Buffer.from(text)),
      damage: (number, random) => mutate(Buffer.from(number % 2 === 0 ? whole : edited), random),
      // What was merged is merged again without a change: it was understood.
      read: async (bytes) => {
        const merged = mergeMarks(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { rating: -1, label: 'Green' }, 'lightroom', true);
        if (merged !== undefined && mergeMarks(merged, { rating: -1, label: 'Green' }, 'lightroom', true) !== undefined) throw Object.assign(new Error('merged, but not understood'), { name: 'Fault' });
      },
    };
  },
};

export const formats = { photos, raw, journal, packed, checkpoint, config, report, sidecar };
