// Draws the descents up to a step: a button plays them, a slider, the arrow keys and the space bar do it by hand.
(() => {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const story = JSON.parse(document.getElementById("animation").textContent);
  const places = Object.fromEntries(Object.keys(figures).map((name) => [name, document.getElementById(name)]));
  const SECONDS = 8;
  const button = document.getElementById("play");
  const slider = document.getElementById("step");
  const output = document.getElementById("now");

  // Ink and ground follow the page; plot by plot, as each has been drawn.
  const colours = (name) => {
    const ink = dark.matches ? "#e6e9ee" : "#20242b";
    figures[name].data.forEach((trace, k) => {
      if (trace.meta && trace.meta.ink) Plotly.restyle(places[name], { "marker.color": ink, "marker.line.color": ink }, [k]);
      // An opaque ground: thin lines on a transparent one would be lost.
      if (trace.meta && trace.meta.night) Plotly.relayout(places[name], mesh());
      if (trace.meta && trace.meta.night) Plotly.restyle(places[name], { colorscale: [dark.matches ? trace.meta.night : trace.colorscale] }, [k]);
    });
  };

  const mesh = () => {
    const line = dark.matches ? "#a9b0ba" : figures["surface-3d"].layout.scene.xaxis.gridcolor;
    const patch = { "scene.bgcolor": dark.matches ? "#101317" : "#ffffff" };
    for (const axis of ["xaxis", "yaxis", "zaxis"]) patch[`scene.${axis}.gridcolor`] = patch[`scene.${axis}.linecolor`] = line;
    return patch;
  };

  // What of a trace has happened by a step; the rest is left out, so that the traces keep their length.
  const until = (values, steps, now) => values.map((value, k) => (steps[k] !== null && steps[k] <= now ? value : null));
  const lastShown = (method, now) =>
    method.spans.map(([begin, end]) => {
      let k = end - 1;
      while (k >= begin && !(method.line[k] !== null && method.line[k] <= now)) k -= 1;
      return k < begin ? -1 : k;
    });

  const changes = (name, now) => {
    const { data } = figures[name];
    const flat = name === "contour";
    const axes = flat ? ["x", "y"] : ["x", "y", "z"];
    const update = { ...Object.fromEntries(axes.map((axis) => [axis, []])), "marker.symbol": [] };
    const traces = [];
    for (const method of story.methods) {
      const first = flat ? method.plane : method.space;
      const parts = flat ? [method.line, method.dots, method.arrows] : [method.line];
      parts.forEach((steps, k) => {
        traces.push(first + k);
        for (const axis of axes) update[axis].push(until(data[first + k][axis], steps, now));
        update["marker.symbol"].push((data[first + k].marker || {}).symbol ?? null);
      });
      const ends = data[first + parts.length];
      const last = lastShown(method, now);
      traces.push(first + parts.length);
      for (const axis of axes) update[axis].push(now >= story.steps ? ends[axis] : last.map((k) => (k < 0 ? null : data[first][axis][k])));
      update["marker.symbol"].push(now >= story.steps ? ends.marker.symbol : last.map(() => "circle"));
    }
    return [update, traces];
  };

  let step = story.steps;
  let busy = false;
  const draw = async () => {
    if (busy) return;
    busy = true;
    for (let drawn = -1; drawn !== step; ) {
      drawn = step;
      const jobs = [];
      for (const name of ["contour", "surface-3d"]) {
        if (places[name].dataset.drawn) jobs.push(Plotly.restyle(places[name], ...changes(name, drawn)));
      }
      const losses = places.losses;
      if (losses && losses.dataset.drawn) {
        const k = figures.losses.layout.shapes.length - 1;
        jobs.push(Plotly.relayout(losses, { [`shapes[${k}].x0`]: drawn, [`shapes[${k}].x1`]: drawn }));
      }
      await Promise.all(jobs);
    }
    busy = false;
    document.documentElement.dataset.step = String(step);
  };

  const go = (to) => {
    step = Math.min(Math.max(Math.round(to), 0), story.steps);
    slider.value = String(step);
    output.textContent = `step ${step.toLocaleString("en")} of ${story.steps.toLocaleString("en")}`;
    return draw();
  };

  let playing = null;
  const stop = () => {
    clearTimeout(playing);
    playing = null;
    button.textContent = "▶ Play";
  };
  const play = () => {
    if (step >= story.steps) go(0);
    // Whoever asked for little motion gets ten still pictures.
    const pause = calm.matches ? 800 : Math.max(40, (1000 * SECONDS) / story.steps);
    const stride = calm.matches ? story.steps / 10 : Math.max(1, (story.steps * pause) / (1000 * SECONDS));
    let at = step;
    const tick = async () => {
      at += stride;
      await go(at);
      if (playing === null) return;
      if (step >= story.steps) stop();
      else playing = setTimeout(tick, pause);
    };
    button.textContent = "❚❚ Pause";
    playing = setTimeout(tick, pause);
  };

  for (const name of Object.keys(figures)) places[name].addEventListener("drawn", () => { colours(name); if (step < story.steps) draw(); });
  dark.addEventListener("change", () => Object.keys(figures).forEach((name) => places[name].dataset.drawn && colours(name)));
  if (!button) return;
  button.addEventListener("click", () => (playing === null ? play() : stop()));
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " " && event.target !== button) {
      event.preventDefault();
      button.click();
    }
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way && event.target !== slider) {
      event.preventDefault();
      stop();
      go(step + way * (event.shiftKey ? 10 : 1));
    }
  });
})();
