"""How the workspace's page looks, in light and in dark. Nothing is fetched from anywhere."""

from __future__ import annotations

from typing import Final

CSS: Final = """
:root{color-scheme:light dark;--bg:#fff;--side:#f4f2ef;--line:#dedad4;--ink:#1d1c1d;--soft:#616061;--accent:#0b57d0;
--on:#e7e2da;--good:#147a4b;--bad:#c4283c;--hush:#f8f7f5;--mention:#fdf3d3;--code:#a3274d}
@media(prefers-color-scheme:dark){:root{--bg:#1a1d21;--side:#121417;--line:#34383e;--ink:#e8e8e8;--soft:#a3a6ab;
--accent:#7fb4ff;--on:#2a2e34;--good:#4cc38a;--bad:#ff7a88;--hush:#20242a;--mention:#3f3a22;--code:#ff9bb5}}
*{box-sizing:border-box}
body{margin:0;display:grid;grid-template-columns:15rem 1fr;height:100vh;background:var(--bg);color:var(--ink);
font:15px/1.5 -apple-system,"Segoe UI","Hiragino Sans","Noto Sans JP","Yu Gothic UI",Roboto,sans-serif}
nav{background:var(--side);border-right:1px solid var(--line);padding:1rem .6rem;position:sticky;top:0;height:100vh;
overflow:auto}
nav h1{font-size:1rem;margin:0 .5rem 1rem}
nav h2{font-size:.75rem;font-weight:600;color:var(--soft);margin:1rem .5rem .25rem}
nav a{display:flex;justify-content:space-between;gap:.5rem;padding:.2rem .5rem;border-radius:6px;color:inherit;
text-decoration:none;overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
nav a:hover{background:var(--on)}
nav a[aria-current]{background:var(--accent);color:var(--bg)}
nav .count{font-size:.75rem;opacity:.75}
main{display:flex;flex-direction:column;min-width:0;min-height:0}
main>header{padding:.8rem 1.25rem;border-bottom:1px solid var(--line);display:flex;gap:1rem;align-items:baseline}
main>header h2{font-size:1.05rem;margin:0}
.as{color:var(--soft);font-size:.85rem}
.messages{flex:1;padding:1rem 1.25rem;overflow:auto}.messages>*{max-width:50rem}
.latest{display:flex;flex-direction:column-reverse}.latest>*{margin-bottom:auto}
.empty{color:var(--soft)}
.message{display:grid;grid-template-columns:2.25rem 1fr;gap:.75rem;padding:.5rem 0}
.message.reply{margin-left:3rem}
.message.ephemeral{background:var(--hush);border-radius:8px;padding:.5rem .75rem}
.face{width:2.25rem;height:2.25rem;border-radius:7px;background:var(--accent);color:var(--bg);display:grid;
place-items:center;font-weight:700}
.who{font-weight:700}.app{font-size:.65rem;background:var(--on);border-radius:3px;padding:.05rem .25rem;
margin-left:.35rem;vertical-align:middle}
time,.note{color:var(--soft);font-size:.78rem;margin-left:.4rem}
.body{overflow-wrap:anywhere;min-width:0}
.section{display:flex;gap:1rem;justify-content:space-between;align-items:flex-start;margin:.35rem 0}
.section>:first-child{flex:1;min-width:0}
.fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.35rem 1rem;margin:.35rem 0}
.heading{font-size:1.15rem;font-weight:700;margin:.5rem 0 .25rem}
.context{color:var(--soft);font-size:.82rem;margin:.25rem 0;display:flex;flex-wrap:wrap;gap:.6rem}
.actions{display:flex;flex-wrap:wrap;gap:.5rem;margin:.5rem 0;align-items:center}
hr{border:0;border-top:1px solid var(--line);margin:.75rem 0}
button,.link,select,input,textarea{font:inherit;color:inherit}
button,.link{background:var(--bg);border:1px solid var(--line);border-radius:6px;padding:.3rem .8rem;font-weight:600;
cursor:pointer;font-size:.88rem;text-decoration:none;display:inline-block}
button:hover,.link:hover{background:var(--hush)}
button.primary{background:var(--good);border-color:var(--good);color:var(--bg)}
button.danger{background:var(--bad);border-color:var(--bad);color:var(--bg)}
:is(button,a,input,select,textarea):focus-visible{outline:2px solid var(--accent);outline-offset:2px}
select,input,textarea{background:var(--bg);border:1px solid var(--line);border-radius:6px;padding:.35rem .5rem;
max-width:100%}
.field{display:block;margin:.8rem 0;padding:0;border:0}
.field>span:first-child{display:block;font-weight:600;margin-bottom:.25rem}
.field>.note,.field>.wrong{display:block;margin:.2rem 0 0}.field>span>.note{font-weight:400}
.field input:not([type=checkbox],[type=radio]),.field textarea,.field select{width:100%}
.choice{display:block;padding:.1rem 0}
.menu{position:relative}.menu summary{list-style:none;border:1px solid var(--line);border-radius:6px;cursor:pointer;
padding:.3rem .7rem;font-weight:700;font-size:.88rem;background:var(--bg)}
.menu summary::-webkit-details-marker{display:none}.menu summary:hover{background:var(--hush)}
.menu>div{position:absolute;z-index:1;margin-top:.2rem;background:var(--bg);border:1px solid var(--line);
border-radius:8px;padding:.35rem;min-width:12rem;box-shadow:0 6px 20px rgb(0 0 0/.2)}
.menu button{display:block;width:100%;text-align:left;border:0;font-weight:400}
.wrong{color:var(--bad);font-size:.85rem}
blockquote{margin:.1rem 0;padding-left:.75rem;border-left:4px solid var(--line)}
code,pre{font:.85em/1.45 ui-monospace,Menlo,Consolas,"Noto Sans Mono CJK JP",monospace;background:var(--hush);
border:1px solid var(--line);border-radius:4px}
code{color:var(--code);padding:.1em .25em;display:inline-block;max-width:100%}
pre{padding:.5rem;margin:.3rem 0;white-space:pre-wrap}
a{color:var(--accent)}.mention{color:var(--accent);background:var(--on);border-radius:3px;padding:0 .15rem}
.loud{background:var(--mention)}
.say{padding:.75rem 1.25rem;border-top:1px solid var(--line);display:flex;gap:.5rem}
.say input{flex:1}
dialog{border:1px solid var(--line);border-radius:10px;background:var(--bg);color:var(--ink);padding:0;width:32rem;
max-width:94vw;position:fixed;inset:8vh 0 auto;margin:auto;max-height:84vh;overflow:auto;
box-shadow:0 0 0 100vmax rgb(0 0 0/.45),0 10px 40px rgb(0 0 0/.35);z-index:2}
dialog header,dialog footer{display:flex;justify-content:space-between;padding:.9rem 1.2rem;align-items:center}
dialog header{border-bottom:1px solid var(--line)}dialog footer{border-top:1px solid var(--line);
justify-content:flex-end;gap:.5rem}
dialog h2{margin:0;font-size:1.1rem}dialog .content{padding:.4rem 1.2rem}
@media(max-width:44rem){body{grid-template:auto minmax(0,1fr)/1fr}nav{position:static;height:auto;max-height:30vh;
border-right:0}}
"""
