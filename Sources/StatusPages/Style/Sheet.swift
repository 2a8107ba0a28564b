import Model

/// How pages look. Light and dark follow the reader's system, and everything else follows the width.
enum Sheet {
  /// Writes the whole style sheet.
  ///
  /// - Parameter accent: the colour that the definition asks for, which is made legible first.
  static func write(accent: Colour?, to html: inout HTMLWriter) {
    html.markup(":root{color-scheme:light dark")
    writeColours(.light, accent: accent, to: &html)
    html.markup("}\n@media(prefers-color-scheme:dark){:root{color-scheme:dark")
    writeColours(.dark, accent: accent, to: &html)
    html.markup("}}\n")
    html.markup(rules)
  }

  private static func writeColours(_ palette: Palette, accent: Colour?, to html: inout HTMLWriter) {
    for role in Palette.Role.allCases {
      html.markup(";--")
      html.text(role.rawValue)
      html.markup(":")
      html.text(palette[role].hex)
    }
    html.markup(";--accent:")
    html.text((accent ?? palette[.maintenance]).legible(on: palette.backgrounds).hex)
  }

  private static let rules: StaticString = """
    *{box-sizing:border-box}
    html{font-size:16px;-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
    body{margin:0 auto;max-width:60rem;padding:0 1.5rem 3rem;background:var(--paper);color:var(--ink);
    font:1rem/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,sans-serif;
    font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
    a{color:inherit;text-decoration-color:color-mix(in srgb,currentColor 35%,transparent);text-underline-offset:.2em;
    text-decoration-thickness:1px}
    a:hover{text-decoration-color:currentColor}
    :focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
    h1,h2,h3,h4,p,ul,ol{margin:0;padding:0}
    ul,ol{list-style:none}
    h1{font-size:1.75rem;line-height:1.2;font-weight:650;letter-spacing:-.02em;text-wrap:balance}
    h2{font-size:1.06rem;line-height:1.3;font-weight:650;letter-spacing:-.005em}
    h3,h4{font-size:1rem;line-height:1.4;font-weight:620}
    small,.soft{color:var(--soft);font-size:.875rem}
    .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .skip{position:absolute;left:1rem;top:-4rem;z-index:9;padding:.5rem 1rem;background:var(--ink);color:var(--paper);
    border-radius:0 0 8px 8px}
    .skip:focus{top:0}
    .g{width:1em;height:1em;flex:none;fill:currentColor;vertical-align:-.125em}
    .up>.g{color:var(--up)}.degraded>.g{color:var(--degraded)}.down>.g{color:var(--down)}
    .unknown>.g,.waiting>.g,.disabled>.g{color:var(--unknown)}.maintenance>.g{color:var(--maintenance)}

    .top{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:center;padding:2rem 0 1.4rem}
    .brand{display:inline-flex;gap:.7rem;align-items:center;min-height:2rem;font-size:1.125rem;font-weight:650;
    letter-spacing:-.01em;text-decoration:none}
    .brand img{display:block;height:2rem;width:auto;max-width:10rem;object-fit:contain}
    .top .home{margin-left:auto}
    .top .sub{flex-basis:100%;color:var(--soft)}
    .link,.home,.foot a,.back a{display:inline-block;padding:.125rem 0;min-height:1.5rem;color:var(--accent)}

    .banner{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;align-items:center;padding:1.5rem 1.6rem;
    border-radius:14px;border:1px solid transparent;background:var(--unknown-wash)}
    .banner>.g{width:2.25rem;height:2.25rem;grid-row:span 2}
    .banner.up{background:var(--up-wash)}.banner.degraded{background:var(--degraded-wash)}
    .banner.down{background:var(--down-wash)}.banner.maintenance{background:var(--maintenance-wash)}
    .banner p{color:var(--ink);font-size:.9rem}
    .beat{display:none;white-space:nowrap}
    .beat::before{content:"";display:inline-block;width:.5em;height:.5em;margin:0 .45em 0 .2em;border-radius:50%;
    background:var(--bar-up);vertical-align:.08em}
    .beat.off::before{background:none;box-shadow:inset 0 0 0 2px var(--unknown)}
    .live .beat{display:inline}

    .part{margin-top:2.4rem}
    .part>h2,.part>summary{margin-bottom:.8rem}
    .head{display:flex;margin-bottom:.8rem;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline;justify-content:space-between}
    .card,.list{background:var(--card);border:1px solid var(--line);border-radius:12px}
    .card{padding:1.2rem 1.35rem}
    .card+.card{margin-top:.8rem}

    .news{padding:.85rem 1.2rem .9rem;border-radius:12px;background:var(--maintenance-wash)}
    .news+.news{margin-top:.6rem}
    .news.warning{background:var(--degraded-wash)}.news.outage{background:var(--down-wash)}
    .news.operational{background:var(--up-wash)}
    .news p:first-child{display:flex;flex-wrap:wrap;gap:0 .55em;align-items:center;font-weight:620}
    .news time{font-weight:400;font-size:.875rem}
    .news .said{white-space:pre-line}

    .list>li{padding:.95rem 1.35rem}
    .list>li+li{border-top:1px solid var(--line)}
    .e{display:grid;grid-template-columns:minmax(9rem,15rem) minmax(0,1fr) 5.6rem;gap:0 1.5rem;align-items:center}
    .e .n{font-weight:600;text-decoration:none;display:inline-block;min-height:1.5rem}
    .e .n:hover{text-decoration:underline;text-decoration-color:currentColor}
    .st{display:flex;gap:.4em;align-items:center;font-size:.875rem;color:var(--soft)}
    .st.down,.st.degraded,.st.maintenance{font-weight:600}
    .down{--s:var(--down)}.degraded{--s:var(--degraded)}.maintenance{--s:var(--maintenance)}
    .st.down,.st.degraded,.st.maintenance{color:var(--s)}
    .f{text-align:right;font-size:.8125rem;line-height:1.3;color:var(--soft)}
    .f b{display:block;font-size:1.0625rem;font-weight:620;color:var(--ink);letter-spacing:-.01em}
    .f i{font-style:normal}
    .f .gap{display:block;color:var(--degraded)}
    .c{grid-column:1/-1;margin-top:.45rem;font-size:.9rem;color:var(--ink)}
    .c time{color:var(--soft)}
    .c:empty{display:none}
    .rg{display:flex;flex-wrap:wrap;gap:.1rem 1rem;grid-column:1/-1;margin-top:.4rem;font-size:.875rem;color:var(--soft)}
    .rg li{display:inline-flex;gap:.4em;align-items:center}
    details.part>summary{display:flex;gap:.6rem;align-items:center;min-height:1.75rem;cursor:pointer;list-style:none}
    summary::-webkit-details-marker{display:none}
    details.part>summary::before{content:"";width:.45em;height:.45em;border:solid var(--soft);border-width:0 2px 2px 0;
    transform:rotate(-45deg);flex:none;margin-left:.15em}
    details.part[open]>summary::before{transform:rotate(45deg)}
    details.part:not([open])>summary{margin:0}
    summary .st{margin-left:auto}

    .b{display:flex;gap:2px;height:2rem;min-width:0}
    .b>*{position:relative;flex:1 1 0;min-width:0;max-width:1.4rem;border-radius:2px;background:var(--bar-up)}
    .b>.h,.b>.i{background:repeating-linear-gradient(var(--bar-degraded) 0 3px,transparent 3px 5px) top/100% 28% no-repeat,
    linear-gradient(var(--bar-up) 0 0) bottom/100% 66% no-repeat}
    .b>.i{background-size:100% 60%,100% 34%}
    .b>.d,.b>.k,.b>.x{background:linear-gradient(var(--bar-down) 0 0) top/100% 26% no-repeat,
    linear-gradient(var(--bar-up) 0 0) bottom/100% 66% no-repeat}
    .b>.k{background-size:100% 44%,100% 48%}
    .b>.x{background-size:100% 68%,100% 24%}
    .b>.z{background:var(--bar-down)}
    .b>.n{background:linear-gradient(var(--bar-none) 0 0) bottom/100% 2px no-repeat,
    repeating-linear-gradient(135deg,var(--line) 0 1px,transparent 1px 4px)}
    .b>.m{background:linear-gradient(var(--bar-maintenance) 0 0) top/100% 2px no-repeat,
    linear-gradient(var(--bar-maintenance) 0 0) bottom/100% 2px no-repeat,
    repeating-linear-gradient(45deg,var(--bar-maintenance) 0 1px,transparent 1px 4px)}
    .b>.p::after{content:"";position:absolute;inset:auto 0 0;height:6px;background:var(--bar-maintenance);
    border-top:2px solid var(--card);border-radius:0 0 2px 2px}
    .b>li>span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .b>li:hover,.b>.on{box-shadow:0 0 0 2px var(--card),0 0 0 3px var(--ink);z-index:2}
    .b>li:hover>span,.b>.on>span{clip-path:none;width:max-content;max-width:min(16rem,60vw);height:auto;left:50%;
    bottom:calc(100% + 9px);transform:translateX(-50%);padding:.4rem .7rem;border-radius:7px;background:var(--ink);
    color:var(--paper);font-size:.8125rem;line-height:1.4;white-space:normal;pointer-events:none}
    .b>:is(:hover,.on):nth-child(-n+30)>span{left:0;transform:none}
    .b>:is(:hover,.on):nth-last-child(-n+30)>span{left:auto;right:0;transform:none}
    .b>:is(:hover,.on):nth-child(-n+15):nth-last-child(-n+32)>span{left:0;right:auto}
    .b b{display:block;font-weight:650}
    .shut>li>span{display:none}
    .axis .near{display:none}
    .legend{display:flex;flex-wrap:wrap;gap:.35rem 1.4rem;margin-top:1rem;font-size:.875rem;color:var(--soft)}
    .legend li{display:flex;gap:.5em;align-items:center}
    .legend .b{height:1.25rem;width:.5rem;flex:none}

    .inc h3,.inc h4{display:flex;gap:.55em;align-items:baseline;font-size:1.0625rem}
    .inc .g{transform:translateY(.09em)}
    .inc.down{border-left:4px solid var(--bar-down)}.inc.degraded{border-left:4px solid var(--bar-degraded)}
    .inc.maintenance{border-left:4px solid var(--bar-maintenance)}
    .inc.over{border-left:1px solid var(--line)}
    .meta{display:flex;flex-wrap:wrap;gap:.2rem .75em;margin-top:.25rem;font-size:.9rem;color:var(--soft)}
    .tag{font-weight:620;color:var(--s,var(--ink))}
    .tag.resolved{color:var(--up)}
    .hurts{display:flex;flex-wrap:wrap;gap:.35rem .5rem;margin-top:.7rem}
    .hurts li{display:inline-flex;gap:.4em;align-items:center;padding:.15rem .7rem;border-radius:99px;background:var(--wash);
    font-size:.875rem}
    .story{margin-top:1.05rem;padding-left:1.2rem;border-left:2px solid var(--line)}
    .story li{position:relative}
    .story li+li{margin-top:.85rem}
    .story li::before{content:"";position:absolute;left:calc(-1.2rem - 6px);top:.45em;width:10px;height:10px;
    border-radius:50%;background:var(--card);border:2px solid var(--soft)}
    .story li:first-child::before{background:var(--soft)}
    .story .said{white-space:pre-line}
    .story b{font-weight:620;margin-right:.35em}
    .day+.day{margin-top:1.5rem}
    .day>h3{margin-bottom:.5rem;color:var(--soft);font-weight:560;font-size:.9rem}
    .quiet{padding:1.1rem 1.35rem;color:var(--soft)}
    .more{margin-top:.9rem}

    .back{padding-bottom:.3rem}
    .title{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:baseline;justify-content:space-between}
    .title .st{font-size:1rem}
    .months>li{display:grid;grid-template-columns:5.6rem minmax(0,1fr) 4.8rem;gap:0 1.2rem;align-items:center;
    padding:.4rem 0}
    .months .b{height:1.5rem}
    .months .b>li{max-width:none}
    .months .f b{font-size:.9375rem}
    .scroll{overflow-x:auto}
    table{width:100%;border-collapse:collapse}
    th,td{padding:.55rem .9rem .55rem 0;text-align:left;font-weight:400;vertical-align:baseline}
    thead th{color:var(--soft);font-size:.8125rem;white-space:nowrap;padding-top:0}
    tbody tr{border-top:1px solid var(--line)}
    tbody th{font-weight:560}
    th:last-child,td:last-child{padding-right:0}
    .r{text-align:right}
    td.r{white-space:nowrap}
    .bad{color:var(--down);font-weight:620}
    .good{color:var(--up)}
    th small{font-weight:400}
    .wide .b{height:1.6rem;min-width:9rem}
    .wide .days{width:48%;vertical-align:middle}
    .wide .days .b>li{max-width:none}
    .w.w{background:none;pointer-events:none}
    .facts{display:flex;flex-wrap:wrap;gap:.2rem 1.6rem;margin-top:.9rem;color:var(--soft);font-size:.9rem}
    .chart{display:block;width:100%;height:15rem;overflow:visible;font-size:12px}
    .chart text{fill:var(--soft)}
    .halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
    .chart .grid{stroke:var(--line);stroke-width:1}
    .chart path{fill:none;vector-effect:non-scaling-stroke;stroke-linecap:round;stroke-linejoin:round}
    .p50{stroke:var(--bar-maintenance);stroke-width:2.5}
    .p95{stroke:var(--ink);stroke-width:1.5}
    .p99{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:1 5}
    .chart .void{fill:var(--wash)}
    .legend svg{width:1.75rem;height:.75rem;flex:none}
    .legend .void{fill:var(--wash);stroke:var(--bar-none)}
    .legend strong{font-weight:620;color:var(--ink)}
    .inner{margin-top:1rem}
    .inner>summary{display:inline-block;padding:.2rem 0;min-height:1.5rem;color:var(--accent);cursor:pointer;
    font-size:.9rem;text-decoration:underline;text-underline-offset:.2em;
    text-decoration-color:color-mix(in srgb,currentColor 35%,transparent)}
    .inner .scroll{max-height:22rem;margin-top:.6rem}
    .turn{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;justify-content:space-between;margin-top:1.6rem}

    .foot{margin-top:3rem;padding-top:1.3rem;border-top:1px solid var(--line);color:var(--soft);font-size:.875rem}
    .foot p+p,.foot ul{margin-top:.5rem}
    .foot ul{display:flex;flex-wrap:wrap;gap:.1rem 1.25rem}

    .gate{max-width:26rem;margin:12vh auto 0}
    .gate form{display:grid;gap:.45rem;margin-top:1.2rem}
    .gate input{font:inherit;color:inherit;width:100%;padding:.55rem .8rem;border:1px solid var(--bar-none);border-radius:8px;
    background:var(--card)}
    .gate button{font:inherit;font-weight:620;margin-top:.5rem;padding:.6rem 1rem;border:0;border-radius:8px;cursor:pointer;
    background:var(--ink);color:var(--paper)}
    .gate .wrong{color:var(--down);font-weight:560}

    @media(min-width:760px){.banner{padding:1.75rem 1.9rem}h1{font-size:2rem}}
    @media(max-width:759px){
    body{padding:0 1rem 2rem}
    .top{padding:1.3rem 0 1rem}
    .banner{padding:1.15rem 1.1rem;gap:.15rem .8rem}
    .banner>.g{width:1.75rem;height:1.75rem}
    h1{font-size:1.375rem}
    .part{margin-top:1.9rem}
    .list>li,.card,.quiet{padding-left:1rem;padding-right:1rem}
    .e{grid-template-columns:1fr auto;gap:0 1rem}
    .e .b{grid-row:2;grid-column:1/-1;margin-top:.6rem}
    .e .f b,.months .f b{font-size:1rem}
    .e .b>li:nth-last-child(n+46){display:none}
    .e .b>:is(:hover,.on):nth-last-child(-n+45)>span{left:0;right:auto;transform:none}
    .e .b>:is(:hover,.on):nth-last-child(-n+30)>span{left:50%;transform:translateX(-50%)}
    .e .b>:is(:hover,.on):nth-last-child(-n+15)>span{left:auto;right:0;transform:none}
    .axis .near{display:inline}.axis .whole:has(+.near){display:none}
    .months>li{grid-template-columns:1fr auto}
    .months .b{grid-row:2;grid-column:1/-1;margin:.2rem 0 .4rem}
    .wide .days{width:auto}
    .odd{display:none}
    .wide table,.wide tbody,.wide th,.wide td{display:block;padding:0;text-align:left}
    .wide thead{display:none}
    .wide tr{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.1rem 1rem;padding:.8rem 0}
    .wide tbody tr:first-child{border:0;padding-top:0}
    .wide th,.wide .days{grid-column:1/-1}
    .wide td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:.8125rem}
    td.r{white-space:normal}
    .wide .b{margin:.5rem 0}
    }
    @media(min-width:1900px){html{font-size:19px}}
    @media(min-width:2300px){html{font-size:22px}body{max-width:100rem}
    .sections{columns:2;column-gap:2.4rem}
    .sections>.part{break-inside:avoid;margin:0 0 2.2rem}
    .sections{margin-top:2.4rem}.check{max-width:70rem}}
    @media(prefers-reduced-motion:no-preference){.skip{transition:top .15s}
    .beat::before{animation:beat 2.4s ease-in-out infinite}@keyframes beat{50%{opacity:.45}}}
    @media(prefers-contrast:more){:root{--soft:var(--ink);--line:var(--soft)}}
    @media(forced-colors:active){.b>*,.chart,.legend svg{forced-color-adjust:none}
    :root{--bar-up:GrayText;--bar-down:CanvasText;--bar-degraded:Highlight;--bar-maintenance:LinkText;--bar-none:CanvasText;
    --card:Canvas;--ink:CanvasText;--paper:Canvas;--soft:CanvasText;--line:GrayText;--wash:Canvas}
    .banner,.news,.hurts li{border:1px solid CanvasText}.g{fill:CanvasText}}
    @media print{:root{color-scheme:light}body{max-width:none;padding:0;background:none}
    .skip,.home,.foot ul,.beat,.turn{display:none!important}
    .card,.list,.part{break-inside:avoid}.b>*,.banner,.news{print-color-adjust:exact;-webkit-print-color-adjust:exact}}

    """
}
