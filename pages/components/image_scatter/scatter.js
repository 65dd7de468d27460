// Maps of pictures on canvases. All maps show the same pictures: hovering, selection and the legend hold for all of them at once.
const NOTHING = 255, MOST_TILES = 240, SHADES = 8
const short = score => score !== 0 && Math.abs(score) < 0.001 ? score.toExponential(0) : score.toPrecision(2)

class Scatter {
  constructor(parent) {
    this.root = parent.querySelector('.scatter')
    this.part = name => this.root.querySelector(name)
    this.mode = 'pan'
    this.hidden = new Set()
    this.selected = new Set()
    this.stamps = new Map()
    this.panels = []
    this.root.querySelectorAll('[data-mode]').forEach(button => { button.onclick = () => this.setMode(button.dataset.mode) })
    this.part('.reset').onclick = () => { this.panels.forEach(panel => panel.fit()); this.hidden.clear(); this.legend(); this.draw() }
    this.part('.clear').onclick = () => this.select([])
    this.part('.tiles').onpointermove = event => this.overTile(event)
    this.part('.tiles').onpointerleave = () => this.hover(-1)
    this.observer = new ResizeObserver(() => this.resize())
    this.observer.observe(this.part('.maps'))
    this.setMode('pan')
  }

  update(data, setStateValue, setTriggerValue) {
    const style = getComputedStyle(this.root)
    this.ink = style.getPropertyValue('--st-text-color').trim() || '#222'
    this.paper = style.getPropertyValue('--st-background-color').trim() || '#fff'
    this.report = picked => setStateValue('picked', picked)
    this.open = name => setTriggerValue('opened', name)
    this.stamps.clear()
    const fresh = data.version !== this.data?.version, shape = JSON.stringify([data.version, data.maps.map(map => map.name), data.enlarged])
    const recoloured = data.colourBy !== this.data?.colourBy
    this.data = data
    if (fresh) this.load()
    if (fresh || recoloured) this.hidden.clear()
    if (shape !== this.shape) { this.shape = shape; this.build() }
    this.legend(); this.resize(); this.sheet()
  }

  load() {
    const { data } = this
    if (this.selected.size) { this.selected.clear(); this.report([]) }
    this.generated = typed(data.generated, Uint8Array); this.labels = typed(data.labels, Uint8Array); this.predicted = typed(data.predicted, Uint8Array)
    this.scores = data.scores ? typed(data.scores, Float32Array) : null
    this.n = this.generated.length
    const hash = i => Math.imul(i + 1, 2654435761) >>> 0 // a fixed shuffle, so that neither kind lies on top of the other
    this.order = Array.from({ length: this.n }, (_, i) => i).sort((a, b) => hash(a) - hash(b))
    this.thumbnails()
  }

  thumbnails() {
    const { data } = this
    this.atlas = null
    delete this.root.dataset.ready
    fetched(data.atlas.url).then(bitmap => {
      if (this.data.version !== data.version) return
      this.atlas = bitmap; this.draw(); this.sheet(); this.root.dataset.ready = this.n
    }, () => this.lost())
  }

  lost() { this.part('.hint').textContent = 'The thumbnails could not be loaded; reload the page to try again.' }

  build() {
    const holder = this.part('.maps')
    holder.replaceChildren()
    holder.className = `maps ${['', 'one', 'two'][this.data.maps.length] ?? ''}`
    this.panels = this.data.maps.map(map => new Panel(this, holder, map))
    this.hover(-1)
    this.part('.hint').textContent = 'Wheel or pinch zooms, double click resets, Shift and drag draws a lasso. With the keyboard: arrows go from picture to picture, Enter picks one.'
  }

  resize() { for (const panel of this.panels) panel.resize(); this.sheet() }
  draw() { for (const panel of this.panels) { panel.draw(); panel.drawMarks() } }
  setMode(mode) {
    this.mode = mode
    this.root.classList.toggle('lassoing', mode === 'lasso')
    this.root.querySelectorAll('[data-mode]').forEach(button => button.setAttribute('aria-checked', button.dataset.mode === mode))
  }

