/** The style of the page: for light and dark, for a screen of any width, and for paper. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #f7f2e7; --card: #fffdf8; --ink: #2b261d; --soft: #786e5c; --line: #e9e1d0;
  --wheat: #e0a32e; --leaf: #5d8a5b; --clay: #b9553c; --dusk: #565b9b; --sky: #6b9bb5; }
@media (prefers-color-scheme: dark) { :root { --paper: #17150f; --card: #211e17; --ink: #f0e9db; --soft: #a79d89; 
  --line: #373227; --wheat: #d9a441; --leaf: #7fae7c; --clay: #d3745b; --dusk: #8d92d6; --sky: #86b4cc; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 ui-sans-serif, system-ui, "Segoe UI", "Liberation Sans", sans-serif }
header, main, footer { max-width: 1040px; margin: 0 auto; padding: 0 24px }
header { position: relative; padding-top: 56px; padding-bottom: 12px }
h1, h2 { font-family: ui-serif, "Iowan Old Style", Georgia, "Liberation Serif", serif; font-weight: 600; letter-spacing: -.01em; text-wrap: balance }
h1 { font-size: clamp(28px, 4.4vw, 44px); line-height: 1.15; margin: 8px 140px 12px 0; max-width: 20em }
h2 { font-size: 25px; margin: 0 0 18px }
h3 { font-size: 15px; margin: 4px 0 10px; overflow-wrap: anywhere }
.over { margin: 0; color: var(--wheat); font-weight: 700; letter-spacing: .08em; text-transform: uppercase; font-size: 13px }
.ear { position: absolute; right: 40px; top: 40px; height: 150px; fill: var(--wheat) }
.ear .stalk { stroke: var(--wheat); stroke-width: 2.4; fill: none }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 28px }
.tiles div, section { background: var(--card); border: 1px solid var(--line); border-radius: 16px }
.tiles div { padding: 16px 18px }
.tiles b { display: block; font: 600 28px/1.2 ui-serif, "Iowan Old Style", Georgia, "Liberation Serif", serif; font-variant-numeric: tabular-nums }
.tiles span, .soft, .hint { color: var(--soft); font-size: 14px }
section { padding: 28px 30px; margin: 16px 0 }
section svg { display: block; width: 100%; height: auto; overflow: visible }
section svg.packed { max-height: 430px }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 36px; align-items: start }
.two > div { min-width: 0 }
@media (max-width: 760px) { .two { grid-template-columns: 1fr } .ear { display: none } h1 { margin-right: 0 } section { padding: 20px } }
.bars { display: grid; grid-template-columns: fit-content(40%) 1fr max-content; gap: 9px 14px; align-items: center; font-size: 14px; margin-bottom: 14px }
.bar { display: contents }
.bar bdi { overflow-wrap: anywhere }
.bar svg { height: 12px; border-radius: 6px; overflow: hidden }
.bar span { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft) }
.track { fill: var(--line) }
.computed { fill: var(--dusk); background: var(--dusk) } .layer-0 { fill: var(--wheat); background: var(--wheat) }
.layer-1 { fill: var(--leaf); background: var(--leaf) } .layer-2 { fill: var(--clay); background: var(--clay) }
svg text { font-size: 13px; fill: var(--ink) } svg text.soft { fill: var(--soft); font-size: 12.5px }
svg text.name { font-weight: 650; font-size: 15px }
svg text.note { font-size: 12px; font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 4px; unicode-bidi: plaintext }
.middle { text-anchor: middle } .end { text-anchor: end }
.grid { stroke: var(--line); fill: none }
.topic { fill: var(--wheat) } svg text.on-topic { font-weight: 600; pointer-events: none; fill: #2b261d }
svg text.number { font-size: 12px; font-weight: 700; fill: var(--leaf) }
.dot { fill: var(--dusk); fill-opacity: .55; stroke: var(--card); stroke-width: .8 } .dot.small { fill-opacity: .22 }
.group { fill: var(--leaf); fill-opacity: .1; stroke: var(--leaf); stroke-opacity: .35 }
.twin { fill: var(--leaf) } .pair { stroke: var(--leaf); stroke-opacity: .55; fill: none }
.groups { padding-left: 1.2em; font-size: 14px } .groups ul { padding-left: 0; list-style: none; margin: 2px 0 10px; overflow-wrap: anywhere; line-height: 1.4 }
.box { fill: var(--paper); stroke: var(--line) } .way { fill: none; stroke: var(--soft); stroke-opacity: .6; stroke-width: 1.6 } .tip { fill: var(--soft) }
.file path { fill: var(--paper); stroke: var(--soft); stroke-opacity: .6; stroke-width: 1.4 }
.legend { display: flex; flex-wrap: wrap; gap: 22px; font-size: 14px; color: var(--soft) } .legend i { display: inline-block; width: 12px; height: 12px; border-radius: 4px; margin-right: 7px; vertical-align: -1px }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 600 } thead th { color: var(--soft); font-weight: 500; font-size: 13px }
td, thead th:not(:first-child) { text-align: right } td, th { padding: 7px 8px; border-bottom: 1px solid var(--line) } tbody tr:last-child > * { border-bottom: 0 }
.lane-0 { fill: var(--sky) } .lane-1 { fill: var(--wheat) } .lane-2 { fill: var(--dusk) } .lane-3 { fill: var(--leaf) } .lane-4 { fill: var(--clay) } .lane-5 { fill: var(--soft) }
.seen { fill: transparent } .seen:hover { fill: var(--ink); fill-opacity: .5 }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 16px } .cards article { border-left: 3px solid var(--wheat); padding-left: 16px } .cards p { margin: 0; font-size: 15px; overflow-wrap: anywhere }
footer { padding-bottom: 48px; color: var(--soft); font-size: 14px }
@media (max-width: 760px) { table { display: block; overflow-x: auto; white-space: nowrap } .bars { grid-template-columns: fit-content(34%) 1fr fit-content(40%) } header, main, footer { padding-left: 12px; padding-right: 12px } }
@media print { section { break-inside: avoid } body { background: none } }
`
