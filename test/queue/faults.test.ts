/**
 * What may go wrong between the machines of a run, with real processes and a real server. Workers judge by name, without opening
 * anything: it is the way of the photos that counts here.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { entry } from '../support/pipeline.js';
import { hasRedis, TestRedis, Wire, withoutRedis } from '../support/redis.js';
import { endAll, Started, until } from '../support/started.js';

const stub = fileURLToPath(new URL('../support/stub-queue-worker.js', import.meta.url));
/** With it a file called "gone" lies on a disk that has gone. */
const goneDisk = new URL('../support/gone-disk.js', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'queue-test-'));
/** So that what is lost is missed soon. */
const impatient = ['--set', 'queue.lost_seconds=1', '--set', 'queue.tries=2', '--set', 'queue.batch=4'];

function worker(address: string, delay = 0, root = join(folder, 'photos')): Started {
  return new Started([stub, address, root, String(delay)]);
}

/** Two that are both there before a photo is handed out: one alone may be through with all of them before the other has begun. */
async function twoWorkers(first: string, second: string): Promise<readonly [Started, Started]> {
  const both = [worker(first, 20), worker(second, 20)] as const;
  for (const each of both) await each.says('ready');
  return both;
}

function run(address: string, report: string, ...options: readonly string[]): Started {
  return new Started([entry, 'run', join(folder, 'photos'), '--report', join(folder, report), '--queue', address, ...impatient, ...options]);
}

/** How many photos a stub has judged. */
function judgedBy({ output }: Started): number {
  return output.split('\njudged ').length - 1;
}

