// Draws every [data-chart]: the id of a json_script holding {title, unit, labels: [text], series: [{name, data: [number or
// null], threshold: number or null, kind: "line" or "bar"}]}
// and free: true where the axis need not begin at 0. Tooltips are drawn on the canvas (the page's rules allow no
// inline style in markup); the table below the chart carries the same figures.
(() => {
  "use strict";
  const COLOURS = ["#1755a6", "#c26a00", "#1f7a3f", "#7a45b8", "#16879a", "#b3261e", "#5c6b7c", "#8a6d00"];
  const PAPER_WIDTH = 670; // what A4 leaves between the margins, in CSS pixels
  const charts = [];

  const options = (data, size) => ({
    color: COLOURS,
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: size },
    grid: { left: 8, right: 20, top: 56, bottom: 8, containLabel: true },
    legend: { type: "scroll", top: 4, textStyle: { fontSize: size } },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      valueFormatter: (value) => (value === null || value === undefined ? "—" : `${value}${data.unit || ""}`),
    },
    xAxis: { type: "category", data: data.labels, axisLabel: { fontSize: size } },
    yAxis: { type: "value", name: data.unit || "", max: data.unit === "%" && !data.free ? 100 : null, min: data.free ? null : 0, scale: Boolean(data.free), axisLabel: { fontSize: size } },
    series: data.series.map((line, index) => ({
      name: line.name,
      type: line.kind || "line",
      data: line.data,
      symbol: ["circle", "triangle", "rect", "diamond"][index % 4],
      symbolSize: 8,
      showAllSymbol: true,
      lineStyle: { type: ["solid", "dashed", "dotted"][Math.floor(index / 4) % 3] },
      connectNulls: false,
      markLine:
        typeof line.threshold === "number"
          ? { silent: true, symbol: "none", label: { formatter: `目标 ${line.threshold}${data.unit || ""}`, position: "insideEndTop" }, data: [{ yAxis: line.threshold }] }
          : undefined,
    })),
  });

  document.querySelectorAll("[data-chart]").forEach((place) => {
    const source = document.getElementById(place.dataset.chart);
    if (!source || !window.echarts) return;
    const data = JSON.parse(source.textContent);
    const chart = window.echarts.init(place, null, { renderer: "canvas" });
    const size = () => parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8;
    chart.setOption(options(data, size()));
    charts.push((width) => {
      chart.resize({ width: width || "auto" });
      chart.setOption(options(data, size()));
    });
  });
  const redraw = (width) => charts.forEach((draw) => draw(width));
  window.addEventListener("resize", () => redraw());
  window.addEventListener("beforeprint", () => redraw(PAPER_WIDTH));
  window.addEventListener("afterprint", () => redraw());
})();
