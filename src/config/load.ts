/**
 * Where configuration comes from: the defaults in config.yaml, then the user's file, then `--set`; checked as a whole.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { parse } from 'yaml';
import type { z } from 'zod';
import { packageFolder } from '../files/package.js';
import { configSchema, type Config } from './schema.js';
import { UsageError } from '../core/usage-error.js';

type Tree = Record<string, unknown>;

/** Sections whose keys are names of the user's own things. */
const namedByUser: ReadonlySet<string> = new Set(['data.groups']);

/** The file with the defaults. */
export const defaultConfigPath = join(packageFolder, 'config.yaml');

/**
 * Loads the settings.
 * @param file the user's own YAML, which may hold any part of the keys
 * @param overrides `section.key=value` items, in the order given; the value is read as YAML
 * @throws UsageError that names the key, what it may be and the nearest known key
 */
export function loadConfig(file?: string, overrides: readonly string[] = []): Config {
  const defaults = readYaml(defaultConfigPath);
  let settings = defaults;
  if (file !== undefined) settings = merge(settings, readYaml(file), defaults, file);
  for (const override of overrides) settings = merge(settings, parseOverride(override), defaults, '--set');
  const result = configSchema.safeParse(settings);
  if (!result.success) throw new UsageError(describeIssue(result.error, settings));
  return checkOrder(result.data);
}

/** Settings whose ranges depend on each other. */
function checkOrder(config: Config): Config {
  const { blur, classify: { closed_below: closed, open_above: open } } = config;
  if (closed !== 'auto' && open !== 'auto' && closed > open) {
    throw new UsageError(`classify.closed_below (${closed}) must not be above classify.open_above (${open}).`);
  }
  if (blur.blurred_below > blur.sharp_above) {
    throw new UsageError(`blur.blurred_below (${blur.blurred_below}) must not be above blur.sharp_above (${blur.sharp_above}).`);
  }
  return config;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readYaml(path: string): Tree {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`Cannot read the configuration file ${path}.`);
  }
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (error) {
    throw new UsageError(`${path} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isTree(value)) throw new UsageError(`${path} must hold settings as "section:" and "key: value" lines.`);
  return value;
}

function parseOverride(override: string): Tree {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(override) ?? [];
  if (path === undefined || text === undefined) {
    throw new UsageError(`--set ${override}: write it as section.key=value, for example detect.min_score=0.6.`);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    value = text;
  }
  const [last = '', ...above] = path.trim().split('.').reverse();
  return above.reduce<Tree>((inner, key) => ({ [key]: inner }), { [last]: value });
}

/** `base` with the keys of `changes` in place of its own; a key that `known` lacks is an error. */
function merge(base: Tree, changes: Tree, known: Tree, where: string, path: readonly string[] = []): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const full = [...path, key];
    if (!Object.hasOwn(known, key) && !namedByUser.has(path.join('.'))) throw new UsageError(unknownKey(full, where));
    const below = known[key];
    const current = base[key];
    if (isTree(below) && isTree(value)) merged[key] = merge(isTree(current) ? current : {}, value, below, where, full);
    else merged[key] = value;
  }
  return merged;
}

function allKeys(tree: Tree, path: readonly string[] = []): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) ? [[...path, key].join('.'), ...allKeys(value, [...path, key])] : [[...path, key].join('.')]);
}

/** `lr` for `learning_rate`: who knows a setting by its long name finds the short one. */
function initials(name: string): string {
  return name.split(/[_-]/).map(([first = '']) => first).join('');
}

function unknownKey(path: readonly string[], where: string): string {
  const key = path.join('.');
  const known = allKeys(readYaml(defaultConfigPath));
  // A name that was not written to its end is nearer to what it begins than its length tells.
  const [begun] = known.filter((each) => path.length > 1 && each.startsWith(key));
  const short = [...path.slice(0, -1), initials(path.at(-1) ?? '')].join('.');
  return `Unknown setting ${key} (in ${where}). Did you mean ${begun ?? (known.includes(short) ? short : closest(key, known))}?`;
}

function describeIssue(error: z.ZodError, settings: Tree): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'The configuration is not valid.';
  const key = issue.path.join('.');
  const value = issue.path.reduce<unknown>((tree, part) => {
    if (Array.isArray(tree)) return tree[Number(part)];
    return isTree(tree) ? tree[String(part)] : undefined;
  }, settings);
  return `Setting ${key} is ${JSON.stringify(value)}: ${issue.message}. ${meaningOf(issue.path.filter((part) => typeof part !== 'number').join('.'))}`.trim();
}

/** The comment that config.yaml has for a key: its type, range and meaning. */
function meaningOf(key: string): string {
  const name = key.split('.').at(-1) ?? key;
  const section = key.split('.')[0] ?? '';
  const lines = readFileSync(defaultConfigPath, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`${section}:`));
  const line = lines.slice(start + 1).find((candidate) => candidate.trimStart().startsWith(`${name}:`));
  const comment = line?.split('#')[1]?.trim();
  return comment === undefined ? '' : `It is ${comment}.`;
}
