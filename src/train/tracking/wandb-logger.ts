/**
 * A run folder as the client of Weights & Biases leaves it without a network: `wandb sync` uploads it. Nothing is sent by us,
 * and no account is needed to write it.
 *
 * `wandb/offline-run-TIME-ID/run-ID.wandb` is the log of records, written while training goes on; `files/` holds media and
 * what the client calls metadata. A log that a killed process left is whole, and a resumed run goes on with it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, freemem, hostname, release, totalmem, type } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { rasterizeSvg } from '../../image/encode.js';
import type { HistoryRow } from '../loop/checkpoint.js';
import type { RunLogger, RunResults, StepRow } from './run-logger.js';
import { readTransactionLog, TransactionLog } from './transaction-log.js';
import {
  artifactRecord, configRecord, environmentRecord, exitRecord, filesRecord, headerRecord, historyRecord, metricRecord,
  outputRecord, readRecord, runRecord, statsRecord, summaryRecord, type Json, type JsonObject, type RecordFacts,
} from './wandb-records.js';

export interface WandbOptions {
  /** The training run's folder; the client's folder `wandb` is made in it. */
  readonly folder: string;
  readonly project: string;
  /** What the run is called. */
  readonly name: string;
  /** All settings. */
  readonly config: JsonObject;
  readonly commit: string;
  /** Where a resumed run goes on; what an earlier log says of later steps and epochs is dropped. */
  readonly resumeAt?: { readonly step: number; readonly epoch: number };
  /** Told once if the log cannot be written. */
  readonly onProblem: (problem: string) => void;
}

/** Names of values in the history; what follows the slash is the column of metrics.csv. */
const STEP = 'train/step';
/** Milliseconds between two looks at the machine. */
const STATS_EVERY = 15_000;

/** Starts a run, or goes on with the one in the folder. @throws what the disk says */
export function createWandbLogger(options: WandbOptions): RunLogger {
  const earlier = options.resumeAt === undefined ? undefined : lastRunIn(join(options.folder, 'wandb'));
  return new WandbLogger(options, earlier);
}

class WandbLogger implements RunLogger {
  private readonly id: string;
  private readonly folder: string;
  private readonly log: TransactionLog;
  private readonly startedAt = Date.now();
  private num = 0;
  private historyStep = 0;
  private statsAt = 0;
  private processor = process.cpuUsage();
  private failed = false;

  constructor(private readonly options: WandbOptions, earlier: string | undefined) {
    this.id = earlier === undefined ? randomText(8) : idOf(earlier);
    this.folder = earlier ?? join(options.folder, 'wandb', `offline-run-${timeName(this.startedAt)}-${this.id}`);
    mkdirSync(join(this.folder, 'files'), { recursive: true });
    const file = join(this.folder, `run-${this.id}.wandb`);
    const { resumeAt } = options;
    this.log = new TransactionLog(file, (record) => resumeAt === undefined || isBefore(readRecord(record), resumeAt));
    for (const { record } of readTransactionLog(readFileSync(file))) {
      const facts = readRecord(record);
      this.num = facts.num;
      if (facts.kind === 'history') this.historyStep += 1;
    }
    if (this.num === 0) this.begin();
  }

  step({ step, epoch, loss, gradientNorm, learningRate }: StepRow): void {
    this.history({
      [STEP]: step, 'train/epoch': epoch, 'train/loss': loss, 'train/gradient_norm': gradientNorm, 'train/learning_rate': learningRate,
    });
    this.stats();
  }

  epoch(row: HistoryRow): undefined {
    const { epoch = 0, ...values } = row;
    this.history({ epoch, ...Object.fromEntries(Object.entries(values).map(([key, value]) => [`epoch/${key}`, value])) });
    this.write((num) => summaryRecord(num, { epoch, ...values }));
    return undefined;
  }

  line(text: string): void {
    this.write((num) => outputRecord(num, text, Date.now()));
  }

  async results({ figures, confusion, pictures, models }: RunResults): Promise<void> {
    this.write((num) => summaryRecord(num, figures));
    this.confusion(confusion);
    for (const [name, svg] of Object.entries(pictures)) this.picture(name, await rasterizeSvg(svg));
    if (models.length > 0) this.artifact(models);
  }

  close(exitCode: number): void {
    const seconds = (Date.now() - this.startedAt) / 1000;
    this.write((num) => summaryRecord(num, { _wandb: { runtime: Math.round(seconds) }, _runtime: seconds }));
    this.write((num) => exitRecord(num, exitCode, seconds));
    this.log.close();
  }

  private begin(): void {
    const { project, name, config, commit } = this.options;
    const host = hostname();
    const facts = {
      os: `${type()} ${release()}`, runtime: `Node.js ${process.version}`, program: process.argv[1] ?? '', arguments: process.argv.slice(2),
      host, cpuCount: cpus().length, cpuModel: cpus()[0]?.model.trim() ?? '', memory: totalmem(), startedAt: this.startedAt,
    };
    this.write(headerRecord);
    this.write((num) => runRecord(num, {
      id: this.id, project, name, config: { ...config, _wandb: {} }, startedAt: this.startedAt, host, commit,
    }));
    this.write((num) => environmentRecord(num, facts));
    // Clients before 0.21 show this file instead of that record.
    this.file('wandb-metadata.json', JSON.stringify({
      os: facts.os, python: facts.runtime, startedAt: new Date(this.startedAt).toISOString(), program: facts.program,
      args: facts.arguments, host, cpu_count: facts.cpuCount, memory: { total: String(facts.memory) }, git: { commit },
    }), 1);
    this.write((num) => metricRecord(num, 'train/*', STEP));
    this.write((num) => metricRecord(num, 'epoch/*', 'epoch'));
  }

