// A row an image: the image with D's score, then one heatmap a layer. All arrays come raw; colours, scales and overlays are made here.
const instances = new WeakMap()
const SIDE = 168 // pixels of an overlay: enough for a smooth heatmap over a small image
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
const make = (name, className, parent, text = '') => { const made = document.createElement(name); made.className = className; made.textContent = text; parent.append(made); return made }
const number = value => value === 0 ? '0' : value >= 100 || value < 0.001 ? value.toExponential(1) : String(+value.toPrecision(2))

class Heatmaps {
  constructor(parent) { this.part = name => parent.querySelector(name) }

  update(data) {
    const shown = JSON.stringify([data.version, data.view, data.scale])
    if (shown === this.shown) return
    this.shown = shown
    this.data = data
    this.ramp = ramp(data.colours)
    this.pixels = bytes(data.images)
    for (const method of data.methods) for (const layer of method.layers) layer.values ??= new Float32Array(bytes(layer.heat).buffer)
    this.part('.ramp').style.background = `linear-gradient(to right, ${data.colours.join(', ')})`
    this.part('.low').textContent = `0: no evidence for ${data.target}`
    this.part('.high').textContent = { row: "the image's strongest", layer: "the layer's strongest", own: 'the strongest of each map: compare places, not maps' }[data.scale]
    this.rows()
  }

  rows() {
    const { data } = this, { methods, captions } = data, layers = methods[0].layers, cards = this.part('.cards')
    cards.replaceChildren()
    cards.style.setProperty('--layers', layers.length)
    cards.style.setProperty('--wide', data.view === 'both' ? 2 : 1)
    cards.style.setProperty('--share', data.view === 'both' ? '2fr' : '1fr')
    captions.forEach((caption, image) => {
      const card = make('div', 'card', cards), row = { cells: [] }
      methods.forEach((method, which) => {
        const first = make('div', 'first', card)
        if (which === 0) {
          this.picture(first, image, caption)
          make('div', 'caption score', first, caption.score)
          make('div', 'caption', first, caption.title)
        }
        const peaks = layers.map((_, l) => peak(method.layers[l], image)), strongest = Math.max(...peaks)
        if (methods.length > 1) make('div', 'method', first, method.title)
        if (data.scale === 'row' && strongest) make('div', 'caption', first, `scale 0 to ${number(strongest)}`)
        method.layers.forEach((layer, l) => {
          const top = { row: strongest, layer: layer.peak ??= Math.max(...captions.map((_, i) => peak(layer, i))), own: peaks[l] }[data.scale]
          this.cell(card, row, layer, image, top || 1, peaks[l], method.title)
        })
      })
    })
  }

  picture(parent, image, caption) {
    const { width, height, channels } = this.data, canvas = make('canvas', '', parent), context = canvas.getContext('2d')
    canvas.width = width; canvas.height = height
    canvas.setAttribute('role', 'img'); canvas.setAttribute('aria-label', `${caption.title}, ${caption.score}`)
    const picture = context.createImageData(width, height), size = width * height, start = image * channels * size
    for (let p = 0; p < size; p++) for (let c = 0; c < 4; c++) picture.data[4 * p + c] = c === 3 ? 255 : this.pixels[start + (channels === 3 ? c * size : 0) + p]
    context.putImageData(picture, 0, 0)
  }

  cell(card, row, layer, image, top, strongest, method) {
    const { view, target } = this.data, both = view === 'both'
    const cell = make('div', `cell ${view === 'heatmap' ? '' : 'smooth'}`, card), frame = make('div', `frame ${both ? 'two' : ''}`, cell)
    make('div', 'layer', cell, layer.name)
    const caption = make('div', `caption ${strongest ? '' : 'none'}`, cell)
    const faint = strongest < top / 10 ? `, ${number(100 * strongest / top)} % of the scale` : ''
    const rest = strongest ? `peak ${number(strongest)}${faint}` : `no evidence for ${target} at this layer`
    caption.textContent = rest
    const one = { layer, image, caption, rest, marks: [] }
    for (const kind of both ? ['overlay', 'heatmap'] : [view]) {
      const holder = make('div', 'picture', frame), canvas = make('canvas', '', holder)
      canvas.setAttribute('role', 'img'); canvas.setAttribute('aria-label', `${method}, ${layer.name}: ${rest}`)
      if (kind === 'heatmap') { this.heatmap(canvas, layer, image, top); canvas.style.imageRendering = 'pixelated' } else this.overlay(canvas, layer, image, top)
      const mark = make('div', 'mark', holder)
      mark.hidden = true
      one.marks.push(mark)
      holder.onpointermove = event => { const box = holder.getBoundingClientRect(); this.point(row, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height) }
      holder.onpointerleave = () => this.point(row, -1, -1)
    }
    row.cells.push(one)
  }

