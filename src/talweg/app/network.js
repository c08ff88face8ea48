// Trainings side by side: the validation loss of each, and over two features what its network says while it learns.
export default {
  template: `
    <div class="network" @keydown="pressed">
      <div class="curves">
        <div ref="loss" class="chart tall"></div>
        <div ref="measure" class="chart tall" v-show="measured"></div>
      </div>
      <div class="player">
        <button type="button" class="round" @click="player.step(-player.last)" aria-label="back to the start" title="back to the start"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3v10M13 3L6 8l7 5z" /></svg></button>
        <button type="button" class="round" @click="player.step(-1)" aria-label="one measurement back" title="one back (←)"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M11 3L4 8l7 5z" /></svg></button>
        <button type="button" class="round main" @click="player.toggle()" :aria-label="playing ? 'pause' : 'play'" title="play, pause (space)"><svg viewBox="0 0 16 16" aria-hidden="true"><path v-if="playing" d="M5 3v10M11 3v10" /><path v-else d="M4 2l10 6-10 6z" /></svg></button>
        <button type="button" class="round" @click="player.step(1)" aria-label="one measurement on" title="one on (→)"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M5 3l7 5-7 5z" /></svg></button>
        <input type="range" min="0" :max="last" :value="at" @input="jump($event.target.value)" @change="settled" aria-label="measurement that is shown" />
        <span class="count">{{ examples }} examples seen</span>
      </div>
      <div class="nets">
        <figure v-for="one in shown" :key="one.name" class="net" :data-method="one.name">
          <figcaption>
            <svg class="swatch" width="32" height="12" aria-hidden="true"><line x1="1" y1="6" x2="31" y2="6" :stroke="one.colour" stroke-width="3" :stroke-dasharray="one.strokes" /></svg>
            <span class="who">{{ one.label }}</span>
          </figcaption>
          <canvas v-if="plane" :ref="(place) => keep(one.name, place)" width="240" height="240" role="img" :aria-label="'what the network trained by ' + one.label + ' says over the two features'"></canvas>
          <div class="now">{{ now(one) }}</div>
        </figure>
      </div>
    </div>`,

  data: () => ({ at: 0, last: 0, playing: false, shown: [], plane: false, measured: "" }),

  computed: {
    examples() {
      const one = this.shown.find((training) => training.examples.length);
      return one ? Number(one.examples[Math.min(this.index(one, this.at), one.examples.length - 1)]).toLocaleString("en") : 0;
    },
  },

  mounted() {
    this.canvases = new Map();
    this.trainings = new Map();
    this.picture = {};
    this.player = new talweg.Player((at) => this.show(at), () => this.settled(), 8);
    this.lossChart = new talweg.Chart(this.$refs.loss, "validation loss", true);
    this.measureChart = new talweg.Chart(this.$refs.measure, "", false);
    this.unlisten = talweg.onTheme(() => this.again());
    this.observer = new ResizeObserver(() => { clearTimeout(this.timer); this.timer = setTimeout(() => this.again(), 80); });
    this.observer.observe(this.$el);
    this.$emit("ready");
  },

  beforeUnmount() {
    this.unlisten();
    this.observer.disconnect();
  },

  methods: {
    // Everything anew: the data's picture and the methods that are to come.
    begin(news) {
      this.player.stop();
      this.picture = news.picture;
      this.plane = Boolean(news.picture.ends);
      this.order = news.order;
      this.wanted = news.at;
      for (const name of [...this.trainings.keys()]) if (!this.order.includes(name)) this.trainings.delete(name);
      if (news.fresh) this.trainings.clear();
      this.list();
      this.draw();
    },

    // One training has come.
    add(training) {
      this.trainings.set(training.name, { ...training, frames: training.frames.map((frame) => Uint8Array.from(atob(frame), (letter) => letter.charCodeAt(0))) });
      this.list();
      this.last = this.player.last = Math.max(0, ...this.shown.map((one) => one.examples.length - 1));
      if (!this.player.playing) this.player.at = this.wanted >= 0 ? Math.min(this.wanted, this.last) : this.last;
      this.$nextTick(() => this.draw());
    },

    play() {
      if (this.player.playing || this.wanted >= 0) return;
      this.player.at = 0;
      this.player.toggle();
    },

    list() {
      this.shown = (this.order || []).map((name) => this.trainings.get(name)).filter(Boolean);
      this.measured = (this.shown.find((one) => one.measured) || {}).measured || "";
    },

    keep(name, place) {
      if (place) this.canvases.set(name, place); else this.canvases.delete(name);
    },

    // All trainings see the same examples; one of fewer measurements stays at its last.
    index(one, at) {
      return Math.min(at, one.examples.length - 1);
    },

    draw() {
      const lines = (what) => this.shown.map((one) => ({
        label: one.label, colour: one.colour, dash: one.dash, x: one.examples, y: one[what],
      }));
      const most = Math.max(1, ...this.shown.map((one) => one.examples[one.examples.length - 1] || 1));
      this.most = most;
      this.lossChart.draw(lines("loss"), most, "examples seen");
      if (this.measured) {
        this.measureChart.title = "validation " + this.measured;
        this.measureChart.draw(lines("metric"), most, "examples seen");
      }
      this.show(this.player.at);
      this.$el.dataset.drawn = String(this.shown.length);
    },

    show(at) {
      this.at = at;
      this.playing = this.player.playing;
      const one = this.shown[0];
      if (!one) return;
      const examples = one.examples[this.index(one, at)];
      this.lossChart.show(examples);
      this.measureChart.show(examples);
      if (this.plane) for (const training of this.shown) this.paint(training, at);
    },

    paint(training, at) {
      const canvas = this.canvases.get(training.name);
      const frame = training.frames[this.index(training, at)];
      if (!canvas || !frame) return;
      const { side, ends, colours, many } = this.picture, pen = canvas.getContext("2d");
      const small = document.createElement("canvas");
      small.width = small.height = side;
      const under = small.getContext("2d"), image = under.createImageData(side, side);
      const rgb = colours.map((colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
      const ground = talweg.night() ? [16, 19, 23] : [255, 255, 255];
      for (let i = 0; i < side * side; i++) {
        const share = frame[i] / 255;
        const strength = many ? 0.45 : 0.12 + 0.75 * Math.abs(share - 0.5);
        const colour = many ? rgb[frame[i] % rgb.length] : share > 0.5 ? rgb[1] : rgb[0];
        for (let k = 0; k < 3; k++) image.data[4 * i + k] = ground[k] + (colour[k] - ground[k]) * strength;
        image.data[4 * i + 3] = 255;
      }
      under.putImageData(image, 0, 0);
      pen.imageSmoothingEnabled = true;
      pen.drawImage(small, 0, 0, canvas.width, canvas.height);
      const [[left, right], [low, high]] = ends;
      pen.lineWidth = 0.8;
      pen.strokeStyle = talweg.night() ? "#101317" : "#ffffff";
      this.picture.x.forEach((x, i) => {
        const shade = this.picture.shade[i];
        pen.fillStyle = this.picture.numbers ? this.mixed(shade) : colours[Math.round(shade) % colours.length];
        pen.beginPath();
        pen.arc(((x - left) / (right - left)) * canvas.width, ((high - this.picture.y[i]) / (high - low)) * canvas.height, 3, 0, 2 * Math.PI);
        pen.fill();
        pen.stroke();
      });
    },

    mixed(share) {
      const [a, b] = this.picture.colours.map((colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
      return "rgb(" + a.map((v, k) => Math.round(v + (b[k] - v) * share)).join(",") + ")";
    },

    now(one) {
      const k = this.index(one, this.at), loss = one.loss[k], metric = one.metric[k];
      const rate = one.rate ? `learning rate ${talweg.number(one.rate)}${one.tuned ? " (best of 12)" : ""}` : "";
      if (loss === null) return `diverged at step ${one.diverged.toLocaleString("en")} · ${rate}`;
      const also = metric === null || !one.measured ? "" : ` · ${one.measured} ${one.percent ? (100 * metric).toFixed(1) + " %" : talweg.number(metric)}`;
      return `loss ${talweg.number(loss)}${also} · ${rate}`;
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

    again() {
      if (this.shown.length) this.draw();
    },
  },
};
