/// What makes an open page follow what happens. Pages are whole without it.
package enum PageScript {
  /// Its name under `<path>/assets`.
  package static let fileName = "page.js"
  /// What its answer says that it is.
  package static let mediaType = "text/javascript; charset=utf-8"

  /// The script, less than 4 KiB.
  ///
  /// It lets arrow keys walk over the bars of an entry, and says each day to whoever cannot see it. On a page with
  /// `data-events` it replaces elements by what `LivePage` sends; when the connection was lost and anything has happened since, it
  /// reads the page anew and replaces what it holds.
  package static let text: StaticString = """
    "use strict";
    (() => {
      const root = document.documentElement, body = document.body;
      const say = text => { document.getElementById("say").textContent = text; };

      // Bars: one stop for the tab key, arrows inside.
      const leave = bars => bars.querySelector(".on")?.classList.remove("on");
      const go = (bars, to) => {
        const days = [...bars.children].filter(day => day.offsetWidth && !day.matches(".w"));
        if (!days.length) return;
        const at = days.findIndex(day => day.matches(".on"));
        const day = days[Math.max(0, Math.min(days.length - 1, to(at < 0 ? days.length : at, days.length)))];
        leave(bars);
        day.classList.add("on");
        say(day.textContent);
      };
      const keys = {
        ArrowLeft: at => at - 1, ArrowRight: at => at + 1, ArrowUp: at => at - 7, ArrowDown: at => at + 7,
        Home: () => 0, End: (at, count) => count - 1,
      };
      const prepare = () => { for (const bars of document.querySelectorAll("ol.b")) bars.tabIndex = 0; };
      document.addEventListener("keydown", event => {
        const bars = event.target.closest?.("ol.b");
        if (event.key === "Escape") {
          for (const open of document.querySelectorAll("ol.b")) { open.classList.add("shut"); leave(open); }
        } else if (bars && keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
          event.preventDefault();
          bars.classList.remove("shut");
          go(bars, keys[event.key]);
        }
      });
      document.addEventListener("focusout", event => { if (event.target.matches?.("ol.b")) leave(event.target); });
      document.addEventListener("pointerover", event => event.target.closest?.("ol.b")?.classList.remove("shut"));
      prepare();

      // What happens.
      const url = body.dataset.events;
      if (!url || !window.EventSource) return;
      let version = body.dataset.version;
      const beat = on => {
        root.classList.add("live");
        const mark = document.querySelector(".beat");
        if (!mark) return;
        mark.classList.toggle("off", !on);
        mark.textContent = on ? mark.dataset.on : mark.dataset.off;
      };
      const replace = (old, fresh) => {
        const open = [...old.querySelectorAll("details")].map(details => details.open);
        old.replaceWith(fresh);
        fresh.querySelectorAll("details").forEach((details, place) => { if (place in open) details.open = open[place]; });
      };
      const parse = html => new DOMParser().parseFromString(html, "text/html");
      const read = async () => {
        const answer = await fetch(location.href, { cache: "no-cache" });
        if (!answer.ok) return;
        const page = parse(await answer.text()), main = page.getElementById("main");
        if (!main || !page.body.dataset.version) return location.reload();
        const before = document.querySelector("h1").textContent, now = main.querySelector("h1").textContent;
        replace(document.getElementById("main"), main);
        document.title = page.title;
        version = page.body.dataset.version;
        prepare();
        beat(true);
        if (before !== now) say(now);
      };
      const source = new EventSource(url);
      source.addEventListener("hello", event => {
        beat(true);
        if (JSON.parse(event.data).version !== version) read().catch(() => {});
      });
      source.addEventListener("change", event => {
        const change = JSON.parse(event.data);
        if (change.after !== version) return read().catch(() => {});
        for (const html of change.parts) {
          const fresh = parse(html).body.firstElementChild, old = document.getElementById(fresh.id);
          if (old) replace(old, fresh);
        }
        document.title = change.title;
        document.querySelector("link[rel=icon]").href = change.icon;
        version = change.version;
        beat(true);
        if (change.say) say(change.say);
      });
      source.addEventListener("error", () => beat(false));
    })();

    """
}
