// The curves of one run: losses, scores and gradient norms over the steps. Zoom, hidden curves and smoothing survive every new line, because
// the charts are kept and only their data replaced.
const SYNC = 'gandash-live', HEIGHT = 150

function panels({ score, colours }) {
  const d = colours.discriminator, g = colours.generated, x = colours.real
  return [
    { title: 'Losses', log: true, curves: [['d_loss', 'D', d, 'square'], ['g_loss', 'G', g, 'diamond']] },
    {
      title: score.title, range: score.range, level: score.equilibrium,
      curves: [['d_real', 'real: D(x)', x, 'circle'], ['d_fake_before', 'D(G(z)) before D’s step', g, 'diamond'],
        ['d_fake_after', 'after it', g, 'diamond', [4, 4]]],
    },
    { title: 'Gradient norms', log: true, curves: [['d_grad_norm', 'D', d, 'square'], ['g_grad_norm', 'G', g, 'diamond']] },
  ]
}

// Charts of me.rows as me.data says, under the controls in tools: { smoothing, log, reset, output }; keep() is told when they were changed.
function makeCharts(root, me, tools, keep) {
  const find = name => root.querySelector(name), unwanted = new Set()
  let charts = [], zoom = null, seen = null
  const resized = new ResizeObserver(() => charts.forEach(c => c.plot.setSize({ width: c.box.clientWidth || 300, height: HEIGHT })))
  resized.observe(find('.charts'))

  tools.smoothing.oninput = () => { tools.output.textContent = (+tools.smoothing.value).toFixed(2); fill() }
  tools.smoothing.onchange = keep
  tools.log.onchange = () => { build(); keep() }
  tools.reset.onclick = () => zoomTo(null)
  tools.output.textContent = (+tools.smoothing.value).toFixed(2)

  function destroy() { charts.forEach(chart => { chart.plot.destroy(); chart.box.remove() }); charts = [] }

  function build() {
    destroy()
    seen = look(root)
    for (const panel of panels(me.data)) {
      const box = element('div', 'chart'), legend = element('div', 'legend')
      box.append(element('h3', '', panel.title), legend)
      find('.charts').append(box)
      const curves = panel.curves.map(([name, label, colour, shape, dash]) => ({ name, label, colour, shape, dash }))
      const chart = { panel, box, curves, keys: [] }
      chart.plot = new window.uPlot(options(chart), [[], ...curves.flatMap(() => [[], []])], box)
      curves.forEach((curve, i) => legend.append(key(chart, curve, i)))
      charts.push(chart)
    }
    fill()
  }

  function options({ panel, curves, box }) {
    const ink = getComputedStyle(find('.live')).color, grid = `color-mix(in srgb, ${ink} 12%, transparent)`
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 }, font: '11px sans-serif' }
    const values = me.rows.flatMap(row => curves.map(curve => row[curve.name])).filter(Number.isFinite)
    const logarithmic = panel.log && tools.log.checked
    const y = logarithmic ? (Math.min(...values) > 0 ? { distr: 3 } : { distr: 4, asinh: 0.1 }) : panel.range ? { range: panel.range } : { range: padded }
    return {
      width: box.clientWidth || 300, height: HEIGHT, legend: { show: false }, scales: { x: { time: false }, y },
      padding: [6, 8, 0, 0],
      axes: [{ ...axis, size: 22, gap: 3 }, { ...axis, size: 46, gap: 3 }],
      series: [{}, ...curves.flatMap((curve, i) => [
        { stroke: curve.colour, alpha: 0.22, width: 1, points: { show: false }, show: !hidden(panel, curve) },
        { stroke: curve.colour, width: 1.75, dash: curve.dash, points: { show: false }, show: !hidden(panel, curve) },
      ])],
      cursor: {
        sync: { key: SYNC }, y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => { zoomTo(null); return null } },
      },
      hooks: {
        draw: [plot => { level(plot, panel.level, ink); marks(plot, curves) }],
        setSelect: [plot => {
          const { left, width } = plot.select
          if (width < 4) return
          const range = { min: plot.posToVal(left, 'x'), max: plot.posToVal(left + width, 'x') }
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          zoomTo(range)
        }],
        setCursor: [plot => read(plot.cursor.idx)],
      },
    }
  }

  function zoomTo(range) { zoom = range; fill() }

  function fill() {
    const steps = me.rows.map(row => row.step), weight = +tools.smoothing.value
    tools.reset.disabled = !zoom
    for (const { plot, curves } of charts) {
      const columns = curves.flatMap(curve => {
        const raw = me.rows.map(row => row[curve.name] ?? null)
        return [weight > 0 ? raw : raw.map(() => null), smoothed(raw, weight)]
      })
      plot.batch(() => {
        plot.setData([steps, ...columns], true)
        if (zoom) plot.setScale('x', zoom)
      })
    }
    read(null)
    find('.live').dataset.rows = me.rows.length
  }

  function read(index) {
    for (const { plot, keys } of charts) {
      const at = index ?? plot.data[0].length - 1
      keys.forEach((value, i) => { value.textContent = figure(plot.data[2 * i + 2]?.[at]) })
    }
  }

  function key(chart, curve, i) {
    const button = element('button', 'key'), value = element('b')
    button.type = 'button'
    button.title = 'Show or hide this curve'
    button.append(swatch(curve), document.createTextNode(curve.label), value)
    button.setAttribute('aria-pressed', !hidden(chart.panel, curve))
    button.onclick = () => {
      const id = chart.panel.title + curve.name, show = unwanted.has(id)
      if (show) unwanted.delete(id); else unwanted.add(id)
      button.setAttribute('aria-pressed', show)
      for (const series of [2 * i + 1, 2 * i + 2]) chart.plot.setSeries(series, { show })
    }
    chart.keys.push(value)
    return button
  }

  function hidden(panel, curve) { return unwanted.has(panel.title + curve.name) }

  return {
    async draw(news) { // true where there are new rows
      if (me.rows.length && !charts.length) { await chartLibrary(); if (!me.dead) build() } else if (news) fill()
    },
    look() { if (charts.length && seen !== look(root)) build() }, // the colours of the page may have changed
    stop() { resized.disconnect(); destroy() },
  }
}

