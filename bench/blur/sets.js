/**
 * The photos of the blur benchmark and what is known of them. Needs ../shared/data beside the checkout.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { sharedSet } from '../shared-set.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The portraits that @vladmandic/face-api ships. */
const demo = join(root, 'node_modules', '@vladmandic', 'face-api', 'demo');

const files = (path) => readdirSync(path).sort().filter((name) => /\.(jpe?g|png)$/i.test(name));

/** Labels by eye, see docs/focus.md: `sharp`, `soft` or `doubt`. */
const labels = readFileSync(new URL('labels.csv', import.meta.url), 'utf8').trim().split('\n').slice(1).map((line) => {
  const [set, file, x, y, label] = line.split(',');
  return { set, file, x: Number(x), y: Number(y), label };
});
const numbers = { sharp: 1, soft: 0 };

/**
 * A photo: `name` of its set in the tables, `path`, `group` (person, burst or photo, which stay on one side of the split),
 * and either `label` for its largest face (1 sharp, 0 blurred, undefined: cannot be told) or `boxes`, each with a label.
 */
export function naturalPhotos() {
  return [
    ...labelled('utk', 'blur', 'utk_handlabelled', (file) => file),
    ...freshUtk(),
    ...labelled('ngoc', 'blur', 'ngoc_attendance', burst),
    ...labelled('fqa', 'blur', 'fqa_crops', (file) => file),
    ...wider('wider_train'),
    ...wider('wider_val'),
  ];
}

function labelled(name, kind, set, group) {
  const base = sharedSet(kind, set);
  return [['sharp', 1], ['blurred', 0]].flatMap(([sub, label]) =>
    files(join(base, sub)).map((file) => ({ name, path: join(base, sub, file), file, group: group(file), label })));
}

/** The gate camera gives the same person many times within a minute. */
function burst(file) {
  const [, time, person] = /_(\d+)\d\d\.\d+_(.*)\.jpg$/.exec(file) ?? [];
  return person === undefined || person === 'Unknow' ? `minute ${time}` : person;
}

/** UTKFace crops that no constant was ever fitted on before they were labelled. */
function freshUtk() {
  const base = join(sharedSet('faces', 'utkface_open'), 'open');
  return labels.filter(({ set, label }) => set === 'utkface_open' && label in numbers)
    .map(({ file, label }) => ({ name: 'utk, fresh', path: join(base, file), file, group: file, label: numbers[label] }));
}

/** WIDER's labels are noisy: a face counts where the set (clear or heavy blur) and the eye agree. */
function wider(set) {
  const base = sharedSet('detect', set);
  const byPhoto = new Map();
  for (const line of readFileSync(join(base, 'annotations.csv'), 'utf8').trim().split('\n').slice(1)) {
    const [image, x, y, width, height, blur, , , invalid] = line.split(',');
    const box = { x: Number(x), y: Number(y), width: Number(width), height: Number(height) };
    if (invalid === '1' || blur === '1' || box.width < 32 || box.width >= 128) continue;
    const official = blur === '0' ? 1 : 0;
    const seen = labels.find((each) => each.set === set && each.file === image && each.x === box.x && each.y === box.y);
    const agreed = seen !== undefined && numbers[seen.label] === official ? official : undefined;
    byPhoto.set(image, [...(byPhoto.get(image) ?? []), { ...box, label: agreed, official }]);
  }
  return [...byPhoto].map(([file, boxes]) =>
    ({ name: 'wider', set, path: join(base, 'images', file), file, group: file, boxes }));
}

/** Portraits that look soft when a person sees the face at 400 px; the third is blown up. */
const softPortraits = [
  'closed_eye_2051.jpg_face_1.jpg', 'closed_eye_0552.jpg_face_1.jpg', '19_Couple_Couple_19_509.jpg',
];

/** Photos among which large sharp faces are. */
export function portraitPhotos() {
  const folders = [
    join(sharedSet('faces', 'cew_closed'), 'closed'), join(sharedSet('faces', 'aps_webfaces'), 'open'),
    join(sharedSet('detect', 'wider_train'), 'images'), join(sharedSet('detect', 'wider_val'), 'images'),
  ];
  return folders.flatMap((base) => files(base).filter((file) => !softPortraits.includes(file))
    .map((file) => ({ name: 'portrait', path: join(base, file), file, group: file, label: 1 })));
}

/** Faces of the middle size for changes that are not blur: photos of people at some distance. */
export function peoplePhotos() {
  const smoke = sharedSet('smoke', 'face_recognition');
  return [...files(smoke).map((file) => join(smoke, file)), ...demoPhotos]
    .map((path) => ({ name: 'people', path, file: path.split('/').at(-1), group: path, label: 1 }));
}

/** The six group photos that @vladmandic/face-api ships (MIT). */
export const demoPhotos = [1, 2, 3, 4, 5, 6].map((n) => join(demo, `sample${n}.jpg`));

/** Whether a group is for fitting or for reporting: half and half, by its name alone. */
export function partOf(group) {
  let hash = 2166136261;
  for (const char of group) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619) >>> 0;
  return (hash >>> 16) % 2 === 0 ? 'fit' : 'test';
}
