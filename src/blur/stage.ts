/**
 * The stage that says of each face whether it is sharp.
 */
import { regionBox } from '../core/face.js';
import { defineStage, type Meter } from '../core/stage.js';
import { strictest, type Reason } from '../core/verdict.js';
import { blurMeasurement, type BlurScore } from './measurement.js';
import { blurSettings } from './settings.js';
import { scoreBlur } from './sharpness.js';

export const blurStage = defineStage({
  name: 'blur',
  settings: blurSettings,
  measurement: blurMeasurement,
  example: { sharpness: 80, verdict: 'sharp', kind: 'none', laplacianVariance: 100 },
  open: (settings) => Promise.resolve({
    wants: { face: settings.face_size, eye: 0 },
    measure: (faces) => Promise.resolve(faces.map(({ raster, box, left, right }) => {
      const eyes = [left, right].flatMap(({ region }) => (region === undefined ? [] : regionBox(region)));
      return scoreBlur(raster, box, settings, eyes);
    })),
    release: () => Promise.resolve(),
  }),
  reasons: ({ blur }) => blurReasons(blur),
  weigh: (faces) => strictest(faces.flatMap(({ measured }) => blurReasons(measured.blur)).map(({ verdict }) => verdict)),
  columns: {
    sharpness: ({ measured }) => measured.blur.sharpness.toFixed(1),
    blur: ({ measured }) => measured.blur.verdict,
  },
  json: ({ measured: { blur } }) => ({
    sharpness: blur.sharpness, blur: blur.verdict, blur_kind: blur.kind, laplacian_variance: blur.laplacianVariance,
  }),
  page: {
    meters: ({ measured }) => [sharpnessMeter(measured.blur)],
    marks: ({ blurred_below: blurred, sharp_above: sharp }) => Promise.resolve({ Sharpness: [blurred / 100, sharp / 100] }),
    order: { value: 'sharpness', text: 'Sharpness, softest first', rank: ({ measured }) => measured.blur.sharpness },
    praise: 'sharp',
  },
});

function blurReasons({ verdict, doubt }: BlurScore): Reason[] {
  if (verdict === 'blurred') return [{ text: 'face blurred', verdict: 'reject' }];
  if (verdict === 'sharp') return [];
  return [{ text: `sharpness unsure${doubt === undefined ? '' : `: ${doubt}`}`, verdict: 'review' }];
}

function sharpnessMeter({ sharpness, verdict }: BlurScore): Meter {
  const tone = ({ sharp: 'keep', unsure: 'review', blurred: 'reject' } as const)[verdict];
  const words = { sharp: 'sharp', unsure: 'may be blurred', blurred: 'blurred' }[verdict];
  return { name: 'Sharpness', share: sharpness / 100, text: `${Math.round(sharpness)} ${words}`, tone };
}