  byClass() { return this.data.colourBy === 'class' }
  byScore() { return this.data.colourBy === 'score' && this.scores !== null }
  colour(i) {
    const { kinds, classes } = this.data.colours
    if (this.byScore()) return Number.isNaN(this.scores[i]) ? '#888888' : this.shade(this.scores[i])
    return this.byClass() ? (this.labels[i] === NOTHING ? '#888888' : classes[this.labels[i] % classes.length]) : kinds[this.generated[i]]
  }
  shade(score) { // from what D takes for generated over grey to what it takes for real, in few steps, so that each is drawn once
    const [middle, reach] = this.data.scoreScale, { verdicts } = this.data.colours
    const to = Math.round(SHADES * clamp((score - middle) / reach, -1, 1)) / SHADES
    return `color-mix(in oklab, ${verdicts[to < 0 ? 0 : 1]} ${Math.round(Math.abs(to) * 100)}%, #a8a8a8)`
  }
  present() { return true } // what a snapshot does not have is hidden, see embedding_evolution
  visible(i) { return this.present(i) && !this.hidden.has(`kind${this.generated[i]}`) && !(this.byClass() && this.hidden.has(`class${this.labels[i]}`)) }

  stamp(generated, colour, radius) { // a point drawn once, then copied
    const scale = devicePixelRatio || 1, key = `${generated}${colour}${radius.toFixed(1)}`
    let stamp = this.stamps.get(key)
    if (!stamp) {
      stamp = document.createElement('canvas')
      stamp.width = stamp.height = Math.ceil((2 * radius + 3) * scale)
      const context = stamp.getContext('2d'), middle = stamp.width / 2, r = radius * scale
      outline(context, this.data.shapes[Number(generated)], middle, r)
      context.fillStyle = colour; context.fill()
      if (radius > 3) { context.strokeStyle = this.paper; context.lineWidth = 0.75 * scale; context.stroke() } // a rim would eat up smaller ones
      this.stamps.set(key, stamp)
    }
    return stamp
  }

  tile(context, i, x, y, side) {
    const { tile, columns } = this.data.atlas
    context.imageSmoothingEnabled = side * (devicePixelRatio || 1) < tile
    context.drawImage(this.atlas, (i % columns) * tile, Math.floor(i / columns) * tile, tile, tile, x, y, side, side)
  }

  judged(i) { return this.scores !== null && !Number.isNaN(this.scores[i]) }

  describe(i) {
    const { kinds, classNames, scoreTitle } = this.data, label = this.labels[i]
    const lines = [`${kinds[this.generated[i]]} ${i}`]
    if (label !== NOTHING) lines.push(classNames[label] + (this.predicted[i] ? ', says the classifier' : ''))
    if (this.judged(i)) lines.push(`${scoreTitle.split(',')[0]} ${short(this.scores[i])}`)
    return lines.join('\n')
  }

  hover(i, panel = null) {
    if (i === this.hovered && panel === this.over) return
    this.hovered = i; this.over = panel
    this.panels.forEach(each => each.drawMarks())
    const tip = this.part('.tip')
    tip.hidden = i < 0 || !panel
    if (tip.hidden) return
    const canvas = tip.querySelector('canvas'), { tile } = this.data.atlas
    canvas.width = canvas.height = tile
    if (this.atlas) this.tile(canvas.getContext('2d'), i, 0, 0, tile)
    tip.querySelector('.tip-text').textContent = this.describe(i)
    const box = panel.marks.getBoundingClientRect(), home = this.root.getBoundingClientRect()
    const x = box.left - home.left + panel.X(i), y = box.top - home.top + panel.Y(i)
    tip.style.left = `${x + 16 + tip.offsetWidth > home.width ? Math.max(0, x - 16 - tip.offsetWidth) : x + 16}px`
    tip.style.top = `${home.top + y + 16 + tip.offsetHeight > innerHeight ? Math.max(0, y - 16 - tip.offsetHeight) : y + 16}px`
  }

  select(indices) {
    this.selected = new Set(indices)
    this.draw(); this.sheet(); this.report([...indices])
  }

