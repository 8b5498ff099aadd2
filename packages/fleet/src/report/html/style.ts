/** The look of a report: light or dark as the reader's system is, readable on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --ground: #f6f7f9; --card: #fff;
  --good: #15803d; --bad: #b91c1c; --odd: #b45309; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa5b4; --line: #2c3542; --ground: #11161d; --card: #181f28;
  --good: #4ade80; --bad: #f87171; --odd: #fbbf24; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0; }
h2 { font-size: 18px; margin: 36px 0 12px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 4px 0; }
.soft { color: var(--soft); font-size: 13px; }
.head { display: flex; gap: 14px; align-items: baseline; flex-wrap: wrap; }
.verdict { font-weight: 700; letter-spacing: .04em; padding: 1px 12px; border: 2px solid; border-radius: 6px; }
.pass { color: var(--good); } .fail { color: var(--bad); } .invalid, .stopped, .killed, .running { color: var(--odd); }
.because { margin: 10px 0 0; padding: 8px 14px; border-left: 4px solid var(--odd); background: var(--card); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 22px 0; }
.tile, .chart, .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
.tile b { display: block; font-size: 24px; font-weight: 650; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 14px; }
.chart { min-width: 0; } .plot { margin-top: 8px; }
.card { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: 12.5px; }
th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
.n { text-align: right; }
details { margin: 8px 0; } summary { cursor: pointer; }
pre { margin: 6px 0; font: 12px/1.45 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.uplot, .u-legend { font: inherit; font-size: 12.5px; } .u-legend { color: var(--soft); text-align: left; }
.u-legend th, .u-legend td { border: 0; padding: 1px 4px; }
@media print { body { background: none; } .chart, .card, .tile { break-inside: avoid; } }
`
