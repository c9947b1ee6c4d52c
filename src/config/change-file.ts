/**
 * Puts values into somebody's own settings file and leaves the rest of its text as it is: comments, order, spaces.
 */
import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, parseDocument, stringify, type Document } from 'yaml';
import { UsageError } from '../core/usage-error.js';

/** A setting and what it is to be. */
export interface SettingChange {
  readonly section: string;
  readonly key: string;
  readonly value: string | number;
}

/**
 * @param text of the file; empty for a new one
 * @param path for messages
 * @throws UsageError where the text is no settings file
 */
export function changeSettings(text: string, changes: readonly SettingChange[], path: string): string {
  return changes.reduce((before, change) => changeOne(before, change, path), text);
}

function changeOne(text: string, change: SettingChange, path: string): string {
  const document = read(text, path);
  const spliced = splice(text, document, change);
  // A section whose keys are all commented out holds nothing.
  if (!isMap(document.get(change.section))) document.set(change.section, document.createNode({}));
  document.setIn([change.section, change.key], change.value);
  // Written anew, a document has other spaces and comments elsewhere: only where its text cannot be added to.
  return holdsTheSame(spliced, document) ? spliced : document.toString({ lineWidth: 0 });
}

function read(text: string, path: string): Document.Parsed {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw new UsageError(`${path} is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`);
  if (document.contents === null || isMap(document.contents)) return document;
  throw new UsageError(`${path} must hold settings as "section:" and "key: value" lines.`);
}

/** The text with the value in place of another, as the first of its section, or in a section at the end. */
function splice(text: string, document: Document.Parsed, { section, key, value }: SettingChange): string {
  const written = stringify(value).trimEnd();
  const found = document.getIn([section, key], true);
  const [start, end] = isScalar(found) ? found.range ?? [] : [];
  if (start !== undefined && end !== undefined && start < end) return text.slice(0, start) + written + text.slice(end);
  const keys = document.get(section);
  const first = isMap(keys) ? keys.items[0]?.key : undefined;
  const at = isScalar(first) ? first.range?.[0] : undefined;
  if (at !== undefined) return `${text.slice(0, at)}${key}: ${written}\n${text.slice(text.lastIndexOf('\n', at - 1) + 1, at)}${text.slice(at)}`;
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${section}:\n  ${key}: ${written}\n`;
}

function holdsTheSame(text: string, document: Document.Parsed): boolean {
  const spliced = parseDocument(text);
  return spliced.errors.length === 0 && isDeepStrictEqual(spliced.toJS(), document.toJS());
}
