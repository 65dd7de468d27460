// Both losses over epochs: every logged value pale, their running mean strong, and a line where the player stands.
function makeCurves(host, { discriminator, generated }, { move, release }) {
  let chart = null, rows = [], at = null, colours = {}, dead = false
  const line = Object.assign(document.createElement("div"), { className: "cursor" })

  const pale = (colour) => colour + "55"
  const series = () => [{}, { stroke: pale(discriminator), width: 1 }, { stroke: pale(generated), width: 1 },
    { stroke: discriminator, width: 2 }, { stroke: generated, width: 2 }].map((s) => ({ ...s, points: { show: false } }))

  async function draw() {
    const uPlot = await chartLibrary()
    if (dead || !rows.length || !host.clientWidth) return
    const content = columnsOf(rows)
    if (chart) return chart.setData(content)
    const axis = { labelGap: 0, stroke: colours.text, grid: { stroke: colours.border, width: 1 }, ticks: { stroke: colours.border, width: 1 }, font: "12px sans-serif" }
    chart = new uPlot({
      width: host.clientWidth, height: host.clientHeight, series: series(), legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: { x: { time: false, range: (_, __, last) => [0, last] } }, axes: [{ ...axis, label: "epoch", labelFont: axis.font, labelSize: 16, size: 32 }, { ...axis, size: 44 }],
      hooks: { draw: [place], setSize: [place] },
    }, content, host)
    chart.over.append(line)
    chart.over.style.cursor = "ew-resize"
    const to = (event) => move(chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, "x"))
    chart.over.onpointerdown = (event) => { chart.over.setPointerCapture(event.pointerId); to(event) }
    chart.over.onpointermove = (event) => { if (event.buttons & 1) to(event) }
    chart.over.onpointerup = release
    host.dataset.ready = "1"
  }

  function place() {
    if (!chart || at === null) return
    const x = chart.valToPos(at, "x")
    line.style.transform = `translateX(${Math.max(0, Math.min(chart.over.clientWidth - 2, x - 1))}px)`
    host.dataset.epoch = at
  }

  return {
    set(all) { rows = all; draw().catch((error) => { host.textContent = error.message }) },
    cursor(epoch) { at = epoch; place() },
    resize() { if (chart) chart.setSize({ width: host.clientWidth, height: host.clientHeight }) },
    theme(style) {
      const next = { text: style.getPropertyValue("--st-text-color").trim() || "#444", border: style.getPropertyValue("--st-border-color").trim() || "#ddd" }
      if (next.text === colours.text) return
      colours = next
      if (chart) { chart.destroy(); chart = null; draw() }
    },
    stop() { dead = true; chart?.destroy() },
  }
}

// [epochs, D, G, running mean of D, running mean of G], thinned to what a screen can show
function columnsOf(rows) {
  const step = Math.max(1, Math.ceil(rows.length / 1500)), weight = rows.length > 200 ? 0.96 : 0.85, out = [[], [], [], [], []]
  const mean = { d_loss: 0, g_loss: 0 }
  let share = 0
  rows.forEach((row, i) => {
    share = weight * share + 1 - weight
    for (const key of ["d_loss", "g_loss"]) mean[key] = weight * mean[key] + (1 - weight) * (row[key] ?? 0)
    if (i % step && i !== rows.length - 1) return
    ;[row.epoch, row.d_loss ?? null, row.g_loss ?? null, mean.d_loss / share, mean.g_loss / share].forEach((value, c) => out[c].push(value))
  })
  return out
}
