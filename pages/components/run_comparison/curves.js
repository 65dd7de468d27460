// The same quantity of all runs in one chart: a colour, a dash and a shape a run, one cursor through all charts.

const POINTS = 1500 // a curve, of what is in view
const CHART_HEIGHT = 190
const CURVE_GROUPS = {
  losses: { log: true, panels: [["d_loss", "Discriminator’s loss"], ["g_loss", "Generator’s loss"]] },
  scores: { panels: [["d_real", "D(x): what D says of real images"], ["d_fake_before", "D(G(z)): what it says of generated ones"]] },
  gradients: { log: true, panels: [["d_grad_norm", "Gradient norm of the discriminator"], ["g_grad_norm", "Gradient norm of the generator"]] },
}
const PLACES = ["step", "epoch", "seconds"]
const shownElsewhere = new Set([...PLACES, "d_fake_after", ...Object.values(CURVE_GROUPS).flatMap(({ panels }) => panels.map(([name]) => name))])

function groupOf(name, runs) {
  if (name !== "other") return CURVE_GROUPS[name]
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.rows.at(-1) ?? {})))].filter((each) => !shownElsewhere.has(each))
  return { panels: names.map((each) => [each, each[0].toUpperCase() + each.slice(1).replaceAll("_", " ")]) }
}

// look() gives { by, group, smoothing, log, hidden, place }; move(place) and release() are told of clicks.
function makeRunCurves(host, look, { move, release, zoomed }) {
  let charts = [], runs = [], zoom = null, shape = "", dead = false, Plot = null

  async function draw(all) {
    runs = all
    if (!runs.some((run) => run.rows.length)) return destroy()
    Plot ??= await chartLibrary()
    if (dead) return
    const { by, group, log } = look(), asked = groupOf(group, runs)
    const now = JSON.stringify([runs.map((run) => run.id), by, asked, log, ink()])
    if (now !== shape) { if (JSON.parse(shape || "[0,0]")[1] !== by) zoom = null; shape = now; build(asked) }
    fill()
  }

  const ink = () => getComputedStyle(host).color

  function destroy() { for (const { plot, box } of charts) { plot.destroy(); box.remove() } charts = []; shape = "" }

  function build({ panels, log }) {
    for (const { plot, box } of charts) { plot.destroy(); box.remove() }
    charts = panels.map(([name, title]) => {
      const box = document.createElement("div"), head = document.createElement("h4"), values = document.createElement("span")
      box.className = "chart"
      box.dataset.curve = name
      head.textContent = title
      values.className = "values"
      box.append(head, values)
      host.append(box)
      const chart = { name, box, values, lines: [] }
      chart.plot = new Plot(options(chart, log && look().log), [[], ...runs.flatMap(() => [[], []])], box)
      pointer(chart)
      return chart
    })
  }

  function options(chart, logarithmic) {
    const colour = ink(), grid = `color-mix(in srgb, ${colour} 12%, transparent)`
    const axis = { stroke: colour, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 }, font: "11px sans-serif" }
    const lowest = Math.min(...runs.flatMap((run) => run.rows.map((row) => row[chart.name] ?? Infinity)))
    const y = !logarithmic ? { range: roomy } : lowest > 0 ? { distr: 3 } : { distr: 4, asinh: 0.1 }
    return {
      width: chart.box.clientWidth || 300, height: CHART_HEIGHT, legend: { show: false }, padding: [8, 8, 0, 0],
      scales: { x: { time: false, range: (_, low, high) => zoom ?? [Math.min(0, low ?? 0), Math.max(high ?? 0, look().place ?? 0) || 1] }, y },
      axes: [{ ...axis, label: { minute: "minutes of training" }[look().by] ?? look().by, labelFont: axis.font, labelSize: 15, labelGap: 0, size: 24, gap: 3 }, { ...axis, size: 46, gap: 3 }],
      series: [{}, ...runs.flatMap(({ data: { style } }) => [
        { stroke: style.colour, alpha: 0.2, width: 1, points: { show: false } },
        { stroke: style.colour, width: 2, dash: style.dash.length ? style.dash : undefined, points: { show: false } },
      ])],
      cursor: { sync: { key: "gandash-comparison" }, y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => { zoomTo(null); return null } } },
      hooks: {
        draw: [(plot) => { marks(plot, chart); cursor(plot, chart) }],
        setSelect: [(plot) => {
          const { left, width } = plot.select
          if (width < 5) return
          const range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          zoomTo(range)
        }],
        setCursor: [(plot) => read(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)],
      },
    }
  }

  function pointer({ plot }) {
    let down = null
    plot.over.addEventListener("pointerdown", (event) => { down = event.button === 0 ? event.clientX : null })
    plot.over.addEventListener("pointerup", (event) => {
      if (down === null || Math.abs(event.clientX - down) > 4) return
      move(plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x"))
      release()
    })
  }

  function zoomTo(range) { zoom = range; zoomed(range !== null); fill() }

  function fill() {
    const { by, smoothing, hidden } = look()
    for (const chart of charts) {
      chart.lines = runs.map((run) => ({ run, ...lineOf(run, chart.name, by, smoothing, zoom) })) // a chart may be drawn once more after it has gone
      const tables = chart.lines.map(({ xs, raw, smooth }) => [xs, smoothing > 0 ? raw : raw.map(() => undefined), smooth])
      chart.plot.batch(() => {
        runs.forEach((run, i) => [2 * i + 1, 2 * i + 2].forEach((s) => { if (chart.plot.series[s].show === hidden.has(run.id)) chart.plot.setSeries(s, { show: !hidden.has(run.id) }) }))
        chart.plot.setData(window.uPlot.join(tables), true)
      })
    }
    host.dataset.rows = runs.reduce((sum, run) => sum + run.rows.length, 0)
    read(null)
  }

  // The value of every run at a place, beside the chart's title: where the pointer is, else where the cursor is.
  function read(place) {
    const at = place ?? look().place
    for (const { lines, values } of charts) {
      values.innerHTML = lines.map((line) => look().hidden.has(line.run.id) ? "" : `<span title="${line.run.data.title.replace(/[&<>"]/g, "")}">${glyphOf(line.run.data.style)} ${numberInWords(valueAt(line, at))}</span>`).join("")
    }
  }

  function marks(plot, { lines }) { // a shape on every curve at some places, so that colour is never the only difference
    const { min, max } = plot.scales.x
    each(lines, (line, i) => {
      for (let k = 0; k < 6; k++) {
        const x = min + ((max - min) * (k + 0.15 + (0.7 * i) / lines.length)) / 6
        if (line.xs.length && x >= line.xs[0] && x <= line.xs.at(-1)) mark(plot, line.run.data.style, x, valueAt(line, x), 4)
      }
    })
  }

  function cursor(plot, { lines }) { // where the sheets stand: a line, and on each curve the run's own snapshot
    const { place, by } = look(), c = plot.ctx, { top, height, left, width } = plot.bbox
    if (place == null) return
    const x = Math.round(plot.valToPos(place, "x", true))
    if (x >= left && x <= left + width) {
      c.save(); c.setLineDash([]); c.strokeStyle = ink(); c.lineWidth = 1.5 * devicePixelRatio
      c.beginPath(); c.moveTo(x, top); c.lineTo(x, top + height); c.stroke(); c.restore()
    }
    each(lines, (line) => {
      const { run } = line, shown = run.at(place, by), own = shown && run.places(by)[run.snapshots.findIndex(([step]) => step === shown[0])]
      if (own != null && own >= plot.scales.x.min && own <= plot.scales.x.max) mark(plot, run.data.style, own, valueAt(line, own), 7)
    })
  }

  function each(lines, what) {
    const { hidden } = look()
    lines.forEach((line, i) => { if (!hidden.has(line.run.id)) what(line, i) })
  }

  function mark(plot, { colour, symbol }, x, y, size) {
    if (y == null) return
    const c = plot.ctx, r = size * devicePixelRatio
    const left = plot.valToPos(x, "x", true), top = plot.valToPos(y, "y", true)
    if (!Number.isFinite(left + top)) return
    c.save()
    c.translate(left, top)
    c.scale(r, r)
    c.fillStyle = colour
    c.fill(new Path2D(RUN_SHAPES[symbol]))
    c.restore()
  }

  const resized = new ResizeObserver(() => { for (const { plot, box } of charts) plot.setSize({ width: box.clientWidth || 300, height: CHART_HEIGHT }) })
  resized.observe(host)

  return {
    draw, zoomTo,
    place() { for (const { plot } of charts) plot.redraw(false, false); read(null) },
    stop() { dead = true; resized.disconnect(); destroy() },
  }
}

