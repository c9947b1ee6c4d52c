/**
 * The stage that says of each face whether it is sharp.
 */
import { defineStage, type Meter } from '../core/stage.js';
import type { Reason } from '../core/verdict.js';
import { blurJson, blurMeasurement, type BlurScore } from './measurement.js';
import { blurSettings, type BlurSettings } from './settings.js';
import { amplePixels, scoreBlur } from './sharpness.js';
import { weighBlur } from './weigh.js';

/**
 * A face with fewer px in a shrunk photo is decoded again, at full size. More would mean a second decode of nearly every
 * large photo, which costs as much as all the rest: that has to be asked for.
 */
export const enoughPixels = 112;

function wantedPixels({ for: purpose, second_decode: second }: BlurSettings): number {
  return second || purpose === 'full' ? amplePixels(purpose) : enoughPixels;
}

export const blurStage = defineStage({
  name: 'blur',
  settings: blurSettings,
  measurement: blurMeasurement,
  example: { sharpness: 80, verdict: 'sharp', kind: 'none', detail: 300, needed: 250, laplacianVariance: 100 },
  open: (settings) => Promise.resolve({
    wants: { face: wantedPixels(settings), eye: 0 },
    measure: (faces) => Promise.resolve(faces.map((face) => scoreBlur(face, settings))),
    release: () => Promise.resolve(),
  }),
  reasons: ({ blur }) => blurReasons(blur),
  weigh: (faces, strictness) => weighBlur(faces.map(({ measured }) => measured.blur), strictness),
  columns: {
    sharpness: ({ measured }) => measured.blur.sharpness.toFixed(1),
    blur: ({ measured }) => measured.blur.verdict,
    detail: ({ measured }) => measured.blur.detail.toFixed(0),
  },
  json: ({ measured: { blur } }) => ({
    sharpness: blur.sharpness, blur: blur.verdict, blur_kind: blur.kind, focus_at: blur.focusAt ?? null, detail: blur.detail, detail_needed: blur.needed,
    laplacian_variance: blur.laplacianVariance,
  }),
  jsonSchema: blurJson,
  page: {
    meters: ({ measured }) => [sharpnessMeter(measured.blur)],
    marks: ({ blurred_below: blurred, sharp_above: sharp }) => Promise.resolve({ Sharpness: [blurred / 100, sharp / 100] }),
    order: { value: 'sharpness', text: 'Sharpness, softest first', rank: ({ measured }) => measured.blur.sharpness },
    praise: 'sharp',
  },
});

function blurReasons({ verdict, doubt, focusAt }: BlurScore): Reason[] {
  if (verdict === 'blurred') {
    const where = focusAt === undefined ? '' : `: ${{ ears: 'eyes soft, ears sharp', background: 'focus behind the face' }[focusAt]}`;
    return [{ text: `face blurred${where}`, verdict: 'reject' }];
  }
  if (verdict === 'sharp') return [];
  return [{ text: `sharpness unsure${doubt === undefined ? '' : `: ${doubt}`}`, verdict: 'review' }];
}

function sharpnessMeter({ sharpness, verdict }: BlurScore): Meter {
  const tone = ({ sharp: 'keep', unsure: 'review', blurred: 'reject' } as const)[verdict];
  const words = { sharp: 'sharp', unsure: 'may be blurred', blurred: 'blurred' }[verdict];
  return { name: 'Sharpness', share: sharpness / 100, text: `${String(Math.round(sharpness))} ${words}`, tone };
}
