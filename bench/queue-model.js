/**
 * How a run grows with its machines, on paper: a queueing model of n workers, from measured times.
 *
 *   node bench/queue-model.js TIMES.json [--judge MS] [--run MS] [--redis MS] [--trip MS] [--disk MB/S] [--megabytes MB] [--processes N] [--photos N]
 *
 * TIMES.json is a JSON report of `pipeline run` with --workers 1: how long each photo took in its stages. Where the machine was busy,
 * they are scaled to --judge, the processor time a photo of a worker, which other work does not change. --judge, --run and --redis are
 * what bench/queue.js prints: milliseconds of processor time a photo of a worker (--real), of the process that began the run, and of Redis. --trip is what
 * `pipeline doctor --queue` prints. --photos is how many each process judges until the end. Everything has one line where photos wait
 * for their turn: the disk that all share, each process of each worker, Redis, and the run that takes the results.
 */
/* global console */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** A line with one or more at its head: when who comes at `now` is done. */
class Line {
  constructor(heads = 1) {
    this.free = new Array(heads).fill(0);
    this.busy = 0;
  }

  serve(now, time) {
    const head = this.free.indexOf(Math.min(...this.free));
    const end = Math.max(now, this.free[head]) + time;
    this.free[head] = end;
    this.busy += time;
    return end;
  }
}

/** What happens when, in the order of time: a binary heap. */
class Events {
  heap = [];

  at(time, act) {
    let place = this.heap.push({ time, act }) - 1;
    for (let above = (place - 1) >> 1; place > 0 && this.heap[above].time > this.heap[place].time; above = (place - 1) >> 1) {
      [this.heap[above], this.heap[place]] = [this.heap[place], this.heap[above]];
      place = above;
    }
  }

  run() {
    while (this.heap.length > 0) {
      const { time, act } = this.next();
      act(time);
    }
  }

  next() {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (this.heap.length > 0) this.heap[0] = last;
    for (let place = 0; ;) {
      const below = [2 * place + 1, 2 * place + 2].filter((child) => child < this.heap.length).sort((a, b) => this.heap[a].time - this.heap[b].time)[0];
      if (below === undefined || this.heap[below].time >= this.heap[place].time) return first;
      [this.heap[below], this.heap[place]] = [this.heap[place], this.heap[below]];
      place = below;
    }
  }
}

const { positionals: [file], values } = parseArgs({
  allowPositionals: true,
  options: {
    judge: { type: 'string' }, run: { type: 'string', default: '0.5' }, redis: { type: 'string', default: '0.07' }, trip: { type: 'string', default: '0.5' },
    disk: { type: 'string', default: '110' }, megabytes: { type: 'string', default: '0.4' }, processes: { type: 'string', default: '1' },
    photos: { type: 'string', default: '400' },
  },
});
const [run, redis, trip, disk, megabytes, processes, photosEach] = ['run', 'redis', 'trip', 'disk', 'megabytes', 'processes', 'photos'].map((name) => Number(values[name]));
const batch = 8;
const times = readTimes(file);

console.log(`${times.length} measured photos, ${mean(times).toFixed(1)} ms each; ${processes} process(es) a worker; disk ${disk} MB/s, ${megabytes} MB a photo;`
  + ` run ${run} ms, Redis ${redis} ms a photo; ${trip} ms there and back\n`);
console.log('workers  photos a second  of linear   busy: processes   disk  Redis    run');
let alone = 0;
for (const n of [1, 2, 4, 8, 16, 32, 64]) {
  const { rate, busy } = simulate(n);
  alone = n === 1 ? rate : alone;
  console.log(`${String(n).padStart(7)}  ${rate.toFixed(1).padStart(15)}  ${percent(rate / (n * alone)).padStart(9)}   ${['processes', 'disk', 'redis', 'run'].map((name, at) =>
    percent(busy[name]).padStart(at === 0 ? 15 : 6)).join(' ')}`);
}
console.log(`\nWhat saturates, at how many photos a second: ${Object.entries({ disk: disk / megabytes, Redis: 1000 / redis, 'the run': 1000 / run })
  .sort(([, a], [, b]) => a - b).map(([name, rate]) => `${name} ${rate.toFixed(0)}`).join(', ')}.`);

function readTimes(path) {
  const { photos } = JSON.parse(readFileSync(path, 'utf8'));
  const measured = photos.map((photo) => Object.values(photo.times_ms).reduce((all, each) => all + each, 0));
  const scale = values.judge === undefined ? 1 : Number(values.judge) / mean(measured);
  return measured.map((time) => time * scale);
}

/** Lets n workers judge; batches are taken in the order in which somebody has room for them. */
function simulate(n) {
  const lines = { disk: new Line(), redis: new Line(), run: new Line() };
  const workers = Array.from({ length: n }, () => new Line(processes));
  const atOnce = Math.ceil(2 * processes / batch) + 1;
  const total = n * processes * photosEach;
  const events = new Events();
  let handed = 0;
  let judged = 0;
  let end = 0;
  const take = (now, worker) => {
    if (handed >= total) return;
    const size = Math.min(batch, total - handed);
    handed += size;
    // Half of what Redis does for a photo is done when it is given, half when it comes back.
    events.at(lines.redis.serve(now, redis * size / 2) + trip, (begun) => { judge(begun, worker, size); });
  };
  const judge = (now, worker, size) => {
    let left = size;
    for (let photo = 0; photo < size; photo += 1) {
      events.at(lines.disk.serve(now, megabytes / disk * 1000), (read) => {
        const time = times[judged % times.length];
        judged += 1;
        events.at(workers[worker].serve(read, time), (done) => {
          left -= 1;
          if (left > 0) return;
          events.at(lines.redis.serve(done, redis * size / 2) + trip, (back) => {
            end = Math.max(end, lines.run.serve(back, run * size));
            take(back, worker);
          });
        });
      });
    }
  };
  for (let place = 0; place < atOnce; place += 1) for (let worker = 0; worker < n; worker += 1) take(0, worker);
  events.run();
  const busyWorkers = workers.reduce((all, { busy }) => all + busy, 0) / (n * processes);
  return { rate: total / end * 1000, busy: { processes: busyWorkers / end, disk: lines.disk.busy / end, redis: lines.redis.busy / end, run: lines.run.busy / end } };
}

function mean(all) {
  return all.reduce((sum, each) => sum + each, 0) / all.length;
}

function percent(share) {
  return `${(share * 100).toFixed(0)} %`;
}
