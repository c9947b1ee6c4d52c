import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FaceView } from '../../src/core/face.js';
import type { FaceStage, StageContext, WantedPixels } from '../../src/core/stage.js';
import { UsageError } from '../../src/core/usage-error.js';
import type { createFaceFinder } from '../../src/detect/faces.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { StageClock } from '../../src/pipeline/stage-clock.js';
import { checkStages, createStages, stageFiles, withSettings } from '../../src/pipeline/stages.js';
import { frontalView } from '../support/views.js';
import { StubFinder } from './drawn-photo.js';

/** What the stand-ins of the stages and of the nets do, and were asked for. */
const stand = vi.hoisted(() => {
  const wants: Record<string, WantedPixels> = {};
  const opened: { name: string; settings: unknown; context: StageContext }[] = [];
  const [checked, measured, released] = [Array<string>(), Array<string>(), Array<string>()];
  const finders: Parameters<typeof createFaceFinder>[] = [];
  return { wants, opened, checked, measured, released, finders, finder: vi.fn<() => StubFinder>(), missing: '' };
});

vi.mock('../../src/pipeline/face-stages.js', async (original) => {
  const { faceStages } = await original<{ faceStages: readonly FaceStage[] }>();
  return {
    faceStages: faceStages.map((stage): FaceStage => ({
      ...stage,
      files: () => (stage.name === 'blur' ? [] : [`${stage.name}.onnx`]),
      check: () => {
        stand.checked.push(stage.name);
        return stage.name === stand.missing ? Promise.reject(new UsageError(`There is no ${stage.name}.onnx.`)) : Promise.resolve();
      },
      open: (settings, context) => {
        stand.opened.push({ name: stage.name, settings, context });
        return Promise.resolve({
          wants: stand.wants[stage.name] ?? { face: 0, eye: 0 },
          measure: (views) => {
            stand.measured.push(stage.name);
            return Promise.resolve(views.slice(stage.name === stand.missing ? 1 : 0).map(({ scale }) => `${stage.name} of face ${String(scale)}`));
          },
          release: () => { stand.released.push(stage.name); return Promise.resolve(); },
        });
      },
    })),
  };
});
vi.mock('../../src/detect/faces.js', () => ({
  createFaceFinder: (...given: Parameters<typeof createFaceFinder>) => { stand.finders.push(given); return Promise.resolve(stand.finder()); },
}));

const config = loadConfig(undefined, ['runtime.threads=3', 'blur.blurred_below=12']);
const names = ['classify', 'blur', 'exposure'];
/** A face that can be told from others by its scale. */
const view = (scale: number): FaceView => ({ ...frontalView({ data: new Uint8Array(3), width: 1, height: 1, channels: 3 }, { x: 0, y: 0, width: 1, height: 1 }), scale });

let finder = new StubFinder([]);
beforeEach(() => {
  for (const list of [stand.opened, stand.checked, stand.measured, stand.released, stand.finders]) list.length = 0;
  stand.wants = {};
  stand.missing = '';
  finder = new StubFinder([]);
  stand.finder.mockImplementation(() => finder);
});

describe('the stages', () => {
  it('have their sections of the settings, in the order in which they measure', () => {
    expect(withSettings(config).map(({ stage, settings }) => [stage.name, settings])).toEqual([
      ['classify', config.classify], ['blur', config.blur], ['exposure', config.exposure],
    ]);
  });

  it('depend on the files of all of them', () => {
    expect(stageFiles(config)).toEqual(['classify.onnx', 'exposure.onnx']);
  });

  it('are checked one and all before a run begins', async () => {
    await checkStages(config);
    expect(stand.checked).toEqual(names);
    stand.missing = 'exposure';
    await expect(checkStages(config)).rejects.toThrow(new UsageError('There is no exposure.onnx.'));
  });

  it('are opened with their settings and the threads of the run, and so is the finder of faces', async () => {
    const stages = await createStages(config);
    expect(stand.opened).toEqual([
      { name: 'classify', settings: config.classify, context: { threads: 3 } },
      { name: 'blur', settings: config.blur, context: { threads: 3 } },
      { name: 'exposure', settings: config.exposure, context: { threads: 3 } },
    ]);
    expect(stand.finders).toEqual([[config.detect, { engine: 'onnx', device: 'cpu', threads: 3 }]]);
    expect(stages.faces).toBe(finder);
    expect(stages.config).toBe(config);
  });

  it('want what the stage wants that wants most', async () => {
    stand.wants = { classify: { face: 10, eye: 48 }, blur: { face: 112, eye: 0 }, exposure: { face: 20, eye: 5 } };
    expect((await createStages(config)).wants).toEqual({ face: 112, eye: 48 });
  });

  it('measure each face with every stage, one stage after the other, each with its own time', async () => {
    const clock = new StageClock();
    const measured = await (await createStages(config)).measure([view(1), view(2)], clock);
    expect(measured).toEqual([1, 2].map((face) => Object.fromEntries(names.map((name) => [name, `${name} of face ${String(face)}`]))));
    expect(stand.measured).toEqual(names);
    expect(Object.keys(clock.times())).toEqual(names);
  });

  it('have nothing to measure where there is no face', async () => {
    expect(await (await createStages(config)).measure([], new StageClock())).toEqual([]);
  });

  it('do not pass over a face that one of them left out', async () => {
    stand.missing = 'blur';
    await expect((await createStages(config)).measure([view(1), view(2)], new StageClock())).rejects.toThrow(/measured fewer faces/);
  });

  it('serve one photo at a time, for their nets share buffers', async () => {
    const stages = await createStages(config);
    let running = 0;
    const most: number[] = [];
    await Promise.all([1, 2, 3].map((photo) => stages.exclusive(async () => {
      running += 1;
      most.push(running);
      await new Promise((done) => { setTimeout(done, 3 - photo); });
      running -= 1;
    })));
    expect(most).toEqual([1, 1, 1]);
  });

  it('are released together with the finder', async () => {
    await (await createStages(config)).release();
    expect([...stand.released].sort()).toEqual([...names].sort());
    expect(finder.released).toBe(1);
  });
});
