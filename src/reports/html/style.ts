/**
 * The look of the page. Neutral grays, so that no colour of ours stands beside the colours of a photo.
 */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --card: 190px;
  --bg: light-dark(#f3f3f2, #171717);
  --panel: light-dark(#ffffff, #202020);
  --raised: light-dark(#e9e9e7, #2c2c2c);
  --line: light-dark(#d9d9d6, #363636);
  --ink: light-dark(#1c1c1c, #ececec);
  --dim: light-dark(#63635f, #a3a3a0);
  --keep: light-dark(#1c7f52, #4cc38a);
  --review: light-dark(#9a6200, #e5b045);
  --reject: light-dark(#c02b22, #f4766b);
  --unknown: light-dark(#6b6b64, #94948e);
  --cursor: light-dark(#2459d6, #86aeff);
}
* { box-sizing: border-box; margin: 0; }
html, body { height: 100%; }
body { background: var(--bg); color: var(--ink); font: 14px/1.4 system-ui, sans-serif; }
#app { height: 100%; display: flex; flex-direction: column; }
.loading, .empty { color: var(--dim); padding: 2rem; text-align: center; }
.grid > .empty { grid-column: 1 / -1; }
button, select, input[type=search], summary {
  font: inherit; color: inherit; background: var(--raised); border: 1px solid transparent; border-radius: 6px;
  padding: 4px 10px; min-height: 30px; cursor: pointer; white-space: nowrap;
}
button:hover, select:hover, summary:hover { border-color: var(--dim); }
button:disabled { opacity: .45; cursor: default; border-color: transparent; }
:focus-visible { outline: 2px solid var(--cursor); outline-offset: 1px; }
input[type=search] { cursor: text; width: 10rem; min-width: 0; } ::placeholder { color: var(--dim); opacity: 1; }
input[type=range] { accent-color: var(--dim); min-width: 0; }
a { color: inherit; text-decoration-color: var(--dim); text-underline-offset: 3px; }
h1, h2, h3 { font-size: inherit; font-weight: 600; overflow-wrap: anywhere; }
.tone-keep { --tone: var(--keep); } .tone-review { --tone: var(--review); }
.tone-reject { --tone: var(--reject); } .tone-unknown { --tone: var(--unknown); }

.toolbar {
  display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; padding: 8px 16px;
  background: var(--panel); border-bottom: 1px solid var(--line);
}
.toolbar h1 { font-size: 16px; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tabs { display: flex; background: var(--raised); border-radius: 7px; padding: 2px; overflow-x: auto; }
.tabs button { background: none; min-height: 26px; padding: 2px 10px; }
.tabs button[class*=tone]::before {
  content: ''; display: inline-block; width: 8px; height: 8px; border-radius: 50%; background: var(--tone); margin-right: 6px;
}
.tabs b { font-weight: 400; color: var(--dim); margin-left: 6px; font-variant-numeric: tabular-nums; }
.tabs button[aria-pressed=true] { background: var(--panel); box-shadow: 0 1px 2px rgb(0 0 0 / .18); }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-left: auto; }
.choice { display: flex; align-items: center; gap: 6px; color: var(--dim); }
.choice select { color: var(--ink); max-width: 13rem; }
.size { width: 84px; }
.round { min-width: 32px; padding: 4px 8px; }
.menu { position: relative; }
.menu summary { list-style: none; line-height: 20px; }
.menu summary::-webkit-details-marker { display: none; }
.menu summary::after { content: ' ▾'; color: var(--dim); }
.menu > div {
  position: absolute; right: 0; top: 100%; margin-top: 4px; z-index: 5; display: grid; gap: 4px; padding: 6px;
  background: var(--panel); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 6px 20px rgb(0 0 0 / .25);
}

.body { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) 404px; }
.grid {
  overflow-y: auto; padding: 16px; display: grid; gap: 14px; align-content: start;
  grid-template-columns: repeat(auto-fill, minmax(min(var(--card), 46%), 1fr)); outline: none;
}
.card {
  position: relative; min-width: 0; border-radius: 8px; background: var(--panel); padding: 6px;
  border: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto var(--card) auto calc(var(--card) + 46px);
}
.card[aria-selected=true] { border-color: var(--cursor); box-shadow: 0 0 0 2px var(--cursor); }
.card.marked { background: color-mix(in srgb, var(--cursor) 16%, var(--panel)); }
.card[data-verdict=keep] { --tone: var(--keep); } .card[data-verdict=review] { --tone: var(--review); }
.card[data-verdict=reject] { --tone: var(--reject); }
.card.dropped .frame img { opacity: .45; }
.frame { position: relative; aspect-ratio: 1; cursor: pointer; background: var(--raised); border-radius: 4px; overflow: hidden; }
.frame img, .frame .boxes { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.no-picture { position: absolute; inset: 0; display: grid; place-items: center; color: var(--dim); }
.boxes { pointer-events: none; }
.boxes rect { fill: none; stroke: var(--tone); stroke-width: 2px; vector-effect: non-scaling-stroke; }
.boxes text { fill: var(--tone); font-weight: 700; paint-order: stroke; stroke: rgb(0 0 0 / .75); stroke-width: .18em; }
.boxes rect.tone-review { stroke-dasharray: 6 3; }
.boxes rect.bystander { stroke-width: 1px; opacity: .75; stroke-dasharray: 2 3; }
.caption { display: flex; align-items: center; gap: 7px; padding: 6px 2px 0; }
.dot { flex: none; width: 9px; height: 9px; border-radius: 50%; background: var(--tone); }
.name { display: flex; min-width: 0; white-space: pre; overflow: hidden; } .name > * { flex: none; }
.name > .beginning { flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.why { color: var(--dim); font-size: 12px; padding: 0 2px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-height: 17px; }
.badge {
  position: absolute; left: 10px; top: 10px; padding: 0 7px; border-radius: 10px; font-size: 12px; line-height: 20px;
  background: rgb(20 20 20 / .78); color: #fff; letter-spacing: 1px;
}
.badge:empty { display: none; }
.mark {
  position: absolute; right: 10px; top: 10px; width: 24px; min-height: 24px; padding: 0; border-radius: 50%;
  background: rgb(20 20 20 / .5); color: #fff; border: 1.5px solid rgb(255 255 255 / .85); opacity: 0;
}
.card:hover .mark, .card[aria-selected=true] .mark, .marked .mark, .mark:focus-visible { opacity: 1; }
.marked .mark { background: var(--cursor); }
.marked .mark::before { content: '✓'; }

.detail { overflow-y: auto; background: var(--panel); border-left: 1px solid var(--line); padding: 14px 16px 32px; }
.detail header, .compare header, .help header { display: flex; align-items: center; gap: 12px; justify-content: space-between; }
.detail .close { display: none; }
.whole { position: relative; margin: 10px 0; width: fit-content; max-width: 100%; margin-inline: auto; }
.whole img { display: block; max-width: 100%; max-height: 46vh; border-radius: 4px; }
.whole .boxes { position: absolute; inset: 0; width: 100%; height: 100%; }
.judged { overflow-wrap: anywhere; }
.verdict {
  display: inline-block; padding: 0 8px; margin-right: 8px; border-radius: 10px; color: light-dark(#fff, #111);
  background: var(--tone); font-size: 12px; line-height: 20px; font-weight: 600;
}
.choices { display: flex; flex-wrap: wrap; gap: 5px; margin: 10px 0; align-items: center; }
.choices [aria-pressed=true]:not(.star) { background: var(--tone); color: light-dark(#fff, #111); }
.stars { display: flex; }
.choices button:not(.star) { padding: 4px 9px; }
.star { background: none; padding: 0 2px; font-size: 18px; color: var(--line); min-height: 30px; }
.star[aria-pressed=true] { color: var(--review); }
.face { border-top: 1px solid var(--line); padding: 12px 0; display: grid; grid-template-columns: 112px minmax(0, 1fr); gap: 8px 12px; }
.face h3 { grid-column: 1 / -1; }
.face .portrait { width: 112px; max-height: 150px; object-fit: cover; border-radius: 6px; }
.face .measures:first-child, h3 + .measures { grid-column: 1 / -1; }
.eyes { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.eye { min-width: 0; }
.eye img, .no-eye { display: block; width: 100%; aspect-ratio: 3 / 2; object-fit: cover; border-radius: 4px; background: var(--raised); }
.no-eye { display: grid; place-items: center; color: var(--dim); font-size: 12px; }
.eye figcaption { display: grid; font-size: 12px; color: var(--dim); white-space: nowrap; }
.value { color: var(--tone); font-variant-numeric: tabular-nums; }
.bar { display: block; width: 100%; height: 5px; margin: 4px 0 2px; border-radius: 3px; overflow: hidden; }
.bar .track { fill: var(--raised); } .bar .fill { fill: var(--tone); }
.bar line { stroke: var(--panel); stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
.measure { display: grid; grid-template-columns: auto minmax(30px, 1fr) auto; align-items: center; gap: 8px; font-size: 12px; color: var(--dim); margin-top: 6px; }
.reason { font-size: 13px; margin-top: 4px; color: var(--tone); }

dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--panel); color: inherit; padding: 16px; margin: auto; }
dialog::backdrop { background: rgb(0 0 0 / .55); }
.compare { width: calc(100vw - 24px); height: calc(100dvh - 24px); max-width: none; max-height: none; }
.compare[open] { display: flex; flex-direction: column; gap: 12px; }
.faces { display: flex; align-items: center; gap: 8px; margin-left: auto; color: var(--dim); }
.zoom { display: flex; align-items: center; gap: 8px; color: var(--dim); }
.columns { flex: 1; min-height: 0; display: flex; gap: 12px; overflow: auto; scroll-snap-type: x proximity; }
.column { flex: 1 0 250px; max-width: 640px; min-width: 0; padding: 10px; border: 1px solid var(--line); border-radius: 10px; overflow-y: auto; scroll-snap-align: start; }
.column h3 { margin-bottom: 8px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.columns:focus { outline: none; }
.column.focus { border-color: var(--cursor); box-shadow: inset 0 0 0 1px var(--cursor); }
.lens { aspect-ratio: 1; max-height: 52vh; margin: 0 auto 8px; overflow: hidden; background: var(--raised); border-radius: 6px; touch-action: none; cursor: grab; }
.lens img { width: 100%; height: 100%; object-fit: contain; will-change: transform; }
.help dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 16px; margin: 14px 0; }
.help dt { font-weight: 600; } .help { max-width: 32rem; } .help p { color: var(--dim); }
.note {
  position: fixed; left: 50%; bottom: 24px; transform: translateX(-50%); padding: 8px 14px; border-radius: 8px;
  background: rgb(20 20 20 / .85); color: #fff; pointer-events: none;
}
.note:empty { display: none; }
.note.fading { opacity: 0; transition: opacity .6s 1.6s; }

@media (max-width: 900px) {
  .toolbar { padding: 8px 10px; gap: 8px; }
  .toolbar h1 { max-width: 100%; }
  .tabs, .tools { width: 100%; margin: 0; }
  .tabs button { padding: 2px 8px; flex: 1; }
  .tools { flex-wrap: nowrap; overflow-x: auto; overflow-y: hidden; scrollbar-width: none; }
  .tools > * { flex: none; }
  .choice span, .size { display: none; }
  .choice select { width: 33vw; }
  .tools input[type=search] { width: 22vw; }
  .menu > div { position: fixed; right: 10px; top: 96px; }
  .body { display: block; overflow-y: auto; }
  .grid { overflow: visible; padding: 10px; gap: 8px; --card: 150px; }
  .detail {
    position: fixed; inset: auto 0 0 0; max-height: 78dvh; z-index: 4; border: 0; border-radius: 14px 14px 0 0;
    box-shadow: 0 -8px 30px rgb(0 0 0 / .35); display: none;
  }
  .detail-open .detail { display: block; }
  .detail .close { display: block; }
  .whole img { max-height: 26vh; }
  .compare { width: 100vw; height: 100dvh; border: 0; border-radius: 0; padding: 10px; }
  .compare header { flex-wrap: wrap; }
  .column { flex-basis: 82vw; }
}
@media (hover: none) { .mark { opacity: .9; } }
@media (prefers-reduced-motion: reduce) { .note.fading { transition-duration: 0s; } }
`;
