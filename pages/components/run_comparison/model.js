// One run as the comparison knows it: what it logged, its snapshots, and where both lie on the common axis.

const DECODED = 60 // sheets of a run that are kept decoded (see epoch_player/sheets.js)

function makeRun(data) {
  const run = { id: data.id, rows: [], snapshots: [], status: { phase: data.phase, error: data.error }, loaded: false, asked: -Infinity, busy: false }

  run.update = (next) => {
    run.data = next
    if (next.snapshots.length >= run.snapshots.length) run.snapshots = next.snapshots
  }

  // Where a row or a step lies: its step, its epoch or its minute of training; null where that is not known.
  run.place = (row, by) => (by === "step" ? row.step : by === "epoch" ? row.epoch : row.seconds == null ? null : row.seconds / 60)

  run.places = (by) => run.snapshots.map(([step, epoch]) => (by === "step" ? step : by === "epoch" ? epoch : minutes(step)))

  function minutes(step) {
    if (step === 0) return 0
    const rows = run.rows
    let low = 0, high = rows.length - 1
    if (high < 0 || rows[high].seconds == null) return null
    while (low < high) { const middle = (low + high) >> 1; if (rows[middle].step < step) low = middle + 1; else high = middle }
    const after = rows[low], before = rows[low - 1] ?? { step: 0, seconds: 0 }
    if (step >= after.step) return after.seconds / 60
    return (before.seconds + ((after.seconds - before.seconds) * (step - before.step)) / Math.max(1, after.step - before.step)) / 60
  }

  // The newest snapshot that the run had at a place: [step, epoch, label, whether the run had ended before]; null where there is none.
  run.at = (place, by) => {
    const places = run.places(by)
    if (!places.length) return null
    if (places.some((each) => each === null)) return [...run.snapshots.at(-1), false] // not on this axis: its newest
    let index = places.findLastIndex((each) => each <= place + tolerance(place))
    if (index < 0) index = 0
    return [...run.snapshots[index], index === places.length - 1 && place > places[index] + tolerance(place)]
  }

  // Ask for the lines that are not here yet; true where there was news.
  run.ask = async () => {
    if (run.busy) return false
    run.busy = true
    try {
      const answer = await fetch(`api/runs/${encodeURIComponent(run.id)}/metrics?since=${run.rows.length}`)
      if (!answer.ok) throw new Error((await answer.json()).error ?? `the server answered ${answer.status}`)
      const { n, rows, status, snapshots } = await answer.json()
      const before = `${run.status.phase} ${run.snapshots.length} ${run.loaded}`
      run.asked = performance.now()
      run.status = status
      if (n < run.rows.length || (rows.length && run.rows.length && rows[0].step <= run.rows.at(-1).step)) { run.rows = []; run.asked = -Infinity; return true } // rewound
      run.rows.push(...rows)
      run.loaded = true
      const known = new Map(run.snapshots.map((each) => [each[0], each]))
      run.snapshots = snapshots.map(([step, epoch]) => known.get(step) ?? [step, epoch, labelOf(step, epoch)])
      return rows.length > 0 || before !== `${run.status.phase} ${run.snapshots.length} ${run.loaded}`
    } finally { run.busy = false }
  }

  run.update(data)
  return run
}

const tolerance = (place) => 1e-6 * Math.max(1, Math.abs(place))
const labelOf = (step, epoch) => step === 0 ? "untrained" : epoch >= 1 ? `epoch ${Math.abs(epoch - Math.round(epoch)) < 1e-6 ? Math.round(epoch) : epoch.toFixed(1)}` : `step ${step}`

// All places at which any run has a snapshot, in order.
function stopsOf(runs, by) {
  const all = runs.flatMap((run) => run.places(by)).filter((place) => place !== null).sort((a, b) => a - b)
  return all.filter((place, i) => i === 0 || place - all[i - 1] > tolerance(place))
}

function placeInWords(place, by) {
  if (by === "step") return `step ${place}`
  if (by === "minute") return place < 2 ? `${Math.round(60 * place)} s of training` : `minute ${place.toFixed(1)}`
  return place === 0 ? "untrained" : `epoch ${place < 0.1 ? place.toPrecision(2) : Math.abs(place - Math.round(place)) < 1e-4 ? Math.round(place) : place.toFixed(2)}`
}

function numberInWords(value) {
  if (value == null || !Number.isFinite(value)) return "–"
  return Math.abs(value) >= 10000 || (value !== 0 && Math.abs(value) < 0.001) ? value.toExponential(1) : value >= 1000 ? String(Math.round(value)) : value.toPrecision(3)
}

// The shape that stands for a run, as an SVG path around (0, 0) with radius 1.
const RUN_SHAPES = {
  "triangle-up": "M0-1.15 1.1.85H-1.1z", "triangle-down": "M0 1.15 1.1-.85H-1.1z",
  cross: "M-.38-1.1H.38V-.38H1.1V.38H.38V1.1H-.38V.38H-1.1V-.38H-.38z", x: "M-.75-1.1 0-.37.75-1.1 1.1-.75.37 0 1.1.75.75 1.1 0 .37-.75 1.1-1.1.75-.37 0-1.1-.75z",
  star: "M0-1.3.34-.47 1.24-.4.55.18.76 1.05 0 .58-.76 1.05-.55.18-1.24-.4-.34-.47z", pentagon: "M0-1.15 1.1-.36.68.93H-.68L-1.1-.36z",
}
const swatchOf = ({ colour, symbol, dash }) =>
  `<svg class="swatch" viewBox="0 0 34 14" width="34" height="14" aria-hidden="true"><path d="M0 7H34" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash.join(" ")}"/><path transform="translate(17 7) scale(4.6)" d="${RUN_SHAPES[symbol]}" fill="${colour}"/></svg>`
const glyphOf = ({ colour, symbol }) => `<svg viewBox="-1.4 -1.4 2.8 2.8" width="11" height="11" aria-hidden="true"><path d="${RUN_SHAPES[symbol]}" fill="${colour}"/></svg>`