function look(root) { return getComputedStyle(root.querySelector('.live')).color }

function padded(_plot, min, max) {
  if (min == null || max == null) return [0, 1]
  const pad = (max - min || Math.abs(max) || 1) * 0.08
  return [min >= 0 && min < max * 0.5 ? 0 : min - pad, max + pad]
}

// Exponential average with the bias of its start taken out; gaps stay gaps.
function smoothed(values, weight) {
  let average = 0, seen = 0
  return values.map(value => {
    if (value == null || !Number.isFinite(value)) return null
    average = weight * average + (1 - weight) * value
    seen = weight * seen + (1 - weight)
    return average / seen
  })
}

function level(plot, value, ink) {
  if (value == null) return
  const y = plot.valToPos(value, 'y', true), { left, width } = plot.bbox
  if (y < plot.bbox.top || y > plot.bbox.top + plot.bbox.height) return
  const c = plot.ctx
  c.save()
  c.strokeStyle = c.fillStyle = ink
  c.globalAlpha = 0.65
  c.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
  c.beginPath(); c.moveTo(left, y); c.lineTo(left + width, y); c.stroke()
  c.font = `${10 * devicePixelRatio}px sans-serif`
  c.textAlign = 'right'
  c.fillText('D cannot tell', left + width - 4, y - 4 * devicePixelRatio)
  c.restore()
}

// A shape on every curve at some ten places, so that colour is never the only difference.
function marks(plot, curves) {
  const steps = plot.data[0], { min, max } = plot.scales.x
  const from = steps.findIndex(step => step >= min), to = steps.findLastIndex(step => step <= max)
  if (from < 0 || to <= from) return
  curves.forEach((curve, i) => {
    if (!plot.series[2 * i + 2].show) return
    for (let k = 0; k < 10; k++) {
      const at = from + Math.round((to - from) * (k + 0.2 + 0.25 * i) / 10), value = plot.data[2 * i + 2][at]
      if (value == null) continue
      shape(plot.ctx, curve, plot.valToPos(steps[at], 'x', true), plot.valToPos(value, 'y', true), 3.6 * devicePixelRatio)
    }
  })
}

function shape(c, curve, x, y, r) {
  c.save()
  c.fillStyle = curve.colour
  c.beginPath()
  if (curve.shape === 'circle') c.arc(x, y, r, 0, 7)
  else if (curve.shape === 'square') c.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8)
  else { c.moveTo(x, y - r * 1.25); c.lineTo(x + r * 1.25, y); c.lineTo(x, y + r * 1.25); c.lineTo(x - r * 1.25, y); c.closePath() }
  c.fill()
  c.restore()
}

function swatch({ colour, shape, dash }) {
  const forms = {
    circle: '<circle cx="11" cy="6" r="3.6"/>', square: '<rect x="7.7" y="2.7" width="6.6" height="6.6"/>', diamond: '<path d="M11 1.4 15.6 6 11 10.6 6.4 6z"/>',
  }
  const box = element('span')
  box.innerHTML = `<svg width="22" height="12" fill="${colour}" stroke="none" aria-hidden="true"><path d="M0 6H22" stroke="${colour}" stroke-width="1.75"${dash ? ' stroke-dasharray="4 3"' : ''}/>${forms[shape]}</svg>`
  return box.firstChild
}

function figure(value) {
  if (value == null || !Number.isFinite(value)) return ''
  return Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 0.001) ? value.toExponential(1) : value.toPrecision(3)
}