function reportOf(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

async function expectWhole(coordinator: Started, report: string): Promise<void> {
  expect([await coordinator.end(), coordinator.output]).toEqual([0, expect.any(String)]);
  expect(reportOf(report)).toBe(reportOf('whole.csv'));
}

describe.skipIf(!hasRedis)(`the photos of a run${withoutRedis}`, () => {
  let redis: TestRedis;

  beforeAll(async () => {
    mkdirSync(join(folder, 'photos'));
    for (let number = 0; number < 120; number += 1) writeFileSync(join(folder, 'photos', `${String(number).padStart(3, '0')}.jpg`), 'a photo');
    redis = await TestRedis.start(['--appendonly', 'yes', '--appendfsync', 'always']);
    const judge = worker(redis.address);
    const whole = run(redis.address, 'whole.csv');
    expect([await whole.end(), whole.output]).toEqual([0, expect.stringContaining('120  judged by')]);
    judge.signal('SIGTERM');
    expect(await judge.end()).toBe(0);
    const rows = reportOf('whole.csv').split('\n').slice(1, -1);
    // Row by row what was found of the photo, in the order of their names.
    expect(rows.map((row) => /^(\d+)\.jpg,no_face,.*looked at (\d+)\.jpg/.exec(row)?.slice(1))).toEqual(
      Array.from({ length: 120 }, (_, number) => String(number).padStart(3, '0')).map((name) => [name, name]));
    expect(redis.ask('keys', '*')).toBe('');
  });

  afterEach(async () => {
    await endAll();
    redis.ask('flushall');
  });

  afterAll(async () => {
    await redis.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are judged by another where a worker is killed in the middle of a batch', async () => {
    const [first, second] = await twoWorkers(redis.address, redis.address);
    const coordinator = run(redis.address, 'killed.csv');
    await first.says('judged');
    first.signal('SIGKILL');
    await expectWhole(coordinator, 'killed.csv');
    expect(judgedBy(second)).toBeGreaterThan(0);
  });

  it('are judged by another where a worker hangs, and what it finds later is not counted twice', async () => {
    const [first, second] = await twoWorkers(redis.address, redis.address);
    const coordinator = run(redis.address, 'hanging.csv');
    await first.says('judged');
    first.signal('SIGSTOP');
    await until(() => judgedBy(second) > 60, () => second.output);
    first.signal('SIGCONT');
    await expectWhole(coordinator, 'hanging.csv');
  });

  it.each(['with', 'without'])('are all judged where the server is ended and comes back %s its data', async (data) => {
    const [first] = await twoWorkers(redis.address, redis.address);
    const coordinator = run(redis.address, `restarted-${data}.csv`);
    await first.says('judged');
    await redis.kill();
    await wait(500);
    await redis.start();
    if (data === 'without') redis.ask('flushall');
    await expectWhole(coordinator, `restarted-${data}.csv`);
    expect(coordinator.output).toMatch(/cannot be reached any more.*\n.*is there again/);
  });

  it.each(['a worker', 'the run', 'all'])('are all judged where the network of %s is cut for longer than a worker may be silent', async (who) => {
    const wire = await Wire.to(redis.port);
    const [first] = await twoWorkers(who === 'the run' ? redis.address : wire.address, who === 'all' ? wire.address : redis.address);
    const coordinator = run(who === 'a worker' ? redis.address : wire.address, 'cut.csv');
    await first.says('judged');
    await wire.cut(2000);
    await expectWhole(coordinator, 'cut.csv');
    wire.close();
  });

  it('are all in the report of a run that is killed ten times and gone on with', async () => {
    worker(redis.address, 60);
    let resume: string[] = [];
    for (let kills = 0; kills < 10; kills += 1) {
      const coordinator = run(redis.address, 'again.csv', ...resume);
      await wait(300 + Math.random() * 700);
      coordinator.signal('SIGKILL');
      await coordinator.end();
      resume = ['--resume'];
    }
    await expectWhole(run(redis.address, 'again.csv', ...resume), 'again.csv');
  });

  it('are judged while nobody waits for them, where the run is left', async () => {
    const left = run(redis.address, 'left.csv', '--detach');
    expect([await left.end(), left.output]).toEqual([0, expect.stringContaining('--resume')]);
    const judge = worker(redis.address);
    const [id = ''] = redis.ask('hkeys', 'pipeline:runs').split('\n');
    await until(() => redis.ask('hlen', `pipeline:results:${id}`) === '30', () => judge.output);
    judge.signal('SIGKILL');
    await judge.end();
    await expectWhole(run(redis.address, 'left.csv', '--resume'), 'left.csv');
  });

  it('do not get into the report of another run on the same machines', async () => {
    worker(redis.address, 5);
    worker(redis.address, 5);
    const runs = ['one.csv', 'two.csv', 'three.csv'].map((report) => ({ report, coordinator: run(redis.address, report) }));
    for (const { report, coordinator } of runs) await expectWhole(coordinator, report);
  });

  it('are left out with the run, where it is ended with Ctrl-C, and judged when it is gone on with', async () => {
    const judge = worker(redis.address, 150);
    const coordinator = run(redis.address, 'ended.csv');
    await judge.says('judged');
    coordinator.signal('SIGINT');
    expect([await coordinator.end(), coordinator.output]).toEqual([1, expect.stringContaining('Stopped after')]);
    expect(redis.ask('keys', '*')).toBe('');
    await expectWhole(run(redis.address, 'ended.csv', '--resume'), 'ended.csv');
  });
});

describe.skipIf(!hasRedis)(`a photo that takes its worker's machine down${withoutRedis}`, () => {
  it('gets its row after some tries, and costs no other photo anything', async () => {
    const redis = await TestRedis.start();
    const photos = join(folder, 'fatal');
    mkdirSync(photos, { recursive: true });
    for (const name of ['a', 'b', 'c-fatal', 'd', 'e', 'f']) writeFileSync(join(photos, `${name}.jpg`), 'a photo');
    const stop = new AbortController();
    const keepWorking = async (): Promise<number> => {
      let deaths = 0;
      while (!stop.signal.aborted) {
        const judge = worker(redis.address, 0, photos);
        const onStop = (): void => { judge.signal('SIGTERM'); };
        stop.signal.addEventListener('abort', onStop);
        if (await judge.end() === null) deaths += 1;
      }
      return deaths;
    };
    const deaths = keepWorking();
    const coordinator = new Started([entry, 'run', photos, '--report', join(folder, 'fatal.csv'), '--queue', redis.address, ...impatient]);
    expect([await coordinator.end(), coordinator.output]).toEqual([3, expect.any(String)]);
    stop.abort();
    expect(await deaths).toBe(4);
    const rows = reportOf('fatal.csv').split('\n').slice(1, -1);
    expect(rows.map((row) => row.split(',').slice(0, 2).join())).toEqual([
      'a.jpg,no_face', 'b.jpg,no_face', 'c-fatal.jpg,error', 'd.jpg,no_face', 'e.jpg,no_face', 'f.jpg,no_face',
    ]);
    expect(rows[2]).toContain('2 time(s) with others and 2 alone');
    await redis.remove();
  });
});

describe.skipIf(!hasRedis || process.platform === 'win32')(`a photo on a disk that has gone${withoutRedis}`, () => {
  it('ends its worker with a sentence, so that another start is possible, and gets its row after some tries', async () => {
    const redis = await TestRedis.start();
    const photos = join(folder, 'half');
    mkdirSync(photos, { recursive: true });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'gone']) writeFileSync(join(photos, `${name}.jpg`), 'a photo');
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const stop = new AbortController();
    const ended: string[] = [];
    const keepWorking = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const judge = new Started(['--import', goneDisk, entry, 'worker', '--queue', redis.address, '--root', photos, '--workers', '1'], { GONE_DISK: pipe });
        stop.signal.addEventListener('abort', () => { judge.signal('SIGTERM'); });
        await judge.end();
        ended.push(judge.output);
      }
    };
    const working = keepWorking();
    const coordinator = new Started([
      entry, 'run', photos, '--report', join(folder, 'half.csv'), '--queue', redis.address, ...impatient, '--set', 'queue.tries=1', '--set', 'run.photo_seconds=1',
    ]);
    expect([await coordinator.end(), coordinator.output]).toEqual([3, expect.any(String)]);
    stop.abort();
    await working;
    const sentence = /A batch of (\d) photos has not come to an end in \d+ seconds\. Is the disk of .* there\?/;
    expect(ended.flatMap((output) => sentence.exec(output)?.[1] ?? [])).toEqual(['2', '1']);
    const rows = reportOf('half.csv').split('\n').slice(1, -1);
    expect(rows.map((row) => row.includes('was not heard of'))).toEqual([false, false, false, false, false, true]);
    expect(rows[5]).toMatch(/^gone\.jpg,error,.*1 time\(s\) with others and 1 alone/);
    await redis.remove();
  });
});