// What a chart draws of a run: places, measured values and their exponential average, of what is in view, thinned to what a screen shows.
function lineOf(run, name, by, weight, zoom) {
  const xs = [], raw = [], smooth = []
  let average = 0, share = 0
  for (const row of run.rows) {
    const value = row[name], x = run.place(row, by)
    if (value == null || !Number.isFinite(value) || x === null) continue
    average = weight * average + (1 - weight) * value
    share = weight * share + (1 - weight)
    if (xs.length && x <= xs.at(-1)) { raw[raw.length - 1] = value; smooth[smooth.length - 1] = average / share; continue } // epochs are rounded
    xs.push(x); raw.push(value); smooth.push(average / share)
  }
  const from = zoom ? Math.max(0, xs.findIndex((x) => x >= zoom[0]) - 1) : 0, past = zoom ? xs.findIndex((x) => x > zoom[1]) : -1
  const to = past < 0 ? xs.length - 1 : past, step = Math.max(1, Math.ceil((to - from) / POINTS)), kept = []
  for (let i = from; i <= to; i += step) kept.push(i)
  if (kept.length && kept.at(-1) !== to) kept.push(to)
  return { xs: kept.map((i) => xs[i]), raw: kept.map((i) => raw[i]), smooth: kept.map((i) => smooth[i]) }
}

function valueAt(line, place) {
  if (!line || !line.xs.length || place == null) return null
  let index = line.xs.findLastIndex((x) => x <= place)
  if (index < 0) index = 0
  return line.smooth[index]
}

function roomy(_plot, min, max) {
  if (min == null || max == null) return [0, 1]
  const pad = (max - min || Math.abs(max) || 1) * 0.08
  return [min >= 0 && min < max * 0.5 ? 0 : min - pad, max + pad]
}
