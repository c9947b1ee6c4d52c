/**
 * Fits src/blur/calibration.ts: where sharpness is 50 for each region, how steep, and how both move with the face's size.
 *
 * The labels are people's (blur/utk_handlabelled); portraits as they are and blurred beyond doubt (Gaussian of sigma 2 and
 * 3 at face size) say where clear cases of other cameras lie. Prints the constants. Run `npm run build` first.
 */
import { measureFocus } from '../dist/blur/focus.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { pixelScale, resize } from './blur/beds.js';
import { gaussian, gray } from './blur/degrade.js';
import { labelledFaces, openFinder, portraits } from './blur/photos.js';
import { fitLogistic } from './blur/statistics.js';

const { face_size: size } = loadConfig().blur;
const regions = ['face', 'eyes', 'face+eyes', 'body', 'image'];
const say = (line) => process.stdout.write(`${line}\n`);

/** Middle and spread of the logistic curve through one feature. */
function curve(items) {
  const fit = fitLogistic(items.map(({ label, focus }) => ({ label, features: [focus] })), 0.1);
  const slope = fit([1]) - fit([0]);
  return { middle: -fit([0]) / slope, spread: 1 / slope };
}

const finder = await openFinder();
const utk = await labelledFaces(finder);
const people = await portraits(finder);
await finder.release();
const soft = (face, sigma) => ({ ...face, label: 0, image: gaussian(gray(face.image), sigma * pixelScale(face.box)) });
const faces = [
  ...utk,
  ...utk.filter((face) => face.detected).map((face) => ({ ...face, box: face.detected })),
  ...people,
  ...people.flatMap((face) => [soft(face, 2), soft(face, 3)]),
].filter((face) => face.box.width >= size - 1);

const focusOf = (face, region) => measureFocus(face.image, face.box, region, size, face.eyes)?.focus ?? -9;
for (const region of regions) {
  const { middle, spread } = curve(faces.map((face) => ({ label: face.label, focus: focusOf(face, region) })));
  say(`${region}: middle ${middle.toFixed(3)}, spread ${spread.toFixed(3)}`);
}

// The same faces with fewer pixels: their curve at each size.
for (const side of [80, 56, 40, 28]) {
  const items = [];
  for (const face of faces) {
    const small = await resize(face, side / face.box.width);
    items.push({ label: face.label, focus: focusOf(small, 'face') });
  }
  const { middle, spread } = curve(items);
  say(`face of ${side} px (${Math.log2(size / side).toFixed(2)} halvings): middle ${middle.toFixed(3)}, spread ${spread.toFixed(3)}`);
}
