// A run's samples moving through the maps of its real images: real ones stand still, frames of generated ones follow each other.
const GLIDE = 450, PAUSE = 250 // milliseconds: how long points move from one snapshot to the next, and stay there while it plays
const instances = new WeakMap()
const still = matchMedia('(prefers-reduced-motion: reduce)')

class Evolution extends Scatter {
  constructor(parent) {
    super(parent)
    this.frame = 0
    this.bitmaps = new Map()
    this.scrubber = parent.querySelector('.scrubber')
    this.button = parent.querySelector('.play')
    this.button.onclick = () => this.playing ? this.pause() : this.play()
    this.scrubber.oninput = () => { const to = Number(this.scrubber.value); this.pause(false); this.go(to, false) }
    this.scrubber.onchange = () => this.tell()
  }

  async follow(data, setStateValue, setTriggerValue) {
    this.setStep = step => setTriggerValue('step', step)
    this.wanted = data
    const fresh = this.about?.version !== data.version
    if (fresh) {
      if (this.fetching === data.version) return
      this.fetching = data.version
      delete this.root.dataset.ready
      const answer = await fetch(data.url).catch(() => null)
      const found = answer?.ok ? await tensors(answer) : null
      if (this.gone || this.wanted.version !== data.version) return // another run was chosen meanwhile
      this.fetching = null
      if (!found) return this.lost()
      this.tensors = found
      data = this.wanted
    }
    const { frames } = data, asked = Math.max(0, frames.findIndex(frame => frame.step === data.step)), moved = data.step !== this.asked
    this.asked = data.step; this.about = data
    this.most = Math.max(...frames.map(frame => frame.count))
    if (fresh) { this.pause(false); this.frame = asked }
    const maps = data.maps.map(name => ({ name, places: this.union(name) }))
    this.scrubber.max = frames.length - 1
    this.update({ ...data, maps, generated: this.kinds(), ...this.facts() }, setStateValue, setTriggerValue)
    if (moved && asked !== this.frame) { this.pause(false); this.go(asked) } else if (!this.playing) this.settle()
  }

  // what stands for the current frame: real images first, then as many samples as the largest frame has
  count() { return this.about.frames[this.frame].count }
  present(i) { return i < this.about.real + this.count() }
  counts() { return [this.about.real, this.count()] }
  kinds() { return Uint8Array.from({ length: this.about.real + this.most }, (_, i) => Number(i >= this.about.real)) }
  facts() {
    const { real } = this.about, { start, count } = this.about.frames[this.frame], { tensors: all, frame } = this
    const part = (values, nothing) => {
      const made = new values.constructor(real + this.most).fill(nothing)
      made.set(values.subarray(0, real)); made.set(values.subarray(real + start, real + start + count), real)
      return made
    }
    const scores = new Float32Array(real + this.most).fill(NaN)
    scores.set(all.real_scores.subarray(frame * real, (frame + 1) * real)); scores.set(all.scores.subarray(start, start + count), real)
    return { labels: part(all.labels, NOTHING), predicted: part(all.predicted, 0), scores: this.about.scoreTitle ? scores : null, scoreScale: this.about.frames[frame].score_scale }
  }

  union(name, from = this.frame, to = from, share = 1) { // points of a map on the way between two frames
    const all = this.tensors[`places.${name}`], { real, frames } = this.about, a = frames[from], b = frames[to]
    const made = new Float32Array(2 * (real + this.most))
    made.set(all.subarray(0, 2 * real))
    for (let i = 0; i < 2 * b.count; i++) {
      const there = all[2 * (real + b.start) + i]
      made[2 * real + i] = i < 2 * a.count ? all[2 * (real + a.start) + i] * (1 - share) + there * share : there
    }
    made.fill(-65535, 2 * (real + b.count)) // what this frame has not: far outside
    return made
  }

  build() {
    super.build()
    const most = this.about.frames.length
    for (const panel of this.panels) { // all frames on one scale
      panel.right = 1; panel.top = 0
      panel.fit()
      panel.marks.setAttribute('aria-label', `${panel.marks.getAttribute('aria-label')} The samples are those of one of ${most} snapshots.`)
    }
  }

  go(frame, glide = true) { // the points are the same latents in every frame, so each has its way to go
    const from = this.frame, begin = performance.now()
    cancelAnimationFrame(this.moving)
    this.frame = frame
    const facts = this.facts()
    Object.assign(this, facts); Object.assign(this.data, facts)
    this.controls()
    const step = now => {
      const t = glide && !still.matches ? clamp((now - begin) / GLIDE, 0, 1) : 1, share = t * t * (3 - 2 * t)
      this.panels.forEach((panel, which) => panel.move(this.union(this.data.maps[which].name, from, frame, share)))
      if (t < 1) { this.draw(); this.moving = requestAnimationFrame(step) } else this.settle()
    }
    step(begin)
  }

  settle() { // there: what hovering needs, and the snapshot's own thumbnails
    const { atlas, label, step } = this.about.frames[this.frame]
    this.panels.forEach(panel => panel.index())
    this.legend(); this.controls(); this.draw(); this.sheet()
    this.root.dataset.step = step
    this.root.parentElement.querySelector('.where').textContent = label
    if (!this.bitmaps.has(atlas.url)) fetched(atlas.url).then(bitmap => { this.bitmaps.set(atlas.url, bitmap); this.draw(); this.sheet() }, () => this.lost())
    if (this.playing) this.waiting = setTimeout(() => this.next(), PAUSE)
  }

  tile(context, i, x, y, side) {
    const { real, frames } = this.about, generated = i >= real, { url, tile, columns } = generated ? frames[this.frame].atlas : this.about.atlas
    const atlas = generated ? this.bitmaps.get(url) : this.atlas, place = generated ? i - real : i
    if (!atlas) return
    context.imageSmoothingEnabled = side * (devicePixelRatio || 1) < tile
    context.drawImage(atlas, (place % columns) * tile, Math.floor(place / columns) * tile, tile, tile, x, y, side, side)
  }

  describe(i) {
    const { real, frames } = this.about
    return i < real ? super.describe(i) : super.describe(i).replace(/\d+/, `${i - real}, ${frames[this.frame].label}`)
  }

  play() {
    const last = this.about.frames.length - 1
    this.playing = true
    this.frame === last ? this.go(0) : this.next()
  }
  next() {
    if (!this.playing || this.gone) return
    if (this.frame === this.about.frames.length - 1) return this.pause()
    this.go(this.frame + 1)
  }
  pause(tell = true) { this.playing = false; clearTimeout(this.waiting); this.controls(); if (tell) this.tell() }
  tell() { const { step } = this.about.frames[this.frame]; if (step !== this.asked) { this.asked = step; this.setStep(step) } } // the sidebar's cursor goes along

  controls() {
    this.scrubber.value = this.frame
    this.scrubber.setAttribute('aria-valuetext', this.about.frames[this.frame].label)
    this.button.textContent = this.playing ? 'Pause' : 'Play'
    this.button.setAttribute('aria-pressed', Boolean(this.playing))
  }

  stop() { this.gone = true; clearTimeout(this.waiting); cancelAnimationFrame(this.moving); super.stop() }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let evolution = instances.get(parentElement)
  if (!evolution) instances.set(parentElement, evolution = new Evolution(parentElement))
  evolution.follow(data, setStateValue, setTriggerValue)
  return () => { evolution.stop(); instances.delete(parentElement) }
}
