// Steps from one latent along the directions that change the picture most, or along a raw coordinate; rendered while the slider moves.

const REACH = 6 // standard deviations of one coordinate
const COMPANY = 7, MOST_CLASSES = 20

function makeDirections(root, { explorer }) {
  const $ = (selector) => root.querySelector(selector)
  const moved = $(".moved"), sliders = $(".sliders")
  let sheet = null, amounts = {}, start = "0", known = null, coordinate = 0

  const text = () => Object.entries(amounts).filter(([, amount]) => amount).map(([key, amount]) => `${key}:${amount}`).join(",")

  const look = makeLook(explorer, "points", (found, query) => { sheet = found; moved.dataset.moves = query.moves }, draw)
  const render = () => look({ ...company(), moves: text() })

  // The latent itself first; then the same latent in every class, or where there are none other latents.
  function company() {
    const { classes } = explorer.about
    if (!classes.length) return { names: [start, ...Array.from({ length: COMPANY }, (_, i) => String(1000 + i))].join(",") }
    const shown = classes.slice(0, MOST_CLASSES)
    return { names: [start, ...shown.map(() => start)].join(","), labels: [explorer.label(), ...shown.keys()].join(",") }
  }

  function draw() {
    if (!sheet) return
    drawCell(moved, sheet, 0, explorer.narrow() ? 200 : 300)
    moved.setAttribute("aria-label", `The latent, moved: ${explorer.says(sheet.scores[0])}`)
    $(".reading").innerHTML = `<b class="score">${explorer.says(sheet.scores[0])}</b>`
    drawRest($(".others"), sheet, Math.min(root.clientWidth, (sheet.scores.length - 1) * 76))
    $(".company figcaption").textContent = explorer.about.classes.length ? "The same latent, moved alike, in every class" : "Seven other latents, moved by the same steps"
  }

  function row(key, label, title) {
    const line = document.createElement("label")
    line.innerHTML = `<span title="${title}">${label}</span><input type="range" min="${-REACH}" max="${REACH}" step="0.1" aria-label="${title}"><output></output>`
    const [range, output] = [line.querySelector("input"), line.querySelector("output")]
    const say = () => { output.textContent = range.value > 0 ? `+${range.value}` : range.value }
    range.dataset.key = key
    range.value = amounts[key] ?? 0
    say()
    range.oninput = () => { amounts[range.dataset.key] = Number(range.value); say(); render() }
    range.onchange = () => explorer.set({ moves: text() })
    range.ondblclick = () => { range.value = 0; range.oninput(); range.onchange() }
    return line
  }

  async function build() {
    const key = explorer.address("directions", {})
    if (known === key) return
    known = key
    sliders.innerHTML = "<p>Looking for the directions that change the picture most…</p>"
    let shares
    try {
      ({ shares } = await fetchJSON(key))
    } catch (error) {
      known = null
      sliders.innerHTML = ""
      return explorer.failed(error)
    }
    const rows = shares.slice(0, 8).map((share, i) => row(`p${i}`, `${i + 1} <small>${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %</small>`,
      `Principal direction ${i + 1}: ${(100 * share).toFixed(1)} % of how the picture changes`))
    const size = explorer.about.latent_dim
    const raw = row(`z${coordinate}`, `z <input class="which" type="number" min="0" max="${size - 1}" value="${coordinate}" aria-label="Coordinate of z">`, "One coordinate of z")
    raw.querySelector(".which").onchange = (event) => {
      const range = raw.querySelector("input[type=range]")
      delete amounts[range.dataset.key]
      coordinate = Math.max(0, Math.min(size - 1, Math.round(event.target.valueAsNumber) || 0))
      event.target.value = coordinate
      range.dataset.key = `z${coordinate}`
      range.oninput()
      range.onchange()
    }
    const reset = Object.assign(document.createElement("button"), { type: "button", className: "reset", textContent: "Reset", title: "All sliders to zero" })
    reset.onclick = () => { amounts = {}; known = null; explorer.set({ moves: "" }) }
    sliders.replaceChildren(...rows, raw, reset)
    sliders.dataset.ready = "1"
  }

  return {
    ends: ["a"],
    refresh({ a, moves }) {
      start = a
      amounts = Object.fromEntries(moves.split(",").filter(Boolean).map((pair) => pair.split(":")).map(([key, amount]) => [key, Number(amount) || 0]))
      const raw = Object.keys(amounts).find((key) => key[0] === "z")
      if (raw) coordinate = Number(raw.slice(1)) || 0
      build()
      render()
    },
    redraw: draw,
    stop() {},
  }
}

// All cells but the first, in one row.
function drawRest(canvas, sheet, most) {
  const { width, height, gap } = sheet, count = sheet.scores.length - 1, whole = count * (width + gap) - gap
  fit(canvas, whole, height, most, 200)
  const context = canvas.getContext("2d")
  context.imageSmoothingEnabled = false
  context.clearRect(0, 0, canvas.width, canvas.height)
  const k = canvas.width / whole
  for (let i = 0; i < count; i++) context.drawImage(sheet.image, (i + 1) * (width + gap), 0, width, height, i * (width + gap) * k, 0, width * k, height * k)
}
