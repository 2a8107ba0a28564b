/// How the HTML report looks.
enum HTMLReportStyle {
  /// The style sheet. Light and dark follow the reader's system; below 720 px bars go under their steps.
  static let sheet: StaticString = """
    :root{color-scheme:light dark;--paper:#faf9f7;--card:#fff;--ink:#1b2024;--soft:#5d666e;--line:#e4e1db;--wash:#f5f3ef;
    --up:#2b7a58;--degraded:#a86200;--down:#bd3428;--unknown:#66717d;--skipped:#8a929a;--tint:#bd34280d;
    --resolve:#8e7cc3;--connect:#4a86c5;--tls:#2f9c95;--wait:#e0a23c;--receive:#6aa84f}
    @media(prefers-color-scheme:dark){:root{--paper:#111416;--card:#171b1e;--ink:#e6e5e1;--soft:#98a1a8;--line:#272c31;
    --wash:#1d2225;--up:#58b98a;--degraded:#dda03c;--down:#ee6a5d;--unknown:#8b97a3;--skipped:#6d767e;--tint:#ee6a5d14;
    --resolve:#a596d8;--connect:#6ba3de;--tls:#4fbab2;--wait:#e3ad51;--receive:#86c06c}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:68rem;padding:0 1.5rem 3rem;background:var(--paper);color:var(--ink);
    font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
    font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
    code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
    a{color:inherit;text-decoration-color:var(--line);text-underline-offset:.2em}
    a:hover{text-decoration-color:currentColor}
    small{font-size:.8rem;color:var(--soft)}
    .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .glyph{width:1em;height:1em;flex:none;fill:currentColor}
    .glyph.up{color:var(--up)}.glyph.degraded{color:var(--degraded)}.glyph.down{color:var(--down)}
    .glyph.unknown{color:var(--unknown)}.glyph.skipped{color:var(--skipped)}
    header{padding:2.8rem 0 1.4rem}
    h1{display:flex;gap:.45em;align-items:center;margin:0;font-size:2rem;line-height:1.15;font-weight:640;
    letter-spacing:-.022em;text-wrap:balance}
    .asof{margin:.45rem 0 1.2rem;color:var(--soft)}
    .states{display:flex;flex-wrap:wrap;gap:.4rem;margin:0;padding:0;list-style:none}
    .states li{display:inline-flex;gap:.4em;align-items:center;padding:.22rem .7rem;border:1px solid var(--line);
    border-radius:99px;background:var(--card);color:var(--soft)}
    .states b{font-weight:600;color:var(--ink)}
    nav ul{margin:0 0 1.4rem;padding:.7rem 1.1rem;list-style:none;border:1px solid var(--line);border-radius:10px;
    background:var(--card)}
    nav li{padding:.22rem 0;overflow-wrap:anywhere}
    nav a{font-weight:560;margin-right:.5em}
    nav .glyph{margin-right:.5em;vertical-align:-.12em}
    nav span{color:var(--soft)}
    summary{list-style:none;cursor:pointer}
    summary::-webkit-details-marker{display:none}
    summary:focus-visible,a:focus-visible{outline:2px solid var(--connect);outline-offset:2px;border-radius:6px}
    .check{margin-bottom:.6rem;border:1px solid var(--line);border-radius:10px;background:var(--card);overflow:hidden}
    .check>summary{display:grid;grid-template-columns:auto 1fr auto 5.5rem;gap:.7rem;align-items:center;
    padding:.7rem 1.1rem}
    .check>summary:hover,.step>summary:hover{background:var(--wash)}
    .check[open]>summary{border-bottom:1px solid var(--line)}
    .check:target{border-color:var(--soft)}
    .title{min-width:0;overflow-wrap:anywhere}
    .title b{font-weight:600}
    .title code{margin-left:.35em;color:var(--soft)}
    .verdict{font-size:.87rem;color:var(--soft)}
    .down .verdict{color:var(--down);font-weight:600}.degraded .verdict{color:var(--degraded)}
    .time{text-align:right;white-space:nowrap}
    .body{padding:1rem 1.1rem 1.1rem}
    .reason{margin:0 0 1rem;padding:.75rem 1rem;border-left:3px solid var(--unknown);border-radius:0 8px 8px 0;
    background:var(--wash)}
    .down>.body>.reason{border-left-color:var(--down);background:var(--tint)}
    .degraded>.body>.reason{border-left-color:var(--degraded)}
    .reason p{margin:0}
    .reason code{color:var(--soft)}
    .reason .cause{font-weight:560;overflow-wrap:anywhere;white-space:pre-wrap}
    pre{margin:0;overflow-x:auto;white-space:pre;tab-size:4}
    .excerpt{padding:.5rem 0}
    .place,.gutter{color:var(--soft)}
    .carets{color:var(--down);font-weight:700}
    .degraded>.body>.reason .carets{color:var(--degraded)}
    .steps{margin:0 -1.1rem}
    .steps h3{margin:.9rem 1.1rem .3rem;font-size:.87rem;font-weight:600;color:var(--soft)}
    .ticks,.step>summary{display:grid;grid-template-columns:1em 13rem 1fr 5.5rem;gap:.7rem;align-items:center;
    padding:.34rem 1.1rem}
    .ticks{padding-block:0}
    .ticks p{grid-column:3;display:grid;grid-template-columns:repeat(4,1fr);margin:0;font-size:.75rem;color:var(--soft)}
    .step{border-top:1px solid var(--line)}
    .ticks+.step{border-top:0}
    .step.skipped>summary{color:var(--soft)}
    .bar{display:block;width:100%;height:14px}
    .bar .grid{fill:none;stroke:var(--line);stroke-width:1px;vector-effect:non-scaling-stroke}
    .resolve{fill:var(--resolve)}.connect{fill:var(--connect)}.tls{fill:var(--tls)}.wait{fill:var(--wait)}
    .receive{fill:var(--receive)}.plain{fill:var(--unknown)}
    .detail{display:grid;gap:.9rem;padding:.3rem 1.1rem 1.1rem 2.8rem}
    .detail .reason{margin:0}
    .detail>*{min-width:0}
    .expectations,.earlier{margin:0;padding:0;list-style:none}
    .expectations li{display:flex;gap:.6em;align-items:baseline;padding:.12rem 0;overflow-wrap:anywhere}
    .expectations .glyph{position:relative;top:.12em;width:.85em;height:.85em}
    .earlier{padding-left:1.2em;list-style:decimal}
    .phases,.identity{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;margin:0;font-size:.87rem}
    .phases div,.identity div{display:flex;gap:.45em;min-width:0}
    dt{color:var(--soft);white-space:nowrap}
    dd{margin:0;overflow-wrap:anywhere;min-width:0}
    .phases svg,.legend svg{width:.7em;height:.7em;margin-right:.4em}
    .heads{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:.9rem}
    figure{margin:0;min-width:0}
    figcaption{margin-bottom:.25rem;font-size:.8rem;color:var(--soft)}
    figure pre,.pairs,.earlier{padding:.6rem .8rem;border:1px solid var(--line);border-radius:8px;background:var(--wash)}
    .earlier{padding-left:2.2em;overflow-wrap:anywhere}
    figure pre{max-height:22rem;white-space:pre-wrap;overflow-wrap:anywhere}
    .pairs{display:grid;gap:.1rem;margin:0;font-size:.87rem}
    .pairs div{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.8rem}
    .repeats{margin:.9rem 0 0}
    .repeats span{margin-left:1em;color:var(--soft)}.repeats span b{color:var(--ink)}
    .repeats b{font-weight:600}
    .identity{margin-top:1rem;padding-top:.8rem;border-top:1px solid var(--line)}
    .identity dd{font-size:.95em}
    .note{margin:0;color:var(--soft)}
    footer{margin-top:1.8rem;color:var(--soft);font-size:.83rem}
    footer p{margin:.35rem 0}
    .legend span{margin-right:1rem;white-space:nowrap}
    @media(max-width:720px){
    body{padding:0 .8rem 2rem}
    header{padding:1.6rem .2rem 1.1rem}
    h1{font-size:1.45rem}
    .check>summary{grid-template-columns:auto 1fr auto;gap:.6rem;padding:.65rem .8rem}
    .check>summary .verdict{display:none}
    .body{padding:.8rem}
    .reason{padding:.6rem .75rem}
    .steps{margin:0 -.8rem}
    .steps h3{margin-inline:.8rem}
    .step>summary{grid-template-columns:1em 1fr auto;gap:.3rem .6rem;padding:.5rem .8rem}
    .step .bar{grid-row:2;grid-column:1/-1}
    .ticks{display:block;padding-inline:.8rem}
    .detail{padding:.2rem .8rem .9rem}
    .pairs div{grid-template-columns:1fr;gap:0}
    }
    @media print{body{max-width:none}figure pre{max-height:none}.check{break-inside:avoid}}

    """
}
