// Draws the figures, and lays them out again when the page becomes dark or light, narrow or wide, or goes to paper.
(() => {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 720px)");
  const figures = JSON.parse(document.getElementById("figures").textContent);
  let onPaper = false;

  const copy = (value) => JSON.parse(JSON.stringify(value));

  // What stands at a path such as "annotations[3].font.size"; null, which Plotly reads as its own default, if nothing does.
  const at = (layout, path) =>
    path.split(/[.[\]]+/).filter(Boolean).reduce((value, key) => (value === undefined || value === null ? null : value[key]), layout) ?? null;

  // How a figure should look now, as changes to the layout it came with.
  const changes = (layout) => {
    const night = dark.matches && !onPaper;
    const patch = {
      "paper_bgcolor": "rgba(0, 0, 0, 0)",
      "font.color": night ? "#e6e9ee" : "#20242b",
      "hoverlabel.bgcolor": night ? "#262c35" : "#ffffff",
      "hoverlabel.font.color": night ? "#e6e9ee" : "#20242b",
    };
    for (const [path, value] of Object.entries(layout.meta.narrow)) {
      patch[path] = copy(narrow.matches && !onPaper ? value : at(layout, path));
    }
    return patch;
  };

  const draw = async (name, figure) => {
    const place = document.getElementById(name);
    try {
      await Plotly.newPlot(place, figure.data, copy(figure.layout), { responsive: true, displayModeBar: false, displaylogo: false });
      await Plotly.relayout(place, changes(figure.layout));
      place.dataset.drawn = "yes";
      place.dispatchEvent(new Event("drawn"));
    } catch (problem) {
      place.textContent = "This picture could not be drawn: " + problem.message;
      document.documentElement.dataset.problem = String(problem.message);
    }
  };

  const again = () => {
    for (const [name, figure] of Object.entries(figures)) {
      const place = document.getElementById(name);
      if (place.dataset.drawn) Plotly.relayout(place, changes(figure.layout)).then(() => Plotly.Plots.resize(place));
    }
  };

  window.addEventListener("error", (event) => { document.documentElement.dataset.problem = event.message; });
  for (const media of [dark, narrow]) media.addEventListener("change", again);
  window.addEventListener("beforeprint", () => { onPaper = true; again(); });
  window.addEventListener("afterprint", () => { onPaper = false; again(); });
  for (const [name, figure] of Object.entries(figures)) draw(name, figure);
})();
