// From A to B: one strip of pictures, scrubbed in the browser, with D's score along the way.

function makePath(root, { explorer, controls }) {
  const $ = (selector) => root.querySelector(selector), control = (selector) => controls.querySelector(selector)
  const slider = $(".slider"), strip = $(".strip"), curve = $(".curve"), play = $(".play")
  let sheet = null, layout = null, at = 0, place = 0.5, playing = false
  play.innerHTML = icon("play")

  function show(number) {
    if (!sheet) return
    const count = sheet.scores.length
    at = Math.max(0, Math.min(count - 1, number))
    place = at / Math.max(1, count - 1)
    slider.value = at
    slider.setAttribute("aria-valuetext", `t = ${place.toFixed(2)}`)
    drawCell($(".now"), sheet, at, explorer.narrow() ? 150 : 200)
    mark(layout)
    $(".reading").innerHTML = `t = ${place.toFixed(2)} &nbsp; <b class="score">${explorer.says(sheet.scores[at])}</b>`
    $(".now").setAttribute("aria-label", `Picture at t = ${place.toFixed(2)}, ${explorer.says(sheet.scores[at])}`)
    $(".now").dataset.at = at
    curve.querySelector(".cursor")?.setAttribute("transform", `translate(${curveX(place, curve.clientWidth)} 0)`)
  }

  function mark({ columns, wide, high, tall }) {
    const style = { left: (at % columns) * (wide + STRIP.gap), top: Math.floor(at / columns) * tall, width: wide, height: high }
    $(".mark").hidden = false
    for (const [name, value] of Object.entries(style)) $(".mark").style[name] = `${value}px`
  }

  function draw() {
    if (!sheet) return
    const last = sheet.scores.length - 1
    slider.max = last
    for (const [name, number] of [[".from", 0], [".to", last]]) drawCell($(name), sheet, number, explorer.narrow() ? 72 : 116)
    layout = drawStrip(strip, sheet, root.clientWidth, explorer.score)
    curve.innerHTML = scoreCurve(sheet.scores, explorer.about, curve.clientWidth)
    show(Math.round(place * last))
  }

  const look = makeLook(explorer, "path", (found) => { sheet = found; strip.dataset.count = found.scores.length }, draw)

  function turn(started, from) {
    const count = sheet?.scores.length ?? 2, lap = 2 * (count - 1), seconds = Math.max(3, count / 12)
    requestAnimationFrame(function step(now) {
      if (!playing) return
      const gone = (from + ((now - started) / 1000 / seconds) * (count - 1)) % lap
      show(Math.round(gone < count - 1 ? gone : lap - gone))
      requestAnimationFrame(step)
    })
  }

  function toggle(on) {
    playing = on && Boolean(sheet)
    play.innerHTML = icon(playing ? "pause" : "play")
    play.setAttribute("aria-label", playing ? "Pause" : "Play, there and back")
    if (playing) turn(performance.now(), at)
  }

  slider.oninput = () => { toggle(false); show(Number(slider.value)) }
  play.onclick = () => toggle(!playing)
  strip.onclick = (event) => {
    if (!layout) return
    const number = Math.floor(event.offsetY / layout.tall) * layout.columns + Math.floor(event.offsetX / (layout.wide + STRIP.gap))
    if (number < sheet.scores.length) { toggle(false); show(number) }
  }
  curve.onpointerdown = curve.onpointermove = (event) => {
    if (!sheet || (event.type === "pointermove" && !(event.buttons & 1))) return
    toggle(false)
    const { left, width } = curve.getBoundingClientRect()
    show(Math.round(curveT(event.clientX - left, width) * (sheet.scores.length - 1)))
  }
  control(".steps").onchange = (event) => explorer.set({ steps: String(Math.max(2, Math.min(240, Math.round(event.target.valueAsNumber) || 24))) })
  control(".way").onchange = (event) => explorer.set({ way: event.target.value })

  return {
    ends: ["a", "b"],
    refresh({ a, b, steps, way }) {
      control(".steps").value = steps
      control(".way").value = way
      const query = { a, b, steps, way }
      control(".gif").href = explorer.address("path.gif", query)
      look(query)
    },
    redraw: draw,
    stop: () => toggle(false),
  }
}

const STRIP = { gap: 3, caption: 17, wish: 44, most: 80 } // CSS pixels

