// One map: its own zoom and place, what it draws, and what the hand does on it. main.js comes after it in one module.
const PADDING = 14, REACH = 14, CELLS = 64
const clamp = (value, low, high) => Math.max(low, Math.min(high, value))
const element = (name, className, parent) => { const made = document.createElement(name); made.className = className; parent.append(made); return made }
const typed = (value, Type) => typeof value === 'string' ? new Type(bytes(value).buffer) : value // Streamlit hands arrays over as base64
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0))

async function fetched(url) { // a picture, decoded
  const picture = new Image()
  picture.src = url
  await picture.decode()
  return createImageBitmap(picture)
}

async function tensors(answer) { // a safetensors file: name -> typed array; what its header says besides is under "facts"
  const TYPES = { U8: Uint8Array, U16: Uint16Array, F32: Float32Array }
  const buffer = await answer.arrayBuffer(), from = 8 + Number(new DataView(buffer).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, from - 8))), found = {}
  for (const [name, { dtype, data_offsets }] of Object.entries(header)) {
    if (name !== '__metadata__') found[name] = new TYPES[dtype](buffer.slice(from + data_offsets[0], from + data_offsets[1]))
  }
  found.facts = JSON.parse(header.__metadata__?.facts ?? 'null')
  return found
}

function outline(context, shape, middle, r) { // the path of a point's shape
  const corners = { 'diamond': [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]], 'triangle-up': [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]], 'triangle-down': [[0, 1.3], [1.2, -0.9], [-1.2, -0.9]] }[shape]
  context.beginPath()
  if (!corners) return context.arc(middle, middle, r, 0, 7)
  corners.forEach(([x, y]) => context.lineTo(middle + x * r, middle + y * r)); context.closePath()
}

class Panel {
  constructor(scatter, holder, map) {
    this.scatter = scatter
    this.name = map.name
    this.place(typed(map.places, Uint16Array))
    const n = this.x.length
    const box = element('div', 'map', holder), title = element('button', '', box), { enlarged, maps } = scatter.data
    title.type = 'button'; title.textContent = map.name
    if (maps.length > 1 || enlarged) { title.dataset.action = enlarged ? 'all blocks' : 'enlarge'; title.onclick = () => scatter.open(enlarged ? '' : map.name) }
    const canvases = element('div', 'canvases', box)
    this.canvas = element('canvas', 'points', canvases); this.marks = element('canvas', 'marks', canvases)
    this.marks.tabIndex = 0
    this.marks.setAttribute('role', 'application')
    this.marks.setAttribute('aria-label', `Map of ${n} pictures after ${map.name}. Arrows go from picture to picture, Enter picks one, plus and minus zoom, 0 resets, Escape clears.`)
    this.pointers = new Map()
    this.listen()
  }

  move(values) { // points as pairs from 0 to 65535
    const n = values.length / 2
    this.x = new Float32Array(n); this.y = new Float32Array(n)
    for (let i = 0; i < n; i++) { this.x[i] = values[2 * i] / 65535; this.y[i] = 1 - values[2 * i + 1] / 65535 }
  }

  place(values) {
    this.move(values)
    this.right = this.x.reduce((a, b) => Math.max(a, b), 0); this.top = this.y.reduce((a, b) => Math.min(a, b), 1)
    this.index()
  }

  index() { // which points lie in which cell of a grid, so that the nearest is found among few
    this.cells = Array.from({ length: CELLS * CELLS }, () => [])
    for (let i = 0; i < this.x.length; i++) this.cells[this.cell(this.y[i]) * CELLS + this.cell(this.x[i])].push(i)
  }

  cell(value) { return clamp(Math.floor(value * CELLS), 0, CELLS - 1) }
  X(i) { return this.ox + this.x[i] * this.k }
  Y(i) { return this.oy + this.y[i] * this.k }

  fit() {
    const across = this.right || 1e-6, down = 1 - this.top || 1e-6
    this.k = this.k0 = Math.min((this.w - 2 * PADDING) / across, (this.h - 2 * PADDING) / down)
    this.ox = this.w / 2 - across / 2 * this.k; this.oy = this.h / 2 - (this.top + 1) / 2 * this.k
  }

  resize() {
    const w = this.marks.clientWidth, h = this.marks.clientHeight, scale = devicePixelRatio || 1
    if (!w || !h) return
    if (w !== this.w || h !== this.h || scale !== this.scale) {
      Object.assign(this, { w, h, scale })
      for (const canvas of [this.canvas, this.marks]) { canvas.width = w * scale; canvas.height = h * scale }
      this.fit()
    }
    this.draw(); this.drawMarks()
  }

