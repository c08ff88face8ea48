// The plane with its contour lines and the descents on it, the same in space, and what they lose and how far they step.
export default {
  template: `
    <div class="descents" @keydown="pressed">
      <div class="plane" ref="plane">
        <div v-show="view === 'contour'" ref="contour" class="contour"></div>
        <svg v-show="view === 'contour'" ref="over" class="over">
          <defs><clipPath :id="clip"><rect ref="frame" /></clipPath></defs>
          <g ref="lines" :clip-path="'url(#' + clip + ')'"></g>
          <g v-show="startWords" ref="handle" class="handle" tabindex="0" role="slider" aria-label="start of the descents; arrow keys move it" :aria-valuetext="startWords">
            <circle class="grip" r="18" /><circle class="ring" r="9" /><circle class="dot" r="3" />
          </g>
        </svg>
        <div v-show="view === '3d'" ref="space" class="space"></div>
      </div>
      <div class="charts">
        <div ref="loss" class="chart"></div>
        <div ref="rate" class="chart"></div>
      </div>
      <div class="player">
        <button type="button" class="round" @click="player.step(-player.last)" aria-label="back to the start" title="back to the start"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3v10M13 3L6 8l7 5z" /></svg></button>
        <button type="button" class="round" @click="player.step(-1)" aria-label="one step back" title="one step back (←)"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M11 3L4 8l7 5z" /></svg></button>
        <button type="button" class="round main" @click="player.toggle()" :aria-label="playing ? 'pause' : 'play'" title="play, pause (space)"><svg viewBox="0 0 16 16" aria-hidden="true"><path v-if="playing" d="M5 3v10M11 3v10" /><path v-else d="M4 2l10 6-10 6z" /></svg></button>
        <button type="button" class="round" @click="player.step(1)" aria-label="one step on" title="one step on (→)"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M5 3l7 5-7 5z" /></svg></button>
        <input type="range" min="0" :max="last" :value="at" @input="jump($event.target.value)" @change="settled" aria-label="step that is shown" />
        <span class="count">step {{ at }} of {{ last }}</span>
      </div>
      <ul class="words" aria-live="polite" aria-label="what became of them">
        <li v-for="one in sentences" :key="one.name" :data-method="one.name">
          <svg class="swatch" width="32" height="12" aria-hidden="true"><line x1="1" y1="6" x2="31" y2="6" :stroke="one.colour" stroke-width="3" :stroke-dasharray="one.strokes" /></svg>
          <span>{{ one.words }}</span>
        </li>
      </ul>
    </div>`,

  props: { view: String },

  data: () => ({ at: 0, last: 0, playing: false, startWords: "", sentences: [], clip: "clip-" + Math.random().toString(36).slice(2) }),

  mounted() {
    this.trajectories = new Map();
    this.order = [];
    this.painted = null;
    this.player = new talweg.Player((at) => this.show(at), (at) => this.settled());
    this.lossChart = new talweg.Chart(this.$refs.loss, "loss", true);
    this.rateChart = new talweg.Chart(this.$refs.rate, "effective learning rate", true);
    this.unlisten = talweg.onTheme(() => this.again());
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.$refs.plane);
    this.watchHandle();
    this.$refs.contour.addEventListener("click", (event) => this.clicked(event));
    this.$emit("ready");
  },

  beforeUnmount() {
    this.unlisten();
    this.observer.disconnect();
  },

  watch: {
    view() { this.$nextTick(() => this.again()); },
  },

  methods: {
    // A new surface: its pictures, in the plane and in space.
    async paint(painted) {
      this.painted = painted;
      await this.drawPlane();
      if (this.view === "3d") await this.drawSpace();
      this.draw();
    },

    async drawPlane() {
      if (!this.painted || !this.$refs.plane) return;
      const figure = this.painted.contour, width = this.$refs.plane.clientWidth;
      const height = Math.max(300, Math.min(560, Math.round(width * 0.84)));
      const data = figure.data.map((trace) => this.inked(trace));
      const margin = { l: 50, r: talweg.narrow() ? 8 : 14, t: 10, b: talweg.narrow() ? 64 : 78, pad: 0 };
      const data2 = talweg.narrow() ? data.map((trace) => ({ ...trace, showscale: false })) : data;
      await Plotly.react(this.$refs.contour, data2, talweg.layout({ ...figure.layout, width, height, margin, dragmode: false }), talweg.settings);
      this.$refs.contour.dataset.drawn = "yes";
      const axes = this.$refs.contour._fullLayout;
      const frame = this.$refs.frame;
      frame.setAttribute("x", axes.xaxis._offset);
      frame.setAttribute("y", axes.yaxis._offset);
      frame.setAttribute("width", axes.xaxis._length);
      frame.setAttribute("height", axes.yaxis._length);
    },

    inked(trace) {
      if (!trace.meta || !trace.meta.ink) return trace;
      return { ...trace, marker: { ...trace.marker, color: talweg.ink(), line: { ...trace.marker.line, color: talweg.ink() } } };
    },

    async drawSpace() {
      if (!this.painted) return;
      const figure = this.painted.space, width = this.$refs.plane.clientWidth;
      const data = [...figure.data.map((trace) => this.inked(trace)), ...this.inSpace()];
      const height = Math.max(320, Math.min(560, Math.round(width * 0.84)));
      const layout = talweg.layout({ ...figure.layout, width, height });
      try {
        await Plotly.react(this.$refs.space, data, layout, talweg.settings);
        this.$refs.space.dataset.drawn = "yes";
      } catch (problem) {
        this.$refs.space.textContent = "This browser can't draw in three dimensions: " + problem.message;
      }
    },

    inSpace() {
      return this.order.map((name) => this.trajectories.get(name)).filter(Boolean).map((trajectory) => {
        const [x, y, z] = this.overGround(trajectory, this.shown(trajectory));
        return { type: "scatter3d", mode: "lines", x, y, z, name: trajectory.label, hoverinfo: "name", showlegend: false,
          line: { color: trajectory.colour, width: 6, dash: trajectory.dash } };
      });
    },

    // A trajectory laid over the ground, long steps in short pieces; what lies outside of the picture is left out.
    overGround(trajectory, count) {
      const [[left, right], [low, high]] = this.painted.domain, ground = this.painted.space.data[0].z;
      const rows = ground.length - 1, columns = ground[0].length - 1, all = ground.flat().filter(Number.isFinite);
      const lift = 0.012 * (all.reduce((a, b) => Math.max(a, b)) - all.reduce((a, b) => Math.min(a, b)));
      const height = (x, y) => {
        const u = ((x - left) / (right - left)) * columns, v = ((y - low) / (high - low)) * rows;
        const i = Math.min(Math.floor(v), rows - 1), j = Math.min(Math.floor(u), columns - 1), a = v - i, b = u - j;
        const at = (r, c) => ground[r][c];
        return (1 - a) * ((1 - b) * at(i, j) + b * at(i, j + 1)) + a * ((1 - b) * at(i + 1, j) + b * at(i + 1, j + 1)) + lift;
      };
      const out = [[], [], []];
      const put = (x, y) => {
        const inside = x >= left && x <= right && y >= low && y <= high;
        out[0].push(inside ? x : null);
        out[1].push(inside ? y : null);
        out[2].push(inside ? height(x, y) : null);
      };
      put(trajectory.xy[0], trajectory.xy[1]);
      for (let k = 1; k < count; k++) {
        const [x0, y0, x1, y1] = trajectory.xy.slice(2 * k - 2, 2 * k + 2);
        const length = Math.hypot((x1 - x0) / (right - left), (y1 - y0) / (high - low)), pieces = Math.max(1, Math.min(60, Math.ceil(60 * length)));
        for (let piece = 1; piece <= pieces; piece++) put(x0 + ((x1 - x0) * piece) / pieces, y0 + ((y1 - y0) * piece) / pieces);
      }
      return out;
    },

    // New descents: those that changed, and in which order all stand.
    update(news) {
      if (news.trajectories) for (const trajectory of news.trajectories) {
        this.trajectories.set(trajectory.name, { ...trajectory, xy: talweg.floats(trajectory.xy), loss: talweg.floats(trajectory.loss), rate: talweg.floats(trajectory.rate) });
      }
      this.order = news.order;
      this.sentences = news.sentences;
      for (const name of [...this.trajectories.keys()]) if (!this.order.includes(name)) this.trajectories.delete(name);
      const atEnd = this.player.at >= this.player.last;
      this.start = news.start;
      this.busy = false;
      if (this.waiting) { const next = this.waiting; this.waiting = null; this.ask(next); }
      this.last = this.player.last = news.steps;
      this.player.at = news.at >= 0 && !this.ready ? Math.min(news.at, news.steps) : atEnd ? news.steps : Math.min(this.player.at, news.steps);
      this.ready = true;
      this.lossChart.title = news.title;
      this.lossChart.log = news.log;
      this.draw();
    },

    draw() {
      if (!this.painted || !this.ready) return;
      this.drawCharts();
      this.show(this.player.at);
      this.$el.dataset.drawn = String(Number(this.$el.dataset.drawn || 0) + 1);
    },

    drawCharts() {
      const lines = (what, log) => this.order.map((name) => this.trajectories.get(name)).filter(Boolean).map((trajectory) => {
        const values = trajectory[what], x = [], y = [];
        for (let i = 0; i < values.length; i++) { x.push(Math.min(i * trajectory.stride, this.last)); y.push(Number.isFinite(values[i]) && (!log || values[i] > 0) ? values[i] : null); }
        return { label: trajectory.label, colour: trajectory.colour, dash: trajectory.dash, x, y };
      });
      this.lossChart.draw(lines("loss", this.lossChart.log), this.last);
      this.rateChart.draw(lines("rate", true), this.last);
    },

    shown(trajectory) {
      return Math.min(Math.floor(this.player.at / trajectory.stride) + (this.player.at >= this.last ? 2 : 1), trajectory.xy.length / 2);
    },

    show(at) {
      this.at = at;
      this.playing = this.player.playing;
      this.lossChart.show(at);
      this.rateChart.show(at);
      if (!this.painted) return;
      if (this.view === "3d") this.showInSpace(); else this.showInPlane();
    },

    showInSpace() {
      const now = performance.now();
      if (this.playing && this.lastSpace && now - this.lastSpace < 60) return;
      this.lastSpace = now;
      this.drawSpace();
    },

    showInPlane() {
      const axes = this.$refs.contour._fullLayout;
      if (!axes || !axes.xaxis) return;
      const [[left, right], [low, high]] = this.painted.domain;
      const far = 20000;
      const cut = (v) => Math.max(-far, Math.min(far, v));
      const px = (x) => cut(axes.xaxis._offset + ((x - left) / (right - left)) * axes.xaxis._length);
      const py = (y) => cut(axes.yaxis._offset + ((high - y) / (high - low)) * axes.yaxis._length);
      const parts = [];
      for (const name of this.order) {
        const trajectory = this.trajectories.get(name);
        if (!trajectory) continue;
        const count = this.shown(trajectory), points = [];
        for (let i = 0; i < count; i++) points.push([px(trajectory.xy[2 * i]), py(trajectory.xy[2 * i + 1])]);
        parts.push(this.line(trajectory, points));
      }
      this.$refs.lines.innerHTML = parts.join("");
      if (this.start && !this.dragging) this.place(px(this.start[0]), py(this.start[1]));
    },

    // One descent as SVG: its line, arrows at regular distances along it, and where it stands.
    line(trajectory, points) {
      const text = points.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join(" ");
      const dash = trajectory.strokes ? ` stroke-dasharray="${trajectory.strokes}"` : "";
      let out = `<polyline class="trajectory" data-name="${trajectory.name}" points="${text}" stroke="${trajectory.colour}"${dash} />`;
      let gone = 0, next = 26;
      for (let i = 1; i < points.length; i++) {
        const dx = points[i][0] - points[i - 1][0], dy = points[i][1] - points[i - 1][1], length = Math.hypot(dx, dy);
        if (length > 3000) continue;
        gone += length;
        if (gone >= next && length > 0.5) {
          const angle = (Math.atan2(dy, dx) * 180) / Math.PI, x = (points[i][0] + points[i - 1][0]) / 2, y = (points[i][1] + points[i - 1][1]) / 2;
          out += `<path class="arrow" d="M5,0 L-4,4 L-4,-4 Z" transform="translate(${x.toFixed(1)},${y.toFixed(1)}) rotate(${angle.toFixed(0)})" fill="${trajectory.colour}" />`;
          next = gone + 90;
        }
      }
      const [x, y] = points[points.length - 1];
      const lost = trajectory.diverged >= 0 && this.player.at >= trajectory.diverged;
      out += lost
        ? `<path class="lost" d="M-6,-6 L6,6 M-6,6 L6,-6" transform="translate(${x.toFixed(1)},${y.toFixed(1)})" stroke="${trajectory.colour}" />`
        : `<circle class="stands" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="5" fill="${trajectory.colour}" />`;
      return out;
    },

    place(x, y) {
      this.$refs.handle.setAttribute("transform", `translate(${x},${y})`);
      this.startWords = `${talweg.number(this.start[0])}, ${talweg.number(this.start[1])}`;
    },

    // From a place on the screen to a point of the plane, kept inside of it.
    point(event) {
      const box = this.$refs.contour.getBoundingClientRect(), axes = this.$refs.contour._fullLayout;
      const [[left, right], [low, high]] = this.painted.domain;
      const u = Math.max(0, Math.min(1, (event.clientX - box.left - axes.xaxis._offset) / axes.xaxis._length));
      const v = Math.max(0, Math.min(1, (event.clientY - box.top - axes.yaxis._offset) / axes.yaxis._length));
      return [left + u * (right - left), high - v * (high - low)];
    },

    onPlane(event) {
      const box = this.$refs.contour.getBoundingClientRect(), axes = this.$refs.contour._fullLayout;
      const x = event.clientX - box.left - axes.xaxis._offset, y = event.clientY - box.top - axes.yaxis._offset;
      return x >= 0 && y >= 0 && x <= axes.xaxis._length && y <= axes.yaxis._length;
    },

    clicked(event) {
      if (!this.painted || !this.onPlane(event)) return;
      this.ask(this.point(event));
    },

    watchHandle() {
      const handle = this.$refs.handle;
      handle.addEventListener("pointerdown", (event) => {
        handle.setPointerCapture(event.pointerId);
        this.dragging = true;
        event.preventDefault();
        handle.focus({ preventScroll: true });
      });
      handle.addEventListener("pointermove", (event) => {
        if (!this.dragging) return;
        const box = this.$refs.contour.getBoundingClientRect();
        this.start = this.point(event);
        const axes = this.$refs.contour._fullLayout;
        const x = Math.max(axes.xaxis._offset, Math.min(axes.xaxis._offset + axes.xaxis._length, event.clientX - box.left));
        const y = Math.max(axes.yaxis._offset, Math.min(axes.yaxis._offset + axes.yaxis._length, event.clientY - box.top));
        this.place(x, y);
        this.ask(this.start);
      });
      const drop = (event) => {
        if (!this.dragging) return;
        this.dragging = false;
        this.ask(this.point(event));
      };
      handle.addEventListener("pointerup", drop);
      handle.addEventListener("pointercancel", drop);
      handle.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (!way || !this.start) return;
        const [[left, right], [low, high]] = this.painted.domain, share = event.shiftKey ? 0.1 : 0.02;
        const x = Math.max(left, Math.min(right, this.start[0] + way[0] * share * (right - left)));
        const y = Math.max(low, Math.min(high, this.start[1] + way[1] * share * (high - low)));
        this.start = [x, y];
        this.showInPlane();
        this.ask(this.start);
        event.preventDefault();
        event.stopPropagation();
      });
    },

    // One question at a time: what is asked while the server computes waits, and only the last of it is asked.
    ask(start) {
      if (this.busy && performance.now() - this.requested < 2000) { this.waiting = start; return; }
      this.busy = true;
      this.requested = performance.now();
      this.$emit("start", { x: start[0], y: start[1] });
    },

    jump(value) {
      this.player.stop();
      this.player.go(Number(value));
    },

    settled() {
      this.$emit("at", { at: this.player.at >= this.player.last ? -1 : this.player.at });
    },

    pressed(event) {
      this.player.key(event);
    },

    resized() {
      if (!this.painted || this.width === this.$refs.plane.clientWidth) return;
      this.width = this.$refs.plane.clientWidth;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.again(), 60);
    },

    async again() {
      if (!this.painted) return;
      await this.drawPlane();
      if (this.view === "3d") await this.drawSpace();
      this.lossChart.again();
      this.rateChart.again();
      this.show(this.player.at);
    },
  },
};
