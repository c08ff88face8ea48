// Ink and ground follow the page, dark or light; figure by figure, as each has been drawn.
(() => {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const figures = JSON.parse(document.getElementById("figures").textContent);

  const colours = (name) => {
    const place = document.getElementById(name);
    if (!place.dataset.drawn) return;
    const ink = dark.matches ? "#e6e9ee" : "#20242b";
    figures[name].data.forEach((trace, k) => {
      if (trace.meta && trace.meta.ink) Plotly.restyle(place, { "marker.color": ink, "marker.line.color": ink }, [k]);
      if (trace.meta && trace.meta.night) Plotly.restyle(place, { colorscale: [dark.matches ? trace.meta.night : trace.colorscale] }, [k]);
    });
  };

  for (const name of Object.keys(figures)) {
    document.getElementById(name).addEventListener("drawn", () => colours(name));
    colours(name);
    dark.addEventListener("change", () => colours(name));
  }
})();
