/**
 * Reads settings: the schema's defaults, then a file of the user, then single overrides.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../core/usage-error.js';
import { packageFolder } from '../files/package.js';

type Tree = Readonly<Record<string, unknown>>;

/** The file that shows all defaults. */
export const defaultConfigPath = join(packageFolder, 'config.yaml');

/**
 * Loads the settings.
 * @param schema sections of keys, each key with default and description; keys with `path: true` in their meta are paths, but for the
 *   `words` there
 * @param given any part of config.yaml: as a YAML file, in which a relative path starts at the file's folder, or as an object, in
 *   which it starts at the current one
 * @param overrides `section.key=value`, the last one wins; a relative path starts at the current folder
 * @returns what the schema makes of them
 * @throws UsageError that names the key or file, and what would be right
 */
export function loadSettings(schema: z.ZodObject, given?: string | Tree, overrides: readonly string[] = []): Tree {
  const defaults = schema.parse({});
  let settings = withPaths(defaults, schema, packageFolder);
  if (typeof given === 'string') settings = merge(settings, withPaths(readYaml(given), schema, dirname(resolve(given))), defaults, schema, given);
  else if (given !== undefined) settings = merge(settings, withPaths(given, schema, process.cwd()), defaults, schema, 'the settings given');
  for (const override of overrides) {
    settings = merge(settings, withPaths(parseOverride(override), schema, process.cwd()), defaults, schema, '--set');
  }
  const result = schema.safeParse(settings);
  if (!result.success) throw new UsageError(describeIssue(result.error, settings, schema));
  return result.data;
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
    // Through JSON: what is no plain tree, as an alias within what it names, is refused here and met nowhere else.
    value = JSON.parse(JSON.stringify(parse(text) ?? {}));
  } catch (error) {
    const [problem] = (error instanceof Error ? error.message : String(error)).split('\n');
    const circular = problem?.startsWith('Converting circular') === true;
    throw new UsageError(`${path} is not valid YAML: ${circular ? 'an alias (*name) stands within what it names.' : String(problem)}`);
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
    value = JSON.parse(JSON.stringify(parse(text)));
  } catch {
    value = text;
  }
  const [last = '', ...above] = path.trim().split('.').reverse();
  return above.reduce<Tree>((inner, key) => ({ [key]: inner }), { [last]: value });
}

/** The settings with their relative paths made absolute. A word that is no path, as `none` or one of the key's `words`, stays. */
function withPaths(settings: Tree, schema: z.ZodObject, folder: string): Tree {
  return Object.fromEntries(Object.entries(settings).map(([section, keys]) => [section, isTree(keys)
    ? Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, pathFrom(value, keyMeta(schema, [section, key]), folder)]))
    : keys]));
}

function pathFrom(value: unknown, meta: z.core.GlobalMeta | undefined, folder: string): unknown {
  if (meta?.['path'] !== true || typeof value !== 'string' || value === '' || isAbsolute(value)) return value;
  const words: unknown = meta['words'];
  return value === 'none' || (Array.isArray(words) && words.includes(value)) ? value : join(folder, value);
}

/** `base` with the keys of `changes` in place of its own; a key that `known` lacks is an error. */
function merge(base: Tree, changes: Tree, known: Tree, schema: z.ZodObject, where: string, path: readonly string[] = []): Tree {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const full = [...path, key];
    if (!Object.hasOwn(known, key) && !isNamedByUser(schema, path)) throw new UsageError(unknownKey(full, where, schema));
    const below = known[key];
    const current = base[key];
    if (isTree(below) && isTree(value)) merged[key] = merge(isTree(current) ? current : {}, value, below, schema, where, full);
    else merged[key] = value;
  }
  return merged;
}

/** Whether the keys below are names of the user's own things. */
function isNamedByUser(schema: z.ZodObject, path: readonly string[]): boolean {
  return path.length > 1 && inner(keySchema(schema, path)) instanceof z.ZodRecord;
}

function allKeys(tree: Tree, path: readonly string[] = []): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) ? [[...path, key].join('.'), ...allKeys(value, [...path, key])] : [[...path, key].join('.')]);
}

/** `lr` for `learning_rate`: who knows a setting by its long name finds the short one. */
function initials(name: string): string {
  return name.split(/[_-]/).map(([first = '']) => first).join('');
}

function unknownKey(path: readonly string[], where: string, schema: z.ZodObject): string {
  const key = path.join('.');
  const known = allKeys(schema.parse({}));
  // A name that was not written to its end is nearer to what it begins than its length tells.
  const [begun] = known.filter((each) => path.length > 1 && each.startsWith(key));
  const short = [...path.slice(0, -1), initials(path.at(-1) ?? '')].join('.');
  return `Unknown setting ${key} (in ${where}). Did you mean ${begun ?? (known.includes(short) ? short : closest(key, known))}?`;
}

function describeIssue(error: z.ZodError, settings: Tree, schema: z.ZodObject): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'The configuration is not valid.';
  // What is said of a section as a whole is a sentence already.
  if (issue.code === 'custom' && issue.path.length === 1) return issue.message;
  const path = issue.path.map(String);
  const value = path.reduce<unknown>((tree, part) => {
    if (Array.isArray(tree)) return tree[Number(part)];
    return isTree(tree) ? tree[part] : undefined;
  }, settings);
  const meaning = keyMeta(schema, path.slice(0, 2))?.description;
  return `Setting ${path.join('.')} is ${JSON.stringify(value)}: ${issue.message}. `
    + (meaning === undefined || path.length < 2 ? '' : `It is ${meaning}.`).trim();
}

function keyMeta(schema: z.ZodObject, path: readonly string[]): z.core.GlobalMeta | undefined {
  const found = keySchema(schema, path);
  return found === undefined ? undefined : z.globalRegistry.get(found);
}

/** The schema of a section or of a key in it. */
function keySchema(schema: z.core.$ZodType, path: readonly string[]): z.core.$ZodType | undefined {
  return path.slice(0, 2).reduce<z.core.$ZodType | undefined>((current, key) => {
    const object = current === undefined ? undefined : inner(current);
    if (!(object instanceof z.ZodObject)) return undefined;
    const shape: Readonly<Record<string, z.core.$ZodType>> = object.shape;
    return Object.hasOwn(shape, key) ? shape[key] : undefined;
  }, schema);
}

/** A schema without the default that stands around it. */
function inner(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? inner(schema.def.innerType) : schema;
}