  zoom(factor, x = this.w / 2, y = this.h / 2) {
    const to = clamp(this.k * factor, this.k0, this.k0 * 200), by = to / this.k
    if (to === this.k0) this.fit()
    else { this.ox = x - (x - this.ox) * by; this.oy = y - (y - this.oy) * by; this.k = to }
    this.soon()
  }

  soon() { // at most once a frame, however often the hand moves
    this.frame ??= requestAnimationFrame(() => { this.frame = undefined; this.draw(); this.drawMarks() })
  }

  draw() {
    const { scatter } = this, { n, selected } = scatter, context = this.canvas.getContext('2d')
    if (!this.w) return
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0)
    context.clearRect(0, 0, this.w, this.h)
    const room = Math.sqrt(this.w * this.h / n), nearer = this.k / this.k0
    const radius = Math.min(9, clamp(room / 4.5, 1.1, 4.5) * nearer ** 0.35), side = Math.min(112, clamp(room, 16, 40) * nearer ** 0.75)
    const pictures = scatter.data.pictures && scatter.atlas, taken = new Set()
    const later = []
    for (const i of scatter.order) {
      const x = this.X(i), y = this.Y(i)
      if (x < -side || y < -side || x > this.w + side || y > this.h + side || !scatter.visible(i)) continue
      if (pictures) {
        const place = Math.floor(x / side) * 100000 + Math.floor(y / side)
        if (!taken.has(place)) { taken.add(place); later.push(i); continue }
      }
      const stamp = scatter.stamp(scatter.generated[i], scatter.colour(i), radius), size = stamp.width / this.scale
      context.globalAlpha = selected.size && !selected.has(i) ? 0.3 : 0.9
      context.drawImage(stamp, x - size / 2, y - size / 2, size, size)
    }
    for (const i of later) {
      const x = this.X(i) - side / 2, y = this.Y(i) - side / 2, mark = scatter.stamp(scatter.generated[i], scatter.colour(i), 4.5)
      context.globalAlpha = selected.size && !selected.has(i) ? 0.25 : 1
      scatter.tile(context, i, x, y, side)
      context.strokeStyle = scatter.colour(i); context.lineWidth = 1.5; context.strokeRect(x, y, side, side)
      context.drawImage(mark, x + side - 8, y - 4, mark.width / this.scale, mark.height / this.scale)
    }
    context.globalAlpha = 1
  }

  drawMarks(path = null) {
    const context = this.marks.getContext('2d'), { hovered, ink, selected } = this.scatter
    if (!this.w) return
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0)
    context.clearRect(0, 0, this.w, this.h)
    context.strokeStyle = ink; context.lineWidth = 2
    if (selected.size && selected.size <= 60) for (const i of selected) { context.beginPath(); context.arc(this.X(i), this.Y(i), 6, 0, 7); context.stroke() }
    if (hovered >= 0) {
      context.beginPath(); context.arc(this.X(hovered), this.Y(hovered), 9, 0, 7); context.lineWidth = 4; context.strokeStyle = this.scatter.paper; context.stroke()
      context.lineWidth = 2; context.strokeStyle = ink; context.stroke()
    }
    if (path) {
      context.beginPath(); path.forEach(point => context.lineTo(...point)); context.closePath()
      context.globalAlpha = 0.12; context.fillStyle = ink; context.fill(); context.globalAlpha = 1; context.setLineDash([4, 3]); context.stroke(); context.setLineDash([])
    }
  }

  nearest(px, py, reach = REACH) {
    const x = (px - this.ox) / this.k, y = (py - this.oy) / this.k, r = reach / this.k
    let best = -1, closest = r * r
    for (let row = this.cell(y - r); row <= this.cell(y + r); row++) for (let column = this.cell(x - r); column <= this.cell(x + r); column++) {
      for (const i of this.cells[row * CELLS + column]) {
        const distance = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2
        if (distance < closest && this.scatter.visible(i)) { closest = distance; best = i }
      }
    }
    return best
  }

  inside(path) {
    const found = []
    for (let i = 0; i < this.x.length; i++) {
      if (!this.scatter.visible(i)) continue
      const x = this.X(i), y = this.Y(i)
      let within = false
      for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
        const [ax, ay] = path[a], [bx, by] = path[b]
        if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) within = !within
      }
      if (within) found.push(i)
    }
    return found
  }

  listen() {
    const { marks, scatter } = this
    marks.onpointerdown = event => {
      marks.setPointerCapture(event.pointerId)
      this.pointers.set(event.pointerId, [event.offsetX, event.offsetY])
      const lasso = scatter.mode === 'lasso' || event.shiftKey
      this.drag = { x: event.offsetX, y: event.offsetY, ox: this.ox, oy: this.oy, moved: false, path: lasso ? [[event.offsetX, event.offsetY]] : null }
    }
    marks.onpointermove = event => {
      const here = [event.offsetX, event.offsetY], { drag } = this
      if (!drag) return scatter.hover(this.nearest(...here), this)
      const before = this.spread()
      this.pointers.set(event.pointerId, here)
      if (this.pointers.size > 1) { drag.moved = true; drag.path = null; return this.zoom(this.spread() / before, ...this.middle()) }
      drag.moved ||= Math.hypot(here[0] - drag.x, here[1] - drag.y) > 4
      if (drag.path) { drag.path.push(here); this.drawMarks(drag.path) }
      else if (drag.moved && !drag.pinched) { this.ox = drag.ox + here[0] - drag.x; this.oy = drag.oy + here[1] - drag.y; scatter.hover(-1); this.soon() }
    }
    marks.onpointerup = marks.onpointercancel = event => {
      const { drag } = this
      this.pointers.delete(event.pointerId)
      if (this.pointers.size) { drag.pinched = true; return }
      this.drag = null
      if (!drag || event.type === 'pointercancel') return this.drawMarks()
      if (drag.path && drag.moved) { const found = this.inside(drag.path); return scatter.select(event.ctrlKey ? [...new Set([...scatter.selected, ...found])] : found) }
      if (!drag.moved) { const i = this.nearest(event.offsetX, event.offsetY, event.pointerType === 'touch' ? 24 : REACH); this.pick(i, event.ctrlKey || event.shiftKey); scatter.hover(i, this) }
    }
    marks.onpointerleave = () => { if (!this.drag) scatter.hover(-1) }
    marks.ondblclick = () => { this.fit(); this.draw(); this.drawMarks() }
    marks.onblur = () => scatter.hover(-1)
    marks.addEventListener('wheel', event => {
      if (event.deltaY > 0 && this.k <= this.k0 * 1.001) return // all is shown: the wheel scrolls the page
      event.preventDefault()
      this.zoom(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY)
    }, { passive: false })
    marks.onkeydown = event => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
      if (event.key in steps) this.step(...steps[event.key])
      else if (event.key === '+' || event.key === '=') this.zoom(1.4)
      else if (event.key === '-') this.zoom(1 / 1.4)
      else if (event.key === '0') marks.ondblclick()
      else if (event.key === 'Enter' && scatter.hovered >= 0) this.pick(scatter.hovered, true)
      else if (event.key === 'Escape') scatter.select([])
      else return
      event.preventDefault()
    }
  }

  pick(i, more) {
    if (i < 0) { if (this.scatter.selected.size && !more) this.scatter.select([]); return }
    const chosen = new Set(more ? this.scatter.selected : [])
    chosen.has(i) ? chosen.delete(i) : chosen.add(i)
    this.scatter.select([...chosen])
  }

  step(dx, dy) { // to the closest picture in that direction, straight ones first
    const from = this.scatter.hovered, x = from < 0 ? this.w / 2 : this.X(from), y = from < 0 ? this.h / 2 : this.Y(from)
    let best = from, least = Infinity
    for (let i = 0; i < this.x.length; i++) {
      if (i === from || !this.scatter.visible(i)) continue
      const along = (this.X(i) - x) * dx + (this.Y(i) - y) * dy, aside = Math.abs((this.X(i) - x) * dy) + Math.abs((this.Y(i) - y) * dx)
      if ((along > 0.5 || from < 0) && Math.abs(along) + 2 * aside < least) { least = Math.abs(along) + 2 * aside; best = i }
    }
    if (best >= 0) this.scatter.hover(best, this)
  }

  spread() { const [a, b] = [...this.pointers.values()]; return b ? Math.max(10, Math.hypot(a[0] - b[0], a[1] - b[1])) : 1 }
  middle() { const [a, b] = [...this.pointers.values()]; return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] }
}