  legend() {
    const holder = this.part('.legend'), { kinds, classNames, colours } = this.data
    holder.replaceChildren()
    const add = (key, text, generated, colour) => {
      const button = element('button', '', holder), canvas = element('canvas', '', button)
      button.type = 'button'; button.title = 'Show or hide'
      button.setAttribute('aria-pressed', !this.hidden.has(key))
      const stamp = this.stamp(generated, colour, 5)
      canvas.width = stamp.width; canvas.height = stamp.height; canvas.getContext('2d').drawImage(stamp, 0, 0)
      button.append(text)
      button.onclick = () => { this.hidden.has(key) ? this.hidden.delete(key) : this.hidden.add(key); this.legend(); this.draw() }
    }
    const counts = this.counts()
    kinds.forEach((kind, which) => add(`kind${which}`, `${kind} (${counts[which]})`, which, this.byClass() || this.byScore() ? '#888888' : colours.kinds[which]))
    if (this.byClass()) [...new Set(this.labels)].sort((a, b) => a - b).forEach(label => add(`class${label}`, label === NOTHING ? 'no class' : classNames[label], false, label === NOTHING ? '#888888' : colours.classes[label % colours.classes.length]))
    if (this.byScore()) this.scale(element('span', 'scale', holder))
  }

  counts() { const counts = [0, 0]; this.generated.forEach(kind => counts[kind]++); return counts }

  scale(holder) {
    const [middle, reach] = this.data.scoreScale, [fake, real] = this.data.colours.verdicts, bar = element('i', '', holder)
    bar.style.background = `linear-gradient(to right, ${fake}, #a8a8a8, ${real})`
    bar.before(`${this.data.scoreTitle.split(',')[0]} lower`); bar.after('higher')
    holder.title = `Grey: the median of these pictures, ${middle.toPrecision(2)}. Full colour: ${reach.toPrecision(2)} below and above.`
  }

  sheet() {
    const holder = this.part('.sheet'), canvas = this.part('.tiles'), all = [...this.selected].filter(i => this.present(i)).sort((a, b) => a - b)
    holder.hidden = !all.length
    if (!all.length || !this.atlas) return
    const shown = all.slice(0, MOST_TILES), generated = all.filter(i => this.generated[i]).length, { kinds } = this.data
    const text = `${all.length} picked: ${all.length - generated} ${kinds[0]}, ${generated} ${kinds[1]}` 
    const below = this.scores ? `. Below each: ${this.data.scoreTitle.split(',')[0]}` : ''
    this.part('.sheet-title').textContent = text + (all.length > shown.length ? `; the first ${shown.length} are shown` : '') + below
    const scale = devicePixelRatio || 1, width = canvas.clientWidth || holder.clientWidth - 24, native = this.data.atlas.tile
    const side = native * Math.max(1, Math.floor(64 / native)), step = side + 6, row = step + 2 + (this.scores ? 14 : 0), columns = Math.max(1, Math.floor((width + 6) / step))
    this.tiles = { shown, step, row, columns }
    const height = Math.ceil(shown.length / columns) * row
    canvas.width = width * scale; canvas.height = height * scale; canvas.style.height = `${height}px`
    canvas.setAttribute('aria-label', text)
    const context = canvas.getContext('2d')
    context.scale(scale, scale)
    context.font = `11px ${getComputedStyle(this.root).fontFamily}`; context.textAlign = 'center'
    shown.forEach((i, place) => {
      const x = (place % columns) * step, y = Math.floor(place / columns) * row
      this.tile(context, i, x, y, side)
      context.fillStyle = this.colour(i); context.fillRect(x, y + side + 1, this.generated[i] ? side / 2 : side, 3) // a half bar: generated
      if (this.judged(i)) { context.fillStyle = this.ink; context.fillText(short(this.scores[i]), x + side / 2, y + side + 15) }
    })
  }

  overTile(event) {
    const { shown, step, row, columns } = this.tiles
    const column = Math.floor(event.offsetX / step), i = column < columns ? shown[Math.floor(event.offsetY / row) * columns + column] : undefined
    this.hover(i ?? -1)
  }

  stop() { this.observer.disconnect() }
}
