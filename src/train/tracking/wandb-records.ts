/**
 * Records of a Weights & Biases run as protobuf messages.
 *
 * Field numbers are those of wandb_internal.proto
 * (https://github.com/wandb/wandb/blob/main/wandb/proto/wandb_internal.proto).
 */
import { PbfReader, PbfWriter } from 'pbf';

/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** Which field of `Record` holds which kind. */
const KIND = {
  history: 2, summary: 3, config: 5, files: 6, stats: 7, artifact: 8, metric: 12, outputRaw: 13, run: 17, exit: 18, header: 21,
  environment: 26,
} as const;

export type RecordKind = keyof typeof KIND;

/** The client whose files these are like, and the oldest one that can read them. */
const PRODUCER = '0.19.0';
const MIN_CONSUMER = '0.70.0';

/** What a run is. */
export interface RunFacts {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly config: JsonObject;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly host: string;
  readonly commit: string;
}

/** What a run runs on. */
export interface Surroundings {
  readonly os: string;
  readonly runtime: string;
  readonly program: string;
  readonly arguments: readonly string[];
  readonly host: string;
  readonly cpuCount: number;
  readonly cpuModel: string;
  /** Bytes. */
  readonly memory: number;
  readonly startedAt: number;
}

/** One file of an artifact. */
export interface ArtifactFile {
  readonly path: string;
  /** Base64 of the MD5 of its content. */
  readonly digest: string;
  readonly size: number;
  /** Where it lies on this machine. */
  readonly localPath: string;
}

export interface Artifact {
  readonly runId: string;
  readonly project: string;
  readonly type: string;
  readonly name: string;
  /** Hexadecimal MD5 of the manifest. */
  readonly digest: string;
  readonly clientId: string;
  readonly sequenceClientId: string;
  readonly metadata: JsonObject;
  readonly files: readonly ArtifactFile[];
}

/** The first record of a log. */
export function headerRecord(num: number): Uint8Array {
  return record(num, 'header', (pbf) => {
    pbf.writeMessage(1, (_, version) => {
      version.writeStringField(1, PRODUCER);
      version.writeStringField(2, MIN_CONSUMER);
    }, undefined);
  });
}

export function runRecord(num: number, run: RunFacts): Uint8Array {
  return record(num, 'run', (pbf) => {
    pbf.writeStringField(1, run.id);
    pbf.writeStringField(3, run.project);
    pbf.writeMessage(4, (config: JsonObject, out) => { writeItems(out, 1, config); }, run.config);
    pbf.writeStringField(8, run.name);
    pbf.writeStringField(13, run.host);
    pbf.writeMessage(17, writeTimestamp, run.startedAt);
    pbf.writeMessage(21, (commit: string, out) => { out.writeStringField(2, commit); }, run.commit);
  });
}

export function environmentRecord(num: number, facts: Surroundings): Uint8Array {
  return record(num, 'environment', (pbf) => {
    pbf.writeStringField(1, facts.os);
    // The field is called python; what runs here is Node.js, and the page shows what stands in it.
    pbf.writeStringField(2, facts.runtime);
    pbf.writeMessage(3, writeTimestamp, facts.startedAt);
    for (const argument of facts.arguments) pbf.writeStringField(5, argument);
    pbf.writeStringField(6, facts.program);
    pbf.writeStringField(12, facts.host);
    pbf.writeVarintField(16, facts.cpuCount);
    pbf.writeVarintField(17, facts.cpuCount);
    pbf.writeMessage(21, (bytes: number, out) => { out.writeVarintField(1, bytes); }, facts.memory);
    pbf.writeMessage(22, (model: string, out) => { out.writeStringField(3, model); }, facts.cpuModel);
  });
}

/** Settings that are added or changed. */
export function configRecord(num: number, config: JsonObject): Uint8Array {
  return record(num, 'config', (pbf) => { writeItems(pbf, 1, config); });
}

/**
 * Over which value metrics are drawn.
 * @param pattern of their names, as in `train/*`
 */
export function metricRecord(num: number, pattern: string, over: string): Uint8Array {
  return record(num, 'metric', (pbf) => {
    pbf.writeStringField(2, pattern);
    pbf.writeStringField(4, over);
  });
}

/**
 * A row of the history.
 * @param step one more than that of the row before
 */
export function historyRecord(num: number, step: number, values: JsonObject): Uint8Array {
  return record(num, 'history', (pbf) => {
    writeItems(pbf, 1, { ...values, _step: step });
    pbf.writeMessage(2, (value: number, out) => { out.writeVarintField(1, value); }, step);
  });
}

/** Last or best values. */
export function summaryRecord(num: number, values: JsonObject): Uint8Array {
  return record(num, 'summary', (pbf) => { writeItems(pbf, 1, values); });
}

/** A line of the console. */
export function outputRecord(num: number, line: string, time: number): Uint8Array {
  return record(num, 'outputRaw', (pbf) => {
    pbf.writeVarintField(1, 1);
    pbf.writeMessage(2, writeTimestamp, time);
    pbf.writeStringField(3, `${line}\n`);
  });
}

