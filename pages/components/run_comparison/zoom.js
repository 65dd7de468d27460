// One view of many sheets: which part of a sheet is seen, in shares of its sides.

const MOST_ZOOM = 8

const windowOf = ({ scale, x, y }) => [x - 0.5 / scale, y - 0.5 / scale, 1 / scale, 1 / scale] // left, top, width, height

// The part of the sheet that is in view, as large as the canvas; gaps between samples show the page behind.
function drawView(canvas, sheet, view) {
  const { image, width, height, gap } = sheet, context = canvas.getContext("2d"), [x, y, w, h] = windowOf(view)
  const left = x * image.width, top = y * image.height, kx = canvas.width / (w * image.width), ky = canvas.height / (h * image.height)
  context.imageSmoothingEnabled = false
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.drawImage(image, left, top, w * image.width, h * image.height, 0, 0, canvas.width, canvas.height)
  for (let at = width; at < image.width; at += width + gap) context.clearRect((at - left) * kx, 0, gap * kx, canvas.height)
  for (let at = height; at < image.height; at += height + gap) context.clearRect(0, (at - top) * ky, canvas.width, gap * ky)
}

// The sample at a spot of the sheet, both in shares of its sides; null beside all samples.
function cellAt(sheet, u, v) {
  const column = Math.floor((u * sheet.image.width) / (sheet.width + sheet.gap)), row = Math.floor((v * sheet.image.height) / (sheet.height + sheet.gap))
  const number = row * sheet.columns + column
  return column >= 0 && column < sheet.columns && row >= 0 && number < sheet.count ? number : null
}
