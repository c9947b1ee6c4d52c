/**
 * Damage as accidents and attackers do it, the same for the same seed.
 */
/* global Buffer */

/** Mulberry32. */
export function generator(state) {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Flips bytes, puts numbers that break sizes, cuts, repeats or removes pieces; mostly near the start, where headers are. */
export function mutate(bytes, random) {
  let changed = Buffer.from(bytes);
  const place = () => Math.floor((random() < 0.6 ? random() * Math.min(2048, changed.length) : random() * changed.length));
  const times = 1 + Math.floor(random() * 8);
  for (let i = 0; i < times && changed.length > 8; i += 1) {
    const at = place();
    const kind = random();
    if (kind < 0.5) changed[at] = Math.floor(random() * 256);
    else if (kind < 0.7) changed.fill([0, 0xff, 0x7f, 0x80][Math.floor(random() * 4)], at, Math.min(changed.length, at + 4));
    else if (kind < 0.8) changed = changed.subarray(0, Math.max(8, at));
    else if (kind < 0.9) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(Math.floor(at / 2))]);
    else changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + Math.floor(random() * 64))]);
  }
  return changed;
}

const odd = [null, true, -1, 0, 1e308, 2 ** 53, '', 'x', '../../x', '\u0000', 'a\nb', [], [[]], {}, { base64: 'AAAA' }, { length: 5 }];

/** Puts a value of another kind, or of another place, somewhere into a tree that JSON has. */
export function mutateTree(tree, random) {
  const copy = JSON.parse(JSON.stringify(tree));
  const pick = (list) => list[Math.floor(random() * list.length)];
  for (let times = 1 + Math.floor(random() * 3); times > 0; times -= 1) {
    const places = [];
    const visit = (node) => {
      if (typeof node !== 'object' || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node, key]);
        visit(node[key]);
      }
    };
    visit(copy);
    if (places.length === 0) return pick(odd);
    const [parent, key] = pick(places);
    const kind = random();
    if (kind < 0.5) parent[key] = pick(odd);
    else if (kind < 0.7 && !Array.isArray(parent)) Reflect.deleteProperty(parent, key);
    else if (kind < 0.85) {
      const [other, otherKey] = pick(places);
      parent[key] = JSON.parse(JSON.stringify(other[otherKey] ?? null));
    } else if (Array.isArray(parent)) parent.push(pick(odd));
    else parent[pick(['__proto__', 'constructor', 'toString', 'more'])] = pick(odd);
  }
  return copy;
}
