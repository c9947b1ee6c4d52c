/**
 * Plants faults in a room's code one by one, and counts those that the room's own tests catch: `npm run test:mutation [-- ROOM ...]`.
 * The table in docs/mutation.md is written anew for the rooms that were tested; the faults that no test caught are printed.
 *
 * `-- --again ROOM` is for after tests were added: it plants those faults again that got past the last time, and all faults of files
 * that changed since. `-- --slowly ROOM` plants one fault at a time instead of two, for a machine that has other work.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { URL, fileURLToPath } from 'node:url';

const within = (folder, names, ending) => names.split(' ').map((name) => `${folder}/${name}${ending}`);
/** Sources of one folder, and the tests of the same names. */
const mirrored = (folder, names) => ({ sources: within(`src/${folder}`, names, '.ts'), tests: within(`test/${folder}`, names, '.test.ts') });

/**
 * What each score stands for: sources, and the tests that have to catch a fault in them. A large room is taken in parts, each with the
 * tests of its own files: all tests of a part run for every fault in it, and a loop that counts its faults is fifty times as slow as it
 * would be. So those that need nets, real photos or many large pictures are left out where they are not a file's own.
 */
const rooms = {
  exposure: [{ sources: ['src/exposure/**/*.ts'], tests: ['test/exposure/**/*.test.ts'] }],
  blur: [
    mirrored('blur', 'focus-energy luminance-grid plain-variance'),
    { sources: within('src/blur', 'region weigh settings measurement stage', '.ts'), tests: within('test/blur', 'region weigh settings stage', '.test.ts') },
    mirrored('blur', 'detail'),
    { sources: within('src/blur', 'sharpness focus-place blur-kind calibration', '.ts'), tests: within('test/blur', 'sharpness focus-place', '.test.ts') },
  ],
  classify: [{ sources: ['src/classify/**/*.ts'], tests: ['test/classify/**/*.test.ts'] }],
  verdict: [{ sources: ['src/core/verdict.ts', 'src/pipeline/verdict.ts', 'src/pipeline/measured.ts'], tests: ['test/pipeline/verdict.test.ts'] }],
  judging: [mirrored('pipeline', 'photo face-views stages stage-clock engine debug-crops')],
  'data-labels': [mirrored('train/data', 'balance groups labels sources')],
  'data-split': [mirrored('train/data', 'near-duplicates packed-file partition')],
  'data-pixels': [mirrored('train/data', 'canvas degrade misplaced plain-crop random')],
  'data-augment': [mirrored('train/data', 'augment')],
  // Its loader-worker is left out: tests run the compiled one, in a thread of its own.
  'data-images': [
    mirrored('train/data', 'evaluate image-kind image-work labelled-eyes pack'),
    mirrored('train/data', 'image-nets'),
    { sources: within('src/train/data', 'loader loader-messages', '.ts'), tests: within('test/train/data', 'loader', '.test.ts') },
  ],
};

const options = process.argv.slice(2);
const asked = options.filter((option) => !option.startsWith('--'));
const unknown = options.filter((option) => !Object.hasOwn(rooms, option) && option !== '--again' && option !== '--slowly');
if (unknown.length > 0) throw new Error(`There is no room ${unknown.join(', ')} here; there are ${Object.keys(rooms).join(', ')}.`);

const root = new URL('..', import.meta.url);
const page = new URL('docs/mutation.md', root);
const scores = readScores();
for (const room of asked.length === 0 ? Object.keys(rooms) : asked) {
  scores.set(room, test(room));
  writeFileSync(page, pageOf(scores));
}
if ([...scores.values()].some(({ caught, survived }) => caught / (caught + survived) < 0.75)) process.exitCode = 1;

function test(room) {
  const kept = new URL(`.cache/mutation-${room}.json`, root);
  const before = options.includes('--again') && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : undefined;
  const { places, standing } = before === undefined ? { places: rooms[room].flatMap(({ sources }) => sources), standing: [] } : leftFrom(before);
  const now = rooms[room].map((part, index) => plant(`${room}-${String(index)}`, part.tests, places.filter((place) => isOf(part, place))))
    .reduce((all, part) => ({ faults: [...all.faults, ...part.faults], sources: { ...all.sources, ...part.sources } }), { faults: [], sources: {} });
  // What lies within the place of a fault that is planted again is planted again, too.
  const known = new Set(now.faults.map(({ name }) => name));
  const faults = [...standing.filter(({ name }) => !known.has(name)), ...now.faults];
  writeFileSync(kept, JSON.stringify({ faults, sources: { ...before?.sources, ...now.sources } }));
  const caught = faults.filter(({ isCaught }) => isCaught).length;
  return { caught, survived: faults.length - caught, date: new Date().toISOString().slice(0, 10) };
}

