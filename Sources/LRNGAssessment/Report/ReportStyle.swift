// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The style sheet of a report. It loads nothing; colours follow the reader's preference, and paper is always light.
enum ReportStyle {
  static let css = """
    :root{color-scheme:light dark;--paper:#fff;--panel:#f6f7f9;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--accent:#0b5cad;
    --good:#146c43;--goodbg:#e3f4ea;--bad:#a32020;--badbg:#fbe9e7;--cold3:#1f4e8c;--cold2:#6b9bd1;--cold1:#c3d9ef;--even:#eef0f2;
    --warm1:#f3cfb3;--warm2:#de8b52;--warm3:#a3420f}
    @media (prefers-color-scheme:dark){:root{--paper:#0f1318;--panel:#171c23;--ink:#e6eaef;--soft:#9aa5b1;--line:#2c343d;
    --accent:#6cb2ff;--good:#6fd6a0;--goodbg:#12291d;--bad:#ff9a8f;--badbg:#331917;--cold3:#8fc3ff;--cold2:#4b81bd;--cold1:#27435f;
    --even:#1d242c;--warm1:#553620;--warm2:#b46a35;--warm3:#ffae78}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    main{max-width:860px;margin:0 auto;padding:40px 24px 64px}
    h1{font-size:1rem;font-weight:600;letter-spacing:.02em;color:var(--soft);margin:0}
    h1 b{color:var(--ink);overflow-wrap:anywhere}
    h2{font-size:1.25rem;line-height:1.3;margin:48px 0 8px;padding-top:16px;border-top:1px solid var(--line)}
    h3{font-size:1rem;margin:28px 0 4px}
    p{margin:6px 0 12px;max-width:70ch}
    .soft,figcaption,caption{color:var(--soft);font-size:.875rem}
    .verdict{display:flex;flex-wrap:wrap;gap:8px 32px;align-items:center;margin:20px 0 4px;padding:22px 26px;border-radius:10px;
    background:var(--panel);border-left:6px solid var(--soft)}
    .verdict.good{background:var(--goodbg);border-color:var(--good)}.verdict.bad{background:var(--badbg);border-color:var(--bad)}
    .verdict .value{font-size:3.4rem;line-height:1;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
    .verdict .unit{font-size:.95rem;color:var(--soft)}
    .verdict .word{flex:1 1 300px;font-size:1.05rem}.verdict .word strong{display:block;font-size:1.35rem}
    .good .word strong,.yes{color:var(--good)}.bad .word strong,.no{color:var(--bad)}
    .yes,.no{font-weight:600}
    .notes{margin:14px 0;padding:0;list-style:none}.notes li{border-left:3px solid var(--warm2);padding:2px 12px;margin:6px 0}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;margin:12px 0 8px;font-variant-numeric:tabular-nums}
    caption{text-align:left;padding:0 0 6px}
    th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:right;font-weight:400;white-space:nowrap}
    thead th{color:var(--soft);font-size:.8125rem;border-bottom:1.5px solid var(--line)}
    th:first-child{text-align:left}
    tr.marked th,tr.marked td{background:var(--panel);font-weight:650}tr.marked th{box-shadow:inset 4px 0 var(--accent)}
    .facts th{width:14rem;color:var(--soft)}.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}
    .tag{font-size:.75rem;font-weight:600;color:var(--paper);background:var(--accent);border-radius:4px;padding:1px 7px;margin-left:8px}
    .clause{color:var(--soft);font-size:.8125rem;margin-right:10px;display:inline-block;min-width:3.2em}
    .meter{display:inline-block;width:90px;height:8px;background:var(--line);border-radius:4px;vertical-align:middle;margin-left:10px}
    .meter i{display:block;height:100%;border-radius:4px;background:var(--accent);opacity:.55}.marked .meter i{opacity:1}
    figure{margin:18px 0 26px}figure b{display:block;margin-bottom:4px}
    svg{display:block;width:100%;height:auto}svg text{font-size:12px;fill:var(--soft);font-family:inherit}
    .end{text-anchor:end}.middle{text-anchor:middle}.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px}
    .grid{stroke:var(--line);fill:none}.reference{stroke:var(--warm2);stroke-width:1.5;stroke-dasharray:5 4;fill:none}
    .bars rect{fill:var(--accent)}.bars rect:hover{fill:var(--warm2)}
    .dots{stroke:var(--accent);stroke-width:2.6;stroke-linecap:round;fill:none;opacity:.75}
    .heatmap{max-width:520px;border:1px solid var(--line)}
    .heat0,.k0{fill:var(--cold3)}.heat1,.k1{fill:var(--cold2)}.heat2,.k2{fill:var(--cold1)}.heat3,.k3{fill:var(--even)}
    .heat4,.k4{fill:var(--warm1)}.heat5,.k5{fill:var(--warm2)}.heat6,.k6{fill:var(--warm3)}
    .key{max-width:520px;margin-top:6px}
    footer{margin-top:48px;padding-top:14px;border-top:1px solid var(--line);color:var(--soft);font-size:.8125rem}
    code{font-family:ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace;font-size:.92em}
    @media (max-width:560px){main{padding:24px 14px}.verdict{padding:18px}.meter{display:none}th,td{padding:5px 6px}}
    @media print{:root{color-scheme:light;--paper:#fff;--panel:#f3f4f6;--ink:#000;--soft:#444;--line:#bbb;--accent:#0b5cad;
    --good:#146c43;--goodbg:#eef7f1;--bad:#a32020;--badbg:#fdf0ee;--cold3:#1f4e8c;--cold2:#6b9bd1;--cold1:#c3d9ef;--even:#eef0f2;
    --warm1:#f3cfb3;--warm2:#de8b52;--warm3:#a3420f}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
    body{font-size:10.5pt}main{max-width:none;padding:0}h2{margin-top:24px}
    figure,table,.verdict,tr{break-inside:avoid}h2,h3{break-after:avoid}@page{margin:16mm}}
    """
}