// All pictures in rows, D's score under each; gives the layout in CSS pixels.
function drawStrip(canvas, sheet, room, score) {
  const count = sheet.scores.length, columns = Math.min(count, Math.max(1, Math.floor((room + STRIP.gap) / (STRIP.wish + STRIP.gap))))
  const wide = Math.min(STRIP.most, (room + STRIP.gap) / columns - STRIP.gap), high = (wide * sheet.height) / sheet.width
  const tall = high + STRIP.caption, rows = Math.ceil(count / columns)
  const k = (Math.ceil((wide * (devicePixelRatio || 1)) / sheet.width) * sheet.width) / wide // drawn by a whole factor, shrunk by the browser
  canvas.width = Math.round(columns * (wide + STRIP.gap) * k)
  canvas.height = Math.round(rows * tall * k)
  canvas.style.width = `${canvas.width / k}px`
  canvas.style.height = `${canvas.height / k}px`
  const context = canvas.getContext("2d"), style = getComputedStyle(canvas)
  context.imageSmoothingEnabled = false
  Object.assign(context, { font: `${11 * k}px ${style.fontFamily}`, fillStyle: style.color, textAlign: "center", textBaseline: "middle" })
  sheet.scores.forEach((value, i) => {
    const x = (i % columns) * (wide + STRIP.gap) * k, y = Math.floor(i / columns) * tall * k
    const from = [(i % sheet.columns) * (sheet.width + sheet.gap), Math.floor(i / sheet.columns) * (sheet.height + sheet.gap)]
    context.drawImage(sheet.image, ...from, sheet.width, sheet.height, x, y, wide * k, high * k)
    context.fillText(score(value), x + (wide * k) / 2, y + (high + STRIP.caption / 2) * k, wide * k)
  })
  return { columns, wide, high, tall }
}

const CURVE = { height: 104, left: 44, right: 10, top: 16, bottom: 8 }
const curveX = (t, width) => CURVE.left + t * (width - CURVE.left - CURVE.right)
const curveT = (x, width) => Math.max(0, Math.min(1, (x - CURVE.left) / (width - CURVE.left - CURVE.right)))

// D's score along the way as an SVG: as high as the objective's range, or as the scores go. An imported run may have no D.
function scoreCurve(scores, { score_title, score_range, equilibrium }, width) {
  if (scores.includes(null)) return ""
  const seen = equilibrium === null ? scores : [...scores, equilibrium]
  let [low, high] = score_range ?? [Math.min(...seen), Math.max(...seen)]
  if (!score_range) { const pad = 0.06 * (high - low || 1); low -= pad; high += pad }
  const y = (score) => CURVE.top + (1 - (score - low) / (high - low)) * (CURVE.height - CURVE.top - CURVE.bottom)
  const x = (i) => curveX(i / Math.max(1, scores.length - 1), width)
  const label = (value) => Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)))
  const line = scores.map((score, i) => `${x(i).toFixed(1)},${y(score).toFixed(1)}`).join(" ")
  const marks = scores.length > 80 ? "" : scores.map((score, i) => `<rect x="${(x(i) - 2.5).toFixed(1)}" y="${(y(score) - 2.5).toFixed(1)}" width="5" height="5"/>`).join("")
  const axis = [low, high].map((value) => `<text x="${CURVE.left - 6}" y="${y(value) + 4}" text-anchor="end">${label(value)}</text><path class="axis" d="M${CURVE.left} ${y(value)}H${width - CURVE.right}"/>`).join("")
  const level = equilibrium === null ? "" : `<path class="level" d="M${CURVE.left} ${y(equilibrium)}H${width - CURVE.right}"/><text x="${CURVE.left - 6}" y="${y(equilibrium) + 4}" text-anchor="end">${label(equilibrium)}</text>`
  return `<svg width="${width}" height="${CURVE.height}" role="img" aria-label="${score_title} along the way, from ${label(scores[0])} at A to ${label(scores.at(-1))} at B">
    ${axis}${level}<text x="${CURVE.left}" y="11"><tspan class="square">■</tspan> ${score_title}${equilibrium === null ? "" : "; dashed: D cannot tell"}</text>
    <g class="line"><polyline points="${line}"/>${marks}</g><path class="cursor" d="M0 ${CURVE.top - 2}V${CURVE.height - CURVE.bottom + 4}"/></svg>`
}