  heatmap(canvas, layer, image, top) {
    const { width, height, values } = layer, context = canvas.getContext('2d'), start = image * width * height
    canvas.width = width; canvas.height = height
    const picture = context.createImageData(width, height)
    for (let p = 0; p < width * height; p++) picture.data.set([...this.ramp(values[start + p] / top), 255], 4 * p)
    context.putImageData(picture, 0, 0)
  }

  overlay(canvas, layer, image, top) { // the image in grey, so that colour means evidence alone; the more of it, the less of the image
    const { width, height, channels } = this.data, side = Math.max(1, Math.round(SIDE / width)), w = width * side, h = height * side
    const context = canvas.getContext('2d'), start = image * channels * width * height
    canvas.width = w; canvas.height = h
    const picture = context.createImageData(w, h), plane = width * height
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
      const p = start + Math.floor(y / side) * width + Math.floor(x / side)
      const grey = channels === 3 ? 0.299 * this.pixels[p] + 0.587 * this.pixels[p + plane] + 0.114 * this.pixels[p + 2 * plane] : this.pixels[p]
      const heat = Math.min(1, between(layer, image, (x + 0.5) / w, (y + 0.5) / h) / top), [red, green, blue] = this.ramp(heat), cover = 0.85 * heat, at = 4 * (y * w + x)
      picture.data[at] = grey + (red - grey) * cover; picture.data[at + 1] = grey + (green - grey) * cover; picture.data[at + 2] = grey + (blue - grey) * cover; picture.data[at + 3] = 255
    }
    context.putImageData(picture, 0, 0)
  }

  point(row, u, v) { // the same place in all maps of an image
    for (const { layer, image, caption, rest, marks } of row.cells) {
      const inside = u >= 0 && u < 1 && v >= 0 && v < 1
      for (const mark of marks) { mark.hidden = !inside; mark.style.left = `${100 * u}%`; mark.style.top = `${100 * v}%` }
      caption.textContent = inside ? `here ${number(layer.values[image * layer.width * layer.height + Math.floor(v * layer.height) * layer.width + Math.floor(u * layer.width)])}` : rest
    }
  }
}

function peak(layer, image) {
  const size = layer.width * layer.height
  let most = 0
  for (let p = image * size; p < (image + 1) * size; p++) if (layer.values[p] > most) most = layer.values[p]
  return most
}

function between(layer, image, u, v) { // bilinear, pixel centres at halves
  const { width, height, values } = layer, start = image * width * height
  const x = Math.max(0, Math.min(width - 1, u * width - 0.5)), y = Math.max(0, Math.min(height - 1, v * height - 0.5))
  const left = Math.floor(x), up = Math.floor(y), right = Math.min(width - 1, left + 1), down = Math.min(height - 1, up + 1), a = x - left, b = y - up
  const at = (row, column) => values[start + row * width + column]
  return (at(up, left) * (1 - a) + at(up, right) * a) * (1 - b) + (at(down, left) * (1 - a) + at(down, right) * a) * b
}

function ramp(colours) {
  const stops = colours.map(colour => [1, 3, 5].map(place => parseInt(colour.slice(place, place + 2), 16)))
  const table = Array.from({ length: 256 }, (_, i) => {
    const place = i / 255 * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(place)), part = place - low
    return stops[low].map((value, c) => Math.round(value + (stops[low + 1][c] - value) * part))
  })
  return value => table[Math.max(0, Math.min(255, Math.round(value * 255)))]
}

export default function ({ data, parentElement }) {
  let heatmaps = instances.get(parentElement)
  if (!heatmaps) instances.set(parentElement, heatmaps = new Heatmaps(parentElement))
  heatmaps.update(data)
  return () => instances.delete(parentElement)
}
