/**
 * The style of the page. Colours are of the Okabe-Ito palette, which people who do not see all colours can tell apart;
 * text and shape say the same again. @see https://jfly.uni-koeln.de/color/
 */
export const STYLE = `
:root{color-scheme:light dark;--who:clamp(14rem,30vw,26rem);--page:#fff;--card:#f6f7f9;--text:#14171a;--soft:#565d66;--rule:#d5d9de;--link:#0b5cad;
--push:#007a5a;--gap:#c24400;--gap-soft:#ffd9c2;--off:#14171a;--off-soft:#dfe2e6;--unknown:#8a919b;
--critical:#b3261e;--critical-text:#fff;--warning:#8a5a00;--ok:#00664b;--info:#0b5cad}
@media (prefers-color-scheme:dark){:root{--page:#101316;--card:#191d22;--text:#e8eaed;--soft:#a3abb5;--rule:#343a42;--link:#7db7f5;
--push:#3cc49b;--gap:#ff8a4c;--gap-soft:#5a2a10;--off:#e8eaed;--off-soft:#3a4048;--unknown:#858d98;
--critical:#ff8f87;--critical-text:#1c0302;--warning:#f0b84a;--ok:#5bd6ad;--info:#7db7f5}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem clamp(.75rem,2.5vw,2.5rem) 3rem;max-width:100rem;background:var(--page);color:var(--text);
font:1rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1rem;margin:0;color:var(--soft);font-weight:600}
h2{font-size:1.3rem;margin:2.25rem 0 .6rem;border-bottom:1px solid var(--rule);padding-bottom:.25rem}
h3{font-size:1.05rem;margin:1.1rem 0 .5rem}
h4{font-size:1rem;margin:0;display:inline}
p{margin:.25rem 0}
ul,ol{margin:.3rem 0;padding-left:1.2rem}
a{color:var(--link)}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:.5rem;background:var(--page);padding:.3rem .6rem}
.soft,.ago,.facts,.axis{color:var(--soft);font-size:.875rem}
.soft code,.instance code{font-size:.85em}
.verdict{border:2px solid var(--rule);border-left-width:.7rem;border-radius:.4rem;padding:.8rem 1rem;margin:.6rem 0;background:var(--card)}
.verdict p{font-size:clamp(1.15rem,2.2vw,1.5rem);line-height:1.3;font-weight:650;margin:.4rem 0 0;text-wrap:balance}
.verdict.critical{border-color:var(--critical)}
.verdict.warning{border-color:var(--warning);border-left-style:double}
.verdict.unknown{border-style:dashed dashed dashed solid;border-color:var(--unknown)}
.verdict.ok{border-color:var(--ok)}
.top{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;justify-content:space-between;align-items:baseline}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;padding:0}
.numbers{display:flex;flex-wrap:wrap;gap:.5rem;margin:.8rem 0 0}
.numbers div{flex:1 1 8rem;background:var(--card);border:1px solid var(--rule);border-radius:.4rem;padding:.5rem .8rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}
.numbers dd{margin:0;font-size:1.35rem;font-weight:650}
.numbers dt{color:var(--soft);font-size:.875rem}
.badge{display:inline-block;border:1.5px solid currentColor;border-radius:.3rem;padding:0 .4rem;font-size:.8125rem;font-weight:650;line-height:1.5;white-space:nowrap}
.badge::before{margin-right:.35em}
.badge.critical{background:var(--critical);border-color:var(--critical);color:var(--critical-text)}
.badge.critical::before{content:"\\2715"}
.badge.warning{color:var(--warning);border-width:2px}
.badge.warning::before{content:"!"}
.badge.unknown{color:var(--soft);border-style:dashed}
.badge.unknown::before{content:"?"}
.badge.ok{color:var(--ok)}
.badge.ok::before{content:"\\2713"}
.badge.info{color:var(--info);border-style:dotted}
.badge.info::before{content:"i"}
.count{font-weight:650;color:var(--soft)}
.none{color:var(--soft)}
h3 .soft{font-weight:400}
.finding,.rotation{border:1px solid var(--rule);border-left:.4rem solid var(--info);border-radius:.35rem;padding:.6rem .9rem;margin:.6rem 0;background:var(--card)}
.finding.critical,.rotation.halted{border-left-color:var(--critical)}
.finding.warning{border-left-color:var(--warning);border-left-style:double}
.rotation h3{margin-top:0}
.todo,.waits{font-weight:600}
.what{color:var(--soft);font-weight:400}
.problems{border:1px dashed var(--unknown);border-radius:.35rem;padding:.5rem .9rem;margin:.8rem 0}
summary{cursor:pointer;padding:.2rem 0}
summary h3{display:inline}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:0;font-size:.875rem;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:.4rem}
.patterns{position:absolute}
.jobs{list-style:none;padding:0;margin:0}
.job{display:grid;grid-template-columns:var(--who) minmax(0,1fr);gap:.2rem 1.2rem;padding:.6rem 0;border-top:1px solid var(--rule)}
.job p{margin:.1rem 0}
.label{font-weight:600}
.compact .label{font-weight:400}
.compact .job{padding:.3rem 0}
.axis-row{padding-left:calc(var(--who) + 1.2rem)}
.axis text{fill:var(--soft);font-size:.75rem}
.zone{border-top:1px solid var(--rule);padding:.15rem 0}
.instance{margin-top:.8rem;font-size:.9rem}
.outdated{font-style:italic}
.gaps{font-size:.9rem}
.timeline,.axis{display:block;overflow:visible}
.tick{stroke:var(--rule);stroke-width:1}
.pushing{fill:var(--push)}
.quiet{fill:var(--push)}
.gap{fill:url(#p-gap);stroke:var(--gap);stroke-width:2}
.gap-ground{fill:var(--gap-soft)}
.gap-stripe{fill:var(--gap)}
.disabled{fill:url(#p-off);stroke:var(--off);stroke-width:1.5}
.off-ground{fill:var(--off-soft)}
.off-line{stroke:var(--off);stroke-width:.8}
.unknown{fill:url(#p-unknown)}
.unknown-dash,.unseen{fill:var(--unknown)}
.phases{display:flex;flex-wrap:wrap;gap:.3rem .5rem;list-style:none;padding:0}
.phases li{border:1px solid var(--rule);border-radius:.3rem;padding:.1rem .5rem;font-size:.875rem}
.phases .done::before{content:"\\2713\\00A0"}
.phases .now{border:2px solid var(--info)}
.phases .now::before{content:"\\25B6\\FE0E\\00A0"}
.phases .next{border-style:dashed;color:var(--soft)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--rule)}
thead th{color:var(--soft);font-weight:600;font-size:.875rem}
th,td{overflow-wrap:normal;min-width:6rem}
td code,time{white-space:nowrap}
footer{margin-top:2.5rem;color:var(--soft);font-size:.875rem}
@media (max-width:52rem){.job{grid-template-columns:1fr}.axis-row{padding-left:0}table{min-width:44rem}}
@media print{:root{color-scheme:light;--page:#fff;--card:#fff}body{font-size:9.5pt;max-width:none;padding:0}nav,.skip{display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.finding,.rotation,.job,tr{break-inside:avoid}h2,h3{break-after:avoid}
details::details-content{content-visibility:visible;display:block;height:auto}.wide{overflow:visible}table{min-width:0}td code{white-space:normal}}
`;
