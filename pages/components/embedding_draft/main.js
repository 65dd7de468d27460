// Maps that are still being computed: asked for while the work goes on, and drawn as they settle.
const EVERY = 400 // milliseconds
const instances = new WeakMap()

class Draft extends Scatter {
  async watch(data) {
    if (data.url === this.url) return
    this.url = data.url; this.number = 0
    while (!this.gone && this.url === data.url) {
      const answer = document.hidden ? null : await fetch(`${data.url}?since=${this.number}`).catch(() => null) // no server: the page says so
      if (answer?.status === 200 && !this.gone) this.show(data, await tensors(answer))
      await new Promise(done => setTimeout(done, EVERY))
    }
  }

  show(about, found) {
    const { facts } = found, nothing = new Uint8Array(found.generated.length)
    const first = this.number === 0
    this.number = facts.number
    if (first) {
      const maps = facts.blocks.map(name => ({ name, places: found[`places.${name}`] }))
      const { kinds, shapes, colours, atlas } = facts
      this.update({
        version: about.url, maps, kinds, shapes, colours: { ...about.colours, kinds: colours }, generated: found.generated, labels: new Uint8Array(nothing.length).fill(NOTHING),
        predicted: nothing, scores: null, scoreTitle: '', classNames: [], colourBy: 'kind', pictures: false, enlarged: false, atlas: { ...atlas, url: `api/atlases/${atlas.atlas}` },
      }, () => {}, () => {})
    } else for (const panel of this.panels) { panel.place(found[`places.${panel.name}`]); panel.fit() }
    this.draw()
    this.root.dataset.draft = facts.number
    this.root.hidden = false
  }

  stop() { this.gone = true; super.stop() }
}

export default function ({ data, parentElement }) {
  let draft = instances.get(parentElement)
  if (!draft) { instances.set(parentElement, draft = new Draft(parentElement)); draft.root.hidden = true }
  draft.watch(data)
  return () => { draft.stop(); instances.delete(parentElement) }
}
