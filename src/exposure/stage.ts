/**
 * The stage that says of each face whether it is burnt out or black. It informs; by default it decides nothing.
 */
import { z } from 'zod';
import { defineStage } from '../core/stage.js';
import { strictest, verdicts, type Reason } from '../core/verdict.js';
import { measureExposure } from './exposure.js';
import { exposureSettings, type ExposureSettings } from './settings.js';

const share = z.number().min(0).max(1);

const exposureMeasurement = z.strictObject({
  burnt: share,
  black: share,
  /** 0 to 255. */
  luminance: z.number().min(0).max(255),
  /** What is to be said of it, by the settings. */
  said: z.enum(['burnt out', 'black', 'nothing']),
  /** What that asks for, by the settings. */
  asks: z.enum(verdicts),
}).readonly();

export type ExposureMeasurement = z.infer<typeof exposureMeasurement>;

declare module '../core/measurements.js' {
  interface Measurements {
    readonly exposure: ExposureMeasurement;
  }
  interface StageSettings {
    readonly exposure: ExposureSettings;
  }
}

export const exposureStage = defineStage({
  name: 'exposure',
  settings: exposureSettings,
  measurement: exposureMeasurement,
  example: { burnt: 0.01, black: 0, luminance: 140, said: 'nothing', asks: 'keep' },
  open: (settings) => Promise.resolve({
    wants: { face: 0, eye: 0 },
    measure: (faces) => Promise.resolve(faces.map(({ raster, box }) => {
      const exposure = measureExposure(raster, box);
      const said = exposure.burnt > settings.burnt_share ? 'burnt out' : exposure.black > settings.black_share ? 'black' : 'nothing';
      return { ...exposure, said, asks: settings.verdict };
    })),
    release: () => Promise.resolve(),
  }),
  reasons: ({ exposure }) => exposureReasons(exposure),
  weigh: (faces) => strictest(faces.flatMap(({ measured }) => exposureReasons(measured.exposure)).map(({ verdict }) => verdict)),
  columns: {
    burnt_out: ({ measured }) => measured.exposure.burnt.toFixed(3),
    black: ({ measured }) => measured.exposure.black.toFixed(3),
    luminance: ({ measured }) => measured.exposure.luminance.toFixed(0),
  },
  json: ({ measured: { exposure } }) => ({
    burnt_out: exposure.burnt, black: exposure.black, luminance: exposure.luminance,
  }),
  jsonSchema: z.strictObject({
    burnt_out: share.describe('share of the face that is burnt out'),
    black: share.describe('share of the face that is black'),
    luminance: z.number().min(0).max(255).describe('mean luminance of the face'),
  }),
  page: {
    meters: ({ measured: { exposure: { luminance, said } } }) => [{
      name: 'Exposure', share: luminance / 255, text: said === 'nothing' ? `${String(Math.round(luminance))} of 255` : said,
      tone: said === 'nothing' ? 'keep' : 'review',
    }],
    marks: () => Promise.resolve({}),
  },
});

function exposureReasons({ said, asks }: ExposureMeasurement): Reason[] {
  return said === 'nothing' ? [] : [{ text: `face ${said}`, verdict: asks }];
}
