/**
 * Imports go down only, in the house that rooms.js draws, and never in a circle.
 */
import { floors } from './rooms.js';

const rooms = floors.flatMap((floor, level) => Object.keys(floor).map((name) => ({ name, level })));
const known = rooms.map(({ name }) => name).join('|');

export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Two files that need each other are one thing, or share a third one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...rooms.map(({ name, level }) => ({
      name: `${name}-imports-down`,
      comment: `src/${name} may import from the floors below its own only (rooms.js).`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: {
        path: '^src/',
        pathNot: `^src/(${[name, ...rooms.filter((room) => room.level < level).map((room) => room.name)].join('|')})/`,
      },
    })),
    {
      name: 'every-room-is-on-the-map',
      comment: 'A new room gets its place in rooms.js.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${known})/` },
      to: {},
    },
    ...[
      { room: 'image', packages: 'sharp|heic-decode' },
      { room: 'onnx', packages: 'onnxruntime-node' },
      { room: 'queue', packages: 'bullmq|ioredis' },
      { room: 'tfjs|bench', packages: '@tensorflow/.*' },
    ].map(({ room, packages }) => ({
      name: `${room.replace('|', '-or-')}-alone-touches-its-packages`,
      comment: `${packages} is opened in src/${room} only (rooms.js).`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${room})/` },
      to: { path: `^node_modules/(${packages})/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