/** Where faults have to be planted again after an earlier run, and which faults count as caught since then. */
function leftFrom({ faults, sources }) {
  const changed = Object.keys(sources).filter((file) => !existsSync(new URL(file, root)) || readFileSync(new URL(file, root), 'utf8') !== sources[file]);
  const same = faults.filter(({ file }) => !changed.includes(file));
  const survived = same.filter(({ isCaught }) => !isCaught).map(({ file, place }) => `${file}:${place}`);
  return { places: [...new Set([...changed, ...survived])], standing: same.filter(({ isCaught }) => isCaught) };
}

/** Whether a file, or a place in one, is of a part of a room. */
function isOf({ sources }, place) {
  const [file] = place.split(':');
  return sources.some((source) => source === file || (source.endsWith('/**/*.ts') && file.startsWith(source.slice(0, -'**/*.ts'.length))));
}

/** Runs tests for each fault within some files or places of files. */
function plant(name, tests, places) {
  if (places.length === 0) return { faults: [], sources: {} };
  const report = new URL(`.cache/mutation-${name}-stryker.json`, root);
  rmSync(report, { force: true });
  const slowly = options.includes('--slowly') ? ['--concurrency', '1'] : [];
  const { status } = spawnSync('npx', ['stryker', 'run', ...slowly, '--mutate', places.join(',')], {
    cwd: root, stdio: 'inherit', env: { ...process.env, MUTATION_TESTS: tests.join(' '), MUTATION_REPORT: fileURLToPath(report) },
  });
  if (!existsSync(report)) throw new Error(`Stryker ended with ${String(status)} and wrote no report for ${name}.`);
  const files = Object.entries(JSON.parse(readFileSync(report, 'utf8')).files);
  return {
    faults: files.flatMap(([file, { mutants }]) => mutants.flatMap((mutant) => faultOf(file, mutant))),
    sources: Object.fromEntries(files.map(([file, { source }]) => [file, source])),
  };
}

/** A fault by what it changes. One that makes a test file fail as a whole is an error to Stryker, and caught to us. */
function faultOf(file, { status, location: { start, end }, mutatorName, replacement = '' }) {
  if (status === 'Ignored' || status === 'CompileError') return [];
  // Columns of a report begin with 1, those of a place to mutate with 0.
  const place = `${String(start.line)}:${String(start.column - 1)}-${String(end.line)}:${String(end.column - 1)}`;
  return [{ name: `${file}:${place} ${mutatorName} ${replacement}`, file, place, isCaught: ['Killed', 'Timeout', 'RuntimeError'].includes(status) }];
}

function readScores() {
  if (!existsSync(page)) return new Map();
  const rows = readFileSync(page, 'utf8').matchAll(/^\| ([\w-]+) \| (\d+) \| (\d+) \| [\d.]+ % \| (\S+) \|$/gm);
  return new Map([...rows].map(([, room, planted, caught, date]) => [room, { caught: Number(caught), survived: Number(planted) - Number(caught), date }]));
}

function pageOf(all) {
  const rows = Object.keys(rooms).filter((room) => all.has(room)).map((room) => {
    const { caught, survived, date } = all.get(room);
    const planted = caught + survived;
    return `| ${room} | ${planted} | ${caught} | ${(100 * caught / planted).toFixed(1)} % | ${date} |`;
  });
  return `# Faults that the tests catch

Mutation testing plants a small fault (a comparison turned round, a constant gone, a branch never taken) and runs a room's own
tests: a fault that none of them notices is a line that nobody would miss. \`npm run test:mutation\` writes this page;
\`npm run test:mutation -- blur\` tests one room, \`npm run test:mutation -- --again blur\` only what got past its tests the last time
(when tests were added since). What a room's tests miss may still be caught by those of another: only its own count, only those that
need none of ../shared, and of large rooms only those of a file's own. scripts/test-mutation.js names them, room by room; src/train/data,
the room of data sets, has a row for each of its parts that was measured; there are ${Object.keys(rooms).filter((room) => room.startsWith('data-')).join(', ')}.

| room | faults planted | caught | score | on |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

The goal is 75 % for each.
`;
}
