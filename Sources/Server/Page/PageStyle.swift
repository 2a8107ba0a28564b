import Model

/// How the status page looks.
package enum PageStyle {
  /// The style sheet. Light and dark follow the reader's system; below 720 px each check becomes a card.
  static let sheet: StaticString = """
    :root{color-scheme:light dark;--paper:#faf9f7;--card:#fff;--ink:#1b2024;--soft:#5d666e;--line:#e4e1db;--wash:#f2f0ec;
    --up:#2b7a58;--degraded:#a86200;--down:#bd3428;--unknown:#66717d;--upkeep:#3e6cae;--waiting:#66717d;--disabled:#8a929a}
    @media(prefers-color-scheme:dark){:root{--paper:#111416;--card:#171b1e;--ink:#e6e5e1;--soft:#98a1a8;--line:#272c31;
    --wash:#1d2225;--up:#58b98a;--degraded:#dda03c;--down:#ee6a5d;--unknown:#8b97a3;--upkeep:#7ba4e0;--waiting:#8b97a3;
    --disabled:#6d767e}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:76rem;padding:0 1.5rem 3rem;background:var(--paper);color:var(--ink);
    font:15px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
    font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
    a{color:inherit;text-decoration-color:var(--line);text-underline-offset:.2em}
    a:hover{text-decoration-color:currentColor}
    a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible{outline:2px solid var(--upkeep);
    outline-offset:2px;border-radius:3px}
    .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .glyph{width:1em;height:1em;flex:none;fill:currentColor}
    .glyph.up{color:var(--up)}.glyph.degraded{color:var(--degraded)}.glyph.down{color:var(--down)}
    .glyph.unknown{color:var(--unknown)}.glyph.waiting{color:var(--waiting)}.glyph.disabled{color:var(--disabled)}
    header{padding:3.2rem 0 1.4rem}
    h1{display:flex;gap:.45em;align-items:center;margin:0;font-size:2.1rem;line-height:1.15;font-weight:640;
    letter-spacing:-.022em;text-wrap:balance}
    .asof{margin:.45rem 0 1.5rem;color:var(--soft)}
    .states{display:flex;flex-wrap:wrap;gap:.4rem}
    .states a{display:inline-flex;gap:.4em;align-items:center;padding:.22rem .7rem;border:1px solid var(--line);
    border-radius:99px;background:var(--card);text-decoration:none;color:var(--soft)}
    .states a:hover{border-color:var(--soft)}
    .states b{font-weight:600;color:var(--ink)}
    .states a[aria-current]{border-color:var(--ink);color:var(--ink)}
    form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin-top:.9rem}
    input,select,button{font:inherit;color:inherit;padding:.3rem .65rem;border:1px solid var(--line);border-radius:6px;
    background:var(--card)}
    input[type=search]{width:14rem;max-width:100%}
    button{cursor:pointer}
    .reset{color:var(--soft)}
    table{width:100%;border-collapse:separate;border-spacing:0;background:var(--card);border:1px solid var(--line);
    border-radius:10px}
    th,td{padding:.62rem .8rem;text-align:left;vertical-align:top;font-weight:400;border-top:1px solid var(--line)}
    thead th{position:sticky;top:0;z-index:1;border-top:0;padding-block:.5rem;background:var(--card);color:var(--soft);
    font-size:.8rem;white-space:nowrap;box-shadow:0 1px 0 var(--line);border-radius:10px 10px 0 0}
    tbody:first-of-type tr:first-child>*{border-top-color:transparent}
    .n{text-align:right;white-space:nowrap}
    th:first-child{padding-left:1.1rem}td:last-child,thead th:last-child{padding-right:1.1rem}
    .group th{padding-top:1.25rem;padding-bottom:.4rem;font-weight:640}
    .group+tr>*{border-top-color:transparent}
    .name{width:36%}
    .head{display:block;position:relative;padding-left:1.55em}
    .head .glyph{position:absolute;left:0;top:.22em}
    .head a{margin-right:.35em;font-weight:560;text-decoration:none;overflow-wrap:anywhere}
    .head a:hover{text-decoration:underline}
    .verdict{color:var(--soft);font-size:.87rem;white-space:nowrap}
    .down .verdict{color:var(--down);font-weight:600}.degraded .verdict{color:var(--degraded)}
    .cause,.regions{display:block;margin:.15rem 0 0 1.55em;font-size:.87rem;color:var(--soft);overflow-wrap:anywhere}
    .down .cause{color:var(--ink)}
    .since{display:block;color:var(--soft)}
    .regions{display:flex;flex-wrap:wrap;gap:.1rem .9em}
    .regions span{display:inline-flex;gap:.3em;align-items:center}
    tr:target>*{background:var(--wash)}
    .disabled td,.disabled .missed-objective{color:var(--soft)}
    .disabled .meter{visibility:hidden}
    small{display:block;font-size:.8rem;color:var(--soft)}
    td b{font-weight:560}
    .missed-objective{color:var(--down)}
    .meter{display:block;width:5.2rem;height:4px;margin:.42rem 0 0 auto;border-radius:2px;background:var(--line);
    fill:var(--up)}
    .meter.low{fill:var(--degraded)}.meter.spent{background:var(--down)}
    .strip{display:inline-flex;gap:2px;align-items:flex-end;height:22px;vertical-align:top}
    .strip i{width:6px;height:13px;border-radius:1.5px}
    .strip .up{background:var(--up);opacity:.8}
    .strip .degraded{height:17px;background:repeating-linear-gradient(0deg,var(--degraded) 0 3px,transparent 3px 5px)}
    .strip .down{height:22px;background:var(--down)}
    .strip .unknown{border:1.5px solid var(--unknown)}
    .strip .upkeep{border:1.5px dotted var(--upkeep)}
    .strip .missed{height:3px;background:var(--unknown);opacity:.6}
    .fleet{margin:0 0 1.4rem;padding:.75rem 1.1rem;border:1px solid var(--line);border-radius:10px;background:var(--card)}
    .fleet p{display:flex;gap:.5em;align-items:center;margin:0}
    .fleet p+ul{margin-top:.6rem;padding-top:.6rem;border-top:1px solid var(--line)}
    .fleet ul{display:flex;flex-wrap:wrap;gap:.35rem 2.2rem;margin:0;padding:0;list-style:none}
    .fleet li{position:relative;padding-left:1.55em;color:var(--soft)}
    .fleet li>.glyph{position:absolute;left:0;top:.22em}
    .fleet bdi{color:var(--ink);font-weight:560}
    .fleet li ul{display:block;font-size:.87rem}
    .fleet li li{padding:0}.fleet li li bdi{font-weight:400}
    .none{padding:2.5rem;text-align:center;color:var(--soft);border:1px dashed var(--line);border-radius:10px}
    .pages{display:flex;gap:1.2rem;justify-content:center;align-items:center;margin-top:1.4rem;color:var(--soft)}
    footer{margin-top:1.8rem;color:var(--soft);font-size:.83rem}
    footer p{margin:.35rem 0;max-width:60rem}
    .legend .strip{height:1em;margin-left:.7em;vertical-align:-.1em}
    .legend .strip i{max-height:1em}
    @media(max-width:980px){.name{width:auto}}
    @media(max-width:720px){
    body{padding:0 1rem 2rem}
    header{padding-top:1.8rem}
    h1{font-size:1.55rem}
    table,tbody{display:block}
    table{border:0;background:none}
    thead{display:none}
    .group,.group th{display:block}
    .group th{padding:1.2rem .2rem .5rem;border:0}
    tbody tr:not(.group){display:grid;grid-template-columns:repeat(3,1fr);gap:.7rem 1rem;margin-bottom:.6rem;
    padding:.85rem 1rem .9rem;border:1px solid var(--line);border-radius:10px;background:var(--card)}
    tr:target{background:var(--wash)}
    tr:not(.group)>*{padding:0!important;border:0;background:none!important}
    .name,.slots{grid-column:1/-1;width:auto}
    .strip{width:100%}
    .strip i{flex:1;max-width:14px}
    .legend .strip{width:auto}.legend .strip i{width:6px}
    td.n{text-align:left}
    td.n::before{content:attr(data-label);display:block;font-size:.78rem;color:var(--soft)}
    .meter{margin-left:0;width:100%;max-width:5.2rem}
    small{white-space:normal}
    }
    @media print{body{max-width:none}form,.states,.pages{display:none}thead th{position:static}}

    """

  /// The shapes of the states: a disc with a tick, a triangle, a square with a cross, a ring with a question.
  package static let glyphs: StaticString = """
    <svg class="hidden" aria-hidden="true">
    <symbol id="glyph-up" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zm3.4 4.9L7 9.6 \
    4.7 7.4 3.4 8.8 7.1 12.3l5.7-6.1z"/></symbol>
    <symbol id="glyph-degraded" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 .8L16 15H0zM7 5.5v4.8h2V5.5zm0 6v2h2\
    v-2z"/></symbol>
    <symbol id="glyph-down" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M2.5 0h11A2.5 2.5 0 0116 2.5v11a2.5 2.5 0 01\
    -2.5 2.5h-11A2.5 2.5 0 010 13.5v-11A2.5 2.5 0 012.5 0zM4 5.3L6.7 8 4 10.7 5.3 12 8 9.3l2.7 2.7 1.3-1.3L9.3 8 12 5.3 \
    10.7 4 8 6.7 5.3 4z"/></symbol>
    <symbol id="glyph-unknown" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zm0 1.7a6.3 6\
    .3 0 100 12.6A6.3 6.3 0 008 1.7zM7.1 9.2c0-2 1.8-1.9 1.8-3.1 0-1.3-1.7-1.2-1.9 0H5.3C5.6 3 10.8 3.1 10.7 6c0 1.9-1.8 1\
    .8-1.9 3.2zm0 1.2h1.8v1.8H7.1z"/></symbol>
    <symbol id="glyph-waiting" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zm0 1.7a6.3 6\
    .3 0 100 12.6A6.3 6.3 0 008 1.7z"/></symbol>
    <symbol id="glyph-disabled" viewBox="0 0 16 16"><path d="M2 7h12v2H2z"/></symbol>
    </svg>

    """

  /// A disc in the colour of the state, for the tab.
  static func icon(_ state: CheckStanding.State) -> String {
    let colour =
      switch state {
      case .up: "2b7a58"
      case .degraded: "c98a1b"
      case .down: "bd3428"
      case .unknown, .waiting, .disabled: "66717d"
      }
    let shape = "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23"
    return "data:image/svg+xml," + shape + colour + "'/%3E%3C/svg%3E"
  }
}

extension HTMLWriter {
  /// A shape for each state, so that colour is never the only sign.
  mutating func glyph(_ state: CheckStanding.State) {
    markup("<svg class=\"glyph ")
    text(state.rawValue)
    markup("\" aria-hidden=\"true\"><use href=\"#glyph-")
    text(state.rawValue)
    markup("\"/></svg>")
  }
}
