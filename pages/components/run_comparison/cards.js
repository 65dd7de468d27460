// A card a run: its sample sheet at the cursor and, under the same place, where its discriminator looks. All pictures share one zoom.

const LEAST = 165, MOST_SIDE = 420 // CSS pixels of a sheet
const BESIDE = 300 // a card at least this wide has sheet and heatmaps side by side
const RESTING = 300 // ms that the cursor rests before heatmaps are asked for: they are computed
const HEATS = 72 // sheets of heatmaps that are kept
const CARD_TEXT = {
  queued: "In the queue: another run trains now.", starting: "Starting: the first samples come in a few seconds.", new: "This run has not been started.",
  failed: "It failed before its first samples.", interrupted: "Its process ended before its first samples.", stopped: "It was stopped before its first samples.",
}

// look() gives { place, by, hidden, heat }; problem(text) tells what went wrong; zoomed(view) that the hand has let go of the zoom.
function makeCards(host, look, { problem, zoomed }) {
  let cards = [], view = { scale: 1, x: 0.5, y: 0.5 }, hovered = null, dead = false, timer = 0, round = 0
  const heats = new Map(), never = new Map() // "run step query" -> { bitmap, told }; "run" -> why it can have none

  function build(runs) {
    const kept = new Map(cards.map((card) => [card.run.id, card]))
    cards = runs.map((run) => {
      const card = kept.get(run.id) ?? make(run)
      kept.delete(run.id)
      card.head.innerHTML = glyphOf(run.data.style)
      card.head.append(Object.assign(document.createElement("span"), { textContent: run.data.title }))
      card.box.style.setProperty("--run", run.data.style.colour)
      return card
    })
    for (const card of kept.values()) { card.sheets.stop(); card.box.remove() }
    host.replaceChildren(...cards.map((card) => card.box))
    layout()
  }

  function make(run) {
    const box = document.createElement("section")
    box.className = "card"
    box.dataset.run = run.id
    box.innerHTML = `<h4></h4><div class="pictures"><figure class="samples"><div class="frame"><canvas role="img"></canvas><i hidden></i></div><p class="empty" hidden></p><figcaption></figcaption></figure>
      <figure class="heat"><div class="frame"><canvas role="img"></canvas><i hidden></i></div><p class="empty" hidden></p><figcaption></figcaption></figure></div>`
    const part = (name) => ({ box: box.querySelector(name), canvas: box.querySelector(`${name} canvas`), frame: box.querySelector(`${name} i`), empty: box.querySelector(`${name} .empty`), caption: box.querySelector(`${name} figcaption`), sheet: null })
    const card = { run, box, head: box.querySelector("h4"), samples: part(".samples"), heat: part(".heat"), sheets: null, step: null }
    card.sheets = makeSheets((step) => `api/runs/${encodeURIComponent(run.id)}/samples/${step}.png?v=${run.data.stamp}`, problem)
    for (const picture of [card.samples, card.heat]) pointer(card, picture)
    return card
  }

  // the cursor

  function show() {
    const { place, by, hidden } = look()
    for (const card of cards) {
      const { run, samples } = card, found = run.at(place, by)
      card.box.hidden = hidden.has(run.id)
      card.step = found?.[0] ?? null
      samples.canvas.parentElement.hidden = !found
      samples.empty.hidden = Boolean(found)
      if (!found) {
        samples.empty.textContent = run.status.error || CARD_TEXT[run.status.phase] || "No samples yet: the first come in a few seconds."
        samples.caption.textContent = ""
        continue
      }
      const [step, epoch, label, over] = found
      samples.caption.textContent = [label, label.startsWith("step") ? `epoch ${epoch.toPrecision(2)}` : step ? `step ${step.toLocaleString("en")}` : "", over && !run.status.alive ? "its last" : ""].filter(Boolean).join(" · ")
      samples.canvas.setAttribute("aria-label", `${run.data.title}: samples of its fixed noise, ${label}`)
      const ready = card.sheets.now(step)
      if (ready) paint(card, samples, ready, step)
      else card.sheets.get(step).then((image) => { if (!dead && image && card.step === step) paint(card, samples, image, step) })
    }
    clearTimeout(timer)
    const mine = ++round
    if (look().heat) { for (const card of cards) settle(card); timer = setTimeout(() => explain(mine), RESTING) }
    layout()
  }

  function ready() { // whether all sheets at the cursor are here: a player waits for them
    return cards.every((card) => card.step === null || card.sheets.now(card.step) || card.box.hidden)
  }

  function preload(place) {
    for (const { run, sheets } of cards) { const next = run.at(place, look().by); if (next) sheets.get(next[0]) }
  }

  // heatmaps

  const query = () => new URLSearchParams(look().heat).toString()
  const keyOf = (card) => `${card.run.id} ${card.step} ${query()}`

  function settle(card) { // what is known already, else the last picture, faded
    const { heat, run } = card, known = heats.get(keyOf(card)), why = never.get(run.id) ?? (card.step === null ? "" : null)
    heat.box.classList.toggle("old", !known && why === null)
    if (why !== null) return refuse(heat, why)
    if (known) drawHeat(card, known)
  }

  function refuse(heat, why) {
    heat.sheet = null
    heat.canvas.parentElement.hidden = true
    heat.empty.hidden = false
    heat.empty.textContent = why
    heat.caption.textContent = ""
  }

  async function explain(mine) {
    for (const card of cards) {
      if (dead || mine !== round) return
      const key = keyOf(card)
      if (card.step === null || card.box.hidden || never.has(card.run.id) || heats.has(key)) { settle(card); continue }
      try {
        const answer = await fetch(`api/runs/${encodeURIComponent(card.run.id)}/heat/${card.step}.png?${query()}`)
        if (!answer.ok) {
          const { error } = await answer.json()
          if (answer.status === 400) never.set(card.run.id, error)
          if (!dead && key === keyOf(card)) { card.heat.box.classList.remove("old"); refuse(card.heat, error) }
          continue
        }
        const known = { bitmap: await createImageBitmap(await answer.blob()), told: JSON.parse(answer.headers.get("x-heat")) }
        if (dead) return known.bitmap.close()
        if (known.told.exact || !card.run.status.alive) heats.set(key, known) // a run that trains may write these weights yet
        while (heats.size > HEATS) { const [oldest, { bitmap }] = heats.entries().next().value; heats.delete(oldest); bitmap.close() }
        if (key === keyOf(card)) { card.heat.box.classList.remove("old"); drawHeat(card, known) }
      } catch (error) { problem(`The heatmaps did not come: ${error.message}`) }
    }
  }

  function drawHeat(card, { bitmap, told }) {
    const { heat, run } = card, { evidence, scale } = look().heat
    heat.canvas.parentElement.hidden = false
    heat.empty.hidden = true
    heat.canvas.setAttribute("aria-label", `${run.data.title}: where its discriminator sees evidence for ${evidence}, ${told.weights}, ${told.layer}`)
    heat.caption.innerHTML = ""
    const said = [told.layer, scale === "own" ? "each its own scale" : `full colour from ${numberInWords(told.top)}`, told.blank ? `none in ${told.blank}` : "", `mean D(x) ${numberInWords(told.score)}`, told.exact ? "" : `weights of ${told.weights}`]
    heat.caption.textContent = said.filter(Boolean).join(" · ")
    heat.caption.title = `${told.scored}. Evidence for ${evidence}, ${told.cells.join(" × ")} cells.`
    paint(card, heat, bitmap, card.step)
  }

  // drawing

  function layout() {
    const shown = cards.filter((card) => !card.box.hidden).length || 1, width = host.clientWidth
    const most = Math.max(1, Math.floor((width + 14) / (LEAST + 14))), rows = Math.ceil(shown / most)
    host.style.setProperty("--columns", width < 560 ? 1 : Math.ceil(shown / rows))
    host.classList.toggle("heated", Boolean(look().heat))
    const card = cards.find((each) => !each.box.hidden)
    host.classList.toggle("beside", Boolean(look().heat) && Boolean(card) && card.box.clientWidth >= BESIDE)
  }

  const asSheet = (image, { columns, count }) => {
    const rows = Math.ceil(count / columns)
    return { image, columns, rows, count, gap: 1, width: (image.width - columns + 1) / columns, height: (image.height - rows + 1) / rows }
  }

  function paint(card, picture, image, step) {
    picture.sheet = asSheet(image, card.run.data)
    picture.canvas.dataset.step = step
    redraw(picture)
  }

  function redraw(picture) {
    const { canvas, sheet } = picture
    if (!sheet) return
    const room = Math.min(MOST_SIDE, canvas.parentElement.parentElement.clientWidth)
    if (room <= 0) return
    fit(canvas, sheet.image.width, sheet.image.height, room, room)
    drawView(canvas, sheet, view)
    mark(picture)
  }

  function all(what) { for (const card of cards) for (const picture of [card.samples, card.heat]) what(picture) }

  function mark(picture) { // the same place in every sheet
    const { canvas, sheet, frame } = picture
    frame.hidden = hovered === null || !sheet || hovered >= sheet.count || sheet.columns === 1
    if (frame.hidden) return
    const [x, y, w, h] = windowOf(view), side = canvas.clientWidth, tall = canvas.clientHeight
    const left = (((hovered % sheet.columns) * (sheet.width + 1)) / sheet.image.width - x) / w, top = ((Math.floor(hovered / sheet.columns) * (sheet.height + 1)) / sheet.image.height - y) / h
    Object.assign(frame.style, { left: `${left * side}px`, top: `${top * tall}px`, width: `${(sheet.width / sheet.image.width / w) * side}px`, height: `${(sheet.height / sheet.image.height / h) * tall}px` })
  }

  // zoom

  function zoom(next, tell = true) {
    const scale = Math.max(1, Math.min(MOST_ZOOM, next.scale)), half = 0.5 / scale
    view = { scale, x: Math.max(half, Math.min(1 - half, next.x)), y: Math.max(half, Math.min(1 - half, next.y)) }
    host.classList.toggle("zoomed", scale > 1)
    all(redraw)
    if (tell) zoomed(view)
  }

  function pointer(card, picture) {
    const { canvas } = picture
    let down = null
    const spot = (event) => { const [x, y, w, h] = windowOf(view); return [x + (w * event.offsetX) / canvas.clientWidth, y + (h * event.offsetY) / canvas.clientHeight] }
    canvas.onpointerdown = (event) => { down = { x: event.clientX, y: event.clientY, view, moved: false }; canvas.setPointerCapture(event.pointerId) }
    canvas.onpointermove = (event) => {
      if (down && view.scale > 1) {
        const dx = (event.clientX - down.x) / canvas.clientWidth / view.scale, dy = (event.clientY - down.y) / canvas.clientHeight / view.scale
        if (Math.hypot(event.clientX - down.x, event.clientY - down.y) > 4) down.moved = true
        if (down.moved) zoom({ ...down.view, x: down.view.x - dx, y: down.view.y - dy }, false)
      }
      hover(picture.sheet ? cellAt(picture.sheet, ...spot(event)) : null)
    }
    canvas.onpointerup = (event) => {
      if (!down) return
      const { moved } = down
      down = null
      if (moved) return zoomed(view)
      const number = picture.sheet && cellAt(picture.sheet, ...spot(event)), { columns, rows } = picture.sheet ?? {}
      if (view.scale >= (columns ?? 1) && view.scale > 1) zoom({ scale: 1, x: 0.5, y: 0.5 })
      else if (number !== null && columns > 1) zoom({ scale: columns, x: ((number % columns) + 0.5) / columns, y: (Math.floor(number / columns) + 0.5) / rows })
    }
    canvas.onpointercancel = () => { down = null }
    canvas.onpointerleave = () => { if (!down) hover(null) }
    canvas.addEventListener("wheel", (event) => { // with Ctrl, as a pinch arrives too: a bare wheel scrolls the page
      if (!event.ctrlKey) return
      event.preventDefault()
      const [u, v] = spot(event), scale = Math.max(1, Math.min(MOST_ZOOM, view.scale * Math.exp(-event.deltaY / 250))), k = view.scale / scale
      zoom({ scale, x: u + (view.x - u) * k, y: v + (view.y - v) * k }, false)
      clearTimeout(pointer.later)
      pointer.later = setTimeout(() => zoomed(view), 400)
    }, { passive: false })
  }

  function hover(number) { if (number !== hovered) { hovered = number; all(mark) } }

  const resized = new ResizeObserver(() => { layout(); all(redraw) })
  resized.observe(host)

  return {
    build, show, ready, preload, zoom,
    get view() { return view },
    stop() { dead = true; clearTimeout(timer); resized.disconnect(); for (const card of cards) card.sheets.stop(); for (const { bitmap } of heats.values()) bitmap.close(); heats.clear() },
  }
}
