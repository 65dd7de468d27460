// A square between four latents; the picture under the pointer stands beside it, large.

function makeGrid(root, { explorer, controls }) {
  const $ = (selector) => root.querySelector(selector), control = (selector) => controls.querySelector(selector)
  const square = $(".square")
  let sheet = null, at = 0

  function show(number) {
    if (!sheet || number === null) return
    at = Math.min(number, sheet.scores.length - 1)
    const last = sheet.columns - 1, right = (at % sheet.columns) / last, down = Math.floor(at / sheet.columns) / last
    drawCell($(".one"), sheet, at, explorer.narrow() ? 120 : 170)
    frameCell($(".mark"), square, sheet, at)
    $(".one").setAttribute("aria-label", `Picture ${right.toFixed(2)} to the right, ${down.toFixed(2)} down`)
    $(".reading").innerHTML = `→ ${right.toFixed(2)} &nbsp; ↓ ${down.toFixed(2)}<br><b class="score">${explorer.says(sheet.scores[at])}</b>`
  }

  function draw() {
    if (!sheet) return
    drawSheet(square, sheet, root.clientWidth - (explorer.narrow() ? 0 : 195), Math.max(360, innerHeight - 270))
    show(at)
  }

  const look = makeLook(explorer, "grid", (found) => { sheet = found; square.dataset.count = found.scores.length }, draw)

  square.onpointermove = (event) => { if (sheet) show(cellUnder(event, square, sheet, sheet.scores.length)) }
  square.onclick = square.onpointermove
  control(".side").onchange = (event) => explorer.set({ side: String(Math.max(2, Math.min(24, Math.round(event.target.valueAsNumber) || 8))) })
  control(".way").onchange = (event) => explorer.set({ way: event.target.value })

  return {
    ends: ["a", "b", "c", "d"],
    refresh({ a, b, c, d, side, way }) {
      control(".side").value = side
      control(".way").value = way
      look({ corners: [a, b, c, d].join(","), side, way })
    },
    redraw: draw,
    stop() {},
  }
}
