/** The style of the contact sheet, for any width, both colour schemes, a keyboard and a printer. */
export const SHEET_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --tile: #efede9; --line: #dcd9d3; --ink: #1c1b1a; --quiet: #625f5a; --focus: #0b57d0;
  font: 16px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--ground);
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #181716; --tile: #232120; --line: #3a3734; --ink: #ecebe8; --quiet: #a5a29b; --focus: #8ab4f8; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: clamp(1rem, 3vw, 2.5rem); max-width: 100rem; }
header { margin-bottom: clamp(1.25rem, 3vw, 2rem); }
.asked { display: flex; align-items: center; gap: 1rem; }
.asked .picture { flex: none; width: clamp(4.5rem, 14vw, 8rem); }
h1 { margin: 0; min-width: 0; font-size: clamp(1.35rem, 1rem + 1.6vw, 2rem); line-height: 1.2; font-weight: 650; overflow-wrap: anywhere; text-wrap: balance; }
h1 small { display: block; font-size: 0.9rem; font-weight: 400; color: var(--quiet); }
p { margin: 0.75rem 0 0; max-width: 45rem; color: var(--quiet); overflow-wrap: anywhere; }
strong { font-weight: 600; color: var(--ink); }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(14rem, 42vw), 1fr)); gap: clamp(0.75rem, 2vw, 1.5rem); margin: 0; padding: 0; list-style: none; }
figure { margin: 0; break-inside: avoid; }
.picture { position: relative; display: block; aspect-ratio: 1; border-radius: 6px; background: var(--tile); color: var(--quiet); overflow: hidden; }
.picture img { position: absolute; inset: 0; margin: auto; max-width: 100%; max-height: 100%; width: auto; height: auto;
  background: repeating-conic-gradient(#9994 0 25%, #fff4 0 50%) 0 / 16px 16px; }
.picture span { position: absolute; inset: 0; display: grid; place-content: center; padding: 1rem; font-size: 0.85rem; text-align: center; overflow-wrap: anywhere; }
.picture:hover { outline: 2px solid var(--line); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; }
figcaption { display: flex; gap: 0.5rem; align-items: baseline; margin-top: 0.4rem; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
figcaption bdi { flex: 1; min-width: 0; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; }
figcaption b { font-weight: 600; }
.rank, .folder, .reason { color: var(--quiet); }
details { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 0.9rem; }
summary { cursor: pointer; font-weight: 600; }
ul { margin: 0.75rem 0 0; padding: 0; list-style: none; }
ul li { padding: 0.3rem 0; overflow-wrap: anywhere; }
ul bdi { margin-inline-end: 0.5rem; }
@media print { body { padding: 0; max-width: none; } ol { grid-template-columns: repeat(4, 1fr); } }
`;