/** What the machine does. */
export function statsRecord(num: number, values: Readonly<Record<string, number>>, time: number): Uint8Array {
  return record(num, 'stats', (pbf) => {
    pbf.writeMessage(2, writeTimestamp, time);
    for (const [key, value] of Object.entries(values)) {
      pbf.writeMessage(3, (_, out) => {
        out.writeStringField(1, key);
        out.writeStringField(16, JSON.stringify(value));
      }, undefined);
    }
  });
}

/** Files that belong to the run. @param type 1: the client's own, 2: media */
export function filesRecord(num: number, paths: readonly string[], type: 1 | 2): Uint8Array {
  return record(num, 'files', (pbf) => {
    for (const path of paths) {
      pbf.writeMessage(1, (_, out) => {
        out.writeStringField(1, path);
        out.writeVarintField(3, type);
      }, undefined);
    }
  });
}

export function artifactRecord(num: number, artifact: Artifact): Uint8Array {
  return record(num, 'artifact', (pbf) => {
    pbf.writeStringField(1, artifact.runId);
    pbf.writeStringField(2, artifact.project);
    pbf.writeStringField(4, artifact.type);
    pbf.writeStringField(5, artifact.name);
    pbf.writeStringField(6, artifact.digest);
    pbf.writeStringField(8, JSON.stringify(artifact.metadata));
    pbf.writeBooleanField(9, true);
    pbf.writeStringField(11, 'latest');
    pbf.writeMessage(12, writeManifest, artifact.files);
    pbf.writeBooleanField(14, true);
    pbf.writeStringField(15, artifact.clientId);
    pbf.writeStringField(16, artifact.sequenceClientId);
  });
}

/** The last record of a run. @param seconds that it took */
export function exitRecord(num: number, exitCode: number, seconds: number): Uint8Array {
  return record(num, 'exit', (pbf) => {
    pbf.writeVarintField(1, exitCode);
    pbf.writeVarintField(2, Math.round(seconds));
  });
}

/** What going on with a log needs to know of a record. */
export interface RecordFacts {
  readonly kind: RecordKind | undefined;
  readonly num: number;
  /** Of a history record: its values. */
  readonly values: Readonly<Record<string, string>>;
}

/** Reads back what this file writes. */
export function readRecord(bytes: Uint8Array): RecordFacts {
  const facts = { num: 0, kind: undefinedKind(), values: emptyValues() };
  new PbfReader(bytes).readFields((tag, into: typeof facts, pbf) => {
    if (tag === 1) into.num = pbf.readVarint();
    for (const kind of kinds) if (KIND[kind] === tag) into.kind = kind;
    if (tag === KIND.history) pbf.readMessage(readHistoryField, into.values);
  }, facts);
  return facts;
}

const kinds: readonly RecordKind[] = [
  'history', 'summary', 'config', 'files', 'stats', 'artifact', 'metric', 'outputRaw', 'run', 'exit', 'header', 'environment',
];

function undefinedKind(): RecordKind | undefined {
  return undefined;
}

function emptyValues(): Record<string, string> {
  return {};
}

function readHistoryField(tag: number, values: Record<string, string>, pbf: PbfReader): void {
  if (tag !== 1) return;
  const [key, value] = pbf.readMessage((field, entry: [string, string], item) => {
    if (field === 2) entry[0] = item.readString();
    else if (field === 16) entry[1] = item.readString();
  }, ['', '']);
  values[key] = value;
}

function record(num: number, kind: RecordKind, write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, num);
  pbf.writeMessage(KIND[kind], (_, out) => { write(out); }, undefined);
  return pbf.finish();
}

/** Keys are written as nested keys of one part: a dot in a name then means nothing. */
function writeItems(pbf: PbfWriter, field: number, values: JsonObject): void {
  for (const [key, value] of Object.entries(values)) {
    pbf.writeMessage(field, (_, out) => {
      out.writeStringField(2, key);
      out.writeStringField(16, JSON.stringify(value));
    }, undefined);
  }
}

function writeTimestamp(milliseconds: number, pbf: PbfWriter): void {
  pbf.writeVarintField(1, Math.floor(milliseconds / 1000));
  pbf.writeVarintField(2, Math.round(milliseconds % 1000) * 1_000_000);
}

function writeManifest(files: readonly ArtifactFile[], pbf: PbfWriter): void {
  pbf.writeVarintField(1, 1);
  pbf.writeStringField(2, 'wandb-storage-policy-v1');
  pbf.writeMessage(3, (_, out) => {
    out.writeStringField(1, 'storageLayout');
    out.writeStringField(2, '"V2"');
  }, undefined);
  for (const file of files) {
    pbf.writeMessage(4, (entry: ArtifactFile, out) => {
      out.writeStringField(1, entry.path);
      out.writeStringField(2, entry.digest);
      out.writeVarintField(4, entry.size);
      out.writeStringField(6, entry.localPath);
    }, file);
  }
}
