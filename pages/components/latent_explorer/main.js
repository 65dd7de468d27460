// One explorer a page. What is looked at is a handful of texts (`view`), which the URL holds too; pictures come from api/runs/<id>/latent/...

const RETRY = 4000 // ms until a young run is asked again for its first weights
const MODES = { path: makePath, grid: makeGrid, directions: makeDirections }
const ENDS = { path: ["A", "B"], grid: ["Top left", "Top right", "Bottom left", "Bottom right"], directions: ["Start"] }
const EXPLORERS = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  let explorer = EXPLORERS.get(parentElement)
  if (!explorer) EXPLORERS.set(parentElement, (explorer = makeExplorer(parentElement)))
  explorer.update(data, setStateValue)
  return () => {
    explorer.stop()
    EXPLORERS.delete(parentElement)
  }
}

function makeExplorer(root) {
  const $ = (selector) => root.querySelector(selector)
  const box = $(".explorer"), picker = $(".picker")
  let data = null, view = null, send = () => {}, target = "a", samples = null, later = 0, timer = 0, dead = false, asked = null
  const explorer = { about: null, label: () => view.label, address, set, score, says, failed, narrow: () => box.clientWidth < 640 }
  const modes = Object.fromEntries(Object.entries(MODES).map(([name, make]) => [name, make($(`.${name}.view`), { explorer, controls: $(`.${name}.controls`) })]))
  const thumbs = makeSource((query) => address("points", query))

  function address(what, query) {
    const known = { snapshot: data.snapshot, v: data.stamp, ...(explorer.about?.classes.length ? { label: view.label } : {}) }
    return `api/runs/${encodeURIComponent(data.run)}/latent/${what}?${new URLSearchParams({ ...query, ...known })}`
  }

  function says(value) { return value === null ? "" : `D(x) = ${score(value)}` }

  function score(value) { return value === null ? "" : Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2) }

  function failed(error) {
    if (dead) return true
    $(".problem").hidden = !error
    $(".loading").hidden = Boolean(explorer.about) || Boolean(error)
    if (error) $(".problem").textContent = error.message
    return Boolean(error)
  }

  function set(patch) {
    view = { ...view, ...patch }
    refresh()
    clearTimeout(later)
    later = setTimeout(() => send("view", view), 500) // for the URL
  }

  // the run at its snapshot

  async function meet() {
    clearTimeout(timer)
    const question = address("about", {})
    asked = question
    try {
      const about = await fetchJSON(question)
      if (dead || asked !== question) return
      explorer.about = about
      failed(null)
    } catch (error) {
      if (dead || asked !== question) return
      failed(error)
      if (error.status !== 400) timer = setTimeout(meet, RETRY) // no weights yet, or no server
      return
    }
    const { about } = explorer
    if (!view.way) view.way = about.way
    if (Number(view.label) >= about.classes.length) view.label = "0"
    $(".class").hidden = !about.classes.length
    $(".class select").replaceChildren(...about.classes.map((name, i) => new Option(name, i)))
    $(".note").textContent = about.exact ? `z: ${about.latent_dim} numbers, ${about.prior.toLowerCase()}` : `Weights of ${about.weights}, the nearest that are kept`
    $(".body").hidden = false
    $(".loading").hidden = true
    refresh()
    sheet()
  }

  async function sheet() {
    $(".pick").hidden = explorer.about.toy
    if (explorer.about.toy) return
    const answer = await fetch(`api/runs/${encodeURIComponent(data.run)}/samples/${explorer.about.step}.png?v=${data.stamp}`)
    if (!answer.ok || dead) return failed(new Error("The run's samples could not be loaded."))
    const image = await createImageBitmap(await answer.blob())
    samples = { image, columns: 8, gap: 1, width: (image.width - 7) / 8, height: (image.height - 7) / 8 }
    drawSheet(picker, samples, $("aside").clientWidth, 340)
    picker.dataset.ready = "1"
  }

  // what is shown

  function refresh() {
    if (!explorer.about) return
    for (const [name, mode] of Object.entries(modes)) if (name !== view.mode) mode.stop()
    box.dataset.mode = view.mode
    for (const button of root.querySelectorAll("[data-mode]")) if (button !== box) button.setAttribute("aria-pressed", button.dataset.mode === view.mode)
    $(".class select").value = view.label
    ends()
    modes[view.mode].refresh(view)
  }

  function ends() {
    const keys = modes[view.mode].ends
    if (!keys.includes(target)) target = "a"
    const rows = [...$(".ends").children]
    if (rows.length !== keys.length || $(".ends").dataset.mode !== view.mode) {
      $(".ends").dataset.mode = view.mode
      $(".ends").replaceChildren(...keys.map((key, i) => end(key, ENDS[view.mode][i])))
    }
    for (const row of $(".ends").children) {
      const name = view[row.dataset.end], fixed = name.startsWith("f"), input = row.querySelector("input")
      input.value = fixed ? "" : name
      input.placeholder = fixed ? `sample ${Number(name.slice(1)) + 1}` : ""
      row.classList.toggle("target", row.dataset.end === target && !explorer.about.toy)
    }
    const label = $(".ends").querySelector(".target .name")?.textContent
    const becomes = { path: label, grid: `the ${label?.toLowerCase()} corner`, directions: "the start" }[view.mode]
    $(".hint").textContent = label ? `Or click a sample of the run: it becomes ${becomes}.` : ""
    thumbs({ names: keys.map((key) => view[key]).join(",") }, (found, error) => {
      if (failed(error)) return
      ;[...$(".ends").children].forEach((row, i) => i < found.scores.length && drawCell(row.querySelector("canvas"), found, i, 44))
    })
  }

  function end(key, label) {
    const row = document.createElement("div")
    row.className = "end"
    row.dataset.end = key
    row.innerHTML = `<canvas></canvas><button type="button" class="name" title="Let the next click on a sample choose this one">${label}</button>
      <label>seed <input type="number" min="0" max="2147483647" step="1" aria-label="Seed of ${label}"></label>
      <button type="button" class="dice" title="Another seed" aria-label="Another seed for ${label}">${icon("dice")}</button>`
    row.querySelector("input").onchange = (event) => {
      const seed = Math.round(event.target.valueAsNumber)
      set({ [key]: String(seed >= 0 && seed < 2 ** 31 ? seed : 0) })
    }
    row.querySelector(".dice").onclick = () => set({ [key]: String(Math.floor(Math.random() * 10000)) })
    row.querySelector(".name").onclick = () => { target = key; ends() }
    return row
  }

  picker.onclick = (event) => {
    const number = samples && cellUnder(event, picker, samples, 64)
    if (number === null || !samples) return
    const keys = modes[view.mode].ends, chosen = target, classes = explorer.about.classes.length
    target = keys[(keys.indexOf(target) + 1) % keys.length] // the next click chooses the next one
    set({ [chosen]: `f${number}`, ...(classes ? { label: String(number % classes) } : {}) })
  }
  picker.onpointermove = (event) => frameCell($("aside .hover"), picker, samples, samples && cellUnder(event, picker, samples, 64))
  picker.onpointerleave = () => frameCell($("aside .hover"), picker, samples, null)
  $(".modes").onclick = (event) => { const mode = event.target.dataset.mode; if (mode) set({ mode }) }
  $(".class select").onchange = (event) => set({ label: event.target.value })

  let width = 0
  const watcher = new ResizeObserver(() => {
    if (dead || !explorer.about || box.clientWidth === width) return
    width = box.clientWidth
    modes[view.mode].redraw()
    if (samples) drawSheet(picker, samples, $("aside").clientWidth, 340)
  })
  watcher.observe(box)

  return {
    update(news, setStateValue) {
      send = setStateValue
      const moved = !data || data.snapshot !== news.snapshot
      data = news
      view ??= { ...news.view }
      if (moved) meet()
    },
    stop() {
      dead = true
      clearTimeout(timer)
      clearTimeout(later)
      watcher.disconnect()
      for (const mode of Object.values(modes)) mode.stop()
    },
  }
}
