/**
 * `pipeline models`: the nets there are, how large they are and how long they take on this machine.
 */
import type { Command } from 'commander';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { createBackbone, listBackbones } from '../train/backbones/index.js';
import { createEyeClassifier } from '../classify/eye-classifier.js';
import { DETECTOR } from '../classify/settings.js';
import { layoutOf } from '../train/loop/step.js';
import { createDetector, createLandmarkNet, listDetectors, listLandmarkNets, type NetInfo } from '../detect/registry.js';
import type { Raster } from '../core/raster.js';
import { addSettingsOptions, settingsFrom, type SettingsOptions } from './settings.js';

export function registerModels(program: Command): void {
  addSettingsOptions(program.command('models')
    .description('List the detectors, landmark nets and eye-state nets, with their size and measured time.')
    .action(listModels))
    .addHelpText('after', '\nExamples:\n  pipeline models');
}

async function listModels(options: SettingsOptions): Promise<void> {
  const config = settingsFrom(options);
  const image = noise(1024, 768);
  const print = (line: string): void => { process.stdout.write(`${line}\n`); };

  print('Detectors (detect.detector, --detector)           input    weights   ms a 1024 x 768 photo, one thread');
  for (const net of listDetectors(config.detect.portrait_model)) {
    const detector = await createDetector(net.name, { portrait: config.detect.portrait_model });
    print(netLine(net, await medianMs(() => detector.detect(image)), net.name === config.detect.detector));
    await detector.release();
  }
  print('\nLandmark nets (detect.landmarks, --landmarks)     input    weights   ms a face');
  for (const net of listLandmarkNets()) {
    const landmarks = await createLandmarkNet(net.name);
    const face = { box: { x: 300, y: 200, width: 300, height: 300 }, score: 1 };
    print(netLine(net, await medianMs(() => landmarks.locate(image, [face])), net.name === config.detect.landmarks));
    await landmarks.release();
  }
  print('\nEye-state backbones (train.backbone)         parameters');
  for (const name of listBackbones()) print(`    ${name.padEnd(40)} ${parameterCount(name).toLocaleString('en').padStart(9)}`);

  print('\nEye-state model in use (classify.model)');
  print(config.classify.model === DETECTOR ? `  * what the detector ${config.detect.detector} says` : await modelLine(config.classify.model, image));
}

async function modelLine(path: string, image: Raster): Promise<string> {
  const classifier = await createEyeClassifier(path);
  const { width, height, backbone, precision } = classifier.info;
  const crop = { data: image.data.subarray(0, width * height), width, height };
  const ms = await medianMs(() => classifier.classify([crop, crop])) / 2;
  await classifier.release();
  return `  * ${basename(path)}: ${backbone}, ${precision}, ${String(width)} x ${String(height)} px, ` +
    `${kilobytes(statSync(path).size)}, ${ms.toFixed(2)} ms an eye`;
}

function netLine(net: NetInfo, ms: number, inUse: boolean): string {
  const name = `${inUse ? '  * ' : '    '}${net.name} (${net.source})`;
  return `${name.padEnd(48)} ${String(net.inputSize).padStart(4)} px ${kilobytes(net.bytes).padStart(10)} ${ms.toFixed(1).padStart(8)}`;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString('en')} KB`;
}

function parameterCount(name: string): number {
  return layoutOf(createBackbone(name)).parameters.reduce((sum, slot) => sum + slot.size, 0);
}

/** Median of seven runs after two to warm up. */
async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = -2; round < 7; round += 1) {
    const start = performance.now();
    await work();
    if (round >= 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[3] ?? 0;
}

/** What a net sees does not change its time; noise makes sure that nothing is found and nothing else is measured. */
function noise(width: number, height: number): Raster {
  let state = 1;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { data, width, height, channels: 3 };
}
