// Sheets are fetched once, decoded ahead of the cursor and drawn on a canvas. Python hears of a step only when the hand lets go.

const POLL_ALIVE = 2000, POLL_IDLE = 15000 // ms; an idle run may be resumed
const DECODED = 160 // bitmaps kept; the compressed sheets are all kept
const AHEAD = 8 // sheets decoded before they are needed
const THUMBS = 24 // pictures in the life of the followed sample
const BASE_RATE = 4, WHOLE = 8 // at speed 1: snapshots a second, and seconds that the whole run takes at most

const PLAYERS = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  let player = PLAYERS.get(parentElement)
  if (!player) PLAYERS.set(parentElement, (player = makePlayer(parentElement, data)))
  player.update(data, setStateValue)
  return () => {
    player.stop()
    PLAYERS.delete(parentElement)
  }
}

function makePlayer(root, first) {
  const $ = (selector) => root.querySelector(selector)
  for (const each of root.querySelectorAll(".buttons [data-do]")) each.innerHTML = icon(each.dataset.do)
  const { columns, count } = first
  const canvas = $(".sheet"), big = $(".big"), scrubber = $(".scrubber"), life = $(".life"), group = $(".player")
  const sheets = makeSheets((step) => `api/runs/${encodeURIComponent(first.run)}/samples/${step}.png?v=${first.stamp}`, problem)
  const curves = makeCurves($(".plot"), first.colours, { move: (epoch) => show(nearest(epoch)), release: commit })

  let snapshots = [], index = -1, sample = 0, committed = null, told = null
  let playing = false, held = false, turned = 0, speed = 1, send = () => {}, painted = null, timer = 0, dead = false, later = 0

  // what is shown

  function show(to) {
    index = Math.max(0, Math.min(snapshots.length - 1, to))
    const [step, epoch, label] = snapshots[index]
    scrubber.value = index
    scrubber.setAttribute("aria-valuetext", label)
    const last = snapshots.at(-1)[2], end = last.replace("epoch ", "")
    const passed = label.startsWith("epoch") || end === last ? "" : ` · epoch ${Number(epoch.toPrecision(2))}` // a step is no part of an epoch's number
    $(".counter").innerHTML = `<b>${label}</b>${passed} / ${end}`
    canvas.setAttribute("aria-label", `${first.title}: samples of the fixed noise, ${label}`)
    curves.cursor(epoch)
    values(epoch)
    markLife()
    const ready = sheets.now(step)
    if (ready) paint(ready, step)
    else sheets.get(step).then((sheet) => { if (!dead && sheet && snapshots[index]?.[0] === step) paint(sheet, step) })
    for (let i = 1; i <= AHEAD; i++) if (snapshots[index + i]) sheets.get(snapshots[index + i][0])
  }

  const rows = Math.ceil(count / columns)
  const side = () => (group.clientWidth < 640 ? 112 : 150)
  const asSheet = (image) => ({ image, columns, gap: 1, width: (image.width - columns + 1) / columns, height: (image.height - rows + 1) / rows })

  function paint(image, step) {
    painted = asSheet(image)
    drawSheet(canvas, painted, $(".left").clientWidth, Math.max(360, innerHeight - 255))
    scrubber.style.width = canvas.style.width
    canvas.dataset.step = step
    if (columns === 1) return
    frameCell($(".mark"), canvas, painted, sample)
    drawCell(big, painted, sample, side())
  }

  // one sample through time

  function buildLife() {
    if (columns === 1) return
    const last = snapshots.length - 1, shown = Math.min(THUMBS, snapshots.length)
    const chosen = [...new Set(Array.from({ length: shown }, (_, i) => Math.round((i * last) / Math.max(1, shown - 1))))]
    life.replaceChildren(...chosen.map((at) => {
      const thumb = document.createElement("button"), picture = document.createElement("canvas"), step = snapshots[at][0]
      thumb.type = "button"
      thumb.title = snapshots[at][2]
      thumb.dataset.at = at
      thumb.append(picture)
      thumb.onclick = () => { pause(); show(at); commit() }
      sheets.get(step).then((image) => image && !dead && drawCell(picture, asSheet(image), sample, 32))
      return thumb
    }))
    markLife()
  }

  function markLife() {
    let current = null
    for (const thumb of life.children) {
      thumb.classList.remove("current")
      if (Number(thumb.dataset.at) <= index) current = thumb
    }
    current?.classList.add("current")
  }

  function follow(number) {
    sample = (number + count) % count
    $(".number").textContent = `${sample + 1} of ${count}`
    big.setAttribute("aria-label", `Sample ${sample + 1}, large`)
    if (painted) { frameCell($(".mark"), canvas, painted, sample); drawCell(big, painted, sample, side()) }
    buildLife()
  }

  function choose(number) {
    follow(number)
    clearTimeout(choose.later)
    choose.later = setTimeout(() => send("sample", sample), 500)
  }

  // playing

  function play() {
    if (playing || snapshots.length < 2) return
    if (index === snapshots.length - 1) show(0)
    playing = true
    turned = performance.now()
    transport()
    requestAnimationFrame(turn)
  }

  function turn(now) {
    if (!playing || dead) return
    const next = index + 1 < snapshots.length ? index + 1 : $(".loop").checked ? 0 : -1
    if (next < 0) return pause()
    if (now - turned >= 1000 / (Math.max(BASE_RATE, snapshots.length / WHOLE) * speed) && sheets.now(snapshots[next][0])) { turned = now; show(next) }
    else if (!sheets.now(snapshots[next][0])) sheets.get(snapshots[next][0])
    requestAnimationFrame(turn)
  }

  function pause() {
    if (!playing) return
    playing = false
    transport()
    commit()
  }

  const transport = () => sayPlaying(group, playing)

  function commit() {
    clearTimeout(later)
    const step = snapshots[index][0]
    if (playing || step === committed) return
    committed = step
    send("step", step)
  }

  const soon = () => { clearTimeout(later); later = setTimeout(commit, 350) } // a held key is one move

  function go(to) {
    if (playing) { playing = false; transport() }
    show(to)
    soon()
  }

  function nearest(epoch) {
    let best = 0
    snapshots.forEach((s, i) => { if (Math.abs(s[1] - epoch) < Math.abs(snapshots[best][1] - epoch)) best = i })
    if (playing) { playing = false; transport() }
    return best
  }

  const ACTIONS = {
    first: () => go(0), previous: () => go(index - 1), next: () => go(index + 1), last: () => go(snapshots.length - 1),
    play: () => (playing ? pause() : play()), before: () => choose(sample - 1), after: () => choose(sample + 1),
  }
  group.onclick = (event) => ACTIONS[event.target.closest("[data-do]")?.dataset.do]?.()
  scrubber.oninput = () => { if (playing) { playing = false; transport() } show(Number(scrubber.value)) }
  scrubber.onpointerdown = () => { held = true }
  scrubber.onchange = scrubber.onpointerup = () => { held = false; commit() }
  $("select").onchange = (event) => { speed = Number(event.target.value) }

  group.onkeydown = (event) => {
    const ten = event.shiftKey ? 10 : 1, typing = event.target.matches("select"), pressing = event.target.matches("button, input[type=checkbox]")
    const keys = { ArrowLeft: () => go(index - ten), ArrowRight: () => go(index + ten), Home: ACTIONS.first, End: ACTIONS.last, " ": ACTIONS.play }
    if (typing || event.altKey || event.ctrlKey || event.metaKey || !(event.key in keys) || (pressing && event.key === " ")) return
    event.preventDefault()
    keys[event.key]()
  }

  const under = (event) => (painted && columns > 1 ? cellUnder(event, canvas, painted, count) : null)
  canvas.onpointermove = (event) => frameCell($(".hover"), canvas, painted, under(event))
  canvas.onpointerleave = () => frameCell($(".hover"), canvas, painted, null)
  canvas.onclick = (event) => { const number = under(event); if (number !== null) choose(number) }

  // the run's log

  let logged = 0, rows_ = [], polling = false
  async function poll() {
    if (polling || dead) return
    polling = true
    clearTimeout(timer)
    let wait = POLL_IDLE
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(`api/runs/${encodeURIComponent(first.run)}/metrics?since=${logged}`)
        if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
        const news = await answer.json()
        if (dead) return
        if (news.n < logged || news.rows[0]?.step <= rows_.at(-1)?.step) { rows_ = []; logged = 0; wait = 100 } // rewound by a resume: all anew
        else logged = news.n
        $(".problem").hidden = true
        if (logged) rows_.push(...news.rows)
        if (rows_.length) { curves.set(rows_); curves.cursor(snapshots[index][1]); values(snapshots[index][1]) }
        arrived(news.snapshots)
        if (news.status.alive) wait = POLL_ALIVE
      } catch (error) { problem(`Waiting for the server: ${error.message}`) }
    }
    polling = false
    if (!dead) timer = setTimeout(poll, wait)
  }

  function arrived(pairs) {
    const known = new Map(snapshots.map((s) => [s[0], s]))
    if (pairs.length === known.size && pairs.every(([step]) => known.has(step))) return
    const atEnd = index === snapshots.length - 1, step = snapshots[index][0]
    setSnapshots(pairs.map(([s, epoch]) => known.get(s) ?? [s, epoch, label(s, epoch)]))
    const same = snapshots.findIndex((s) => s[0] === step)
    show(atEnd && !playing ? snapshots.length - 1 : Math.max(0, same))
  }

  const label = (step, epoch) => step === 0 ? "untrained" : epoch >= 1 ? `epoch ${Math.abs(epoch - Math.round(epoch)) < 1e-6 ? Math.round(epoch) : epoch.toFixed(1)}` : `step ${step}`

  function setSnapshots(list) {
    snapshots = list
    scrubber.max = list.length - 1
    scrubber.disabled = list.length < 2
    buildLife()
  }

  function values(epoch) {
    const row = rows_.findLast((r) => r.epoch <= epoch + 1e-9) ?? rows_[0]
    $(".d-value").textContent = row ? row.d_loss?.toPrecision(3) ?? "" : ""
    $(".g-value").textContent = row ? row.g_loss?.toPrecision(3) ?? "" : ""
  }

  function problem(text) {
    $(".problem").hidden = false
    $(".problem").textContent = text
  }

  const wake = () => { if (document.visibilityState === "visible") poll() }
  document.addEventListener("visibilitychange", wake)
  const watcher = new ResizeObserver(() => { if (painted && !dead) { paint(painted.image, canvas.dataset.step); curves.resize() } })
  watcher.observe($(".left"))
  group.classList.toggle("toy", columns === 1)

  return {
    update(data, setStateValue) {
      send = setStateValue
      const fresh = index < 0
      if (fresh || data.snapshots.length > snapshots.length) setSnapshots(data.snapshots)
      if (fresh) follow(data.sample)
      if (data.step !== told) {
        told = data.step
        const to = snapshots.findIndex((s) => s[0] === data.step)
        if (fresh || (!playing && !held && data.step !== committed)) show(Math.max(0, to))
        committed = data.step
      }
      curves.theme(getComputedStyle(group))
      if (!fresh) return
      poll()
      if (data.autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches) Promise.all(snapshots.map((s) => sheets.get(s[0]))).then(() => !dead && play())
    },
    stop() {
      dead = true
      clearTimeout(timer)
      clearTimeout(later)
      document.removeEventListener("visibilitychange", wake)
      watcher.disconnect()
      curves.stop()
      sheets.stop()
    },
  }
}
