/**
 * The look of a review, on top of that of the HTML report.
 */
export const reviewStyle = `
body[data-place=grid] .photo-view, body[data-place=grid] .side-by-side, body[data-place=photo] .sheet, body[data-place=photo] .side-by-side,
body[data-place=compare] .sheet, body[data-place=compare] .photo-view { display: none; }
.toolbar progress { width: 90px; } .state { color: var(--dim); font-variant-numeric: tabular-nums; }
.toolbar [aria-pressed=true]:not(.tabs *) { background: var(--ink); color: var(--bg); }
.menu a, .menu label { display: block; padding: 6px 8px; white-space: nowrap; }
.menu input[type=file] { display: block; margin-top: 4px; max-width: 220px; }

.sheet { flex: 1; min-height: 0; overflow-y: auto; padding: 12px; outline-offset: -3px; }
.rows { position: relative; }
.rows > .empty { position: absolute; width: 100%; }
.rows .card { position: absolute; left: 0; top: 0; content-visibility: visible; display: flex; flex-direction: column; cursor: pointer; }
.rows .card[aria-selected=true] { border-color: var(--line); box-shadow: none; }
.rows .card.marked { border-color: var(--cursor); background: color-mix(in srgb, var(--cursor) 22%, var(--panel)); }
.rows .card.marked .why { color: var(--ink); }
.rows .card.cursor { border-color: var(--cursor); box-shadow: 0 0 0 2px var(--cursor); }
.rows .card[data-verdict=waiting] { --tone: var(--unknown); }
.rows .card.stack { --below: 3px -3px 0 -1px var(--panel), 3px -3px 0 var(--dim), 6px -6px 0 -1px var(--panel), 6px -6px 0 var(--dim); box-shadow: var(--below); }
.rows .card.stack.cursor { box-shadow: 0 0 0 2px var(--cursor), var(--below); }
.rows .frame { flex: 1; min-height: 0; aspect-ratio: auto; }
.frame img.unread, .whole img.unread { visibility: hidden; }
.frame:has(.unread)::after { content: 'no picture'; position: absolute; inset: 0; display: grid; place-items: center; color: var(--dim); font-size: 12px; }
.card.dropped .frame img { opacity: .4; }
.count { position: absolute; right: 10px; top: 10px; padding: 0 7px; border-radius: 10px; font-size: 12px; line-height: 20px; background: rgb(20 20 20 / .78); color: #fff; }
.count:empty { display: none; }
[data-colour=Red] { --label: #c8321f; } [data-colour=Yellow] { --label: #b98a00; } [data-colour=Green] { --label: #2b8a4b; }
[data-colour=Blue] { --label: #2a62c9; } [data-colour=Purple] { --label: #7a45b8; }
.badge[data-colour]:not([data-colour='']) { display: inline; background: var(--label); min-width: 20px; min-height: 20px; }

.photo-view { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) 380px; }
.loupe { position: relative; overflow: hidden; background: light-dark(#dcdcda, #0d0d0d); cursor: zoom-in; outline: none; touch-action: none; }
.loupe.full { cursor: zoom-out; }
.photo-sheet { position: absolute; left: 0; top: 0; transform-origin: 0 0; }
.photo-sheet > .preview, .photo-sheet > .whole-photo { position: absolute; width: 100%; height: 100%; }
.photo-sheet.unmeasured > .preview, .photo-sheet.unmeasured > .whole-photo { object-fit: contain; }
.photo-sheet > img:not([src]), .photo-sheet > .unread { display: none; }
.photo-sheet:has(> .whole-photo.unread)::after { content: 'no picture'; position: absolute; inset: 0; display: grid; place-items: center; color: var(--dim); }
.tile { position: absolute; }
.photo-sheet .boxes { position: absolute; inset: 0; width: 100%; height: 100%; opacity: .75; }
.full .boxes { opacity: .35; }
.boxes .lit { stroke-width: 5px; opacity: 1; filter: drop-shadow(0 0 4px #fff); }
.boxes text.lit { stroke-width: .18em; }
.side { overflow-y: auto; background: var(--panel); border-left: 1px solid var(--line); padding: 14px 16px 32px; }
.side h2 { overflow-wrap: anywhere; } .place { float: right; color: var(--dim); font-variant-numeric: tabular-nums; } .scene { margin: 8px 0; } .scene button { margin-left: 4px; }
.reasons { margin: 8px 0; padding-left: 18px; } p.reasons { padding: 0; color: var(--dim); }
.reasons li { cursor: default; border-radius: 4px; } .reasons li:hover { background: var(--raised); }
.face-facts, .face-row { border-top: 1px solid var(--line); padding: 12px 0; }
.face-100 { width: 240px; height: 240px; max-width: 100%; overflow: hidden; display: grid; place-items: center; background: var(--raised); border-radius: 6px; margin: 6px 0; cursor: zoom-in; }
.face-100 img { display: block; max-width: none; }
.colours { display: flex; gap: 3px; }
.choices .colour { width: 22px; min-height: 22px; padding: 0; border-radius: 50%; background: var(--label); border: 2px solid transparent; }
.choices .colour[aria-pressed=true] { background: var(--label); border-color: var(--ink); }
.star { color: var(--dim); }

.side-by-side { flex: 1; min-height: 0; display: flex; flex-direction: column; padding: 10px 14px; gap: 10px; }
.side-by-side header { display: flex; align-items: center; gap: 14px; }
.side-by-side .columns { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(236px, 1fr); grid-auto-rows: max-content; gap: 0 12px; }
.side-by-side .column { display: grid; grid-template-rows: subgrid; grid-template-columns: minmax(0, 1fr); max-width: none; overflow: clip; background: var(--panel); }
.side-by-side .column .whole { margin: 6px auto; } .side-by-side h3 { display: flex; }
.side-by-side .whole img { max-height: 34vh; width: auto; height: auto; }
.why-scene { color: var(--dim); font-size: 13px; min-height: 2.6em; }
h4 { font-size: 13px; }
.note:empty { display: none; }

.lesson pre { font: inherit; white-space: pre-wrap; margin: 10px 0; font-variant-numeric: tabular-nums; }
.lesson ul { list-style: none; padding: 0; margin-top: 10px; display: grid; gap: 4px; max-height: 40vh; overflow-y: auto; }
.lesson { max-width: min(680px, 94vw); } .problem { color: var(--reject); }

@media (max-width: 900px) {
  .photo-view { grid-template-columns: none; grid-template-rows: minmax(0, 1fr) 40dvh; }
  .side { border-left: 0; border-top: 1px solid var(--line); }
  .side-by-side .columns { grid-auto-columns: 82vw; }
  .toolbar .tools { flex-wrap: wrap; overflow: visible; gap: 6px; }
  .toolbar .tools input[type=search] { flex: 1 1 2rem; width: 2rem; }
  .menu > div { position: absolute; right: 0; top: 100%; }
}
@media (max-width: 480px) {
  .toolbar .tabs button { padding: 2px 4px; font-size: 13px; } .toolbar .tabs button::before { margin-right: 4px; } .toolbar .tabs b { margin-left: 4px; }
  .toolbar .tools > button { padding-left: 8px; padding-right: 8px; }
}
`;
