// Several runs at once: one axis, one cursor, one zoom. Asks api/runs/<id>/metrics for new lines of the runs that live, so watching costs
// no rerun; Python hears of the cursor, the zoom and the curves' settings when the hand lets go.

const EVERY = 1000, IDLE = 15000 // ms between two questions to a run that lives, and to one that may be resumed
const BESIDE_TOTAL = 10, RATE = 4 // seconds that playing everything takes at most, and stops a second at least
const COMPARISONS = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  let me = COMPARISONS.get(parentElement)
  if (!me) COMPARISONS.set(parentElement, (me = makeComparison(parentElement)))
  me.update(data, setStateValue)
  return () => { me.stop(); COMPARISONS.delete(parentElement) }
}

function makeComparison(root) {
  const $ = (name) => root.querySelector(name), group = $(".comparison"), scrubber = $(".scrubber"), hidden = new Set()
  const smoothing = $(".smoothing"), log = $(".log")
  let data = null, runs = [], stops = [], index = 0, newest = true, told = null, toldStep = null, dead = false, timer = 0, later = 0, playing = false, turned = 0, send = () => {}
  for (const each of root.querySelectorAll(".buttons [data-do]")) each.innerHTML = icon(each.dataset.do)

  const look = () => ({ by: data.by, group: data.curves, heat: data.heat, smoothing: +smoothing.value, log: log.checked, hidden, place: stops[index] ?? null })
  const curves = makeRunCurves($(".charts"), look, { move: (place) => go(nearest(place)), release: commit, zoomed: (is) => { $(".whole").disabled = !is } })
  const cards = makeCards($(".cards"), look, { problem, zoomed: tellZoom })
  $(".whole").disabled = true

  // what is shown

  function update(next, setState) {
    const first = data === null, before = data
    send = setState
    data = next
    const known = new Map(runs.map((run) => [run.id, run]))
    runs = data.runs.map((each) => known.get(each.id) ?? makeRun(each))
    runs.forEach((run, i) => run.update(data.runs[i]))
    if (first) { smoothing.value = data.smoothing; log.checked = data.log; smoothed(); cards.zoom(data.zoom, false); level() }
    const axis = before && before.by !== data.by
    if (axis) keepPlace(before.by)
    legend()
    cards.build(runs)
    $(".note").textContent = data.note
    const turnedElsewhere = data.step !== toldStep && !playing
    toldStep = data.step
    if (first ? data.at === null && data.step !== null : turnedElsewhere) followSidebar()
    else if (first || data.at !== told) { told = data.at; newest = data.at === null; stopsNow(); if (!newest) index = nearestIndex(data.at) }
    else stopsNow()
    show()
    if (axis) commit()
    draw()
    wake()
  }

  function keepPlace(by) { // another axis: the moment at which the first run stands stays
    const run = runs.find((each) => each.snapshots.length && each.data), found = run?.at(stops[index] ?? 0, by)
    stops = stopsOf(runs, data.by)
    const place = found && run.places(data.by)[run.snapshots.findIndex(([step]) => step === found[0])]
    if (place != null && !newest) index = nearestIndex(place)
  }

  function stopsNow() {
    const place = stops[index]
    stops = stopsOf(runs, data.by)
    index = newest || place === undefined ? Math.max(0, stops.length - 1) : nearestIndex(place)
    scrubber.max = Math.max(0, stops.length - 1)
    scrubber.disabled = stops.length < 2
    $(".bar").hidden = !stops.length
  }

  function followSidebar() { // the sidebar's cursor was moved: to where its run has that snapshot
    told = data.at
    stops = stopsOf(runs, data.by)
    const run = runs.find((each) => each.id === data.chosen)
    const place = run && data.step !== null ? run.places(data.by)[run.snapshots.findIndex(([step]) => step === data.step)] : null
    newest = place == null
    index = newest ? Math.max(0, stops.length - 1) : nearestIndex(place)
    stopsNow()
    later = setTimeout(commit, 350)
  }

  const nearestIndex = (place) => stops.reduce((best, each, i) => (Math.abs(each - place) < Math.abs(stops[best] - place) ? i : best), 0)
  const nearest = (place) => nearestIndex(place)

  function show() {
    scrubber.value = index
    const words = stops.length ? placeInWords(stops[index], data.by) : ""
    scrubber.setAttribute("aria-valuetext", words)
    $(".counter").textContent = words
    group.dataset.place = stops[index] ?? ""
    cards.show()
    curves.place()
    for (let i = 1; i <= 4; i++) if (stops[index + i] !== undefined) cards.preload(stops[index + i])
  }

  function legend() {
    $(".legend").replaceChildren(...runs.map((run) => {
      const button = document.createElement("button"), { phase, progress } = run.status, lives = run.status.alive
      button.type = "button"
      button.dataset.run = run.id
      button.setAttribute("aria-pressed", !hidden.has(run.id))
      button.title = hidden.has(run.id) ? "Show this run" : "Hide this run"
      button.innerHTML = swatchOf(run.data.style)
      button.append(Object.assign(document.createElement("span"), { textContent: run.data.title }))
      const state = lives ? `${phase}${progress ? ` ${Math.round(100 * progress)} %` : ""}` : ["failed", "interrupted", "stopped"].includes(phase) ? phase : ""
      if (state) button.append(Object.assign(document.createElement("small"), { textContent: state }))
      button.onclick = () => { if (!hidden.delete(run.id)) hidden.add(run.id); legend(); cards.show(); draw() }
      return button
    }))
  }

  function draw() { curves.draw(runs).catch((error) => problem(error.message)) }

  // the cursor

  function go(to) {
    halt()
    index = Math.max(0, Math.min(stops.length - 1, to))
    newest = index === stops.length - 1
    show()
    clearTimeout(later)
    later = setTimeout(commit, 350) // a held key is one move
  }

  function commit() {
    clearTimeout(later)
    const at = newest || stops[index] === undefined ? null : +stops[index].toFixed(6)
    if (playing || at === told) return
    told = at
    const run = runs.find((each) => each.id === data.chosen), own = run?.at(stops[index], data.by)
    if (own) toldStep = own[0] === run.snapshots.at(-1)[0] ? null : own[0]
    send("cursor", { at, step: own ? own[0] : null })
  }

  function play() {
    if (playing || stops.length < 2) return
    if (index === stops.length - 1) index = 0
    playing = true
    newest = false
    turned = performance.now()
    transport()
    show()
    requestAnimationFrame(turn)
  }

  function turn(now) {
    if (!playing || dead) return
    const rate = Math.max(RATE, stops.length / BESIDE_TOTAL)
    if (now - turned >= 1000 / rate && cards.ready()) {
      turned = now
      if (index + 1 >= stops.length) { newest = true; halt(); return commit() }
      index += 1
      show()
    }
    requestAnimationFrame(turn)
  }

  function halt() { if (playing) { playing = false; transport() } }

  const transport = () => sayPlaying(group, playing)

  // the zoom

  function tellZoom() { level(); send("zoom", cards.view) }
  function level() { $(".level").textContent = `${cards.view.scale < 1.05 ? "" : "×"}${cards.view.scale < 1.05 ? "whole sheets" : +cards.view.scale.toFixed(1)}` }
  const closer = (factor) => cards.zoom({ ...cards.view, scale: cards.view.scale * factor })

  // the hand

  const ACTIONS = {
    first: () => go(0), previous: () => go(index - 1), next: () => go(index + 1), last: () => go(stops.length - 1),
    play: () => { if (playing) { halt(); newest = index === stops.length - 1; commit() } else play() }, in: () => closer(2), out: () => closer(0.5),
  }
  group.addEventListener("click", (event) => ACTIONS[event.target.closest("[data-do]")?.dataset.do]?.())
  scrubber.oninput = () => go(+scrubber.value)
  scrubber.onchange = commit
  group.onkeydown = (event) => {
    const ten = event.shiftKey ? 10 : 1, pressing = event.target.matches("button, input[type=checkbox]"), sliding = event.target === smoothing
    const keys = { ArrowLeft: () => go(index - ten), ArrowRight: () => go(index + ten), Home: ACTIONS.first, End: ACTIONS.last, " ": ACTIONS.play, "+": ACTIONS.in, "-": ACTIONS.out }
    if (sliding || event.altKey || event.ctrlKey || event.metaKey || !(event.key in keys) || (pressing && event.key === " ")) return
    event.preventDefault()
    keys[event.key]()
  }
  function smoothed() { $(".tools output").textContent = (+smoothing.value).toFixed(2) }
  const keep = () => send("settings", { smoothing: +smoothing.value, log: log.checked })
  smoothing.oninput = () => { smoothed(); draw() }
  smoothing.onchange = keep
  log.onchange = () => { draw(); keep() }
  $(".whole").onclick = () => curves.zoomTo(null)

  // the runs' logs

  async function poll() {
    clearTimeout(timer)
    if (dead) return
    if (document.visibilityState === "visible") {
      const due = runs.filter((run) => !run.loaded || performance.now() - run.asked > (run.status.alive ? EVERY : IDLE) - 50)
      const news = await Promise.all(due.map((run) => run.ask().catch((error) => { problem(`${run.data.title}: ${error.message}`); return false })))
      if (dead) return
      if (news.some(Boolean)) arrived()
      if (due.length && due.every((run) => run.loaded)) $(".problem").hidden = true
    }
    timer = setTimeout(poll, EVERY)
  }

  function arrived() {
    const count = stops.length
    legend()
    if (!playing) { stopsNow(); if (data.at !== null && told === data.at && !newest) index = nearestIndex(told) }
    if (stops.length !== count || !playing) show()
    draw()
  }

  function problem(text) { $(".problem").hidden = false; $(".problem").textContent = text }

  const wake = () => { if (document.visibilityState === "visible") poll() }
  const back = () => { for (const run of runs) run.asked = -Infinity; wake() } // to a tab: all runs are asked at once
  document.addEventListener("visibilitychange", back)

  return {
    update,
    stop() { dead = true; clearTimeout(timer); clearTimeout(later); document.removeEventListener("visibilitychange", back); curves.stop(); cards.stop() },
  }
}
