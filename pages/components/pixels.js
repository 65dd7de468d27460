// Shared by the parts that draw pictures on a canvas: sharp pixels at any size.

// A canvas of whole device pixels, as large as fits into most x mostHeight CSS pixels: enlarged by a whole factor where that loses little,
// else drawn larger and shrunk smoothly, so that all pixels of the picture come out alike.
function fit(canvas, width, height, most, mostHeight) {
  const ratio = devicePixelRatio || 1, room = Math.min(most / width, mostHeight / height) * ratio
  const whole = Math.max(1, Math.floor(room)), factor = whole / room > 0.82 || room < 1 ? Math.min(whole, room) : room
  const drawn = Math.max(1, Math.ceil(factor - 1e-6))
  if (canvas.width !== width * drawn || canvas.height !== height * drawn) { canvas.width = width * drawn; canvas.height = height * drawn }
  canvas.style.width = `${(width * factor) / ratio}px`
  canvas.style.height = `${(height * factor) / ratio}px`
}

// One cell of a sheet { image, columns, width, height, gap }, as large as fits.
function drawCell(canvas, sheet, number, most, mostHeight = most) {
  fit(canvas, sheet.width, sheet.height, most, mostHeight)
  const context = canvas.getContext("2d")
  context.imageSmoothingEnabled = false
  const x = (number % sheet.columns) * (sheet.width + sheet.gap), y = Math.floor(number / sheet.columns) * (sheet.height + sheet.gap)
  context.drawImage(sheet.image, x, y, sheet.width, sheet.height, 0, 0, canvas.width, canvas.height)
}

// The whole sheet; its gaps show the page behind it.
function drawSheet(canvas, sheet, most, mostHeight) {
  const { image, width, height, gap } = sheet
  fit(canvas, image.width, image.height, most, mostHeight)
  const context = canvas.getContext("2d"), k = canvas.width / image.width
  context.imageSmoothingEnabled = false
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  for (let x = width; x < image.width; x += width + gap) context.clearRect(x * k, 0, gap * k, canvas.height)
  for (let y = height; y < image.height; y += height + gap) context.clearRect(0, y * k, canvas.width, gap * k)
}

// The cell under a pointer event on a canvas that shows the sheet; null beside all cells.
function cellUnder(event, canvas, sheet, count) {
  const k = canvas.clientWidth / sheet.image.width
  const column = Math.floor(event.offsetX / k / (sheet.width + sheet.gap)), row = Math.floor(event.offsetY / k / (sheet.height + sheet.gap))
  const number = row * sheet.columns + column
  return column >= 0 && column < sheet.columns && row >= 0 && number < count ? number : null
}

// Lay an element over a cell of the canvas that shows the sheet; hide it where number is null.
function frameCell(element, canvas, sheet, number) {
  element.hidden = number === null || !sheet
  if (element.hidden) return
  const k = canvas.clientWidth / sheet.image.width
  const left = (number % sheet.columns) * (sheet.width + sheet.gap), top = Math.floor(number / sheet.columns) * (sheet.height + sheet.gap)
  const style = { left: left * k, top: top * k, width: sheet.width * k, height: sheet.height * k }
  for (const [name, value] of Object.entries(style)) element.style[name] = `${value}px`
}

const PICTURE_ICONS = {
  first: "M6 5h2v14H6zM20 5v14L9.5 12z", previous: "M17 5v14L6.5 12z", play: "M7 4.5v15L20 12z",
  pause: "M6 5h4.5v14H6zM13.5 5H18v14h-4.5z", next: "M7 5v14l10.5-7z", last: "M16 5h2v14h-2zM4 5v14l10.5-7z",
  dice: "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm0 2v14h14V5zm3.5 2a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zm7 7a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zM12 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z",
}
// What a player's button says and does next.
function sayPlaying(group, playing) {
  const toggle = group.querySelector('[data-do="play"]'), words = playing ? "Pause (space)" : "Play (space)"
  toggle.innerHTML = icon(playing ? "pause" : "play")
  toggle.title = words
  toggle.setAttribute("aria-label", words)
  group.dataset.playing = playing
}

const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${PICTURE_ICONS[name]}"/></svg>`
