import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultConfigPath } from '../../src/config/load.js';
import { settingsJsonSchema, settingsYaml } from '../../src/config/describe.js';
import { configSchema, loadConfig } from '../../src/pipeline/config.js';
import { UsageError } from '../../src/core/usage-error.js';

function yamlFile(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'mine.yaml');
  writeFileSync(path, text);
  return path;
}

describe('loadConfig', () => {
  it('lets a file of the user change some keys and keep the others', () => {
    const config = loadConfig(yamlFile('detect:\n  min_score: 0.7\n'));
    expect(config.detect.min_score).toBe(0.7);
    expect(config.detect.detector).toBe(loadConfig().detect.detector);
  });

  it('lets --set win over the file', () => {
    const config = loadConfig(yamlFile('detect:\n  min_score: 0.7\n'), ['detect.min_score=0.6', 'run.workers=3']);
    expect(config.detect.min_score).toBe(0.6);
    expect(config.run.workers).toBe(3);
  });

  it('takes an empty file as no change', () => {
    expect(loadConfig(yamlFile(''))).toEqual(loadConfig());
  });

  it.each([
    ['an unknown key', ['detect.min_scor=0.6'], /Unknown setting detect\.min_scor .*Did you mean detect\.min_score\?/],
    ['an unknown section', ['detekt.min_score=0.6'], /Unknown setting detekt .*Did you mean detect/],
    ['a value out of range', ['detect.min_score=1.5'], /detect\.min_score is 1\.5.*0-1/],
    ['a value of another type', ['detect.min_score=high'], /detect\.min_score is "high".*0-1/],
    ['an unknown name', ['detect.detector=yolo'], /detect\.detector is "yolo".*blazeface/],
    ['the word of a detector that says nothing', ['classify.model=detector'], /blazeface says nothing of them\. Set detect\.detector=portrait/],
    ['a short name written out', ['train.learning_rate=0.01'], /Did you mean train\.lr\?/],
    ['a name not written to its end', ['train.batch=3'], /Did you mean train\.batch_size\?/],
    ['a wrong value in a list', ['train.strength=[0.5,2]'], /train\.strength\.1 is 2: .*two numbers, 0-1/],
    ['a size of another shape than eyes and faces have', ['train.sizes=[16x24, 32x40]'], /train\.sizes\.1 is "32x40": must be 1\.5 times as wide/],
    ['a size with more pixels than faces have', ['train.sizes=[192x192]'], /train\.sizes\.0 is "192x192": .*160x160/],
    ['a size with more pixels than the eyes have', ['train.sizes=[48x72]'], /train\.sizes\.0 is "48x72": .*32x48 at most/],
    ['a size without pixels', ['train.sizes=["0x0"]'], /train\.sizes\.0 is "0x0": /],
    ['a section given a plain value', ['detect=5'], /detect is 5/],
    ['an override without a value', ['detect.min_score'], /section\.key=value/],
    ['thresholds in the wrong order', ['classify.closed_below=0.9', 'classify.open_above=0.8'], /closed_below .* must not be above/],
  ])('refuses %s and says what to do', (_, overrides, message) => {
    expect(() => loadConfig(undefined, overrides)).toThrow(UsageError);
    expect(() => loadConfig(undefined, overrides)).toThrow(message);
  });

  it('names the file that cannot be read or is not YAML', () => {
    expect(() => loadConfig('/nowhere/mine.yaml')).toThrow(/\/nowhere\/mine\.yaml/);
    expect(() => loadConfig(yamlFile('a: [1'))).toThrow(/not valid YAML/);
    expect(() => loadConfig(yamlFile('- 1\n- 2'))).toThrow(/key: value/);
  });
});

describe('a relative path', () => {
  it('starts at the file that names it', () => {
    const file = yamlFile('classify:\n  model: nets/mine.onnx\n');
    expect(loadConfig(file).classify.model).toBe(join(dirname(file), 'nets', 'mine.onnx'));
  });

  it('starts at the current folder where the command line names it, and at the package where it is a default', () => {
    expect(loadConfig(undefined, ['classify.model=mine.onnx']).classify.model).toBe(join(process.cwd(), 'mine.onnx'));
    expect(loadConfig().classify.model).toBe(join(dirname(defaultConfigPath), 'models', 'eye-state.onnx'));
  });

  it('is left alone where it is absolute, or a word that means no file', () => {
    expect(loadConfig(yamlFile('classify:\n  model: /nets/mine.onnx\n')).classify.model).toBe('/nets/mine.onnx');
    expect(loadConfig(yamlFile('train:\n  init: none\n')).train.init).toBe('none');
    expect(loadConfig(yamlFile('classify:\n  model: detector\ndetect:\n  detector: portrait\n')).classify.model).toBe('detector');
    expect(loadConfig(yamlFile('train:\n  init: detector\n')).train.init).not.toBe('detector');
  });
});

describe('config.yaml and its JSON schema', () => {
  it('are what the settings describe (npm run config writes them)', () => {
    expect(readFileSync(defaultConfigPath, 'utf8')).toBe(settingsYaml(configSchema));
    expect(readFileSync(join(dirname(defaultConfigPath), 'config.schema.json'), 'utf8')).toBe(settingsJsonSchema(configSchema));
  });

  it('hold the defaults, so that the file given as --config changes nothing', () => {
    expect(loadConfig(defaultConfigPath)).toEqual(loadConfig());
  });

  it('say of every key its type and range, and what it means', () => {
    const lines = readFileSync(defaultConfigPath, 'utf8').split('\n');
    const keys = lines.filter((line) => /^ {2}[a-z_0-9]+:/.test(line));
    expect(keys.length).toBeGreaterThan(15);
    for (const line of keys) expect(line, line).toMatch(/# \([^)]+\) \S+/);
  });

  it('name the schema in the first line, where editors look for it', () => {
    expect(readFileSync(defaultConfigPath, 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\/config\.schema\.json\n/);
  });
});

describe('a configuration file that is no plain tree', () => {
  it.each(['constructor', 'toString', '__proto__'])('is refused where a key is %s, as any other that there is none of', (key) => {
    expect(() => loadConfig(yamlFile(`detect:\n  ${key}: 1\n`))).toThrow(new RegExp(`Unknown setting detect\\.${key}`));
    expect(() => loadConfig(yamlFile(`${key}:\n  a: 1\n`))).toThrow(new RegExp(`Unknown setting ${key}`));
  });

  it.each(['--config', '--set'])('is refused in words: an alias within what it names (%s)', (way) => {
    const circular = '&a [*a]';
    if (way === '--set') {
      expect(() => loadConfig(undefined, [`detect.min_score=${circular}`])).toThrow(/detect\.min_score/);
      return;
    }
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'circular.yaml');
    writeFileSync(file, `detect: &a\n  min_score: ${circular}\n`);
    expect(() => loadConfig(file)).toThrow(/circular\.yaml is not valid YAML: an alias \(\*name\) stands within what it names/);
  });
});
