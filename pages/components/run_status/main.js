// Living runs: asks api/alive once a second while something trains, every five seconds while nothing does, never in a hidden tab.
const BUSY = 1000, IDLE = 5000, REFRESH = 10_000
const instances = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let me = instances.get(parentElement)
  if (!me) instances.set(parentElement, (me = start(parentElement)))
  me.set = setTriggerValue
  me.known = new Map(data.known)
  me.chosen = data.chosen
  if (me.snapshots !== data.snapshots) me.refreshed = Date.now()
  me.snapshots = data.snapshots
  me.asked.clear()
  return () => { me.stop(); instances.delete(parentElement) }
}

function start(root) {
  const list = root.querySelector('.runs')
  const me = { known: new Map(), asked: new Set(), dead: false, timer: 0, snapshots: 0, refreshed: Date.now() }
  me.stop = () => { me.dead = true; clearTimeout(me.timer); document.removeEventListener('visibilitychange', visible) }
  const visible = () => { if (document.visibilityState === 'visible') { clearTimeout(me.timer); tick() } }
  document.addEventListener('visibilitychange', visible)

  async function tick() {
    if (me.dead) return
    let wait = IDLE
    if (document.visibilityState === 'visible') {
      try {
        const answer = await fetch('api/alive')
        const { runs } = await answer.json()
        if (me.dead) return
        draw(runs)
        report(runs)
        wait = runs.length ? BUSY : IDLE
      } catch {
        list.replaceChildren(element('div', 'lost', 'The server does not answer. What trains goes on.'))
      }
    }
    if (!me.dead) me.timer = setTimeout(tick, wait)
  }

  // The server is told once of each change that the page does not show yet.
  function report(runs) {
    const now = new Map(runs.map(run => [run.id, run.phase]))
    const ended = [...me.known.keys()].filter(id => !now.has(id))
    const looked = runs.find(run => run.id === me.chosen)
    const due = me.snapshots === 0 || Date.now() - me.refreshed > REFRESH
    const grown = looked && looked.snapshots > me.snapshots && due
    const changed = grown || ended.length || [...now].some(([id, phase]) => me.known.get(id) !== phase)
    const signature = JSON.stringify([[...now], grown ? looked.snapshots : null])
    // a script that runs now will tell, and must not be cut short by a question that knows less
    if (!changed || me.asked.has(signature) || document.querySelector('[data-test-script-state="running"]')) return
    me.asked.add(signature)
    me.set('changed', { ended })
  }

  function draw(runs) {
    list.replaceChildren(...runs.map(run => {
      const box = element('div', 'run'), head = element('div', 'head'), foot = element('div', 'foot')
      const title = element('button', 'title', run.title)
      title.title = 'Look at this run'
      title.onclick = () => me.set('open', run.id)
      head.append(title, element('span', 'phase', run.phase))
      const bar = element('div', 'bar'), fill = element('i')
      fill.style.width = `${Math.round(100 * (run.progress ?? 0))}%`
      bar.append(fill)
      bar.setAttribute('role', 'progressbar')
      bar.setAttribute('aria-valuenow', Math.round(100 * (run.progress ?? 0)))
      bar.setAttribute('aria-label', `${run.title}: progress in percent`)
      const stop = element('button', 'stop', run.phase === 'stopping' ? 'Stopping' : 'Stop')
      stop.disabled = run.phase === 'stopping'
      stop.setAttribute('aria-label', `Stop ${run.title}`)
      stop.onclick = () => { stop.disabled = true; stop.textContent = 'Stopping'; me.set('stop', run.id) }
      foot.append(element('span', '', facts(run)), stop)
      box.append(head, bar, foot)
      return box
    }))
  }

  tick()
  return me
}

function facts(run) {
  if (run.phase === 'queued') return 'waits for its turn'
  const parts = []
  if (run.images_per_second) parts.push(`${Math.round(run.images_per_second)} images/s`)
  if (run.seconds_left != null) parts.push(`${duration(run.seconds_left)} left`)
  return parts.join(' · ') || 'getting ready'
}
