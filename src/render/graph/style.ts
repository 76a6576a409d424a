/** How a picture looks, light and dark. All by classes, so that a page with a strict policy can hold it. */
export const graphStyle = `
.ovdiag-graph { --paper: #ffffff; --lane: #f7f8fa; --line: #9aa3af; --edge: #c9cfd8; --ink: #1b1f24; --soft: #57606a; --box: #ffffff; --error: #c62828; --warning: #9a6700; --info: #57606a; --accent: #0b63ce; --on: #ffffff; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { .ovdiag-graph { --paper: #0f1216; --lane: #161a20; --line: #6b7482; --edge: #333b46; --ink: #e6e9ee; --soft: #9aa4b1; --box: #1d222a; --error: #ff7b72; --warning: #e3b341; --info: #9aa4b1; --accent: #6cb0ff; --on: #0f1216; } }
.ovdiag-graph .sheet { fill: var(--paper); }
.ovdiag-graph text { fill: var(--ink); white-space: pre; }
.ovdiag-graph .title { font-size: 14px; }
.ovdiag-graph .name { font-size: 12px; }
.ovdiag-graph .small { font-size: 10.5px; }
.ovdiag-graph .strong { font-weight: 600; }
.ovdiag-graph .soft { fill: var(--soft); }
.ovdiag-graph .element rect { fill: var(--box); stroke: var(--edge); stroke-width: 1; }
.ovdiag-graph .host rect { fill: var(--lane); }
.ovdiag-graph .off rect { stroke-dasharray: 3 3; }
.ovdiag-graph .line { fill: none; stroke: var(--line); stroke-width: 1; }
.ovdiag-graph .tunnel { stroke-width: 1.5; }
.ovdiag-graph .way-out { stroke-dasharray: 2 3; }
.ovdiag-graph .marked rect { stroke: var(--error); stroke-width: 2; }
.ovdiag-graph .badge circle { fill: var(--error); }
.ovdiag-graph .badge.warning circle { fill: var(--warning); }
.ovdiag-graph .badge.info circle { fill: var(--info); }
.ovdiag-graph .badge text { fill: var(--on); }
`;
