// What the pictures of all pages share: numbers from the server, colours of the page, lines in charts, playing a descent.
window.talweg = (() => {
  "use strict";

  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const night = () => document.body.classList.contains("body--dark");
  const ink = () => (night() ? "#e6e9ee" : "#20242b");
  const narrow = () => window.matchMedia("(max-width: 720px)").matches;
  const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const number = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)).toString().replace("-", "−") : "–");

  // The page's light and dark, told to whoever draws.
  const onTheme = (listener) => {
    const observer = new MutationObserver(() => listener());
    observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    return () => observer.disconnect();
  };

  const layout = (figure) => {
    const colours = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
    return { ...figure, ...colours, font: { ...figure.font, color: ink() }, hoverlabel: { bgcolor: night() ? "#262c35" : "#ffffff", font: { color: ink() } } };
  };
  const settings = { responsive: false, displayModeBar: false, displaylogo: false };

  // Round numbers from low to high, both positive, on a log scale: 1 – 2 – 5 if they are few enough, else powers of ten.
  const logTicks = (low, high, most) => {
    const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
    for (const [every, leads] of [[1, [1, 1.5, 2, 3, 5, 7]], [1, [1, 2, 5]], ...Array.from({ length: 20 }, (_, k) => [k + 1, [1]])]) {
      const ticks = [];
      for (let power = first; power <= last; power++) if (power % every === 0) for (const lead of leads) ticks.push(Number((lead * 10 ** power).toPrecision(3)));
      const inside = ticks.filter((x) => x >= low * 0.999 && x <= high * 1.001);
      if (inside.length <= most) return inside;
    }
    return [];
  };
  const short = (x) => (x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5) ? x.toExponential(0).replace("+", "").replace("-", "−") : x.toLocaleString("en", { maximumFractionDigits: 4 }));

  // A chart of one line for each method on the steps, with a mark at the step that is shown.
  class Chart {
    constructor(place, title, log) {
      this.place = place;
      this.title = title;
      this.log = log;
      this.lines = [];
      this.mark = document.createElement("div");
      this.mark.className = "step-mark";
    }

    layout() {
      const quiet = { gridcolor: "rgba(128,136,147,0.22)", zeroline: false, fixedrange: true, tickfont: { size: 11 }, nticks: 6 };
      return layout({
        height: 210,
        width: this.place.clientWidth || undefined,
        margin: { l: 58, r: 12, t: 30, b: 34 },
        title: { text: this.title, font: { size: 13 }, x: 0, xanchor: "left", xref: "container", pad: { l: 8 }, y: 0.97, yanchor: "top" },
        xaxis: { ...quiet, showgrid: false, tickformat: ",", range: [0, this.last || 1], title: { text: this.unit || "step", font: { size: 11 }, standoff: 4 } },
        yaxis: { ...quiet, ...this.heights() },
        showlegend: false,
        hovermode: "closest",
        dragmode: false,
        font: { family: getComputedStyle(document.body).fontFamily, size: 12 },
      });
    }

    // The axis of what is drawn: on a log scale with round numbers, and room above and below.
    heights() {
      if (!this.log) return { type: "linear" };
      const values = this.lines.flatMap((line) => line.y).filter((y) => y > 0 && Number.isFinite(y));
      if (!values.length) return { type: "log", range: [-1, 1] };
      const low = values.reduce((a, b) => Math.min(a, b)) / 1.15, high = values.reduce((a, b) => Math.max(a, b)) * 1.15;
      const at = logTicks(low, high, 6);
      return { type: "log", range: [Math.log10(low), Math.log10(high)], tickvals: at, ticktext: at.map(short) };
    }

    draw(lines, last, unit) {
      this.lines = lines;
      this.last = last;
      this.unit = unit;
      const traces = lines.map((line) => ({
        type: "scatter", mode: "lines", x: line.x, y: line.y, name: line.label, hovertemplate: "%{y:.4g} at %{x}<extra>" + line.label + "</extra>",
        line: { color: line.colour, dash: line.dash, width: 2 },
      }));
      Plotly.react(this.place, traces, this.layout(), settings);
      if (!this.mark.isConnected) this.place.appendChild(this.mark);
      this.show(this.at ?? last);
    }

    show(at) {
      this.at = at;
      const axis = this.place._fullLayout && this.place._fullLayout.xaxis;
      if (!axis) return;
      this.mark.style.left = axis._offset + (axis._length * Math.min(at, this.last)) / (this.last || 1) + "px";
    }

    again() {
      if (this.last) this.draw(this.lines, this.last, this.unit);
    }
  }

  // Goes through the steps 0 … last; `show(at)` draws one, `settled(at)` is told where it stopped.
  class Player {
    constructor(show, settled, seconds = 6) {
      this.show = show;
      this.settled = settled;
      this.seconds = seconds;
      this.last = 0;
      this.at = 0;
      this.playing = false;
    }

    go(at) {
      this.at = Math.max(0, Math.min(this.last, Math.round(at)));
      this.show(this.at);
    }

    stop() {
      if (!this.playing) return;
      this.playing = false;
      this.show(this.at);
      this.settled(this.at);
    }

    step(by) {
      this.stop();
      this.go(this.at + by);
      this.settled(this.at);
    }

    toggle() {
      if (this.playing) return this.stop();
      if (this.at >= this.last) this.at = 0;
      if (still()) { this.go(this.last); return this.settled(this.at); }
      this.playing = true;
      const from = this.at, began = performance.now(), speed = Math.max(this.last, 1) / (1000 * this.seconds);
      const frame = (now) => {
        if (!this.playing) return;
        this.go(from + (now - began) * speed);
        if (this.at >= this.last) this.stop(); else requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    }

    key(event) {
      if (event.target.closest("input, textarea, select, [role=slider], [contenteditable]")) return false;
      if (event.key === " ") this.toggle();
      else if (event.key === "ArrowRight") this.step(event.shiftKey ? 10 : 1);
      else if (event.key === "ArrowLeft") this.step(event.shiftKey ? -10 : -1);
      else return false;
      event.preventDefault();
      return true;
    }
  }

  return { floats, bytes, night, ink, narrow, number, onTheme, layout, settings, Chart, Player };
})();
