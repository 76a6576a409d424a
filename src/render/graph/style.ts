/**
 * How a picture looks, light and dark. All by classes, so that a page with a strict policy can hold it: the page gives the
 * hash of this very text.
 */
export const graphStyle = `
.ovdiag-graph{--paper:#fff;--lane:#f6f7f9;--rule:#d5dae1;--line:#98a2b0;--ink:#1c2128;--soft:#5b6673;--box:#fff;--error:#b3261e;--warning:#8a5a00;--info:#5b6673;--way:#0a58ca;--on:#fff;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){.ovdiag-graph{--paper:#0e1116;--lane:#151a21;--rule:#333c48;--line:#6c7788;--ink:#e4e8ee;--soft:#98a3b2;--box:#1b2129;--error:#ff8a80;--warning:#e0b252;--info:#98a3b2;--way:#79b4ff;--on:#0e1116}}
.ovdiag-graph .sheet{fill:var(--paper)}
.ovdiag-graph text{fill:var(--ink);white-space:pre}
.ovdiag-graph .head{font:600 17px system-ui,sans-serif}
.ovdiag-graph .title{font:600 13.5px system-ui,sans-serif}
.ovdiag-graph .prose{font:12px system-ui,sans-serif}
.ovdiag-graph .name{font-size:12px}
.ovdiag-graph .small{font-size:10.5px}
.ovdiag-graph .tiny{font-size:9.5px}
.ovdiag-graph .strong{font-weight:600}
.ovdiag-graph .soft{fill:var(--soft)}
.ovdiag-graph .failing{fill:var(--error);font-weight:600}
.ovdiag-graph .box{fill:var(--box);stroke:var(--rule)}
.ovdiag-graph .host .box{fill:var(--lane)}
.ovdiag-graph .veth .box,.ovdiag-graph .folded .box,.ovdiag-graph .node .box{fill:var(--lane)}
.ovdiag-graph .off{stroke-dasharray:3 3;stroke:var(--line)}
.ovdiag-graph .echo{stroke-dasharray:1 2;stroke:var(--line)}
.ovdiag-graph .bar{stroke:var(--line);stroke-width:1.5}
.ovdiag-graph .line,.ovdiag-graph .track{fill:none;stroke:var(--line)}
.ovdiag-graph .track{stroke-width:1.5}
.ovdiag-graph .stop{fill:var(--paper);stroke:var(--line);stroke-width:1.5}
.ovdiag-graph .way-out{stroke-dasharray:1 4}
.ovdiag-graph .marked .box{stroke-width:2}
.ovdiag-graph .host.marked .box{stroke-width:1.25}
.ovdiag-graph .marked.error .box,.ovdiag-graph .marked.error .track{stroke:var(--error)}
.ovdiag-graph .marked.warning .box,.ovdiag-graph .marked.warning .track{stroke:var(--warning)}
.ovdiag-graph .marked.info .box,.ovdiag-graph .marked.info .track{stroke:var(--info)}
.ovdiag-graph .tunnel.marked .track{stroke-width:2;stroke-dasharray:6 4}
.ovdiag-graph .way polygon,.ovdiag-graph .way text{fill:var(--way)}
.ovdiag-graph .badge rect{fill:var(--error);stroke:var(--error);stroke-width:1.5}
.ovdiag-graph .badge text{fill:var(--on)}
.ovdiag-graph .badge.warning rect{fill:var(--paper);stroke:var(--warning)}
.ovdiag-graph .badge.info rect{fill:var(--paper);stroke:var(--info);stroke-dasharray:2 2}
.ovdiag-graph .badge.follows rect{fill:var(--paper)}
.ovdiag-graph .badge.warning text,.ovdiag-graph .badge.info text,.ovdiag-graph .badge.follows text{fill:var(--ink)}
.ovdiag-graph .way polyline{fill:none;stroke:var(--way);stroke-width:2}
.ovdiag-graph .way.reply polyline{stroke-dasharray:5 3}
.ovdiag-graph .cross circle{fill:var(--paper);stroke:var(--error);stroke-width:2}
.ovdiag-graph .cross line{stroke:var(--error);stroke-width:2}
`;