  private history(values: JsonObject): void {
    const now = Date.now();
    const step = this.historyStep;
    this.historyStep += 1;
    this.write((num) => historyRecord(num, step, { ...values, _timestamp: now / 1000, _runtime: (now - this.startedAt) / 1000 }));
  }

  /** Processor and memory of this process and of the machine. */
  private stats(): void {
    const now = Date.now();
    if (now - this.statsAt < STATS_EVERY) return;
    const { user, system } = process.cpuUsage(this.processor);
    const share = this.statsAt === 0 ? 0 : (user + system) / 1000 / (now - this.statsAt);
    this.processor = process.cpuUsage();
    this.statsAt = now;
    const memory = process.memoryUsage().rss;
    this.write((num) => statsRecord(num, {
      cpu: 100 * share / cpus().length, memory_percent: 100 * (1 - freemem() / totalmem()), 'proc.memory.rssMB': memory / 2 ** 20,
      'proc.memory.availableMB': freemem() / 2 ** 20, 'proc.memory.percent': 100 * memory / totalmem(),
    }, now));
  }

  /** As a table, with the picture that W&B draws of one. */
  private confusion(confusion: RunResults['confusion']): void {
    const names = ['closed', 'open'];
    const data = confusion.flatMap((counts, truth) => counts.map((count, called) => [names[truth] ?? '', names[called] ?? '', count]));
    const table = Buffer.from(JSON.stringify({ columns: ['Actual', 'Predicted', 'nPredictions'], data }));
    const path = this.media('table', 'confusion_table', 'table.json', table);
    this.write((num) => configRecord(num, { _wandb: { visualize: { confusion: confusionPanel } } }));
    this.history({
      confusion_table: { _type: 'table-file', path, sha256: sha256(table), size: table.length, nrows: data.length, ncols: 3 },
    });
  }

  private picture(name: string, { png, width, height }: { readonly png: Buffer; readonly width: number; readonly height: number }): void {
    const path = this.media('images', name, 'png', png);
    this.history({ [`pictures/${name}`]: { _type: 'image-file', format: 'png', path, sha256: sha256(png), size: png.length, width, height } });
  }

  private media(kind: string, name: string, extension: string, content: Buffer): string {
    const path = `media/${kind}/${name}_${String(this.historyStep)}_${sha256(content).slice(0, 20)}.${extension}`;
    this.file(path, content, 2);
    return path;
  }

  private file(path: string, content: string | Buffer, kind: 1 | 2): void {
    this.guarded(() => {
      mkdirSync(dirname(join(this.folder, 'files', path)), { recursive: true });
      writeFileSync(join(this.folder, 'files', path), content);
    });
    this.write((num) => filesRecord(num, [path], kind));
  }

  private artifact(models: readonly string[]): void {
    const files = models.map((path) => {
      const content = readFileSync(path);
      return {
        path: basename(path), digest: createHash('md5').update(content).digest('base64'), size: statSync(path).size, localPath: resolve(path),
      };
    }).sort((a, b) => (a.path < b.path ? -1 : 1));
    const manifest = `wandb-artifact-manifest-v1\n${files.map(({ path, digest }) => `${path}:${digest}\n`).join('')}`;
    this.write((num) => artifactRecord(num, {
      runId: this.id, project: this.options.project, type: 'model', name: 'eye-state', metadata: {},
      digest: createHash('md5').update(manifest).digest('hex'), clientId: randomText(128), sequenceClientId: randomText(128), files,
    }));
  }

  private write(make: (num: number) => Uint8Array): void {
    this.guarded(() => {
      this.log.write(make(this.num + 1));
      this.num += 1;
    });
  }

  /** A full disk must not end a training whose checkpoints may still find room. */
  private guarded(write: () => void): void {
    if (this.failed) return;
    try {
      write();
    } catch (error) {
      this.failed = true;
      this.options.onProblem(`The log for Weights & Biases cannot be written any more: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Whether a record of an earlier log stands before the point at which the run goes on. */
function isBefore({ kind, values }: RecordFacts, { step, epoch }: { readonly step: number; readonly epoch: number }): boolean {
  if (kind === 'exit' || kind === 'artifact') return false;
  if (kind !== 'history') return true;
  return Number(values[STEP] ?? 0) <= step && Number(values['epoch'] ?? 0) <= epoch;
}

function lastRunIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const run = readdirSync(folder).filter((name) => name.startsWith('offline-run-')).sort().at(-1);
  return run === undefined ? undefined : join(folder, run);
}

function idOf(folder: string): string {
  return basename(folder).split('-').at(-1) ?? '';
}

/** Letters and digits, as the client names runs. */
function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => (byte % 36).toString(36)).join('');
}

function timeName(milliseconds: number): string {
  const [date = '', time = ''] = new Date(milliseconds).toISOString().split(/[T.]/);
  return `${date.replaceAll('-', '')}_${time.replaceAll(':', '')}`;
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** How W&B draws a table of counts as a confusion matrix. */
const confusionPanel: Json = {
  panel_type: 'Vega2',
  panel_config: {
    panelDefId: 'wandb/confusion_matrix/v1',
    fieldSettings: { Actual: 'Actual', Predicted: 'Predicted', nPredictions: 'nPredictions' },
    stringSettings: { title: 'Validation' },
    transform: { name: 'tableWithLeafColNames' },
    userQuery: {
      queryFields: [{
        name: 'runSets', args: [{ name: 'runSets', value: '${runSets}' }],
        fields: [
          { name: 'id', fields: [] }, { name: 'name', fields: [] }, { name: '_defaultColorIndex', fields: [] },
          { name: 'summaryTable', args: [{ name: 'tableKey', value: 'confusion_table' }], fields: [] },
        ],
      }],
    },
  },
};
