/**
 * Writes settings down: as the commented YAML file that people copy from, and as the JSON schema that editors check it by.
 */
import { stringify } from 'yaml';
import { z } from 'zod';

const head = `# yaml-language-server: $schema=./config.schema.json
# Every setting of the tool, with its default. Copy what you change into a file of your own and give it with --config,
# or change one value with --set, as in --set detect.min_score=0.6
`;

/** Where comments begin, in characters from the left. */
const commentColumn = 27;

/** All settings with their defaults, each with a comment that says its type, range and meaning. */
export function settingsYaml(schema: z.ZodObject): string {
  const sections = entriesOf(schema).map(([section, keys]) => sectionYaml(section, keys));
  return [head, ...sections].join('\n');
}

/** The JSON schema (draft 2020-12) of a file with any part of the settings. */
export function settingsJsonSchema(schema: z.ZodObject): string {
  return `${JSON.stringify({ title: 'Settings of portrait-pipeline', ...z.toJSONSchema(schema, { io: 'input' }) }, undefined, 2)}\n`;
}

function entriesOf({ shape }: z.ZodObject): [key: string, schema: z.core.$ZodType][] {
  return Object.entries<z.core.$ZodType>(shape);
}

function sectionYaml(section: string, schema: z.core.$ZodType): string {
  const keys = bare(schema);
  if (!(keys instanceof z.ZodObject)) throw new Error(`The section ${section} is not made of keys.`);
  const lines = entriesOf(keys).flatMap(([key, value]) => keyYaml(key, value));
  return [withComment(`${section}:`, z.globalRegistry.get(keys)?.description), ...lines, ''].join('\n');
}

function keyYaml(key: string, schema: z.core.$ZodType): string[] {
  const comment = z.globalRegistry.get(schema)?.description;
  const value = z.parse(schema, undefined);
  if (bare(schema) instanceof z.ZodRecord && typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, each]) => `    ${name}: ${flow(each)}`);
    if (entries.length === 0) return [withComment(`  ${key}: {}`, comment)];
    return [withComment(`  ${key}:`, comment), ...entries];
  }
  return [withComment(`  ${key}: ${flow(value)}`, comment)];
}

function withComment(line: string, comment: string | undefined): string {
  return comment === undefined ? line : `${line.padEnd(commentColumn - 1)} # ${comment}`;
}

/** A value on one line. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: !Array.isArray(value), lineWidth: 0, singleQuote: true }).trim();
}

function bare(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? bare(schema.unwrap()) : schema;
}
